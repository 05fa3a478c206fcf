/**
 * Bytes as people have them: raw, a hex dump of any make, base64, PEM.
 *
 * ```
 * 16030100c4…    16 03 01 00 c4    16:03:01    0x16, 0x03                      hexadecimal digits
 * 00000000: 1603 0100 c401 …  ......          0010  c0 03 03 …   .....         with offsets, and the characters behind (xxd, Wireshark)
 * 00000000  16 03 01 00  … |......|                                            hexdump -C
 * ```
 * In a dump with offsets, the offset of a line says how many bytes the one before has: what stands behind those are characters.
 */

import { parsePem } from 'foxtls/asn1';
import { CommandFailure } from '../command/failure.ts';

/** Bytes to be looked at, and what they are called when there are several. */
export interface Part {
  readonly name: string | undefined;
  readonly bytes: Uint8Array;
}

/** What people type; a tab is among it. */
const TEXT = /^[\t\r\n\x20-\x7e]*$/;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/**
 * `isKnown` says whether bytes are something: words are not taken for base64 because they could be. Throws `CommandFailure` when there is nothing to look
 * at, or `isHex` and it is none.
 */
export function readParts(data: Uint8Array, isHex: boolean, isKnown: (bytes: Uint8Array) => boolean): Part[] {
  const text = Buffer.from(data).toString('latin1');
  if (data.length === 0 || text.trim() === '') throw new CommandFailure('there is nothing to look at: the input is empty');
  if (isHex) {
    const bytes = parseHex(text);
    if (bytes === undefined) throw new CommandFailure('the input is no hex dump: an odd number of digits, or none');
    return [{ name: undefined, bytes }];
  }
  if (/^-----BEGIN /m.test(text)) return parsePem(text).map(({ label, data: bytes }) => ({ name: label, bytes }));
  if (!TEXT.test(text)) return [{ name: undefined, bytes: data }];
  const decoded = parseBase64(text);
  return [{ name: undefined, bytes: parseHex(text) ?? (decoded !== undefined && isKnown(decoded) ? decoded : data) }];
}

/** Undefined for what is no hexadecimal text. */
export function parseHex(text: string): Uint8Array | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && line.trim() !== '*');
  const dump = parseDump(lines);
  if (dump !== undefined) return dump;
  const digits = lines.map((line) => line.replace(/0x|\\x/gi, '').replace(/[\s:,;]/g, '')).join('');
  if (digits === '' || digits.length % 2 === 1 || !/^[0-9a-f]+$/i.test(digits)) return undefined;
  return new Uint8Array(Buffer.from(digits, 'hex'));
}

/** `0000  16 03 …` on each line, in order. Behind an offset stands a colon, or at least two blanks, or (od) one where the first offset is 0. */
function parseDump(lines: readonly string[]): Uint8Array | undefined {
  const rows = lines.map((line) => /^\s*(?:0x)?([0-9a-f]{4,8})(:|[ \t]+|$)\s*(.*)$/i.exec(line));
  if (rows.length === 0 || rows.some((row) => row === null)) return undefined;
  const offsets = rows.map((row) => Number.parseInt(row?.[1] as string, 16));
  const isSure = rows.slice(0, -1).every((row) => row?.[2] !== ' ');
  if (offsets[0] !== 0 && (rows.length === 1 || !isSure)) return undefined;
  const parts: Buffer[] = [];
  for (const [i, row] of rows.entries()) {
    const next = offsets[i + 1];
    const length = next === undefined ? undefined : next - (offsets[i] as number);
    const bytes = parseRow(row?.[3] as string, length);
    if (bytes === undefined) return undefined;
    parts.push(bytes);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** `length` is known of all lines but the last. */
function parseRow(text: string, length: number | undefined): Buffer | undefined {
  const row = text.replace(/\|.*\|\s*$/, '').trimEnd();
  if (length !== undefined && (length < 0 || length > 64)) return undefined;
  const wanted = length ?? 64;
  let digits = '';
  for (const [, gap = '', word = ''] of row.matchAll(/(\s*)(\S+)/g)) {
    const isHex = /^([0-9a-f]{2})+$/i.test(word);
    // The characters of the last line stand behind a gap; hexdump has one in the middle, too.
    const isBehindGap = length === undefined && gap.length >= 2 && digits !== '' && !(gap.length === 2 && digits.length === 16);
    if (digits.length >= wanted * 2 || isBehindGap) break;
    if (!isHex) {
      if (length === undefined) break;
      return undefined;
    }
    digits += word;
  }
  if (length !== undefined && digits.length !== length * 2) return undefined;
  return Buffer.from(digits, 'hex');
}

function parseBase64(text: string): Uint8Array | undefined {
  const characters = text.replace(/\s/g, '');
  if (!BASE64.test(characters) || characters.length < 8) return undefined;
  return new Uint8Array(Buffer.from(characters, 'base64'));
}
