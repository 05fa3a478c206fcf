/**
 * What people of a chat write: names and texts, cleaned and bounded before anybody else sees them.
 *
 * A name is one word without control characters, and none that the programs use themselves: `Server`, `System`, `private-…`, and what
 * begins with `@` (control records) or `#` (private lines), or holds the backtick that parts name and text on the plain connection.
 */

/** In characters. */
export const MAX_NAME = 24;
/** In bytes, so that `private-` and the name fit into the 50 bytes that the tutorial's client has for them. */
const MAX_NAME_BYTES = 41;
/** In characters. */
export const MAX_TEXT = 1000;

/** Controls, and the marks that turn the direction of writing. */
const HARMFUL = /[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu;
/** In a name also what cannot be seen: two that look the same would be two. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A line of text, as it may be shown: nothing that steers a terminal, and not too long. */
export function readText(line: Uint8Array | string): string {
  const text = typeof line === 'string' ? line : decoder.decode(line);
  const clean = text.replace(HARMFUL, '');
  return clean.length > MAX_TEXT ? [...clean].slice(0, MAX_TEXT).join('') : clean;
}

/** Why a name cannot be had: one sentence without a full stop. */
export class NameRefused extends Error {}

/** A name, as all will see it. Throws `NameRefused`. */
export function readName(given: Uint8Array | string): string {
  const text = typeof given === 'string' ? given : decoder.decode(given);
  const name = text.replace(INVISIBLE, '').trim().normalize('NFC');
  if (name === '') throw new NameRefused('a name has at least one character');
  if ([...name].length > MAX_NAME || Buffer.byteLength(name) > MAX_NAME_BYTES)
    throw new NameRefused(`a name has at most ${MAX_NAME} characters (${MAX_NAME_BYTES} bytes)`);
  if (/\s/u.test(name)) throw new NameRefused('a name is one word');
  if (/^[@#[]|`/.test(name)) throw new NameRefused('a name begins with none of @ # [, and has no backtick');
  if (/^(server|system|private-.*)$/iu.test(name)) throw new NameRefused(`the programs themselves are called ${name}`);
  return name;
}

/** The same for names that people would take for the same. */
export function nameKey(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
