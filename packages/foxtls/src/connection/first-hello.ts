/**
 * What an endpoint has to know of a ClientHello before there is a connection for it (RFC 9147 §5.2, §5.3, RFC 6347 §4.2.2).
 *
 * ```
 * record header[13] | msg_type 1 | length 3 | message_seq 2 | fragment_offset 3 | fragment_length 3 | client_version 2 | random 32 | …
 * ```
 */

import { concat } from '../core/bytes/bytes.ts';
import { CONTENT_TYPES } from '../core/registry/content-types.ts';
import { HANDSHAKE_TYPES } from '../core/registry/handshake-types.ts';
import { type ClassicRecord, classicHeader, type DatagramRecord } from '../transport/dtls/datagram-record.ts';

/** Bytes of a fragment's header. */
const FRAGMENT_HEADER = 12;
const RANDOM_AT = FRAGMENT_HEADER + 2;
const RANDOM_SIZE = 32;

/** A fragment of a ClientHello in the clear, or all of it. */
export interface HelloFragment {
  /** The content of the record. */
  readonly content: Uint8Array;
  readonly record: ClassicRecord;
  readonly isWhole: boolean;
  /** message_seq: 1 when it answers a cookie. */
  readonly sequence: number;
  /** See `helloMark`: only where the message begins. */
  readonly mark: number | undefined;
}

/** Undefined for any other record. */
export function readHelloFragment(record: DatagramRecord): HelloFragment | undefined {
  if (record.kind !== 'classic' || record.type !== CONTENT_TYPES.handshake || record.epoch !== 0) return undefined;
  const content = record.fragment;
  if (content.length < FRAGMENT_HEADER || content[0] !== HANDSHAKE_TYPES.client_hello) return undefined;
  const length = readUint24(content, 1);
  const begins = readUint24(content, 6) === 0;
  return {
    content,
    record,
    isWhole: readUint24(content, 6) === 0 && readUint24(content, 9) === length && content.length === FRAGMENT_HEADER + length,
    sequence: ((content[4] as number) << 8) | (content[5] as number),
    mark: begins ? helloMark(content) : undefined,
  };
}

/**
 * 48 bits of the client's random, by which two ClientHellos of one handshake are known: a number, for sessions keep it. Undefined for a message
 * that is too short for one.
 */
export function helloMark(content: Uint8Array): number | undefined {
  if (content.length < RANDOM_AT + RANDOM_SIZE) return undefined;
  // The first bytes of a random may be a time (RFC 5246 §7.4.1.2).
  const at = RANDOM_AT + RANDOM_SIZE - 6;
  return readUint24(content, at) * 2 ** 24 + readUint24(content, at + 3);
}

/** A whole ClientHello in a datagram of its own, by the numbers of the record that brought the last of it. */
export function helloDatagram({ record }: HelloFragment, content: Uint8Array): Uint8Array {
  const { type, version, epoch, sequence } = record;
  return concat(classicHeader(type, version, epoch, sequence, content.length), content);
}

function readUint24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
}
