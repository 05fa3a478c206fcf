/**
 * Certificates that were made to cost work: what they may cost is asserted by count, not by time.
 */

import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/core/bytes/bytes.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import type { KeyProvider } from '../../src/crypto/signature.ts';
import { entity, issueCa, issueLeaf, NOW } from '../../src/pki/x509/certificates.fixture.ts';
import { createExtension } from '../../src/pki/x509/create-extension.ts';
import { createGeneralName } from '../../src/pki/x509/create-general-name.ts';
import { type ValidationOptions, validateCertificateSync } from '../../src/pki/x509/validate-certificate.ts';

const root = entity('Root');
const rootCert = issueCa(root, root);
const middle = entity('Middle');
const server = entity('Server');

/** Validates, and counts the signatures that the provider was asked for. */
function validate(options: Pick<ValidationOptions, 'certificate' | 'intermediates'> & Partial<ValidationOptions>) {
  let verified = 0;
  const keys: KeyProvider = {
    ...nodeProvider.keys,
    importPublicKey(spki) {
      const key = nodeProvider.keys.importPublicKey(spki) as Awaited<ReturnType<KeyProvider['importPublicKey']>>;
      const verify: typeof key.verify = (...rest) => {
        verified++;
        return key.verify(...rest);
      };
      return { type: key.type, spki: key.spki, verify };
    },
  };
  const result = validateCertificateSync({ provider: { keys }, trustAnchors: [rootCert], at: NOW, ...options });
  return { result, verified, spent: result.report.spent as Readonly<Record<string, number>> };
}

const domains = (count: number, suffix: string) =>
  Array.from({ length: count }, (_, i) => createGeneralName('dns', `a${i}.${suffix}`));

describe('names and name constraints', () => {
  const names = createExtension('subjectAltName', domains(2000, 'example.com'));
  const constrained = (count: number) =>
    issueCa(root, middle, { add: [createExtension('nameConstraints', { excludedSubtrees: domains(count, 'example.org') })] });

  it('by the thousands end the search before they are compared', () => {
    const { result, spent, verified } = validate({
      certificate: issueLeaf(middle, server, { add: [names] }),
      intermediates: [constrained(2000)],
    });
    expect(result).toMatchObject({ isValid: false, problem: { reason: 'budget_exceeded' } });
    expect(spent['nameComparisons']).toBe(0);
    expect(verified).toBe(0);
  });

  it('are compared as long as the budget allows', () => {
    const { result, spent } = validate({
      certificate: issueLeaf(middle, server, { add: [names] }),
      intermediates: [constrained(100)],
    });
    expect(result.isValid).toBe(true);
    expect(spent['nameComparisons']).toBe((2001 + 1) * 100);
  });

  it('are counted for every issuer of the same name that is tried', () => {
    const add = [createExtension('nameConstraints', { excludedSubtrees: domains(100, 'example.org') })];
    const strangers = Array.from({ length: 90 }, (_, i) => issueCa(entity(`Stranger ${i}`), middle, { add }));
    const { result, spent } = validate({ certificate: issueLeaf(middle, server, { add: [names] }), intermediates: strangers });
    expect(result).toMatchObject({ isValid: false, problem: { reason: 'budget_exceeded' } });
    expect(spent['nameComparisons']).toBeLessThanOrEqual(250_000);
  });
});

describe('a mesh of authorities that have all signed each other', () => {
  const size = 9;
  const authorities = Array.from({ length: size }, (_, i) => entity(`Mesh ${i}`));
  const mesh = authorities.flatMap((issuer) =>
    authorities.filter((subject) => subject !== issuer).map((subject) => issueCa(issuer, subject)),
  );
  const certificate = issueLeaf(authorities[0] as (typeof authorities)[0], server);

  it('without a way out is left within the budget', () => {
    const { result, verified, spent } = validate({ certificate, intermediates: mesh });
    expect(result).toMatchObject({ isValid: false, problem: { reason: 'budget_exceeded' } });
    // Without the memory of signatures and the budget there were 8! ways and more.
    expect(verified).toBeLessThanOrEqual(100);
    expect(spent['candidates']).toBeLessThanOrEqual(1000);
    expect(result.report.tried.length).toBeLessThanOrEqual(64);
    expect(result.report.omitted).toBeGreaterThan(0);
  });

  it('with a way out at the first authority is passed through at once', () => {
    const wayOut = issueCa(root, authorities[0] as (typeof authorities)[0]);
    const { result, spent } = validate({ certificate, intermediates: [wayOut, ...mesh] });
    expect(result.isValid).toBe(true);
    expect(spent['candidates']).toBe(2);
  });
});

it('a hundred issuers of the same name and key cost a signature each', () => {
  const again = Array.from({ length: 100 }, () => issueCa(middle, middle));
  const { result, verified } = validate({ certificate: issueLeaf(middle, server), intermediates: again });
  expect(result.isValid).toBe(false);
  expect(verified).toBeLessThanOrEqual(100);
});

it('a hundred issuers of the same name and other keys cost no more signatures than the budget has', () => {
  const others = Array.from({ length: 100 }, () =>
    issueCa(root, { ...middle, key: entity('x').key }, { without: ['subjectKeyIdentifier'] }),
  );
  const { result, verified } = validate({ certificate: issueLeaf(middle, server), intermediates: others, maxSignatures: 20 });
  expect(result).toMatchObject({ isValid: false, problem: { reason: 'budget_exceeded' } });
  expect(verified).toBe(20);
});

describe('issuers of the same name and keys that are dear', () => {
  const rsa = (bits: number) => {
    const modulus = concat(Uint8Array.of(0xc1), new Uint8Array(bits / 8 - 1).fill(0xc1));
    const { publicKey } = middle.key;
    const jwk = { kty: 'RSA', n: Buffer.from(modulus).toString('base64url'), e: 'AQAB' };
    const spki = new Uint8Array(createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' }));
    return { ...middle.key, publicKey: { ...publicKey, spki, type: { kind: 'rsa', bits } as const } };
  };
  const curve = (name: 'secp384r1' | 'secp521r1') => entity('Middle', { kind: 'ec', curve: name }).key;

  // A search takes no more time than a hundred signatures of P-256 do, in a few times their number.
  it.each([
    ['RSA of 4096 bits', () => rsa(4096), 100],
    ['RSA of 8192 bits', () => rsa(8192), 25],
    ['RSA of 16384 bits', () => rsa(16384), 6],
    ['P-384', () => curve('secp384r1'), 25],
    ['P-521', () => curve('secp521r1'), 25],
  ] as const)('%s: fewer are tried, the dearer they are', (_, key, most) => {
    const decoys = Array.from({ length: most + 1 }, () =>
      issueCa(root, { ...middle, key: key() }, { without: ['subjectKeyIdentifier'] }),
    );
    const { result, verified } = validate({ certificate: issueLeaf(middle, server), intermediates: decoys });
    expect(result).toMatchObject({ isValid: false, problem: { reason: 'budget_exceeded' } });
    expect(verified).toBe(most);
  });
});

describe('policies that are mapped in every way', () => {
  const policies = Array.from({ length: 100 }, (_, i) => `1.3.6.1.4.1.99999.${i}`);
  const add = [
    createExtension(
      'certificatePolicies',
      policies.map((policyIdentifier) => ({ policyIdentifier })),
    ),
    createExtension(
      'policyMappings',
      policies.flatMap((issuerDomainPolicy) =>
        policies.slice(0, 30).map((subjectDomainPolicy) => ({ issuerDomainPolicy, subjectDomainPolicy })),
      ),
    ),
  ];
  const steps = Array.from({ length: 5 }, (_, i) => entity(`Mapper ${i}`));
  const chain = steps.map((subject, i) => issueCa(steps[i - 1] ?? root, subject, { add }));
  const certificate = issueLeaf(steps[4] as (typeof steps)[0], server, { add: add.slice(0, 1) });

  it('end the search when there are too many', () => {
    const { result, spent } = validate({ certificate, intermediates: chain });
    expect(result).toMatchObject({ isValid: false, problem: { reason: 'budget_exceeded' } });
    expect(spent['policyNodes']).toBeLessThanOrEqual(10_000);
  });

  it('cost what is written in the certificates, and no more', () => {
    const { result, spent } = validate({ certificate, intermediates: chain, maxPolicyNodes: 100_000 });
    expect(result.isValid).toBe(true);
    expect(spent['policyNodes']).toBeLessThanOrEqual(6 * (100 + 100 + 3000));
  });
});
