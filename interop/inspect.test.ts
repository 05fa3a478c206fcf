/**
 * `foxtls inspect` as people use it, on bytes that others have sent: flights of openssl in several versions, caught by a relay, as raw bytes and as what
 * `openssl s_client -msg` prints; certificates of openssl.
 */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { runPeer, startPeer } from './harness/peer-process.ts';
import { findFreePort } from './harness/ports.ts';
import { foxtlsPrograms } from './harness/programs.ts';

const { foxtls } = foxtlsPrograms();
const folder = mkdtempSync(join(tmpdir(), 'foxtls-inspect-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string) => join(folder, name);

async function inspect(input: Uint8Array | string, ...args: string[]) {
  const program = foxtls('inspect', ...args);
  program.endInput(input);
  const { code } = await program.exited();
  return { code, text: program.bytes.toString(), errors: program.errors };
}

describeWithPeer('flights of openssl', 'openssl', () => {
  beforeAll(() => {
    const subject = ['-subj', '/C=US/O=Example/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '30'];
    const files = ['-keyout', path('key.pem'), '-out', path('cert.pem')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...files, ...subject], { stdio: 'ignore' });
  });

  /** What each side of a handshake sends. */
  async function capture(...options: string[]): Promise<{ client: Buffer; server: Buffer; printed: string }> {
    const port = String(await findFreePort());
    const server = startPeer('openssl', [
      's_server',
      '-accept',
      `127.0.0.1:${port}`,
      '-cert',
      path('cert.pem'),
      '-key',
      path('key.pem'),
      ...options,
    ]);
    await server.prints(/ACCEPT/);
    const sent = { client: [] as Buffer[], server: [] as Buffer[] };
    const relay = createServer((front) => {
      const back = connect(Number(port), '127.0.0.1');
      front
        .on('data', (bytes) => sent.client.push(bytes))
        .on('error', () => undefined)
        .pipe(back);
      back
        .on('data', (bytes) => sent.server.push(bytes))
        .on('error', () => undefined)
        .pipe(front);
    });
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    onTestFinished(() => void relay.close());
    const to = `127.0.0.1:${(relay.address() as AddressInfo).port}`;
    const client = await runPeer('openssl', ['s_client', '-connect', to, '-servername', 'localhost', '-msg'], { input: 'Q\n' });
    return { client: Buffer.concat(sent.client), server: Buffer.concat(sent.server), printed: client.output };
  }

  const NAMES = 'client_hello|server_hello|certificate|server_key_exchange|server_hello_done|client_key_exchange';
  /** The messages in clear that a tree names, in order. */
  const messages = (text: string) =>
    [...text.matchAll(new RegExp(`[├└]─ (${NAMES}): \\d+ bytes?$`, 'gm'))].map(([, name]) => name);

  it('in TLS 1.3 show the hellos', async () => {
    const { client, server } = await capture('-tls1_3');
    const ours = await inspect(client);
    expect([ours.code, messages(ours.text)]).toEqual([0, ['client_hello']]);
    expect(ours.text).toMatch(/name: "localhost"/);
    const theirs = await inspect(server);
    expect([theirs.code, messages(theirs.text)]).toEqual([0, ['server_hello']]);
    expect(theirs.text).toMatch(/supported_versions: TLSv1\.3 \(0x0304\)/);
    expect(theirs.text).toMatch(/application_data: TLSv1\.2, \d+ bytes, encrypted/);
  });

  it.each([
    ['-tls1_2', ['-cipher', 'ECDHE-RSA-AES128-GCM-SHA256'], /algorithm: rsa_p\w+sha256/],
    ['-tls1_2', ['-cipher', 'DHE-RSA-AES128-GCM-SHA256'], /dh_p: 256 bytes/],
  ] as const)('in older versions show the whole handshake: %s %j', async (version, options, exchange) => {
    const { client, server } = await capture(version, ...options);
    const theirs = await inspect(server);
    expect(theirs.code, theirs.text).toBe(0);
    expect(messages(theirs.text).slice(0, 4)).toEqual([
      'server_hello',
      'certificate',
      'server_key_exchange',
      'server_hello_done',
    ]);
    expect(theirs.text).toMatch(/certificate of C = US, O = Example, CN = localhost, issued by .*, key of 2048 bit/);
    expect(theirs.text).toMatch(exchange);
    const ours = await inspect(client);
    expect([ours.code, messages(ours.text)]).toEqual([0, ['client_hello', 'client_key_exchange']]);
  });

  it('are read from what s_client -msg prints', async () => {
    const { printed } = await capture('-tls1_2');
    const dump = /^>>> TLS 1\.\d, Handshake.*ClientHello\n((?: {4}[0-9a-f ]+\n)+)/m.exec(printed)?.[1] ?? '';
    const { code, text } = await inspect(dump);
    expect([code, text.split('\n')[0]]).toEqual([0, expect.stringMatching(/client_hello: \d+ bytes$/)]);
  });

  it('are said to be cut where they are', async () => {
    const { client } = await capture('-tls1_3');
    const { code, text } = await inspect(client.subarray(0, 100));
    expect([code, text]).toEqual([1, expect.stringMatching(/✗ the input ends inside the record: \d+ bytes are missing/)]);
  });

  it('have certificates, whose structure is that of openssl asn1parse', async () => {
    const { code, text } = await inspect('', path('cert.pem'));
    const theirs = await runPeer('openssl', ['asn1parse', '-in', path('cert.pem')]);
    const places = theirs.bytes
      .toString()
      .split('\n')
      .filter((line) => line.includes(':d='))
      .map((line) => Number(line.split(':')[0]));
    const ours = text
      .split('\n')
      .flatMap((line) => /^([0-9a-f]{4,}) /.exec(line)?.[1] ?? [])
      .map((offset) => Number.parseInt(offset, 16));
    expect(code).toBe(0);
    // It does not open octet strings: ours has more.
    expect(ours).toEqual(expect.arrayContaining(places));
    expect(text).toMatch(/OBJECT IDENTIFIER: subjectAltName \(2\.5\.29\.17\)/);
  });
});

describe('foxtls inspect', () => {
  it('reads a file, and standard input', async () => {
    const hello = Uint8Array.of(21, 3, 3, 0, 2, 1, 0);
    writeFileSync(path('alert.bin'), hello);
    const expected =
      '0000  15 03 03 00 02           alert: TLSv1.2, 2 bytes\n0005  01                       ├─ level: warning (1)\n0006  00                       └─ description: close_notify (0)\n';
    expect(await inspect('', path('alert.bin'))).toEqual({ code: 0, text: expected, errors: '' });
    expect(await inspect(hello, '-')).toEqual({ code: 0, text: expected, errors: '' });
    expect(await inspect('15 03 03 00 02 01 00', '--hex')).toEqual({ code: 0, text: expected, errors: '' });
  });

  it('tells the same as JSON', async () => {
    const { text } = await inspect('150303000201ff', '--json');
    expect(JSON.parse(text)).toEqual({
      format: 'tls',
      nodes: [
        {
          label: 'alert',
          value: 'TLSv1.2, 2 bytes',
          offset: 0,
          length: 7,
          children: [
            { label: 'level', value: 'warning (1)', offset: 5, length: 1, hex: '01' },
            { label: 'description', value: 'unknown (255)', offset: 6, length: 1, hex: 'ff' },
          ],
        },
      ],
    });
  });

  it('ends with 1 for what is something else, and with 1 and a line for nothing', async () => {
    expect(await inspect('hello world\n')).toMatchObject({
      code: 1,
      text: expect.stringMatching(/✗ this is neither TLS nor DTLS nor DER\n$/),
    });
    expect(await inspect('')).toEqual({
      code: 1,
      text: '',
      errors: 'foxtls inspect: there is nothing to look at: the input is empty\n',
    });
    expect(await inspect('xyz', '--hex')).toMatchObject({ code: 1, errors: expect.stringContaining('no hex dump') });
    expect(await inspect('', '--as', 'ssh')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('--as is one of tls, dtls, handshake, der'),
    });
  });
});
