import { generateKeyPairSync, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { describeWithVectors, readJsonVectors } from '../../test/vectors.ts';
import { concat, fromHex, toHex, utf8 } from '../core/bytes/bytes.ts';
import { CryptoFailure } from '../core/errors/errors.ts';
import type { KeyAgreer, KeyEncryptionProvider, KeyWrap, RsaDecrypter } from './key-encryption.ts';
import { sha256 } from './node/hash.ts';
import { keyEncryption as nodeKeyEncryption } from './node/key-encryption.ts';
import * as nodeGroups from './node/key-exchange.ts';
import * as nodeWraps from './node/key-wrap.ts';
import { keys } from './node/keys.ts';
import { random } from './node/random.ts';
import { keyEncryption as portableKeyEncryption } from './portable/key-encryption.ts';
import * as portableWraps from './portable/key-wrap.ts';
import { decodeOaep, decodePkcs1, encodeOaep, encodePkcs1 } from './rsa-padding.ts';

const SECRET = utf8('a key of 24 bytes, i.e.!');
const OAEP = { hash: 'sha256', mgfHash: 'sha256' } as const;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const spki = (key: KeyObject) => new Uint8Array(key.export({ format: 'der', type: 'spki' }));
const pkcs8 = (key: KeyObject) => new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }));

const providers: readonly { readonly name: string; readonly keyEncryption: KeyEncryptionProvider }[] = [
  { name: 'node', keyEncryption: nodeKeyEncryption },
  { name: 'portable', keyEncryption: portableKeyEncryption },
];
const decrypter = nodeKeyEncryption.importDecrypter(pkcs8(rsa.privateKey)) as RsaDecrypter;
const SUBSTITUTE = new Uint8Array(24).fill(7);

describe.each(providers)('RSA encryption by the $name provider', ({ keyEncryption }) => {
  it('with PKCS1-v1_5 is decrypted by OpenSSL and by us', async () => {
    const ciphertext = await keyEncryption.encryptPkcs1(spki(rsa.publicKey), SECRET, random);
    expect(await decrypter.decryptPkcs1(ciphertext, SUBSTITUTE)).toEqual(SECRET);
    const encoded = privateDecrypt({ key: rsa.privateKey, padding: 3 }, ciphertext);
    expect([encoded[0], encoded[1], encoded.indexOf(0, 2)]).toEqual([0, 2, 256 - 24 - 1]);
  });

  it.each([
    ['SHA-1', { hash: 'sha1', mgfHash: 'sha1' } as const],
    ['SHA-256', OAEP],
    ['SHA-512', { hash: 'sha512', mgfHash: 'sha512' } as const],
    ['a label', { ...OAEP, label: utf8('label') }],
  ])('with OAEP and %s is decrypted by OpenSSL and by us', async (_title, parameters) => {
    const ciphertext = await keyEncryption.encryptOaep(spki(rsa.publicKey), SECRET, parameters, random);
    expect(await decrypter.decryptOaep(ciphertext, parameters)).toEqual(SECRET);
    const oaepLabel = 'label' in parameters ? parameters.label : new Uint8Array(0);
    expect(new Uint8Array(privateDecrypt({ key: rsa.privateKey, oaepHash: parameters.hash, oaepLabel }, ciphertext))).toEqual(
      SECRET,
    );
  });

  it('with OAEP and two hashes is decrypted with the same two alone', async () => {
    const parameters = { hash: 'sha256', mgfHash: 'sha1' } as const;
    const ciphertext = await keyEncryption.encryptOaep(spki(rsa.publicKey), SECRET, parameters, random);
    expect(await decrypter.decryptOaep(ciphertext, parameters)).toEqual(SECRET);
    expect(await decrypter.decryptOaep(ciphertext, OAEP)).toBeUndefined();
  });

  it('takes what fits and refuses a byte more', async () => {
    const key = spki(rsa.publicKey);
    const encryptPkcs1 = async (size: number) => keyEncryption.encryptPkcs1(key, new Uint8Array(size), random);
    const encryptOaep = async (size: number) => keyEncryption.encryptOaep(key, new Uint8Array(size), OAEP, random);
    expect((await encryptPkcs1(245)).length).toBe(256);
    await expect(encryptPkcs1(246)).rejects.toThrow('246 bytes are too many for this RSA key, which encrypts 245 at most');
    expect((await encryptOaep(190)).length).toBe(256);
    await expect(encryptOaep(191)).rejects.toThrow('encrypts 190 at most');
  });

  it('refuses keys that do not encrypt', async () => {
    const pss = spki(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey);
    const ec = spki(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey);
    for (const key of [pss, ec, new Uint8Array(3)]) {
      await expect((async () => keyEncryption.encryptPkcs1(key, SECRET, random))()).rejects.toThrow(CryptoFailure);
    }
  });
});

describe('RSA decryption', () => {
  it('opens what OpenSSL encrypted', async () => {
    const key = rsa.publicKey;
    expect(await decrypter.decryptPkcs1(publicEncrypt({ key, padding: 1 }, SECRET), SUBSTITUTE)).toEqual(SECRET);
    expect(await decrypter.decryptOaep(publicEncrypt({ key, oaepHash: 'sha256' }, SECRET), OAEP)).toEqual(SECRET);
  });

  it('with PKCS1-v1_5 gives the substitute for whatever is wrong, and never an error', async () => {
    const whole = encodePkcs1(SECRET, 256, random);
    const changed = (at: number, byte: number) => whole.map((old, i) => (i === at ? byte : old));
    const bad: readonly Uint8Array[] = [
      changed(0, 1),
      changed(1, 1),
      changed(2, 0),
      changed(100, 0),
      changed(230, 0),
      changed(231, 9),
      encodePkcs1(SECRET.subarray(1), 256, random),
      encodePkcs1(concat(SECRET, SECRET), 256, random),
    ];
    for (const encoded of bad) {
      const ciphertext = publicEncrypt({ key: rsa.publicKey, padding: 3 }, encoded);
      expect(await decrypter.decryptPkcs1(ciphertext, SUBSTITUTE)).toEqual(SUBSTITUTE);
    }
    for (const ciphertext of [new Uint8Array(0), new Uint8Array(255), new Uint8Array(257), new Uint8Array(256).fill(0xff)]) {
      expect(await decrypter.decryptPkcs1(ciphertext, SUBSTITUTE)).toEqual(SUBSTITUTE);
      expect(await decrypter.decryptOaep(ciphertext, OAEP)).toBeUndefined();
    }
  });

  it('gives a copy, so that the substitute can be wiped', async () => {
    const given = await decrypter.decryptPkcs1(new Uint8Array(256), SUBSTITUTE);
    expect(given).toEqual(SUBSTITUTE);
    expect(given).not.toBe(SUBSTITUTE);
  });

  it('is for RSA and EC keys whose halves fit', () => {
    const ed25519 = generateKeyPairSync('ed25519').privateKey;
    const curve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
    expect(() => nodeKeyEncryption.importDecrypter(pkcs8(ed25519))).toThrow('keys of the kind ed25519 decrypt nothing');
    expect(() => nodeKeyEncryption.importDecrypter(pkcs8(curve))).toThrow(CryptoFailure);
    expect(() => nodeKeyEncryption.importDecrypter(new Uint8Array(9))).toThrow(CryptoFailure);
    expect(() => portableKeyEncryption.importDecrypter(pkcs8(rsa.privateKey))).toThrow(CryptoFailure);
    expect(() => portableKeyEncryption.importDecrypter(pkcs8(ed25519))).toThrow('on P-256 and P-384 only');
  });
});

describe('the paddings', () => {
  it('of OAEP refuse each part that is wrong', () => {
    const hashes = { hash: sha256, mgfHash: sha256 };
    const encoded = encodeOaep(SECRET, hashes, 128, random);
    expect(decodeOaep(encoded, hashes)).toEqual(SECRET);
    for (let at = 0; at < encoded.length; at++) {
      expect(
        decodeOaep(
          encoded.map((byte, i) => (i === at ? byte ^ 1 : byte)),
          hashes,
        ),
      ).toBeUndefined();
    }
    expect(decodeOaep(encoded, { ...hashes, label: utf8('x') })).toBeUndefined();
    expect(decodeOaep(encoded.subarray(0, 65), hashes)).toBeUndefined();
    expect(decodeOaep(encodeOaep(new Uint8Array(0), hashes, 66, random), hashes)).toEqual(new Uint8Array(0));
  });

  it('of PKCS1-v1_5 have no zeros, whatever the random source gives, and at least eight bytes', () => {
    let draws = 0;
    const mostlyZeros = (length: number) => new Uint8Array(length).fill(draws++ % 3 === 2 ? 1 : 0);
    expect(encodePkcs1(SECRET, 64, mostlyZeros).indexOf(0, 2)).toBe(64 - 24 - 1);
    expect(() => encodePkcs1(SECRET, 64, (length) => new Uint8Array(length))).toThrow('it is not random');
    expect(decodePkcs1(encodePkcs1(SECRET, 24 + 11, random), SUBSTITUTE)).toEqual(SECRET);
    const sevenBytes = concat(fromHex('0002'), new Uint8Array(7).fill(1), Uint8Array.of(0), SECRET);
    expect(decodePkcs1(sevenBytes, SUBSTITUTE)).toEqual(SUBSTITUTE);
  });
});

const CURVES = [
  ['secp256r1', 'prime256v1', true],
  ['secp384r1', 'secp384r1', true],
  ['secp521r1', 'secp521r1', false],
] as const;

describe.each(CURVES)('static key agreement on %s', (name, namedCurve, isPortable) => {
  const pair = generateKeyPairSync('ec', { namedCurve });
  const group = Object.values(nodeGroups).find((candidate) => candidate.name === name);
  const point = (key: KeyObject) => {
    const whole = spki(key);
    return whole.slice(whole.lastIndexOf(4, whole.length - 2 * (name === 'secp521r1' ? 66 : name === 'secp384r1' ? 48 : 32) - 1));
  };
  const agreers = providers
    .filter((provider) => provider.name === 'node' || isPortable)
    .map(({ name: provider, keyEncryption }) => ({
      provider,
      agreer: keyEncryption.importDecrypter(pkcs8(pair.privateKey)) as KeyAgreer,
    }));

  it.each(agreers)('by the $provider provider agrees with an ephemeral key', async ({ agreer }) => {
    expect(agreer.type).toEqual({ kind: 'ec', curve: name });
    const { share, secret } = (await group?.respond(point(pair.publicKey), random)) ?? { share: SECRET, secret: SECRET };
    expect(toHex(await agreer.agree(share))).toBe(toHex(secret));
  });

  it.each(agreers)('by the $provider provider refuses what is no point', ({ agreer }) => {
    const good = point(pair.publicKey);
    const bad = [
      new Uint8Array(0),
      good.subarray(1),
      good.map((byte, i) => (i === good.length - 1 ? byte ^ 1 : byte)),
      new Uint8Array(good.length),
      good.map((byte, i) => (i === 0 ? 6 + ((good.at(-1) as number) & 1) : byte)),
    ];
    for (const share of bad) expect(() => agreer.agree(share)).toThrow(expect.objectContaining({ reason: 'key_share_invalid' }));
  });
});

const wraps: readonly (readonly [string, readonly KeyWrap[]])[] = [
  ['node', Object.values(nodeWraps)],
  ['portable', Object.values(portableWraps)],
];

describe.each(wraps)('AES key wrap by the %s provider', (_name, keyWraps) => {
  it('gives the examples of RFC 3394 §4.1 and §4.6', () => {
    const kek = '000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F';
    const wrap = (size: number, key: string) =>
      toHex(keyWraps.find(({ keySize }) => keySize === size)?.wrap(fromHex(kek).subarray(0, size), fromHex(key)) ?? SECRET);
    expect(wrap(16, '00112233445566778899AABBCCDDEEFF')).toBe('1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5');
    expect(wrap(32, '00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F')).toBe(
      '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21',
    );
  });

  it('refuses keys of other lengths, and unwraps nothing that was changed', () => {
    for (const keyWrap of keyWraps) {
      const kek = random(keyWrap.keySize);
      for (const size of [0, 8, 15, 17]) expect(() => keyWrap.wrap(kek, new Uint8Array(size))).toThrow(CryptoFailure);
      const wrapped = keyWrap.wrap(kek, SECRET);
      expect(keyWrap.unwrap(kek, wrapped)).toEqual(SECRET);
      expect(keyWrap.unwrap(random(keyWrap.keySize), wrapped)).toBeUndefined();
      for (let at = 0; at < wrapped.length; at += 5) {
        expect(
          keyWrap.unwrap(
            kek,
            wrapped.map((byte, i) => (i === at ? byte ^ 1 : byte)),
          ),
        ).toBeUndefined();
      }
      for (const size of [0, 8, 16, 31]) expect(keyWrap.unwrap(kek, new Uint8Array(size))).toBeUndefined();
    }
  });
});

interface Group {
  readonly privateKeyPkcs8: string;
  readonly tests: readonly {
    readonly tcId: number;
    readonly key: string;
    readonly msg: string;
    readonly ct: string;
    readonly label: string;
    readonly public: string;
    readonly private: string;
    readonly shared: string;
    readonly result: 'valid' | 'invalid' | 'acceptable';
  }[];
  readonly keySize: number;
}

// Printed once, at the end.
const counts: string[] = [];
afterAll(() => console.info(counts.join('\n')));
const testsOf = (path: string) => readJsonVectors<{ readonly testGroups: readonly Group[] }>(path).testGroups;

describeWithVectors('Wycheproof aes_wrap', 'wycheproof/aes_wrap_test.json', (path) => {
  it.each(wraps)('is answered rightly by the %s provider', (name, keyWraps) => {
    let run = 0;
    for (const group of testsOf(path)) {
      const keyWrap = keyWraps.find(({ keySize }) => keySize === group.keySize / 8);
      for (const { tcId, key, msg, ct, result } of group.tests) {
        run++;
        const opened = keyWrap?.unwrap(fromHex(key), fromHex(ct));
        // "acceptable" are keys of 8 bytes, which RFC 3394 §2 excludes: at least two blocks of 64 bits are wrapped.
        expect([tcId, opened && toHex(opened)]).toEqual([tcId, result === 'valid' ? msg : undefined]);
        if (result === 'valid') expect(toHex(keyWrap?.wrap(fromHex(key), fromHex(msg)) ?? SECRET)).toBe(ct);
      }
    }
    counts.push(`wycheproof aes_wrap, ${name}: ${run} run`);
  });
});

describeWithVectors('Wycheproof RSA OAEP', 'wycheproof/rsa_oaep_2048_sha256_mgf1sha256_test.json', (path) => {
  it('is answered rightly', async () => {
    let run = 0;
    for (const { privateKeyPkcs8, tests } of testsOf(path)) {
      const key = nodeKeyEncryption.importDecrypter(fromHex(privateKeyPkcs8)) as RsaDecrypter;
      for (const { tcId, msg, ct, label, result } of tests) {
        run++;
        const opened = await key.decryptOaep(fromHex(ct), { ...OAEP, label: fromHex(label) });
        expect([tcId, opened && toHex(opened)]).toEqual([tcId, result === 'valid' ? msg : undefined]);
      }
    }
    counts.push(`wycheproof rsa_oaep, node: ${run} run`);
  });
});

describeWithVectors('Wycheproof RSA PKCS1-v1_5 decryption', 'wycheproof/rsa_pkcs1_2048_test.json', (path) => {
  it('is answered rightly, whatever length is expected', async () => {
    let run = 0;
    for (const { privateKeyPkcs8, tests } of testsOf(path)) {
      const key = nodeKeyEncryption.importDecrypter(fromHex(privateKeyPkcs8)) as RsaDecrypter;
      for (const { tcId, msg, ct, result } of tests) {
        run++;
        const lengths =
          result === 'valid' ? [msg.length / 2] : [1, 16, 24, 32, 48, msg.length / 2].filter((length) => length > 0);
        for (const length of lengths) {
          const substitute = new Uint8Array(length).fill(0xa5);
          const opened = toHex(await key.decryptPkcs1(fromHex(ct), substitute));
          expect([tcId, opened]).toEqual([tcId, result === 'valid' ? msg : toHex(substitute)]);
        }
      }
    }
    counts.push(`wycheproof rsa_pkcs1 decryption, node: ${run} run`);
  });
});

describe.each(['secp256r1', 'secp384r1', 'secp521r1'])('ECDH with encoded public keys on %s', (curve) => {
  describeWithVectors(`Wycheproof ecdh_${curve}`, `wycheproof/ecdh_${curve}_test.json`, (path) => {
    it('never agrees with a key of another curve or encoding, and gives the right secret', async () => {
      const type = Object.values(nodeGroups).find(({ name }) => name === curve);
      let run = 0;
      for (const { tests } of testsOf(path)) {
        for (const { tcId, public: publicKey, private: scalar, shared, result } of tests) {
          if (curve !== 'secp256r1' && result === 'valid' && tcId % 10 !== 0) continue;
          run++;
          const size = { secp256r1: 32, secp384r1: 48, secp521r1: 66 }[curve] as number;
          const own = type?.start(() => fromHex(scalar.padStart(2 * size, '0').slice(-2 * size)));
          let agreed: string | undefined;
          try {
            const { spki: canonical } = await keys.importPublicKey(fromHex(publicKey));
            agreed = toHex((await (await own)?.finish(canonical.slice(-2 * size - 1))) ?? SECRET);
          } catch (error) {
            expect(error).toMatchObject({ code: expect.stringMatching(/CRYPTO_FAILURE|PEER_MISBEHAVED/) });
          }
          // Other encodings of the right key ("acceptable") are refused: RFC 5480 §2.1.1, and DER.
          if (result === 'valid') expect([tcId, agreed]).toEqual([tcId, shared]);
          else expect([tcId, agreed]).toEqual([tcId, undefined]);
        }
      }
      counts.push(`wycheproof ecdh_${curve}, node: ${run} run`);
    });
  });
});
