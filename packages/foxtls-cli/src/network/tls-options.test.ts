import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'foxtls/tls';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fakeTerminal } from '../command/terminal.fixture.ts';
import { listenAddress, resolveTarget } from './addresses.ts';
import { connectTcp, listenTcp } from './tcp.ts';
import { clientOptions, loadTlsPlan, logKeys, serverOptions, type TlsPlan } from './tls-options.ts';

const home = mkdtempSync(join(tmpdir(), 'foxtls-home-'));
beforeAll(() => {
  vi.stubEnv('HOME', home);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const terminal = fakeTerminal({ now: new Date() });
type Options = Parameters<typeof loadTlsPlan>[1];

/** A plan for each end from the same options; what the client sees. */
async function handshake(options: Options, see: (socket: TLSSocket, plan: TlsPlan) => void = () => {}): Promise<TLSSocket> {
  const plan = await loadTlsPlan('server', options, terminal);
  const server = createServer({ ...serverOptions(plan), requestCert: plan.psk === undefined });
  closing.push(() => server.close());
  const { port } = await listenTcp(server, listenAddress({ port: '0' }));
  const target = await resolveTarget([], { port: String(port) });
  const transport = await connectTcp(target, { seconds: 5 });
  const socket = connect({
    ...clientOptions(await loadTlsPlan('client', options, terminal)),
    socket: transport,
    servername: 'localhost',
  });
  closing.push(() => socket.destroy());
  see(socket, plan);
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  return socket;
}

describe('the options of programs of TLS', () => {
  it.each([
    [{}, 'TLSv1.3'],
    [{ tls: '1.2' }, 'TLSv1.2'],
    [{ tls: '3' }, 'TLSv1.2'],
    [{ tls: '1.1' }, 'TLSv1.1'],
    [{ tls: '1' }, 'TLSv1'],
    [{ psk: true }, 'TLSv1.3'],
    [{ psk: true, tls: '1.2' }, 'TLSv1.2'],
  ])('make two ends that speak: %o', async (options, version) => {
    const socket = await handshake({ ...options });
    expect(socket.getProtocol()).toBe(version);
    expect(socket.authorized).toBe(true);
  });

  it('know old suites by request', async () => {
    const socket = await handshake({ tls: '1.2', legacy: true, ciphers: 'ECDHE-ECDSA-DES-CBC3-SHA' });
    expect(socket.getCipher().name).toBe('ECDHE-ECDSA-DES-CBC3-SHA');
  });

  it('refuse SSL 3.0', async () => {
    await expect(loadTlsPlan('client', { tls: '0' }, terminal)).rejects.toThrow(
      /^SSL 3\.0 is broken, and foxtls does not speak it/,
    );
  });

  it('write down the secrets', async () => {
    const keylog = join(home, 'keys.log');
    const { readFileSync, statSync } = await import('node:fs');
    await handshake({}, (socket) => logKeys(socket, { keylog }));
    expect(readFileSync(keylog, 'latin1')).toMatch(/^(\w+ [0-9a-f]{64} [0-9a-f]+\n)+$/);
    expect(statSync(keylog).mode & 0o777).toBe(0o600);
  });
});

describe('connections of TCP', () => {
  it('say that a port is taken, and that nobody listens', async () => {
    const { createServer: createTcpServer } = await import('node:net');
    const server = createTcpServer();
    const { port } = await listenTcp(server, listenAddress({ port: '0' }));
    const second = createTcpServer();
    await expect(listenTcp(second, listenAddress({ port: String(port) }))).rejects.toThrow(
      `TCP port ${port} is taken: choose another with --port, or 0 for a free one`,
    );
    await new Promise((resolve) => server.close(resolve));
    const target = await resolveTarget(['127.0.0.1'], { port: String(port) });
    await expect(connectTcp(target, { seconds: 5 })).rejects.toThrow(
      `127.0.0.1:${port}: nothing listens there (connection refused)`,
    );
  });
});
