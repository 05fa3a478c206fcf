import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longTierOrSkip, rounds } from '../../../test/tiers.ts';
import { TAG, writeElement } from '../../core/asn1/der.ts';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { formatPem, parsePem } from '../../core/asn1/pem.ts';
import { decodeDer, encodeDer } from '../../core/asn1/schema.ts';
import { objectIdentifier, octetString, smallInteger } from '../../core/asn1/types.ts';
import { concat, copyOf, EMPTY, fromHex, toHex, utf8 } from '../../core/bytes/bytes.ts';
import { ApiMisuse, CryptoFailure, DecodeError, LimitExceeded, TlsError } from '../../core/errors/errors.ts';
import { runSync } from '../../core/flow/flow.ts';
import { nodeProvider } from '../../crypto/node/provider.ts';
import { portablePkcsProvider } from '../../crypto/portable/pkcs-provider.ts';
import {
  decryptPrivateKey,
  decryptPrivateKeySync,
  encryptedPrivateKeyInfo,
  encryptPrivateKey,
  encryptPrivateKeySync,
  formatEncryptedPrivateKeyPem,
  readPrivateKeyPem,
  readPrivateKeyPemSync,
} from './encrypted-private-key.ts';
import { mutations } from './mutations.fixture.ts';
import { PasswordWork, passwordForms, synchronously } from './password.ts';
import { sealWithScheme } from './password-scheme.ts';
import { type EncryptionOptions, newPbes2 } from './pbes2.ts';

const provider = nodeProvider;
const FAST: EncryptionOptions = { keyDerivation: { kind: 'pbkdf2', iterations: 1 } };

/** An Ed25519 key (RFC 8410 §10.3). */
const PKCS8 = fromHex('302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842');

/** RFC 7914 §13. */
const RABBIT = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHiME0GCSqGSIb3DQEFDTBAMB8GCSsGAQQB2kcECzASBAVNb3VzZQIDEAAAAgEI
AgEBMB0GCWCGSAFlAwQBKgQQyYmguHMsOwzGMPoyObk/JgSBkJb47EWd5iAqJlyy
+ni5ftd6gZgOPaLQClL7mEZc2KQay0VhjZm/7MbBUNbqOAXNM6OGebXxVp6sHUAL
iBGY/Dls7B1TsWeGObE0sS1MXEpuREuloZjcsNVcNXWPlLdZtkSH6uwWzR0PyG/Z
+ZXfNodZtd/voKlvLOw5B3opGIFaLkbtLZQwMiGtl42AS89lZg==
-----END ENCRYPTED PRIVATE KEY-----
`;

const NULL = '0500';
const PBKDF2 = algorithm(OID['id-PBKDF2'], element(TAG.SEQUENCE, octets(8), integers(1)));

const wrongPassword = expect.objectContaining({
  code: 'ERR_TLS_PASSWORD_WRONG',
  message: 'the password is wrong, or what it protects is damaged',
});

const unsupported = expect.objectContaining({ code: 'ERR_TLS_PROTECTION_UNSUPPORTED' });

describe('encryptPrivateKey', () => {
  it('writes PBES2 with AES-256, PBKDF2, HMAC of SHA-256 and 600,000 iterations', async () => {
    const der = await encryptPrivateKey(PKCS8, 'geheim', { provider });
    const { encryptionAlgorithm } = decodeDer(encryptedPrivateKeyInfo, der, 'x');
    expect(encryptionAlgorithm.algorithm).toBe(OID['id-PBES2']);
    const written = toHex(encryptionAlgorithm.parameters ?? EMPTY);
    for (const oid of [OID['id-PBKDF2'], OID['id-hmacWithSHA256'], OID['aes256-CBC-PAD']]) {
      expect(written).toContain(toHex(encodeDer(objectIdentifier, oid)));
    }
    expect(written).toContain(toHex(encodeDer(smallInteger, 600_000)));
    expect(await decryptPrivateKey(der, 'geheim', { provider })).toEqual(PKCS8);
  });

  it('has fresh salt and initialization vector each time', () => {
    const [first, second] = [1, 2].map(() => encryptPrivateKeySync(PKCS8, 'x', { ...FAST, provider }));
    expect(first).not.toEqual(second);
  });

  it.each([nodeProvider, portablePkcsProvider])('is undone by decryptPrivateKey with the provider $name', async (each) => {
    for (const keyDerivation of [FAST.keyDerivation, { kind: 'scrypt', cost: 16, blockSize: 1 }] as const) {
      for (const cipher of ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc'] as const) {
        const options = { provider: each, cipher, ...(keyDerivation && { keyDerivation }) };
        for (const password of ['', 'x', '🦊', utf8('x'), new Uint8Array([0xff, 0])]) {
          expect(await decryptPrivateKey(await encryptPrivateKey(PKCS8, password, options), password, options)).toEqual(PKCS8);
        }
      }
    }
  });

  it.each([
    { kind: 'pbkdf2', iterations: 0 },
    { kind: 'pbkdf2', iterations: 1.5 },
    { kind: 'pbkdf2', iterations: 2 ** 31 },
    { kind: 'scrypt', cost: 1000 },
    { kind: 'scrypt', cost: 1 },
    { kind: 'scrypt', blockSize: 0 },
    { kind: 'scrypt', cost: 65536, blockSize: 1 },
    { kind: 'scrypt', parallelization: 2 ** 30 },
  ] as const)('refuses parameters that cannot be: %o', (keyDerivation) => {
    const refused = expect.objectContaining({ code: 'ERR_TLS_INVALID_ARGUMENT' });
    expect(() => encryptPrivateKeySync(PKCS8, 'x', { keyDerivation, provider })).toThrow(refused);
  });

  it('and the others refuse what is no password', async () => {
    const refused = expect.objectContaining({ code: 'ERR_TLS_INVALID_ARGUMENT' });
    for (const password of [undefined, null, 5] as never[]) {
      await expect(encryptPrivateKey(PKCS8, password, { ...FAST, provider })).rejects.toThrow(refused);
      await expect(decryptPrivateKey(PKCS8, password, { provider })).rejects.toThrow(refused);
      expect(() => decryptPrivateKeySync(PKCS8, password, { provider })).toThrow(refused);
    }
  });

  it('refuses what is no key, and a cipher that the provider does not have', () => {
    expect(() => encryptPrivateKeySync(utf8('x'), 'x', { ...FAST, provider })).toThrow(DecodeError);
    const options = { ...FAST, cipher: 'des-ede3-cbc', provider: portablePkcsProvider } as const;
    expect(() => encryptPrivateKeySync(PKCS8, 'x', options)).toThrow(unsupported);
    expect(() => encryptPrivateKeySync(PKCS8, 'x', options)).toThrow(/portable has no des-ede3-cbc/);
  });

  it('is formatted as PEM, and nothing else is', () => {
    const pem = formatEncryptedPrivateKeyPem(encryptPrivateKeySync(PKCS8, 'x', { ...FAST, provider }));
    expect(parsePem(pem).map(({ label }) => label)).toEqual(['ENCRYPTED PRIVATE KEY']);
    expect(() => formatEncryptedPrivateKeyPem(PKCS8)).toThrow(DecodeError);
  });
});

describe('decryptPrivateKey', () => {
  const sealed = encryptPrivateKeySync(PKCS8, 'geheim', { ...FAST, provider });

  it('opens the key of RFC 7914 §13, which takes a gibibyte', async (context) => {
    longTierOrSkip(context);
    const limits = { maxMemory: 2 ** 30 };
    const pkcs8 = await readPrivateKeyPem(RABBIT, { password: 'Rabbit', limits, provider });
    expect((await provider.keys.importPrivateKey(pkcs8)).type.kind).toBe('ec');
  });

  it('does not take a gibibyte unless it is allowed to', () => {
    const refused = expect.objectContaining({ limit: 'maxMemory', code: 'ERR_TLS_LIMIT_EXCEEDED' });
    expect(() => readPrivateKeyPemSync(RABBIT, { password: 'Rabbit', provider })).toThrow(refused);
  });

  it('says the same of a wrong password whether padding or structure gave it away', () => {
    const { encryptionAlgorithm, encryptedData } = decodeDer(encryptedPrivateKeyInfo, sealed, 'x');
    const outcomes = new Set<string>();
    for (let last = 0; last < 256; last++) {
      // Each value of the last octet of the block before the last one: among them the one that makes a right padding of one octet.
      const changed = copyOf(encryptedData);
      changed[changed.length - 17] = last;
      const der = encodeDer(encryptedPrivateKeyInfo, { encryptionAlgorithm, encryptedData: changed });
      if (last === encryptedData[encryptedData.length - 17]) continue;
      expect(() => decryptPrivateKeySync(der, 'geheim', { provider })).toThrow(wrongPassword);
      outcomes.add(messageOf(() => decryptPrivateKeySync(der, 'geheim', { provider })));
    }
    expect(outcomes.size).toBe(1);
  });

  it.each([0, 1, 15, 17])('refuses %i octets of ciphertext, which are no whole blocks', (size) => {
    const { encryptionAlgorithm } = decodeDer(encryptedPrivateKeyInfo, sealed, 'x');
    const der = encodeDer(encryptedPrivateKeyInfo, { encryptionAlgorithm, encryptedData: new Uint8Array(size) });
    expect(() => decryptPrivateKeySync(der, 'geheim', { provider })).toThrow(wrongPassword);
  });

  it('reads a key whose inside is BER', () => {
    const ber = fromHex(`3080${toHex(PKCS8.subarray(2))}0000`);
    expect(decryptPrivateKeySync(sealAnything(ber, 'x'), 'x', { provider })).toEqual(PKCS8);
  });

  it.each([
    ['PBKDF2 with two thousand million iterations', pbkdf2(integers(0x7fffffff)), 'maxIterations'],
    ['scrypt with a large N', scrypt(2 ** 30, 8, 1), 'maxMemory'],
    ['scrypt with a large p', scrypt(16, 1, 2 ** 25), 'maxMemory'],
    ['scrypt with much to do', scrypt(2 ** 13, 8, 4095), 'maxIterations'],
    ['PBES1', pbe(OID['pbeWithMD5AndDES-CBC'], 8, 0x7fffffff), 'maxIterations'],
    ['PKCS#12', pbe(OID['pbeWithSHAAnd3-KeyTripleDES-CBC'], 8, 0x7fffffff), 'maxIterations'],
  ])('does not do the work that %s asks for', async (_title, der, limit) => {
    await expect(decryptPrivateKey(der, 'x', { provider })).rejects.toThrow(expect.objectContaining({ limit }));
    await expect(decryptPrivateKey(der, 'x', { provider })).rejects.toThrow(LimitExceeded);
  });

  it('works within the limits that are set', () => {
    const der = encryptPrivateKeySync(PKCS8, 'x', { keyDerivation: { kind: 'pbkdf2', iterations: 100 }, provider });
    expect(decryptPrivateKeySync(der, 'x', { limits: { maxIterations: 100 }, provider })).toEqual(PKCS8);
    expect(() => decryptPrivateKeySync(der, 'x', { limits: { maxIterations: 99 }, provider })).toThrow(LimitExceeded);
  });

  const PARAMETERS = 'encrypted_private_key_info.encryption_algorithm.parameters';
  it.each([
    ['no iterations', pbkdf2(integers(0)), `${PARAMETERS}.key_derivation_func.parameters.iteration_count`],
    ['a negative number of iterations', pbkdf2('0201ff'), `${PARAMETERS}.key_derivation_func.parameters.iteration_count`],
    [
      'a key that is too short for its cipher',
      pbkdf2(integers(1, 16)),
      `${PARAMETERS}.key_derivation_func.parameters.key_length`,
    ],
    ['N that is no power of 2', scrypt(3, 8, 1), `${PARAMETERS}.key_derivation_func.parameters`],
    ['N of 1', scrypt(1, 8, 1), `${PARAMETERS}.key_derivation_func.parameters`],
    ['r of 0', scrypt(16, 0, 1), `${PARAMETERS}.key_derivation_func.parameters`],
    ['p of 0', scrypt(16, 1, 0), `${PARAMETERS}.key_derivation_func.parameters`],
    ['an initialization vector that is too short', pbes2(PBKDF2, aes(8)), `${PARAMETERS}.encryption_scheme.parameters`],
    ['PBES1 with a salt that is too short', pbe(OID['pbeWithMD5AndDES-CBC'], 7, 1), `${PARAMETERS}.salt`],
    ['PBES1 without iterations', pbe(OID['pbeWithSHA1AndRC2-CBC'], 8, 0), `${PARAMETERS}.iteration_count`],
    ['PKCS#12 without iterations', pbe(OID['pbeWithSHAAnd128BitRC2-CBC'], 8, 0), `${PARAMETERS}.iterations`],
    ['no parameters', encrypted(algorithm(OID['id-PBES2'])), 'encrypted_private_key_info.encryption_algorithm'],
    ['a key derivation without parameters', pbes2(algorithm(OID['id-PBKDF2']), aes(16)), `${PARAMETERS}.key_derivation_func`],
    ['a cipher without parameters', pbes2(PBKDF2, algorithm(OID['aes256-CBC-PAD'])), `${PARAMETERS}.encryption_scheme`],
    ['something else altogether', PKCS8, 'encrypted_private_key_info.encryption_algorithm'],
  ])('refuses %s by its path', (_title, der, path) => {
    const read = () => decryptPrivateKeySync(der, 'x', { provider });
    expect(read).toThrow(DecodeError);
    expect(read).toThrow(expect.objectContaining({ path }));
  });

  it.each([
    ['pbeWithMD2AndDES-CBC', pbe('1.2.840.113549.1.5.1', 8, 1)],
    ['RC4', pbe('1.2.840.113549.1.12.1.1', 8, 1)],
    ['an unknown key derivation', pbes2(algorithm('1.2.840.113549.1.5.11', NULL), aes(16))],
    ['an unknown pseudorandom function', pbkdf2(integers(1), algorithm('1.2.840.113549.2.12', NULL))],
    ['an unknown cipher', pbes2(PBKDF2, algorithm('2.16.840.1.101.3.4.1.6', '0400'))],
    ['RC2 with 32 bits', pbes2(PBKDF2, algorithm(OID.rc2CBC, element(TAG.SEQUENCE, octets(8))))],
  ])('refuses %s, saying that it is not supported', (_title, der) => {
    expect(() => decryptPrivateKeySync(der, 'x', { provider })).toThrow(unsupported);
    expect(() => decryptPrivateKeySync(der, 'x', { provider })).toThrow(CryptoFailure);
  });

  it('waits for a provider that has to, and says so where it may not', async () => {
    const { pbkdf2: now } = provider.passwordHashes;
    const slow = { ...provider, passwordHashes: { ...provider.passwordHashes, pbkdf2: { derive: now.derive } } };
    expect(await decryptPrivateKey(sealed, 'geheim', { provider: slow })).toEqual(PKCS8);
    const refused = expect.objectContaining({ code: 'ERR_TLS_ASYNC_REQUIRED' });
    expect(() => decryptPrivateKeySync(sealed, 'geheim', { provider: slow })).toThrow(refused);
  });

  it('throws nothing but its own errors for mutated input, and never takes long', () => {
    const pieces = [sealed, pbkdf2(integers(1)), scrypt(16, 1, 1), pbe(OID['pbeWithMD5AndDES-CBC'], 8, 1)];
    const limits = { maxIterations: 10_000, maxMemory: 1 << 20 };
    fc.assert(
      fc.property(fc.constantFrom(...pieces), mutations(), (original, mutate) => {
        const der = mutate(original);
        try {
          decryptPrivateKeySync(der, 'geheim', { provider, limits });
        } catch (error) {
          expect(error).toBeInstanceOf(TlsError);
          expect(error).not.toBeInstanceOf(ApiMisuse);
        }
      }),
      { numRuns: rounds(2000, 100_000) },
    );
  });
});

describe('readPrivateKeyPem', () => {
  const plain = formatPem('PRIVATE KEY', PKCS8);
  const sealed = formatEncryptedPrivateKeyPem(encryptPrivateKeySync(PKCS8, 'geheim', { ...FAST, provider }));

  it('reads a key that is not encrypted, with a password and without', async () => {
    expect(await readPrivateKeyPem(plain, { provider })).toEqual(PKCS8);
    expect(await readPrivateKeyPem(plain, { password: 'x', provider })).toEqual(PKCS8);
  });

  it('takes the first key, whatever stands around it', async () => {
    const text = `subject=CN = x\n${formatPem('CERTIFICATE', fromHex('3000'))}\r\nsome text\r\n${sealed.replaceAll('\n', '\r\n')}${plain}`;
    expect(await readPrivateKeyPem(utf8(text), { password: 'geheim', provider })).toEqual(PKCS8);
  });

  it('says that a password is missing, and that there is no key', async () => {
    const missing = expect.objectContaining({ code: 'ERR_TLS_PASSWORD_MISSING' });
    await expect(readPrivateKeyPem(sealed, { provider })).rejects.toThrow(missing);
    await expect(readPrivateKeyPem('', { provider })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_TLS_NO_PRIVATE_KEY' }),
    );
  });

  const legacyPem = (headers: string) =>
    plain.replaceAll('PRIVATE KEY', 'RSA PRIVATE KEY').replace('-----\n', `-----\n${headers}\n\n`);
  it.each([
    ['no DEK-Info', 'Proc-Type: 4,ENCRYPTED', 'pem.dek_info'],
    ['a DEK-Info without a vector', 'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC', 'pem.dek_info'],
    ['a vector that is not hexadecimal', 'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,xyz', 'pem.dek_info'],
    ['a vector that is too short', 'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00', 'pem.dek_info'],
  ])('refuses old encryption with %s', (_title, headers, path) => {
    const read = () => readPrivateKeyPemSync(legacyPem(headers), { password: 'x', provider });
    expect(read).toThrow(expect.objectContaining({ path }));
  });

  it('refuses old encryption with a cipher that it does not know', () => {
    const headers = `Proc-Type: 4,ENCRYPTED\nDEK-Info: IDEA-CBC,${'00'.repeat(8)}`;
    expect(() => readPrivateKeyPemSync(legacyPem(headers), { password: 'x', provider })).toThrow(unsupported);
  });
});

/** An element of pieces, which are DER or hexadecimal. */
function element(tag: number, ...pieces: readonly (string | Uint8Array)[]): Uint8Array {
  return writeElement(tag, ...pieces.map((piece) => (typeof piece === 'string' ? fromHex(piece) : piece)));
}

function octets(size: number): Uint8Array {
  return encodeDer(octetString, new Uint8Array(size));
}

function integers(...values: readonly number[]): Uint8Array {
  return concat(...values.map((value) => encodeDer(smallInteger, value)));
}

function algorithm(oid: string, parameters: string | Uint8Array = EMPTY): Uint8Array {
  return element(TAG.SEQUENCE, encodeDer(objectIdentifier, oid), parameters);
}

/** An EncryptedPrivateKeyInfo with two blocks of nothing. */
function encrypted(algorithmIdentifier: Uint8Array): Uint8Array {
  return element(TAG.SEQUENCE, algorithmIdentifier, octets(32));
}

function pbe(oid: string, saltSize: number, iterations: number): Uint8Array {
  return encrypted(algorithm(oid, element(TAG.SEQUENCE, octets(saltSize), integers(iterations))));
}

function pbes2(keyDerivation: Uint8Array, cipher: Uint8Array): Uint8Array {
  return encrypted(algorithm(OID['id-PBES2'], element(TAG.SEQUENCE, keyDerivation, cipher)));
}

/** PBES2 with PBKDF2, whose parameters go on after the salt. */
function pbkdf2(...parameters: readonly (string | Uint8Array)[]): Uint8Array {
  return pbes2(algorithm(OID['id-PBKDF2'], element(TAG.SEQUENCE, octets(8), ...parameters)), aes(16));
}

function scrypt(cost: number, blockSize: number, parallelization: number): Uint8Array {
  const parameters = element(TAG.SEQUENCE, octets(8), integers(cost, blockSize, parallelization));
  return pbes2(algorithm(OID['id-scrypt'], parameters), aes(16));
}

function aes(ivSize: number): Uint8Array {
  return algorithm(OID['aes256-CBC-PAD'], octets(ivSize));
}

/** What `encryptPrivateKey` would not encrypt. */
function sealAnything(plaintext: Uint8Array, password: string): Uint8Array {
  const { scheme, algorithm: encryptionAlgorithm } = newPbes2(FAST, provider.random);
  const work = new PasswordWork(synchronously(provider));
  const encryptedData = runSync(sealWithScheme(scheme, plaintext, passwordForms(password), work));
  return encodeDer(encryptedPrivateKeyInfo, { encryptionAlgorithm, encryptedData });
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return String(error);
  }
  return 'nothing was thrown';
}
