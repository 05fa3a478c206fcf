/**
 * PBES1 (RFC 8018 §6.1): DES or RC2 under a key of PBKDF1 (RFC 8018 §5.1). Read only.
 *
 * ```
 * PBEParameter ::= SEQUENCE {
 *    salt OCTET STRING (SIZE(8)),
 *    iterationCount INTEGER }
 *
 * T_1 = Hash (P || S) ,  …  T_c = Hash (T_{c-1}) ,  DK = T_c<0..dkLen-1>
 * K   = DK<0..7>         IV  = DK<8..15>
 * ```
 * The two schemes with MD2 are not read: nothing has written them since the last century.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { decodeDer, sequence } from '../../core/asn1/schema.ts';
import { octetString, smallInteger } from '../../core/asn1/types.ts';
import { concat } from '../../core/bytes/bytes.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import { settle } from '../../core/flow/flow.ts';
import type { CipherName } from '../../crypto/cipher.ts';
import type { HashName } from '../../crypto/hash.ts';
import type { PasswordScheme } from './password-scheme.ts';

const pbeParameter = sequence({ salt: octetString, iterationCount: smallInteger });

/** For RC2: "the "effective key bits" shall be 64 bits." (RFC 8018 §6.1.1) */
const SCHEMES: ReadonlyMap<string, { readonly hash: HashName; readonly cipher: CipherName }> = new Map([
  [OID['pbeWithMD5AndDES-CBC'], { hash: 'md5', cipher: 'des-ede3-cbc' }],
  [OID['pbeWithMD5AndRC2-CBC'], { hash: 'md5', cipher: 'rc2-64-cbc' }],
  [OID['pbeWithSHA1AndDES-CBC'], { hash: 'sha1', cipher: 'des-ede3-cbc' }],
  [OID['pbeWithSHA1AndRC2-CBC'], { hash: 'sha1', cipher: 'rc2-64-cbc' }],
]);

/** The scheme of an algorithm with these parameters; undefined when it is none of PBES1. */
export function readPbes1(algorithm: string, parameters: Uint8Array, path: string): PasswordScheme | undefined {
  const scheme = SCHEMES.get(algorithm);
  if (scheme === undefined) return undefined;
  const { salt, iterationCount: iterations } = decodeDer(pbeParameter, parameters, path);
  if (salt.length !== 8) throw new DecodeError(`${path}.salt`, `8 octets are expected, ${salt.length} are there`);
  if (iterations === 0) throw new DecodeError(`${path}.iteration_count`, 'at least one iteration is expected');
  const { hash, cipher } = scheme;
  return {
    cipher,
    *derive(password, work) {
      work.spend(iterations);
      const data = concat(password.octets, salt);
      const derived = yield* settle(work.provider.passwordHashes.iteratedHash.derive({ hash, data, iterations }));
      return { key: derived.slice(0, 8), iv: derived.slice(8, 16) };
    },
  };
}
