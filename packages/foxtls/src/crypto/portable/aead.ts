/**
 * AES-GCM and ChaCha20-Poly1305 (RFC 5116, RFC 8439) by @noble/ciphers, which has no AES-CCM: the CCM suites need another provider.
 */

import { gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { concat, wipe } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import type { Aead, AeadKey, AeadName } from '../aead.ts';
import { portableRecordNumberCipher } from './record-number-cipher.ts';

/** Every AEAD of TLS has these two. */
const NONCE_SIZE = 12;
const TAG_SIZE = 16;

export const aes128Gcm: Aead = /* @__PURE__ */ portableAead('aes-128-gcm', 16, gcm);
export const aes256Gcm: Aead = /* @__PURE__ */ portableAead('aes-256-gcm', 32, gcm);
export const chacha20Poly1305: Aead = /* @__PURE__ */ portableAead('chacha20-poly1305', 32, chacha20poly1305);

/** A cipher of noble for one nonce. */
type NobleCipher = (
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
) => { encrypt(plaintext: Uint8Array): Uint8Array; decrypt(sealed: Uint8Array): Uint8Array };

function portableAead(name: AeadName, keySize: number, cipher: NobleCipher): Aead {
  return {
    name,
    keySize,
    nonceSize: NONCE_SIZE,
    tagSize: TAG_SIZE,
    create(key) {
      if (key.length !== keySize) {
        throw new ApiMisuse('ERR_TLS_KEY_SIZE', `${name} takes a key of ${keySize} bytes, not ${key.length}`);
      }
      return new PortableKey(cipher, key);
    },
    createRecordNumberCipher: (key) => portableRecordNumberCipher(name, keySize, key),
  };
}

class PortableKey implements AeadKey {
  readonly #cipher: NobleCipher;
  #key: Uint8Array | undefined;

  constructor(cipher: NobleCipher, key: Uint8Array) {
    this.#cipher = cipher;
    this.#key = new Uint8Array(key);
  }

  seal(nonce: Uint8Array, additionalData: Uint8Array, plaintext: readonly Uint8Array[], out: Uint8Array[]): void {
    const whole = plaintext.length === 1 ? (plaintext[0] as Uint8Array) : concat(...plaintext);
    out.push(this.#forNonce(nonce, additionalData).encrypt(whole));
  }

  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
    const cipher = this.#forNonce(nonce, additionalData);
    if (sealed.length < TAG_SIZE) return undefined;
    try {
      return cipher.decrypt(sealed);
    } catch {
      // All sizes were checked: what is left is a wrong tag.
      return undefined;
    }
  }

  wipe(): void {
    wipe(this.#key);
    this.#key = undefined;
  }

  #forNonce(nonce: Uint8Array, additionalData: Uint8Array): ReturnType<NobleCipher> {
    if (this.#key === undefined) throw new ApiMisuse('ERR_TLS_KEY_WIPED', 'this key was wiped and cannot be used any more');
    if (nonce.length !== NONCE_SIZE) {
      throw new ApiMisuse('ERR_TLS_NONCE_SIZE', `a nonce has ${NONCE_SIZE} bytes, not ${nonce.length}`);
    }
    return this.#cipher(this.#key, nonce, additionalData);
  }
}
