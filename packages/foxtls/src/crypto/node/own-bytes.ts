/**
 * Node's `Buffer` as plain `Uint8Array`, which is what everything above expects, and back, without a copy.
 */

/** The same bytes as a plain array, not copied: only for results that node:crypto allocated for this call alone, never pooled. */
export function ownBytes(result: Uint8Array): Uint8Array {
  return new Uint8Array(result.buffer, result.byteOffset, result.byteLength);
}

/** A view of the same bytes as a `Buffer`, for the few calls whose types ask for one, and for base64url. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
