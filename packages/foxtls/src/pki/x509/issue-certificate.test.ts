import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { fromHex } from '../../core/bytes/bytes.ts';
import { keys } from '../../crypto/node/keys.ts';
import { nodeProvider as provider } from '../../crypto/node/provider.ts';
import type { KeyGenerationRequest, SignatureAlgorithm, Signer } from '../../crypto/signature.ts';
import { parseCertificationRequest, verifyCertificationRequestSync } from '../pkcs/certification-request.ts';
import { createCertificationRequestSync } from '../pkcs/create-certification-request.ts';
import { parseCertificate } from './certificate.ts';
import { unknownExtension } from './certificates.fixture.ts';
import { createCertificateAuthoritySync, createCertificateSync } from './create-certificate.ts';
import { createExtension } from './create-extension.ts';
import { createGeneralName } from './create-general-name.ts';
import { issueCertificate, issueCertificateSync, issueRequestedSync, writeCertificate } from './issue-certificate.ts';
import { createName } from './name.ts';

const dates = { validFrom: new Date('2026-01-01T00:00:00Z'), validTo: new Date('2027-01-01T00:00:00Z') };
const ca = createCertificateAuthoritySync({ provider, subject: { commonName: 'CA' }, ...dates });
const key = keys.generateKey({ kind: 'ec', curve: 'secp256r1' });
const base = { provider, issuer: ca, subject: { commonName: 'a' }, publicKey: key.publicKey.spki, ...dates };

describe('issueCertificate', () => {
  it('writes the extensions that are given, in their order, and the key identifiers', () => {
    const given = [unknownExtension(true), createExtension('basicConstraints', { cA: false })];
    const certificate = parseCertificate(issueCertificateSync({ ...base, extensions: given }));
    expect(certificate.extensions.map(({ extnID }) => extnID)).toEqual([
      '1.3.6.1.4.1.99999.1',
      OID.basicConstraints,
      OID.subjectKeyIdentifier,
      OID.authorityKeyIdentifier,
    ]);
    expect(new X509Certificate(certificate.raw).verify(new X509Certificate(ca.certificate).publicKey)).toBe(true);
  });

  it('does not write a key identifier twice', () => {
    const extensions = [createExtension('subjectKeyIdentifier', fromHex('0102'))];
    const certificate = parseCertificate(issueCertificateSync({ ...base, extensions }));
    expect(certificate.known.subjectKeyIdentifier).toEqual(fromHex('0102'));
    expect(certificate.extensions.length).toBe(2);
  });

  it('takes an asynchronous signer, for the authority and for a certificate that signs itself', async () => {
    const elsewhere: Signer = { type: ca.key.type, sign: async (algorithm, message) => ca.key.sign(algorithm, message) };
    const issuer = { certificate: ca.certificate, key: elsewhere };
    const leaf = await issueCertificate({ ...base, issuer, extensions: [] });
    expect(new X509Certificate(leaf).verify(new X509Certificate(ca.certificate).publicKey)).toBe(true);
    const own: Signer = { type: key.type, sign: async (algorithm, message) => key.sign(algorithm, message) };
    const root = new X509Certificate(await issueCertificate({ ...base, issuer: own, extensions: [] }));
    expect(root.verify(root.publicKey)).toBe(true);
    expect(root.issuer).toBe('CN=a');
    expect(() => issueCertificateSync({ ...base, issuer, extensions: [] })).toThrow(
      expect.objectContaining({ code: 'ERR_TLS_ASYNC_REQUIRED' }),
    );
  });

  const algorithms: readonly (readonly [KeyGenerationRequest, SignatureAlgorithm])[] = [
    [
      { kind: 'rsa', bits: 2048 },
      { kind: 'rsa-pkcs1', hash: 'sha1' },
    ],
    [
      { kind: 'rsa', bits: 2048 },
      { kind: 'rsa-pkcs1', hash: 'sha512' },
    ],
    [
      { kind: 'rsa', bits: 2048 },
      { kind: 'rsa-pss', hash: 'sha384', mgfHash: 'sha384', saltLength: 48 },
    ],
    [
      { kind: 'ec', curve: 'secp256r1' },
      { kind: 'ecdsa', hash: 'sha512' },
    ],
    [
      { kind: 'ec', curve: 'secp521r1' },
      { kind: 'ecdsa', hash: 'sha256' },
    ],
    [{ kind: 'ed25519' }, { kind: 'ed25519' }],
    [{ kind: 'ed448' }, { kind: 'ed448' }],
  ];
  it.each(algorithms)('signs with a key %o by %o', (request, signatureAlgorithm) => {
    const signer = keys.generateKey(request);
    const publicKey = signer.publicKey.spki;
    const certificate = issueCertificateSync({ ...base, issuer: signer, publicKey, signatureAlgorithm, extensions: [] });
    expect(parseCertificate(certificate).signatureAlgorithm).toEqual(signatureAlgorithm);
    const nodes = new X509Certificate(certificate);
    expect(nodes.verify(nodes.publicKey)).toBe(true);
  });
});

describe('writeCertificate', () => {
  const fields = {
    issuer: createName({ commonName: 'CA' }),
    subject: createName({ commonName: 'a' }),
    publicKey: key.publicKey.spki,
    extensions: [],
    serialNumber: fromHex('00'),
    ...dates,
  };

  it('writes what nobody should issue', async () => {
    const backwards = { ...fields, validFrom: dates.validTo, validTo: dates.validFrom, version: 1 as const };
    const certificate = parseCertificate(await writeCertificate(backwards, ca.key));
    expect(certificate.validFrom > certificate.validTo).toBe(true);
    expect([certificate.serialNumber, certificate.version]).toEqual(['00', 1]);
    const negative = parseCertificate(await writeCertificate({ ...fields, serialNumber: fromHex('ff') }, ca.key));
    expect(negative.serialNumber).toBe('-01');
    const old = parseCertificate(await writeCertificate({ ...fields, validFrom: new Date('0001-01-01') }, ca.key));
    expect(old.validFrom.getUTCFullYear()).toBe(1);
  });
});

describe('the create… functions', () => {
  it('let extensions replace those that they make', () => {
    const extensions = [
      createExtension('keyUsage', new Set(['nonRepudiation'])),
      createExtension('subjectAltName', [createGeneralName('uri', 'urn:a')]),
    ];
    const { certificate } = createCertificateSync({ provider, issuer: ca, dnsNames: ['example.com'], extensions, ...dates });
    const { known, dnsNames } = parseCertificate(certificate);
    expect(known.keyUsage).toEqual(new Set(['nonRepudiation']));
    expect(known.extKeyUsage).toEqual([OID.serverAuth]);
    expect(dnsNames).toEqual([]);
  });

  it('leave the subject empty where only names of other kinds are given, and make those critical', () => {
    const alternativeNames = [createGeneralName('email', 'a@example.com')];
    const purposes = ['emailProtection'] as const;
    const { certificate } = createCertificateSync({ provider, issuer: ca, alternativeNames, purposes, ...dates });
    const { subject, extensions, known } = parseCertificate(certificate);
    expect(subject.isEmpty).toBe(true);
    expect(extensions.find(({ extnID }) => extnID === OID.subjectAltName)?.critical).toBe(true);
    expect(known.extKeyUsage).toEqual([OID.emailProtection]);
  });
});

describe('issueRequested', () => {
  const csr = createCertificationRequestSync({
    subject: { commonName: 'asked.example', organization: 'Asked' },
    key,
    dnsNames: ['asked.example'],
    extensions: [
      createExtension('basicConstraints', { cA: true }),
      createExtension('keyUsage', new Set(['keyCertSign'])),
      createExtension('tlsFeature', [5]),
    ],
  });
  const request = verifyCertificationRequestSync(parseCertificationRequest(csr), provider);
  const issueWith = (options: Partial<Parameters<typeof issueRequestedSync>[0]>) =>
    parseCertificate(issueRequestedSync({ provider, issuer: ca, request, acceptedExtensions: [], ...dates, ...options }));

  it('takes nothing but the key and the subject of what is not accepted', () => {
    const certificate = issueWith({});
    expect(certificate.publicKey).toEqual(key.publicKey.spki);
    expect(certificate.subject.toString()).toBe('CN=asked.example,O=Asked');
    expect(certificate.isCa).toBe(false);
    expect(certificate.dnsNames).toEqual([]);
    expect(certificate.known.keyUsage).toEqual(new Set(['digitalSignature']));
  });

  it('takes the extensions that are accepted by name or by OBJECT IDENTIFIER', () => {
    const certificate = issueWith({ acceptedExtensions: ['subjectAltName', OID.tlsFeature] });
    expect(certificate.dnsNames).toEqual(['asked.example']);
    expect(certificate.isCa).toBe(false);
    expect(certificate.extensions.map(({ extnID }) => extnID)).toContain(OID.tlsFeature);
  });

  it('takes what a function makes of them', () => {
    const certificate = issueWith({
      acceptedExtensions: (extension) =>
        extension.extnID === OID.basicConstraints
          ? createExtension('basicConstraints', { cA: true, pathLenConstraint: 0 })
          : undefined,
    });
    expect(certificate.known.basicConstraints).toEqual({ cA: true, pathLenConstraint: 0 });
    expect(certificate.dnsNames).toEqual([]);
  });

  it('lets the authority have the last word on the subject and the extensions', () => {
    const certificate = issueWith({
      acceptedExtensions: ['subjectAltName'],
      subject: { commonName: 'Decided' },
      purposes: ['clientAuth'],
      extensions: [createExtension('subjectAltName', [createGeneralName('dns', 'decided.example')])],
    });
    expect(certificate.subject.toString()).toBe('CN=Decided');
    expect(certificate.dnsNames).toEqual(['decided.example']);
    expect(certificate.known.extKeyUsage).toEqual([OID.clientAuth]);
  });
});
