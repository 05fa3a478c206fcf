/**
 * Certificates and requests of random names and extensions: what was put in comes out, and writing it again gives the same bytes.
 */

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { rounds } from '../../../test/tiers.ts';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { keys } from '../../crypto/node/keys.ts';
import { nodeProvider as provider } from '../../crypto/node/provider.ts';
import { parseCertificationRequest, verifyCertificationRequestSync } from '../pkcs/certification-request.ts';
import { createCertificationRequestSync } from '../pkcs/create-certification-request.ts';
import { parseCertificate } from './certificate.ts';
import { type CreatableExtensions, createExtension } from './create-extension.ts';
import { createGeneralName } from './create-general-name.ts';
import type { Extension, KeyUsageName } from './extensions.ts';
import { issueCertificateSync } from './issue-certificate.ts';
import { createName } from './name.ts';

const key = keys.generateKey({ kind: 'ec', curve: 'secp256r1' });

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);
const dnsName = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
const oid = fc
  .tuple(
    fc.integer({ min: 0, max: 2 }),
    fc.integer({ min: 0, max: 39 }),
    fc.array(fc.bigInt({ min: 0n, max: 1n << 70n }), { maxLength: 6 }),
  )
  .map((arcs) => arcs.flat().join('.'));
const count = fc.integer({ min: 0, max: 1 << 20 });
const octets = fc.uint8Array({ minLength: 1, maxLength: 40 });
const text = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' });

const directory = fc
  .record({ commonName: text, organization: text, locality: text }, { requiredKeys: ['commonName'] })
  .map((fields) => createGeneralName('directory', fields));
const generalName = fc.oneof(
  dnsName.map((name) => createGeneralName('dns', name)),
  fc.ipV4().map((address) => createGeneralName('ip', address)),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((value) => ({ kind: 'iPAddress', value }) as const),
  dnsName.map((name) => createGeneralName('email', `somebody@${name}`)),
  dnsName.map((name) => createGeneralName('uri', `https://${name}/`)),
  dnsName.map((name) => createGeneralName('srv', `_a.${name}`)),
  oid.map((value) => createGeneralName('registeredId', value)),
  directory,
);
const generalNames = fc.array(generalName, { minLength: 1, maxLength: 6 });
const usages: readonly KeyUsageName[] = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];
const accesses = fc.array(fc.record({ accessMethod: oid, accessLocation: generalName }), { minLength: 1, maxLength: 3 });
const points = fc.array(
  fc.record({
    distributionPoint: generalNames.map((value) => ({ kind: 'fullName', value }) as const),
    cRLIssuer: fc.option(
      directory.map((name) => [name]),
      { nil: undefined },
    ),
  }),
  { minLength: 1, maxLength: 3 },
);

/** What each extension may hold. */
const CONTENTS: { readonly [K in keyof CreatableExtensions]?: fc.Arbitrary<CreatableExtensions[K]> } = {
  basicConstraints: fc.record({ cA: fc.boolean(), pathLenConstraint: fc.option(count, { nil: undefined }) }),
  keyUsage: fc.subarray([...usages], { minLength: 1 }).map((names) => new Set(names)),
  extKeyUsage: fc.array(oid, { minLength: 1, maxLength: 5 }),
  subjectAltName: generalNames,
  issuerAltName: generalNames,
  subjectKeyIdentifier: octets,
  authorityKeyIdentifier: fc.record({ keyIdentifier: octets }),
  certificatePolicies: fc
    .uniqueArray(oid, { minLength: 1, maxLength: 5 })
    .map((oids) => oids.map((policyIdentifier) => ({ policyIdentifier }))),
  policyMappings: fc.array(fc.record({ issuerDomainPolicy: oid, subjectDomainPolicy: oid }), { minLength: 1, maxLength: 3 }),
  policyConstraints: fc.record({ requireExplicitPolicy: count, inhibitPolicyMapping: fc.option(count, { nil: undefined }) }),
  inhibitAnyPolicy: count,
  authorityInfoAccess: accesses,
  subjectInfoAccess: accesses,
  cRLDistributionPoints: points,
  freshestCRL: points,
  tlsFeature: fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 3 }),
};
type ContentName = keyof typeof CONTENTS & keyof CreatableExtensions;
const contentNames = Object.keys(CONTENTS) as ContentName[];

const wanted = fc
  .subarray(contentNames, { minLength: 1 })
  .chain((names) =>
    fc.record(Object.fromEntries(names.map((name) => [name, CONTENTS[name] as fc.Arbitrary<unknown>]))),
  ) as fc.Arbitrary<Partial<CreatableExtensions>>;

function extensionsOf(contents: Partial<CreatableExtensions>): readonly Extension[] {
  return (Object.entries(contents) as [ContentName, never][]).map(([name, value]) => createExtension(name, value));
}

/** Absent optional fields and undefined ones are the same. */
function expectKnown(known: object, contents: Partial<CreatableExtensions>): void {
  for (const [name, value] of Object.entries(contents)) {
    if (name in known) expect(plain((known as Record<string, unknown>)[name])).toEqual(plain(value));
  }
}

function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) => {
      if (inner instanceof Set)
        return [...inner].sort((a, b) => usages.indexOf(a as KeyUsageName) - usages.indexOf(b as KeyUsageName));
      return inner instanceof Uint8Array ? [...inner] : inner;
    }),
  );
}

const dates = fc
  .tuple(fc.date({ min: new Date('1900-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }), fc.nat({ max: 1e9 }))
  .map(([from, seconds]) => {
    const validFrom = new Date(Math.floor(from.getTime() / 1000) * 1000);
    return { validFrom, validTo: new Date(validFrom.getTime() + seconds * 1000) };
  });
const serialNumber = octets.filter(([first = 0]) => first > 0 && first < 0x80).map((bytes) => bytes.slice(0, 20));

it('certificates of random names, dates and extensions are read as they were made, and written again the same', () => {
  fc.assert(
    fc.property(wanted, text, dates, serialNumber, (contents, commonName, validity, serial) => {
      const publicKey = key.publicKey.spki;
      const given = extensionsOf(contents);
      const subject = { commonName };
      const der = issueCertificateSync({
        provider,
        issuer: key,
        subject,
        publicKey,
        extensions: given,
        serialNumber: serial,
        ...validity,
      });
      const certificate = parseCertificate(der);
      expect(certificate.subject.equals(createName(subject))).toBe(true);
      expect(certificate.subject.last(OID.commonName)).toBe(commonName);
      expect([certificate.validFrom, certificate.validTo]).toEqual([validity.validFrom, validity.validTo]);
      expect(certificate.extensions.slice(0, given.length)).toEqual(given);
      expectKnown(certificate.known, contents);
      const again = issueCertificateSync({
        provider,
        issuer: key,
        subject,
        publicKey,
        extensions: certificate.extensions,
        serialNumber: serial,
        ...validity,
      });
      expect(parseCertificate(again).tbsCertificate).toEqual(certificate.tbsCertificate);
    }),
    { numRuns: rounds(200, 20_000), seed: 5 },
  );
});

it('requests of random extensions are read as they were made', () => {
  fc.assert(
    fc.property(wanted, text, text, (contents, commonName, challengePassword) => {
      const extensions = extensionsOf(contents);
      const der = createCertificationRequestSync({ subject: { commonName }, key, extensions, challengePassword });
      const request = verifyCertificationRequestSync(parseCertificationRequest(der), provider);
      expect(request.extensions).toEqual(extensions);
      expect(request.challengePassword).toBe(challengePassword);
      expectKnown(request.known, contents);
    }),
    { numRuns: rounds(100, 10_000), seed: 6 },
  );
});
