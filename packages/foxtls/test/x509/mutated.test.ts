/**
 * Certificates with bytes changed, and bytes that are no certificates: reading them throws `DecodeError` and nothing else, validating
 * them gives a result, and a changed certificate is not accepted under the signature of another.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equal } from '../../src/core/bytes/bytes.ts';
import { DecodeError } from '../../src/core/errors/errors.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { parseCertificate } from '../../src/pki/x509/certificate.ts';
import { entity, issueCa, issueLeaf, NOW } from '../../src/pki/x509/certificates.fixture.ts';
import { createExtension } from '../../src/pki/x509/create-extension.ts';
import { createGeneralName } from '../../src/pki/x509/create-general-name.ts';
import { explain } from '../../src/pki/x509/explain.ts';
import { validateCertificateSync } from '../../src/pki/x509/validate-certificate.ts';
import { rounds } from '../tiers.ts';

const SEED = { seed: 5280 };
const GOLD = '1.3.6.1.4.1.99999.10';
const root = entity('Root');
const middle = entity('Middle');
const policies = createExtension('certificatePolicies', [{ policyIdentifier: GOLD }]);
const rootCert = issueCa(root, root);
const middleCert = issueCa(root, middle, {
  add: [
    policies,
    createExtension('policyMappings', [{ issuerDomainPolicy: GOLD, subjectDomainPolicy: GOLD }]),
    createExtension('policyConstraints', { requireExplicitPolicy: 3, inhibitPolicyMapping: 2 }),
    createExtension('inhibitAnyPolicy', 1),
    createExtension('nameConstraints', { permittedSubtrees: [createGeneralName('dns', 'example.com')] }),
  ],
});
const uri = createGeneralName('uri', 'http://ca.example/');
const leaf = issueLeaf(middle, entity('Server'), {
  add: [
    policies,
    createExtension('authorityInfoAccess', [{ accessMethod: '1.3.6.1.5.5.7.48.2', accessLocation: uri }]),
    createExtension('subjectAltName', [createGeneralName('dns', 'example.com'), createGeneralName('ip', '192.0.2.1'), uri]),
  ],
});

function validate(certificate: Uint8Array, intermediate: Uint8Array) {
  return validateCertificateSync({
    provider: nodeProvider,
    certificate,
    intermediates: [intermediate],
    trustAnchors: [rootCert],
    at: NOW,
    serverName: 'example.com',
  });
}

/** Whether the bytes could be read; throws whatever is not a `DecodeError`. */
function isReadable(bytes: Uint8Array): boolean {
  try {
    parseCertificate(bytes);
    return true;
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

/** A copy with a few bytes replaced, cut out or put in. */
const mutation = fc.array(
  fc.record({ at: fc.nat(), byte: fc.nat(255), kind: fc.constantFrom('replace', 'remove', 'insert', 'flip') }),
  { minLength: 1, maxLength: 3 },
);

function mutate(original: Uint8Array, changes: readonly { at: number; byte: number; kind: string }[]): Uint8Array {
  const bytes = [...original];
  for (const { at, byte, kind } of changes) {
    const i = at % bytes.length;
    if (kind === 'replace') bytes[i] = byte;
    else if (kind === 'flip') bytes[i] = (bytes[i] as number) ^ (1 << (byte & 7));
    else bytes.splice(i, kind === 'remove' ? 1 : 0, ...(kind === 'insert' ? [byte] : []));
  }
  return Uint8Array.from(bytes);
}

describe('changed certificates', () => {
  it('are readable or a DecodeError', () => {
    const property = fc.property(fc.constantFrom(leaf, middleCert, rootCert), mutation, (original, changes) => {
      isReadable(mutate(original, changes));
    });
    fc.assert(property, { ...SEED, numRuns: rounds(1500, 1_000_000) });
  });

  it('are never accepted, and are always explained', () => {
    expect(validate(leaf, middleCert).isValid).toBe(true);
    const property = fc.property(fc.boolean(), mutation, (isLeaf, changes) => {
      const changed = mutate(isLeaf ? leaf : middleCert, changes);
      fc.pre(!equal(changed, isLeaf ? leaf : middleCert));
      const result = isLeaf ? validate(changed, middleCert) : validate(leaf, changed);
      expect(result.isValid).toBe(false);
      expect(explain(result)).toMatch(/^invalid: /);
    });
    fc.assert(property, { ...SEED, numRuns: rounds(400, 100_000) });
  });
});

it('bytes that are no certificate are a DecodeError', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    expect(isReadable(bytes)).toBe(false);
  });
  fc.assert(property, { ...SEED, numRuns: rounds(1500, 1_000_000) });
});
