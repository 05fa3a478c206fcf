/**
 * The key derivation functions of PBES2 and PBMAC1 as AlgorithmIdentifiers: PBKDF2 (RFC 8018 Appendix A.2), scrypt (RFC 7914 §7).
 *
 * ```
 * PBKDF2-params ::= SEQUENCE {
 *     salt CHOICE {
 *         specified OCTET STRING,
 *         otherSource AlgorithmIdentifier {{PBKDF2-SaltSources}}
 *     },
 *     iterationCount INTEGER (1..MAX),
 *     keyLength INTEGER (1..MAX) OPTIONAL,
 *     prf AlgorithmIdentifier {{PBKDF2-PRFs}} DEFAULT
 *     algid-hmacWithSHA1 }
 * scrypt-params ::= SEQUENCE {
 *        salt OCTET STRING,
 *        costParameter INTEGER (1..MAX),
 *        blockSize INTEGER (1..MAX),
 *        parallelizationParameter INTEGER (1..MAX),
 *        keyLength INTEGER (1..MAX) OPTIONAL }
 * ```
 * `otherSource` is reserved and not read. The default of prf is read also where it is written out, which DER forbids and files have.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { decodeDer, encodeDer, optional, sequence } from '../../core/asn1/schema.ts';
import { nullValue, octetString, smallInteger } from '../../core/asn1/types.ts';
import { ApiMisuse, DecodeError } from '../../core/errors/errors.ts';
import { type Flow, settle } from '../../core/flow/flow.ts';
import type { RandomSource } from '../../crypto/key-exchange.ts';
import type { Pbkdf2Parameters, ScryptParameters } from '../../crypto/password-hash.ts';
import { type AlgorithmIdentifier, algorithmIdentifier } from './algorithm-identifier.ts';
import { type PasswordWork, protectionUnsupported } from './password.ts';

const pbkdf2Params = sequence({
  salt: octetString,
  iterationCount: smallInteger,
  keyLength: optional(smallInteger),
  prf: optional(algorithmIdentifier),
});

const scryptParams = sequence({
  salt: octetString,
  costParameter: smallInteger,
  blockSize: smallInteger,
  parallelizationParameter: smallInteger,
  keyLength: optional(smallInteger),
});

/** The hash of an HMAC. */
export type PrfHash = Pbkdf2Parameters['hash'];

/** How a key is derived from a password. */
export type KeyDerivationOptions =
  | {
      readonly kind: 'pbkdf2';
      /** The hash of the HMAC; `sha256` unless set. */
      readonly hash?: PrfHash;
      /** 600,000 unless set. */
      readonly iterations?: number;
      /** Written down only where it is set; whoever reads takes the cipher's otherwise. */
      readonly keyLength?: number;
    }
  | {
      readonly kind: 'scrypt';
      /** N, a power of 2; 16384 unless set, the most that `openssl` reads with r = 8. */
      readonly cost?: number;
      /** r; 8 unless set. */
      readonly blockSize?: number;
      /** p; 1 unless set. */
      readonly parallelization?: number;
    };

export interface KeyDerivation {
  /** What the parameters say about the key's length, if they do. */
  readonly keyLength: number | undefined;
  derive(password: Uint8Array, length: number, work: PasswordWork): Flow<Uint8Array>;
}

const PRFS: ReadonlyMap<string, PrfHash> = new Map([
  [OID['id-hmacWithSHA1'], 'sha1'],
  [OID['id-hmacWithSHA224'], 'sha224'],
  [OID['id-hmacWithSHA256'], 'sha256'],
  [OID['id-hmacWithSHA384'], 'sha384'],
  [OID['id-hmacWithSHA512'], 'sha512'],
]);

/** OWASP's advice of 2023 for PBKDF2 with HMAC-SHA-256: a fifth of a second here. */
export const DEFAULT_ITERATIONS = 600_000;

const SALT_SIZE = 16;

/** Reads the function that an AlgorithmIdentifier names. Throws `DecodeError`, and `CryptoFailure` for one that is not supported. */
export function readKeyDerivation({ algorithm, parameters }: AlgorithmIdentifier, path: string): KeyDerivation {
  if (parameters === undefined) throw new DecodeError(path, 'the parameters are missing');
  if (algorithm === OID['id-PBKDF2']) return readPbkdf2(parameters, `${path}.parameters`);
  if (algorithm === OID['id-scrypt']) return readScrypt(parameters, `${path}.parameters`);
  throw protectionUnsupported(`the key derivation ${algorithm}`);
}

/** A function with fresh salt, and the AlgorithmIdentifier that names it. Throws `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`). */
export function newKeyDerivation(
  options: KeyDerivationOptions = { kind: 'pbkdf2' },
  random: RandomSource,
): { readonly derivation: KeyDerivation; readonly algorithm: AlgorithmIdentifier } {
  const salt = random(SALT_SIZE);
  if (options.kind === 'pbkdf2') {
    const { hash = 'sha256', iterations = DEFAULT_ITERATIONS, keyLength } = options;
    requirePositive(iterations, 'iterations');
    const prf = hash === 'sha1' ? undefined : prfIdentifier(hash);
    const parameters = encodeDer(pbkdf2Params, { salt, iterationCount: iterations, keyLength, prf });
    return { derivation: pbkdf2(salt, iterations, hash, keyLength), algorithm: { algorithm: OID['id-PBKDF2'], parameters } };
  }
  const { cost = 16384, blockSize = 8, parallelization = 1 } = options;
  for (const [name, value] of Object.entries({ cost, blockSize, parallelization })) requirePositive(value, name);
  const problem = scryptProblem(cost, blockSize, parallelization);
  if (problem !== undefined) throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', problem);
  const parameters = encodeDer(scryptParams, {
    salt,
    costParameter: cost,
    blockSize,
    parallelizationParameter: parallelization,
  });
  const derivation = scrypt({ salt, cost, blockSize, parallelization }, undefined);
  return { derivation, algorithm: { algorithm: OID['id-scrypt'], parameters } };
}

/** The hash of an HMAC by its AlgorithmIdentifier; undefined when it is unknown. */
export function prfHash({ algorithm }: AlgorithmIdentifier): PrfHash | undefined {
  return PRFS.get(algorithm);
}

/** The AlgorithmIdentifier of an HMAC. */
export function prfIdentifier(hash: PrfHash): AlgorithmIdentifier {
  const [algorithm] = [...PRFS].find(([, candidate]) => candidate === hash) as [string, PrfHash];
  return { algorithm, parameters: encodeDer(nullValue, null) };
}

function readPbkdf2(parameters: Uint8Array, path: string): KeyDerivation {
  const { salt, iterationCount, keyLength, prf } = decodeDer(pbkdf2Params, parameters, path);
  if (iterationCount === 0) throw new DecodeError(`${path}.iteration_count`, 'at least one iteration is expected');
  const hash = prf === undefined ? 'sha1' : prfHash(prf);
  if (hash === undefined) throw protectionUnsupported(`the pseudorandom function ${prf?.algorithm}`);
  return pbkdf2(salt, iterationCount, hash, keyLength);
}

function readScrypt(parameters: Uint8Array, path: string): KeyDerivation {
  const read = decodeDer(scryptParams, parameters, path);
  const { salt, costParameter: cost, blockSize, parallelizationParameter: parallelization, keyLength } = read;
  const problem = scryptProblem(cost, blockSize, parallelization);
  if (problem !== undefined) throw new DecodeError(path, problem);
  return scrypt({ salt, cost, blockSize, parallelization }, keyLength);
}

function pbkdf2(salt: Uint8Array, iterations: number, hash: PrfHash, keyLength: number | undefined): KeyDerivation {
  return {
    keyLength,
    *derive(password, length, work) {
      work.spend(iterations * Math.ceil(length / OUTPUT_SIZE[hash]));
      return yield* settle(work.provider.passwordHashes.pbkdf2.derive({ hash, password, salt, iterations, length }));
    },
  };
}

const OUTPUT_SIZE: Readonly<Record<PrfHash, number>> = { sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 };

function scrypt(parameters: Omit<ScryptParameters, 'password' | 'length'>, keyLength: number | undefined): KeyDerivation {
  const { cost, blockSize, parallelization } = parameters;
  return {
    keyLength,
    *derive(password, length, work) {
      work.requireMemory(128 * blockSize * Math.max(cost, parallelization));
      work.spend(cost * blockSize * parallelization);
      return yield* settle(work.provider.passwordHashes.scrypt.derive({ ...parameters, password, length }));
    },
  };
}

/** RFC 7914 §6: N "must be larger than 1, a power of 2, and less than 2^(128 * r / 8)"; p is at most ((2^32-1) * 32) / (128 * r). */
function scryptProblem(cost: number, blockSize: number, parallelization: number): string | undefined {
  if (blockSize === 0 || parallelization === 0) return 'block size and parallelization are 1 at least';
  if (cost < 2 || (cost & (cost - 1)) !== 0 || Math.log2(cost) >= 16 * blockSize) {
    return 'the cost is a power of 2, above 1 and below 2^(16r)';
  }
  return parallelization * blockSize * 4 > 0xffffffff ? 'the parallelization is too large' : undefined;
}

function requirePositive(value: number, name: string): void {
  if (Number.isInteger(value) && value >= 1 && value <= 0x7fffffff) return;
  throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `${name} is a whole number from 1 to 2147483647`);
}
