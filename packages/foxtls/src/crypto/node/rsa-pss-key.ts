/**
 * RSA keys bound to parameters of RSASSA-PSS (RFC 4055 §3.1), the only way to tell node:crypto another hash for MGF1.
 *
 * ```
 * RSASSA-PSS-params  ::=  SEQUENCE  {
 *    hashAlgorithm      [0] HashAlgorithm DEFAULT sha1Identifier,
 *    maskGenAlgorithm   [1] MaskGenAlgorithm DEFAULT mgf1SHA1Identifier,
 *    saltLength         [2] INTEGER DEFAULT 20,
 *    trailerField       [3] INTEGER DEFAULT 1  }
 * ```
 */

import { createPublicKey, type KeyObject } from 'node:crypto';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { encodeDer, explicit, sequence } from '../../core/asn1/schema.ts';
import { nullValue, smallInteger } from '../../core/asn1/types.ts';
import type { HashName } from '../hash.ts';
import { algorithmIdentifier, readSubjectPublicKeyInfo, subjectPublicKeyInfo } from '../key-encoding.ts';
import type { SignatureAlgorithm } from '../signature.ts';
import { asBuffer } from './own-bytes.ts';

type PssAlgorithm = SignatureAlgorithm & { readonly kind: 'rsa-pss' };

/** The same modulus and exponent as in `spki`, as a key of id-RSASSA-PSS that does this algorithm alone. */
export function boundToPss(spki: Uint8Array, { hash, mgfHash, saltLength }: PssAlgorithm): KeyObject {
  const { subjectPublicKey } = readSubjectPublicKeyInfo(spki);
  const parameters = encodeDer(pssParameters, {
    hashAlgorithm: hashIdentifier(hash),
    maskGenAlgorithm: { algorithm: OID['id-mgf1'], parameters: encodeDer(algorithmIdentifier, hashIdentifier(mgfHash)) },
    saltLength,
  });
  const algorithm = { algorithm: OID['id-RSASSA-PSS'], parameters };
  const bound = encodeDer(subjectPublicKeyInfo, { algorithm, subjectPublicKey });
  return createPublicKey({ key: asBuffer(bound), format: 'der', type: 'spki' });
}

const pssParameters = /* @__PURE__ */ sequence({
  hashAlgorithm: /* @__PURE__ */ explicit(0, algorithmIdentifier),
  maskGenAlgorithm: /* @__PURE__ */ explicit(1, algorithmIdentifier),
  saltLength: /* @__PURE__ */ explicit(2, smallInteger),
});

function hashIdentifier(hash: HashName) {
  return { algorithm: OID[`id-${hash}`], parameters: encodeDer(nullValue, null) };
}
