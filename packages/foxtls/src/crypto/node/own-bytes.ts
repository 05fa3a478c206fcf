/**
 * Node's `Buffer` results as plain `Uint8Array`, which is what everything above expects.
 */

/** The same bytes as a plain array, not copied: only for results that node:crypto allocated for this call alone, never pooled. */
export function ownBytes(result: Uint8Array): Uint8Array {
  return new Uint8Array(result.buffer, result.byteOffset, result.byteLength);
}
