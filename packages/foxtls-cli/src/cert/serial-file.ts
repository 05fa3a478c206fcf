/**
 * The file in which an authority keeps its last serial number: one line of hexadecimal, as OpenSSL's `-CAserial` has it, so that both can
 * go on with the same file.
 *
 * Two programs that count at once must not give the same number twice: whoever counts holds `FILE.lock` meanwhile.
 */

import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { CommandFailure } from '../command/failure.ts';

/** Counts the file up; returns the contents octets of the new number. Makes the file, with a random number, when it is not there. */
export function nextSerialNumber(path: string): Uint8Array {
  const lock = `${path}.lock`;
  takeLock(lock, path);
  try {
    const last = existsSync(path) ? toNumber(parseSerialNumber(readFileSync(path, 'utf8').trim(), path)) : randomNumber();
    const next = hexOf(last + 1n);
    const temporary = `${path}.new`;
    writeFileSync(temporary, `${next.toUpperCase()}\n`);
    renameSync(temporary, path);
    return parseSerialNumber(next, path);
  } finally {
    rmSync(lock, { force: true });
  }
}

/** The contents octets of an INTEGER out of hexadecimal. */
export function parseSerialNumber(text: string, place: string): Uint8Array {
  const digits = text.replaceAll(':', '').replace(/^0x/i, '');
  if (!/^[0-9a-fA-F]+$/.test(digits) || digits.length > 40) {
    throw new CommandFailure(
      `${place}: a serial number is at most 40 hexadecimal digits, not ${JSON.stringify(text.slice(0, 60))}`,
    );
  }
  const hex = hexOf(BigInt(`0x${digits}`));
  const octets = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return (octets[0] as number) < 0x80 ? octets : Uint8Array.from([0, ...octets]);
}

function takeLock(lock: string, path: string): void {
  try {
    closeSync(openSync(lock, 'wx'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new CommandFailure(`${path} is being counted up by another program; if none is running, remove ${lock}`);
  }
}

function toNumber(octets: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(octets).toString('hex')}`);
}

function randomNumber(): bigint {
  const octets = randomBytes(16);
  // Positive, and of fixed length.
  octets[0] = ((octets[0] as number) & 0x3f) | 0x40;
  return toNumber(octets);
}

function hexOf(number: bigint): string {
  const digits = number.toString(16);
  return digits.padStart(digits.length + (digits.length % 2), '0');
}
