/**
 * curl against our HTTPS server, and our HTTPS client against openssl's web server.
 */

import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import https, { type ServerOptions } from '../packages/foxtls/src/https.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { connectSocket } from './harness/endpoint.ts';
import { MEBIBYTE, payload, sha256 } from './harness/payload.ts';
import { runPeer, startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

/** Our HTTPS server; answers with what it was sent, and its checksum in a header. */
async function startServer(options: ServerOptions = {}, listener: RequestListener = echo) {
  const { cert, key } = pki.servers.p256;
  const server = https.createServer({ cert, key, ...options }, listener);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

const echo: RequestListener = async (request, response) => {
  const body = await readBody(request);
  response.setHeader('x-sha256', sha256(body)).end(body);
};

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** curl that trusts our root and speaks TLS 1.3, silent but for errors. */
function curl(...options: string[]) {
  const trust = options.includes('--cacert') ? [] : ['--cacert', pki.caPath];
  return runPeer('curl', ['-sS', '--tlsv1.3', '--noproxy', '*', '-4', ...trust, ...options], { folder: pki.folder });
}

describeWithPeer('curl and our HTTPS server', 'curl', () => {
  it('get a page', async () => {
    const { port } = await startServer({}, (request, response) => void response.end(`you asked for ${request.url}`));
    const client = await curl('-v', `https://localhost:${port}/fox`);
    expect(client.end?.code).toBe(0);
    expect(client.bytes.toString()).toBe('you asked for /fox');
    expect(client.errors).toMatch(/SSL connection using TLSv1\.3 \/ TLS_AES_128_GCM_SHA256/);
    expect(client.errors).toMatch(/SSL certificate verify ok/);
  });

  it('agree over TLS 1.2', async () => {
    const { port } = await startServer({}, (_request, response) => void response.end('old, and well'));
    const client = await curl('-v', '--tlsv1.2', '--tls-max', '1.2', `https://localhost:${port}/`);
    expect(client.bytes.toString()).toBe('old, and well');
    expect(client.errors).toMatch(/SSL connection using TLSv1\.2 \/ ECDHE-ECDSA-AES128-GCM-SHA256/);
  });

  it('use one connection for several requests', async () => {
    const { server, port } = await startServer({}, (request, response) => void response.end(request.url));
    let connections = 0;
    server.on('secureConnection', () => connections++);
    const url = `https://localhost:${port}`;
    const client = await curl(`${url}/1`, `${url}/2`, `${url}/3`);
    expect(client.bytes.toString()).toBe('/1/2/3');
    expect(connections).toBe(1);
  });

  it('post 1 MiB and get it back', async () => {
    const data = payload('by curl');
    writeFileSync(pki.path('upload'), data);
    const { port } = await startServer();
    const client = await curl('--data-binary', '@upload', '-D', 'headers', `https://localhost:${port}/`);
    expect(client.end?.code).toBe(0);
    expect(client.bytes.length).toBe(MEBIBYTE);
    expect(sha256(client.bytes)).toBe(sha256(data));
  });

  it('end with 60 when the certificate is of a stranger, and our server hears why', async () => {
    const { server, port } = await startServer();
    const failed = once(server, 'tlsClientError');
    const client = await curl('--cacert', pki.strangerPath, `https://localhost:${port}/`);
    expect(client.end?.code).toBe(60);
    const [error] = (await failed) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA');
  });

  it('end with 60 when the certificate is for another name', async () => {
    const { port } = await startServer();
    const client = await curl('--resolve', `fox.example:${port}:127.0.0.1`, `https://fox.example:${port}/`);
    expect(client.end?.code).toBe(60);
  });

  it('end with 35 when it may speak TLS 1.2 only', async () => {
    const { port } = await startServer({ minVersion: 'TLSv1.3' });
    const client = await curl('--tls-max', '1.2', '--tlsv1.2', `https://localhost:${port}/`);
    expect(client.end?.code).toBe(35);
    expect(client.errors).toMatch(/protocol version/);
  });

  it('agree on a client certificate', async () => {
    const seen: string[] = [];
    const { port } = await startServer({ ca: pki.ca, requestCert: true, rejectUnauthorized: true }, (request, response) => {
      const { authorized, getPeerCertificate } = request.socket as unknown as {
        authorized: boolean;
        getPeerCertificate: () => { subject: { CN: string } };
      };
      seen.push(`${authorized} ${getPeerCertificate.call(request.socket).subject.CN}`);
      response.end();
    });
    const { certPath, keyPath } = pki.clients.ed25519;
    expect((await curl('--cert', certPath, '--key', keyPath, `https://localhost:${port}/`)).end?.code).toBe(0);
    expect(seen).toEqual(['true client-ed25519']);
    expect((await curl(`https://localhost:${port}/`)).end?.code).not.toBe(0);
    expect(seen).toHaveLength(1);
  });
});

describeWithPeer('our HTTPS client and openssl s_server -WWW', 'openssl', () => {
  it('get a file of 1 MiB', async () => {
    const data = payload('by https.get');
    const folder = mkdtempSync(join(pki.folder, 'www-'));
    writeFileSync(join(folder, 'file.txt'), data);
    const port = await findFreePort();
    const { certPath, keyPath } = pki.servers.rsa;
    startPeer('openssl', ['s_server', '-WWW', '-quiet', '-cert', certPath, '-key', keyPath, '-accept', `127.0.0.1:${port}`], {
      folder,
    });
    (await connectSocket(port)).destroy();
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path: '/file.txt', servername: 'localhost', ca: pki.ca, agent: false as const };
      https.get(options, resolve).on('error', reject);
    });
    expect(response.statusCode).toBe(200);
    expect(sha256(await readBody(response))).toBe(sha256(data));
  });
});
