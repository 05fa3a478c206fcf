/** `foxtls check` against openssl s_server, beside nmap, and through the words before TLS: played ones, and PostgreSQL's. */

import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { checkedServers, failures, keyOf, listen, pem } from './harness/checked-servers.ts';
import { runPeer, startPeer } from './harness/peer-process.ts';
import { findFreePort } from './harness/ports.ts';

const { folder, path, world, leaf, check } = checkedServers();

describeWithPeer('openssl s_server', 'openssl', () => {
  async function startOpenSsl(...args: string[]): Promise<string> {
    const own = await leaf({ key: { kind: 'rsa', bits: 2048 } });
    writeFileSync(path('server.pem'), pem(own, world.intermediate));
    writeFileSync(path('server-key.pem'), keyOf(own));
    const port = String(await findFreePort());
    const files = ['-cert', path('server.pem'), '-cert_chain', path('server.pem'), '-key', path('server-key.pem')];
    const server = startPeer('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, ...files, '-www', ...args]);
    await server.prints(/ACCEPT/);
    return port;
  }

  it('that speaks old versions alone is of no use', async () => {
    const report = await check(`localhost:${await startOpenSsl('-tls1', '-cipher', 'ALL:@SECLEVEL=0')}`, '--offline');
    expect(report.code).toBe(1);
    expect(report.text).toMatch(/✗ only TLSv1: no client of today connects\n.*cause: .*\n.*cure: .*TLS 1\.2 and 1\.3/);
    expect(report.text).toMatch(/· a handshake of TLSv1 succeeds \(TLS_/);
    expect(report.text).toMatch(/! broken: .*TLS_DH_anon_WITH_AES_128_CBC_SHA/);
  });

  it('that speaks all versions is warned of the old ones', async () => {
    const report = await check(`localhost:${await startOpenSsl('-cipher', 'ALL:@SECLEVEL=0')}`, '--offline');
    expect([report.code, failures(report)]).toEqual([0, []]);
    expect(report.lines).toEqual(
      expect.arrayContaining(['✓ TLSv1.3 is spoken', '✓ TLSv1.2 is spoken', '! TLSv1.1 is spoken', '! TLSv1 is spoken']),
    );
    expect(report.text).toMatch(/· a handshake of TLSv1\.1 succeeds/);
  });

  it('that has weak suites alone is of no use', async () => {
    const report = await check(`localhost:${await startOpenSsl('-tls1_2', '-cipher', 'AES128-SHA:@SECLEVEL=0')}`, '--offline');
    expect(report.code).toBe(1);
    expect(report.lines).toContain('· TLSv1.2: TLS_RSA_WITH_AES_128_CBC_SHA');
    expect(report.text).toMatch(/✗ there is no suite that careful clients offer\n.*\n.*cure: .*ECDHE and AES-GCM/);
    // By foxtls/legacy its certificates are seen all the same.
    expect(report.lines).toContain('✓ trusted by CN = Check Root');
  });

  it('lists the suites and groups that were switched on', async () => {
    const suites = [
      '-cipher',
      'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305',
      '-ciphersuites',
      'TLS_AES_256_GCM_SHA384',
    ];
    const { text } = await check(`localhost:${await startOpenSsl(...suites, '-groups', 'P-384:X25519')}`, '--offline', '--json');
    expect(JSON.parse(text)).toMatchObject({
      suites: {
        'TLSv1.3': ['TLS_AES_256_GCM_SHA384'],
        'TLSv1.2': expect.arrayContaining([
          'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
          'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
        ]),
      },
      groups: ['secp384r1', 'x25519'],
    });
    expect(JSON.parse(text).suites['TLSv1.2']).toHaveLength(2);
  });
});

describeWithPeer('nmap', 'nmap', () => {
  it('lists the same suites of each version', async () => {
    const own = await leaf({ key: { kind: 'rsa', bits: 2048 } });
    writeFileSync(path('all.pem'), pem(own, world.intermediate));
    writeFileSync(path('all-key.pem'), keyOf(own));
    const port = String(await findFreePort());
    const files = [
      '-cert',
      path('all.pem'),
      '-cert_chain',
      path('all.pem'),
      '-key',
      path('all-key.pem'),
      '-cipher',
      'ALL:@SECLEVEL=0',
    ];
    const server = startPeer('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, ...files, '-www']);
    await server.prints(/ACCEPT/);
    const { text } = await check(`localhost:${port}`, '--offline', '--json');
    const scan = await runPeer('nmap', ['-p', port, '--script', 'ssl-enum-ciphers', '127.0.0.1'], { timeout: 60_000 });
    const theirs: Record<string, string[]> = {};
    let version = '';
    for (const line of scan.bytes.toString().split('\n')) {
      version = /(TLSv1\.\d):/.exec(line)?.[1]?.replace('TLSv1.0', 'TLSv1') ?? version;
      const suite = /\|\s+(TLS_\S+)/.exec(line)?.[1]?.replace('TLS_AKE_WITH_', 'TLS_');
      if (suite !== undefined) theirs[version] = [...(theirs[version] ?? []), suite];
    }
    const sorted = (suites: Record<string, string[]>) =>
      Object.entries(suites)
        .map(([name, list]) => [name, [...list].sort()])
        .sort();
    expect(theirs['TLSv1.2']?.length).toBeGreaterThan(20);
    expect(sorted(JSON.parse(text).suites)).toEqual(sorted(theirs));
  });
});

describe('--starttls', () => {
  /** Says each word when the client has said its, and then speaks TLS. */
  async function play(words: readonly (string | Uint8Array)[]): Promise<string> {
    const own = await leaf();
    const sockets: Socket[] = [];
    onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => undefined));
      const left = [...words];
      const next = () => {
        const word = left.shift();
        if (word !== undefined) socket.write(word);
        if (left.length > 0) return;
        socket.off('data', next);
        const secure = new TLSSocket(socket, { isServer: true, cert: pem(own, world.intermediate), key: keyOf(own) });
        secure.on('error', () => undefined).resume();
      };
      if (words[0] !== '') next();
      else left.shift();
      if (left.length > 0) socket.on('data', next);
    });
    return listen(server);
  }

  const greeting = Buffer.concat([
    Uint8Array.of(10),
    Buffer.from('8.0.36\0'),
    Buffer.alloc(13),
    Uint8Array.of(0xff, 0xff),
    Buffer.alloc(30),
  ]);
  const stream =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";
  const starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

  it.each([
    ['smtp', ['220 hi\r\n', '250-hi\r\n250 STARTTLS\r\n', '220 go\r\n']],
    ['imap', ['* OK hi\r\n', '* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\n', 'a2 OK go\r\n']],
    ['pop3', ['+OK hi\r\n', '+OK\r\nSTLS\r\n.\r\n', '+OK go\r\n']],
    ['ftp', ['220 hi\r\n', '234 go\r\n']],
    [
      'xmpp',
      ['', `${stream}<stream:features>${starttls}</stream:features>`, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"],
    ],
    ['postgres', ['', 'S']],
  ] as const)('%s leads to TLS', async (protocol, words) => {
    const report = await check(`localhost:${await play(words)}`, '--offline', '--starttls', protocol);
    expect([report.code, failures(report)], report.text).toEqual([0, []]);
    expect(report.text).toContain(`the words of ${protocol} lead to TLS`);
  });

  it('mysql leads to TLS', async () => {
    const own = await leaf();
    const server = createServer((socket) => {
      socket.on('error', () => undefined).write(Buffer.concat([Uint8Array.of(greeting.length, 0, 0, 0), greeting]));
      socket.once('readable', () => {
        const request = socket.read(36) as Buffer | null;
        expect(request?.subarray(0, 4)).toEqual(Buffer.from([32, 0, 0, 1]));
        new TLSSocket(socket, { isServer: true, cert: pem(own, world.intermediate), key: keyOf(own) })
          .on('error', () => undefined)
          .resume();
      });
    });
    const report = await check(`localhost:${await listen(server)}`, '--offline', '--starttls', 'mysql');
    expect([report.code, failures(report)], report.text).toEqual([0, []]);
  });

  it('tells of a server that does not offer it', async () => {
    const report = await check(`localhost:${await play(['220 hi\r\n', '250 HELP\r\n'])}`, '--starttls', 'smtp');
    expect(report.code).toBe(1);
    expect(report.text).toMatch(
      /✗ .* does not go on to TLS\n.*cause: smtp: the server does not offer STARTTLS\n.*cure: +switch TLS on for smtp/,
    );
  });

  it('is spoken by PostgreSQL', { timeout: 60_000 }, async (context) => {
    const initdb = spawnSync('bash', ['-c', 'command -v initdb || ls /usr/lib/postgresql/*/bin/initdb'], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n')
      .at(-1);
    if (!initdb) return context.skip('no PostgreSQL: apt-get install postgresql');
    const own = await leaf();
    const data = path('postgres');
    // It does not run as root.
    const isRoot = process.getuid?.() === 0;
    const user = isRoot ? ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'] : ['env'];
    execFileSync('mkdir', ['-m', '700', data]);
    execFileSync('chmod', ['755', folder]);
    const nobody = isRoot ? Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' })) : 0;
    const own_ = (file: string) =>
      isRoot && chownSync(file, nobody, Number(execFileSync('id', ['-g', 'nobody'], { encoding: 'utf8' })));
    own_(data);
    const [setup, ...words] = [...user, initdb, '-D', data, '-A', 'trust', '--no-sync'];
    const made = spawnSync(setup as string, words, { encoding: 'utf8' });
    if (made.status !== 0) return context.skip(`initdb does not run here: ${made.stderr.slice(0, 200)}`);
    writeFileSync(join(data, 'server.crt'), pem(own, world.intermediate));
    writeFileSync(join(data, 'server.key'), keyOf(own), { mode: 0o600 });
    own_(join(data, 'server.key'));
    const port = String(await findFreePort());
    const settings = ['ssl=on', 'listen_addresses=127.0.0.1', `unix_socket_directories=${data}`].flatMap((setting) => [
      '-c',
      setting,
    ]);
    const [command, ...args] = [...user, initdb.replace(/initdb$/, 'postgres'), '-D', data, '-p', port, ...settings];
    const server = startPeer(command as string, args);
    await server.prints(/ready to accept connections/);
    const report = await check(`localhost:${port}`, '--offline', '--starttls', 'postgres');
    expect([report.code, failures(report)], report.text).toEqual([0, []]);
    server.signal('SIGINT');
    await server.exited();
    expect((await runPeer('true', [])).end?.code).toBe(0);
    return undefined;
  });
});
