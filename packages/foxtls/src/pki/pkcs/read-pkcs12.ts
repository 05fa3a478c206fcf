/**
 * Reading PKCS#12 files, `.p12` and `.pfx` (RFC 7292 §5.2), in password integrity and password privacy mode.
 *
 * ```
 * PFX ─ authSafe: Data ─ AuthenticatedSafe ─┬ Data ──────────── SafeContents ─┬ bag: key, shrouded key, certificate, CRL, secret
 *      └ macData                            └ EncryptedData ─── SafeContents  └ bag: SafeContents ─ …
 * ```
 * The MAC is verified before anything is decrypted. Without one, nothing that was decrypted is believed further than its form.
 * "it should ignore any object identifiers that it is not familiar with" (RFC 7292 §5.2): they are listed.
 */

import { normalizeBer } from '../../core/asn1/ber.ts';
import { formatTag, readElement, TAG } from '../../core/asn1/der.ts';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { type DerType, decodeDer, readAs } from '../../core/asn1/schema.ts';
import { octetString } from '../../core/asn1/types.ts';
import { copyOf } from '../../core/bytes/bytes.ts';
import { ApiMisuse, CryptoFailure, DecodeError, LimitExceeded } from '../../core/errors/errors.ts';
import { type Flow, runAsync, runSync } from '../../core/flow/flow.ts';
import { tryDecrypt } from './encrypted-private-key.ts';
import {
  NO_PASSWORD,
  type Password,
  type PasswordForms,
  type PasswordLimits,
  type PasswordProvider,
  PasswordWork,
  passwordForms,
  passwordWrong,
  protectionUnsupported,
  synchronously,
} from './password.ts';
import { openWithPassword } from './pbes.ts';
import type { Pkcs12, Pkcs12Certificate, Pkcs12Crl, Pkcs12Key, Pkcs12Secret } from './pkcs12.ts';
import { readAttributes } from './pkcs12-attributes.ts';
import { matchKeys } from './pkcs12-chains.ts';
import { isMacRight } from './pkcs12-mac.ts';
import { contentInfo, encryptedData, pfx, type SafeBag, safeBag, typedBag } from './pkcs12-types.ts';
import { checkPkcs8 } from './private-key.ts';

export interface ReadPkcs12Options {
  readonly provider: PasswordProvider;
  /** An empty one and none are tried both, for both are written for "no password". */
  readonly password?: Password | undefined;
  /** What the file may cost at most. */
  readonly limits?: Pkcs12Limits;
}

export interface Pkcs12Limits extends PasswordLimits {
  /** Objects in the file, those that are passed over too; 10,000 unless set. */
  readonly maxObjects?: number;
}

/**
 * Reads a PKCS#12 file: keys, certificates, CRLs and secrets, each key with its certificate and chain.
 *
 * Understands MACs with SHA-1 and SHA-2 and PBMAC1 (RFC 9579), and the encryption that `decryptPrivateKey` understands.
 *
 * Rejects with `CryptoFailure` for a wrong password (`ERR_TLS_PASSWORD_WRONG`) and for what is not supported
 * (`ERR_TLS_PROTECTION_UNSUPPORTED`: public-key modes, RC4, MD2), `ApiMisuse` when none is given and one is needed
 * (`ERR_TLS_PASSWORD_MISSING`), `DecodeError` (`ERR_TLS_DECODE`) for what is no PKCS#12, and `LimitExceeded`.
 *
 * ```ts
 * const { keys, certificates } = await readPkcs12(readFileSync('server.p12'), { password: 'secret', provider: nodeProvider });
 * const [first] = keys;
 * const key = await nodeProvider.keys.importPrivateKey(first.pkcs8);
 * const credential = credentialOf({ chain: first.chain, key });
 * ```
 */
export function readPkcs12(der: Uint8Array, options: ReadPkcs12Options): Promise<Pkcs12> {
  return runAsync(read(der, options, options.provider));
}

/** `readPkcs12`, at once: it blocks while it derives keys. */
export function readPkcs12Sync(der: Uint8Array, options: ReadPkcs12Options): Pkcs12 {
  return runSync(read(der, options, synchronously(options.provider)));
}

/** Bags in bags in bags: nobody has need of more. */
const MAX_BAG_DEPTH = 8;

const DEFAULT_MAX_OBJECTS = 10_000;

/** Where the objects of a file gather, and what it takes to read them. */
interface Reading {
  readonly work: PasswordWork;
  readonly maxObjects: number;
  objects: number;
  /** The password in the forms that may be right: one once a MAC has told. */
  passwords: readonly PasswordForms[];
  readonly keys: Pkcs12Key[];
  readonly certificates: Pkcs12Certificate[];
  readonly crls: Pkcs12Crl[];
  readonly secrets: Pkcs12Secret[];
  readonly unknown: Set<string>;
}

function* read(der: Uint8Array, { password, limits }: ReadPkcs12Options, provider: PasswordProvider): Flow<Pkcs12> {
  try {
    return yield* readWith(der, startReading(passwordsToTry(password), new PasswordWork(provider, limits), limits));
  } catch (error) {
    if (password !== undefined || !(error instanceof CryptoFailure) || error.code !== 'ERR_TLS_PASSWORD_WRONG') throw error;
    throw new ApiMisuse('ERR_TLS_PASSWORD_MISSING', 'the PKCS#12 file is protected by a password: give it');
  }
}

function startReading(passwords: readonly PasswordForms[], work: PasswordWork, limits: Pkcs12Limits = {}): Reading {
  const { maxObjects = DEFAULT_MAX_OBJECTS } = limits;
  return { work, maxObjects, objects: 0, passwords, keys: [], certificates: [], crls: [], secrets: [], unknown: new Set() };
}

function* readWith(der: Uint8Array, reading: Reading): Flow<Pkcs12> {
  const { version, authSafe, macData } = decodeDer(pfx, normalizeBer(der, 'pfx'), 'pfx');
  if (version !== 3) throw new DecodeError('pfx.version', `version 3 is expected, ${version} is there`);
  if (authSafe.contentType !== OID['id-data']) throw protectionUnsupported('PKCS#12 in public-key integrity mode');
  const content = readContent(octetString, authSafe.content, 'pfx.auth_safe.content');
  if (macData !== undefined) {
    reading.passwords = [
      yield* firstThat(reading.passwords, function* (candidate) {
        return (yield* isMacRight(macData, content, candidate, reading.work)) ? candidate : undefined;
      }),
    ];
  }
  yield* readSafe(content, reading);
  const { keys, certificates, crls, secrets, unknown } = reading;
  return {
    keys: matchKeys(keys, certificates),
    certificates,
    crls,
    secrets,
    integrity: macData === undefined ? 'none' : 'mac',
    unknown: [...unknown],
  };
}

/** RFC 7292 §4.1. */
function* readSafe(content: Uint8Array, reading: Reading): Flow<void> {
  for (const [info, i] of itemsOf(contentInfo, content, SAFE, reading)) {
    const path = `${SAFE}[${i}]`;
    if (info.contentType === OID['id-data']) {
      yield* readBags(readContent(octetString, info.content, `${path}.content`), path, reading);
    } else if (info.contentType === OID['id-encryptedData']) {
      yield* readBags(yield* openSafe(info.content, `${path}.content`, reading), path, reading);
    } else {
      throw protectionUnsupported(`PKCS#12 with contents of the type ${info.contentType}`);
    }
  }
}

const SAFE = 'authenticated_safe';

/** Decrypts an EncryptedData. Without a MAC, what comes out has to have the form of SafeContents to be believed. */
function* openSafe(content: Uint8Array | undefined, path: string, { passwords, work, maxObjects }: Reading): Flow<Uint8Array> {
  const { contentType, contentEncryptionAlgorithm, encryptedContent } = readContent(
    encryptedData,
    content,
    path,
  ).encryptedContentInfo;
  if (contentType !== OID['id-data']) throw protectionUnsupported(`PKCS#12 with encrypted contents of the type ${contentType}`);
  if (encryptedContent === undefined) throw new DecodeError(path, 'the encrypted content is missing');
  const algorithmPath = `${path}.encrypted_content_info.content_encryption_algorithm`;
  return yield* firstThat(passwords, function* (candidate) {
    const plain = yield* openWithPassword(contentEncryptionAlgorithm, algorithmPath, encryptedContent, candidate, work);
    return plain !== undefined && isSafeContents(plain, maxObjects) ? plain : undefined;
  });
}

function* readBags(contents: Uint8Array, path: string, reading: Reading, depth = 1): Flow<void> {
  if (depth > MAX_BAG_DEPTH) throw new DecodeError(path, `bags nest deeper than ${MAX_BAG_DEPTH} levels`);
  for (const [bag, i] of itemsOf(safeBag, contents, path, reading)) {
    yield* readBag(bag, `${path}[${i}]`, reading, depth);
  }
}

function* readBag({ bagId, bagValue, bagAttributes }: SafeBag, path: string, reading: Reading, depth: number): Flow<void> {
  const attributes = readAttributes(bagAttributes ?? [], `${path}.bag_attributes`);
  const valuePath = `${path}.bag_value`;
  switch (bagId) {
    case OID.keyBag:
      reading.keys.push({ pkcs8: copyOf(checkPkcs8(bagValue)), ...attributes });
      return;
    case OID.pkcs8ShroudedKeyBag:
      reading.keys.push({ pkcs8: yield* openKey(bagValue, valuePath, reading), ...attributes });
      return;
    case OID.certBag: {
      const certificate = readTyped(bagValue, OID.x509Certificate, valuePath, reading);
      if (certificate !== undefined) reading.certificates.push({ certificate, ...attributes });
      return;
    }
    case OID.crlBag: {
      const crl = readTyped(bagValue, OID.x509CRL, valuePath, reading);
      if (crl !== undefined) reading.crls.push({ crl, ...attributes });
      return;
    }
    case OID.secretBag: {
      const { id, value } = decodeDer(typedBag, bagValue, valuePath);
      reading.secrets.push({ type: id, value: copyOf(value), ...attributes });
      return;
    }
    case OID.safeContentsBag:
      yield* readBags(bagValue, valuePath, reading, depth + 1);
      return;
    default:
      reading.unknown.add(bagId);
  }
}

/** A key under a password of its own mode: EncryptedPrivateKeyInfo. */
function* openKey(value: Uint8Array, path: string, { passwords, work }: Reading): Flow<Uint8Array> {
  return yield* firstThat(passwords, (candidate) => tryDecrypt(value, candidate, work, path));
}

/** What stands in a CertBag or CRLBag of the wanted type; others are noted and passed over. */
function readTyped(bagValue: Uint8Array, type: string, path: string, reading: Reading): Uint8Array | undefined {
  const { id, value } = decodeDer(typedBag, bagValue, path);
  if (id === type) return copyOf(decodeDer(octetString, value, `${path}.value`));
  reading.unknown.add(id);
  return undefined;
}

/** The content of a ContentInfo, which is OPTIONAL in general and not here. */
function readContent<T>(type: DerType<T>, content: Uint8Array | undefined, path: string): T {
  if (content === undefined) throw new DecodeError(path, 'the content is missing');
  return decodeDer(type, content, path);
}

function isSafeContents(plain: Uint8Array, maxObjects: number): boolean {
  try {
    for (const _bag of itemsOf(safeBag, plain, 'safe_contents', { maxObjects, objects: 0 }));
    return true;
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

/** The items of a SEQUENCE OF, one after the other, so that many are refused before they fill the memory. */
function* itemsOf<T>(
  type: DerType<T>,
  bytes: Uint8Array,
  path: string,
  count: Pick<Reading, 'maxObjects' | 'objects'>,
): Generator<readonly [item: T, index: number]> {
  const element = readElement(normalizeBer(bytes, path), path);
  if (element.tag !== TAG.SEQUENCE) element.fail(`${formatTag(TAG.SEQUENCE)} is expected, ${formatTag(element.tag)} is there`);
  const cursor = element.children();
  for (let i = 0; cursor.peek() !== undefined; i++) {
    if (++count.objects > count.maxObjects) {
      throw new LimitExceeded('maxObjects', `the PKCS#12 file has more than ${count.maxObjects} objects`);
    }
    yield [readAs(type, cursor.next(`[${i}]`)), i];
  }
}

/** No password and an empty one give different keys in PKCS#12, and files are written with either. */
function passwordsToTry(password: Password | undefined): readonly PasswordForms[] {
  if (password === undefined) return [NO_PASSWORD, passwordForms('')];
  return password.length === 0 ? [passwordForms(''), NO_PASSWORD] : [passwordForms(password)];
}

function* firstThat<T>(passwords: readonly PasswordForms[], attempt: (password: PasswordForms) => Flow<T | undefined>): Flow<T> {
  for (const password of passwords) {
    const result = yield* attempt(password);
    if (result !== undefined) return result;
  }
  throw passwordWrong();
}
