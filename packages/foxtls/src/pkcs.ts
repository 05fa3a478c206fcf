/** `foxtls/pkcs`: private and public keys in PKCS#8, SEC1, PKCS#1 and SubjectPublicKeyInfo, as DER and PEM. */
export { type Attribute, createAttribute } from './pki/pkcs/attributes.ts';
export {
  type CertificationRequest,
  formatCertificationRequestPem,
  parseCertificationRequest,
  parseCertificationRequestPem,
  type VerifiedCertificationRequest,
  verifyCertificationRequest,
  verifyCertificationRequestSync,
} from './pki/pkcs/certification-request.ts';
export {
  type CertificationRequestOptions,
  createCertificationRequest,
  createCertificationRequestSync,
} from './pki/pkcs/create-certification-request.ts';
export { type CreatePkcs12Options, createPkcs12, createPkcs12Sync, type Pkcs12Protection } from './pki/pkcs/create-pkcs12.ts';
export {
  type DecryptOptions,
  decryptPrivateKey,
  decryptPrivateKeySync,
  type EncryptOptions,
  encryptPrivateKey,
  encryptPrivateKeySync,
  formatEncryptedPrivateKeyPem,
  type ReadPrivateKeyOptions,
  readPrivateKeyPem,
  readPrivateKeyPemSync,
} from './pki/pkcs/encrypted-private-key.ts';
export type { KeyDerivationOptions } from './pki/pkcs/key-derivation.ts';
export type { Password, PasswordLimits, PasswordProvider } from './pki/pkcs/password.ts';
export type { EncryptionCipher, EncryptionOptions } from './pki/pkcs/pbes2.ts';
export type { Pkcs12, Pkcs12Attributes, Pkcs12Certificate, Pkcs12Crl, Pkcs12Key, Pkcs12Secret } from './pki/pkcs/pkcs12.ts';
export { formatPrivateKeyPem, parsePrivateKeyPem, readPrivateKeyDer } from './pki/pkcs/private-key.ts';
export { formatPublicKeyPem, type PublicKeyFacts, parsePublicKeyPem, readSubjectPublicKeyInfo } from './pki/pkcs/public-key.ts';
export { type ReadPkcs12Options, readPkcs12, readPkcs12Sync } from './pki/pkcs/read-pkcs12.ts';
