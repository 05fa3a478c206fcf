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
export { formatPrivateKeyPem, parsePrivateKeyPem, readPrivateKeyDer } from './pki/pkcs/private-key.ts';
export { formatPublicKeyPem, type PublicKeyFacts, parsePublicKeyPem, readSubjectPublicKeyInfo } from './pki/pkcs/public-key.ts';
