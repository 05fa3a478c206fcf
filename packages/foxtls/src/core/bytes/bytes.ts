/**
 * Small operations on `Uint8Array` that the platform lacks: joining, comparing, hexadecimal, integers in network byte order.
 *
 * Nothing here keeps a reference to its arguments, and nothing uses `Buffer`, so it runs everywhere.
 */

export const EMPTY: Uint8Array = new Uint8Array(0);

/** Joins parts into one newly allocated array. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return concatAll(parts);
}

/** `concat` for a list of any length: a function takes some hundred thousand arguments at most. */
export function concatAll(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Copies in one piece of memory: an array of some bytes takes 200 more for itself, a view of another one 100. */
export function packed<const Parts extends readonly Uint8Array[]>(...parts: Parts): { [index in keyof Parts]: Uint8Array } {
  const whole = concatAll(parts);
  let at = 0;
  const views = parts.map(({ length }) => {
    at += length;
    return whole.subarray(at - length, at);
  });
  return views as { [index in keyof Parts]: Uint8Array };
}

/** A copy that shares nothing. (`slice` of a Node Buffer, which input from a socket is, would be a view.) */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return concat(bytes);
}

/**
 * The same bytes as an array of no subclass, not copied. Node's `Buffer` is one whose `slice` is a view; nothing below the faces may meet
 * it, for there `slice` means a copy.
 */
export function plain(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether two byte strings are the same. Returns at the first difference: for public values only. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether two secrets are the same, in time that depends only on their lengths. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}

/** Overwrites secrets with zeros, as far as JavaScript allows (copies made by the engine are out of reach). */
export function wipe(...secrets: readonly (Uint8Array | undefined)[]): void {
  for (const secret of secrets) secret?.fill(0);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal, two digits a byte, `separator` between bytes. */
export function toHex(bytes: Uint8Array, separator = ''): string {
  const digits = new Array<string>(bytes.length);
  for (let i = 0; i < bytes.length; i++) digits[i] = HEX[bytes[i] as number] as string;
  return digits.join(separator);
}

/** Reads hexadecimal; white space and colons between digits are ignored. Throws `RangeError` on anything else. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/[\s:]/g, '');
  if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) {
    throw new RangeError('not hexadecimal: an even number of the digits 0-9 a-f is expected');
  }
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

const encoder = new TextEncoder();

/** Text as UTF-8. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** UTF-8 as text; throws `TypeError` when the bytes are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** Each byte as the character of that code (ISO 8859-1), for texts that are ASCII by definition. */
export function fromLatin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
