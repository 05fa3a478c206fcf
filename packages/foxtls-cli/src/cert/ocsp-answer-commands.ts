/** `foxtls cert ocsp answer` and `serve`: saying whether certificates are revoked, by a CRL (RFC 6960). */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nodeProvider } from 'foxtls/crypto/node';
import {
  type Certificate,
  type CertificateIssuer,
  createOcspResponder,
  createOcspResponse,
  type OcspStatus,
  parseCertificate,
  parseCertificateRevocationList,
  parseOcspResponse,
} from 'foxtls/x509';
import { defineCommand, type OptionTable, type OptionValues } from '../command/command.ts';
import { CommandFailure, UsageError } from '../command/failure.ts';
import { writeOutputs } from '../command/files.ts';
import { parseCount } from '../command/numbers.ts';
import type { Terminal } from '../command/terminal.ts';
import { readBlockOf } from './blocks.ts';
import { ISSUER_OPTIONS, issuerOf } from './issuer-options.ts';
import { loadPrivateKey } from './private-keys.ts';

const RESPONDER_OPTIONS = {
  ...ISSUER_OPTIONS,
  crl: { type: 'string', value: 'FILE', help: 'what is revoked: a CRL of the authority, read anew for each answer' },
  signer: {
    type: 'string',
    value: 'FILE',
    help: 'a certificate for OCSP signing (foxtls cert sign --purpose ocsp) that signs in place of the authority',
  },
  'signer-key': { type: 'string', value: 'FILE', help: 'its private key' },
  minutes: { type: 'string', value: 'N', help: 'how long an answer is good for (60)' },
} as const satisfies OptionTable;

export const answerCommand = defineCommand({
  name: 'answer',
  summary: 'make a response about a certificate, for stapling',
  operands: 'CERTIFICATE',
  minOperands: 1,
  maxOperands: 1,
  options: {
    ...RESPONDER_OPTIONS,
    out: { type: 'string', short: 'o', value: 'FILE', help: 'where the response goes, in DER (standard output)' },
    force: { type: 'boolean', short: 'f', help: 'overwrite a file that is there' },
  },
  examples: [
    {
      purpose: 'good for an hour',
      line: 'foxtls cert ocsp answer server.pem --ca ca.pem --ca-key ca-key.pem --crl ca.crl --out server.ocsp',
    },
    { purpose: 'and what it says', line: 'openssl ocsp -respin server.ocsp -issuer ca.pem -cert server.pem -CAfile ca.pem' },
  ],
  async run({ options, operands }, terminal) {
    const certificate = parseCertificate((await readBlockOf('certificate', operands[0] as string, terminal)).data);
    const { issuer, responder, lookUp, validity } = await responderOf(options, terminal);
    if (!certificate.issuer.equals(issuer.subject)) {
      throw new CommandFailure(`${operands[0]} was issued by ${certificate.issuer}, not by ${issuer.subject}`);
    }
    const thisUpdate = wholeSeconds(terminal.now());
    const answer = {
      ...(await lookUp(certificate.serialNumber)),
      thisUpdate,
      nextUpdate: new Date(thisUpdate.getTime() + validity),
    };
    const data = await createOcspResponse({
      provider: nodeProvider,
      responder,
      producedAt: thisUpdate,
      answers: [{ certificate: certificate.raw, issuer: issuer.raw, ...answer }],
    });
    writeOutputs([{ path: options.out, data, force: options.force }], terminal);
  },
});

export const serveCommand = defineCommand({
  name: 'serve',
  summary: 'answer over HTTP: a small responder',
  operands: '',
  maxOperands: 0,
  options: {
    ...RESPONDER_OPTIONS,
    port: { type: 'string', short: 'p', value: 'PORT', help: 'where to listen (8888; 0 takes a free one)' },
    host: { type: 'string', value: 'ADDRESS', help: 'on which address (127.0.0.1)' },
    requests: { type: 'string', value: 'N', help: 'end after so many answers' },
  },
  notes: ['Every certificate that the CRL does not list is good. The CRL may be replaced while the responder runs.'],
  examples: [
    { purpose: 'by the authority itself', line: 'foxtls cert ocsp serve --ca ca.pem --ca-key ca-key.pem --crl ca.crl' },
    {
      purpose: 'by somebody who may only do this',
      line: 'foxtls cert ocsp serve --ca ca.pem --signer ocsp.pem --signer-key ocsp-key.pem --crl ca.crl',
    },
  ],
  async run({ options }, terminal) {
    const { issuer, responder, lookUp, validity } = await responderOf(options, terminal);
    const answerer = createOcspResponder({ provider: nodeProvider, issuer: issuer.raw, responder, lookUp, validity });
    const limit = options.requests === undefined ? Number.POSITIVE_INFINITY : parseCount(options.requests, '--requests');
    await serve(options, limit, terminal, async (request) => answerer.respond(request, wholeSeconds(terminal.now())));
  },
});

interface Responder {
  readonly issuer: Certificate;
  readonly responder: CertificateIssuer;
  readonly lookUp: (serialNumber: string) => Promise<OcspStatus>;
  /** Milliseconds. */
  readonly validity: number;
}

async function responderOf(options: OptionValues<typeof RESPONDER_OPTIONS>, terminal: Terminal): Promise<Responder> {
  const { ca, crl, signer, 'signer-key': signerKey, minutes } = options;
  if (ca === undefined) throw new UsageError("say for whose certificates: --ca FILE, the authority's certificate");
  if (crl === undefined) throw new UsageError('say what is revoked: --crl FILE (foxtls cert crl makes one)');
  const responder = signer === undefined ? await issuerOf(options, terminal) : await signerOf(signer, signerKey, terminal);
  if (responder === undefined) throw new UsageError('say who signs: --ca-key FILE, or --signer FILE --signer-key FILE');
  const issuer = parseCertificate((await readBlockOf('certificate', ca, terminal)).data);
  return {
    issuer,
    responder,
    lookUp: (serialNumber) => lookUpIn(crl, issuer, serialNumber, terminal),
    validity: (minutes === undefined ? 60 : parseCount(minutes, '--minutes')) * 60_000,
  };
}

async function signerOf(path: string, keyPath: string | undefined, terminal: Terminal): Promise<CertificateIssuer> {
  const { data: certificate } = await readBlockOf('certificate', path, terminal);
  return { certificate, key: await loadPrivateKey(keyPath ?? path, undefined, terminal) };
}

async function lookUpIn(path: string, issuer: Certificate, serialNumber: string, terminal: Terminal): Promise<OcspStatus> {
  const crl = parseCertificateRevocationList((await readBlockOf('crl', path, terminal)).data);
  if (!crl.issuer.equals(issuer.subject)) throw new CommandFailure(`${path} is of ${crl.issuer}, not of ${issuer.subject}`);
  for (const entry of crl.revokedCertificates) {
    if (entry.serialNumber !== serialNumber) continue;
    return { status: 'revoked', revocationDate: entry.revocationDate, reason: entry.reason };
  }
  return { status: 'good' };
}

const MAX_REQUEST = 1 << 14;

/** Until it is stopped, or has given its last answer. */
function serve(
  { port: portText, host = '127.0.0.1' }: { readonly port?: string | undefined; readonly host?: string | undefined },
  limit: number,
  terminal: Terminal,
  respond: (request: Uint8Array) => Promise<Uint8Array>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = limit;
    const server = createServer((request, response) => {
      answerOver(request, response, respond).then(
        (what) => {
          terminal.write(`${what}\n`);
          if (--left === 0) stop();
        },
        (error: Error) => {
          terminal.complain(`an answer failed: ${error.message}`);
          response.writeHead(500).end();
        },
      );
    });
    const stop = () => {
      server.close(() => resolve());
      server.closeIdleConnections();
    };
    server.once('error', reject);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
    server.listen(portText === undefined ? 8888 : parseCount(portText, '--port'), host, () => {
      const { address, family, port } = server.address() as AddressInfo;
      terminal.write(`OCSP responder on http://${family === 'IPv6' ? `[${address}]` : address}:${port}/\n`);
    });
  });
}

/** RFC 6960 Appendix A: POST with the request, or GET with its base64 in the path. */
async function answerOver(
  request: IncomingMessage,
  response: ServerResponse,
  respond: (request: Uint8Array) => Promise<Uint8Array>,
) {
  const { method = '', url = '/' } = request;
  if (method !== 'POST' && method !== 'GET') {
    response.writeHead(405).end();
    return `405 ${method}`;
  }
  const question =
    method === 'POST' ? await readBody(request) : new Uint8Array(Buffer.from(decodeURIComponent(url.slice(1)), 'base64'));
  if (question === undefined) {
    response.writeHead(413).end();
    return '413 a request that is too long';
  }
  const answer = await respond(question);
  response.writeHead(200, { 'content-type': 'application/ocsp-response', 'content-length': answer.length, connection: 'close' });
  response.end(answer);
  const parsed = parseOcspResponse(answer);
  if (parsed.status !== 'successful') return parsed.status;
  return parsed.basic.responses
    .map(({ certID, certStatus }) => `${Buffer.from(certID.serialNumber).toString('hex').toUpperCase()} ${certStatus.kind}`)
    .join(', ');
}

async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > MAX_REQUEST) return undefined;
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}
