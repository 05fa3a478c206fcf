/**
 * `foxtls client` and `foxtls server` with each other, as people run them: every version, and the options that both have.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clientAndServer, endOf, sessionLines } from './harness/client-server.ts';
import { takeTutorialPort } from './harness/ports.ts';
import { pause } from './harness/wait.ts';

const { home, foxtls, inTerminal, startServer, talk, recordsOfServer } = clientAndServer();

const TLS13 = sessionLines('TLSv1.3', 'TLS_AES_128_GCM_SHA256', 'X25519');
const TLS12 = sessionLines('TLSv1.2', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'X25519');
const [SAID, REPLIED] = ['Client message: hello wolfssl!', 'I hear you fa shizzle!'];
const done = (...lines: string[]) => ({ code: 0, lines, errors: '' });

describe('foxtls server and foxtls client', () => {
  it.each([
    ['', TLS13],
    ['-v 3', TLS12],
    ['-u', sessionLines('DTLSv1.3', 'TLS_AES_128_GCM_SHA256', 'X25519')],
    ['-u -v 3', sessionLines('DTLSv1.2', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'X25519')],
    ['--ipv6', TLS13],
    ['-6 -u', sessionLines('DTLSv1.3', 'TLS_AES_128_GCM_SHA256', 'X25519')],
    ['-s', TLS13],
    ['-s -v 3', sessionLines('TLSv1.2', 'TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256', 'X25519')],
    ['-s -u -v 3', sessionLines('DTLSv1.2', 'TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384', 'X25519')],
    ['-l TLS13-CHACHA20-POLY1305-SHA256', sessionLines('TLSv1.3', 'TLS_CHACHA20_POLY1305_SHA256', 'X25519')],
    ['-v 3 -l ECDHE-ECDSA-AES128-CCM-8', sessionLines('TLSv1.2', 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', 'X25519')],
    ['-v 3 -s -l PSK-AES128-CCM', sessionLines('TLSv1.2', 'TLS_PSK_WITH_AES_128_CCM')],
  ] as const)('print the three lines, and what each has heard: %j', async (options, lines) => {
    const { server, client } = await talk(options, options);
    expect(client).toEqual(done(...lines, REPLIED));
    expect(server).toEqual(done(...lines, SAID));
  });

  it.each([
    ['-v 2', 'TLSv1.1'],
    ['-v 1', 'TLSv1'],
    ['-u -v 2', 'DTLS'],
  ])('speak old versions when they are told to, and warn: %s', async (options, version) => {
    const { server, client } = await talk(options, options);
    const lines = sessionLines(version, 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'X25519');
    expect([client.code, client.lines]).toEqual([0, [...lines, REPLIED]]);
    expect([server.code, server.lines]).toEqual([0, [...lines, SAID]]);
    for (const { errors } of [client, server]) expect(errors).toMatch(/^(warning: \S+ was negotiated with .*\n)+$/);
  });

  it('take the old suites that --legacy knows, under the names that wolfSSL has kept', async () => {
    const options = '-v 3 --legacy -l ECDHE-ECDSA-DES-CBC3-SHA';
    const { client } = await talk(options, options);
    expect(client.lines[1]).toBe('SSL cipher suite is TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA');
    expect(client.errors).toContain('warning: ');
  });

  it('find each other on the port of the tutorials, and say nothing more', async () => {
    await takeTutorialPort();
    const server = foxtls('server');
    const client = await tryUntil(() => endOf(foxtls('client')));
    expect(client).toEqual(done(...TLS13, REPLIED));
    expect(await endOf(server)).toEqual(done(...TLS13, SAID));
  });

  it('make the records that the tutorial has captured', async () => {
    const records = await recordsOfServer('-v 3 -l ECDHE-ECDSA-AES256-GCM-SHA384', '-v 3');
    // What stands in the tutorial: ServerHelloDone and all before it in clear, then a Finished of 40, the reply of 46, and a close_notify of 26.
    const [HANDSHAKE, CHANGE_CIPHER_SPEC, DATA, ALERT] = [22, 20, 23, 21];
    expect(records.slice(-4)).toEqual([
      { type: CHANGE_CIPHER_SPEC, length: 1 },
      { type: HANDSHAKE, length: 40 },
      { type: DATA, length: 46 },
      { type: ALERT, length: 26 },
    ]);
  });

  it('look the same in a terminal', async () => {
    const running = inTerminal('server', '-p', '0');
    const [, port = ''] = await running.prints(/listening on 127\.0\.0\.1:(\d+)/);
    const client = inTerminal('client', '-h', 'localhost', '-p', port);
    const shown = (text: string) => text.replaceAll('\r\n', '\n').trimEnd().split('\n');
    expect(await client.exited()).toEqual({ code: 0, signal: null });
    expect(shown(client.output)).toEqual([...TLS13, REPLIED]);
    expect(await running.exited()).toEqual({ code: 0, signal: null });
    expect(shown(running.output).slice(1)).toEqual([...TLS13, SAID]);
  });

  it('tell facts with --json', async () => {
    const { server, client } = await talk('--json', '--json');
    const facts = (lines: readonly string[]) => lines.map((line) => JSON.parse(line) as { event: string });
    expect(facts(client.lines)).toMatchObject([
      {
        event: 'session',
        version: 'TLSv1.3',
        suite: 'TLS_AES_128_GCM_SHA256',
        group: 'x25519',
        resumed: false,
        serverName: 'localhost',
      },
      { event: 'reply', bytes: 22, text: REPLIED },
    ]);
    expect(facts(server.lines).map(({ event }) => event)).toEqual(['listening', 'session', 'message']);
  });

  it('listen on all interfaces with -b, and on this machine alone without', async () => {
    const any = await startServer('-b');
    expect(any.process.output).toContain('listening on 0.0.0.0:');
    const own = await startServer();
    expect(own.process.output).toContain('listening on 127.0.0.1:');
  });
});

describe('options of both', () => {
  it.each(['', '-v 3', '-u', '-u -v 3'])('-r resumes a session: %j', async (version) => {
    const { server, client } = await talk(`-r ${version}`, `-r ${version}`);
    const first = (version.includes('3') ? TLS12 : TLS13).map((line) =>
      line.replace('is TLSv', version.includes('u') ? 'is DTLSv' : 'is TLSv'),
    );
    // A resumption of TLS 1.2 has no key exchange.
    const again = version.includes('3') ? first.slice(0, 2) : first;
    expect(client).toEqual(done(...first, REPLIED, ...again, 'reused session id', REPLIED));
    expect(server).toEqual(done(...first, SAID, ...again, 'reused session id', 'Client message: resuming wolfssl!'));
  });

  it.each(['', '-u'])('-g serves a page, and asks for one: %j', async (transport) => {
    const { server, client } = await talk(`-g ${transport}`, `-g ${transport}`);
    expect(client.code).toBe(0);
    expect(client.lines[3]).toBe('SSL connect ok, sending GET...');
    expect(client.lines.slice(4, 8)).toEqual([
      'HTTP/1.1 200 OK',
      'Content-Type: text/html; charset=utf-8',
      'Connection: close',
      expect.stringMatching(/^Content-Length: \d+$/),
    ]);
    expect(client.lines).toContain('<p>I hear you fa shizzle!</p>');
    expect(server.lines.at(-1)).toBe('Client message: GET /index.html HTTP/1.0');
  });

  it.each(['', '-u'])('-N says where it would wait: %j', async (transport) => {
    const { server, client } = await talk(`-N ${transport}`, `-N ${transport}`);
    expect([client.code, server.code]).toEqual([0, 0]);
    expect(client.lines[0]).toBe('... client would read block');
    expect(server.lines[0]).toBe('... server would read block');
    expect([client.lines.at(-1), server.lines.at(-1)]).toEqual([REPLIED, SAID]);
  });

  it.each(['', '-u'])('-L agrees on a protocol: %j', async (transport) => {
    const { server, client } = await talk(`-L h2,http/1.1 ${transport}`, `-L C:http/1.1,spdy ${transport}`);
    expect(client.lines[3]).toBe('Received ALPN protocol : http/1.1 (8)');
    expect(server.lines[3]).toBe('Sent ALPN protocol : http/1.1 (8)');
  });

  it('-L goes on without one, and with F: does not', async () => {
    const lenient = await talk('', '-L C:h2');
    expect(lenient.client).toEqual(done(...TLS13, 'No ALPN response received (no match with server)', REPLIED));
    const strict = await talk('', '-L F:h2');
    expect([strict.client.code, strict.client.errors]).toEqual([
      1,
      'foxtls client: the server agrees to none of the protocols of --alpn, which begins with F:\n',
    ]);
    const refused = await talk('-L h2', '-L x');
    expect([refused.client.code, refused.client.errors]).toEqual([
      1,
      'foxtls client: SSL_connect failed: the other side ended the connection with the alert no_application_protocol: it knows none of the protocols of --alpn\n',
    ]);
    expect(refused.server.errors).toMatch(
      /^foxtls server: SSL_accept failed: 127\.0\.0\.1:\d+: no common application protocol .*\n$/,
    );
  });

  it.each(['', '-u'])('-S asks for a name, and refuses others: %j', async (transport) => {
    const { client } = await talk(`-S bank32.com ${transport}`, `-S bank32.com --json ${transport}`);
    expect(JSON.parse(client.lines[0] as string)).toMatchObject({ serverName: 'bank32.com' });
    const refused = await talk(`-S bank32.com ${transport}`, `-S localhost ${transport}`);
    expect([refused.client.code, refused.server.code]).toEqual([1, 1]);
    expect(refused.client.errors).toContain('unrecognized_name: it does not serve the name');
  });

  it.each(['', '-v 3', '-u'])('-w waits for the end of the other: %j', async (version) => {
    const { server, client } = await talk(`-w ${version}`, `-w ${version}`);
    expect([client.code, client.lines.at(-1)]).toEqual([0, 'Bidirectional shutdown complete']);
    expect([server.code, server.lines.at(-1)]).toEqual([0, 'Bidirectional shutdown complete']);
  });

  it.each([
    ['-v 3 -n', '-v 3 --json'],
    ['-v 3', '-v 3 -n --json'],
    ['-u -v 3 -n', '-u -v 3 --json'],
  ])('-n does without extended_master_secret: %j %j', async (serverOptions, clientOptions) => {
    const { client } = await talk(serverOptions, clientOptions);
    expect(JSON.parse(client.lines[0] as string)).toMatchObject({
      extendedMasterSecret: false,
      version: expect.stringContaining('1.2'),
    });
    expect(client.code).toBe(0);
  });

  it('-F makes records small, as they are on the wire', async () => {
    expect(await longestRecord('-g -F 1 -v 3 -d', '-g -v 3')).toBeLessThanOrEqual(512 + 24);
    const { client } = await talk('', '-F 3 --json');
    expect(JSON.parse(client.lines[0] as string)).toMatchObject({ maxFragmentLength: 2048 });
  });

  it('-c, -k and -A take certificates of other makes', async () => {
    const made = (name: string) => join(home, '.foxtls', name);
    const own = `-c ${made('server.pem')} -k ${made('server-key.pem')} -A ${made('ca.pem')}`;
    const { client } = await talk(own, `-c ${made('client.pem')} -k ${made('client-key.pem')} -A ${made('ca.pem')}`);
    expect(client).toEqual(done(...TLS13, REPLIED));
  });

  it('--psk-key gives a key, which has to be the same on both sides', async () => {
    const [key, other] = [join(home, 'key'), join(home, 'other-key')];
    writeFileSync(key, '00112233445566778899aabbccddeeff\n');
    writeFileSync(other, 'ffeeddccbbaa99887766554433221100\n');
    const psk = `-s --psk-identity fox --psk-key file:${key}`;
    expect((await talk(psk, psk)).client).toEqual(done(...TLS13, REPLIED));
    const wrong = await talk(psk, `-s --psk-identity fox --psk-key file:${other}`);
    expect([wrong.client.code, wrong.server.code]).toEqual([1, 1]);
    expect(wrong.client.errors).toContain('is the pre-shared key the same on both sides?');
  });

  it('--keylog writes the secrets of both down', async () => {
    const [ours, theirs] = [join(home, 'client.keys'), join(home, 'server.keys')];
    await talk(`--keylog ${theirs}`, `--keylog ${ours}`);
    const secrets = (path: string) => readFileSync(path, 'latin1').trim().split('\n').sort();
    expect(secrets(ours).length).toBeGreaterThanOrEqual(5);
    expect(secrets(ours)).toEqual(secrets(theirs));
  });
});

// ---- What the tests need ----

async function tryUntil<T extends { readonly code: number | null }>(run: () => Promise<T>): Promise<T> {
  for (let left = 20; ; left--) {
    const ended = await run();
    if (ended.code === 0 || left === 0) return ended;
    await pause(100);
  }
}

async function longestRecord(serverOptions: string, clientOptions: string): Promise<number> {
  const records = await recordsOfServer(serverOptions, clientOptions);
  return Math.max(...records.filter(({ type }) => type === APPLICATION_DATA).map(({ length }) => length));
}

const APPLICATION_DATA = 23;
