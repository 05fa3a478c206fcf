/** Project Wycheproof's vectors for CBC with padding, and for PBKDF2 (those of RFC 6070 among them), over both providers. */

import { describe, expect, it } from 'vitest';
import { isLongTier } from '../../../test/tiers.ts';
import { describeWithVectors, readJsonVectors } from '../../../test/vectors.ts';
import { fromHex, toHex } from '../../core/bytes/bytes.ts';
import { nodeProvider } from '../../crypto/node/provider.ts';
import { portablePkcsProvider } from '../../crypto/portable/pkcs-provider.ts';
import { addPadding, removePadding } from './cbc-padding.ts';

interface CbcVectors {
  readonly testGroups: readonly { readonly keySize: number; readonly tests: readonly CbcVector[] }[];
}

interface CbcVector {
  readonly tcId: number;
  readonly key: string;
  readonly iv: string;
  readonly msg: string;
  readonly ct: string;
  readonly result: 'valid' | 'invalid';
}

interface PbkdfVectors {
  readonly testGroups: readonly { readonly tests: readonly PbkdfVector[] }[];
}

interface PbkdfVector {
  readonly tcId: number;
  readonly password: string;
  readonly salt: string;
  readonly iterationCount: number;
  readonly dkLen: number;
  readonly dk: string;
}

/** More than this takes seconds: one vector, of RFC 6070, has 16 million. */
const MANY_ITERATIONS = isLongTier ? Number.POSITIVE_INFINITY : 100_000;

describe.each([nodeProvider, portablePkcsProvider])('the $name provider', ({ ciphers, passwordHashes }) => {
  describeWithVectors('AES-CBC', 'wycheproof/aes_cbc_pkcs5_test.json', (path) => {
    it('pads, and refuses every wrong padding', () => {
      let count = 0;
      for (const { keySize, tests } of readJsonVectors<CbcVectors>(path).testGroups) {
        const cipher = ciphers.find(({ name }) => name === `aes-${keySize}-cbc`);
        if (cipher === undefined) throw new Error(`no AES with ${keySize} bits`);
        for (const { tcId, result, ...hex } of tests) {
          const [key, iv, message, ciphertext] = [hex.key, hex.iv, hex.msg, hex.ct].map(fromHex) as [
            Uint8Array,
            Uint8Array,
            Uint8Array,
            Uint8Array,
          ];
          const whole = ciphertext.length % 16 === 0 ? cipher.decrypt(key, iv, ciphertext) : new Uint8Array(1);
          const opened = removePadding(whole, 16);
          expect(opened && toHex(opened), `vector ${tcId}`).toBe(result === 'valid' ? hex.msg : undefined);
          if (result === 'valid') expect(toHex(cipher.encrypt(key, iv, addPadding(message, 16)))).toBe(hex.ct);
          count++;
        }
      }
      expect(count).toBe(216);
    });
  });

  describeWithVectors('PBKDF2 with SHA-1', 'wycheproof/pbkdf2_hmacsha1_test.json', (path) => derivesAll(path, 'sha1', 64));
  describeWithVectors('PBKDF2 with SHA-256', 'wycheproof/pbkdf2_hmacsha256_test.json', (path) => derivesAll(path, 'sha256', 60));

  function derivesAll(path: string, hash: 'sha1' | 'sha256', total: number): void {
    it(`derives what the ${total} vectors say`, async () => {
      const vectors = readJsonVectors<PbkdfVectors>(path).testGroups.flatMap(({ tests }) => tests);
      expect(vectors).toHaveLength(total);
      for (const { tcId, iterationCount: iterations, dkLen: length, dk, ...hex } of vectors) {
        if (iterations > MANY_ITERATIONS) continue;
        const [password, salt] = [fromHex(hex.password), fromHex(hex.salt)];
        const derived = await passwordHashes.pbkdf2.derive({ hash, password, salt, iterations, length });
        expect(toHex(derived), `vector ${tcId}`).toBe(dk);
      }
    });
  }
});
