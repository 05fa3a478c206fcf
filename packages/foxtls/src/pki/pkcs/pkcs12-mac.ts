/**
 * The MACs of PKCS#12: HMAC under a key of PKCS#12's own derivation (RFC 7292 §5.1, Appendix B.4), and PBMAC1 (RFC 8018 §7.1), which
 * RFC 9579 put into its place.
 *
 * ```
 * PBMAC1-params ::=  SEQUENCE {
 *    keyDerivationFunc AlgorithmIdentifier {{PBMAC1-KDFs}},
 *    messageAuthScheme AlgorithmIdentifier {{PBMAC1-MACs}} }
 * ```
 * PBMAC1 stands where the hash is named; salt and iterations of MacData then mean nothing. RFC 9579 wants the length of the key written
 * down, so that no key of no octets is derived.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { decodeDer, encodeDer, sequence } from '../../core/asn1/schema.ts';
import { nullValue } from '../../core/asn1/types.ts';
import { constantTimeEqual, utf8, wipe } from '../../core/bytes/bytes.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import type { Flow } from '../../core/flow/flow.ts';
import type { HashName } from '../../crypto/hash.ts';
import { algorithmIdentifier } from './algorithm-identifier.ts';
import { newKeyDerivation, prfHash, prfIdentifier, readKeyDerivation } from './key-derivation.ts';
import { hashFor, type PasswordForms, type PasswordWork, protectionUnsupported } from './password.ts';
import { derivePkcs12Key } from './pkcs12-key-derivation.ts';
import type { MacData } from './pkcs12-types.ts';

export type MacHash = Exclude<HashName, 'md5'>;

const HASHES: ReadonlyMap<string, MacHash> = new Map([
  [OID['id-sha1'], 'sha1'],
  [OID['id-sha224'], 'sha224'],
  [OID['id-sha256'], 'sha256'],
  [OID['id-sha384'], 'sha384'],
  [OID['id-sha512'], 'sha512'],
]);

const SALT_SIZE = 16;

/** RFC 9579 allows less, down to 20; keys of fewer octets are easier to guess than passwords. */
const MIN_PBMAC1_KEY_SIZE = 20;
const MAX_PBMAC1_KEY_SIZE = 1024;

const pbmac1Params = sequence({ keyDerivationFunc: algorithmIdentifier, messageAuthScheme: algorithmIdentifier });

const PATH = 'pfx.mac_data';

/** Whether the MAC of `content` is right for a password; compared in constant time. Throws `DecodeError`, `CryptoFailure`, `LimitExceeded`. */
export function* isMacRight(data: MacData, content: Uint8Array, password: PasswordForms, work: PasswordWork): Flow<boolean> {
  const { hash, key } = yield* deriveMacKey(data, password, work);
  const mac = hashFor(work.provider, hash).hmac(key, content);
  wipe(key);
  return constantTimeEqual(mac, data.mac.digest);
}

/** The MacData for `content`: HMAC under a key of PKCS#12's derivation. */
export function* makeMac(
  { hash, iterations }: { readonly hash: MacHash; readonly iterations: number },
  content: Uint8Array,
  password: PasswordForms,
  work: PasswordWork,
): Flow<MacData> {
  const macSalt = work.provider.random(SALT_SIZE);
  const key = yield* derivePkcs12Mac(hash, password, macSalt, iterations, work);
  const [algorithm] = [...HASHES].find(([, candidate]) => candidate === hash) as [string, MacHash];
  const digestAlgorithm = { algorithm, parameters: encodeDer(nullValue, null) };
  return { mac: { digestAlgorithm, digest: hashFor(work.provider, hash).hmac(key, content) }, macSalt, iterations };
}

/** The MacData for `content`: PBMAC1 with PBKDF2. */
export function* makePbmac1(
  { hash, iterations }: { readonly hash: MacHash; readonly iterations: number },
  content: Uint8Array,
  password: PasswordForms,
  work: PasswordWork,
): Flow<MacData> {
  const part = hashFor(work.provider, hash);
  const options = { kind: 'pbkdf2', hash, iterations, keyLength: part.size } as const;
  const { derivation, algorithm: keyDerivationFunc } = newKeyDerivation(options, work.provider.random);
  const key = yield* derivation.derive(password.octets, part.size, work);
  const parameters = encodeDer(pbmac1Params, { keyDerivationFunc, messageAuthScheme: prfIdentifier(hash) });
  const digestAlgorithm = { algorithm: OID['id-PBMAC1'], parameters };
  // What RFC 9579 writes into the salt that means nothing.
  return { mac: { digestAlgorithm, digest: part.hmac(key, content) }, macSalt: utf8('NOT USED'), iterations: 1 };
}

function* deriveMacKey(
  { mac, macSalt, iterations }: MacData,
  password: PasswordForms,
  work: PasswordWork,
): Flow<{ readonly hash: MacHash; readonly key: Uint8Array }> {
  const { algorithm, parameters } = mac.digestAlgorithm;
  if (algorithm === OID['id-PBMAC1']) return yield* derivePbmac1(parameters, password, work);
  const hash = HASHES.get(algorithm);
  if (hash === undefined) throw protectionUnsupported(`a MAC with the hash ${algorithm}`);
  if (iterations === 0) throw new DecodeError(`${PATH}.iterations`, 'at least one iteration is expected');
  return { hash, key: yield* derivePkcs12Mac(hash, password, macSalt, iterations, work) };
}

function derivePkcs12Mac(
  hash: MacHash,
  { bmp }: PasswordForms,
  salt: Uint8Array,
  iterations: number,
  work: PasswordWork,
): Flow<Uint8Array> {
  const length = hashFor(work.provider, hash).size;
  return derivePkcs12Key({ purpose: 'mac', hash, password: bmp, salt, iterations, length }, work);
}

function* derivePbmac1(
  parameters: Uint8Array | undefined,
  password: PasswordForms,
  work: PasswordWork,
): Flow<{ readonly hash: MacHash; readonly key: Uint8Array }> {
  const path = `${PATH}.mac.digest_algorithm`;
  if (parameters === undefined) throw new DecodeError(path, 'the parameters are missing');
  const { keyDerivationFunc, messageAuthScheme } = decodeDer(pbmac1Params, parameters, `${path}.parameters`);
  const hash = prfHash(messageAuthScheme);
  if (hash === undefined) throw protectionUnsupported(`a MAC with ${messageAuthScheme.algorithm}`);
  const derivationPath = `${path}.parameters.key_derivation_func`;
  const derivation = readKeyDerivation(keyDerivationFunc, derivationPath);
  const { keyLength } = derivation;
  if (keyLength === undefined || keyLength < MIN_PBMAC1_KEY_SIZE || keyLength > MAX_PBMAC1_KEY_SIZE) {
    const expected = `${MIN_PBMAC1_KEY_SIZE} to ${MAX_PBMAC1_KEY_SIZE} octets are expected`;
    throw new DecodeError(`${derivationPath}.parameters.key_length`, `${expected}, ${keyLength ?? 'none'} are there`);
  }
  return { hash, key: yield* derivation.derive(password.octets, keyLength, work) };
}
