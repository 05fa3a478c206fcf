/**
 * Hash functions and HMAC (RFC 6234, RFC 2104) by node:crypto.
 *
 * Measured on Node 20, 200 bytes of SHA-256: `crypto.hash` 0.65 µs against 1.00 for `createHash().update().digest()`; a copy and its
 * digest 0.89; `createHmac` 2.1, and 1.7 with a key imported beforehand, which the key schedule (a new key for each step) does not
 * have. HMAC of a short message from two calls of `crypto.hash` costs 1.7 and leaves no native object to the garbage collector: of the
 * whole handshake, 3 % of a full one and 8 % of a resumed one.
 */

import { createHash, createHmac, type Hash as NodeHashState, hash as oneShot } from 'node:crypto';
import { wipe } from '../../core/bytes/bytes.ts';
import type { Hash, HashName, HashState } from '../hash.ts';
import { ownBytes } from './own-bytes.ts';

/** SHA-1, for old signatures and TLS 1.0–1.2 only. */
export const sha1: Hash = /* @__PURE__ */ nodeHash('sha1', 20, 64);
/** SHA-224, for files that have a MAC with it. */
export const sha224: Hash = /* @__PURE__ */ nodeHash('sha224', 28, 64);
export const sha256: Hash = /* @__PURE__ */ nodeHash('sha256', 32, 64);
export const sha384: Hash = /* @__PURE__ */ nodeHash('sha384', 48, 128);
export const sha512: Hash = /* @__PURE__ */ nodeHash('sha512', 64, 128);

/** MD5, which protects nothing: for fingerprints of clients (`ja3Hash`), and in no provider. */
export const md5: Pick<Hash, 'size' | 'digest'> = { size: 16, digest: (data) => ownBytes(oneShot('md5', data, 'buffer')) };

function nodeHash(name: HashName, size: number, blockSize: number): Hash {
  return {
    name,
    size,
    blockSize,
    digest: (data) => ownBytes(oneShot(name, data, 'buffer')),
    create: () => new RunningHash(createHash(name)),
    hmac: (key, data) =>
      key.length <= blockSize && data.length <= SHORT_MESSAGE
        ? shortHmac({ name, size, blockSize }, key, data)
        : ownBytes(createHmac(name, key).update(data).digest()),
  };
}

const SHORT_MESSAGE = 256;

/** `H(K XOR opad, H(K XOR ipad, text))` (RFC 2104 §2), for keys that are not longer than a block. */
function shortHmac({ name, size, blockSize }: Pick<Hash, 'name' | 'size' | 'blockSize'>, key: Uint8Array, text: Uint8Array) {
  const inner = new Uint8Array(blockSize + text.length).fill(0x36, 0, blockSize);
  const outer = new Uint8Array(blockSize + size).fill(0x5c, 0, blockSize);
  for (let i = 0; i < key.length; i++) {
    inner[i] = (key[i] as number) ^ 0x36;
    outer[i] = (key[i] as number) ^ 0x5c;
  }
  inner.set(text, blockSize);
  outer.set(oneShot(name, inner, 'buffer'), blockSize);
  const mac = ownBytes(oneShot(name, outer, 'buffer'));
  wipe(inner, outer);
  return mac;
}

class RunningHash implements HashState {
  readonly #state: NodeHashState;

  constructor(state: NodeHashState) {
    this.#state = state;
  }

  update(data: Uint8Array): void {
    this.#state.update(data);
  }

  digest(): Uint8Array {
    // Node's digest() ends a state, ours does not.
    return ownBytes(this.#state.copy().digest());
  }

  copy(): HashState {
    return new RunningHash(this.#state.copy());
  }
}
