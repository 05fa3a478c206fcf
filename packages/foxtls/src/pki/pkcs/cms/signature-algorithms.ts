/**
 * The algorithms of signers: a digest and a signature, which have to agree (RFC 3370 §3, RFC 5753 §2.1.1, RFC 5754, RFC 8419).
 */

import { OID } from '../../../core/asn1/object-identifiers.ts';
import { encodeDer } from '../../../core/asn1/schema.ts';
import { nullValue } from '../../../core/asn1/types.ts';
import { PkcsInvalid } from '../../../core/errors/errors.ts';
import type { HashName } from '../../../crypto/hash.ts';
import type { SignatureAlgorithm } from '../../../crypto/signature.ts';
import { readSignatureAlgorithm, writeSignatureAlgorithm } from '../../x509/algorithms.ts';
import { type AlgorithmIdentifier, algorithmIdentifier } from '../algorithm-identifier.ts';

const HASHES: ReadonlyMap<string, HashName> = new Map([
  [OID['id-md5'], 'md5'],
  [OID['id-sha1'], 'sha1'],
  [OID['id-sha224'], 'sha224'],
  [OID['id-sha256'], 'sha256'],
  [OID['id-sha384'], 'sha384'],
  [OID['id-sha512'], 'sha512'],
]);

/** The hash that an identifier names; undefined for one that foxtls does not know. The parameters are NULL or absent. */
export function hashOf({ algorithm }: AlgorithmIdentifier): HashName | undefined {
  return HASHES.get(algorithm);
}

/** Parameters are left out, as RFC 5754 §2 asks for. */
export function hashIdentifier(hash: HashName): AlgorithmIdentifier {
  return { algorithm: OID[`id-${hash}`] };
}

/** The hash of the content that goes with a signature; undefined for Ed448, which takes SHAKE256 (RFC 8419), and for what TLS alone has. */
export function digestFor(algorithm: SignatureAlgorithm): HashName | undefined {
  if ('hash' in algorithm) return algorithm.hash === 'md5-sha1' ? undefined : algorithm.hash;
  // RFC 8419: Ed25519 takes SHA-512.
  return algorithm.kind === 'ed25519' ? 'sha512' : undefined;
}

/**
 * The signature algorithm of a SignerInfo. Throws `DecodeError` for malformed parameters and `PkcsInvalid` (`algorithm_unsupported`)
 * for one that foxtls does not know, or that hashes with another hash than the digest.
 */
export function readSignerAlgorithm(identifier: AlgorithmIdentifier, digest: HashName, path: string): SignatureAlgorithm {
  // RFC 3370 §3.2: PKCS#1 v1.5 signatures have the identifier of the key; the digest says the rest.
  if (identifier.algorithm === OID.rsaEncryption) return { kind: 'rsa-pkcs1', hash: digest };
  const algorithm = readSignatureAlgorithm(identifier, path);
  if (algorithm === undefined) {
    throw new PkcsInvalid('algorithm_unsupported', `the signature algorithm ${identifier.algorithm} is not supported`);
  }
  if (digestFor(algorithm) !== digest) {
    throw new PkcsInvalid(
      'algorithm_unsupported',
      `a digest by ${digest} does not go with a signature by ${algorithm.kind} as it is`,
    );
  }
  return algorithm;
}

/** The identifier for a SignerInfo, DER. */
export function writeSignerAlgorithm(algorithm: SignatureAlgorithm): Uint8Array {
  if (algorithm.kind !== 'rsa-pkcs1') return writeSignatureAlgorithm(algorithm);
  return encodeDer(algorithmIdentifier, { algorithm: OID.rsaEncryption, parameters: encodeDer(nullValue, null) });
}
