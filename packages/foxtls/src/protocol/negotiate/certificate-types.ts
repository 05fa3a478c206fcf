/**
 * Which form of certificate each side shows: X.509 unless something else is agreed on (RFC 7250 §4, RFC 8446 §4.4.2).
 */

import { PeerIncompatible, PeerMisbehaved } from '../../core/errors/errors.ts';
import { CERTIFICATE_TYPES, certificateTypeName } from '../../core/registry/certificate-types.ts';
import type { CertificateKind } from '../../crypto/credential.ts';

export const CERTIFICATE_TYPE_OF: Readonly<Record<CertificateKind, number>> = {
  x509: CERTIFICATE_TYPES.X509,
  'raw-public-key': CERTIFICATE_TYPES.RawPublicKey,
};

/**
 * What a client offers; undefined when there is nothing to say: "If the client has no remaining certificate types to send in the client
 * hello, other than the default X.509 type, it MUST omit the client_certificate_type extension in the client hello." (RFC 7250 §4.1)
 */
export function certificateTypeOffer(kinds: readonly CertificateKind[]): readonly number[] | undefined {
  return kinds.every((kind) => kind === 'x509') ? undefined : kinds.map((kind) => CERTIFICATE_TYPE_OF[kind]);
}

/** The kinds of a client's offer that we know, in its order; without an offer it is X.509. */
export function offeredCertificateKinds(offer: readonly number[] | undefined): readonly CertificateKind[] {
  return (offer ?? [CERTIFICATE_TYPES.X509]).flatMap((type) => kindOf(type) ?? []);
}

/** The first of our kinds that the client offers too; undefined when there is none. */
export function chooseCertificateKind(
  ours: readonly CertificateKind[],
  offer: readonly number[] | undefined,
): CertificateKind | undefined {
  const theirs = offeredCertificateKinds(offer);
  return ours.find((kind) => theirs.includes(kind));
}

/**
 * What a server answered, or left out. Throws `PeerMisbehaved` for an answer that was not offered: "The value conveyed in the
 * client_certificate_type extension MUST be selected from one of the values provided in the client_certificate_type extension sent in
 * the client hello." (RFC 7250 §4.2)
 */
export function answeredCertificateKind(offered: readonly CertificateKind[], answer: number | undefined): CertificateKind {
  if (answer === undefined) return 'x509';
  const kind = kindOf(answer);
  if (kind !== undefined && offered.includes(kind)) return kind;
  throw new PeerMisbehaved('certificate_type_not_offered', `the server chose ${nameOf(answer)}, which was not offered`);
}

/** The error for two sides without a kind in common: RFC 7250 §4.2 has the server terminate with unsupported_certificate. */
export function noCommonCertificateType(
  ours: readonly CertificateKind[],
  offer: readonly number[] | undefined,
): PeerIncompatible {
  const theirs = offer ?? [CERTIFICATE_TYPES.X509];
  return new PeerIncompatible(
    'certificate_type',
    ours.map((kind) => nameOf(CERTIFICATE_TYPE_OF[kind])),
    theirs.map(nameOf),
  );
}

function kindOf(type: number): CertificateKind | undefined {
  if (type === CERTIFICATE_TYPES.X509) return 'x509';
  return type === CERTIFICATE_TYPES.RawPublicKey ? 'raw-public-key' : undefined;
}

function nameOf(type: number): string {
  return certificateTypeName(type) ?? `certificate type ${type}`;
}
