/** `foxtls check` against servers with each of the usual faults: what it says of them, why, and what to do. */

import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { nodeProvider as provider } from '../packages/foxtls/src/crypto/node/provider.ts';
import { createCertificateAuthority, createSelfSigned } from '../packages/foxtls/src/pki/x509/create-certificate.ts';
import { checkedServers, failures, inDays, keyOf, listen, pem, serve, VALID } from './harness/checked-servers.ts';
import { findFreePort } from './harness/ports.ts';

const { foxtls, inTerminal, path, world, leaf, check } = checkedServers();

describe('foxtls check', () => {
  it('finds nothing wrong with a good server', async () => {
    const port = await serve([await leaf(), world.intermediate], { ALPNProtocols: ['h2'] });
    const report = await check(`localhost:${port}`, '--offline');
    expect([report.code, failures(report)]).toEqual([0, []]);
    expect(report.lines).toEqual(
      expect.arrayContaining([
        `localhost at 127.0.0.1 port ${port}`,
        '✓ TLSv1.3 is spoken',
        '✓ TLSv1.2 is spoken',
        '✓ TLSv1.1 is refused',
        '✓ TLSv1 is refused',
        '✓ TLSv1.3: TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256',
        expect.stringMatching(/^✓ TLSv1\.2: TLS_ECDHE_ECDSA_WITH_AES_/),
        expect.stringMatching(/^✓ key exchange by x25519, secp256r1, /),
        expect.stringMatching(/^✓ TLSv1\.3 with TLS_AES_\d+_GCM_SHA\d+, x25519, ecdsa_secp256r1_sha256$/),
        '✓ the certificate is for localhost (localhost, 127.0.0.1)',
        '✓ trusted by CN = Check Root',
        '· ALPN: h2',
        '✓ resumption: works',
        expect.stringMatching(/^✓ connects \(TLSv1\.3, /),
        'verdict: a careful client connects',
      ]),
    );
  });

  it('says the same as JSON', async () => {
    const port = await serve([await leaf(), world.intermediate]);
    const { code, text } = await check(`localhost:${port}`, '--offline', '--json');
    const facts = JSON.parse(text);
    expect(code).toBe(0);
    expect(facts).toMatchObject({
      name: 'localhost',
      port: Number(port),
      isWell: true,
      versions: ['TLSv1.3', 'TLSv1.2'],
      groups: expect.arrayContaining(['x25519', 'secp256r1']),
      suites: { 'TLSv1.3': expect.arrayContaining(['TLS_AES_128_GCM_SHA256']) },
      certificates: [{ kind: 'certificate' }, { kind: 'certificate' }],
    });
    expect(facts.findings).toContainEqual({ section: 'names', level: 'ok', text: expect.stringContaining('is for localhost') });
  });

  it('shows progress on a terminal, and leaves none of it', async () => {
    const port = await serve([await leaf(), world.intermediate]);
    const program = inTerminal('check', `localhost:${port}`, '--ca', path('root.pem'), '--offline');
    expect((await program.exited(60_000)).code).toBe(0);
    expect(program.bytes.toString()).toMatch(/… suites of TLSv1\.2: \d+/);
    expect(program.bytes.toString()).toContain('verdict: a careful client connects');
  });

  type Fault = readonly [name: string, serve: () => Promise<string>, failure: RegExp, cause: RegExp, cure: RegExp];
  const faults: readonly Fault[] = [
    [
      'a certificate that has expired',
      async () => serve([await leaf({ validFrom: inDays(-50), validTo: inDays(-1) }), world.intermediate]),
      /^✗ certificate 0 expired 20/,
      /a certificate is no longer valid/,
      /renew the certificate/,
    ],
    [
      'a certificate that is not valid yet',
      async () => serve([await leaf({ validFrom: inDays(5), validTo: inDays(50) }), world.intermediate]),
      /^✗ certificate 0 is valid from 20/,
      /not valid yet/,
      /clocks/,
    ],
    [
      'a certificate for another name',
      async () => serve([await leaf({ dnsNames: ['other.example'], ipAddresses: [] }), world.intermediate]),
      /^✗ the certificate is not for localhost/,
      /it is for other\.example/,
      /have a certificate issued that has this one too/,
    ],
    [
      'a certificate without names',
      async () => serve([await leaf({ dnsNames: [], ipAddresses: [] }), world.intermediate]),
      /^✗ the certificate is not for localhost/,
      /no subject alternative name/,
      /subject alternative name/,
    ],
    [
      'a missing intermediate certificate',
      async () => serve([await leaf()]),
      /^✗ not trusted: .*its issuer \(CN=Check Intermediate\)/,
      /an intermediate one is missing/,
      /send its whole chain/,
    ],
    [
      'a certificate that vouches for itself',
      async () => serve([await createSelfSigned({ provider, subject: { commonName: 'me' }, dnsNames: ['localhost'], ...VALID })]),
      /^✗ not trusted: /,
      /the certificate vouches for itself/,
      /--ca FILE/,
    ],
    [
      'a root that is not trusted',
      async () => {
        const stranger = await createCertificateAuthority({ provider, subject: { commonName: 'Stranger' }, ...VALID });
        return serve([await leaf({ issuer: stranger }), stranger]);
      },
      /^✗ not trusted: /,
      /the chain ends in a root that is not trusted here/,
      /give its root with --ca/,
    ],
    [
      'a certificate that may not be used by servers',
      async () => serve([await leaf({ purposes: ['clientAuth'] }), world.intermediate]),
      /^✗ not trusted: /,
      /not for servers/,
      /serverAuth/,
    ],
    [
      'a demand for client certificates',
      async () => serve([await leaf(), world.intermediate], { requestCert: true, ca: pem(world.root) }),
      /^✗ the server refuses clients that show no certificate/,
      /asked for one, and ended the connection/,
      /--cert FILE --key FILE/,
    ],
    [
      'the same in TLS 1.2',
      async () => serve([await leaf(), world.intermediate], { requestCert: true, ca: pem(world.root), maxVersion: 'TLSv1.2' }),
      /^✗ the server refuses clients that show no certificate/,
      /asked for one, and ended the connection/,
      /--cert FILE --key FILE/,
    ],
    [
      'nobody listens',
      async () => String(await findFreePort()),
      /^✗ no connection/,
      /nothing listens there/,
      /see that the server runs/,
    ],
    [
      'HTTP in clear',
      () => listen(createHttpServer((_request, response) => response.end('hello'))),
      /^✗ this is no TLS/,
      /HTTP in clear is spoken on this port: it answers "HTTP\/1\.1 400 Bad Request"/,
      /443/,
    ],
    [
      'SSH',
      () => listen(createServer((socket) => greet(socket, 'SSH-2.0-OpenSSH_9.2\r\n'))),
      /^✗ this is no TLS/,
      /SSH is spoken/,
      /port of TLS/,
    ],
    [
      'a mail server that begins in clear',
      () => listen(createServer((socket) => greet(socket, '220 mail.example.com ESMTP\r\n'))),
      /^✗ this is no TLS/,
      /begins in clear: it answers "220 mail/,
      /--starttls smtp/,
    ],
    [
      'a server that ends all connections',
      () => listen(createServer((socket) => socket.on('error', () => undefined).end())),
      /^✗ the server ends every connection where TLS begins/,
      /no TLS on this port/,
      /switched on/,
    ],
    [
      'a server that is silent',
      () => listen(createServer((socket) => socket.on('error', () => undefined).resume())),
      /^✗ the server takes connections and says nothing/,
      /waits for other words/,
      /--starttls/,
    ],
  ];

  function greet(socket: Socket, words: string): void {
    socket.on('error', () => undefined).write(words);
  }

  it.each(faults)('tells of its fault, the cause and the cure: %s', async (_name, start, failure, cause, cure) => {
    const report = await check(`localhost:${await start()}`, '--offline', '--timeout', '2');
    expect(report.code, report.text).toBe(1);
    const at = report.lines.findIndex((line) => failure.test(line));
    expect(at, report.text).toBeGreaterThan(-1);
    expect(report.lines[at + 1]).toMatch(new RegExp(`^cause: .*${cause.source}`));
    expect(report.lines[at + 2]).toMatch(new RegExp(`^cure: .*${cure.source}`));
    expect(failures(report), report.text).toHaveLength(1);
    expect(report.lines.at(-2)).toBe('verdict: a careful client does not connect: 1 reason (✗)');
  });

  it('sees certificates that are out of order, too many, or a root', async () => {
    const own = await leaf();
    const other = await leaf({ dnsNames: ['other.example'] });
    const outOfOrder = await check(`localhost:${await serve([own, world.root, world.intermediate])}`, '--offline');
    expect([outOfOrder.code, outOfOrder.text]).toEqual([
      0,
      expect.stringMatching(/! the certificates are out of order\n.*\n.*cure: .*0, 2, 1/),
    ]);
    expect(outOfOrder.text).toContain('certificate 1 is a root');
    const extra = await check(`localhost:${await serve([own, world.intermediate, other])}`, '--offline');
    expect(extra.text).toMatch(/! certificates are sent that belong to no path: 2 \(CN = localhost\)/);
  });

  it('connects with a certificate of ours where one is demanded', async () => {
    const client = await leaf({ purposes: ['clientAuth'] });
    writeFileSync(path('client.pem'), pem(client, world.intermediate));
    writeFileSync(path('client-key.pem'), keyOf(client));
    const port = await serve([await leaf(), world.intermediate], { requestCert: true, ca: pem(world.root) });
    const report = await check(`localhost:${port}`, '--offline', '--cert', path('client.pem'), '--key', path('client-key.pem'));
    expect([report.code, failures(report)]).toEqual([0, []]);
  });

  it('warns of a certificate that expires soon, and of no TLS 1.3', async () => {
    const port = await serve([await leaf({ validTo: inDays(5) }), world.intermediate], { maxVersion: 'TLSv1.2' });
    const report = await check(`localhost:${port}`, '--offline');
    expect(report.code).toBe(0);
    expect(report.lines).toContain('! TLSv1.3 is not spoken');
    expect(report.text).toMatch(/! certificate 0 expires 20/);
    expect(report.lines.at(-2)).toBe('verdict: a careful client connects, with 2 things to mend');
  });

  it('ends at a signal', async () => {
    const port = await listen(createServer((socket) => socket.on('error', () => undefined).resume()));
    const program = foxtls('check', `localhost:${port}`, '--timeout', '30');
    await program.prints(/is there/);
    program.signal('SIGINT');
    expect((await program.exited()).code).toBe(1);
    expect(program.errors).toBe('foxtls check: stopped\n');
  });

  it.each([
    [['localhost:99999'], /port/],
    [['localhost', '--starttls', 'ldap'], /--starttls is one of smtp, imap, pop3, ftp, xmpp, postgres, mysql/],
    [['localhost', '--cert', 'a.pem'], /--cert and --key go together/],
    [[], /HOST\[:PORT\] is missing/],
  ])('refuses %j', async (args, message) => {
    const program = foxtls('check', ...args);
    expect((await program.exited()).code).toBe(2);
    expect(program.errors).toMatch(message);
  });
});
