/**
 * The name under which a received file is kept: a stranger chooses it, so it may name a file in the folder and nothing else.
 *
 * Refused: ways out of the folder (separators, drive letters, `..`), hidden files, what a shell would take for an option, what would steer a
 * terminal, names that Windows keeps for devices or changes in silence, and names that no file system can hold.
 */

/** What ext4, APFS and NTFS have in common. */
export const MAX_NAME_BYTES = 255;

/** Controls (C0, C1, DEL), line and paragraph separators, marks that turn the direction of writing, and what replaces text that is none. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd\ufeff]/u;
const DEVICES = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)/i;
const WINDOWS_ONLY = /[<>:"|?*]/;

/** A name that can be used, or why it cannot, for whoever sent it. */
export type NameJudgement = { readonly name: string } | { readonly refusal: string };

/** Judges the bytes of a first record. `platform` as in `process.platform`. */
export function judgeFileName(bytes: Uint8Array, platform: string): NameJudgement {
  if (bytes.length === 0) return { refusal: 'the name is empty' };
  if (bytes.length > MAX_NAME_BYTES) return { refusal: `the name has ${bytes.length} bytes: ${MAX_NAME_BYTES} are possible` };
  const name = decode(bytes);
  if (name === undefined) return { refusal: 'the name is not UTF-8' };
  const refusal = RULES.find(([isBroken]) => isBroken(name, platform))?.[1];
  return refusal === undefined ? { name } : { refusal };
}

const RULES: readonly (readonly [isBroken: (name: string, platform: string) => boolean, refusal: string])[] = [
  [(name) => name.includes('\0'), 'the name has a NUL in it'],
  [(name) => /[/\\]/.test(name), 'the name has a / or \\ in it: send a name, not a path'],
  [(name) => /^[a-z]:/i.test(name), 'the name begins with a drive letter'],
  [(name) => name.startsWith('.'), 'the name begins with a dot'],
  [(name) => name.startsWith('-'), 'the name begins with a dash'],
  [(name) => UNPRINTABLE.test(name), 'the name has characters in it that cannot be shown'],
  [(name) => /^\s|[\s.]$/u.test(name), 'the name begins or ends with a space, or ends with a dot'],
  [(name) => DEVICES.test(name), 'the name is that of a device on Windows'],
  [
    (name, platform) => platform === 'win32' && WINDOWS_ONLY.test(name),
    'the name has characters in it that Windows does not allow',
  ],
];

function decode(bytes: Uint8Array): string | undefined {
  try {
    // A byte order mark is kept, and refused: who removes it makes another name of it.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A name as programs in C send it: with the NUL that ends a string there, or with the line's end that `echo` adds. */
export function withoutTerminator(bytes: Uint8Array): Uint8Array {
  const end = bytes.findIndex((byte, i) => byte === 0 && bytes.subarray(i).every((rest) => rest === 0));
  if (end >= 0) return bytes.subarray(0, end);
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}
