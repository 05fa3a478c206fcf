/**
 * `npm start`: serves HTTPS over our TLS, fetches a page from itself with our client, says what was negotiated, and stays up.
 *
 * Environment: `PORT` (default 4433; 0 takes a free one). The certificates are kept in `.foxtls/` of the working folder.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { relative } from 'node:path';
import https, { type Server } from 'foxtls/https';
import type { TLSSocket } from 'foxtls/tls';
import { parseCertificate } from 'foxtls/x509';
import { demoPage, type Fact } from './demo-page.ts';
import { type DemoPki, loadDemoPki } from './demo-pki.ts';

const HOST = '127.0.0.1';
const DEFAULT_PORT = 4433;

async function main(): Promise<void> {
  const port = readPort(process.env['PORT']);
  const pki = await loadDemoPki('.foxtls', new Date());
  const server = https.createServer({ key: pki.key, cert: pki.certificate }, answer);
  server.on('tlsClientError', (error: Error) => console.log(`  a client failed: ${error.message}`));
  stopOnSignal(server);
  const address = await listen(server, port);
  console.log('foxtls demo: HTTPS over TLS 1.3\n');
  console.log(`  certificates  ${relative('.', pki.caPath)} (${pki.isNew ? 'made now' : 'kept from before'})`);
  console.log(`  serving       https://localhost:${address.port}/\n`);
  printFacts(await fetchPage(pki, address.port));
  printAdvice(pki, address.port);
}

function readPort(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new Error(`PORT is ${JSON.stringify(text)}: a number from 0 to 65535 is expected`);
}

function listen(server: Server, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error);
      reject(new Error(`port ${port} is taken: stop what listens there, or choose another, as in PORT=${port + 1} npm start`));
    });
    server.listen(port, HOST, () => resolve(server.address() as AddressInfo));
  });
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

function printFacts(facts: readonly Fact[]): void {
  console.log('  fetched from itself:');
  for (const { name, value } of facts) console.log(`    ${name.padEnd(10)}${value}`);
}

function printAdvice(pki: DemoPki, port: number): void {
  const ca = relative('.', pki.caPath);
  console.log('\n  try it:');
  console.log(`    curl --cacert ${ca} https://localhost:${port}/`);
  console.log(`    openssl s_client -CAfile ${ca} -connect localhost:${port} -servername localhost`);
  console.log(`    a browser: import ${ca} as an authority, then open https://localhost:${port}/`);
  console.log('\n  Ctrl-C ends it.');
}

/** The first signal closes the server and cuts every connection, also those that are still in their handshake; a second one kills. */
function stopOnSignal(server: Server): void {
  const transports = new Set<Socket>();
  server.on('connection', (transport: Socket) => {
    transports.add(transport);
    transport.once('close', () => transports.delete(transport));
  });
  const stop = () => {
    server.close(() => process.exit(0));
    for (const transport of transports) transport.destroy();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

main().catch((error: unknown) => {
  console.error(`foxtls demo: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
