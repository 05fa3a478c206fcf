/**
 * A hash function of @noble/hashes as the protocol sees it.
 */

import { hmac } from '@noble/hashes/hmac.js';
import type { CHash } from '@noble/hashes/utils.js';
import type { Hash, HashName, HashState } from '../hash.ts';

export function nobleHash(name: HashName, hash: CHash): Hash {
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
