/**
 * For tests: an authority below a root, a server with a certificate of it, and what is said about that certificate; judged in one line.
 */

import { OID } from '../../../core/asn1/object-identifiers.ts';
import { any, decodeDer, encodeDer, sequence } from '../../../core/asn1/schema.ts';
import { octetAlignedBitString } from '../../../core/asn1/types.ts';
import { CertificateInvalid } from '../../../core/errors/errors.ts';
import { nodeProvider as provider } from '../../../crypto/node/provider.ts';
import type { PeerPresented } from '../../../crypto/peer-verifier.ts';
import { type Entity, entity, issueCa, issueLeaf, NOW, type Overrides } from '../certificates.fixture.ts';
import { createDistributionPoint, createExtension } from '../create-extension.ts';
import type { Extension } from '../extensions.ts';
import { validateCertificateSync } from '../validate-certificate.ts';
import { createX509Verifier } from '../verifier.ts';
import { tbsCertList } from './certificate-list.ts';
import { createRevocationChecker, type RevocationOptions } from './checker.ts';
import { type CertificateRevocationListOptions, createCertificateRevocationListSync } from './create-certificate-list.ts';
import { createOcspResponseSync, type OcspAnswer, type OcspResponseOptions } from './create-ocsp-response.ts';
import type { RevocationProblem } from './findings.ts';

export { NOW, provider };

export const root = entity('Root');
export const ca = entity('CA');
export const server = entity('Server');
export const stranger = entity('Stranger');
export const responder = entity('Responder');

export const rootCert = issueCa(root, root);
export const caCert = issueCa(root, ca, { serialNumber: Uint8Array.of(0x0c) });
export const strangerCert = issueCa(root, stranger, { serialNumber: Uint8Array.of(0x0d) });
export const leaf = issueLeaf(ca, server);
/** That of `leaf`. */
export const LEAF_SERIAL = '4D2F';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const later = (milliseconds: number): Date => new Date(NOW.getTime() + milliseconds);

export const CRL_URI = 'http://ca.example/ca.crl';
export const OCSP_URI = 'http://ca.example/ocsp';

/** Where the CRL of the authority is. */
export const pointer = (uri = CRL_URI): Extension => createExtension('cRLDistributionPoints', [createDistributionPoint(uri)]);

/** Where its responder is. */
export const ocspPointer = (uri = OCSP_URI): Extension =>
  createExtension('authorityInfoAccess', [
    { accessMethod: OID['id-ad-ocsp'], accessLocation: { kind: 'uniformResourceIdentifier', value: uri } },
  ]);

/** The CRL of the authority, of yesterday, with these fields in place of its own. */
export function crlOf(fields: Partial<CertificateRevocationListOptions> = {}): Uint8Array {
  return createCertificateRevocationListSync({
    issuer: { certificate: caCert, key: ca.key },
    number: 10,
    thisUpdate: later(-DAY),
    nextUpdate: later(DAY),
    revoked: [],
    ...fields,
  });
}

const signedList = sequence({ tbsCertList: any, signatureAlgorithm: any, signatureValue: octetAlignedBitString });

/** The CRL of the authority with these contents octets in its list of entries, rightly signed. */
export function crlWithEntries(revokedCertificates: Uint8Array): Uint8Array {
  const { tbsCertList: tbs, signatureAlgorithm } = decodeDer(signedList, crlOf(), 'crl');
  const changed = encodeDer(tbsCertList, { ...decodeDer(tbsCertList, tbs, 'tbs'), revokedCertificates });
  const signatureValue = ca.key.sign({ kind: 'ecdsa', hash: 'sha256' }, changed) as Uint8Array;
  return encodeDer(signedList, { tbsCertList: changed, signatureAlgorithm, signatureValue });
}

export const revokedLeaf = { serialNumber: LEAF_SERIAL, revocationDate: later(-2 * DAY) } as const;

/** The CRL of the root, which has revoked nothing. */
export const rootCrl = crlOf({ issuer: { certificate: rootCert, key: root.key } });

/** A certificate for a responder, issued by the authority. */
export function issueResponder(overrides: Overrides = {}, subject: Entity = responder, issuer: Entity = ca): Uint8Array {
  const { add = [], ...rest } = overrides;
  return issueLeaf(issuer, subject, {
    serialNumber: Uint8Array.of(0x11),
    without: ['subjectAltName'],
    add: [createExtension('extKeyUsage', [OID.OCSPSigning]), ...add],
    ...rest,
  });
}

/** A response of the authority about the leaf: good, of an hour ago. */
export function responseOf(
  fields: Partial<OcspResponseOptions> = {},
  answer: Partial<OcspAnswer> = {},
  certificate = leaf,
): Uint8Array {
  const good = { certificate, issuer: caCert, status: 'good', thisUpdate: later(-HOUR), nextUpdate: later(HOUR) };
  return createOcspResponseSync({
    provider,
    responder: { certificate: caCert, key: ca.key },
    producedAt: later(-HOUR),
    answers: [{ ...good, ...answer } as OcspAnswer],
    ...fields,
  });
}

export interface Situation extends Partial<RevocationOptions> {
  readonly certificate?: Uint8Array;
  readonly intermediates?: readonly Uint8Array[];
  readonly anchors?: readonly Uint8Array[];
  readonly staple?: Uint8Array | undefined;
}

/** The words of a refusal: its reason, and why each piece of evidence proved nothing. */
export function wordsOf(refusal: CertificateInvalid): readonly string[] {
  const problems = Array.isArray(refusal.cause) ? (refusal.cause as readonly RevocationProblem[]) : [];
  return [refusal.reason, ...problems.map(({ reason }) => reason)];
}

/** What becomes of the leaf under `hard-fail`, outside of a handshake: `['valid']`, or the words of the refusal. */
export function verdict(situation: Situation): readonly string[] {
  const { certificate = leaf, intermediates = [caCert], anchors = [rootCert], staple, ...options } = situation;
  const result = validateCertificateSync({
    provider,
    certificate,
    intermediates,
    trustAnchors: anchors,
    at: NOW,
    pathCheck: createRevocationChecker({ provider, policy: 'hard-fail', scope: 'leaf', ...options }),
    ...(staple === undefined ? {} : { ocspResponse: staple }),
  });
  return result.isValid ? ['valid'] : wordsOf(result.problem);
}

/** The same in a handshake, as the client sees the server. Waits where the sources do. */
export async function handshakeVerdict(situation: Situation, peerRole: 'server' | 'client' = 'server') {
  const { certificate = leaf, intermediates = [caCert], anchors = [rootCert], staple, ...options } = situation;
  const verifier = createX509Verifier({
    provider,
    trustAnchors: anchors,
    pathCheck: createRevocationChecker({ provider, policy: 'hard-fail', scope: 'leaf', ...options }),
  });
  const presented: PeerPresented = { kind: 'x509', certificates: [certificate, ...intermediates], ocspResponse: staple };
  const signal = new AbortController().signal;
  try {
    await verifier.verify({ presented, peerRole, serverName: 'example.com', now: NOW, signal });
    return ['valid'];
  } catch (error) {
    if (!(error instanceof CertificateInvalid)) throw error;
    return wordsOf(error);
  }
}
