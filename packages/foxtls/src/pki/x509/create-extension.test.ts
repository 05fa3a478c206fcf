import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { fromHex, toHex } from '../../core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../crypto/node/provider.ts';
import { parseCertificate } from './certificate.ts';
import { createSelfSignedSync } from './create-certificate.ts';
import {
  createCpsQualifier,
  createDistributionPoint,
  createExtension,
  createUserNoticeQualifier,
  MUST_STAPLE,
} from './create-extension.ts';
import { createGeneralName } from './create-general-name.ts';
import { type Extension, readExtensions } from './extensions.ts';
import { readOtherName } from './general-name.ts';
import { createName } from './name.ts';

const read = (extension: Extension) => readExtensions([extension], 'extensions');
const POLICY = '1.3.6.1.4.1.99999.1';

describe('createExtension', () => {
  it('makes what is read back', () => {
    expect(read(createExtension('basicConstraints', { cA: true, pathLenConstraint: 3 })).basicConstraints).toEqual({
      cA: true,
      pathLenConstraint: 3,
    });
    expect(read(createExtension('keyUsage', new Set(['decipherOnly', 'keyAgreement']))).keyUsage).toEqual(
      new Set(['keyAgreement', 'decipherOnly']),
    );
    expect(read(createExtension('extKeyUsage', [OID.codeSigning])).extKeyUsage).toEqual([OID.codeSigning]);
    expect(read(createExtension('subjectKeyIdentifier', fromHex('aabb'))).subjectKeyIdentifier).toEqual(fromHex('aabb'));
    expect(
      read(createExtension('policyConstraints', { requireExplicitPolicy: 0, inhibitPolicyMapping: 300 })).policyConstraints,
    ).toEqual({
      requireExplicitPolicy: 0,
      inhibitPolicyMapping: 300,
    });
    expect(read(createExtension('inhibitAnyPolicy', 2)).inhibitAnyPolicy).toBe(2);
    const mappings = [{ issuerDomainPolicy: POLICY, subjectDomainPolicy: `${POLICY}.1` }];
    expect(read(createExtension('policyMappings', mappings)).policyMappings).toEqual(mappings);
    const permittedSubtrees = [createGeneralName('dns', 'example.com'), createGeneralName('subnet', '192.0.2.0/24')];
    expect(read(createExtension('nameConstraints', { permittedSubtrees })).nameConstraints).toEqual({ permittedSubtrees });
  });

  it('is critical where RFC 5280 wants it so, unless told otherwise', () => {
    const names = [createGeneralName('dns', 'example.com')];
    const criticality = [
      createExtension('basicConstraints', { cA: false }),
      createExtension('keyUsage', new Set()),
      createExtension('nameConstraints', { excludedSubtrees: names }),
      createExtension('policyConstraints', {}),
      createExtension('inhibitAnyPolicy', 0),
      createExtension('subjectAltName', names),
      createExtension('tlsFeature', MUST_STAPLE),
      createExtension('id-pkix-ocsp-nocheck', null),
    ].map(({ critical }) => critical);
    expect(criticality).toEqual([true, true, true, true, true, false, false, false]);
    expect(createExtension('subjectAltName', names, { critical: true }).critical).toBe(true);
    expect(createExtension('keyUsage', new Set(), { critical: false }).critical).toBe(false);
  });

  it('writes the bytes that RFC 7633 and RFC 6960 have', () => {
    expect(toHex(createExtension('tlsFeature', MUST_STAPLE).extnValue)).toBe('3003020105');
    expect(toHex(createExtension('id-pkix-ocsp-nocheck', null).extnValue)).toBe('0500');
  });

  it('refuses user notices that are empty or too long', () => {
    expect(() => createUserNoticeQualifier({ explicitText: '' })).toThrow('1 to 200 characters');
    expect(() => createUserNoticeQualifier({ explicitText: 'ä'.repeat(201) })).toThrow('1 to 200 characters');
    expect(createUserNoticeQualifier({ explicitText: 'ä'.repeat(200) }).policyQualifierId).toBe(OID['id-qt-unotice']);
  });

  it('is shown by Node as it was meant', () => {
    const qualifiers = [createCpsQualifier('https://example.com/cps'), createUserNoticeQualifier({ explicitText: 'Notice' })];
    const extensions = [
      createExtension('authorityInfoAccess', [
        { accessMethod: OID['id-ad-ocsp'], accessLocation: createGeneralName('uri', 'http://ocsp.example.com') },
        { accessMethod: OID['id-ad-caIssuers'], accessLocation: createGeneralName('uri', 'http://example.com/ca.cer') },
      ]),
      createExtension('cRLDistributionPoints', [createDistributionPoint('http://example.com/ca.crl')]),
      createExtension('certificatePolicies', [{ policyIdentifier: POLICY, policyQualifiers: qualifiers }]),
    ];
    const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2027-01-01') };
    const alternativeNames = [
      createGeneralName('email', 'a@example.com'),
      createGeneralName('uri', 'spiffe://example.com/a'),
      createGeneralName('registeredId', POLICY),
      createGeneralName('directory', { commonName: 'Directory' }),
    ];
    const { certificate } = createSelfSignedSync({
      provider,
      subject: { commonName: 'a' },
      alternativeNames,
      extensions,
      ...dates,
    });
    const nodes = new X509Certificate(certificate);
    expect(nodes.subjectAltName).toBe(
      `email:a@example.com, URI:spiffe://example.com/a, Registered ID:${POLICY}, DirName:CN=Directory`,
    );
    expect(nodes.infoAccess).toBe('OCSP - URI:http://ocsp.example.com\nCA Issuers - URI:http://example.com/ca.cer');
    expect(nodes.checkEmail('a@example.com')).toBe('a@example.com');
    expect(parseCertificate(certificate).known.certificatePolicies?.[0]?.policyQualifiers?.length).toBe(2);
  });
});

describe('createGeneralName', () => {
  it.each([
    ['dns', '*.example.com', { kind: 'dNSName', value: '*.example.com' }],
    ['ip', '2001:db8::1', { kind: 'iPAddress', value: fromHex('20010db8000000000000000000000001') }],
    ['subnet', '192.0.2.129/25', { kind: 'iPAddress', value: fromHex('c0000280ffffff80') }],
    ['subnet', '0.0.0.0/0', { kind: 'iPAddress', value: fromHex('0000000000000000') }],
    ['subnet', '2001:db8::/32', { kind: 'iPAddress', value: fromHex(`20010db8${'00'.repeat(12)}ffffffff${'00'.repeat(12)}`) }],
    ['email', 'a.b+c@example.com', { kind: 'rfc822Name', value: 'a.b+c@example.com' }],
    ['uri', 'urn:example:a', { kind: 'uniformResourceIdentifier', value: 'urn:example:a' }],
    ['registeredId', '1.2.3', { kind: 'registeredID', value: '1.2.3' }],
  ] as const)('makes a name of the kind %s out of %s', (kind, text, name) => {
    expect(createGeneralName(kind, text)).toEqual(name);
  });

  it('makes a service name, a mailbox beyond ASCII and any other name', () => {
    const text = (name: { readonly value: unknown }) => readOtherName(name.value as Uint8Array);
    expect(text(createGeneralName('srv', '_imaps.example.com'))).toEqual({
      type: OID['id-on-dnsSRV'],
      text: '_imaps.example.com',
    });
    expect(text(createGeneralName('email', 'köln@bücher.example'))).toEqual({
      type: OID['id-on-SmtpUTF8Mailbox'],
      text: 'köln@bücher.example',
    });
    expect(text(createGeneralName('other', { type: '1.3.6.1.4.1.311.20.2.3', value: fromHex('0c0161') }))).toEqual({
      type: '1.3.6.1.4.1.311.20.2.3',
      text: 'a',
    });
    const name = createName({ commonName: 'a' });
    expect(createGeneralName('directory', name).value).toBe(name);
  });

  it.each([
    ['dns', '192.0.2.1'],
    ['dns', 'bücher.example'],
    ['dns', 'example.com.'],
    ['ip', '192.0.2'],
    ['subnet', '192.0.2.0'],
    ['subnet', '192.0.2.0/33'],
    ['subnet', '192.0.2.0/24/1'],
    ['subnet', '192.0.2.0/x'],
    ['email', 'example.com'],
    ['email', '@example.com'],
    ['email', 'a b@example.com'],
    ['email', 'a@bücher.example'],
    ['email', 'ä@xn--bcher-kva.example'],
    ['email', 'a@b@example.com'],
    ['uri', 'example.com/path'],
    ['uri', 'http://example.com/ä'],
    ['srv', 'imaps.example.com'],
    ['srv', '_imaps'],
    ['registeredId', 'one.two'],
  ] as const)('refuses as %s: %s', (kind, text) => {
    const make = () => createExtension('issuerAltName', [createGeneralName(kind, text)]);
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_TLS_INVALID_ARGUMENT' }));
  });
});
