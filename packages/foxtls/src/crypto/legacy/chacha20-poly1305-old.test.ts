import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat, concatAll, fromHex, toHex } from '../../core/bytes/bytes.ts';
import { chacha20Poly1305Old as aead } from './chacha20-poly1305-old.ts';

/** draft-agl-tls-chacha20poly1305-04 §7 */
const KEY = fromHex('4290bcb154173531f314af57f3be3b5006da371ece272afa1b5dbdd1100a1007');
const PLAIN = fromHex('86d09974840bded2a5ca');
const NONCE = fromHex('cd7cf67be39c794a');
const DATA = fromHex('87e229d4500845a079c0');
const SEALED = fromHex('e3e446f7ede9a19b62a4677dabf4e3d24b876bb284753896e1d6');

function seal(...plaintext: readonly Uint8Array[]): Uint8Array {
  const out: Uint8Array[] = [];
  aead.create(KEY).seal(NONCE, DATA, plaintext, out);
  return concatAll(out);
}

describe('ChaCha20-Poly1305 as it was before RFC 7905', () => {
  it('makes and opens the example of its draft', () => {
    expect([aead.keySize, aead.nonceSize, aead.tagSize]).toEqual([32, 8, 16]);
    expect(toHex(seal(PLAIN))).toBe(toHex(SEALED));
    expect(aead.create(KEY).open(NONCE, DATA, SEALED)).toEqual(PLAIN);
  });

  it('encrypts with the keystream of OpenSSL from block 1 on, however the plaintext is cut', () => {
    const plain = Uint8Array.from({ length: 1000 }, (_, i) => i & 0xff);
    // OpenSSL's IV is the counter, little-endian, and the nonce.
    const keystream = createCipheriv('chacha20', KEY, concat(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), NONCE));
    expect(toHex(seal(plain).subarray(0, -16))).toBe(keystream.update(plain).toString('hex'));
    expect(seal(plain.subarray(0, 7), new Uint8Array(0), plain.subarray(7))).toEqual(seal(plain));
    expect(aead.create(KEY).open(NONCE, DATA, seal(plain))).toEqual(plain);
    expect(aead.create(KEY).open(NONCE, DATA, seal())).toEqual(new Uint8Array(0));
  });

  it('opens nothing that was changed, shortened or said to be of another record', () => {
    const key = aead.create(KEY);
    for (let at = 0; at < SEALED.length; at++) {
      expect(
        key.open(
          NONCE,
          DATA,
          SEALED.map((byte, index) => (index === at ? byte ^ 1 : byte)),
        ),
      ).toBeUndefined();
      expect(key.open(NONCE, DATA, SEALED.subarray(0, at))).toBeUndefined();
    }
    expect(key.open(NONCE, DATA.subarray(1), SEALED)).toBeUndefined();
    expect(
      key.open(
        NONCE.map((byte) => byte ^ 1),
        DATA,
        SEALED,
      ),
    ).toBeUndefined();
    expect(aead.create(new Uint8Array(32)).open(NONCE, DATA, SEALED)).toBeUndefined();
  });

  it('refuses keys and nonces of another length, and a key that was wiped', () => {
    const misuse = (code: string) => expect.objectContaining({ code });
    expect(() => aead.create(new Uint8Array(16))).toThrow(misuse('ERR_TLS_KEY_SIZE'));
    const mine = KEY.slice();
    const key = aead.create(mine);
    expect(() => key.open(new Uint8Array(12), DATA, SEALED)).toThrow(misuse('ERR_TLS_NONCE_SIZE'));
    key.wipe();
    expect(mine).toEqual(KEY);
    expect(() => key.open(NONCE, DATA, SEALED)).toThrow(misuse('ERR_TLS_KEY_WIPED'));
    expect(() => key.seal(NONCE, DATA, [PLAIN], [])).toThrow(misuse('ERR_TLS_KEY_WIPED'));
  });
});
