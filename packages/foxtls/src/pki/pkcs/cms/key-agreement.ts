/**
 * Key-encryption keys from elliptic curve Diffie-Hellman (RFC 5753 §3.1, §7.1.4, §7.2): the key derivation of ANSI X9.63, and AES key wrap.
 *
 * ```
 * ECC-CMS-SharedInfo ::= SEQUENCE {
 *   keyInfo         AlgorithmIdentifier,
 *   entityUInfo [0] EXPLICIT OCTET STRING OPTIONAL,
 *   suppPubInfo [2] EXPLICIT OCTET STRING  }
 *
 * K = Hash(Z || 00000001 || SharedInfo) || Hash(Z || 00000002 || SharedInfo) || …
 * ```
 */

import { OID, type OidName } from '../../../core/asn1/object-identifiers.ts';
import { decodeDer, encodeDer, explicit, optional, sequence } from '../../../core/asn1/schema.ts';
import { octetString } from '../../../core/asn1/types.ts';
import { concat, EMPTY } from '../../../core/bytes/bytes.ts';
import { PkcsInvalid } from '../../../core/errors/errors.ts';
import type { Hash, HashName } from '../../../crypto/hash.ts';
import type { KeyWrap, KeyWrapName } from '../../../crypto/key-encryption.ts';
import type { PkcsProvider } from '../../../crypto/pkcs-provider.ts';
import { type AlgorithmIdentifier, algorithmIdentifier } from '../algorithm-identifier.ts';
import { findKeyWrap, readKeyWrap, writeKeyWrap } from './key-wrap-algorithms.ts';

/** How the two keys of an agreement become one that wraps: found with a provider. */
export interface AgreementScheme {
  readonly hash: Hash;
  readonly keyWrap: KeyWrap;
}

const SCHEMES = {
  sha1: 'dhSinglePass-stdDH-sha1kdf-scheme',
  sha224: 'dhSinglePass-stdDH-sha224kdf-scheme',
  sha256: 'dhSinglePass-stdDH-sha256kdf-scheme',
  sha384: 'dhSinglePass-stdDH-sha384kdf-scheme',
  sha512: 'dhSinglePass-stdDH-sha512kdf-scheme',
} as const satisfies Partial<Record<HashName, OidName>>;

const sharedInfo = sequence({
  keyInfo: algorithmIdentifier,
  entityUInfo: optional(explicit(0, octetString)),
  suppPubInfo: explicit(2, octetString),
});

/** Reads the keyEncryptionAlgorithm. Throws `PkcsInvalid` (`algorithm_unsupported`) and `DecodeError`. */
export function readAgreementScheme(
  { algorithm, parameters = EMPTY }: AlgorithmIdentifier,
  provider: Pick<PkcsProvider, 'hashes' | 'keyWraps'>,
): AgreementScheme {
  const [hashName] = Object.entries(SCHEMES).find(([, name]) => OID[name] === algorithm) ?? [];
  if (hashName === undefined) throw new PkcsInvalid('algorithm_unsupported', `the key agreement ${algorithm} is not supported`);
  const wrap = decodeDer(algorithmIdentifier, parameters, 'enveloped_data.key_encryption_algorithm.parameters');
  return { hash: findHash(hashName as HashName, provider), keyWrap: readKeyWrap(wrap, provider) };
}

/** The parts of a scheme. Throws `PkcsInvalid` (`algorithm_unsupported`) when the provider does not have them. */
export function findScheme(
  hashName: HashName,
  wrapName: KeyWrapName,
  provider: Pick<PkcsProvider, 'hashes' | 'keyWraps'>,
): AgreementScheme {
  return { hash: findHash(hashName, provider), keyWrap: findKeyWrap(wrapName, provider) };
}

function findHash(name: HashName, { hashes }: Pick<PkcsProvider, 'hashes'>): Hash {
  const hash = hashes.find((candidate) => candidate.name === name);
  if (hash === undefined) throw new PkcsInvalid('algorithm_unsupported', `the provider has no ${name}`);
  return hash;
}

/** The keyEncryptionAlgorithm. */
export function writeAgreementScheme({ hash, keyWrap }: AgreementScheme): AlgorithmIdentifier {
  const parameters = encodeDer(algorithmIdentifier, writeKeyWrap(keyWrap));
  return { algorithm: OID[SCHEMES[hash.name as keyof typeof SCHEMES]], parameters };
}

/** The key that wraps, out of the shared secret and the user keying material. */
export function deriveKeyEncryptionKey(
  { hash, keyWrap }: AgreementScheme,
  secret: Uint8Array,
  userKeyingMaterial: Uint8Array | undefined,
): Uint8Array {
  const bits = keyWrap.keySize * 8;
  const info = encodeDer(sharedInfo, {
    keyInfo: writeKeyWrap(keyWrap),
    entityUInfo: userKeyingMaterial,
    suppPubInfo: Uint8Array.of(0, 0, bits >> 8, bits & 0xff),
  });
  const blocks = Array.from({ length: Math.ceil(keyWrap.keySize / hash.size) }, (_, i) =>
    hash.digest(concat(secret, Uint8Array.of(0, 0, 0, i + 1), info)),
  );
  return concat(...blocks).slice(0, keyWrap.keySize);
}
