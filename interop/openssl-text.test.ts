/**
 * The text of certificates as `foxtls cert show` prints it, beside that of `openssl x509 -text`: every root of Node's list, line by line.
 */

import { spawnSync } from 'node:child_process';
import { rootCertificates } from 'node:tls';
import { parsePem } from 'foxtls/asn1';
import { parseCertificate } from 'foxtls/x509';
import { expect, it } from 'vitest';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { formatCertificateText } from '../packages/foxtls-cli/src/cert/text/certificate-text.ts';

/** Lines that differ on purpose, by their beginning. */
const DIFFERENT: readonly (readonly [line: RegExp, reason: string])[] = [
  [/^ +Explicit Text: /, 'OpenSSL prints a BMPString as C text, which ends at its first octet'],
];
/** Roots that differ on purpose, by their issuer. */
const LEFT_OUT: readonly (readonly [issuer: RegExp, reason: string])[] = [
  [
    /ePKI Root Certification Authority$/,
    'OpenSSL has a name for an extension of SET, and lets the line feeds among its octets through',
  ],
];

describeWithPeer('the text of certificates', 'openssl', () => {
  it(`is that of openssl for all ${rootCertificates.length} roots of Node`, () => {
    const differences: string[] = [];
    let compared = 0;
    for (const pem of rootCertificates) {
      const [block] = parsePem(pem);
      const ours = formatCertificateText(parseCertificate(block?.data ?? new Uint8Array(0))).split('\n');
      const theirs = spawnSync('openssl', ['x509', '-noout', '-text'], { input: pem, encoding: 'utf8' }).stdout.split('\n');
      if (LEFT_OUT.some(([issuer]) => issuer.test(ours[6] ?? ''))) continue;
      compared++;
      if (ours.length !== theirs.length) differences.push(`${ours[6]}: ${ours.length} lines, ${theirs.length} of openssl`);
      for (const [i, line] of ours.entries()) {
        if (line === theirs[i] || DIFFERENT.some(([pattern]) => pattern.test(line))) continue;
        differences.push(`${ours[6]}: ${JSON.stringify(line)} is ${JSON.stringify(theirs[i])} of openssl`);
      }
    }
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(100);
  });
});
