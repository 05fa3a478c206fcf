/** `foxtls cert ocsp ask`: asks a responder whether a certificate is revoked, and verifies its answer (RFC 6960). */

import { OID } from 'foxtls/asn1';
import { nodeProvider } from 'foxtls/crypto/node';
import {
  type Certificate,
  type CertificateStatus,
  createOcspRequest,
  createRevocationChecker,
  parseCertificate,
  parseOcspResponse,
  validateCertificate,
} from 'foxtls/x509';
import { defineCommand, type OptionValues } from '../command/command.ts';
import { CommandFailure, UsageError } from '../command/failure.ts';
import { writeOutputs } from '../command/files.ts';
import { printable } from '../command/printable.ts';
import type { Terminal } from '../command/terminal.ts';
import { readBlockOf, readBlocksOf } from './blocks.ts';
import { FETCH_OPTIONS, fetcherOf } from './fetch-options.ts';
import { formatTime } from './text/value-text.ts';

export const askCommand = defineCommand({
  name: 'ask',
  summary: 'ask a responder whether a certificate is revoked',
  operands: 'CERTIFICATE',
  minOperands: 1,
  maxOperands: 1,
  options: {
    issuer: {
      type: 'string',
      short: 'i',
      value: 'FILE',
      help: "the issuer's certificate; without it, the second one in the file of CERTIFICATE",
    },
    url: { type: 'string', short: 'u', value: 'URL', help: 'whom to ask, if not whom the certificate names' },
    out: { type: 'string', short: 'o', value: 'FILE', help: 'keep the response, in DER, for stapling' },
    'no-nonce': {
      type: 'boolean',
      help: 'ask without a nonce, for a response that is kept: clients of wolfSSL refuse a stapled one that has one',
    },
    json: { type: 'boolean', short: 'j', help: 'as JSON' },
    ...FETCH_OPTIONS,
    force: { type: 'boolean', short: 'f', help: 'overwrite a file that is there' },
  },
  notes: [
    'The response is verified: its signature, who made it, and its times. The exit code is 0 for a certificate that is good, else 1.',
  ],
  examples: [
    { purpose: 'about a web server', line: 'foxtls cert fetch example.com --out chain.pem && foxtls cert ocsp ask chain.pem' },
    {
      purpose: 'a responder of your own',
      line: 'foxtls cert ocsp ask server.pem --issuer ca.pem --url http://127.0.0.1:8888/ --allow-private',
    },
  ],
  async run({ options, operands }, terminal) {
    const path = operands[0] as string;
    const { certificate, issuer } = await readSubject(path, options.issuer, terminal);
    const response = await askResponder(certificate, issuer, options);
    const { status, problem } = await judgeResponse(certificate, issuer, response, terminal.now());
    if (options.out !== undefined) writeOutputs([{ path: options.out, data: response, force: options.force }], terminal);
    const facts = factsOf(response, certificate);
    if (options.json)
      terminal.write(
        `${JSON.stringify({ file: path, ...statusFacts(status), ...(problem && { problem }), ...facts }, null, 2)}\n`,
      );
    else terminal.write(statusText(path, status, problem, facts));
    return status?.status === 'good' ? 0 : 1;
  },
});

async function readSubject(path: string, issuerPath: string | undefined, terminal: Terminal) {
  const [first, second] = await readBlocksOf('certificate', [path], terminal);
  const issuerBlock = issuerPath === undefined ? second : await readBlockOf('certificate', issuerPath, terminal);
  if (issuerBlock === undefined) throw new UsageError(`${path} has one certificate only: say who issued it with --issuer FILE`);
  return { certificate: parseCertificate((first as { data: Uint8Array }).data), issuer: parseCertificate(issuerBlock.data) };
}

/** RFC 8954: a nonce, so that nobody plays back an older response. */
async function askResponder(
  certificate: Certificate,
  issuer: Certificate,
  options: OptionValues<typeof FETCH_OPTIONS> & { readonly url?: string | undefined; readonly 'no-nonce'?: boolean | undefined },
): Promise<Uint8Array> {
  const [uri] = options.url === undefined ? responderUris(certificate) : [options.url];
  if (uri === undefined) throw new CommandFailure('the certificate names no responder: say whom to ask with --url URL');
  const nonce = options['no-nonce'] ? undefined : nodeProvider.random(32);
  const body = createOcspRequest({
    provider: nodeProvider,
    certificates: [{ certificate: certificate.raw, issuer: issuer.raw }],
    nonce,
  });
  const request = { uri, method: 'POST', body, contentType: 'application/ocsp-request' } as const;
  const response = await fetcherOf(options).fetch(request, undefined);
  const parsed = parseOcspResponse(response);
  if (parsed.status !== 'successful') throw new CommandFailure(`${uri} answers ${parsed.status}`);
  const repeated = parsed.basic.nonce;
  if (nonce !== undefined && repeated !== undefined && Buffer.compare(repeated, nonce) !== 0)
    throw new CommandFailure(`${uri} answers another question (nonce)`);
  return response;
}

function responderUris({ known: { authorityInfoAccess = [] } }: Certificate): string[] {
  return authorityInfoAccess.flatMap(({ accessMethod, accessLocation }) =>
    accessMethod === OID['id-ad-ocsp'] && accessLocation.kind === 'uniformResourceIdentifier' ? [accessLocation.value] : [],
  );
}

/** As a stapled one is judged, below the issuer. */
async function judgeResponse(certificate: Certificate, issuer: Certificate, ocspResponse: Uint8Array, at: Date) {
  const statuses: CertificateStatus[] = [];
  const pathCheck = createRevocationChecker({
    provider: nodeProvider,
    policy: 'staple-only',
    // Told of the responder's own certificate, too.
    onStatus: ({ raw }, status) => {
      if (Buffer.compare(raw, certificate.raw) === 0) statuses.push(status);
    },
  });
  const result = await validateCertificate({
    provider: nodeProvider,
    certificate: certificate.raw,
    trustAnchors: [issuer.raw],
    at,
    purpose: 'any',
    pathCheck,
    ocspResponse,
  });
  return { status: statuses[0], problem: result.isValid ? undefined : result.problem.message };
}

interface ResponseFacts {
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  readonly producedAt?: Date;
}

function factsOf(response: Uint8Array, { serialNumber }: Certificate): ResponseFacts {
  const parsed = parseOcspResponse(response);
  if (parsed.status !== 'successful') return {};
  const single = parsed.basic.responses.find(({ certID }) =>
    Buffer.from(certID.serialNumber).toString('hex').toUpperCase().endsWith(serialNumber),
  );
  return {
    producedAt: parsed.basic.producedAt,
    ...(single === undefined ? {} : { thisUpdate: single.thisUpdate }),
    ...(single?.nextUpdate === undefined ? {} : { nextUpdate: single.nextUpdate }),
  };
}

function statusFacts(status: CertificateStatus | undefined): object {
  if (status?.status === 'revoked') return { status: 'revoked', revocationDate: status.revocationDate, reason: status.reason };
  return { status: status?.status ?? 'unknown' };
}

/** As `openssl ocsp` prints it. */
function statusText(
  path: string,
  status: CertificateStatus | undefined,
  problem: string | undefined,
  facts: ResponseFacts,
): string {
  const lines = [
    `${path}: ${status?.status ?? 'unknown'}`,
    ...(facts.thisUpdate === undefined ? [] : [`\tThis Update: ${formatTime(facts.thisUpdate)}`]),
    ...(facts.nextUpdate === undefined ? [] : [`\tNext Update: ${formatTime(facts.nextUpdate)}`]),
    ...(status?.status === 'revoked' && status.reason !== undefined ? [`\tReason: ${status.reason}`] : []),
    ...(status?.status === 'revoked' ? [`\tRevocation Time: ${formatTime(status.revocationDate)}`] : []),
    ...(problem === undefined || status?.status === 'revoked' ? [] : [`\t${printable(problem)}`]),
  ];
  return `${lines.join('\n')}\n`;
}
