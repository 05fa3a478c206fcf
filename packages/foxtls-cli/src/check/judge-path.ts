/** Whether the certificates of a server lead to a root that is trusted, whether they are for its name, and whether they are revoked. */

import { nodeProvider } from 'foxtls/crypto/node';
import {
  type Certificate,
  type CertificateStatus,
  createRevocationChecker,
  type Fetcher,
  matchServerName,
  type RevocationSource,
  type ValidationResult,
  validateCertificate,
} from 'foxtls/x509';
import { printable } from '../command/printable.ts';
import { nameOf } from './chain.ts';
import { type Finding, found } from './finding.ts';
import { CERTIFICATE_REASONS } from './reasons.ts';

export interface PathInputs {
  readonly chain: readonly Certificate[];
  readonly trustAnchors: readonly Uint8Array[];
  readonly name: string;
  readonly now: Date;
  readonly ocspResponse: Uint8Array | undefined;
  /** Undefined when nobody else is to be asked. */
  readonly fetcher: Fetcher | undefined;
  readonly crls: readonly Uint8Array[];
}

export function judgeName({ chain, name }: PathInputs): Finding[] {
  const [leaf] = chain as readonly [Certificate];
  const names = [...leaf.dnsNames, ...leaf.ipAddresses].map((text) => printable(text).slice(0, 255));
  const shown = names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ');
  if (matchServerName(leaf, name)) return [found('names', 'ok', `the certificate is for ${name} (${shown})`)];
  const cause =
    names.length === 0
      ? 'it has no subject alternative name, and what stands in its subject is looked at by no client any more'
      : `it is for ${shown}`;
  const { cure } = CERTIFICATE_REASONS.name_mismatch;
  return [
    found('names', 'failure', `the certificate is not for ${name}`, {
      cause,
      cure: names.length === 0 ? 'have one issued with this name as a subject alternative name' : cure,
    }),
  ];
}

interface Trusted {
  readonly findings: readonly Finding[];
  readonly path: readonly Certificate[] | undefined;
}

/** The path without its name, which is judged apart; what a stranger to the authorities is told of first is that. */
export async function judgeTrust(inputs: PathInputs): Promise<Trusted> {
  const result = await validate(inputs);
  if (result.isValid)
    return { path: result.path, findings: [found('trust', 'ok', `trusted by ${nameOf(result.path.at(-1) as Certificate)}`)] };
  const { reason, message } = result.problem;
  if (reason === 'issuer_unknown' && inputs.fetcher !== undefined) {
    const helped = await validate(inputs, inputs.fetcher);
    if (helped.isValid) return { path: helped.path, findings: [missingIntermediate(inputs, helped.path)] };
  }
  const { cause, cure } = CERTIFICATE_REASONS[reason];
  return { path: undefined, findings: [found('trust', 'failure', `not trusted: ${printable(message)}`, { cause, cure })] };
}

function missingIntermediate({ chain }: PathInputs, path: readonly Certificate[]): Finding {
  const sent = new Set(chain.map(({ raw }) => Buffer.from(raw).toString('hex')));
  const missing = path.slice(1, -1).filter(({ raw }) => !sent.has(Buffer.from(raw).toString('hex')));
  return found('trust', 'failure', `an intermediate certificate is missing: ${missing.map(nameOf).join(', ')}`, {
    cause: 'the server does not send it; browsers may fetch it from where the certificate says, other clients fail',
    cure: 'append it to the certificate file of the server (nginx: ssl_certificate, Apache: SSLCertificateFile), and reload',
  });
}

function validate({ chain, trustAnchors, now }: PathInputs, issuerFetcher?: Fetcher): Promise<ValidationResult> {
  const [leaf, ...intermediates] = chain as readonly [Certificate, ...Certificate[]];
  return validateCertificate({
    provider: nodeProvider,
    certificate: leaf.raw,
    intermediates: intermediates.map(({ raw }) => raw),
    trustAnchors,
    at: now,
    purpose: 'server',
    ...(issuerFetcher !== undefined && { issuerFetcher }),
  });
}

/** What is said of revocation by each source: stapled, asked by OCSP, by CRL. Only where there is a path, for each answer has to be signed by somebody on it. */
export async function judgeRevocation(inputs: PathInputs, path: readonly Certificate[]): Promise<Finding[]> {
  const { fetcher, ocspResponse, crls } = inputs;
  const only = (method: 'GET' | 'POST'): Fetcher | undefined =>
    fetcher && { fetch: (request, signal) => (request.method === method ? fetcher.fetch(request, signal) : refuse()) };
  const [leaf] = path as readonly [Certificate];
  const stapled = ocspResponse === undefined ? undefined : await statusesBy(inputs, path, { ocspResponse });
  const asked = await statusesBy(inputs, path, { fetcher: only('POST') });
  const listed = await statusesBy(inputs, path, { fetcher: only('GET'), crls });
  return [
    ...(stapled === undefined && demandsStaple(leaf)
      ? [found('revocation', 'failure', 'the certificate demands a stapled OCSP response', CERTIFICATE_REASONS.staple_missing)]
      : []),
    stapled === undefined
      ? found('revocation', 'note', 'stapled: the server staples no OCSP response')
      : describeStatus('stapled', leaf, stapled.get(leaf)),
    ...path.slice(0, -1).flatMap((certificate) => {
      const byOcsp = describeStatus('ocsp', certificate, asked.get(certificate));
      const byCrl = describeStatus('crl', certificate, listed.get(certificate));
      return [byOcsp, byCrl];
    }),
  ];
}

const NOT_ASKED = 'not asked in this way';

function refuse(): never {
  throw new Error(NOT_ASKED);
}

type Evidence = {
  readonly ocspResponse?: Uint8Array;
  readonly fetcher?: Fetcher | undefined;
  readonly crls?: readonly Uint8Array[];
};

async function statusesBy(
  { trustAnchors, now }: PathInputs,
  path: readonly Certificate[],
  { ocspResponse, fetcher, crls = [] }: Evidence,
): Promise<Map<Certificate, CertificateStatus>> {
  const statuses = new Map<Certificate, CertificateStatus>();
  const [leaf, ...others] = path as readonly [Certificate, ...Certificate[]];
  const same = (raw: Uint8Array) => path.find((certificate) => Buffer.compare(certificate.raw, raw) === 0);
  await validateCertificate({
    provider: nodeProvider,
    certificate: leaf.raw,
    intermediates: others.map(({ raw }) => raw),
    trustAnchors,
    at: now,
    purpose: 'server',
    ...(ocspResponse !== undefined && { ocspResponse }),
    pathCheck: createRevocationChecker({
      provider: nodeProvider,
      policy: 'soft-fail',
      crls,
      staples: ocspResponse === undefined ? 'ignored' : 'judged',
      ...(fetcher !== undefined && { fetcher }),
      onUnreadableCrl: () => {},
      onStatus: ({ raw }, status) => {
        const certificate = same(raw);
        if (certificate !== undefined && !statuses.has(certificate)) statuses.set(certificate, status);
      },
    }),
  });
  return statuses;
}

/** RFC 7633: a certificate can demand a stapled response. */
function demandsStaple({ extensions }: Certificate): boolean {
  return extensions.some(({ extnID }) => extnID === TLS_FEATURE);
}

const TLS_FEATURE = '1.3.6.1.5.5.7.1.24';

const SOURCES: Readonly<Record<RevocationSource, string>> = { stapled: 'stapled', ocsp: 'OCSP', crl: 'CRL' };

const NOBODY: Readonly<Record<RevocationSource, string>> = {
  stapled: 'nothing is stapled',
  ocsp: 'the certificate names no responder that could be asked',
  crl: 'the certificate names no list that could be asked for',
};

function describeStatus(source: RevocationSource, certificate: Certificate, status: CertificateStatus | undefined): Finding {
  const who = `${SOURCES[source]}: ${nameOf(certificate)}`;
  if (status === undefined) return found('revocation', 'note', `${who} was not asked about`);
  if (status.status === 'good') return found('revocation', 'ok', `${who} is not revoked`);
  if (status.status === 'revoked') {
    const why = status.reason === undefined ? '' : ` (${status.reason})`;
    return found(
      'revocation',
      'failure',
      `${who} was revoked ${status.revocationDate.toISOString()}${why}`,
      CERTIFICATE_REASONS.revoked,
    );
  }
  const problems = status.problems.filter((each) => each.source === source && !each.message.includes(NOT_ASKED));
  const isNone = problems.every(({ reason }) => reason === 'not_available' || reason === 'fetch_failed');
  const words = printable(problems.map(({ message }) => message).join('; ')) || NOBODY[source];
  if (isNone && !problems.some(({ reason }) => reason === 'fetch_failed')) return found('revocation', 'note', `${who}: ${words}`);
  const { cause, cure } = source === 'stapled' ? CERTIFICATE_REASONS.staple_invalid : CERTIFICATE_REASONS.revocation_unknown;
  return found('revocation', source === 'stapled' ? 'failure' : 'warning', `${who}: ${words}`, { cause, cure });
}
