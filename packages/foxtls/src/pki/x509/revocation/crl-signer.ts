/**
 * Who signed a CRL, and whether he may (RFC 5280 §6.3.3 (f), (g)).
 */

import { equal } from '../../../core/bytes/bytes.ts';
import type { Flow } from '../../../core/flow/flow.ts';
import type { Certificate } from '../certificate.ts';
import { PURPOSES } from '../purpose.ts';
import type { CertificateRevocationList } from './certificate-list.ts';
import { problem, type RevocationProblem } from './findings.ts';
import { findSignerPath, isSignedBy, isSuspect, type Judge, type Subject } from './judgement.ts';

/** More certificates of one name are not tried. */
const MAX_SIGNERS = 8;

/** The path of whoever signed the CRL, if he may; his certificate is first. */
export function* findListSigner(
  crl: CertificateRevocationList,
  subject: Subject,
  judge: Judge,
): Flow<readonly Certificate[] | RevocationProblem> {
  if (crl.signatureAlgorithm === undefined) {
    return problem('crl', 'signature_algorithm_unsupported', 'the CRL is signed with an unsupported algorithm');
  }
  const candidates = findCandidates(crl, subject, judge);
  let refusal: RevocationProblem | undefined;
  for (const candidate of candidates) {
    const found = yield* judgeSigner(candidate, crl, subject, judge);
    if (!('reason' in found)) return found;
    // Of all, who did sign but may not is the one to tell of.
    if (refusal === undefined || found.reason !== 'signature_invalid') refusal = found;
  }
  return refusal ?? problem('crl', 'signer_unknown', `no certificate of ${crl.issuer}, who issued the CRL, is known`);
}

/** Certificates in the name of the CRL's issuer, without repetition: the certificate's own issuers first, then by key identifier. */
function findCandidates(crl: CertificateRevocationList, { issuerPath }: Subject, judge: Judge): readonly Certificate[] {
  const named = [...issuerPath, ...judge.certificates].filter(({ subject }) => subject.equals(crl.issuer));
  const all = [...named, ...judge.context.findCertificates(crl.issuer)];
  const wanted = crl.known.authorityKeyIdentifier?.keyIdentifier;
  const rank = ({ known: { subjectKeyIdentifier: own } }: Certificate) =>
    wanted === undefined || own === undefined ? 1 : equal(wanted, own) ? 0 : 2;
  return all
    .filter(({ raw }, i) => all.findIndex((other) => equal(other.raw, raw)) === i)
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, MAX_SIGNERS);
}

function* judgeSigner(
  signer: Certificate,
  { signatureAlgorithm: algorithm, tbsCertList: message, signature }: CertificateRevocationList,
  subject: Subject,
  judge: Judge,
): Flow<readonly Certificate[] | RevocationProblem> {
  const at = subject.issuerPath.findIndex(({ raw }) => equal(raw, signer.raw));
  const known = at === -1 ? [signer] : subject.issuerPath.slice(at);
  if (!(yield* isSignedBy({ source: 'crl', algorithm, message, signature }, known, judge))) {
    return problem(
      'crl',
      'signature_invalid',
      `the signature of the CRL is not one that ${signer.subject} made, or not an acceptable one`,
    );
  }
  // "If a key usage extension is present in the CRL issuer's certificate, verify that the cRLSign bit is set."
  if (signer.known.keyUsage?.has('cRLSign') === false) {
    return problem('crl', 'signer_unauthorized', `${signer.subject} signed the CRL, but its keyUsage lacks cRLSign`);
  }
  if (at !== -1) return known;
  // A CRL may list its own signer, if the authority above has left it to him: no other CRL would. Longer circles prove nothing.
  if (equal(signer.raw, subject.certificate.raw)) return [signer, ...subject.issuerPath];
  if (isSuspect(signer, judge)) {
    return problem('crl', 'signer_untrusted', `${signer.subject} signed the CRL, and is itself in question`);
  }
  return yield* findSignerPath(signer, PURPOSES.crlSigning, 'crl', subject, judge);
}
