/**
 * Sealing of state that the peer keeps for us: tickets (RFC 8446 §4.6.1) and cookies (RFC 8446 §4.2.2).
 *
 * ```
 * sealed = nonce[12] || AES-256-GCM(key, nonce, purpose || context, plaintext)
 * ```
 * Random nonces: a key seals at most 2^32 texts (NIST SP 800-38D §8.3), far above what one server lifetime issues.
 */

import { concat, EMPTY, utf8 } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import type { Eventually } from '../../core/flow/flow.ts';
import type { AeadKey } from '../../crypto/aead.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';

export interface Sealer {
  /** `lifetime`, in seconds: how long the peer may keep it, for sealers that keep something themselves. */
  seal(plaintext: Uint8Array, lifetime?: number): Eventually<Uint8Array>;
  /** Undefined for what this sealer did not seal (or no longer opens). */
  open(sealed: Uint8Array): Eventually<Uint8Array | undefined>;
  /**
   * Seals `plaintext` so that it opens beside `context` alone, which is not in the sealed text: of 4 bytes of plaintext at most 32 come, which is
   * what cookies of DTLS 1.2 are to have (RFC 6347 §4.2.1). A sealer may have neither this nor `openBeside`.
   */
  sealBeside?(plaintext: Uint8Array, context: Uint8Array): Eventually<Uint8Array>;
  openBeside?(sealed: Uint8Array, context: Uint8Array): Eventually<Uint8Array | undefined>;
}

/** A sealer that keeps nothing, and so never waits. */
interface KeySealer extends Sealer {
  seal(plaintext: Uint8Array): Uint8Array;
  open(sealed: Uint8Array): Uint8Array | undefined;
  sealBeside(plaintext: Uint8Array, context: Uint8Array): Uint8Array;
  openBeside(sealed: Uint8Array, context: Uint8Array): Uint8Array | undefined;
}

export const SEALER_KEY_SIZE = 32;
const NONCE_SIZE = 12;

/** `purpose` keeps a cookie from being taken for a ticket under the same key. */
export function createSealer(provider: CryptoProvider, key: Uint8Array, purpose: 'ticket' | 'cookie'): KeySealer {
  const aead = provider.aeads.find((part) => part.name === 'aes-256-gcm') ?? provider.aeads[0];
  if (aead === undefined)
    throw new ApiMisuse('ERR_TLS_PROVIDER', `the provider ${provider.name} has no AEAD to seal tickets with`);
  if (key.length !== SEALER_KEY_SIZE) {
    throw new ApiMisuse('ERR_TLS_TICKET_KEY', `a sealing key has ${SEALER_KEY_SIZE} bytes, this one has ${key.length}`);
  }
  return new AeadSealer(aead.create(key.slice(0, aead.keySize)), provider.random, utf8(purpose));
}

class AeadSealer implements KeySealer {
  readonly #key: AeadKey;
  readonly #random: (length: number) => Uint8Array;
  readonly #purpose: Uint8Array;

  constructor(key: AeadKey, random: (length: number) => Uint8Array, purpose: Uint8Array) {
    this.#key = key;
    this.#random = random;
    this.#purpose = purpose;
  }

  seal(plaintext: Uint8Array): Uint8Array {
    return this.sealBeside(plaintext, EMPTY);
  }

  open(sealed: Uint8Array): Uint8Array | undefined {
    return this.openBeside(sealed, EMPTY);
  }

  sealBeside(plaintext: Uint8Array, context: Uint8Array): Uint8Array {
    const nonce = this.#random(NONCE_SIZE);
    const out: Uint8Array[] = [nonce];
    this.#key.seal(nonce, concat(this.#purpose, context), [plaintext], out);
    return concat(...out);
  }

  openBeside(sealed: Uint8Array, context: Uint8Array): Uint8Array | undefined {
    if (sealed.length < NONCE_SIZE) return undefined;
    return this.#key.open(sealed.subarray(0, NONCE_SIZE), concat(this.#purpose, context), sealed.subarray(NONCE_SIZE));
  }
}
