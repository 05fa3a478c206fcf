/**
 * NIST PKITS: every test comes to its expected result. Those whose verdict hangs on a CRL are run where revocation is tested.
 */

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { explain } from '../../src/pki/x509/explain.ts';
import { describeWithVectors, readJsonVectors } from '../vectors.ts';
import { type PkitsTest, policyOid, validatePkits } from './pkits.ts';

/** Sections of tests that are refused for what CRLs say, and single tests of other sections. */
const HANGS_ON_CRLS = /^4\.(4|14|15)\.|^4\.5\.[257]$|^4\.7\.[45]$/;

describeWithVectors('PKITS', 'pkits/tests.json', (path) => {
  const tests = readJsonVectors<readonly PkitsTest[]>(path);
  const folder = join(path, '..');
  const withoutCrls = tests.filter(({ test, should_validate }) => should_validate || !HANGS_ON_CRLS.test(test));

  it.each(withoutCrls)('$title: $should_validate', (test) => {
    const result = validatePkits(test, folder);
    expect(result.isValid, explain(result)).toBe(test.should_validate);
    const expected = test.policy?.user_constrained_policy_set?.map(policyOid);
    if (result.isValid && expected !== undefined) expect([...result.policies.userConstrained].sort()).toEqual(expected.sort());
  });

  it('needs its weak algorithms to be allowed', () => {
    const dsa = tests.find(({ title }) => title.includes('DSA Parameter Inheritance'));
    const result = dsa && validatePkits(dsa, folder, undefined, {});
    expect(result?.isValid === false && result.problem.reason).toMatch(
      /^(key_unsupported|signature_algorithm_weak|key_too_small)$/,
    );
  });
});
