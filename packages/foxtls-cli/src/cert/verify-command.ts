/** `foxtls cert verify`: whether a certificate is to be trusted, for what, and why not. */

import { nodeProvider } from 'foxtls/crypto/node';
import { createRevocationChecker, explain, type PathCheck, type ValidationResult, validateCertificate } from 'foxtls/x509';
import { defineCommand, type OptionValues } from '../command/command.ts';
import { printableLines } from '../command/printable.ts';
import type { Terminal } from '../command/terminal.ts';
import { readBlocksOf } from './blocks.ts';
import { certificateFacts } from './facts.ts';
import { FETCH_OPTIONS, fetcherOf } from './fetch-options.ts';
import { parseDate } from './subject-options.ts';
import { loadTrust, TRUST_OPTIONS } from './trust-options.ts';

export const verifyCommand = defineCommand({
  name: 'verify',
  summary: 'find a path from a certificate to one that is trusted, and say why there is none',
  operands: 'FILE...',
  minOperands: 1,
  maxOperands: Number.POSITIVE_INFINITY,
  options: {
    ...TRUST_OPTIONS,
    untrusted: {
      type: 'string',
      short: 'u',
      multiple: true,
      value: 'FILE',
      help: 'certificates that may stand between; may be repeated. Those behind the first one of a FILE may, too',
    },
    name: { type: 'string', short: 'n', value: 'HOST', help: 'the DNS name or IP address that it has to be for' },
    purpose: {
      type: 'string',
      short: 'p',
      choices: ['server', 'client', 'email', 'code', 'any'],
      help: 'what it has to be good for (server)',
    },
    crl: { type: 'string', multiple: true, value: 'FILE', help: 'check revocation by the CRLs in it; may be repeated' },
    revocation: {
      type: 'string',
      choices: ['hard-fail', 'soft-fail'],
      help: 'what to do where nothing says whether a certificate is revoked: hard-fail refuses it (the default with --crl), soft-fail lets it pass',
    },
    fetch: { type: 'boolean', help: 'ask for missing issuers, for OCSP and for CRLs where certificates say' },
    ...FETCH_OPTIONS,
    at: { type: 'string', value: 'DATE', help: 'verify as of this time (now)' },
    json: { type: 'boolean', short: 'j', help: 'as JSON' },
    quiet: { type: 'boolean', short: 'q', help: 'one line a file, without the paths that were tried' },
  },
  notes: [
    'Each FILE is verified: the first certificate in it, with the others as help. The exit code is 0 if all are valid, else 1. ' +
      'Nothing is fetched without --fetch, and revocation is not checked without --crl or --revocation.',
  ],
  examples: [
    { purpose: "a server's chain, for a name", line: 'foxtls cert verify chain.pem --ca ca.pem --name example.com' },
    { purpose: 'and whether it is revoked', line: 'foxtls cert verify chain.pem --ca ca.pem --crl ca.crl' },
  ],
  async run({ options, operands }, terminal) {
    const { name, purpose = 'server', at, json, quiet, untrusted = [] } = options;
    const { certificates: trustAnchors } = loadTrust(options, terminal);
    const helpers = (await readBlocksOf('certificate', untrusted, terminal)).map(({ data }) => data);
    const pathCheck = await revocationCheckOf(options, terminal);
    const time = at === undefined ? terminal.now() : parseDate(at, '--at');
    const results: object[] = [];
    let isAllValid = true;
    for (const path of operands) {
      const [certificate, ...others] = (await readBlocksOf('certificate', [path], terminal)).map(({ data }) => data);
      const result = await validateCertificate({
        provider: nodeProvider,
        certificate: certificate as Uint8Array,
        intermediates: [...others, ...helpers],
        trustAnchors,
        at: time,
        purpose: PURPOSES[purpose as keyof typeof PURPOSES],
        ...(name === undefined ? {} : { serverName: name }),
        ...(pathCheck === undefined ? {} : { pathCheck }),
        ...(options.fetch ? { issuerFetcher: fetcherOf(options) } : {}),
      });
      isAllValid &&= result.isValid;
      if (json) results.push({ file: path, ...resultFacts(result) });
      else
        terminal.write(
          `${path}: ${result.isValid ? 'OK' : `not valid (${result.problem.reason})`}\n${quiet ? '' : indented(printableLines(explain(result)))}`,
        );
    }
    if (json) terminal.write(`${JSON.stringify(results, null, 2)}\n`);
    return isAllValid ? 0 : 1;
  },
});

interface RevocationChoice extends OptionValues<typeof FETCH_OPTIONS> {
  readonly crl?: readonly string[] | undefined;
  readonly revocation?: string | undefined;
  readonly fetch?: boolean | undefined;
}

async function revocationCheckOf(options: RevocationChoice, terminal: Terminal): Promise<PathCheck | undefined> {
  const { crl = [], revocation } = options;
  if (crl.length === 0 && revocation === undefined) return undefined;
  return createRevocationChecker({
    provider: nodeProvider,
    policy: (revocation ?? 'hard-fail') as 'hard-fail' | 'soft-fail',
    crls: (await readBlocksOf('crl', crl, terminal)).map(({ data }) => data),
    onUnreadableCrl: (error, i) => terminal.complain(`left out: CRL ${i + 1}: ${error.message}`),
    ...(options.fetch ? { fetcher: fetcherOf(options) } : {}),
  });
}

const PURPOSES = { server: 'server', client: 'client', email: 'emailProtection', code: 'codeSigning', any: 'any' } as const;

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ').replace(/\n*$/, '\n');
}

function resultFacts(result: ValidationResult): object {
  const { tried, omitted, skipped, spent } = result.report;
  const report = {
    tried: tried.map(({ certificates, problem }) => ({
      length: certificates.length,
      reason: problem.reason,
      depth: problem.depth,
      message: problem.message,
    })),
    omitted,
    skipped: skipped.map(({ from, index, problem }) => ({ from, index, message: problem.message })),
    spent,
  };
  if (result.isValid) return { isValid: true, path: result.path.map(certificateFacts), report };
  const { reason, depth, message } = result.problem;
  return { isValid: false, reason, depth, message, report };
}
