/**
 * Changing what is on its way before there are keys: the handshake messages of a flight, taken out of their records and put back.
 */

import { concat } from '../../src/core/bytes/bytes.ts';
import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import { HANDSHAKE_TYPES } from '../../src/core/registry/handshake-types.ts';

export interface Message {
  readonly type: keyof typeof HANDSHAKE_TYPES;
  readonly body: Uint8Array;
}

/** The plaintext handshake messages at the beginning of `flight` as changed by `edit`, each in a record of its own; then what follows them. */
export function changeMessages(flight: Uint8Array, edit: (messages: readonly Message[]) => readonly Message[]): Uint8Array {
  const contents: Uint8Array[] = [];
  let at = 0;
  while (flight[at] === CONTENT_TYPES.handshake) {
    const end = at + 5 + (((flight[at + 3] as number) << 8) | (flight[at + 4] as number));
    contents.push(flight.subarray(at + 5, end));
    at = end;
  }
  const records = edit(readMessages(concat(...contents))).map(writeRecord);
  return concat(...records, flight.subarray(at));
}

function readMessages(bytes: Uint8Array): Message[] {
  const messages: Message[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
    const [type] = Object.entries(HANDSHAKE_TYPES).find(([, code]) => code === bytes[at]) ?? [];
    messages.push({ type: type as Message['type'], body: bytes.slice(at + 4, at + 4 + length) });
    at += 4 + length;
  }
  return messages;
}

function writeRecord({ type, body }: Message): Uint8Array {
  const { length } = body;
  const message = concat(Uint8Array.of(HANDSHAKE_TYPES[type], length >> 16, length >> 8, length), body);
  return concat(Uint8Array.of(CONTENT_TYPES.handshake, 3, 3, message.length >> 8, message.length), message);
}

/** `added` in front of the message of that type. */
export const before =
  (type: Message['type'], added: Message) =>
  (messages: readonly Message[]): readonly Message[] =>
    messages.flatMap((message) => (message.type === type ? [added, message] : [message]));

export const without =
  (type: Message['type']) =>
  (messages: readonly Message[]): readonly Message[] =>
    messages.filter((message) => message.type !== type);

export const replace =
  (type: Message['type'], edit: (body: Uint8Array) => Uint8Array) =>
  (messages: readonly Message[]): readonly Message[] =>
    messages.map((message) => (message.type === type ? { type, body: edit(message.body) } : message));
