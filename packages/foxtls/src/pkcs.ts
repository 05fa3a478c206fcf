/** `foxtls/pkcs`: private and public keys in PKCS#8, SEC1, PKCS#1 and SubjectPublicKeyInfo, as DER and PEM. */
export { formatPrivateKeyPem, parsePrivateKeyPem, readPrivateKeyDer } from './pki/pkcs/private-key.ts';
export { formatPublicKeyPem, type PublicKeyFacts, parsePublicKeyPem, readSubjectPublicKeyInfo } from './pki/pkcs/public-key.ts';
