/**
 * Small edits that many cases share: of extension lists, of message bytes, of key shares.
 */

import { concat, EMPTY } from '../../src/core/bytes/bytes.ts';
import { EXTENSION_TYPES } from '../../src/core/registry/extension-types.ts';
import { HANDSHAKE_TYPES, type HandshakeTypeName } from '../../src/core/registry/handshake-types.ts';
import type { RawExtension } from '../../src/protocol/messages/extensions/block.ts';

export type ExtensionName = keyof typeof EXTENSION_TYPES;
type List = readonly RawExtension[];

export const X25519 = 0x001d;
export const SECP256R1 = 0x0017;
export const SECP384R1 = 0x0018;
export const SECP521R1 = 0x0019;
export const X448 = 0x001e;
export const FFDHE2048 = 0x0100;
export const AES_128 = 0x1301;
export const AES_256 = 0x1302;
/** No extension has this type. */
export const UNKNOWN_EXTENSION = 0xfafb;

export const extension = (name: ExtensionName, ...data: number[]): RawExtension => ({
  type: EXTENSION_TYPES[name],
  data: Uint8Array.from(data),
});

export const unknownExtension: RawExtension = { type: UNKNOWN_EXTENSION, data: EMPTY };

/** Adds at the front, so that pre_shared_key stays last. */
export const adding =
  (...more: RawExtension[]) =>
  (list: List): List => [...more, ...list];

export const without =
  (...names: ExtensionName[]) =>
  (list: List): List =>
    list.filter(({ type }) => !names.some((name) => EXTENSION_TYPES[name] === type));

export const replacing =
  (name: ExtensionName, ...data: number[]) =>
  (list: List): List =>
    list.map((entry) => (entry.type === EXTENSION_TYPES[name] ? extension(name, ...data) : entry));

/** The same extension twice. */
export const doubling =
  (name: ExtensionName) =>
  (list: List): List => [...list.filter(({ type }) => type === EXTENSION_TYPES[name]), ...list];

export const editing =
  (name: ExtensionName, edit: (data: Uint8Array) => Uint8Array) =>
  (list: List): List =>
    list.map(({ type, data }) => (type === EXTENSION_TYPES[name] ? { type, data: edit(data) } : { type, data }));

/** The extension_data of key_share in a ClientHello. */
export function clientShares(...entries: readonly { readonly group: number; readonly share: Uint8Array }[]): number[] {
  const list = concat(...entries.map(({ group, share }) => Uint8Array.from([...two(group), ...two(share.length), ...share])));
  return [...two(list.length), ...list];
}

/** The extension_data of key_share in a ServerHello. */
export const serverShare = (group: number, share: Uint8Array): number[] => [...two(group), ...two(share.length), ...share];

/** A whole message of any type and body. */
export function messageOf(name: HandshakeTypeName | number, ...body: number[]): Uint8Array {
  const type = typeof name === 'number' ? name : HANDSHAKE_TYPES[name];
  return Uint8Array.of(type, body.length >> 16, (body.length >> 8) & 0xff, body.length & 0xff, ...body);
}

/** The message with one byte more at its end, which its length knows of. */
export const withTrailingByte = (message: Uint8Array): Uint8Array => messageOf(message[0] as number, ...message.subarray(4), 0);

/** The message with its last byte cut off, which its length knows of. */
export const cutShort = (message: Uint8Array): Uint8Array => messageOf(message[0] as number, ...message.subarray(4, -1));

/** One bit of the byte at `at` (from the end when negative) turned over. */
export const flipping =
  (at: number) =>
  (bytes: Uint8Array): Uint8Array =>
    bytes.with(at, (bytes.at(at) as number) ^ 1);

/** Nothing in place of the message. */
export const dropped = (): Uint8Array => EMPTY;

/** The message, and again. */
export const doubled = (message: Uint8Array): Uint8Array => concat(message, message);

export const two = (value: number): [number, number] => [value >> 8, value & 0xff];

export const filled = (length: number, value = 0): Uint8Array => new Uint8Array(length).fill(value);

/** Points that give X25519's zero secret whatever the other side's key (RFC 7748 §6.1). */
export const LOW_ORDER_X25519: readonly Uint8Array[] = [
  filled(32),
  Uint8Array.of(1, ...filled(31)),
  Uint8Array.of(0xec, ...filled(30, 0xff), 0x7f),
];

/** A compressed point of P-256: the generator's x, and the sign of its y. */
export const COMPRESSED_P256: Uint8Array = Uint8Array.from([
  3,
  ...hex('6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296'),
]);

/** The generator of P-256: a right point. */
export const GENERATOR_OF_P256: Uint8Array = Uint8Array.from(
  hex(
    '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  ),
);

/** The same in the hybrid form of X9.62, which TLS never had. */
export const HYBRID_P256: Uint8Array = GENERATOR_OF_P256.with(0, 7);

/** 64 bytes that are no point of P-256 (x = y = 1). */
export const NOT_ON_P256: Uint8Array = Uint8Array.of(4, ...filled(31), 1, ...filled(31), 1);

function hex(text: string): number[] {
  return (text.match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16));
}
