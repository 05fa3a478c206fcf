/**
 * PBES2 (RFC 8018 §6.2, Appendix A.4): a key of PBKDF2 or scrypt, and a block cipher in CBC mode.
 *
 * ```
 * PBES2-params ::= SEQUENCE {
 *    keyDerivationFunc AlgorithmIdentifier {{PBES2-KDFs}},
 *    encryptionScheme AlgorithmIdentifier {{PBES2-Encs}} }
 * RC2-CBC-Parameter ::= SEQUENCE {
 *     rc2ParameterVersion INTEGER OPTIONAL,
 *     iv OCTET STRING (SIZE(8)) }
 * ```
 * The other ciphers have their initialization vector as parameters: an OCTET STRING.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { decodeDer, encodeDer, optional, sequence } from '../../core/asn1/schema.ts';
import { octetString, smallInteger } from '../../core/asn1/types.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import type { CipherName } from '../../crypto/cipher.ts';
import type { RandomSource } from '../../crypto/key-exchange.ts';
import { type AlgorithmIdentifier, algorithmIdentifier } from './algorithm-identifier.ts';
import { type KeyDerivation, type KeyDerivationOptions, newKeyDerivation, readKeyDerivation } from './key-derivation.ts';
import { protectionUnsupported } from './password.ts';
import type { PasswordScheme } from './password-scheme.ts';

const pbes2Params = sequence({ keyDerivationFunc: algorithmIdentifier, encryptionScheme: algorithmIdentifier });

const rc2CbcParameter = sequence({ rc2ParameterVersion: optional(smallInteger), iv: octetString });

/** The ciphers that are written. AES-256 unless something old has to read it. */
export type EncryptionCipher = 'aes-128-cbc' | 'aes-192-cbc' | 'aes-256-cbc' | 'des-ede3-cbc';

/** How a key is encrypted. */
export interface EncryptionOptions {
  /** `aes-256-cbc` unless set. */
  readonly cipher?: EncryptionCipher;
  /** PBKDF2 with HMAC-SHA-256 and 600,000 iterations unless set. */
  readonly keyDerivation?: KeyDerivationOptions;
}

interface CipherUse {
  readonly cipher: CipherName;
  /** Bytes of key that are derived. */
  readonly keySize: number;
  readonly ivSize: number;
}

const CIPHERS: ReadonlyMap<string, CipherUse> = new Map([
  [OID['aes128-CBC-PAD'], { cipher: 'aes-128-cbc', keySize: 16, ivSize: 16 }],
  [OID['aes192-CBC-PAD'], { cipher: 'aes-192-cbc', keySize: 24, ivSize: 16 }],
  [OID['aes256-CBC-PAD'], { cipher: 'aes-256-cbc', keySize: 32, ivSize: 16 }],
  [OID['des-EDE3-CBC'], { cipher: 'des-ede3-cbc', keySize: 24, ivSize: 8 }],
  // "The key is considered as a 64-bit encoding of a 56-bit DES key with parity bits ignored." (RFC 8018 Appendix B.2.1)
  [OID.desCBC, { cipher: 'des-ede3-cbc', keySize: 8, ivSize: 8 }],
]);

/** By `rc2ParameterVersion` (RFC 8018 Appendix B.2.3). */
const RC2: ReadonlyMap<number, CipherUse> = new Map([
  [160, { cipher: 'rc2-40-cbc', keySize: 5, ivSize: 8 }],
  [120, { cipher: 'rc2-64-cbc', keySize: 8, ivSize: 8 }],
  [58, { cipher: 'rc2-128-cbc', keySize: 16, ivSize: 8 }],
]);

/** Reads PBES2-params. Throws `DecodeError`, and `CryptoFailure` for functions and ciphers that are not supported. */
export function readPbes2(parameters: Uint8Array, path: string): PasswordScheme {
  const { keyDerivationFunc, encryptionScheme } = decodeDer(pbes2Params, parameters, path);
  const derivation = readKeyDerivation(keyDerivationFunc, `${path}.key_derivation_func`);
  const { use, iv } = readEncryptionScheme(encryptionScheme, `${path}.encryption_scheme`);
  if (iv.length !== use.ivSize) {
    throw new DecodeError(
      `${path}.encryption_scheme.parameters`,
      `an initialization vector of ${use.ivSize} octets is expected, ${iv.length} are there`,
    );
  }
  if (derivation.keyLength !== undefined && derivation.keyLength !== use.keySize) {
    throw new DecodeError(
      `${path}.key_derivation_func.parameters.key_length`,
      `${use.cipher} takes ${use.keySize} octets, ${derivation.keyLength} are there`,
    );
  }
  return schemeOf(derivation, use, iv);
}

/** A scheme with fresh salt and initialization vector, and the AlgorithmIdentifier that says so. Throws `ApiMisuse` for bad options. */
export function newPbes2(
  { cipher = 'aes-256-cbc', keyDerivation }: EncryptionOptions,
  random: RandomSource,
): { readonly scheme: PasswordScheme; readonly algorithm: AlgorithmIdentifier } {
  const [oid, use] = [...CIPHERS].find(([, candidate]) => candidate.cipher === cipher) as [string, CipherUse];
  const iv = random(use.ivSize);
  const { derivation, algorithm: keyDerivationFunc } = newKeyDerivation(keyDerivation, random);
  const encryptionScheme = { algorithm: oid, parameters: encodeDer(octetString, iv) };
  const parameters = encodeDer(pbes2Params, { keyDerivationFunc, encryptionScheme });
  return { scheme: schemeOf(derivation, use, iv), algorithm: { algorithm: OID['id-PBES2'], parameters } };
}

function schemeOf(derivation: KeyDerivation, { cipher, keySize }: CipherUse, iv: Uint8Array): PasswordScheme {
  return {
    cipher,
    *derive({ octets }, work) {
      return { key: yield* derivation.derive(octets, keySize, work), iv };
    },
  };
}

function readEncryptionScheme(
  { algorithm, parameters }: AlgorithmIdentifier,
  path: string,
): { readonly use: CipherUse; readonly iv: Uint8Array } {
  if (parameters === undefined) throw new DecodeError(path, 'the parameters are missing');
  if (algorithm === OID.rc2CBC) {
    const { rc2ParameterVersion, iv } = decodeDer(rc2CbcParameter, parameters, `${path}.parameters`);
    const use = rc2ParameterVersion === undefined ? undefined : RC2.get(rc2ParameterVersion);
    if (use === undefined) throw protectionUnsupported('RC2 with other than 40, 64 or 128 effective key bits');
    return { use, iv };
  }
  const use = CIPHERS.get(algorithm);
  if (use === undefined) throw protectionUnsupported(`the cipher ${algorithm}`);
  return { use, iv: decodeDer(octetString, parameters, `${path}.parameters`) };
}
