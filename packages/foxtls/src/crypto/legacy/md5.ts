/**
 * MD5 (RFC 1321) as a whole hash function, by @noble/hashes, for the PRF of TLS 1.0 and 1.1 and for what else is as old.
 *
 * It protects nothing by itself: RFC 9155 forbids it in signatures of TLS. It is in no provider.
 */

import { hmac } from '@noble/hashes/hmac.js';
import { md5 as nobleMd5 } from '@noble/hashes/legacy.js';
import type { Hash, HashState } from '../hash.ts';

/** MD5, and HMAC with it (RFC 2104). */
export const md5: Hash = {
  name: 'md5',
  size: 16,
  blockSize: 64,
  digest: (data) => nobleMd5(data),
  create: () => new RunningMd5(nobleMd5.create()),
  hmac: (key, data) => hmac(nobleMd5, key, data),
};

type State = ReturnType<typeof nobleMd5.create>;

class RunningMd5 implements HashState {
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
    return new RunningMd5(this.#state.clone());
  }
}
