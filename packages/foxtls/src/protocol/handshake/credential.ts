/**
 * What an endpoint proves itself with: defined in crypto/, because pki/ makes such things.
 */

export type { CertificateKind, Credential, RawPublicKeyCredential, X509Credential } from '../../crypto/credential.ts';
