/**
 * Signature algorithm identifiers and what they mean to a provider (RFC 3279, RFC 4055, RFC 5758, RFC 8410).
 *
 * ```
 * RSASSA-PSS-params  ::=  SEQUENCE  {
 *    hashAlgorithm      [0] HashAlgorithm DEFAULT sha1Identifier,
 *    maskGenAlgorithm   [1] MaskGenAlgorithm DEFAULT mgf1SHA1Identifier,
 *    saltLength         [2] INTEGER DEFAULT 20,
 *    trailerField       [3] INTEGER DEFAULT 1  }
 * ```
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { decodeDer, encodeDer, explicit, sequence, withDefault } from '../../core/asn1/schema.ts';
import { nullValue, smallInteger } from '../../core/asn1/types.ts';
import { equal } from '../../core/bytes/bytes.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import type { HashName } from '../../crypto/hash.ts';
import type { KeyType, SignatureAlgorithm } from '../../crypto/signature.ts';
import { type AlgorithmIdentifier, algorithmIdentifier } from '../pkcs/algorithm-identifier.ts';

const DER_NULL = encodeDer(nullValue, null);

const HASH_OIDS: ReadonlyMap<HashName, string> = new Map([
  ['md5', OID['id-md5']],
  ['sha1', OID['id-sha1']],
  ['sha224', OID['id-sha224']],
  ['sha256', OID['id-sha256']],
  ['sha384', OID['id-sha384']],
  ['sha512', OID['id-sha512']],
]);
const HASH_NAMES: ReadonlyMap<string, HashName> = new Map([...HASH_OIDS].map(([name, oid]) => [oid, name]));

/** The algorithms that an OBJECT IDENTIFIER determines, and the parameters that it is written with. */
const FIXED: readonly (readonly [oid: string, algorithm: SignatureAlgorithm, parameters: Uint8Array | undefined])[] = [
  [OID.md5WithRSAEncryption, { kind: 'rsa-pkcs1', hash: 'md5' }, DER_NULL],
  [OID.sha1WithRSAEncryption, { kind: 'rsa-pkcs1', hash: 'sha1' }, DER_NULL],
  [OID.sha224WithRSAEncryption, { kind: 'rsa-pkcs1', hash: 'sha224' }, DER_NULL],
  [OID.sha256WithRSAEncryption, { kind: 'rsa-pkcs1', hash: 'sha256' }, DER_NULL],
  [OID.sha384WithRSAEncryption, { kind: 'rsa-pkcs1', hash: 'sha384' }, DER_NULL],
  [OID.sha512WithRSAEncryption, { kind: 'rsa-pkcs1', hash: 'sha512' }, DER_NULL],
  [OID['ecdsa-with-SHA1'], { kind: 'ecdsa', hash: 'sha1' }, undefined],
  [OID['ecdsa-with-SHA224'], { kind: 'ecdsa', hash: 'sha224' }, undefined],
  [OID['ecdsa-with-SHA256'], { kind: 'ecdsa', hash: 'sha256' }, undefined],
  [OID['ecdsa-with-SHA384'], { kind: 'ecdsa', hash: 'sha384' }, undefined],
  [OID['ecdsa-with-SHA512'], { kind: 'ecdsa', hash: 'sha512' }, undefined],
  [OID['dsa-with-sha1'], { kind: 'dsa', hash: 'sha1' }, undefined],
  [OID['dsa-with-sha224'], { kind: 'dsa', hash: 'sha224' }, undefined],
  [OID['dsa-with-sha256'], { kind: 'dsa', hash: 'sha256' }, undefined],
  [OID['id-Ed25519'], { kind: 'ed25519' }, undefined],
  [OID['id-Ed448'], { kind: 'ed448' }, undefined],
];
const FIXED_BY_OID = new Map(FIXED.map((entry) => [entry[0], entry]));

/** The algorithm that an identifier names; undefined for one that foxtls does not know. Throws `DecodeError` for wrong parameters. */
export function readSignatureAlgorithm(
  { algorithm, parameters }: AlgorithmIdentifier,
  path: string,
): SignatureAlgorithm | undefined {
  if (algorithm === OID['id-RSASSA-PSS']) return readPss(parameters, path);
  const fixed = FIXED_BY_OID.get(algorithm);
  if (fixed === undefined) return undefined;
  // RFC 4055 §5 for the RSA ones: "Implementations MUST accept the parameters being absent as well as present."
  const mayBeNull = fixed[2] !== undefined;
  if (parameters !== undefined && !(mayBeNull && equal(parameters, DER_NULL))) {
    throw new DecodeError(`${path}.parameters`, `the algorithm ${algorithm} takes ${mayBeNull ? 'NULL' : 'no parameters'}`);
  }
  return fixed[1];
}

/** The identifier of an algorithm, DER. */
export function writeSignatureAlgorithm(algorithm: SignatureAlgorithm): Uint8Array {
  if (algorithm.kind === 'rsa-pss') {
    return encodeDer(algorithmIdentifier, { algorithm: OID['id-RSASSA-PSS'], parameters: writePss(algorithm) });
  }
  const [oid, , parameters] = FIXED.find(([, fixed]) => isSameAlgorithm(fixed, algorithm)) as (typeof FIXED)[number];
  return encodeDer(algorithmIdentifier, { algorithm: oid, parameters });
}

/** The algorithm that a key of this type signs certificates with, unless told otherwise. */
export function defaultSignatureAlgorithm(type: KeyType): SignatureAlgorithm {
  switch (type.kind) {
    case 'rsa':
      return { kind: 'rsa-pkcs1', hash: 'sha256' };
    case 'rsa-pss':
      return { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 };
    case 'ec':
      return { kind: 'ecdsa', hash: HASH_OF_CURVE[type.curve] };
    case 'dsa':
      return { kind: 'dsa', hash: 'sha256' };
    default:
      return { kind: type.kind };
  }
}

const HASH_OF_CURVE = { secp256r1: 'sha256', secp384r1: 'sha384', secp521r1: 'sha512' } as const;

function isSameAlgorithm(a: SignatureAlgorithm, b: SignatureAlgorithm): boolean {
  return a.kind === b.kind && ('hash' in a ? a.hash : '') === ('hash' in b ? b.hash : '');
}

const SHA1: AlgorithmIdentifier = { algorithm: OID['id-sha1'], parameters: DER_NULL };
const MGF1_SHA1: AlgorithmIdentifier = { algorithm: OID['id-mgf1'], parameters: encodeDer(algorithmIdentifier, SHA1) };

// Encoded defaults are tolerated: several widely used writers spell out trailerField.
const TOLERANT = { encodedDefaultTolerated: true };
const pssParameters = sequence({
  hashAlgorithm: withDefault(explicit(0, algorithmIdentifier), SHA1),
  maskGenAlgorithm: withDefault(explicit(1, algorithmIdentifier), MGF1_SHA1),
  saltLength: withDefault(explicit(2, smallInteger), 20, TOLERANT),
  trailerField: withDefault(explicit(3, smallInteger), 1, TOLERANT),
});

function readPss(parameters: Uint8Array | undefined, path: string): SignatureAlgorithm | undefined {
  // RFC 4055 §3.1: the parameters are required where the identifier stands for a signature.
  if (parameters === undefined) throw new DecodeError(`${path}.parameters`, 'RSASSA-PSS signatures need parameters');
  const pss = decodeDer(pssParameters, parameters, `${path}.parameters`);
  if (pss.trailerField !== 1) throw new DecodeError(`${path}.parameters.trailer_field`, 'only the trailer field 1 exists');
  const { algorithm, parameters: mgfParameters } = pss.maskGenAlgorithm;
  if (algorithm !== OID['id-mgf1'] || mgfParameters === undefined) return undefined;
  const hash = HASH_NAMES.get(pss.hashAlgorithm.algorithm);
  const mgf = decodeDer(algorithmIdentifier, mgfParameters, `${path}.parameters.mask_gen_algorithm`);
  const mgfHash = HASH_NAMES.get(mgf.algorithm);
  if (hash === undefined || mgfHash === undefined) return undefined;
  return { kind: 'rsa-pss', hash, mgfHash, saltLength: pss.saltLength };
}

function writePss({ hash, mgfHash, saltLength }: SignatureAlgorithm & { kind: 'rsa-pss' }): Uint8Array {
  return encodeDer(pssParameters, {
    hashAlgorithm: hash === 'sha1' ? SHA1 : hashIdentifier(hash),
    maskGenAlgorithm:
      mgfHash === 'sha1'
        ? MGF1_SHA1
        : { algorithm: OID['id-mgf1'], parameters: encodeDer(algorithmIdentifier, hashIdentifier(mgfHash)) },
    saltLength,
    trailerField: 1,
  });
}

function hashIdentifier(hash: HashName): AlgorithmIdentifier {
  return { algorithm: HASH_OIDS.get(hash) as string, parameters: DER_NULL };
}
