/**
 * The SignedCertificateTimestampList of a certificate (RFC 6962 §3.3), as OpenSSL 3.0 prints it.
 *
 * ```
 * length(2)  { length(2)  version(1) log_id(32) timestamp(8) extensions<0..2^16-1> hash(1) signature(1) signature<0..2^16-1> }*
 * ```
 */

import { decodeDer, octetString } from 'foxtls/asn1';
import { colonHex, formatTime, indent } from './value-text.ts';

const HASHES: Readonly<Record<number, string>> = { 2: 'SHA1', 3: 'SHA224', 4: 'SHA256', 5: 'SHA384', 6: 'SHA512' };
const LABEL_WIDTH = 12;
const PER_LINE = 16;

/** Throws `RangeError` for a list that is cut off. */
export function timestampListText(extnValue: Uint8Array): string[] {
  const list = decodeDer(octetString, extnValue, 'timestamps');
  const view = new DataView(list.buffer, list.byteOffset, list.byteLength);
  const lines: string[] = [];
  let at = 2;
  while (at < list.length) {
    const length = view.getUint16(at);
    lines.push('Signed Certificate Timestamp:', ...indent(4, timestampText(list.subarray(at + 2, at + 2 + length))));
    at += 2 + length;
  }
  return lines;
}

function timestampText(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const time = new Date(Number(view.getBigUint64(33)));
  const extensionsEnd = 43 + view.getUint16(41);
  const [hash, signature] = [view.getUint8(extensionsEnd), view.getUint8(extensionsEnd + 1)];
  const seconds = formatTime(time).replace(/(:\d\d) /, `$1.${String(time.getUTCMilliseconds()).padStart(3, '0')} `);
  const algorithm = signature === 1 ? `${HASHES[hash]?.toLowerCase()}WithRSAEncryption` : `ecdsa-with-${HASHES[hash]}`;
  return [
    `Version   : v${view.getUint8(0) + 1} (0x${view.getUint8(0)})`,
    ...labelled('Log ID    : ', bytes.subarray(1, 33)),
    `Timestamp : ${seconds}`,
    ...(extensionsEnd === 43 ? ['Extensions: none'] : labelled('Extensions: ', bytes.subarray(43, extensionsEnd))),
    `Signature : ${algorithm}`,
    ...labelled(' '.repeat(LABEL_WIDTH), bytes.subarray(extensionsEnd + 4)),
  ];
}

function labelled(label: string, bytes: Uint8Array): string[] {
  const lines = [];
  for (let at = 0; at < bytes.length; at += PER_LINE) {
    const isLast = at + PER_LINE >= bytes.length;
    lines.push(`${at === 0 ? label : ' '.repeat(LABEL_WIDTH)}${colonHex(bytes.subarray(at, at + PER_LINE))}${isLast ? '' : ':'}`);
  }
  return lines;
}
