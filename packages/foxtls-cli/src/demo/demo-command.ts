/** `foxtls demo`, and `npm start`: serves HTTPS over our TLS, fetches a page from itself with our client, says what was negotiated, and stays up. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import https, { type Server } from 'foxtls/https';
import type { TLSSocket } from 'foxtls/tls';
import { parseCertificate } from 'foxtls/x509';
import { defineCommand } from '../command/command.ts';
import { CommandFailure, describeFailure } from '../command/failure.ts';
import { printable } from '../command/printable.ts';
import { createReport, JSON_OPTION, type Report } from '../command/report.ts';
import type { DemoPki } from '../demo-pki.ts';
import { parsePort } from '../network/addresses.ts';
import { loadOwnPki } from '../network/credential-options.ts';
import { listenTcp } from '../network/tcp.ts';
import { trackConnections } from '../network/tracked-server.ts';
import { demoPage, type Fact } from './demo-page.ts';

const HOST = '127.0.0.1';
const DEFAULT_PORT = 4433;

export const demoCommand = defineCommand({
  name: 'demo',
  summary: 'serve a page over TLS 1.3, fetch it, and show what was negotiated',
  operands: '',
  maxOperands: 0,
  options: {
    port: { type: 'string', short: 'p', value: 'PORT', help: `the TCP port; 0 takes a free one (${DEFAULT_PORT}, or $PORT)` },
    ...JSON_OPTION,
  },
  notes: ['Its certificates are those that all programs of foxtls share, made at first use in ~/.foxtls.'],
  examples: [
    { purpose: 'on port 4433 of this machine, until Ctrl-C', line: 'foxtls demo' },
    { purpose: 'on any free port, for a program to read', line: 'foxtls demo --port 0 --json' },
  ],
  async run({ options }, terminal) {
    const report = createReport(options, terminal);
    const { PORT: byEnvironment } = terminal.environment;
    const port =
      options.port === undefined && byEnvironment
        ? parsePort(byEnvironment, DEFAULT_PORT, 'PORT')
        : parsePort(options.port, DEFAULT_PORT);
    const pki = await loadOwnPki(terminal);
    const server = https.createServer({ key: pki.key, cert: pki.certificate }, answer);
    server.on('tlsClientError', (error: Error) => report.complain(`  a client failed: ${printable(error.message)}`));
    const { stop } = trackConnections(server);
    const stopping = new Promise<void>((resolve) => terminal.onStop(() => resolve()));
    const address = await listen(server, port);
    const url = `https://localhost:${address.port}/`;
    report.say('foxtls demo: HTTPS over TLS 1.3\n', { event: 'started' });
    const made = pki.isNew ? 'made now' : 'kept from before';
    report.say(`  certificates  ${shownPath(pki.caPath)} (${made})`, { event: 'certificates', ca: pki.caPath, isNew: pki.isNew });
    report.say(`  serving       ${url}\n`, { event: 'listening', port: address.port });
    sayFacts(await fetchPage(pki, address.port), report);
    if (!options.json) terminal.write(adviceFor(pki, address.port));
    await stopping;
    // Those in their handshake, too.
    await stop();
  },
});

async function listen(server: Server, port: number): Promise<AddressInfo> {
  try {
    return await listenTcp(server, { address: HOST, family: 4, port });
  } catch (error) {
    throw new CommandFailure(`${describeFailure(error)}; with npm start: PORT=${port + 1} npm start`);
  }
}

/** As it can be typed: `~/.foxtls/ca.pem`. */
function shownPath(path: string): string {
  const home = homedir();
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', 'https://localhost');
  if (pathname !== '/') {
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('There is one page here: /\n');
    return;
  }
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(demoPage(negotiated(request.socket as TLSSocket)));
}

function negotiated(socket: TLSSocket): Fact[] {
  const info = socket.connectionInfo;
  if (info === undefined) return [];
  return [
    { name: 'version', value: info.version },
    { name: 'suite', value: info.suite.name },
    { name: 'group', value: info.group?.name ?? 'none' },
    { name: 'signature', value: info.signatureScheme?.name ?? (info.resumed ? 'none: resumed by a ticket' : 'none') },
  ];
}

/** One request over our own client, with what was seen of it. */
function fetchPage(pki: DemoPki, port: number): Promise<Fact[]> {
  const started = performance.now();
  const elapsed = () => `${(performance.now() - started).toFixed(1)} ms`;
  return new Promise((resolve, reject) => {
    const request = https.get({ host: HOST, port, servername: 'localhost', ca: pki.ca, agent: false }, (response) => {
      const socket = response.socket as TLSSocket;
      const facts = negotiated(socket);
      const chain = socket.connectionInfo?.peer.kind === 'verified' ? socket.connectionInfo.peer.path : [];
      facts.push({ name: 'chain', value: chain.map((der) => parseCertificate(der).subject.toString()).join(' <- ') });
      let bytes = 0;
      response.on('data', (data: Uint8Array) => {
        bytes += data.length;
      });
      response.on('error', reject);
      response.on('end', () => {
        facts.push({ name: 'time', value: `${connected} to connect, ${elapsed()} to the last byte` });
        facts.push({ name: 'bytes', value: `${bytes} (HTTP ${response.statusCode})` });
        resolve(facts);
      });
    });
    let connected = '';
    request.on('socket', (socket) => {
      socket.once('secureConnect', () => {
        connected = elapsed();
      });
    });
    request.on('error', reject);
  });
}

function sayFacts(facts: readonly Fact[], report: Report): void {
  const values = Object.fromEntries(facts.map(({ name, value }) => [name, value]));
  const lines = facts.map(({ name, value }) => `    ${name.padEnd(10)}${value}`);
  report.say(['  fetched from itself:', ...lines].join('\n'), { ...values, event: 'fetched' });
}

function adviceFor(pki: DemoPki, port: number): string {
  const ca = shownPath(pki.caPath);
  return [
    '\n  try it:',
    `    curl --cacert ${ca} https://localhost:${port}/`,
    `    openssl s_client -CAfile ${ca} -connect localhost:${port} -servername localhost`,
    `    a browser: import ${ca} as an authority, then open https://localhost:${port}/`,
    '\n  Ctrl-C ends it.\n',
  ].join('\n');
}
