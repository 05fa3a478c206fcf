/**
 * Content-encryption keys under RSA (RFC 5652 §6.2.1, RFC 3370 §4.2.1, RFC 4055 §4.1): PKCS#1 v1.5 and OAEP.
 *
 * ```
 * RSAES-OAEP-params  ::=  SEQUENCE  {
 *    hashFunc          [0] AlgorithmIdentifier DEFAULT sha1Identifier,
 *    maskGenFunc       [1] AlgorithmIdentifier DEFAULT mgf1SHA1Identifier,
 *    pSourceFunc       [2] AlgorithmIdentifier DEFAULT pSpecifiedEmptyIdentifier  }
 * ```
 */

import { OID } from '../../../core/asn1/object-identifiers.ts';
import { decodeDer, encodeDer, explicit, optional, sequence } from '../../../core/asn1/schema.ts';
import { nullValue, octetString } from '../../../core/asn1/types.ts';
import { EMPTY } from '../../../core/bytes/bytes.ts';
import { PkcsInvalid } from '../../../core/errors/errors.ts';
import type { HashName } from '../../../crypto/hash.ts';
import type { OaepParameters } from '../../../crypto/key-encryption.ts';
import { type AlgorithmIdentifier, algorithmIdentifier } from '../algorithm-identifier.ts';
import { hashOf } from './signature-algorithms.ts';

/** How a key is encrypted to an RSA key. */
export type RsaEncryption = { readonly kind: 'rsa-pkcs1' } | ({ readonly kind: 'rsa-oaep' } & OaepParameters);

// OPTIONAL instead of DEFAULT: whoever writes a default out is understood, too.
const oaepParameters = sequence({
  hashFunc: optional(explicit(0, algorithmIdentifier)),
  maskGenFunc: optional(explicit(1, algorithmIdentifier)),
  pSourceFunc: optional(explicit(2, algorithmIdentifier)),
});

/** Reads the keyEncryptionAlgorithm. Throws `PkcsInvalid` (`algorithm_unsupported`) and `DecodeError`. */
export function readRsaEncryption({ algorithm, parameters }: AlgorithmIdentifier): RsaEncryption {
  if (algorithm === OID.rsaEncryption) return { kind: 'rsa-pkcs1' };
  if (algorithm !== OID['id-RSAES-OAEP']) throw unsupported(`the key transport ${algorithm}`);
  const path = 'enveloped_data.key_encryption_algorithm.parameters';
  const { hashFunc, maskGenFunc, pSourceFunc } = decodeDer(oaepParameters, parameters ?? encodeDer(oaepParameters, {}), path);
  return {
    kind: 'rsa-oaep',
    hash: readHash(hashFunc),
    mgfHash: readMgfHash(maskGenFunc, path),
    label: readLabel(pSourceFunc, path),
  };
}

/** The keyEncryptionAlgorithm of an encryption. */
export function writeRsaEncryption(encryption: RsaEncryption): AlgorithmIdentifier {
  const DER_NULL = encodeDer(nullValue, null);
  if (encryption.kind === 'rsa-pkcs1') return { algorithm: OID.rsaEncryption, parameters: DER_NULL };
  const { hash, mgfHash, label = EMPTY } = encryption;
  const identifier = (name: HashName) => ({ algorithm: OID[`id-${name}`], parameters: DER_NULL });
  const parameters = encodeDer(oaepParameters, {
    hashFunc: hash === 'sha1' ? undefined : identifier(hash),
    maskGenFunc:
      mgfHash === 'sha1'
        ? undefined
        : { algorithm: OID['id-mgf1'], parameters: encodeDer(algorithmIdentifier, identifier(mgfHash)) },
    pSourceFunc: label.length === 0 ? undefined : { algorithm: OID['id-pSpecified'], parameters: encodeDer(octetString, label) },
  });
  return { algorithm: OID['id-RSAES-OAEP'], parameters };
}

function readHash(identifier: AlgorithmIdentifier | undefined): HashName {
  if (identifier === undefined) return 'sha1';
  const hash = hashOf(identifier);
  if (hash === undefined || hash === 'md5') throw unsupported(`OAEP with the hash ${identifier.algorithm}`);
  return hash;
}

function readMgfHash(identifier: AlgorithmIdentifier | undefined, path: string): HashName {
  if (identifier === undefined) return 'sha1';
  const { algorithm, parameters } = identifier;
  if (algorithm !== OID['id-mgf1'] || parameters === undefined) throw unsupported(`OAEP with the mask generation ${algorithm}`);
  return readHash(decodeDer(algorithmIdentifier, parameters, `${path}.mask_gen_func`));
}

function readLabel(identifier: AlgorithmIdentifier | undefined, path: string): Uint8Array {
  if (identifier === undefined) return EMPTY;
  const { algorithm, parameters } = identifier;
  if (algorithm !== OID['id-pSpecified'] || parameters === undefined) throw unsupported(`OAEP with the label ${algorithm}`);
  return decodeDer(octetString, parameters, `${path}.p_source_func`);
}

function unsupported(what: string): PkcsInvalid {
  return new PkcsInvalid('algorithm_unsupported', `${what} is not supported`);
}
