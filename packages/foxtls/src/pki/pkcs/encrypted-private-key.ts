/**
 * Private keys under a password: EncryptedPrivateKeyInfo of PKCS#8 (RFC 5958 §3, RFC 5208 §6), and PEM texts with such keys.
 *
 * ```
 * EncryptedPrivateKeyInfo ::= SEQUENCE {
 *   encryptionAlgorithm  EncryptionAlgorithmIdentifier,
 *   encryptedData        EncryptedData }
 * ```
 * Nothing here is authenticated. A wrong password shows itself by padding or structure, and both are the one error
 * `ERR_TLS_PASSWORD_WRONG`. Where decryption happens at the request of others, RFC 8018 §6.2.2 and padding oracles are to be thought of.
 *
 * Each function exists twice: one returns a promise; the one whose name ends in `Sync` returns at once, and blocks while it derives the key.
 */

import { normalizeBer } from '../../core/asn1/ber.ts';
import { formatPem } from '../../core/asn1/pem.ts';
import { decodeDer, encodeDer, sequence } from '../../core/asn1/schema.ts';
import { octetString } from '../../core/asn1/types.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import { type Flow, runAsync, runSync } from '../../core/flow/flow.ts';
import { algorithmIdentifier } from './algorithm-identifier.ts';
import { openLegacyPem } from './legacy-pem.ts';
import {
  type Password,
  type PasswordForms,
  type PasswordLimits,
  type PasswordProvider,
  PasswordWork,
  passwordForms,
  passwordWrong,
  synchronously,
  UNLIMITED,
} from './password.ts';
import { sealWithScheme } from './password-scheme.ts';
import { openWithPassword } from './pbes.ts';
import { type EncryptionOptions, newPbes2 } from './pbes2.ts';
import { checkPkcs8, findPrivateKey, isEncrypted, passwordMissing, readPrivateKeyBlock } from './private-key.ts';

export const encryptedPrivateKeyInfo = sequence({ encryptionAlgorithm: algorithmIdentifier, encryptedData: octetString });

export interface DecryptOptions {
  readonly provider: PasswordProvider;
  /** What a file may cost at most. */
  readonly limits?: PasswordLimits;
}

export interface EncryptOptions extends EncryptionOptions {
  readonly provider: PasswordProvider;
}

export interface ReadPrivateKeyOptions extends DecryptOptions {
  /** Needed only where the key is encrypted. */
  readonly password?: Password | undefined;
}

/**
 * Encrypts a private key (PKCS#8, DER) with a password: PBES2 with AES-256-CBC, PBKDF2 with HMAC-SHA-256 and 600,000 iterations, unless
 * `options` say something else. Resolves to an EncryptedPrivateKeyInfo, DER.
 *
 * Rejects with `DecodeError` when `pkcs8` is none, `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for parameters that cannot be, and
 * `CryptoFailure` for a cipher that the provider does not have.
 *
 * ```ts
 * const encrypted = await encryptPrivateKey(key.exportPkcs8(), 'correct horse', { provider: nodeProvider });
 * writeFileSync('key.pem', formatEncryptedPrivateKeyPem(encrypted));
 * ```
 */
export function encryptPrivateKey(pkcs8: Uint8Array, password: Password, options: EncryptOptions): Promise<Uint8Array> {
  return runAsync(encrypt(pkcs8, password, options, options.provider));
}

/** `encryptPrivateKey`, at once. */
export function encryptPrivateKeySync(pkcs8: Uint8Array, password: Password, options: EncryptOptions): Uint8Array {
  return runSync(encrypt(pkcs8, password, options, synchronously(options.provider)));
}

/**
 * Decrypts an EncryptedPrivateKeyInfo (DER). Resolves to PKCS#8, DER.
 *
 * Reads PBES2 (PBKDF2 or scrypt; AES, Triple-DES, DES, RC2), PBES1 with MD5 or SHA-1, and the schemes of PKCS#12.
 *
 * Rejects with `CryptoFailure` for a wrong password (`ERR_TLS_PASSWORD_WRONG`) and for what is not supported
 * (`ERR_TLS_PROTECTION_UNSUPPORTED`), `DecodeError` (`ERR_TLS_DECODE`) for malformed DER outside of the encrypted part, and
 * `LimitExceeded` (`ERR_TLS_LIMIT_EXCEEDED`) where `limits` are passed.
 *
 * ```ts
 * const pkcs8 = await decryptPrivateKey(der, 'correct horse', { provider: nodeProvider });
 * const key = nodeProvider.keys.importPrivateKey(pkcs8);
 * ```
 */
export function decryptPrivateKey(der: Uint8Array, password: Password, options: DecryptOptions): Promise<Uint8Array> {
  return runAsync(decrypt(der, password, new PasswordWork(options.provider, options.limits)));
}

/** `decryptPrivateKey`, at once. */
export function decryptPrivateKeySync(der: Uint8Array, password: Password, options: DecryptOptions): Uint8Array {
  return runSync(decrypt(der, password, new PasswordWork(synchronously(options.provider), options.limits)));
}

/** `BEGIN ENCRYPTED PRIVATE KEY` for what `encryptPrivateKey` gives. Throws `DecodeError` for anything else. */
export function formatEncryptedPrivateKeyPem(der: Uint8Array): string {
  decodeDer(encryptedPrivateKeyInfo, der, PATH);
  return formatPem('ENCRYPTED PRIVATE KEY', der);
}

/**
 * The first private key of a PEM text, encrypted or not, as PKCS#8 DER. Other blocks, and text around them, are passed over.
 *
 * Reads what `parsePrivateKeyPem` reads, `ENCRYPTED PRIVATE KEY`, and OpenSSL's old encryption (`DEK-Info`) of the others.
 *
 * Rejects as `decryptPrivateKey`, and with `ApiMisuse` when there is no private key (`ERR_TLS_NO_PRIVATE_KEY`) or it is encrypted and
 * there is no password (`ERR_TLS_PASSWORD_MISSING`).
 *
 * ```ts
 * const pkcs8 = await readPrivateKeyPem(readFileSync('key.pem'), { password: 'correct horse', provider: nodeProvider });
 * ```
 */
export function readPrivateKeyPem(pem: string | Uint8Array, options: ReadPrivateKeyOptions): Promise<Uint8Array> {
  return runAsync(readPem(pem, options.password, new PasswordWork(options.provider, options.limits)));
}

/** `readPrivateKeyPem`, at once. */
export function readPrivateKeyPemSync(pem: string | Uint8Array, options: ReadPrivateKeyOptions): Uint8Array {
  return runSync(readPem(pem, options.password, new PasswordWork(synchronously(options.provider), options.limits)));
}

const PATH = 'encrypted_private_key_info';

function* encrypt(
  pkcs8: Uint8Array,
  password: Password,
  options: EncryptionOptions,
  provider: PasswordProvider,
): Flow<Uint8Array> {
  const { scheme, algorithm } = newPbes2(options, provider.random);
  const work = new PasswordWork(provider, UNLIMITED);
  const encryptedData = yield* sealWithScheme(scheme, checkPkcs8(pkcs8), passwordForms(password), work);
  return encodeDer(encryptedPrivateKeyInfo, { encryptionAlgorithm: algorithm, encryptedData });
}

function* decrypt(der: Uint8Array, password: Password, work: PasswordWork): Flow<Uint8Array> {
  return (yield* tryDecrypt(der, passwordForms(password), work, PATH)) ?? refusePassword();
}

/** The key in an EncryptedPrivateKeyInfo, or undefined with a wrong password: also for the shrouded keys of PKCS#12. */
export function* tryDecrypt(
  der: Uint8Array,
  password: PasswordForms,
  work: PasswordWork,
  path: string,
): Flow<Uint8Array | undefined> {
  const { encryptionAlgorithm, encryptedData } = decodeDer(encryptedPrivateKeyInfo, der, path);
  const plain = yield* openWithPassword(encryptionAlgorithm, `${path}.encryption_algorithm`, encryptedData, password, work);
  // RFC 5958 §3: "Generators SHOULD use DER [X.690] and receivers MUST support BER [X.690], which also includes DER [X.690]."
  return believeOnlyKeys(plain, (bytes) => checkPkcs8(normalizeBer(bytes, path)));
}

function* readPem(pem: string | Uint8Array, password: Password | undefined, work: PasswordWork): Flow<Uint8Array> {
  const block = findPrivateKey(pem);
  if (!isEncrypted(block)) return readPrivateKeyBlock(block.label, block.data);
  if (password === undefined) throw passwordMissing();
  if (block.label === 'ENCRYPTED PRIVATE KEY') return yield* decrypt(block.data, password, work);
  const plain = yield* openLegacyPem(block, passwordForms(password), work);
  return believeOnlyKeys(plain, (bytes) => readPrivateKeyBlock(block.label, bytes)) ?? refusePassword();
}

/** A wrong padding and a wrong structure are the same to whoever asks. */
function believeOnlyKeys(plain: Uint8Array | undefined, read: (bytes: Uint8Array) => Uint8Array): Uint8Array | undefined {
  try {
    return plain && read(plain);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function refusePassword(): never {
  throw passwordWrong();
}
