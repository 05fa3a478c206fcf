/** `foxtls/x509`: reading, creating and verifying certificates. */
export type { AlgorithmPolicy } from './pki/x509/algorithm-policy.ts';
export type { TrustAnchorLookUp } from './pki/x509/anchor-index.ts';
export { type Certificate, fingerprint, parseCertificate } from './pki/x509/certificate.ts';
export {
  type AuthorityOptions,
  type CertificateIssuer,
  type CreatedCertificate,
  createCertificate,
  createCertificateAuthority,
  createCertificateAuthoritySync,
  createCertificateSync,
  createSelfSigned,
  createSelfSignedSync,
  type EndEntityOptions,
  formatCertificatePem,
  type IssuedOptions,
} from './pki/x509/create-certificate.ts';
export {
  type CreatableExtensions,
  createCpsQualifier,
  createDistributionPoint,
  createExtension,
  createUserNoticeQualifier,
  MUST_STAPLE,
} from './pki/x509/create-extension.ts';
export { createGeneralName, type GeneralNameInputs } from './pki/x509/create-general-name.ts';
export { authorityNames, type CredentialParts, credentialOf, rawPublicKeyCredential } from './pki/x509/credential.ts';
export { explain } from './pki/x509/explain.ts';
export type { Extension, KeyUsageName, KnownExtensions } from './pki/x509/extensions.ts';
export type { Fetcher, FetchRequest } from './pki/x509/fetcher.ts';
export { formatGeneralName, formatIpAddress, type GeneralName, parseIpAddress } from './pki/x509/general-name.ts';
export {
  type IssueOptions,
  type IssueRequestedOptions,
  issueCertificate,
  issueCertificateSync,
  issueRequested,
  issueRequestedSync,
  type KeyPurpose,
  writeCertificate,
} from './pki/x509/issue-certificate.ts';
export { createName, Name, type NameAttribute, type NameFields } from './pki/x509/name.ts';
export { parseName } from './pki/x509/parse-name.ts';
export type { PathCheck, PathCheckContext, SideRequest } from './pki/x509/path-check.ts';
export type { PathBudget } from './pki/x509/path-search.ts';
export type { Pins } from './pki/x509/pins.ts';
export type { PathPolicies, PolicyInputs } from './pki/x509/policy-graph.ts';
export type { CertificateProfile } from './pki/x509/profile.ts';
export { type CertificatePurpose, PURPOSES, type PurposeName } from './pki/x509/purpose.ts';
export {
  createRawPublicKeyVerifier,
  type RawPublicKeyVerifierOptions,
  verifyByKind,
} from './pki/x509/raw-public-key-verifier.ts';
export {
  type CertificateRevocationList,
  formatCrlPem,
  type KnownCrlExtensions,
  parseCertificateRevocationList,
  parseCrlPem,
} from './pki/x509/revocation/certificate-list.ts';
export { createRevocationChecker, type RevocationOptions, type RevocationPolicy } from './pki/x509/revocation/checker.ts';
export {
  type CertificateRevocationListOptions,
  createCertificateRevocationList,
  createCertificateRevocationListSync,
  type RevocationEntry,
} from './pki/x509/revocation/create-certificate-list.ts';
export {
  createOcspErrorResponse,
  createOcspResponse,
  createOcspResponseSync,
  type OcspAnswer,
  type OcspResponseOptions,
  type OcspStatus,
} from './pki/x509/revocation/create-ocsp-response.ts';
export type { CrlProfile } from './pki/x509/revocation/crl-profile.ts';
export type { DistributionPoint, IssuingDistributionPoint } from './pki/x509/revocation/distribution-points.ts';
export type {
  CertificateStatus,
  RevocationProblem,
  RevocationProblemReason,
  RevocationSource,
} from './pki/x509/revocation/findings.ts';
export type {
  CertId,
  OcspErrorStatus,
  OcspResponseStatus,
  ResponderId,
  SingleResponse,
} from './pki/x509/revocation/ocsp-messages.ts';
export {
  createOcspRequest,
  type OcspRequest,
  type OcspRequestOptions,
  parseOcspRequest,
} from './pki/x509/revocation/ocsp-request.ts';
export { createOcspResponder, type OcspResponder, type OcspResponderOptions } from './pki/x509/revocation/ocsp-responder.ts';
export { type BasicOcspResponse, type OcspResponse, parseOcspResponse } from './pki/x509/revocation/ocsp-response.ts';
export type { ReasonFlag, RevocationReason } from './pki/x509/revocation/reasons.ts';
export {
  createRevocationCache,
  type RevocationCache,
  type RevocationCacheLimits,
} from './pki/x509/revocation/revocation-cache.ts';
export type { RevokedCertificate, RevokedCertificates } from './pki/x509/revocation/revoked-certificates.ts';
export {
  matchReference,
  matchServerName,
  type NameMatching,
  type ReferenceIdentifier,
} from './pki/x509/server-name.ts';
export { subjectHash, subjectHashOld } from './pki/x509/subject-hash.ts';
export type { TrustAnchor } from './pki/x509/trust-anchor.ts';
export {
  type InvalidCertificate,
  type ValidationOptions,
  type ValidationResult,
  type ValidCertificate,
  validateCertificate,
  validateCertificateSync,
} from './pki/x509/validate-certificate.ts';
export type { ValidationSettings } from './pki/x509/validation.ts';
export { createX509Verifier, reportOnly, trustWithoutVerification, type X509VerifierOptions } from './pki/x509/verifier.ts';
export type { CertificateVisit, CertificateVisitor, VisitAnswer } from './pki/x509/verify-hook.ts';
export type { CertificateFields } from './pki/x509/write-certificate.ts';
