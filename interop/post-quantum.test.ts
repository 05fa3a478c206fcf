/**
 * Groups with ML-KEM, with OpenSSL from 3.5 on, which says what was negotiated, and with Chromium, which offers X25519MLKEM768 before all others.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { describeWithPeer, peerOrSkip } from '../packages/foxtls/test/peers.ts';
import { browse, importAuthority } from './harness/chromium.ts';
import { clientConfig, serverConfig } from './harness/configs.ts';
import { connectEndpoint, listenEndpoints } from './harness/endpoint.ts';
import { payload, sha256 } from './harness/payload.ts';
import { startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';

const GROUPS = ['X25519MLKEM768', 'SecP256r1MLKEM768', 'SecP384r1MLKEM1024', 'MLKEM768', 'MLKEM1024'];
const SIZE = 50_000;

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

/** Debian's stable release has OpenSSL 3.0. */
const openssl = process.env['FOXTLS_OPENSSL35'] ?? '';

describe('OpenSSL from 3.5 on', () => {
  if (openssl === '') {
    it('finds its peer', (context) => context.skip('set FOXTLS_OPENSSL35: the program (interop/fetch-newer-peers.sh)'));
    return;
  }
  describe.each(GROUPS)('and %s', (group) => {
    it.each([
      ['at once', [group]],
      ['after a HelloRetryRequest', ['x25519', group]],
    ])('serve foxtls %s', async (_, groups) => {
      const { certPath, keyPath } = pki.servers.p256;
      const listening = ['s_server', '-cert', certPath, '-key', keyPath, '-accept', '127.0.0.1:0', '-groups', group, '-rev'];
      const server = startPeer(openssl, listening, { folder: pki.folder });
      const port = Number((await server.prints(/ACCEPT 127\.0\.0\.1:(\d+)/))[1]);
      const client = await connectEndpoint(port, clientConfig(pki, { groups, keyShareGroups: groups.slice(0, 1) }));
      expect((await client.connected()).group?.name).toBe(group);
      client.send('mirror\n');
      await client.receivedText('rorrim');
    });

    it('agree as client', async () => {
      const server = await listenEndpoints(serverConfig(pki, { groups: [group] }));
      const trust = ['-CAfile', pki.caPath, '-verify_return_error', '-servername', 'localhost'];
      const client = startPeer(openssl, ['s_client', '-connect', `127.0.0.1:${server.port}`, '-groups', group, ...trust]);
      const endpoint = await server.accepted();
      expect((await endpoint.connected()).group?.name).toBe(group);
      await client.prints(new RegExp(`Negotiated TLS1\\.3 group: ${group}`));
      const data = payload('post-quantum', SIZE);
      client.write(data);
      expect(sha256(await endpoint.received(SIZE))).toBe(sha256(data));
    });
  });
});

describeWithPeer('Chromium', 'chromium', () => {
  it('agrees on X25519MLKEM768 with a server that has it', async (context) => {
    peerOrSkip(context, 'certutil');
    const home = mkdtempSync(join(tmpdir(), 'foxtls-chromium-'));
    // The browser writes into its profile until its last process is gone.
    onTestFinished(() => rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
    await importAuthority(home, pki.caPath);
    const page = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 14\r\nConnection: close\r\n\r\n<p>hybrid</p>\n';
    const groups: (string | undefined)[] = [];
    const server = await listenEndpoints(serverConfig(pki, { groups: ['X25519MLKEM768', 'x25519'] }), {
      onAccept: (endpoint) => {
        endpoint
          .receivedText('\r\n\r\n')
          .then(() => {
            groups.push(endpoint.connection.info?.group?.name);
            endpoint.send(page);
            endpoint.connection.close();
          })
          // Connections that the browser opens beforehand say nothing.
          .catch(() => {});
      },
    });
    const loaded = await browse(home, '--dump-dom', `https://localhost:${server.port}/`);
    expect(loaded.bytes.toString()).toContain('<p>hybrid</p>');
    expect(new Set(groups)).toEqual(new Set(['X25519MLKEM768']));
  });
});
