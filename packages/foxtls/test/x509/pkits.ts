/**
 * NIST PKITS: the tests of certification path validation, read from the shared vectors.
 *
 * Its keys and hashes are of 2010, so that the policy allows what nobody should allow today. A path check brings revocation: the CRLs of
 * each test are passed to whoever makes one.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import type { AlgorithmPolicy } from '../../src/pki/x509/algorithm-policy.ts';
import type { PathCheck } from '../../src/pki/x509/path-check.ts';
import type { PolicyInputs } from '../../src/pki/x509/policy-graph.ts';
import { type ValidationResult, validateCertificateSync } from '../../src/pki/x509/validate-certificate.ts';

/** The fields of tests.json. */
export interface PkitsTest {
  readonly test: string;
  readonly title: string;
  /** The trust anchor first, the end entity last. */
  readonly certs: readonly string[];
  readonly crls: readonly string[];
  readonly should_validate: boolean;
  readonly policy?: {
    readonly initial_policy_set?: readonly string[];
    readonly initial_explicit_policy?: boolean;
    readonly initial_policy_mapping_inhibit?: boolean;
    readonly initial_any_policy_inhibit?: boolean;
    readonly user_constrained_policy_set?: readonly string[];
  };
}

export const PKITS_TIME = new Date('2011-04-15T00:00:00Z');

export const PKITS_ALGORITHMS: AlgorithmPolicy = {
  dangerouslyAllowHashes: ['sha1'],
  dangerouslyAllowRsaBits: 1024,
  dangerouslyAllowDsa: true,
};

/** What the validator makes of a test. `folder` is that of the PKITS data. */
export function validatePkits(
  test: PkitsTest,
  folder: string,
  pathCheckFor?: (crls: readonly Uint8Array[]) => PathCheck,
  algorithmPolicy: AlgorithmPolicy = PKITS_ALGORITHMS,
): ValidationResult {
  const [anchor, ...others] = test.certs.map((name) => readFileSync(join(folder, 'certs', `${name}.crt`)));
  const pathCheck = pathCheckFor?.(test.crls.map((name) => readFileSync(join(folder, 'crls', `${name}.crl`))));
  return validateCertificateSync({
    provider: nodeProvider,
    certificate: others.at(-1) as Uint8Array,
    intermediates: others.slice(0, -1),
    trustAnchors: [anchor as Uint8Array],
    at: PKITS_TIME,
    algorithmPolicy,
    policies: policiesOf(test),
    ...(pathCheck === undefined ? {} : { pathCheck }),
  });
}

function policiesOf({ policy = {} }: PkitsTest): PolicyInputs {
  const { initial_policy_set: set } = policy;
  return {
    ...(set === undefined ? {} : { acceptable: set.map(policyOid) }),
    requireExplicit: policy.initial_explicit_policy ?? false,
    inhibitMapping: policy.initial_policy_mapping_inhibit ?? false,
    inhibitAny: policy.initial_any_policy_inhibit ?? false,
  };
}

/** `NIST-test-policy-1` and `anyPolicy` as OBJECT IDENTIFIERs. */
export function policyOid(name: string): string {
  return name === 'anyPolicy' ? '2.5.29.32.0' : name.replace(/^NIST-test-policy-/, '2.16.840.1.101.3.2.1.48.');
}
