/**
 * Signed messages and requests between GnuTLS's certtool and us: what openssl 3.0 lacks is Ed25519 in CMS (RFC 8419).
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { utf8 } from '../packages/foxtls/src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../packages/foxtls/src/crypto/node/provider.ts';
import type { KeyGenerationRequest } from '../packages/foxtls/src/crypto/signature.ts';
import {
  formatCertificationRequestPem,
  parseCertificationRequestPem,
  verifyCertificationRequestSync,
} from '../packages/foxtls/src/pki/pkcs/certification-request.ts';
import { createCertificatesOnly, parseCertificatesOnly } from '../packages/foxtls/src/pki/pkcs/cms/certificates-only.ts';
import { formatCmsPem, parseCmsPem } from '../packages/foxtls/src/pki/pkcs/cms/content-info.ts';
import { createSignedDataSync } from '../packages/foxtls/src/pki/pkcs/cms/create-signed-data.ts';
import { parseSignedData } from '../packages/foxtls/src/pki/pkcs/cms/signed-data.ts';
import { verifySignedDataSync } from '../packages/foxtls/src/pki/pkcs/cms/verify-signed-data.ts';
import { createCertificationRequestSync } from '../packages/foxtls/src/pki/pkcs/create-certification-request.ts';
import { formatPrivateKeyPem } from '../packages/foxtls/src/pki/pkcs/private-key.ts';
import { createSelfSignedSync, formatCertificatePem } from '../packages/foxtls/src/pki/x509/create-certificate.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';

const folder = mkdtempSync(join(tmpdir(), 'foxtls-certtool-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const give = (name: string, content: Uint8Array | string) => writeFileSync(join(folder, name), content);
const take = (name: string) => new Uint8Array(readFileSync(join(folder, name)));

function certtool(...parameters: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('certtool', parameters, { cwd: folder, encoding: 'utf8', timeout: 30_000 });
  if (status !== 0) throw new Error(`certtool ${parameters.join(' ')} failed:\n${stdout}${stderr}`);
  return `${stdout}${stderr}`;
}

const dates = { validFrom: new Date('2026-01-01T00:00:00Z'), validTo: new Date('2049-01-01T00:00:00Z') };
const CONTENT = utf8('what is signed\n');
const KEYS: readonly (readonly [string, KeyGenerationRequest])[] = [
  ['RSA', { kind: 'rsa', bits: 2048 }],
  ['P-256', { kind: 'ec', curve: 'secp256r1' }],
  ['P-384', { kind: 'ec', curve: 'secp384r1' }],
  ['Ed25519', { kind: 'ed25519' }],
];

describeWithPeer('certtool and our messages', 'certtool', () => {
  it.each(KEYS)('verify what the other signed, attached and detached: %s', (_name, key) => {
    const signer = createSelfSignedSync({ provider, dnsNames: ['signer.example'], key, ...dates });
    give('cert.pem', formatCertificatePem(signer.certificate));
    give('key.pem', formatPrivateKeyPem(signer.key.exportPkcs8()));
    give('content', CONTENT);
    for (const detached of [false, true]) {
      const ours = createSignedDataSync({
        provider,
        content: CONTENT,
        detached,
        signers: [{ ...signer, signingTime: new Date() }],
      });
      give('ours.p7', formatCmsPem(ours, 'PKCS7'));
      const load = ['--load-certificate', 'cert.pem', '--infile', 'ours.p7', ...(detached ? ['--load-data', 'content'] : [])];
      expect(certtool('--p7-verify', ...load)).toContain('Signature status: ok');
      const sign = [
        '--load-certificate',
        'cert.pem',
        '--load-privkey',
        'key.pem',
        '--infile',
        'content',
        '--outfile',
        'theirs.p7',
      ];
      for (const time of [[], ['--p7-time']]) {
        certtool(detached ? '--p7-detached-sign' : '--p7-sign', ...sign, ...time);
        const message = parseSignedData(parseCmsPem(take('theirs.p7')));
        const verified = verifySignedDataSync(message, {
          provider,
          certificates: [signer.certificate],
          ...(detached && { content: CONTENT }),
        });
        expect(verified.content).toEqual(CONTENT);
        expect(verified.signers[0]?.signingTime === undefined).toBe(time.length === 0);
      }
    }
  });

  it('read each other’s bundles of certificates', () => {
    const certificates = KEYS.map(
      ([, key]) => createSelfSignedSync({ provider, dnsNames: ['a.example'], key, ...dates }).certificate,
    );
    give('all.pem', certificates.map(formatCertificatePem).join(''));
    certtool('--p7-generate', '--load-certificate', 'all.pem', '--outfile', 'theirs.p7b');
    expect(parseCertificatesOnly(parseCmsPem(take('theirs.p7b'))).certificates.length).toBe(KEYS.length);
    give('ours.p7b', createCertificatesOnly(certificates));
    expect(certtool('--p7-info', '--inder', '--infile', 'ours.p7b')).toContain(`Number of certificates: ${KEYS.length}`);
  });
});

describeWithPeer('certtool and our certification requests', 'certtool', () => {
  it.each(KEYS)('read and verify each other’s: %s', (_name, request) => {
    const { key } = createSelfSignedSync({ provider, dnsNames: ['a.example'], key: request, ...dates });
    give('key.pem', formatPrivateKeyPem(key.exportPkcs8()));
    const ours = createCertificationRequestSync({
      subject: { commonName: 'asked.example' },
      key,
      dnsNames: ['asked.example'],
      challengePassword: 'hunter2',
    });
    give('ours.csr', formatCertificationRequestPem(ours));
    const shown = certtool('--crq-info', '--infile', 'ours.csr');
    expect(shown).toContain('DNSname: asked.example');
    expect(shown).toContain('Challenge password: hunter2');
    expect(shown).toContain('Self signature: verified');
    give(
      'template',
      'cn = "theirs.example"\ndns_name = "theirs.example"\nchallenge_password = secret\nsigning_key\ntls_www_server\n',
    );
    certtool('--generate-request', '--load-privkey', 'key.pem', '--template', 'template', '--outfile', 'theirs.csr');
    const theirs = verifyCertificationRequestSync(parseCertificationRequestPem(take('theirs.csr')), provider);
    expect(theirs.subject.toString()).toBe('CN=theirs.example');
    expect(theirs.challengePassword).toBe('secret');
    expect(theirs.known.subjectAltName).toEqual([{ kind: 'dNSName', value: 'theirs.example' }]);
  });
});
