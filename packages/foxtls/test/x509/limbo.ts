/**
 * x509-limbo (C2SP): cases of path validation, read from the shared vectors and put to the validator by what each case says.
 *
 * The suite's chapters say by which profile a case is to be validated. Its key usages are demanded of the end entity, its peer names are
 * names that the certificate must have.
 */

import { parsePem } from '../../src/core/asn1/pem.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import type { PathCheck } from '../../src/pki/x509/path-check.ts';
import type { CertificateProfile } from '../../src/pki/x509/profile.ts';
import { type CertificatePurpose, PURPOSES } from '../../src/pki/x509/purpose.ts';
import { createRevocationChecker } from '../../src/pki/x509/revocation/checker.ts';
import type { ReferenceIdentifier } from '../../src/pki/x509/server-name.ts';
import { type ValidationResult, validateCertificateSync } from '../../src/pki/x509/validate-certificate.ts';
import type { KeyUsageName } from '../../src/x509.ts';

interface PeerName {
  readonly kind: 'DNS' | 'IP' | 'RFC822';
  readonly value: string;
}

/** The fields of limbo-schema.json that say how to validate. */
export interface LimboCase {
  readonly id: string;
  readonly features: readonly string[];
  readonly validation_kind: 'SERVER' | 'CLIENT';
  readonly trusted_certs: readonly string[];
  readonly untrusted_intermediates: readonly string[];
  readonly peer_certificate: string;
  readonly validation_time: string | null;
  readonly key_usage: readonly string[];
  readonly extended_key_usage: readonly string[];
  readonly expected_result: 'SUCCESS' | 'FAILURE';
  readonly expected_peer_name: PeerName | null;
  readonly expected_peer_names: readonly PeerName[];
  readonly max_chain_depth: number | null;
  readonly crls: readonly string[];
}

export interface LimboFile {
  readonly testcases: readonly LimboCase[];
}

/** The cases have CRLs of those who issued the end entity, and some of them are about how a CRL is written. */
function crlCheck(crls: readonly Uint8Array[]): PathCheck {
  return createRevocationChecker({ provider: nodeProvider, policy: 'hard-fail', scope: 'leaf', profile: 'rfc5280', crls });
}

/** What the validator makes of a case. `pathCheckFor` brings revocation, for the cases that come with CRLs. */
export function validateLimbo(
  limbo: LimboCase,
  pathCheckFor: (crls: readonly Uint8Array[]) => PathCheck = crlCheck,
  profile: CertificateProfile = profileFor(limbo),
): ValidationResult {
  const crls = limbo.crls.flatMap(readPem);
  return validateCertificateSync({
    provider: nodeProvider,
    certificate: readPem(limbo.peer_certificate)[0] as Uint8Array,
    intermediates: limbo.untrusted_intermediates.flatMap(readPem),
    trustAnchors: limbo.trusted_certs.flatMap(readPem),
    at: limbo.validation_time === null ? new Date() : new Date(limbo.validation_time),
    profile,
    purpose: purposeOf(limbo),
    names: [...(limbo.expected_peer_name === null ? [] : [limbo.expected_peer_name]), ...limbo.expected_peer_names].map(nameOf),
    ...(limbo.max_chain_depth === null ? {} : { maxIntermediates: limbo.max_chain_depth }),
    ...(crls.length > 0 ? { pathCheck: pathCheckFor(crls) } : {}),
  });
}

/**
 * The suite's own chapters: what RFC 5280 tells authorities, what those of the web are held to, and, in all others, what every
 * implementation should do with the certificates that it meets.
 */
function profileFor({ id }: LimboCase): CertificateProfile {
  const [chapter] = id.split('::');
  return chapter === 'rfc5280' || chapter === 'webpki' ? chapter : 'compatible';
}

function purposeOf({ validation_kind, key_usage, extended_key_usage }: LimboCase): CertificatePurpose {
  const base = PURPOSES[validation_kind === 'SERVER' ? 'server' : 'client'];
  const [asked = base.name] = extended_key_usage;
  const named = Object.values(PURPOSES).find(({ name }) => name === asked) ?? base;
  const keyUsage = key_usage.map((usage) => (usage === 'contentCommitment' ? 'nonRepudiation' : usage) as KeyUsageName);
  return { ...named, keyUsage };
}

function nameOf({ kind, value }: PeerName): ReferenceIdentifier {
  return kind === 'RFC822' ? { kind: 'email', address: value } : { kind: 'host', name: value };
}

function readPem(text: string): Uint8Array[] {
  return parsePem(text).map(({ data }) => data);
}
