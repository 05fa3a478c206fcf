/**
 * The stage of an experiment: an authority made for it, a server on this machine that shows what it is given and writes down what it hears, and a client
 * that tells what it verifies. Nothing leaves this machine, and nothing is kept.
 */

import type { AddressInfo } from 'node:net';
import { isIP } from 'node:net';
import type { PrivateKey } from 'foxtls/crypto';
import { nodeProvider } from 'foxtls/crypto/node';
import { createServer } from 'foxtls/tls';
import { type CreatedCertificate, createCertificateAuthority, createName, formatCertificatePem } from 'foxtls/x509';
import type { Report } from '../command/report.ts';
import type { Target } from '../network/addresses.ts';
import { connectTcp, listenTcp } from '../network/tcp.ts';
import { verifyErrorOf } from '../openssl/verify-errors.ts';
import { watchedVerifier } from '../openssl/verify-steps.ts';
import { Refused, replyTo, secure } from '../web/fetching.ts';
import { type Trust, verifierOf } from '../web/trust.ts';
import { type CallbackMode, opensslErrorLine, verifyCallback, wordsOf } from '../web/verify-callback.ts';

const DAY = 24 * 60 * 60 * 1000;
const SECONDS = 10;
const MAX_HEARD = 4096;
const MAX_REPLY = 65536;

/** Valid now. */
export function validAt(now: Date) {
  return { validFrom: new Date(now.getTime() - 30 * DAY), validTo: new Date(now.getTime() + 90 * DAY) };
}

/** An authority that the clients of an experiment trust. */
export function createModelCa(now: Date): Promise<CreatedCertificate> {
  const subject = createName({ country: 'US', organization: 'Model CA', commonName: 'modelCA.com' });
  return createCertificateAuthority({ provider: nodeProvider, subject, ...validAt(now) });
}

export const trustIn = (...certificates: readonly Uint8Array[]): Trust => ({ certificates, folders: [] });

export interface Listener {
  readonly target: Target;
  /** All that clients said under its keys, once. */
  takeHeard(): string;
  close(): Promise<void>;
}

/** A server with any certificates, fitting its key or not. */
export async function startListener(certificates: readonly Uint8Array[], key: PrivateKey): Promise<Listener> {
  let heard = '';
  const cert = certificates.map((der) => formatCertificatePem(der)).join('');
  const server = createServer({ cert, key, handshakeTimeout: SECONDS * 1000 }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', (data: Uint8Array) => {
      heard = (heard + Buffer.from(data).toString('latin1')).slice(0, MAX_HEARD);
      if (heard.endsWith('\r\n\r\n')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nWelcome!\n');
    });
  });
  // A client that refuses us is what most experiments are about.
  server.on('tlsClientError', () => {});
  const { address, port }: AddressInfo = await listenTcp(server, { address: '127.0.0.1', family: 4, port: 0 });
  return {
    target: { name: address, address, family: 4, port },
    takeHeard() {
      const all = heard;
      heard = '';
      return all;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export interface Attempt {
  /** Whom the client wants. */
  readonly host: string;
  /** Where it is led. */
  readonly target: Target;
  readonly trust: Trust;
  readonly mode: CallbackMode | undefined;
  readonly checksHost: boolean;
  /** What it says once it is connected. */
  readonly request: string;
}

export interface Outcome {
  readonly connected: boolean;
  /** OpenSSL's words for what was wrong, whether it mattered or not. */
  readonly problem: string | undefined;
}

/** One client, which prints what tls-client prints, but for the reply. */
export async function attemptToConnect(attempt: Attempt, report: Report): Promise<Outcome> {
  const { host, target, trust, mode, checksHost, request } = attempt;
  const isAddress = isIP(host) !== 0;
  const callback = verifyCallback(mode, isAddress, report);
  const watched = watchedVerifier((onCertificate) => verifierOf(trust, onCertificate), callback);
  const verifier = {
    ...watched,
    verify: (asked: Parameters<typeof watched.verify>[0]) =>
      watched.verify(checksHost ? asked : { ...asked, serverName: undefined }),
  };
  const transport = await connectTcp(target, { seconds: SECONDS });
  try {
    const socket = await secure(transport, { host, verifier, seconds: SECONDS, plan: {} });
    const { name: cipher, version } = socket.getCipher();
    report.say(`SSL connection is successful\nSSL connection using ${cipher}`, { event: 'connected', host, version, cipher });
    for await (const _ of replyTo(socket, request, { seconds: SECONDS, maxBytes: MAX_REPLY }));
    return { connected: true, problem: callback.failed?.error && wordsOf(callback.failed.error.words) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const words = wordsOf((callback.failed?.error ?? verifyErrorOf(error.refusal, isAddress)).words);
    report.say(opensslErrorLine(words), { event: 'refused', host, problem: words });
    return { connected: false, problem: words };
  } finally {
    transport.destroySoon();
  }
}

/** A report whose lines stand a little to the right, below what they belong to. */
export function indented(report: Report): Report {
  return { ...report, say: (line, facts) => report.say(line.replace(/^/gm, '   '), facts) };
}
