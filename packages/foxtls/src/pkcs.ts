/** `foxtls/pkcs`: keys in PKCS#8, SEC1, PKCS#1 and SubjectPublicKeyInfo, certification requests (PKCS#10), messages (PKCS#7, CMS). */
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
export { type CertificatesOnly, createCertificatesOnly, parseCertificatesOnly } from './pki/pkcs/cms/certificates-only.ts';
export type { ContentEncryption } from './pki/pkcs/cms/content-encryption.ts';
export { formatCmsPem, parseCmsPem } from './pki/pkcs/cms/content-info.ts';
export {
  createEnvelopedData,
  createEnvelopedDataSync,
  type EnvelopedDataOptions,
  type MessageProvider,
  type MessageRecipient,
  type SharedKeyRecipient,
} from './pki/pkcs/cms/create-enveloped-data.ts';
export {
  createSignedData,
  createSignedDataSync,
  type MessageSigner,
  type SignedDataOptions,
} from './pki/pkcs/cms/create-signed-data.ts';
export { type EnvelopedData, parseEnvelopedData } from './pki/pkcs/cms/enveloped-data.ts';
export type { IdentifiedBy } from './pki/pkcs/cms/identifiers.ts';
export type { RsaEncryption } from './pki/pkcs/cms/key-transport.ts';
export {
  type CertifiedRecipient,
  type OpenEnvelopedDataOptions,
  type OpenedEnvelopedData,
  openEnvelopedData,
  openEnvelopedDataSync,
} from './pki/pkcs/cms/open-enveloped-data.ts';
export { parseSignedData, type SignedData } from './pki/pkcs/cms/signed-data.ts';
export {
  type VerifiedSignedData,
  type VerifiedSigner,
  type VerifySignedDataOptions,
  verifySignedData,
  verifySignedDataSync,
} from './pki/pkcs/cms/verify-signed-data.ts';
export {
  type CertificationRequestOptions,
  createCertificationRequest,
  createCertificationRequestSync,
} from './pki/pkcs/create-certification-request.ts';
export { type CreatePkcs12Options, createPkcs12, createPkcs12Sync, type Pkcs12Protection } from './pki/pkcs/create-pkcs12.ts';
export { type DhParameters, formatDhParametersPem, parseDhParameters, parseDhParametersPem } from './pki/pkcs/dh-parameters.ts';
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
export { type Pkcs12Limits, type ReadPkcs12Options, readPkcs12, readPkcs12Sync } from './pki/pkcs/read-pkcs12.ts';
export { formatTraditionalPrivateKeyPem, formatTraditionalPublicKeyPem } from './pki/pkcs/traditional-key.ts';
