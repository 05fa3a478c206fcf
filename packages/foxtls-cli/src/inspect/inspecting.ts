/** What bytes are, by how they begin, and the tree that they make. */

import { beginsDtlsRecord, readDatagrams } from './datagrams.ts';
import { isDer, readDer } from './der.ts';
import { bytesText, type Format, type Inspection, type Node } from './node.ts';
import { beginsTlsRecord, isWholeMessages, readMessages, readRecords } from './records.ts';
import { Source } from './source.ts';

export const FORMATS = ['tls', 'dtls', 'handshake', 'der'] as const;

/** Never throws for bytes, whatever they are: where it stops being what it was, the tree says so. */
export function inspectBytes(bytes: Uint8Array, format: Format = detectFormat(bytes)): Inspection {
  return { format, nodes: READERS[format](Source.of(bytes, 0)) };
}

const READERS: Readonly<Record<Format, (input: Source) => Node[]>> = {
  tls: readRecords,
  dtls: readDatagrams,
  handshake: readMessages,
  der: readDer,
  unknown: (input) => [
    {
      label: 'unknown',
      value: bytesText(input.length),
      offset: 0,
      bytes: input.bytes,
      children: [],
      problem: `this is neither TLS nor DTLS nor DER${guess(input.bytes)}`,
    },
  ],
};

/** By how they begin. */
export function detectFormat(bytes: Uint8Array): Format {
  if (beginsTlsRecord(bytes)) return 'tls';
  if (beginsDtlsRecord(bytes)) return 'dtls';
  if (isDer(bytes)) return 'der';
  if (isWholeMessages(bytes)) return 'handshake';
  // Of a SEQUENCE that was cut off, most can still be read.
  return bytes[0] === 0x30 ? 'der' : 'unknown';
}

/** How pcap (of either byte order) and pcapng begin. */
const CAPTURES = ['\xd4\xc3\xb2\xa1', '\xa1\xb2\xc3\xd4', '\n\r\r\n'];

/** What people take for TLS. */
function guess(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, 32)).toString('latin1');
  if (/^(GET|POST|HEAD|PUT|OPTIONS|CONNECT|HTTP\/1)/.test(text)) return ': it is HTTP in clear';
  if (/^SSH-/.test(text)) return ': it is SSH';
  if (/^(\d{3}[ -]|\* OK|\+OK)/.test(text)) return ': it is a mail or file server that has not been asked for STARTTLS';
  if (CAPTURES.some((mark) => text.startsWith(mark)))
    return ': it is a capture (pcap), whose TCP streams have to be taken out first';
  return '';
}
