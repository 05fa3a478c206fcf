/**
 * The encryption schemes of PKCS#12 (RFC 7292 Appendix C): Triple-DES or RC2 under a key of its own derivation, with SHA-1.
 *
 * ```
 * pkcs-12PbeParams ::= SEQUENCE {
 *     salt        OCTET STRING,
 *     iterations  INTEGER
 * }
 * ```
 * Of RFC 7292 Appendix B: "Note that this method for password privacy mode is not recommended and is deprecated for new usage." They are
 * read; Triple-DES with three keys is written for old readers that know nothing better. The two schemes with RC4 are not read.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { decodeDer, encodeDer, sequence } from '../../core/asn1/schema.ts';
import { octetString, smallInteger } from '../../core/asn1/types.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import type { CipherName } from '../../crypto/cipher.ts';
import type { RandomSource } from '../../crypto/key-exchange.ts';
import type { AlgorithmIdentifier } from './algorithm-identifier.ts';
import type { PasswordScheme } from './password-scheme.ts';
import { derivePkcs12Key } from './pkcs12-key-derivation.ts';

const pbeParams = sequence({ salt: octetString, iterations: smallInteger });

const BLOCK_SIZE = 8;
const SALT_SIZE = 16;

interface CipherUse {
  readonly cipher: CipherName;
  /** Bytes of key that are derived; 16 for Triple-DES are its two keys. */
  readonly keySize: number;
}

const TRIPLE_DES: CipherUse = { cipher: 'des-ede3-cbc', keySize: 24 };

const SCHEMES: ReadonlyMap<string, CipherUse> = new Map([
  [OID['pbeWithSHAAnd3-KeyTripleDES-CBC'], TRIPLE_DES],
  [OID['pbeWithSHAAnd2-KeyTripleDES-CBC'], { cipher: 'des-ede3-cbc', keySize: 16 }],
  [OID['pbeWithSHAAnd128BitRC2-CBC'], { cipher: 'rc2-128-cbc', keySize: 16 }],
  [OID['pbewithSHAAnd40BitRC2-CBC'], { cipher: 'rc2-40-cbc', keySize: 5 }],
]);

/** The scheme of an algorithm with these parameters; undefined when it is none of PKCS#12. */
export function readPkcs12Pbe(algorithm: string, parameters: Uint8Array, path: string): PasswordScheme | undefined {
  const use = SCHEMES.get(algorithm);
  if (use === undefined) return undefined;
  const { salt, iterations } = decodeDer(pbeParams, parameters, path);
  if (iterations === 0) throw new DecodeError(`${path}.iterations`, 'at least one iteration is expected');
  return schemeOf(use, salt, iterations);
}

/** Triple-DES with fresh salt, and the AlgorithmIdentifier that says so. */
export function newTripleDesPbe(
  iterations: number,
  random: RandomSource,
): { readonly scheme: PasswordScheme; readonly algorithm: AlgorithmIdentifier } {
  const salt = random(SALT_SIZE);
  const parameters = encodeDer(pbeParams, { salt, iterations });
  const algorithm = { algorithm: OID['pbeWithSHAAnd3-KeyTripleDES-CBC'], parameters };
  return { scheme: schemeOf(TRIPLE_DES, salt, iterations), algorithm };
}

function schemeOf({ cipher, keySize }: CipherUse, salt: Uint8Array, iterations: number): PasswordScheme {
  return {
    cipher,
    *derive({ bmp }, work) {
      const common = { hash: 'sha1', password: bmp, salt, iterations } as const;
      const key = yield* derivePkcs12Key({ ...common, purpose: 'key', length: keySize }, work);
      const iv = yield* derivePkcs12Key({ ...common, purpose: 'iv', length: BLOCK_SIZE }, work);
      return { key, iv };
    },
  };
}
