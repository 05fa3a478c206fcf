/**
 * examples/coap, run as its reader would: server and client of npm's coap over our DTLS, and libcoap's client where it is installed.
 */

import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPeer, startPeer } from '../interop/harness/peer-process.ts';
import { createInteropPki, type InteropPki } from '../interop/harness/pki.ts';

const KEY = 'sixteen letters!';
const PSK = `sensor-17:${Buffer.from(KEY).toString('hex')}`;
/** Debian's libcoap3-bin. */
const LIBCOAP = '/usr/bin/coap-client-openssl';

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

/** How both ends are told of each other, and the suites that they agree on. */
const MODES = {
  'pre-shared keys': {
    server: () => ['--psk', PSK],
    client: () => ['--psk', PSK],
    libcoap: () => ['-u', 'sensor-17', '-k', KEY],
    suites: { 'DTLSv1.3': 'TLS_AES_128_GCM_SHA256', 'DTLSv1.2': 'TLS_PSK_WITH_AES_128_CCM_8' },
  },
  certificates: {
    server: () => ['--key', pki.servers.p256.keyPath, '--cert', pki.servers.p256.certPath],
    client: () => ['--ca', pki.caPath],
    libcoap: () => ['-R', pki.caPath],
    suites: { 'DTLSv1.3': 'TLS_AES_128_GCM_SHA256', 'DTLSv1.2': 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8' },
  },
} as const;

async function startServer(...options: string[]) {
  const server = startPeer(process.execPath, ['examples/coap/server.mjs', '--port', '0', ...options]);
  const [, port = ''] = await server.prints(/coaps:\/\/127\.0\.0\.1:(\d+)\/temperature\n/);
  return { server, port };
}

describe.each(Object.entries(MODES))('CoAP over foxtls/dtls, by %s', (_title, mode) => {
  it.each(['DTLSv1.3', 'DTLSv1.2'] as const)('is read and observed, in %s', async (version) => {
    const { server, port } = await startServer(...mode.server());
    const client = await runPeer(process.execPath, [
      ...['examples/coap/client.mjs', '--port', port, '--dtls', version],
      ...mode.client(),
    ]);
    expect([client.end?.code, client.errors]).toEqual([0, '']);
    expect(client.output).toBe('2.05 20 degrees\n4.04\nobserved 21 degrees\nobserved 22 degrees\nobserved 23 degrees\n');
    expect(server.output).toContain(`\n${version} ${mode.suites[version]}\n`);
    server.signal('SIGTERM');
    expect(await server.exited()).toEqual({ code: 0, signal: null });
  });

  it('is read by libcoap', async (context) => {
    if (!existsSync(LIBCOAP)) context.skip('libcoap3-bin is not installed');
    const { port } = await startServer(...mode.server());
    const client = await runPeer(LIBCOAP, [...mode.libcoap(), '-B', '5', `coaps://127.0.0.1:${port}/temperature`]);
    expect(client.output).toContain('20 degrees');
  });
});
