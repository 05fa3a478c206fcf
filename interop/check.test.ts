/**
 * `foxtls check` against servers with each of the usual faults: what it says of them, why, and what to do; with openssl s_server where versions and suites
 * matter, with servers of node:tls elsewhere, with PostgreSQL where it is installed, and with servers that play the words before TLS.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { OID } from '../packages/foxtls/src/core/asn1/object-identifiers.ts';
import { nodeProvider as provider } from '../packages/foxtls/src/crypto/node/provider.ts';
import { formatPrivateKeyPem } from '../packages/foxtls/src/pki/pkcs/private-key.ts';
import { parseCertificate } from '../packages/foxtls/src/pki/x509/certificate.ts';
import {
  type CreatedCertificate,
  createCertificate,
  createCertificateAuthority,
  createSelfSigned,
  type EndEntityOptions,
  formatCertificatePem,
} from '../packages/foxtls/src/pki/x509/create-certificate.ts';
import { createDistributionPoint, createExtension, MUST_STAPLE } from '../packages/foxtls/src/pki/x509/create-extension.ts';
import { createCertificateRevocationList } from '../packages/foxtls/src/pki/x509/revocation/create-certificate-list.ts';
import { createOcspRequest } from '../packages/foxtls/src/pki/x509/revocation/ocsp-request.ts';
import { createOcspResponder } from '../packages/foxtls/src/pki/x509/revocation/ocsp-responder.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { runPeer, startPeer } from './harness/peer-process.ts';
import { findFreePort } from './harness/ports.ts';
import { foxtlsPrograms } from './harness/programs.ts';

const { foxtls, inTerminal } = foxtlsPrograms({ NO_COLOR: '1' });
const folder = mkdtempSync(join(tmpdir(), 'foxtls-check-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string) => join(folder, name);

const DAY = 24 * 60 * 60 * 1000;
const inDays = (days: number) => new Date(Date.now() + days * DAY);
const VALID = { validFrom: inDays(-10), validTo: inDays(100) };

interface World {
  readonly root: CreatedCertificate;
  readonly intermediate: CreatedCertificate;
}
let world: World;

beforeAll(async () => {
  const long = { validFrom: inDays(-100), validTo: inDays(1000) };
  const root = await createCertificateAuthority({ provider, subject: { commonName: 'Check Root' }, ...long });
  const intermediate = await createCertificateAuthority({
    provider,
    subject: { commonName: 'Check Intermediate' },
    issuer: root,
    ...long,
  });
  world = { root, intermediate };
  writeFileSync(path('root.pem'), formatCertificatePem(root.certificate));
});

const pem = (...certificates: readonly CreatedCertificate[]) =>
  certificates.map(({ certificate }) => formatCertificatePem(certificate)).join('');
const keyOf = ({ key }: CreatedCertificate) => formatPrivateKeyPem(key.exportPkcs8());

function leaf(options: Partial<EndEntityOptions> & { readonly issuer?: CreatedCertificate } = {}): Promise<CreatedCertificate> {
  const { issuer = world.intermediate, ...rest } = options;
  return createCertificate({
    provider,
    issuer,
    subject: { commonName: 'localhost' },
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
    ...VALID,
    ...rest,
  });
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return String((server.address() as AddressInfo).port);
}

/** A server of node:tls that says nothing of its own. */
async function serve(chain: readonly CreatedCertificate[], options: TlsOptions = {}): Promise<string> {
  const server = createTlsServer({ cert: pem(...chain), key: keyOf(chain[0] as CreatedCertificate), ...options });
  server.on('tlsClientError', () => undefined);
  server.on('secureConnection', (socket: TLSSocket) => socket.on('error', () => undefined).resume());
  return listen(server);
}

interface Report {
  readonly code: number | null;
  /** Lines with their marks. */
  readonly lines: readonly string[];
  readonly text: string;
}

async function check(target: string, ...args: string[]): Promise<Report> {
  const program = foxtls('check', target, '--ca', path('root.pem'), ...args);
  program.endInput();
  const { code } = await program.exited(60_000);
  expect(program.errors).toBe('');
  const text = program.bytes.toString();
  return { code, text, lines: text.split('\n').map((line) => line.trim()) };
}

const failures = ({ lines }: Report) => lines.filter((line) => line.startsWith('✗'));

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

describe('revocation', () => {
  /** A web server of the authority: its CRL, its responder, its certificate. */
  async function startAuthority(revoked: () => string | undefined) {
    const responder = createOcspResponder({
      provider,
      issuer: world.intermediate.certificate,
      responder: world.intermediate,
      lookUp: (serial) =>
        serial === revoked() ? { status: 'revoked', revocationDate: inDays(-1), reason: 'keyCompromise' } : { status: 'good' },
    });
    const server = createHttpServer(async (request, response) => {
      if (request.url === '/ca.cer') return response.end(world.intermediate.certificate);
      if (request.url === '/ca.crl') return response.end(await makeCrl(revoked()));
      const body: Buffer[] = [];
      for await (const chunk of request) body.push(chunk as Buffer);
      return response.end(await responder.respond(Buffer.concat(body), new Date()));
    });
    return { url: `http://127.0.0.1:${await listen(server)}`, responder };
  }

  const makeCrl = (serialNumber: string | undefined) =>
    createCertificateRevocationList({
      issuer: world.intermediate,
      number: 1,
      thisUpdate: inDays(-1),
      nextUpdate: inDays(1),
      revoked: serialNumber === undefined ? [] : [{ serialNumber, revocationDate: inDays(-1), reason: 'keyCompromise' }],
    });

  const pointers = (url: string, ...which: ('ocsp' | 'crl' | 'issuer')[]) => {
    const at = (method: string, value: string) => ({
      accessMethod: method,
      accessLocation: { kind: 'uniformResourceIdentifier', value } as const,
    });
    const access = [
      ...(which.includes('ocsp') ? [at(OID['id-ad-ocsp'], `${url}/ocsp`)] : []),
      ...(which.includes('issuer') ? [at('1.3.6.1.5.5.7.48.2', `${url}/ca.cer`)] : []),
    ];
    return [
      ...(access.length > 0 ? [createExtension('authorityInfoAccess', access)] : []),
      ...(which.includes('crl') ? [createExtension('cRLDistributionPoints', [createDistributionPoint(`${url}/ca.crl`)])] : []),
    ];
  };

  const serialOf = ({ certificate }: CreatedCertificate) => parseCertificate(certificate).serialNumber;

  it.each(['ocsp', 'crl'] as const)('is asked for where the certificate says: %s', async (way) => {
    let revoked: string | undefined;
    const { url } = await startAuthority(() => revoked);
    const own = await leaf({ extensions: pointers(url, way) });
    const port = await serve([own, world.intermediate]);
    const name = way.toUpperCase();
    const good = await check(`localhost:${port}`, '--allow-private');
    expect([good.code, good.lines]).toEqual([0, expect.arrayContaining([`✓ ${name}: CN = localhost is not revoked`])]);
    revoked = serialOf(own);
    const bad = await check(`localhost:${port}`, '--allow-private');
    expect(bad.code).toBe(1);
    expect(bad.text).toMatch(
      new RegExp(
        `✗ ${name}: CN = localhost was revoked .* \\(keyCompromise\\)\\n.*cause: its issuer has taken it back\\n.*cure: .*new key`,
      ),
    );
    const offline = await check(`localhost:${port}`, '--offline');
    expect(offline.code).toBe(0);
    const refused = await check(`localhost:${port}`);
    expect(refused.text).toMatch(new RegExp(`! ${name}: CN = localhost: .*(private|refused|not)`));
  });

  it('is looked up in a CRL that is given', async () => {
    const own = await leaf();
    const port = await serve([own, world.intermediate]);
    writeFileSync(path('ca.crl'), await makeCrl(serialOf(own)));
    const report = await check(`localhost:${port}`, '--offline', '--crl', path('ca.crl'));
    expect([report.code, report.text]).toEqual([1, expect.stringContaining('✗ CRL: CN = localhost was revoked')]);
  });

  it.each([false, true])('is read from a stapled response, revoked: %s', async (isRevoked) => {
    let revoked: string | undefined;
    const { responder } = await startAuthority(() => revoked);
    const own = await leaf();
    revoked = isRevoked ? serialOf(own) : undefined;
    const request = createOcspRequest({
      provider,
      certificates: [{ certificate: own.certificate, issuer: world.intermediate.certificate }],
    });
    const response = Buffer.from(await responder.respond(request, new Date()));
    const server = createTlsServer({ cert: pem(own, world.intermediate), key: keyOf(own) });
    server.on('tlsClientError', () => undefined);
    server.on('OCSPRequest', (_certificate, _issuer, callback) => callback(null, response));
    const report = await check(`localhost:${await listen(server)}`, '--offline');
    expect(report.code).toBe(isRevoked ? 1 : 0);
    expect(report.text).toContain(
      isRevoked ? '✗ stapled: CN = localhost was revoked' : '✓ stapled: CN = localhost is not revoked',
    );
  });

  it('misses a stapled response that the certificate demands', async () => {
    const port = await serve([await leaf({ extensions: [createExtension('tlsFeature', MUST_STAPLE)] }), world.intermediate]);
    const report = await check(`localhost:${port}`, '--offline');
    expect(report.text).toMatch(/✗ the certificate demands a stapled OCSP response\n.*\n.*switch OCSP stapling on/);
  });

  it('finds a missing intermediate certificate where the certificate says, and tells which it is', async () => {
    const { url } = await startAuthority(() => undefined);
    const port = await serve([await leaf({ extensions: pointers(url, 'issuer') })]);
    const report = await check(`localhost:${port}`, '--allow-private');
    expect(report.code).toBe(1);
    expect(report.text).toMatch(/✗ an intermediate certificate is missing: CN = Check Intermediate\n.*\n.*cure: .*append it/);
  });
});

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
