/**
 * What passes in a handshake, as `-msg` and `-tlsextdebug` show it, and what a client would like to know of it: tickets, the id of a session.
 *
 * Messages are looked at as they come, before anybody has judged them: what cannot be read is passed over.
 */

import { createHash } from 'node:crypto';
import type { TracedMessage } from 'foxtls';
import { alertName, EXTENSION_TYPES, HANDSHAKE_TYPES, handshakeTypeName } from 'foxtls/messages';
import { hexDump } from '../openssl/hex-dump.ts';

/** `<<< TLS 1.3, Handshake [length 007a], ServerHello`, and the bytes. `offered` is the newest version that we speak. */
export function messageLines({ direction, contentType, version = undefined, bytes }: TracedMessage, offered: string): string[] {
  const arrow = direction === 'sent' ? '>>>' : '<<<';
  const length = bytes.length.toString(16).padStart(4, '0');
  const kind = { handshake: 'Handshake', alert: 'Alert', change_cipher_spec: 'ChangeCipherSpec' }[contentType];
  const name = nameOf(contentType, bytes);
  const lines = [`${arrow} ${versionWords(version ?? offered)}, ${kind} [length ${length}]${name && `, ${name}`}`];
  for (let at = 0; at < bytes.length; at += 16) {
    lines.push(`    ${[...bytes.subarray(at, at + 16)].map((octet) => octet.toString(16).padStart(2, '0')).join(' ')}`);
  }
  return lines;
}

function nameOf(contentType: TracedMessage['contentType'], [first = 0, second = 0]: Uint8Array): string {
  if (contentType === 'alert')
    return `${first === 2 ? 'fatal' : 'warning'} ${alertName(second)?.replace('_RESERVED', '') ?? second}`;
  if (contentType === 'change_cipher_spec') return '';
  const name = handshakeTypeName(first) ?? 'unknown';
  return name
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/** `TLSv1.3` as `TLS 1.3`, `TLSv1` as `TLS 1.0`. */
function versionWords(version: string): string {
  return version.replace(/^(D?TLS)v1$/, '$1 1.0').replace('v', ' ');
}

/** The names that OpenSSL has for extensions. */
const EXTENSION_WORDS: Readonly<Record<number, string>> = {
  0: 'server name',
  1: 'max fragment length',
  5: 'status request',
  10: 'supported_groups',
  11: 'EC point formats',
  13: 'signature algorithms',
  14: 'use SRTP',
  15: 'heartbeat',
  16: 'application layer protocol negotiation',
  18: 'signed certificate timestamps',
  21: 'TLS padding',
  22: 'encrypt-then-mac',
  23: 'extended master secret',
  35: 'session ticket',
  41: 'psk',
  42: 'early data',
  43: 'supported versions',
  44: 'cookie ext',
  45: 'psk kex modes',
  47: 'certificate authorities',
  50: 'signature algorithms cert',
  51: 'key share',
  65281: 'renegotiation info',
};

/** The extensions of a message of the server. */
export function extensionLines({ direction, contentType, bytes }: TracedMessage): string[] {
  if (direction !== 'received' || contentType !== 'handshake') return [];
  return [...extensionsOf(bytes)].flatMap(({ type, data }) => [
    `TLS server extension "${EXTENSION_WORDS[type] ?? 'unknown'}" (id=${type}), len=${data.length}`,
    ...hexDump(data),
  ]);
}

function extensionsOf(message: Uint8Array) {
  return readExtensions(message, startOfExtensions(message));
}

function* readExtensions(
  message: Uint8Array,
  start: number | undefined,
): Generator<{ readonly type: number; readonly data: Uint8Array }> {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  if (start === undefined || start + 2 > message.length) return;
  const end = start + 2 + view.getUint16(start);
  for (let at = start + 2; at + 4 <= Math.min(end, message.length); ) {
    const length = view.getUint16(at + 2);
    if (at + 4 + length > message.length) return;
    yield { type: view.getUint16(at), data: message.subarray(at + 4, at + 4 + length) };
    at += 4 + length;
  }
}

/** Behind the header of four bytes: version, random, session id, suite, compression; or the context of a request. */
function startOfExtensions(message: Uint8Array): number | undefined {
  switch (message[0]) {
    case HANDSHAKE_TYPES.server_hello:
      return 4 + 2 + 32 + 1 + (message[38] ?? 0) + 3;
    case HANDSHAKE_TYPES.encrypted_extensions:
      return 4;
    case HANDSHAKE_TYPES.certificate_request:
      // That of TLS 1.2 has none, and begins with its types of certificates.
      return message[4] === 0 ? 5 : undefined;
    default:
      return undefined;
  }
}

export interface Ticket {
  readonly lifetime: number;
  readonly ticket: Uint8Array;
  readonly maxEarlyData: number;
}

/** What a NewSessionTicket brings (RFC 8446 §4.6.1, RFC 5077 §3.3). */
export function ticketOf({ contentType, version, bytes }: TracedMessage): Ticket | undefined {
  if (contentType !== 'handshake' || bytes[0] !== HANDSHAKE_TYPES.new_session_ticket || bytes.length < 10) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = version === 'TLSv1.3' ? 13 + (bytes[12] ?? 0) : 8;
  if (at + 2 > bytes.length) return undefined;
  const ticket = bytes.subarray(at + 2, at + 2 + view.getUint16(at));
  return { lifetime: view.getUint32(4), ticket, maxEarlyData: maxEarlyDataOf(bytes, at + 2 + ticket.length) };
}

/** RFC 8446 §4.2.10 */
function maxEarlyDataOf(message: Uint8Array, start: number): number {
  const found = [...readExtensions(message, start)].find(
    ({ type, data }) => type === EXTENSION_TYPES.early_data && data.length === 4,
  );
  return found === undefined ? 0 : Buffer.from(found.data).readUInt32BE();
}

/** What a server of TLS 1.2 says of points, in OpenSSL's words. */
export function pointFormatsOf(message: TracedMessage): readonly string[] {
  if (message.direction !== 'received' || message.bytes[0] !== HANDSHAKE_TYPES.server_hello) return [];
  const found = [...extensionsOf(message.bytes)].find(({ type }) => type === EXTENSION_TYPES.ec_point_formats);
  return [...(found?.data.subarray(1) ?? [])].map((format) => POINT_FORMATS[format] ?? `unknown(${format})`);
}

const POINT_FORMATS = ['uncompressed', 'ansiX962_compressed_prime', 'ansiX962_compressed_char2'];

/** The session id of a ServerHello of TLS 1.2. */
export function sessionIdOf({ contentType, direction, bytes }: TracedMessage): Uint8Array | undefined {
  if (direction !== 'received' || contentType !== 'handshake' || bytes[0] !== HANDSHAKE_TYPES.server_hello) return undefined;
  return bytes.slice(39, 39 + (bytes[38] ?? 0));
}

/** What OpenSSL calls the id of a session that has a ticket. */
export function idOfTicket({ ticket }: Ticket): Uint8Array {
  return createHash('sha256').update(ticket).digest();
}
