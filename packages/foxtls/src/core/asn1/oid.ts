/**
 * OBJECT IDENTIFIERs as dotted decimal text, and their contents octets (X.690 §8.19).
 *
 * ```
 * 1.2.840.113549   ⇄   2a 86 48 86 f7 0d      first octets: 40 · first arc + second arc; each number base 128, high bit = more follow
 * ```
 */

import { ApiMisuse } from '../errors/errors.ts';

/** The dotted text of an OBJECT IDENTIFIER's contents octets, or undefined when they are not in DER. */
export function formatOidContent(content: Uint8Array): string | undefined {
  if (content.length === 0 || content.length > MAX_OID_SIZE || (content.at(-1) as number) >= 0x80) return undefined;
  let text = '';
  let start = 0;
  for (let at = 0; at < content.length; at++) {
    if (at === start && content[at] === 0x80) return undefined;
    if ((content[at] as number) >= 0x80) continue;
    const arc = readArc(content, start, at + 1);
    text = start === 0 ? formatFirst(arc) : `${text}.${arc}`;
    start = at + 1;
  }
  return text;
}

/** The contents octets of a dotted text. Throws `ApiMisuse` when the text is not an OBJECT IDENTIFIER. */
export function parseOid(dotted: string): Uint8Array {
  const arcs = /^[012](\.(0|[1-9][0-9]*))+$/.test(dotted) ? dotted.split('.').map(BigInt) : [];
  const [root, second, ...rest] = arcs;
  if (root === undefined || second === undefined || (root < 2n && second >= 40n)) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `${JSON.stringify(dotted)} is not an object identifier like 1.2.840.113549`);
  }
  const octets: number[] = [];
  for (const arc of [root * 40n + second, ...rest]) octets.push(...arcOctets(arc));
  return Uint8Array.from(octets);
}

/** Longer ones exist nowhere, and their text takes time that grows with the square of their length. */
const MAX_OID_SIZE = 256;

function readArc(content: Uint8Array, start: number, end: number): number | bigint {
  if (end - start <= 7) {
    let arc = 0;
    for (let i = start; i < end; i++) arc = arc * 128 + ((content[i] as number) & 0x7f);
    return arc;
  }
  let arc = 0n;
  for (let i = start; i < end; i++) arc = (arc << 7n) | BigInt((content[i] as number) & 0x7f);
  return arc;
}

/** The first number stands for two arcs. */
function formatFirst(arc: number | bigint): string {
  return arc < 80 ? `${Math.floor(Number(arc) / 40)}.${Number(arc) % 40}` : `2.${BigInt(arc) - 80n}`;
}

function arcOctets(arc: bigint): number[] {
  const octets = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) octets.unshift(Number(rest & 0x7fn) | 0x80);
  return octets;
}
