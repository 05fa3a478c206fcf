/**
 * Hash functions and HMAC (RFC 6234, RFC 2104) by @noble/hashes.
 */

import { hmac } from '@noble/hashes/hmac.js';
import { sha1 as nobleSha1 } from '@noble/hashes/legacy.js';
import {
  sha224 as nobleSha224,
  sha256 as nobleSha256,
  sha384 as nobleSha384,
  sha512 as nobleSha512,
} from '@noble/hashes/sha2.js';
import type { CHash } from '@noble/hashes/utils.js';
import type { Hash, HashName, HashState } from '../hash.ts';

/** SHA-1, for old signatures and TLS 1.0–1.2 only. */
export const sha1: Hash = /* @__PURE__ */ portableHash('sha1', nobleSha1);
/** SHA-224, for files that have a MAC with it. */
export const sha224: Hash = /* @__PURE__ */ portableHash('sha224', nobleSha224);
export const sha256: Hash = /* @__PURE__ */ portableHash('sha256', nobleSha256);
export const sha384: Hash = /* @__PURE__ */ portableHash('sha384', nobleSha384);
export const sha512: Hash = /* @__PURE__ */ portableHash('sha512', nobleSha512);

function portableHash(name: HashName, hash: CHash): Hash {
  return {
    name,
    size: hash.outputLen,
    blockSize: hash.blockLen,
    digest: (data) => hash(data),
    create: () => new RunningHash(hash.create()),
    hmac: (key, data) => hmac(hash, key, data),
  };
}

type State = ReturnType<CHash['create']>;

class RunningHash implements HashState {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  update(data: Uint8Array): void {
    this.#state.update(data);
  }

  digest(): Uint8Array {
    // noble's digest() ends a state, ours does not.
    return this.#state.clone().digest();
  }

  copy(): HashState {
    return new RunningHash(this.#state.clone());
  }
}
