/**
 * The options of `foxtls client` and `foxtls server` that one of them has alone, each with what it does.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clientAndServer, endOf, sessionLines, words } from './harness/client-server.ts';
import type { PeerProcess } from './harness/peer-process.ts';

const { home, foxtls, startServer, runClient, talk, recordsOfServer } = clientAndServer();

const TLS13 = sessionLines('TLSv1.3', 'TLS_AES_128_GCM_SHA256', 'X25519');
const TLS12 = sessionLines('TLSv1.2', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'X25519');
const [SAID, REPLIED] = ['Client message: hello wolfssl!', 'I hear you fa shizzle!'];
const done = (...lines: string[]) => ({ code: 0, lines, errors: '' });

describe('options of the server', () => {
  it('-i goes on, -C counts, and a client that shows no certificate is one of those that fail', async () => {
    const loop = await startServer('-i', '-x');
    for (let i = 0; i < 2; i++) expect((await runClient(loop.port)).code).toBe(0);
    expect((await runClient(loop.port, '-x')).code).toBe(1);
    expect((await runClient(loop.port)).code).toBe(0);
    loop.process.signal('SIGTERM');
    const { code, lines, errors } = await loop.ended();
    expect([code, lines.filter((line) => line === SAID).length]).toEqual([0, 3]);
    expect(errors).toMatch(/^SSL_accept failed: 127\.0\.0\.1:\d+: .*the client sent no certificate, but one is required\n$/);
    const two = await startServer('-C', '2');
    for (let i = 0; i < 2; i++) expect((await runClient(two.port)).code).toBe(0);
    expect((await two.ended()).lines.filter((line) => line === SAID)).toHaveLength(2);
  });

  it('ends at the first client that fails, without -x', async () => {
    const { server, client } = await talk('-i', '-x');
    expect([client.code, server.code]).toEqual([1, 1]);
    expect(server.errors).toMatch(/^foxtls server: SSL_accept failed: .*\n$/);
  });

  it('-d asks for no certificate', async () => {
    expect((await talk('-d', '-x')).client).toEqual(done(...TLS13, REPLIED));
  });

  it.each(['-U', '-U -u'])('%s sends new keys, and the client goes on', async (options) => {
    const { server, client } = await talk(options, options.replace('-U', ''));
    expect([client.code, client.lines.at(-1), server.lines.at(-1)]).toEqual([0, REPLIED, SAID]);
  });

  it('-J asks each client back with a cookie', async () => {
    const { client } = await talk('-J', '--json');
    expect(JSON.parse(client.lines[0] as string)).toMatchObject({ helloRetryRequest: true });
  });

  it('-I gives no hint, and the client finds its key without', async () => {
    const { client } = await talk('-s -I -v 3', '-s -v 3');
    expect([client.code, client.lines.at(-1)]).toEqual([0, REPLIED]);
  });

  it('--crl refuses who is in the list, and -V does not look', async () => {
    const crl = await revoke('client.pem');
    const refused = await talk(`--crl ${crl}`, '');
    expect([refused.client.code, refused.server.code]).toEqual([1, 1]);
    expect(refused.server.errors).toContain('revoked');
    expect((await talk(`--crl ${crl} -V`, '')).client).toEqual(done(...TLS13, REPLIED));
  });
});

describe('options about who somebody is', () => {
  it('-o of a server asks whether the certificate of a client is revoked', async () => {
    const { url, process } = await startResponder(await revoke());
    const [certPath, keyPath] = await certificateNaming(url, 'client');
    const client = `-c ${certPath} -k ${keyPath}`;
    const good = await talk('-o --allow-private', client);
    expect(good.server).toEqual(done('revocation status of CN=fox is good', ...TLS13, SAID));
    const refused = await talk('-o --allow-private', '');
    expect([refused.client.code, refused.server.code]).toEqual([1, 1]);
    process.signal('SIGTERM');
  });

  it('--pass opens the key of a certificate', async () => {
    const [path, password] = [join(home, 'locked-key.pem'), join(home, 'password')];
    writeFileSync(password, 'vixen\n');
    await cert('csr', 'localhost', '--key-out', path, '--pass', `file:${password}`, '--out', join(home, 'locked.csr'));
    const issuer = ['--ca', made('ca.pem'), '--ca-key', made('ca-key.pem')];
    await cert('sign', join(home, 'locked.csr'), ...issuer, '--out', join(home, 'locked.pem'));
    expect(readFileSync(path, 'utf8')).toContain('ENCRYPTED');
    const identity = `-d -c ${join(home, 'locked.pem')} -k ${path}`;
    expect((await talk(`${identity} --pass file:${password}`, '')).client).toEqual(done(...TLS13, REPLIED));
  });

  it('--insecure-short-psk takes a key that could be guessed, and without it there is none', async () => {
    const key = join(home, 'short');
    writeFileSync(key, '1a2b3c4d\n');
    const short = `-s -v 3 --psk-key file:${key}`;
    const { client } = await talk(`${short} --insecure-short-psk`, `${short} --insecure-short-psk`);
    expect([client.code, client.lines.at(-1)]).toEqual([0, REPLIED]);
    const refused = await talk(`${short} --insecure-short-psk`, short);
    expect([refused.client.code, refused.client.errors]).toEqual([1, expect.stringMatching(/^foxtls client: .*16 bytes.*\n$/)]);
  });

  it('--host is where a server listens', async () => {
    const server = await startServer('--host', '127.0.0.2');
    expect(server.process.output).toContain('listening on 127.0.0.2:');
    expect((await runClient(server.port)).code).toBe(1);
    expect((await runClient(server.port, '-h', '127.0.0.2', '-S', 'localhost')).code).toBe(0);
  });
});

describe('options of the client', () => {
  it('-b says how long connections take, resumed ones too', async () => {
    const server = await startServer('-i');
    const { code, lines } = await runClient(server.port, '-b', '3', '-r');
    expect([code, lines]).toEqual([
      0,
      [
        expect.stringMatching(/^wolfSSL_connect avg took: +\d+\.\d{3} milliseconds$/),
        expect.stringMatching(/^wolfSSL_resume {2}avg took: +\d+\.\d{3} milliseconds$/),
      ],
    ]);
    server.process.signal('SIGINT');
    const ended = await server.ended();
    expect([ended.code, ended.lines.filter((line) => line === 'reused session id').length]).toEqual([0, 3]);
    expect(ended.lines.filter((line) => line === TLS13[0])).toHaveLength(6);
  });

  it.each(['-e', '-B 50000'])('-B measures bytes that a server with %s sends back', async (options) => {
    const { server, client } = await talk(options, '-B 50000');
    const figures = (name: string) => new RegExp(`^\t${name} +\\d+\\.\\d{3} ms \\( *\\d+\\.\\d{3} MBps\\)$`);
    expect(client.lines).toEqual([
      'wolfSSL Client Benchmark 50000 bytes',
      expect.stringMatching(/^\tConnect +\d+\.\d{3} ms$/),
      expect.stringMatching(figures('TX')),
      expect.stringMatching(figures('RX')),
    ]);
    expect([client.code, server.code]).toEqual([0, 0]);
    if (options !== '-e') expect(server.lines.at(3)).toBe('wolfSSL Server Benchmark 50000 bytes');
  });

  it('-B says so when nothing comes back', async () => {
    const { client } = await talk('', '-B 50000');
    expect([client.code, client.errors]).toEqual([1, expect.stringContaining('a server with -e or -B does')]);
  });

  it.each(['', '-u'])('-m, -d and -j: what becomes of a server of another name (%j)', async (transport) => {
    const refused = await talk(transport, `-m -S foxtls.invalid ${transport}`);
    expect([refused.client.code, refused.client.lines]).toEqual([1, []]);
    expect(refused.client.errors).toMatch(/^foxtls client: SSL_connect failed: .*altnames.*\n$/);
    const unasked = await talk(transport, `-d -S foxtls.invalid ${transport}`);
    expect([unasked.client.code, unasked.client.errors]).toEqual([0, '']);
    const { client } = await talk(transport, `-j -S foxtls.invalid ${transport}`);
    expect(client.lines.slice(0, 2)).toEqual([
      expect.stringMatching(/^In verification callback, error = ERR_TLS_CERT_ALTNAME_INVALID, /),
      "\tAllowing to continue anyway (shouldn't do this, EVER!!!)",
    ]);
    expect([client.code, client.lines.at(-1)]).toEqual([0, REPLIED]);
  });

  it('-I sends new keys, and asks for some', async () => {
    const { server, client } = await talk('', '-I');
    expect([client.code, client.lines.at(-1), server.lines.at(-1)]).toEqual([0, REPLIED, SAID]);
    // A KeyUpdate is 5 bytes, its type one more, and the tag 16.
    const lengths = async (options: string) => (await recordsOfServer('', options)).map(({ length }) => length);
    expect(await lengths('-I')).toContain(22);
    expect(await lengths('')).not.toContain(22);
  });

  it('-i renegotiates where the server lets it', async () => {
    const { client } = await talk('-v 3 -M', '-v 3 -i');
    expect(client).toEqual(done(...TLS12, 'Beginning secure renegotiation.', 'RENEGOTIATION SUCCESSFUL', REPLIED));
    const refused = await talk('-v 3', '-v 3 -i');
    expect([refused.client.code, refused.client.errors]).toEqual([
      1,
      'foxtls client: the renegotiation failed: the peer answered no_renegotiation\n',
    ]);
  });

  it.each(['', '-u'])('-J leaves the group to the server: %j', async (transport) => {
    const { client } = await talk(transport, `-J --json ${transport}`);
    expect(JSON.parse(client.lines[0] as string)).toMatchObject({ helloRetryRequest: true });
  });

  it('-e and -V list what there is', async () => {
    const [suites, old, versions] = await Promise.all(
      ['-e', '-e --legacy', '-V'].map((o) => endOf(foxtls('client', ...words(o)))),
    );
    expect(versions).toEqual(done('1:2:3:4:d(downgrade):'));
    const list = (suites?.lines[0] ?? '').split(':');
    expect(list).toEqual(
      expect.arrayContaining(['TLS13-AES128-GCM-SHA256', 'ECDHE-RSA-AES256-GCM-SHA384', 'DHE-PSK-AES128-GCM-SHA256']),
    );
    expect(list).not.toContain('DES-CBC3-SHA');
    expect((old?.lines[0] ?? '').split(':')).toEqual(expect.arrayContaining(['DES-CBC3-SHA', 'RC4-SHA', ...list]));
  });

  it('--crl refuses who is in the list, and -C does not look', async () => {
    const crl = await revoke('server.pem');
    const refused = await talk('', `--crl ${crl}`);
    expect([refused.client.code, refused.client.errors]).toEqual([1, expect.stringMatching(/^foxtls client: .*revoked.*\n$/)]);
    expect((await talk('', `-C --crl ${crl}`)).client.code).toBe(0);
  });

  it('-W heeds a stapled response, and can insist on it', async () => {
    const good = await talk(`-W ${await ocspAnswer('server.pem', await revoke())}`, '-W 1m');
    expect(good.client).toEqual(done('revocation status of CN=localhost is good', ...TLS13, REPLIED));
    const without = await talk('', '-W 1');
    expect([without.client.code, without.client.lines.at(-1)]).toEqual([0, REPLIED]);
    const missing = await talk('', '-W 1m');
    expect([missing.client.code, missing.client.errors]).toEqual([
      1,
      expect.stringMatching(/^foxtls client: .*no OCSP response came with it\n$/),
    ]);
    const answer = await ocspAnswer('server.pem', await revoke('server.pem'));
    const revoked = await talk(`-W ${answer}`, '-W 1');
    expect([revoked.client.code, revoked.client.errors]).toEqual([1, expect.stringMatching(/^foxtls client: .*revoked.*\n$/)]);
  });

  it('-o asks the responder that the certificate names', async () => {
    const { url, process } = await startResponder(await revoke());
    const [certPath, keyPath] = await certificateNaming(url);
    const own = `-d -c ${certPath} -k ${keyPath}`;
    expect((await talk(own, '-o --allow-private')).client).toEqual(
      done('revocation status of CN=localhost is good', ...TLS13, REPLIED),
    );
    // Addresses of one's own network are for those who say so; and somebody has to be named.
    for (const [server, client] of [
      [own, '-o'],
      ['', '-o --allow-private'],
    ] as const) {
      const refused = await talk(server, client);
      expect([refused.client.code, refused.client.errors]).toEqual([
        1,
        expect.stringMatching(/^foxtls client: SSL_connect failed: .*revo.*\n$/),
      ]);
    }
    process.signal('SIGTERM');
  });

  it('-M smtp begins in clear', async () => {
    const server = await startServer('-g', '-d');
    const mail = createServer((socket) => {
      socket.write('220 mail.example.com ready\r\n');
      socket.once('data', () => {
        socket.write('250-mail.example.com\r\n250 STARTTLS\r\n');
        socket.once('data', () => {
          socket.write('220 go ahead\r\n');
          const inner = connect(Number(server.port), '127.0.0.1');
          socket.pipe(inner).pipe(socket);
          for (const end of [socket, inner]) end.on('error', () => {});
        });
      });
    });
    await new Promise<void>((resolve) => mail.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void mail.close());
    const { code, lines } = await runClient(String((mail.address() as AddressInfo).port), '-M', 'smtp');
    expect([code, lines.slice(0, 5)]).toEqual([0, [...TLS13, 'wolfSSL client shutting down SMTP connection', 'HTTP/1.1 200 OK']]);
    expect((await server.ended()).lines.at(-1)).toBe('Client message: QUIT');
  });
});

// ---- What the tests need ----

const made = (name: string) => (name.startsWith('/') ? name : join(home, '.foxtls', name));

/** `foxtls cert`. */
async function cert(...options: string[]): Promise<void> {
  const ended = await endOf(foxtls('cert', ...options));
  if (ended.code !== 0) throw new Error(ended.errors);
}

/** A list of the demo's authority, with this certificate or none in it. */
async function revoke(name?: string): Promise<string> {
  const crl = join(home, `${name ?? 'nobody'}.crl`);
  const revoked = name === undefined ? [] : ['--revoke', made(name)];
  await cert('crl', '--ca', made('ca.pem'), '--ca-key', made('ca-key.pem'), ...revoked, '--out', crl, '--force');
  return crl;
}

/** What a responder says of a certificate by a list, in a file. */
async function ocspAnswer(path: string, crl: string): Promise<string> {
  const responder = await startResponder(crl);
  const out = `${crl}.ocsp`;
  const ask = ['--issuer', made('ca.pem'), '--url', responder.url, '--allow-private', '--no-nonce', '--out', out, '--force'];
  await endOf(foxtls('cert', 'ocsp', 'ask', made(path), ...ask));
  return out;
}

async function startResponder(crl: string): Promise<{ readonly url: string; readonly process: PeerProcess }> {
  const issuer = ['--ca', made('ca.pem'), '--ca-key', made('ca-key.pem'), '--crl', crl];
  const process = foxtls('cert', 'ocsp', 'serve', ...issuer, '--port', '0');
  const [url] = await process.prints(/http:\/\/127\.0\.0\.1:\d+\//);
  return { url, process };
}

/** A certificate that names a responder, and its key. */
async function certificateNaming(
  url: string,
  purpose: 'server' | 'client' = 'server',
): Promise<readonly [cert: string, key: string]> {
  const path = (name: string) => join(home, name);
  const name = purpose === 'server' ? 'localhost' : 'fox';
  await cert('csr', name, '--key-out', path('named-key.pem'), '--out', path('named.csr'), '--force');
  const issuer = ['--ca', made('ca.pem'), '--ca-key', made('ca-key.pem')];
  await cert(
    'sign',
    path('named.csr'),
    ...issuer,
    '--ocsp-url',
    url,
    '--purpose',
    purpose,
    '--out',
    path('named.pem'),
    '--force',
  );
  return [path('named.pem'), path('named-key.pem')];
}
