/**
 * The nonce of a record whose number is not sent: the number and the IV, together (RFC 8446 §5.3, RFC 7905 §2).
 */

/**
 * "The 64-bit record sequence number is serialized as an 8-byte, big-endian value and padded on the left with four 0x00 bytes", then
 * "XORed with the client_write_IV … or server_write_IV" (RFC 7905 §2), as in TLS 1.3. Written into `nonce`, which is returned.
 */
export function recordNonce(iv: Uint8Array, sequence: number, nonce: Uint8Array): Uint8Array {
  const last = nonce.length - 1;
  let rest = sequence;
  for (let i = 0; i < 8; i++) {
    nonce[last - i] = (iv[last - i] as number) ^ (rest & 0xff);
    rest = Math.floor(rest / 256);
  }
  return nonce;
}
