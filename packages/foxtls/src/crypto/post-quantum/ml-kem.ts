/**
 * ML-KEM (FIPS 203) as key exchange groups (draft-ietf-tls-mlkem), by @noble/post-quantum; Node has it from version 24 on only.
 *
 * ```
 *              encapsulation key (client's share)   ciphertext (server's share)   secret
 * ML-KEM-768   1184                                 1088                          32
 * ML-KEM-1024  1568                                 1568                          32
 * ```
 *
 * The module is loaded when a group is first used: most programs name none of them, and would wait for it at every start. So these groups
 * answer by promises.
 */

import type { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { wipe } from '../../core/bytes/bytes.ts';
import type { KeyExchange, KeyExchangeGroup, RandomSource } from '../key-exchange.ts';
import { alreadyFinished, shareInvalid } from '../key-share.ts';

type Kem = typeof ml_kem768;

/** The seed of a key pair, d and z (FIPS 203 §7.1); the randomness of an encapsulation, m (§7.2). */
const SEED = 64;
const MESSAGE = 32;

export const mlKem768: KeyExchangeGroup = /* @__PURE__ */ mlKemGroup('MLKEM768', 0x0201, 'ml_kem768');
export const mlKem1024: KeyExchangeGroup = /* @__PURE__ */ mlKemGroup('MLKEM1024', 0x0202, 'ml_kem1024');

function mlKemGroup(name: string, id: number, set: 'ml_kem768' | 'ml_kem1024'): KeyExchangeGroup {
  const load = async (): Promise<Kem> => (await import('@noble/post-quantum/ml-kem.js'))[set];
  return {
    name,
    id,
    async start(random) {
      return new MlKemExchange(name, await load(), random);
    },
    async respond(peerShare, random) {
      return encapsulate(name, await load(), peerShare, random);
    },
  };
}

/** Checks the key before, as FIPS 203 §7.2 asks: its length, and that its coefficients are reduced. */
function encapsulate(name: string, kem: Kem, peerShare: Uint8Array, random: RandomSource) {
  checkLength(name, peerShare, kem.lengths.publicKey);
  const message = random(MESSAGE);
  try {
    const { cipherText, sharedSecret } = kem.encapsulate(peerShare, message);
    return { share: cipherText, secret: sharedSecret };
  } catch (cause) {
    throw shareInvalid(name, 'a coefficient of the encapsulation key is not reduced', cause);
  } finally {
    wipe(message);
  }
}

class MlKemExchange implements KeyExchange {
  readonly share: Uint8Array;
  readonly #name: string;
  readonly #kem: Kem;
  #decapsulationKey: Uint8Array | undefined;

  constructor(name: string, kem: Kem, random: RandomSource) {
    this.#name = name;
    this.#kem = kem;
    const seed = random(SEED);
    const { publicKey, secretKey } = kem.keygen(seed);
    wipe(seed);
    this.share = publicKey;
    this.#decapsulationKey = secretKey;
  }

  /** A ciphertext that was changed gives another secret, and no error (FIPS 203 §6.3): the handshake fails by its Finished. */
  finish(peerShare: Uint8Array): Uint8Array {
    const decapsulationKey = this.#decapsulationKey;
    if (decapsulationKey === undefined) throw alreadyFinished(this.#name);
    checkLength(this.#name, peerShare, this.#kem.lengths.cipherText);
    this.#decapsulationKey = undefined;
    try {
      return this.#kem.decapsulate(peerShare, decapsulationKey);
    } finally {
      wipe(decapsulationKey);
    }
  }
}

function checkLength(name: string, share: Uint8Array, length: number | undefined): void {
  if (share.length !== length) throw shareInvalid(name, `${share.length} bytes where ${length} are expected`);
}
