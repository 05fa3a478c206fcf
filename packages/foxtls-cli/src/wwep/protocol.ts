/**
 * WWEP, the WICED Wi-Fi Example Protocol: reads and writes registers of devices, one request and one reply to a connection.
 *
 * ```
 * request   R device register           7 characters      device    4 hexadecimal digits
 *           W device register value    11 characters      register  2
 * reply     A device register value    11 characters      value     4
 *           X reason
 * ```
 * ASCII, without an end mark; a line feed behind a request is let pass, for people who type. Digits may be of either case, commands may not; replies have
 * upper case. What is wrong is told in this order: length, command, digits, and then what the database says.
 */

import type { WwepDatabase } from './database.ts';

const READ_LENGTH = 7;
const WRITE_LENGTH = 11;
/** Of a reply that carries a value. A shorter one is malformed. */
export const REPLY_LENGTH = 11;
/** A write with a line feed behind it, and one more: then it is known that there is more. */
export const MAX_REQUEST = 13;

const LF = 0x0a;
const HEXADECIMAL = /^[0-9a-f]+$/i;

/** The server's side: what it answers, having done it. */
export function answerRequest(request: Uint8Array, database: WwepDatabase): string {
  const { length } = request;
  if (length === 0 || length > WRITE_LENGTH + 1) return 'X illegal message length';
  const hasLineEnd = length === READ_LENGTH + 1 || length === WRITE_LENGTH + 1;
  if (hasLineEnd && request[length - 1] !== LF) return 'X illegal message length';
  // Of Latin-1, so that a character is a byte.
  const text = Buffer.from(request.subarray(0, hasLineEnd ? length - 1 : length)).toString('latin1');
  const isRead = text[0] === 'R' && text.length === READ_LENGTH;
  const isWrite = text[0] === 'W' && text.length === WRITE_LENGTH;
  if (!isRead && !isWrite) return 'X illegal command';
  if (!HEXADECIMAL.test(text.slice(1))) return 'X illegal character';
  const place = { device: number(text.slice(1, 5)), register: number(text.slice(5, 7)) };
  if (isWrite) {
    const value = number(text.slice(7));
    return database.write(place, value) ? `A${formatPlace(place)}${hex(value, 4)}` : `X Database Full ${database.size}`;
  }
  const value = database.read(place);
  return value === undefined ? 'X Not Found' : `A${formatPlace(place)}${hex(value, 4)}`;
}

/** The client's side: a request that writes. */
export function formatWrite(place: { readonly device: number; readonly register: number }, value: number): string {
  return `W${formatPlace(place)}${hex(value, 4)}`;
}

/** A reply with a value has 11 characters, and none of those with a reason has fewer. */
export function isMalformedReply(reply: string): boolean {
  return reply.length < REPLY_LENGTH;
}

function formatPlace({ device, register }: { readonly device: number; readonly register: number }): string {
  return hex(device, 4) + hex(register, 2);
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}

function number(digits: string): number {
  return Number.parseInt(digits, 16);
}
