/**
 * Revocation with the openssl command, both ways: CRLs and OCSP messages that it makes are judged here, what is made here it judges; and
 * stapled responses in handshakes.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { OID } from '../packages/foxtls/src/core/asn1/object-identifiers.ts';
import { CertificateInvalid } from '../packages/foxtls/src/core/errors/errors.ts';
import { nodeProvider as provider } from '../packages/foxtls/src/crypto/node/provider.ts';
import type { KeyGenerationRequest } from '../packages/foxtls/src/crypto/signature.ts';
import { createHttpFetcher } from '../packages/foxtls/src/node/http-fetcher.ts';
import { formatPrivateKeyPem } from '../packages/foxtls/src/pki/pkcs/private-key.ts';
import { parseCertificate } from '../packages/foxtls/src/pki/x509/certificate.ts';
import {
  type CreatedCertificate,
  createCertificate,
  createCertificateAuthority,
  formatCertificatePem,
} from '../packages/foxtls/src/pki/x509/create-certificate.ts';
import { createDistributionPoint, createExtension, MUST_STAPLE } from '../packages/foxtls/src/pki/x509/create-extension.ts';
import type { Extension } from '../packages/foxtls/src/pki/x509/extensions.ts';
import {
  formatCrlPem,
  parseCertificateRevocationList,
  parseCrlPem,
} from '../packages/foxtls/src/pki/x509/revocation/certificate-list.ts';
import { createRevocationChecker, type RevocationOptions } from '../packages/foxtls/src/pki/x509/revocation/checker.ts';
import {
  type CertificateRevocationListOptions,
  createCertificateRevocationList,
} from '../packages/foxtls/src/pki/x509/revocation/create-certificate-list.ts';
import { createOcspErrorResponse, type OcspStatus } from '../packages/foxtls/src/pki/x509/revocation/create-ocsp-response.ts';
import type { RevocationProblem } from '../packages/foxtls/src/pki/x509/revocation/findings.ts';
import { createOcspRequest } from '../packages/foxtls/src/pki/x509/revocation/ocsp-request.ts';
import { createOcspResponder } from '../packages/foxtls/src/pki/x509/revocation/ocsp-responder.ts';
import { parseOcspResponse } from '../packages/foxtls/src/pki/x509/revocation/ocsp-response.ts';
import { validateCertificate, validateCertificateSync } from '../packages/foxtls/src/pki/x509/validate-certificate.ts';
import { createX509Verifier } from '../packages/foxtls/src/pki/x509/verifier.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { clientConfig, serverConfig } from './harness/configs.ts';
import { connectEndpoint, listenEndpoints } from './harness/endpoint.ts';
import { runPeer, startPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';

const VALID = { validFrom: new Date('2020-01-01'), validTo: new Date('2049-01-01') };
const HOUR = 3_600_000;
const inHours = (hours: number) => new Date(Math.floor(Date.now() / 1000) * 1000 + hours * HOUR);

/** An authority with two certificates, the second of which it has revoked; as files for openssl. */
interface World {
  readonly ca: CreatedCertificate;
  readonly good: CreatedCertificate;
  readonly revoked: CreatedCertificate;
  readonly responder: CreatedCertificate;
}

const KEYS: Readonly<Record<string, KeyGenerationRequest>> = {
  'ECDSA P-256': { kind: 'ec', curve: 'secp256r1' },
  'RSA 2048': { kind: 'rsa', bits: 2048 },
  Ed25519: { kind: 'ed25519' },
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'foxtls-revocation-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string) => join(folder, name);
const serialOf = ({ certificate }: CreatedCertificate) => parseCertificate(certificate).serialNumber;

async function createWorld(key: KeyGenerationRequest): Promise<World> {
  const ca = await createCertificateAuthority({ provider, subject: { commonName: 'Revocation CA' }, key, ...VALID });
  const common = { provider, issuer: ca, key, ...VALID };
  const [good, revoked] = [
    await createCertificate({ ...common, dnsNames: ['good.test'] }),
    await createCertificate({ ...common, dnsNames: ['revoked.test'] }),
  ];
  const extensions = [createExtension('extKeyUsage', [OID.OCSPSigning]), createExtension('id-pkix-ocsp-nocheck', null)];
  const responder = await createCertificate({ ...common, subject: { commonName: 'Responder' }, purposes: [], extensions });
  for (const [name, made] of Object.entries({ ca, good, revoked, responder })) {
    writeFileSync(file(`${name}.pem`), formatCertificatePem(made.certificate));
    writeFileSync(file(`${name}-key.pem`), formatPrivateKeyPem(made.key.exportPkcs8()), { mode: 0o600 });
  }
  writeDatabase(good, revoked);
  return { ca, good, revoked, responder };
}

/** The database of `openssl ca` and `openssl ocsp`: one line a certificate. */
function writeDatabase(good: CreatedCertificate, revoked: CreatedCertificate): void {
  const [expires, since] = ['490101000000Z', '260101000000Z'];
  const lines = [
    ['V', expires, '', serialOf(good), 'unknown', '/CN=good.test'],
    ['R', expires, `${since},keyCompromise`, serialOf(revoked), 'unknown', '/CN=revoked.test'],
  ];
  writeFileSync(file('index.txt'), lines.map((line) => `${line.join('\t')}\n`).join(''));
  writeFileSync(file('crlnumber'), '1000\n');
  const config = `[ca]
default_ca = own
[own]
database = ${file('index.txt')}
crlnumber = ${file('crlnumber')}
certificate = ${file('ca.pem')}
private_key = ${file('ca-key.pem')}
default_md = default
default_crl_days = 7
[full]
authorityKeyIdentifier = keyid
[users]
authorityKeyIdentifier = keyid
issuingDistributionPoint = critical,@idp
[idp]
fullname = URI:http://ca.test/ca.crl
onlyuser = TRUE
`;
  writeFileSync(file('ca.cnf'), config);
}

function openssl(...options: readonly string[]): string {
  return execFileSync('openssl', options, { encoding: 'utf8', timeout: 20_000, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What it says, whether it succeeds or not. */
function opensslSays(...options: readonly string[]): string {
  const { stdout, stderr } = spawnSync('openssl', options, { encoding: 'utf8', timeout: 20_000 });
  return stdout + stderr;
}

/** Our verdict: `valid`, or the reason and what was wrong with the evidence. */
function verdict(
  world: World,
  certificate: CreatedCertificate,
  options: Partial<RevocationOptions>,
  staple?: Uint8Array,
): string {
  const pathCheck = createRevocationChecker({ provider, policy: 'hard-fail', ...options });
  const result = validateCertificateSync({
    provider,
    certificate: certificate.certificate,
    trustAnchors: [world.ca.certificate],
    at: new Date(),
    pathCheck,
    ...(staple === undefined ? {} : { ocspResponse: staple }),
  });
  if (result.isValid) return 'valid';
  const { reason, cause = [] } = result.problem;
  return [reason, ...(cause as readonly RevocationProblem[]).map((problem) => problem.reason)].join(' ');
}

describeWithPeer('openssl', 'openssl', () => {
  describe.each(Object.entries(KEYS))('with keys of %s', (_name, key) => {
    let world: World;
    beforeAll(async () => {
      world = await createWorld(key);
    });

    const generate = (...options: readonly string[]) => {
      openssl('ca', '-gencrl', '-config', file('ca.cnf'), '-out', file('theirs.crl'), ...options);
      return parseCrlPem(readFileSync(file('theirs.crl'))) as [Uint8Array];
    };

    it.each([
      ['with a number', []],
      ['with extensions', ['-crlexts', 'full']],
      ['for end entities at a distribution point', ['-crlexts', 'users']],
    ] as const)('makes CRLs %s that we judge', (what, options) => {
      const [crl] = generate(...options);
      const { version, known, revokedCertificates } = parseCertificateRevocationList(crl);
      expect([version, known.cRLNumber !== undefined]).toEqual([2, true]);
      expect([...revokedCertificates]).toMatchObject([{ serialNumber: serialOf(world.revoked), reason: 'keyCompromise' }]);
      const isForPoint = what.startsWith('for');
      expect(verdict(world, world.good, { crls: [crl] })).toBe(isForPoint ? 'revocation_unknown scope_mismatch' : 'valid');
      expect(verdict(world, world.revoked, { crls: [crl] })).toBe(isForPoint ? 'revocation_unknown scope_mismatch' : 'revoked');
    });

    const makeCrl = async (options: Partial<CertificateRevocationListOptions> = {}) => {
      const crl = await createCertificateRevocationList({
        issuer: world.ca,
        number: 1,
        thisUpdate: inHours(-1),
        nextUpdate: inHours(1),
        revoked: [
          {
            serialNumber: serialOf(world.revoked),
            revocationDate: inHours(-2),
            reason: 'superseded',
            invalidityDate: inHours(-3),
          },
        ],
        ...options,
      });
      writeFileSync(file('ours.crl'), formatCrlPem(crl));
      return crl;
    };

    it('verifies our CRLs and shows what is in them', async () => {
      await makeCrl();
      const shown = opensslSays('crl', '-in', file('ours.crl'), '-CAfile', file('ca.pem'), '-noout', '-text');
      expect(shown).toContain('verify OK');
      expect(shown).toMatch(/Version 2/);
      expect(shown).toMatch(/X509v3 CRL Number: *\n *1/);
      expect(shown).toMatch(/X509v3 CRL Reason Code: *\n *Superseded/);
      expect(shown).toMatch(/Invalidity Date/);
      expect(shown.replaceAll(':', '')).toContain(serialOf(world.revoked));
    });

    it('judges certificates by our CRLs', async () => {
      await makeCrl();
      const verify = (name: string) =>
        opensslSays('verify', '-crl_check', '-CAfile', file('ca.pem'), '-CRLfile', file('ours.crl'), file(`${name}.pem`));
      expect(verify('good')).toMatch(/good\.pem: OK/);
      expect(verify('revoked')).toMatch(/certificate revoked/);
    });

    it('judges certificates by our delta CRLs', async () => {
      const freshestCrlUris = ['http://ca.test/delta.crl'];
      await makeCrl({ revoked: [], freshestCrlUris });
      const complete = readFileSync(file('ours.crl'));
      await makeCrl({ number: 2, deltaOf: 1 });
      writeFileSync(file('both.crl'), Buffer.concat([complete, readFileSync(file('ours.crl'))]));
      const deltas = ['-crl_check', '-use_deltas', '-extended_crl', '-CAfile', file('ca.pem'), '-CRLfile', file('both.crl')];
      expect(opensslSays('verify', ...deltas, file('good.pem'))).toMatch(/good\.pem: OK/);
      expect(opensslSays('verify', ...deltas, file('revoked.pem'))).toMatch(/certificate revoked/);
      const crls = parseCrlPem(readFileSync(file('both.crl')));
      expect([verdict(world, world.good, { crls }), verdict(world, world.revoked, { crls })]).toEqual(['valid', 'revoked']);
    });

    const lookUp = (serialNumber: string): OcspStatus => {
      if (serialNumber === serialOf(world.good)) return { status: 'good' };
      if (serialNumber !== serialOf(world.revoked)) return { status: 'unknown' };
      return { status: 'revoked', revocationDate: inHours(-2), reason: 'cessationOfOperation' };
    };

    it.each([
      ['the authority, by key', 'ca', 'byKey', []],
      ['the authority, by name, asked by SHA-256', 'ca', 'byName', ['-sha256']],
      ['a delegate', 'responder', 'byKey', []],
      ['a delegate, by name, without nonce', 'responder', 'byName', ['-no_nonce']],
    ] as const)('asks our responder and believes it: %s', async (_what, who, responderId, options) => {
      const asked = ['good', 'revoked'].flatMap((name) => ['-cert', file(`${name}.pem`)]);
      openssl('ocsp', ...options, '-issuer', file('ca.pem'), ...asked, '-reqout', file('request.der'));
      const issuer = world.ca.certificate;
      const responder = createOcspResponder({ provider, issuer, responder: world[who], lookUp, responderId });
      writeFileSync(file('response.der'), await responder.respond(readFileSync(file('request.der')), new Date()));
      // It would put a new nonce into the request that it reads.
      const exchange = ['-no_nonce', '-reqin', file('request.der'), '-respin', file('response.der')];
      const shown = opensslSays('ocsp', ...exchange, '-CAfile', file('ca.pem'), '-issuer', file('ca.pem'), '-text');
      expect(shown).toContain('Response verify OK');
      expect(shown.match(/Cert Status: \w+/g)).toEqual(['Cert Status: good', 'Cert Status: revoked']);
      expect(shown).toContain('Revocation Reason: cessationOfOperation');
      expect(shown.match(/OCSP Nonce/g)?.length).toBe(options.some((option) => option === '-no_nonce') ? undefined : 2);
    });

    it.each([
      ['the authority, by name', 'ca', []],
      ['a delegate, by key', 'responder', ['-resp_key_id']],
      ['a delegate, without its certificate', 'responder', ['-resp_no_certs']],
    ] as const)('answers our requests, and we believe it: %s', (_what, who, options) => {
      const request = createOcspRequest({
        provider,
        certificates: [world.good, world.revoked].map(({ certificate }) => ({ certificate, issuer: world.ca.certificate })),
        hash: who === 'ca' ? 'sha256' : 'sha1',
        nonce: provider.random(32),
      });
      writeFileSync(file('request.der'), request);
      const signer = ['-rsigner', file(`${who}.pem`), '-rkey', file(`${who}-key.pem`), '-nmin', '60', ...options];
      const database = ['-index', file('index.txt'), '-CA', file('ca.pem'), '-ignore_err'];
      openssl('ocsp', ...database, ...signer, '-reqin', file('request.der'), '-respout', file('response.der'));
      const staple = Uint8Array.from(readFileSync(file('response.der')));
      expect(parseOcspResponse(staple)).toMatchObject({ status: 'successful', basic: { nonce: expect.any(Uint8Array) } });
      const known = options.some((option) => option === '-resp_no_certs') ? { certificates: [world.responder.certificate] } : {};
      expect(verdict(world, world.good, known, staple)).toBe('valid');
      expect(verdict(world, world.revoked, known, staple)).toBe('revoked');
    });
  });

  describe('over HTTP', () => {
    const fetcher = createHttpFetcher({ allowPrivateAddresses: true });
    let world: World;
    beforeAll(async () => {
      world = await createWorld({ kind: 'ec', curve: 'secp256r1' });
    });

    /** Two certificates that say where to ask, the second of them revoked; and their authority's database of them. */
    async function pointTo(extension: Extension) {
      const common = { provider, issuer: world.ca, extensions: [extension], ...VALID };
      const [good, revoked] = [
        await createCertificate({ ...common, dnsNames: ['good.test'] }),
        await createCertificate({ ...common, dnsNames: ['revoked.test'] }),
      ];
      writeDatabase(good, revoked);
      return { good, revoked };
    }

    const judged = async ({ certificate }: CreatedCertificate) => {
      const pathCheck = createRevocationChecker({ provider, policy: 'hard-fail', fetcher });
      const result = await validateCertificate({ ...common(certificate), pathCheck });
      return result.isValid ? 'valid' : result.problem.reason;
    };
    const common = (certificate: Uint8Array) => ({ provider, certificate, trustAnchors: [world.ca.certificate], at: new Date() });

    it('its responder is asked by us', async () => {
      const port = await findFreePort();
      const uri = { kind: 'uniformResourceIdentifier', value: `http://127.0.0.1:${port}/` } as const;
      const access = [{ accessMethod: OID['id-ad-ocsp'], accessLocation: uri }];
      const { good, revoked } = await pointTo(createExtension('authorityInfoAccess', access));
      const signer = ['-rsigner', file('ca.pem'), '-rkey', file('ca-key.pem'), '-CA', file('ca.pem'), '-nmin', '60'];
      const responder = startPeer('openssl', ['ocsp', '-port', String(port), '-index', file('index.txt'), ...signer]);
      await responder.prints(/waiting for OCSP client connections/);
      expect([await judged(good), await judged(revoked)]).toEqual(['valid', 'revoked']);
    });

    it('its CRL is fetched by us', async () => {
      const server = createServer((_, response) => response.end(crl));
      const port = await listen(server);
      const { good, revoked } = await pointTo(
        createExtension('cRLDistributionPoints', [createDistributionPoint(`http://127.0.0.1:${port}/ca.crl`)]),
      );
      openssl('ca', '-gencrl', '-config', file('ca.cnf'), '-out', file('theirs.crl'));
      const [crl] = parseCrlPem(readFileSync(file('theirs.crl')));
      expect([await judged(good), await judged(revoked)]).toEqual(['valid', 'revoked']);
    });

    it('our responder is asked by it', async () => {
      const revokedSerial = serialOf(world.revoked);
      const responder = createOcspResponder({
        provider,
        issuer: world.ca.certificate,
        responder: world.responder,
        lookUp: (serialNumber) =>
          serialNumber === revokedSerial ? { status: 'revoked', revocationDate: inHours(-1) } : { status: 'good' },
      });
      const server = createServer(async (request, response) => {
        const body: Buffer[] = [];
        for await (const chunk of request) body.push(chunk as Buffer);
        response.setHeader('content-type', 'application/ocsp-response');
        response.end(await responder.respond(Buffer.concat(body), new Date()));
      });
      const port = await listen(server);
      const asked = ['good', 'revoked'].flatMap((name) => ['-cert', file(`${name}.pem`)]);
      const options = ['-issuer', file('ca.pem'), ...asked, '-CAfile', file('ca.pem'), '-url', `http://127.0.0.1:${port}/`];
      const client = await runPeer('openssl', ['ocsp', ...options]);
      expect(client.output).toContain('Response verify OK');
      expect(client.output).toMatch(/good\.pem: good[\s\S]*revoked\.pem: revoked/);
    });
  });

  it('reads our refusals', () => {
    for (const [status, shown] of [
      ['malformedRequest', 'malformedrequest'],
      ['tryLater', 'trylater'],
      ['unauthorized', 'unauthorized'],
    ] as const) {
      writeFileSync(file('refusal.der'), createOcspErrorResponse(status));
      expect(opensslSays('ocsp', '-respin', file('refusal.der'))).toContain(`Responder Error: ${shown}`);
    }
  });
});

describeWithPeer('stapled responses with openssl', 'openssl', () => {
  let pki: InteropPki;
  beforeAll(async () => {
    pki = await createInteropPki();
  });
  afterAll(() => pki?.remove());

  /** The response of openssl's own responder about a server's certificate. */
  function respond(certPath: string, serialNumber: string, isRevoked: boolean): string {
    const [status, since] = isRevoked ? ['R', '260101000000Z'] : ['V', ''];
    writeFileSync(pki.path('index.txt'), `${status}\t490101000000Z\t${since}\t${serialNumber}\tunknown\t/CN=localhost\n`);
    const about = ['-issuer', pki.caPath, '-cert', certPath, '-no_nonce'];
    openssl('ocsp', ...about, '-reqout', pki.path('request.der'));
    const signer = ['-rsigner', pki.caPath, '-rkey', pki.caKeyPath, '-CA', pki.caPath];
    const database = ['-index', pki.path('index.txt'), '-nmin', '60'];
    openssl('ocsp', ...database, ...signer, '-reqin', pki.path('request.der'), '-respout', pki.path('staple.der'));
    return pki.path('staple.der');
  }

  async function startServer(...options: readonly string[]): Promise<number> {
    const port = await findFreePort();
    const { certPath, keyPath } = pki.servers.p256;
    const server = startPeer('openssl', ['s_server', '-accept', String(port), '-cert', certPath, '-key', keyPath, ...options]);
    await server.prints(/ACCEPT/);
    return port;
  }

  const verifier = () =>
    createX509Verifier({
      provider,
      trustAnchors: pki.anchors,
      pathCheck: createRevocationChecker({ provider, policy: 'staple-only' }),
    });
  const serial = () => serialOf(pki.servers.p256.created);

  it('come from s_server, and our client believes them', async () => {
    const port = await startServer('-status_file', respond(pki.servers.p256.certPath, serial(), false));
    const client = await connectEndpoint(port, clientConfig(pki, { verifier: verifier() }));
    expect(await client.connected()).toMatchObject({ peer: { kind: 'verified' }, ocspResponse: expect.any(Uint8Array) });
  });

  it('say that the certificate is revoked, and our client ends the connection', async () => {
    const port = await startServer('-status_file', respond(pki.servers.p256.certPath, serial(), true));
    const client = await connectEndpoint(port, clientConfig(pki, { verifier: verifier() }));
    expect(await client.failed()).toMatchObject({ reason: 'revoked', alert: 'certificate_revoked' });
  });

  it('are missing, and our client ends the connection', async () => {
    const port = await startServer();
    const client = await connectEndpoint(port, clientConfig(pki, { verifier: verifier() }));
    const failure = await client.failed();
    expect(failure).toBeInstanceOf(CertificateInvalid);
    expect(failure).toMatchObject({ reason: 'staple_missing', alert: 'bad_certificate_status_response' });
  });

  it('come from our server, and s_client shows them', async () => {
    const issuer = pki.anchors[0] as Uint8Array;
    const key = await provider.keys.importPrivateKey(pemKey(pki.caKeyPath));
    const responder = createOcspResponder({
      provider,
      issuer,
      responder: { certificate: issuer, key },
      lookUp: () => ({ status: 'good' }),
    });
    const extensions = [createExtension('tlsFeature', MUST_STAPLE)];
    const names = { dnsNames: ['localhost'], extensions };
    const leaf = await createCertificate({ provider, issuer: { certificate: issuer, key }, ...names, ...VALID });
    const request = createOcspRequest({ provider, certificates: [{ certificate: leaf.certificate, issuer }] });
    const ocspResponse = () => responder.respond(request, new Date());
    const credential = { kind: 'x509', chain: [leaf.certificate], signer: leaf.key, ocspResponse } as const;
    const server = await listenEndpoints(serverConfig(pki, { credentials: [credential] }));
    const client = startPeer('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-CAfile', pki.caPath, '-status']);
    await client.prints(/OCSP Response Status: successful/);
    await client.prints(/Cert Status: good/);
    await client.prints(/Verify return code: 0 \(ok\)/);
  });
});

async function listen(server: Server): Promise<number> {
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function pemKey(path: string): Uint8Array {
  return Uint8Array.from(
    Buffer.from(
      readFileSync(path, 'utf8')
        .replace(/-----[^-]+-----/g, '')
        .replace(/\s/g, ''),
      'base64',
    ),
  );
}
