import { nodeProvider as provider } from 'foxtls/crypto/node';
import { createCertificateAuthoritySync, createCertificateSync, parseCertificate } from 'foxtls/x509';
import { expect, it } from 'vitest';
import { judgeChain } from './chain.ts';

const now = new Date('2026-06-01T00:00:00Z');
const valid = { validFrom: new Date('2026-01-01'), validTo: new Date('2026-12-01') };
const root = createCertificateAuthoritySync({ provider, subject: { commonName: 'root' }, ...valid });
const middle = createCertificateAuthoritySync({ provider, subject: { commonName: 'middle' }, issuer: root, ...valid });
const leaf = (options: object = {}) =>
  createCertificateSync({
    provider,
    issuer: middle,
    subject: { commonName: 'leaf' },
    dnsNames: ['a.example'],
    ...valid,
    ...options,
  });
const judge = (...chain: readonly { readonly certificate: Uint8Array }[]) =>
  judgeChain(
    chain.map(({ certificate }) => parseCertificate(certificate)),
    now,
  )
    .filter(({ level, text }) => level !== 'note' || !/^\d: /.test(text))
    .map(({ level, text }) => `${level}: ${text}`);

it('a chain in order is well', () => {
  expect(judge(leaf(), middle)).toEqual([]);
});

it.each([
  [
    'out of order',
    () => [leaf(), root, middle],
    [/^warning: the certificates are out of order/, /^note: certificate 1 is a root/],
  ],
  ['too many', () => [leaf(), middle, leaf()], [/^warning: certificates are sent that belong to no path: 2 \(CN = leaf\)/]],
  ['with its root', () => [leaf(), middle, root], [/^note: certificate 2 is a root/]],
  ['expired', () => [leaf({ validTo: new Date('2026-05-01') }), middle], [/^failure: certificate 0 expired 2026-05-01/]],
  ['soon expired', () => [leaf({ validTo: new Date('2026-06-11') }), middle], [/^warning: certificate 0 expires 2026-06-11/]],
  [
    'of the future',
    () => [leaf({ validFrom: new Date('2026-07-01') }), middle],
    [/^failure: certificate 0 is valid from 2026-07-01/],
  ],
  ['valid for long', () => [leaf({ validTo: new Date('2029-01-01') }), middle], [/^note: certificate 0 is valid for 1096 days/]],
  [
    'signed with SHA-1',
    () => [leaf({ signatureAlgorithm: { kind: 'ecdsa', hash: 'sha1' } }), middle],
    [/^failure: certificate 0 is signed with SHA-1/],
  ],
  [
    'with a small key',
    () => [leaf({ key: { kind: 'rsa', bits: 1024 } }), middle],
    [/^failure: certificate 0 has an RSA key of 1024 bits/],
  ],
] as const)('a chain that is %s is told of', (_what, chain, expected) => {
  const told = judge(...chain());
  expect(told).toHaveLength(expected.length);
  for (const [i, pattern] of expected.entries()) expect(told[i]).toMatch(pattern);
});

it('a name of an attacker is cut, and steers no terminal', () => {
  const [first] = judgeChain(
    [parseCertificate(leaf({ subject: { commonName: `\x1b[2J${'x'.repeat(5000)}` } }).certificate)],
    now,
  );
  expect(first?.text).toMatch(/^0: CN = \\1B\[2Jx{100,200}…; issued by/);
});
