import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { describeWithPeer } from '../../../test/peers.ts';
import { parsePem } from '../../core/asn1/pem.ts';
import { toHex } from '../../core/bytes/bytes.ts';
import { keys } from '../../crypto/node/keys.ts';
import { nodeProvider } from '../../crypto/node/provider.ts';
import type { KeyGenerationRequest } from '../../crypto/signature.ts';
import { formatPrivateKeyPem, parsePrivateKeyPem } from '../pkcs/private-key.ts';
import { parseCertificate } from './certificate.ts';
import {
  type CreatedCertificate,
  createCertificate,
  createCertificateAuthority,
  createCertificateAuthoritySync,
  createCertificateSync,
  createSelfSigned,
  createSelfSignedSync,
  formatCertificatePem,
} from './create-certificate.ts';
import { createX509Verifier } from './verifier.ts';

const provider = nodeProvider;
const dates = { validFrom: new Date('2026-01-01T00:00:00Z'), validTo: new Date('2051-01-01T00:00:00Z') };
const KEYS: readonly (readonly [string, KeyGenerationRequest])[] = [
  ['RSA-2048', { kind: 'rsa', bits: 2048 }],
  ['P-256', { kind: 'ec', curve: 'secp256r1' }],
  ['P-384', { kind: 'ec', curve: 'secp384r1' }],
  ['P-521', { kind: 'ec', curve: 'secp521r1' }],
  ['Ed25519', { kind: 'ed25519' }],
];

const root = createCertificateAuthoritySync({ provider, subject: { commonName: 'Root', country: 'DE' }, ...dates });
const verifyAt = new Date('2026-06-01T00:00:00Z');

function verify(certificates: readonly Uint8Array[], anchor: Uint8Array, peerRole: 'client' | 'server' = 'server') {
  const presented = { kind: 'x509', certificates } as const;
  const serverName = peerRole === 'server' ? 'example.com' : undefined;
  const request = { presented, peerRole, serverName, now: verifyAt, signal: new AbortController().signal };
  return createX509Verifier({ provider, trustAnchors: [anchor] }).verify(request);
}

describe('created certificates', () => {
  it.each(KEYS)('chain up with %s keys in our eyes and in those of Node', (_title, key) => {
    const ca = createCertificateAuthoritySync({ provider, subject: { commonName: 'CA' }, key, ...dates });
    const leaf = createCertificateSync({ provider, issuer: ca, key, dnsNames: ['example.com'], ...dates });
    expect(verify([leaf.certificate], ca.certificate)).toMatchObject({ kind: 'verified', mayDigitallySign: true });
    const [nodesCa, nodesLeaf] = [new X509Certificate(ca.certificate), new X509Certificate(leaf.certificate)];
    expect(nodesLeaf.checkIssued(nodesCa)).toBe(true);
    expect(nodesLeaf.verify(nodesCa.publicKey)).toBe(true);
    expect(nodesCa.verify(nodesCa.publicKey)).toBe(true);
    expect([nodesCa.ca, nodesLeaf.ca]).toEqual([true, false]);
    expect(nodesLeaf.checkPrivateKey(createPrivateKey(formatPrivateKeyPem(leaf.key.exportPkcs8())))).toBe(true);
    expect(nodesLeaf.checkHost('example.com')).toBe('example.com');
  });

  it('are the same in Node, field by field', () => {
    const subject = { commonName: 'Ünïcode', organization: 'Example', country: 'DE', emailAddress: 'a@example.com' };
    const ipAddresses = ['192.0.2.1', '2001:db8::1'];
    const { certificate } = createSelfSignedSync({
      provider,
      subject,
      dnsNames: ['a.example', '*.b.example'],
      ipAddresses,
      ...dates,
    });
    const nodes = new X509Certificate(certificate);
    expect(nodes.subject).toBe('C=DE\nO=Example\nCN=Ünïcode\nemailAddress=a@example.com');
    expect(nodes.issuer).toBe(nodes.subject);
    expect(nodes.subjectAltName).toBe('DNS:a.example, DNS:*.b.example, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1');
    expect(new Date(nodes.validFrom)).toEqual(dates.validFrom);
    expect(new Date(nodes.validTo)).toEqual(dates.validTo);
    expect(nodes.serialNumber).toBe(parseCertificate(certificate).serialNumber);
  });

  it('have random, positive serial numbers of 16 octets, or the one that was asked for', () => {
    const make = (serialNumber?: Uint8Array) => {
      const options = { provider, dnsNames: ['example.com'], ...dates };
      return parseCertificate(
        createSelfSignedSync(serialNumber === undefined ? options : { ...options, serialNumber }).certificate,
      );
    };
    const [one, two] = [make().serialNumber, make().serialNumber];
    expect(one).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(one).not.toBe(two);
    expect(make(Uint8Array.of(0, 0xff)).serialNumber).toBe('FF');
  });

  it('carry the key identifiers that link them', () => {
    const leaf = parseCertificate(
      createCertificateSync({ provider, issuer: root, dnsNames: ['example.com'], ...dates }).certificate,
    );
    const rootIdentifier = parseCertificate(root.certificate).known.subjectKeyIdentifier ?? new Uint8Array(0);
    expect(rootIdentifier.length).toBe(20);
    expect(toHex(leaf.known.authorityKeyIdentifier?.keyIdentifier ?? new Uint8Array(0))).toBe(toHex(rootIdentifier));
  });

  it('are for servers, or for what was asked', () => {
    const make = (purposes: readonly ('serverAuth' | 'clientAuth')[]) =>
      createCertificateSync({
        provider,
        issuer: root,
        subject: { commonName: 'c' },
        dnsNames: ['example.com'],
        purposes,
        ...dates,
      });
    expect(verify([make(['clientAuth']).certificate], root.certificate, 'client')).toMatchObject({ kind: 'verified' });
    expect(() => verify([make(['clientAuth']).certificate], root.certificate)).toThrow('lacks serverAuth');
    expect(verify([make([]).certificate], root.certificate)).toMatchObject({ kind: 'verified' });
  });

  it('go over intermediate authorities with a path length', async () => {
    const options = { provider, ...dates };
    const middle = await createCertificateAuthority({
      ...options,
      subject: { commonName: 'Middle' },
      issuer: root,
      pathLength: 0,
    });
    const leaf = await createCertificate({ ...options, issuer: middle, dnsNames: ['example.com'] });
    expect(verify([leaf.certificate, middle.certificate], root.certificate)).toMatchObject({ kind: 'verified' });
    const lower = await createCertificateAuthority({ ...options, subject: { commonName: 'Lower' }, issuer: middle });
    const tooDeep = await createCertificate({ ...options, issuer: lower, dnsNames: ['example.com'] });
    const chain = [tooDeep.certificate, lower.certificate, middle.certificate];
    expect(() => verify(chain, root.certificate)).toThrow('its path length constraint is 0');
  });

  it('are made with a provider that answers later, but not by the synchronous functions', async () => {
    const slowKeys = { ...keys, generateKey: async (request: KeyGenerationRequest) => keys.generateKey(request) };
    const options = { provider: { ...provider, keys: slowKeys }, dnsNames: ['example.com'], ...dates };
    const { certificate } = await createSelfSigned(options);
    expect(parseCertificate(certificate).dnsNames).toEqual(['example.com']);
    expect(() => createSelfSignedSync(options)).toThrow(expect.objectContaining({ code: 'ERR_TLS_ASYNC_REQUIRED' }));
  });

  it('are signed as asked', () => {
    const signatureAlgorithm = { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 } as const;
    const key = { kind: 'rsa', bits: 2048 } as const;
    const { certificate } = createSelfSignedSync({ provider, dnsNames: ['example.com'], key, signatureAlgorithm, ...dates });
    expect(parseCertificate(certificate).signatureAlgorithm).toEqual(signatureAlgorithm);
    expect(new X509Certificate(certificate).verify(new X509Certificate(certificate).publicKey)).toBe(true);
  });

  const leaf = createCertificateSync({ provider, issuer: root, dnsNames: ['example.com'], ...dates });
  const base = { provider, ...dates };
  it.each<[string, () => CreatedCertificate, string]>([
    [
      'a DNS name that is an IP address',
      () => createSelfSignedSync({ ...base, dnsNames: ['192.0.2.1'] }),
      'give it in ipAddresses',
    ],
    ['a DNS name that is none', () => createSelfSignedSync({ ...base, dnsNames: ['bücher.example'] }), 'written as A-labels'],
    ['an IP address that is none', () => createSelfSignedSync({ ...base, ipAddresses: ['192.0.2'] }), 'is not an IP address'],
    ['no name at all', () => createSelfSignedSync(base), 'give a subject, dnsNames or ipAddresses'],
    ['an authority without a name', () => createCertificateAuthoritySync({ ...base, subject: {} }), 'needs a subject'],
    [
      'a path length below zero',
      () => createCertificateAuthoritySync({ ...base, subject: { commonName: 'a' }, pathLength: -1 }),
      'pathLength',
    ],
    [
      'dates the wrong way round',
      () => createSelfSignedSync({ provider, dnsNames: ['a'], validFrom: dates.validTo, validTo: dates.validFrom }),
      'in this order',
    ],
    [
      'a serial number of zero',
      () => createSelfSignedSync({ ...base, dnsNames: ['a'], serialNumber: Uint8Array.of(0) }),
      'a serial number is',
    ],
    [
      'a negative serial number',
      () => createSelfSignedSync({ ...base, dnsNames: ['a'], serialNumber: Uint8Array.of(0x80) }),
      'a serial number is',
    ],
    [
      'a serial number of 21 octets',
      () => createSelfSignedSync({ ...base, dnsNames: ['a'], serialNumber: new Uint8Array(21).fill(1) }),
      'a serial number is',
    ],
    [
      'an issuer that is no authority',
      () => createCertificateSync({ ...base, issuer: leaf, dnsNames: ['a'] }),
      'is not a certificate authority',
    ],
    [
      "an issuer's key that is another",
      () => createCertificateSync({ ...base, issuer: { ...root, key: leaf.key }, dnsNames: ['a'] }),
      "issuer's key is not that",
    ],
  ])('are not made of %s', (_title, make, problem) => {
    expect(make).toThrow(
      expect.objectContaining({ code: 'ERR_TLS_INVALID_ARGUMENT', message: expect.stringContaining(problem) }),
    );
  });
});

describeWithPeer('created certificates', 'openssl', () => {
  const folder = mkdtempSync(join(tmpdir(), 'foxtls-x509-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string) => join(folder, name);
  const openssl = (...parts: string[]) => execFileSync('openssl', parts, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  it.each(KEYS)('with %s keys verify in OpenSSL, strictly, with an intermediate', (_title, key) => {
    const options = { provider, key, ...dates };
    const ca = createCertificateAuthoritySync({ ...options, subject: { commonName: 'Root', organization: 'Ä' } });
    const middle = createCertificateAuthoritySync({ ...options, subject: { commonName: 'Middle' }, issuer: ca, pathLength: 0 });
    const leaf = createCertificateSync({ ...options, issuer: middle, dnsNames: ['example.com'], ipAddresses: ['::1'] });
    writeFileSync(file('root.pem'), formatCertificatePem(ca.certificate));
    writeFileSync(file('middle.pem'), formatCertificatePem(middle.certificate));
    writeFileSync(file('leaf.pem'), formatCertificatePem(leaf.certificate));
    const checks = ['-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'example.com', '-verify_ip', '::1'];
    const at = ['-attime', String(verifyAt.getTime() / 1000)];
    const files = ['-CAfile', file('root.pem'), '-untrusted', file('middle.pem'), file('leaf.pem')];
    expect(openssl('verify', ...checks, ...at, ...files)).toBe(`${file('leaf.pem')}: OK\n`);
    const text = openssl('x509', '-in', file('leaf.pem'), '-noout', '-text');
    expect(text).toContain('DNS:example.com, IP Address:0:0:0:0:0:0:0:1');
    expect(text).toContain('Not After : Jan  1 00:00:00 2051 GMT');
  });

  const requests: readonly (readonly [string, readonly string[]])[] = [
    ['RSA', ['-newkey', 'rsa:2048']],
    ['RSA with PSS', ['-newkey', 'rsa:2048', '-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:32']],
    ['P-384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
    ['Ed25519', ['-newkey', 'ed25519']],
  ];
  it.each(requests)('of OpenSSL with %s keys are read and verified', (_title, key) => {
    const config = ['-subj', '/C=DE/O=Example, Inc./CN=example.com', '-addext', 'subjectAltName=DNS:example.com,IP:2001:db8::1'];
    openssl('req', '-x509', ...key, '-nodes', '-keyout', file('key.pem'), '-out', file('cert.pem'), '-days', '2', ...config);
    const [block] = parsePem(readFileSync(file('cert.pem')));
    const certificate = parseCertificate(block?.data ?? new Uint8Array(0));
    expect(certificate.subject.toString()).toBe('CN=example.com,O=Example\\, Inc.,C=DE');
    expect(certificate.ipAddresses).toEqual(['2001:db8::1']);
    expect(openssl('x509', '-in', file('cert.pem'), '-noout', '-serial')).toBe(`serial=${certificate.serialNumber}\n`);
    const privateKey = keys.importPrivateKey(parsePrivateKeyPem(readFileSync(file('key.pem'))));
    expect(privateKey.publicKey.spki).toEqual(certificate.publicKey);
    const presented = { kind: 'x509', certificates: [certificate.raw] } as const;
    const request = {
      presented,
      peerRole: 'server',
      serverName: 'example.com',
      now: new Date(),
      signal: new AbortController().signal,
    } as const;
    const verifier = createX509Verifier({ provider, trustAnchors: [certificate.raw] });
    expect(verifier.verify(request)).toMatchObject({ kind: 'verified' });
    // The anchor is taken as it is, so its own signature is checked apart.
    const { signatureAlgorithm, tbsCertificate, signature } = certificate;
    expect(signatureAlgorithm && privateKey.publicKey.verify(signatureAlgorithm, tbsCertificate, signature)).toBe(true);
  });
});
