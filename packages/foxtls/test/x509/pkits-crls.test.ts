/**
 * NIST PKITS with revocation, under the policy that takes nothing for granted: every test with the CRLs that it names; and every end entity
 * whose name says whether it is valid, with all certificates and CRLs there are.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nodeProvider as provider } from '../../src/crypto-node.ts';
import { explain } from '../../src/pki/x509/explain.ts';
import { createRevocationChecker } from '../../src/pki/x509/revocation/checker.ts';
import { validateCertificateSync } from '../../src/pki/x509/validate-certificate.ts';
import { describeWithVectors, readJsonVectors } from '../vectors.ts';
import { PKITS_ALGORITHMS, PKITS_TIME, type PkitsTest, validatePkits } from './pkits.ts';

/** The signature of one CRL is no whole number of octets. */
function checkerFor(crls: readonly Uint8Array[]) {
  return createRevocationChecker({ provider, policy: 'hard-fail', crls, onUnreadableCrl: () => {} });
}

describeWithVectors('PKITS with CRLs', 'pkits/tests.json', (path) => {
  const tests = readJsonVectors<readonly PkitsTest[]>(path);
  const folder = join(path, '..');

  it.each(tests)('$title: $should_validate', (test) => {
    const result = validatePkits(test, folder, checkerFor);
    expect(result.isValid, explain(result)).toBe(test.should_validate);
  });

  it('comes to the verdict that is in the name of each end entity, whatever else is at hand', () => {
    const readAll = (kind: 'certs' | 'crls') =>
      readdirSync(join(folder, kind)).map((name) => [name, Uint8Array.from(readFileSync(join(folder, kind, name)))] as const);
    const certificates = readAll('certs');
    const authorities = certificates.filter(([name]) => !name.endsWith('EE.crt')).map(([, der]) => der);
    const pathCheck = checkerFor(readAll('crls').map(([, der]) => der));
    const anchor = certificates.find(([name]) => name === 'TrustAnchorRootCertificate.crt')?.[1] as Uint8Array;
    const named = certificates.filter(([name]) => /^(Valid|Invalid).*EE\.crt$/.test(name));
    const wrong = named.filter(([name, certificate]) => {
      const { isValid } = validateCertificateSync({
        provider,
        certificate,
        intermediates: authorities,
        trustAnchors: [anchor],
        at: PKITS_TIME,
        algorithmPolicy: PKITS_ALGORITHMS,
        pathCheck,
      });
      return isValid !== name.startsWith('Valid');
    });
    expect(named.length).toBeGreaterThan(100);
    expect(wrong.map(([name]) => name)).toEqual([]);
  });
});
