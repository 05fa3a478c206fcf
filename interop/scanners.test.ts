/**
 * What scanners say of our server when nobody chose anything: TLS 1.2 and 1.3, the default suites, no finding.
 */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { longTierOrSkip } from '../packages/foxtls/test/tiers.ts';
import { startDefaultServer } from './harness/default-server.ts';
import { runPeer } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';

let pki: InteropPki;
beforeAll(async () => {
  pki = await createInteropPki();
});
afterAll(() => pki?.remove());

const TLS12_SUITES = ['ECDSA', 'RSA'].flatMap((key) =>
  ['AES_128_GCM_SHA256', 'AES_256_GCM_SHA384', 'CHACHA20_POLY1305_SHA256'].map((cipher) => `TLS_ECDHE_${key}_WITH_${cipher}`),
);
const MINUTE = 60_000;

describeWithPeer('sslscan and our server', 'sslscan', () => {
  it('finds TLS 1.2 and 1.3 with the default suites, and nothing against them', async (context) => {
    longTierOrSkip(context);
    const port = await startDefaultServer(pki);
    const { output } = await runPeer('sslscan', ['--no-colour', `127.0.0.1:${port}`], { timeout: MINUTE });
    const versions = [...output.matchAll(/^(SSLv2|SSLv3|TLSv1\.\d) +(enabled|disabled)$/gm)].map(([, ...words]) =>
      words.join(' '),
    );
    const old = ['SSLv2', 'SSLv3', 'TLSv1.0', 'TLSv1.1'].map((version) => `${version} disabled`);
    expect(versions).toEqual([...old, 'TLSv1.2 enabled', 'TLSv1.3 enabled']);
    const suites = [...output.matchAll(/^(?:Preferred|Accepted) +(TLSv1\.\d) +\d+ bits +(\S+)/gm)].map(([, ...words]) =>
      words.join(' '),
    );
    expect(suites.toSorted()).toEqual([
      'TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256',
      'TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384',
      'TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305',
      'TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256',
      'TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384',
      'TLSv1.2 ECDHE-RSA-CHACHA20-POLY1305',
      'TLSv1.3 TLS_AES_128_GCM_SHA256',
      'TLSv1.3 TLS_AES_256_GCM_SHA384',
      'TLSv1.3 TLS_CHACHA20_POLY1305_SHA256',
    ]);
    expect(output).toContain('Server supports TLS Fallback SCSV');
    expect(output).toContain('Session renegotiation not supported');
    expect(output.match(/^TLSv1\.[23] not vulnerable to heartbleed$/gm)).toHaveLength(2);
    const groups = [...output.matchAll(/^TLSv1\.3 +\d+ bits +(\w+)/gm)].map(([, group]) => group);
    expect(groups.toSorted()).toEqual(['secp256r1', 'secp384r1', 'x25519']);
  });
});

describeWithPeer('nmap and our server', 'nmap', () => {
  it('finds the default suites, each of grade A, and our preference', async (context) => {
    longTierOrSkip(context);
    const port = await startDefaultServer(pki);
    const scripts = ['ssl-enum-ciphers', 'ssl-heartbleed', 'ssl-poodle', 'ssl-ccs-injection', 'ssl-dh-params', 'sslv2'];
    const script = scripts.map((name) => `+${name}`).join(',');
    const { output } = await runPeer('nmap', ['-Pn', '-n', '-p', String(port), '--script', script, '127.0.0.1'], {
      timeout: MINUTE,
    });
    const versions = [...output.matchAll(/^\| {3}(SSLv\d|TLSv1\.\d):/gm)].map(([, version]) => version);
    expect(versions).toEqual(['TLSv1.2', 'TLSv1.3']);
    const suites = [...output.matchAll(/^\| {7}(TLS_\S+) \(.*\) - (\w)/gm)].map(([, suite, grade]) => `${suite} ${grade}`);
    const tls13 = ['AES_128_GCM_SHA256', 'AES_256_GCM_SHA384', 'CHACHA20_POLY1305_SHA256'].map(
      (cipher) => `TLS_AKE_WITH_${cipher}`,
    );
    expect(suites.toSorted()).toEqual([...tls13, ...TLS12_SUITES].map((suite) => `${suite} A`).toSorted());
    expect(output).toContain('least strength: A');
    expect(output.match(/cipher preference: server/g)).toHaveLength(2);
    expect(output).not.toMatch(/VULNERABLE|warnings/);
    // Compression: none.
    expect(output.match(/compressors: *\n\|\s+(\w+)\n/)?.[1]).toBe('NULL');
  });
});

/** What testssl.sh finds, and what it is not about: our certificates of the tests, and what an HTTP server may say beside its page. */
const NOT_OF_TLS = /^(?:cert_validityPeriod|cert_revocation|DNS_CAArecord|HSTS|security_headers|engine_problem)\b/;

describeWithPeer('testssl.sh and our server', 'testssl', () => {
  it('finds nothing but what is not of TLS', async (context) => {
    longTierOrSkip(context);
    const port = await startDefaultServer(pki);
    const file = pki.path('testssl.json');
    const quiet = ['--quiet', '--color', '0', '--warnings', 'off', '--nodns', 'none'];
    await runPeer('testssl', [...quiet, '--add-ca', pki.caPath, '--jsonfile', file, `127.0.0.1:${port}`], {
      timeout: 10 * MINUTE,
    });
    const findings = JSON.parse(readFileSync(file, 'utf8')) as readonly Record<'id' | 'severity' | 'finding', string>[];
    const bad = findings.filter(({ id, severity }) => severity !== 'OK' && severity !== 'INFO' && !NOT_OF_TLS.test(id));
    expect(bad).toEqual([]);
    const found = Object.fromEntries(findings.map(({ id, finding }) => [id, finding]));
    for (const old of ['SSLv2', 'SSLv3', 'TLS1', 'TLS1_1']) expect(found[old]).toBe('not offered');
    for (const version of ['TLS1_2', 'TLS1_3']) expect(found[version]).toMatch(/^offered/);
    expect(found).toMatchObject({
      heartbleed: expect.stringContaining('no heartbeat extension'),
      secure_renego: 'supported',
      secure_client_renego: 'not vulnerable',
      CRIME_TLS: 'not vulnerable',
      fallback_SCSV: expect.stringMatching(/supported|no protocol below TLS 1.2/),
    });
  });
});
