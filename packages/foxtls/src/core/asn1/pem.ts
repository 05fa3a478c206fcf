/**
 * PEM, the textual encoding (RFC 7468): base64 between two lines that carry a label.
 *
 * ```
 * -----BEGIN CERTIFICATE-----
 * MIIB…
 * -----END CERTIFICATE-----
 * ```
 * Many blocks stand in one file; text outside of them is ignored. LF, CRLF and CR end lines. Header lines as RFC 1421 has them
 * (`Proc-Type: 4,ENCRYPTED`, written by old OpenSSL for encrypted keys) are kept apart from the data.
 */

import { fromLatin1 } from '../bytes/bytes.ts';
import { DecodeError } from '../errors/errors.ts';

export interface PemBlock {
  /** What stands after BEGIN: `CERTIFICATE`, `PRIVATE KEY`. */
  readonly label: string;
  readonly data: Uint8Array;
  /** RFC 1421 headers; RFC 7468 has none. */
  readonly headers: ReadonlyMap<string, string>;
  /** The line of BEGIN, counted from 1. */
  readonly line: number;
}

const BEGIN = /^-----BEGIN ([^\r\n]*)-----\s*$/;
const END = /^-----END ([^\r\n]*)-----\s*$/;
const HEADER = /^([A-Za-z0-9-]+):\s*(.*)$/;

/** Reads all blocks of a text, in order. Throws `DecodeError` that names the line for a block that is cut off or not base64. */
export function parsePem(text: string | Uint8Array): PemBlock[] {
  const lines = (typeof text === 'string' ? text : fromLatin1(text)).split(/\r\n|\n|\r/);
  const blocks: PemBlock[] = [];
  for (let at = 0; at < lines.length; at++) {
    const label = BEGIN.exec(lines[at] as string)?.[1];
    if (label === undefined) continue;
    const end = findEnd(lines, at, label);
    blocks.push({ label, line: at + 1, ...readBody(lines.slice(at + 1, end), at + 2) });
    at = end;
  }
  return blocks;
}

/** Writes one block: lines of 64 characters, LF at each end. */
export function formatPem(label: string, data: Uint8Array): string {
  const lines = base64(data).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** The index of the END line that belongs to the BEGIN at `begin`. */
function findEnd(lines: readonly string[], begin: number, label: string): number {
  for (let at = begin + 1; at < lines.length; at++) {
    const line = lines[at] as string;
    if (BEGIN.test(line)) fail(at + 1, `a new block begins before the ${label} of line ${begin + 1} has ended`);
    const ended = END.exec(line)?.[1];
    if (ended === undefined) continue;
    if (ended !== label) fail(at + 1, `END ${ended} does not match BEGIN ${label} of line ${begin + 1}`);
    return at;
  }
  return fail(begin + 1, `the ${label} that begins here has no END line`);
}

function readBody(lines: readonly string[], firstLine: number): Pick<PemBlock, 'data' | 'headers'> {
  const headers = new Map<string, string>();
  let at = 0;
  for (; at < lines.length; at++) {
    const header = HEADER.exec(lines[at] as string);
    if (header === null) break;
    headers.set(header[1] as string, header[2] as string);
  }
  const digits: string[] = [];
  let ended = false;
  for (; at < lines.length; at++) {
    const line = (lines[at] as string).replace(/\s/g, '');
    if (line === '') continue;
    if (ended || !/^[A-Za-z0-9+/]*={0,2}$/.test(line)) fail(firstLine + at, 'the line is not base64');
    ended = line.endsWith('=');
    digits.push(line);
  }
  return {
    headers,
    data: fromBase64(digits.join('')) ?? fail(firstLine + lines.length - 1, 'the base64 is cut off or has stray bits at its end'),
  };
}

function fail(line: number, problem: string): never {
  throw new DecodeError('pem', `line ${line}: ${problem}`);
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function base64(data: Uint8Array): string {
  let text = '';
  for (let at = 0; at < data.length; at += 3) {
    const [a = 0, b, c] = data.subarray(at, at + 3);
    text += ALPHABET[a >> 2];
    text += ALPHABET[((a & 3) << 4) | ((b ?? 0) >> 4)];
    text += b === undefined ? '=' : ALPHABET[((b & 15) << 2) | ((c ?? 0) >> 6)];
    text += c === undefined ? '=' : ALPHABET[c & 63];
  }
  return text;
}

const DIGITS: ReadonlyMap<string, number> = new Map([...ALPHABET].map((letter, value) => [letter, value]));

/** RFC 4648 §4, canonical only; undefined when it is not. The caller has checked the alphabet. */
function fromBase64(text: string): Uint8Array | undefined {
  const digits = text.replace(/=+$/, '');
  if (text.length % 4 !== 0 || digits.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let bits = 0;
  let pending = 0;
  let at = 0;
  for (const digit of digits) {
    pending = ((pending << 6) | (DIGITS.get(digit) as number)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (pending >> bits) & 0xff;
  }
  return (pending & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}
