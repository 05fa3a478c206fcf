/**
 * Encryption with passwords: one way to open whatever an AlgorithmIdentifier names.
 *
 * PBES2 (RFC 8018 §6.2), PBES1 (RFC 8018 §6.1) and the schemes of PKCS#12 (RFC 7292 Appendix C).
 */

import { OID, oidName } from '../../core/asn1/object-identifiers.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import type { Flow } from '../../core/flow/flow.ts';
import type { AlgorithmIdentifier } from './algorithm-identifier.ts';
import { type PasswordForms, type PasswordWork, protectionUnsupported } from './password.ts';
import { openWithScheme, type PasswordScheme } from './password-scheme.ts';
import { readPbes1 } from './pbes1.ts';
import { readPbes2 } from './pbes2.ts';
import { readPkcs12Pbe } from './pkcs12-pbe.ts';

/**
 * Decrypts. Undefined when the padding is wrong: with a wrong password it mostly is. A right padding proves nothing.
 *
 * Throws `DecodeError` for malformed parameters, `CryptoFailure` for an algorithm that is not supported, here or by the provider, and
 * `LimitExceeded`. `path` names the algorithm in errors.
 */
export function* openWithPassword(
  algorithm: AlgorithmIdentifier,
  path: string,
  ciphertext: Uint8Array,
  password: PasswordForms,
  work: PasswordWork,
): Flow<Uint8Array | undefined> {
  return yield* openWithScheme(readScheme(algorithm, path), ciphertext, password, work);
}

/** Reads the parameters of an encryption scheme. Throws as `openWithPassword`. */
export function readScheme(algorithm: AlgorithmIdentifier, path: string): PasswordScheme {
  const parameters = algorithm.parameters ?? missing(path);
  const parametersPath = `${path}.parameters`;
  if (algorithm.algorithm === OID['id-PBES2']) return readPbes2(parameters, parametersPath);
  const scheme =
    readPbes1(algorithm.algorithm, parameters, parametersPath) ?? readPkcs12Pbe(algorithm.algorithm, parameters, parametersPath);
  if (scheme !== undefined) return scheme;
  throw protectionUnsupported(`the encryption ${oidName(algorithm.algorithm) ?? algorithm.algorithm}`);
}

function missing(path: string): never {
  throw new DecodeError(path, 'the parameters are missing');
}
