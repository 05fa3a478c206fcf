/**
 * Making PKCS#12 files (RFC 7292 §5.1): certificates and CRLs encrypted together, each key by itself, one MAC over all.
 *
 * AES-256-CBC with PBKDF2, and a MAC with HMAC-SHA-256, is what OpenSSL 3 and NSS write themselves, and what they and GnuTLS read.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { encodeDer } from '../../core/asn1/schema.ts';
import { octetString } from '../../core/asn1/types.ts';
import { equal } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { type Flow, runAsync, runSync } from '../../core/flow/flow.ts';
import type { AlgorithmIdentifier } from './algorithm-identifier.ts';
import { encryptedPrivateKeyInfo } from './encrypted-private-key.ts';
import { DEFAULT_ITERATIONS } from './key-derivation.ts';
import {
  hashFor,
  type Password,
  type PasswordForms,
  type PasswordProvider,
  PasswordWork,
  passwordForms,
  synchronously,
  UNLIMITED,
} from './password.ts';
import { type PasswordScheme, sealWithScheme } from './password-scheme.ts';
import { newPbes2 } from './pbes2.ts';
import type { Pkcs12Attributes, Pkcs12Certificate, Pkcs12Crl, Pkcs12Key } from './pkcs12.ts';
import { writeAttributes } from './pkcs12-attributes.ts';
import { type MacHash, makeMac, makePbmac1 } from './pkcs12-mac.ts';
import { newTripleDesPbe } from './pkcs12-pbe.ts';
import { authenticatedSafe, encryptedData, type MacData, pfx, type SafeBag, safeContents, typedBag } from './pkcs12-types.ts';
import { checkPkcs8 } from './private-key.ts';

/**
 * How a file is protected.
 *
 * - `aes-256`: AES-256-CBC, PBKDF2 with HMAC-SHA-256; MAC with HMAC-SHA-256.
 * - `aes-256-pbmac1`: the same with PBMAC1 (RFC 9579), for readers that want no key derivation but PBKDF2 (OpenSSL from 3.4 on).
 * - `legacy-3des`: Triple-DES and a MAC with SHA-1, as in the last century, for readers that know nothing else.
 */
export type Pkcs12Protection = 'aes-256' | 'aes-256-pbmac1' | 'legacy-3des';

export interface CreatePkcs12Options {
  readonly provider: PasswordProvider;
  readonly password: Password;
  /** Private keys; one with a `certificate` shares a `localKeyId` with it, the certificate's SHA-1 unless set. */
  readonly keys?: readonly Pkcs12Key[];
  /** More certificates, in DER or with attributes. Those of `keys` need not be named again. */
  readonly certificates?: readonly (Uint8Array | Pkcs12Certificate)[];
  readonly crls?: readonly (Uint8Array | Pkcs12Crl)[];
  /** `aes-256` unless set. */
  readonly protection?: Pkcs12Protection;
  /** Of every key that is derived; 600,000 unless set, with `legacy-3des` 50,000. */
  readonly iterations?: number;
}

/**
 * Makes a PKCS#12 file. Resolves to its DER.
 *
 * Rejects with `DecodeError` for keys that are no PKCS#8, `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for iterations that cannot be, and
 * `CryptoFailure` for a cipher that the provider does not have.
 *
 * ```ts
 * const { certificate, key } = await createSelfSigned({ provider: nodeProvider, dnsNames: ['localhost'], validFrom, validTo });
 * const p12 = await createPkcs12({
 *   provider: nodeProvider,
 *   password: 'secret',
 *   keys: [{ pkcs8: key.exportPkcs8(), certificate, friendlyName: 'localhost' }],
 * });
 * ```
 */
export function createPkcs12(options: CreatePkcs12Options): Promise<Uint8Array> {
  return runAsync(create(options, new PasswordWork(options.provider, UNLIMITED)));
}

/** `createPkcs12`, at once: it blocks while it derives keys. */
export function createPkcs12Sync(options: CreatePkcs12Options): Uint8Array {
  return runSync(create(options, new PasswordWork(synchronously(options.provider), UNLIMITED)));
}

/** What a protection is made of. */
interface Protection {
  readonly iterations: number;
  newScheme(): { readonly scheme: PasswordScheme; readonly algorithm: AlgorithmIdentifier };
  makeMac(content: Uint8Array): Flow<MacData>;
}

/** A tenth of the time that the others take: it is three derivations for each object. */
const LEGACY_ITERATIONS = 50_000;

function* create(options: CreatePkcs12Options, work: PasswordWork): Flow<Uint8Array> {
  const password = passwordForms(options.password);
  const protection = protectionOf(options, password, work);
  const keys = (options.keys ?? []).map((key) => withLocalKeyId(key, work.provider));
  const bags = [...certificateBags(keys, options.certificates ?? []), ...crlBags(options.crls ?? [])];
  const shrouded: SafeBag[] = [];
  for (const key of keys) shrouded.push(yield* shroud(key, protection, password, work));
  const contents = [];
  if (bags.length > 0) contents.push(yield* encryptBags(bags, protection, password, work));
  if (shrouded.length > 0) contents.push(dataContent(encodeDer(safeContents, shrouded)));
  const content = encodeDer(authenticatedSafe, contents);
  return encodeDer(pfx, { version: 3, authSafe: dataContent(content), macData: yield* protection.makeMac(content) });
}

function protectionOf(options: CreatePkcs12Options, password: PasswordForms, work: PasswordWork): Protection {
  const { protection = 'aes-256' } = options;
  const isLegacy = protection === 'legacy-3des';
  const { iterations = isLegacy ? LEGACY_ITERATIONS : DEFAULT_ITERATIONS } = options;
  if (!(Number.isInteger(iterations) && iterations >= 1 && iterations <= 0x7fffffff)) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'iterations is a whole number from 1 to 2147483647');
  }
  const { random } = work.provider;
  const mac = { hash: (isLegacy ? 'sha1' : 'sha256') as MacHash, iterations };
  const make = protection === 'aes-256-pbmac1' ? makePbmac1 : makeMac;
  return {
    iterations,
    newScheme: () =>
      isLegacy ? newTripleDesPbe(iterations, random) : newPbes2({ keyDerivation: { kind: 'pbkdf2', iterations } }, random),
    makeMac: (content) => make(mac, content, password, work),
  };
}

/** A key with a certificate needs something to be found by. */
function withLocalKeyId(key: Pkcs12Key, provider: PasswordProvider): Pkcs12Key {
  checkPkcs8(key.pkcs8);
  if (key.certificate === undefined || key.localKeyId !== undefined) return key;
  return { ...key, localKeyId: hashFor(provider, 'sha1').digest(key.certificate) };
}

/** The certificates of the keys first, then the others; none twice. */
function certificateBags(keys: readonly Pkcs12Key[], others: readonly (Uint8Array | Pkcs12Certificate)[]): SafeBag[] {
  const list: Pkcs12Certificate[] = [];
  for (const { certificate, friendlyName, localKeyId } of keys) {
    if (certificate !== undefined) list.push({ certificate, friendlyName, localKeyId });
  }
  for (const other of others) {
    const item = other instanceof Uint8Array ? { certificate: other } : other;
    if (!list.some(({ certificate }) => equal(certificate, item.certificate))) list.push(item);
  }
  return list.map((item) => bagOf(OID.certBag, typedValue(OID.x509Certificate, item.certificate), item));
}

function crlBags(crls: readonly (Uint8Array | Pkcs12Crl)[]): SafeBag[] {
  return crls.map((crl) => {
    const item = crl instanceof Uint8Array ? { crl } : crl;
    return bagOf(OID.crlBag, typedValue(OID.x509CRL, item.crl), item);
  });
}

function* shroud(key: Pkcs12Key, protection: Protection, password: PasswordForms, work: PasswordWork): Flow<SafeBag> {
  const { scheme, algorithm } = protection.newScheme();
  const sealed = yield* sealWithScheme(scheme, key.pkcs8, password, work);
  const value = encodeDer(encryptedPrivateKeyInfo, { encryptionAlgorithm: algorithm, encryptedData: sealed });
  return bagOf(OID.pkcs8ShroudedKeyBag, value, key);
}

function* encryptBags(bags: readonly SafeBag[], protection: Protection, password: PasswordForms, work: PasswordWork) {
  const { scheme, algorithm } = protection.newScheme();
  const encryptedContent = yield* sealWithScheme(scheme, encodeDer(safeContents, bags), password, work);
  const content = encodeDer(encryptedData, {
    version: 0,
    encryptedContentInfo: { contentType: OID['id-data'], contentEncryptionAlgorithm: algorithm, encryptedContent },
  });
  return { contentType: OID['id-encryptedData'], content };
}

function dataContent(bytes: Uint8Array) {
  return { contentType: OID['id-data'], content: encodeDer(octetString, bytes) };
}

function bagOf(bagId: string, bagValue: Uint8Array, attributes: Pkcs12Attributes): SafeBag {
  return { bagId, bagValue, bagAttributes: writeAttributes(attributes) };
}

function typedValue(id: string, bytes: Uint8Array): Uint8Array {
  return encodeDer(typedBag, { id, value: encodeDer(octetString, bytes) });
}
