/**
 * The nonce of a record whose number is not sent: the number and the IV, together (RFC 8446 §5.3, RFC 7905 §2).
 */

import { writeSequence } from './pseudo-header.ts';

/**
 * "The 64-bit record sequence number is serialized as an 8-byte, big-endian value and padded on the left with four 0x00 bytes", then
 * "XORed with the client_write_IV … or server_write_IV" (RFC 7905 §2), as in TLS 1.3. In DTLS 1.2 its first two bytes are the epoch. Written into `nonce`, which is returned.
 */
export function recordNonce(iv: Uint8Array, sequence: number, nonce: Uint8Array): Uint8Array {
  const start = nonce.length - 8;
  writeSequence(nonce, start, sequence);
  for (let i = start; i < nonce.length; i++) nonce[i] = (nonce[i] as number) ^ (iv[i] as number);
  return nonce;
}
