/**
 * Large data with a checksum: the same bytes in every run, without a pattern that a shifted record would keep.
 */

import { createHash } from 'node:crypto';

export const MEBIBYTE = 1 << 20;

/** SHAKE128 of a label, base64: no line of it begins with a letter that is a command to a peer, as it has no lines. */
export function payload(label: string, length = MEBIBYTE): Buffer {
  const bytes = createHash('shake128', { outputLength: Math.ceil((length * 3) / 4) })
    .update(label)
    .digest();
  return Buffer.from(bytes.toString('base64').slice(0, length));
}

export function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
