/**
 * Keys in the forms that are older than PKCS#8, for programs that read no other: PKCS#1 (RFC 8017 Appendix A.1) and SEC 1 (RFC 5915 §3).
 *
 * ```
 * -----BEGIN RSA PRIVATE KEY-----     RSAPrivateKey
 * -----BEGIN EC PRIVATE KEY-----      ECPrivateKey, with its curve
 * -----BEGIN RSA PUBLIC KEY-----      RSAPublicKey
 * ```
 * They are read by `parsePrivateKeyPem` and `parsePublicKeyPem` like any other.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { formatPem } from '../../core/asn1/pem.ts';
import { decodeDer, encodeDer } from '../../core/asn1/schema.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { ecPrivateKey, oneAsymmetricKey } from './private-key.ts';
import { readSubjectPublicKeyInfo } from './public-key.ts';

/**
 * A private key, PKCS#8 DER, in its old form as PEM: `RSA PRIVATE KEY` or `EC PRIVATE KEY`.
 *
 * Throws `DecodeError` (`ERR_TLS_DECODE`) for what is no PKCS#8, and `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for keys that have no old form:
 * Ed25519, Ed448, RSA-PSS.
 *
 * ```ts
 * writeFileSync('key.pem', formatTraditionalPrivateKeyPem(key.exportPkcs8()), { mode: 0o600 });
 * ```
 */
export function formatTraditionalPrivateKeyPem(pkcs8: Uint8Array): string {
  const { privateKeyAlgorithm, privateKey, publicKey } = decodeDer(oneAsymmetricKey, pkcs8, 'private_key_info');
  switch (privateKeyAlgorithm.algorithm) {
    case OID.rsaEncryption:
      return formatPem('RSA PRIVATE KEY', privateKey);
    case OID['id-ecPublicKey']: {
      const key = decodeDer(ecPrivateKey, privateKey, 'ec_private_key');
      const { parameters } = privateKeyAlgorithm;
      return formatPem('EC PRIVATE KEY', encodeDer(ecPrivateKey, { publicKey, ...key, parameters }));
    }
    default:
      throw withoutOldForm(privateKeyAlgorithm.algorithm);
  }
}

/**
 * An RSA public key, SubjectPublicKeyInfo DER, in its old form as PEM: `RSA PUBLIC KEY`. Throws like `formatTraditionalPrivateKeyPem`.
 *
 * ```ts
 * const pem = formatTraditionalPublicKeyPem(key.publicKey.spki);
 * ```
 */
export function formatTraditionalPublicKeyPem(spki: Uint8Array): string {
  const { algorithm, bits } = readSubjectPublicKeyInfo(spki);
  if (algorithm !== OID.rsaEncryption) throw withoutOldForm(algorithm);
  return formatPem('RSA PUBLIC KEY', bits);
}

function withoutOldForm(algorithm: string): ApiMisuse {
  return new ApiMisuse(
    'ERR_TLS_INVALID_ARGUMENT',
    `keys of the algorithm ${algorithm} have no form but PKCS#8 and SubjectPublicKeyInfo`,
  );
}
