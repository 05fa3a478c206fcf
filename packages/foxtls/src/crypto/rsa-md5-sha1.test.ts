import { constants, createPrivateKey, createPublicKey, privateEncrypt, publicDecrypt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, utf8 } from '../core/bytes/bytes.ts';
import { md5Sha1 } from './legacy/md5-sha1.ts';
import { sha1 } from './node/hash.ts';
import { keys as nodeKeys } from './node/keys.ts';
import { keys as portableKeys } from './portable/keys.ts';
import { keysWithMd5Sha1 } from './portable/old-keys.ts';
import type { SignatureAlgorithm } from './signature.ts';

const algorithm: SignatureAlgorithm = { kind: 'rsa-pkcs1', hash: 'md5-sha1' };
const message = utf8('ClientHello.random + ServerHello.random + ServerParams');
const key = nodeKeys.generateKey({ kind: 'rsa', bits: 2048 });
const privateKey = createPrivateKey({ key: Buffer.from(key.exportPkcs8()), format: 'der', type: 'pkcs8' });
const signature = key.sign(algorithm, message);

/** m^d mod n of a whole encoded message: signatures that no signer makes. */
function signatureOf(...encoded: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, concat(...encoded)));
}

const ones = (count: number) => new Uint8Array(count).fill(0xff);
const hashes = md5Sha1(sha1).digest(message);
// DigestInfo of SHA-1 (RFC 8017 §9.2, note 1), which TLS 1.2 has.
const digestInfo = concat(fromHex('3021300906052b0e03021a05000414'), sha1.digest(message));

describe('RSA over MD5 and SHA-1 without a DigestInfo', () => {
  it('is made of the two hashes, padded as in PKCS#1 v1.5', () => {
    const encoded = publicDecrypt({ key: createPublicKey(privateKey), padding: constants.RSA_NO_PADDING }, signature);
    expect(new Uint8Array(encoded)).toEqual(concat(Uint8Array.of(0, 1), ones(217), Uint8Array.of(0), hashes));
  });

  it('is not what a key of id-RSASSA-PSS or of another kind makes', () => {
    const ec = nodeKeys.generateKey({ kind: 'ec', curve: 'secp256r1' });
    expect(() => ec.sign(algorithm, message)).toThrow(expect.objectContaining({ code: 'ERR_TLS_CRYPTO_FAILURE' }));
    expect(keysWithMd5Sha1.importPublicKey(ec.publicKey.spki)).toHaveProperty('type', ec.type);
  });

  it('is nothing to portable keys that were not given MD5', async () => {
    expect(await portableKeys.importPublicKey(key.publicKey.spki).verify(algorithm, message, signature)).toBe(false);
  });
});

describe.each([
  ['node', nodeKeys],
  ['portable, with MD5', keysWithMd5Sha1],
])('RSA over MD5 and SHA-1 verified by keys of %s', (_, keys) => {
  const verify = async (candidate: Uint8Array, said = message) =>
    (await keys.importPublicKey(key.publicKey.spki)).verify(algorithm, said, candidate);

  it('takes a signature, of the message alone', async () => {
    expect(await verify(signature)).toBe(true);
    expect(await verify(signatureOf(Uint8Array.of(0, 1), ones(217), Uint8Array.of(0), hashes))).toBe(true);
    expect(await verify(signature, message.subarray(1))).toBe(false);
  });

  it.each<[string, readonly Uint8Array[]]>([
    ['a DigestInfo of SHA-1', [Uint8Array.of(0, 1), ones(218), Uint8Array.of(0), digestInfo]],
    ['MD5 alone', [Uint8Array.of(0, 1), ones(237), Uint8Array.of(0), hashes.subarray(0, 16)]],
    ['SHA-1 alone', [Uint8Array.of(0, 1), ones(233), Uint8Array.of(0), hashes.subarray(16)]],
    ['another MD5', [Uint8Array.of(0, 1), ones(217), Uint8Array.of(0), hashes.map((byte, at) => (at === 0 ? byte ^ 1 : byte))]],
    [
      'another SHA-1',
      [Uint8Array.of(0, 1), ones(217), Uint8Array.of(0), hashes.map((byte, at) => (at === 35 ? byte ^ 1 : byte))],
    ],
    ['something after the hashes', [Uint8Array.of(0, 1), ones(17), Uint8Array.of(0), hashes, new Uint8Array(200)]],
    ['short padding and something before the hashes', [Uint8Array.of(0, 1), ones(8), Uint8Array.of(0), ones(209), hashes]],
    ['padding that is not all ones', [Uint8Array.of(0, 1), ones(216), Uint8Array.of(0xfe, 0), hashes]],
    ['the padding of encryption', [Uint8Array.of(0, 2), ones(217), Uint8Array.of(0), hashes]],
  ])('refuses %s', async (_title, encoded) => {
    expect(await verify(signatureOf(...encoded))).toBe(false);
  });

  it('says false to what is no signature', async () => {
    for (const bytes of [new Uint8Array(0), signature.subarray(1), concat(signature, signature), ones(256)]) {
      expect(await verify(bytes)).toBe(false);
    }
  });

  it('verifies everything else as before', async () => {
    const plain: SignatureAlgorithm = { kind: 'rsa-pkcs1', hash: 'sha256' };
    const publicKey = await keys.importPublicKey(key.publicKey.spki);
    expect([publicKey.type, publicKey.spki]).toEqual([key.type, key.publicKey.spki]);
    expect(await publicKey.verify(plain, message, key.sign(plain, message))).toBe(true);
    expect(await publicKey.verify(plain, message, signature)).toBe(false);
  });
});
