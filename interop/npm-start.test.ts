/**
 * `npm start` (`foxtls demo`), as a newcomer has it: what it prints, that what it prints works, and how it ends.
 */

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { peerOrSkip } from '../packages/foxtls/test/peers.ts';
import { connectSocket } from './harness/endpoint.ts';
import { runPeer, startPeer } from './harness/peer-process.ts';
import { FOXTLS } from './harness/programs.ts';
import { waitUntil } from './harness/wait.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foxtls-start-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function startDemo(port = '0') {
  const demo = startPeer(process.execPath, [FOXTLS, 'demo'], { environment: { HOME: folder, PORT: port } });
  await demo.prints(/Ctrl-C ends it/);
  return demo;
}

describe('npm start', () => {
  it('says what its own client negotiated with its own server', async () => {
    const demo = await startDemo();
    expect(demo.output).toMatch(/certificates {2}~\/\.foxtls\/ca\.pem \(made now\)/);
    expect(demo.output).toMatch(/version +TLSv1\.3\n/);
    expect(demo.output).toMatch(/suite +TLS_AES_128_GCM_SHA256\n/);
    expect(demo.output).toMatch(/group +x25519\n/);
    expect(demo.output).toMatch(/chain +CN=localhost <- /);
    expect(demo.output).toMatch(/bytes +\d+ \(HTTP 200\)\n/);
    expect(demo.errors).toBe('');
  });

  it('prints a curl line that works as it stands', async (context) => {
    peerOrSkip(context, 'curl');
    const demo = await startDemo();
    const [line] = await demo.prints(/curl --cacert .*/);
    const curl = await runPeer('sh', ['-c', line], { environment: { HOME: folder } });
    expect(curl.end?.code).toBe(0);
    expect(curl.bytes.toString()).toContain('<td>TLSv1.3</td>');
  });

  it('prints an openssl line that works as it stands', async (context) => {
    peerOrSkip(context, 'openssl');
    const demo = await startDemo();
    const [line] = await demo.prints(/openssl s_client .*/);
    const openssl = await runPeer('sh', ['-c', line], { environment: { HOME: folder }, input: '' });
    expect(openssl.end?.code).toBe(0);
    expect(openssl.output).toContain('Verify return code: 0 (ok)');
    expect(openssl.output).toContain('New, TLSv1.3');
  });

  it('keeps its certificates, readable keys only for their owner', async () => {
    const read = () =>
      ['ca.pem', 'server.pem', 'server-key.pem'].map((name) => readFileSync(join(folder, '.foxtls', name), 'utf8'));
    const first = await startDemo();
    const before = read();
    await first.stop();
    const second = await startDemo();
    expect(second.output).toContain('(kept from before)');
    expect(read()).toEqual(before);
    expect(statSync(join(folder, '.foxtls/server-key.pem')).mode & 0o077).toBe(0);
    expect(statSync(join(folder, '.foxtls/ca-key.pem')).mode & 0o077).toBe(0);
  });

  it('says so when its port is taken, with what to do, and ends with 1', async () => {
    const squatter = createServer();
    onTestFinished(() => void squatter.close());
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    const { port } = squatter.address() as AddressInfo;
    const demo = await runPeer(process.execPath, [FOXTLS, 'demo'], { environment: { HOME: folder, PORT: String(port) } });
    expect(demo.end?.code).toBe(1);
    expect(demo.errors).toContain(`port ${port} is taken`);
    expect(demo.errors).toContain(`PORT=${port + 1} npm start`);
    expect(demo.errors).not.toMatch(/^ {4}at /m);
  });

  it('says so when PORT is not a port, and ends with 2', async () => {
    const demo = await runPeer(process.execPath, [FOXTLS, 'demo'], { environment: { HOME: folder, PORT: 'fox' } });
    expect(demo.end?.code).toBe(2);
    expect(demo.errors).toContain('PORT is a number from 0 to 65535, not "fox"');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends with 0 at %s, also with a client connected, and leaves nothing behind',
    async (signal) => {
      const demo = await startDemo();
      const [, port] = await demo.prints(/https:\/\/localhost:(\d+)\//);
      const ca = readFileSync(join(folder, '.foxtls/ca.pem'));
      const client = connect({ host: '127.0.0.1', port: Number(port), servername: 'localhost', ca });
      onTestFinished(() => void client.destroy());
      client.on('error', () => undefined);
      await new Promise((resolve) => client.once('secureConnect', resolve));
      demo.signal(signal);
      expect(await demo.exited()).toEqual({ code: 0, signal: null });
      await waitUntil(
        () => demo.isGone,
        () => 'its process group to be empty',
      );
    },
  );

  it('ends with 0 at SIGINT when a client has not even begun its handshake', async () => {
    const demo = await startDemo();
    const [, port] = await demo.prints(/https:\/\/localhost:(\d+)\//);
    const client = await connectSocket(Number(port));
    onTestFinished(() => void client.destroy());
    demo.signal('SIGINT');
    expect(await demo.exited()).toEqual({ code: 0, signal: null });
  });

  it('stays up when clients misbehave', async () => {
    const demo = await startDemo();
    const [, port] = await demo.prints(/https:\/\/localhost:(\d+)\//);
    const client = await connectSocket(Number(port));
    onTestFinished(() => void client.destroy());
    client.end('GET / HTTP/1.0\r\n\r\n');
    await demo.prints(/a client failed: /);
    expect(demo.end).toBeUndefined();
  });
});
