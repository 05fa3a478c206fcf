import { assert, integer, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rounds } from '../../../test/tiers.ts';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { utf8String } from '../../core/asn1/strings.ts';
import { fromHex } from '../../core/bytes/bytes.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import { keys } from '../../crypto/node/keys.ts';
import { nodeProvider as provider } from '../../crypto/node/provider.ts';
import type { KeyGenerationRequest, Signer } from '../../crypto/signature.ts';
import { createExtension } from '../x509/create-extension.ts';
import { createGeneralName } from '../x509/create-general-name.ts';
import { createAttribute } from './attributes.ts';
import {
  formatCertificationRequestPem,
  parseCertificationRequest,
  parseCertificationRequestPem,
  verifyCertificationRequest,
  verifyCertificationRequestSync,
} from './certification-request.ts';
import { createCertificationRequest, createCertificationRequestSync } from './create-certification-request.ts';

const key = keys.generateKey({ kind: 'ec', curve: 'secp256r1' });
const subject = { commonName: 'example.com', organization: 'Example' };
const KEYS: readonly KeyGenerationRequest[] = [
  { kind: 'rsa', bits: 2048 },
  { kind: 'ec', curve: 'secp384r1' },
  { kind: 'ec', curve: 'secp521r1' },
  { kind: 'ed25519' },
  { kind: 'ed448' },
];

describe('a certification request', () => {
  it('says what it was made of', () => {
    const der = createCertificationRequestSync({
      subject,
      key,
      dnsNames: ['example.com'],
      ipAddresses: ['::1'],
      extensions: [createExtension('keyUsage', new Set(['digitalSignature']))],
      challengePassword: 'hunter2',
      unstructuredName: 'Ünstructured',
      attributes: [createAttribute('1.2.3.4', utf8String, 'any')],
    });
    const request = parseCertificationRequest(der);
    expect(request.subject.toString()).toBe('CN=example.com,O=Example');
    expect(request.publicKey).toEqual(key.publicKey.spki);
    expect(request.keyType).toEqual({ kind: 'ec', curve: 'secp256r1' });
    expect(request.known.subjectAltName).toEqual([createGeneralName('dns', 'example.com'), createGeneralName('ip', '::1')]);
    expect(request.known.keyUsage).toEqual(new Set(['digitalSignature']));
    expect(request.extensions.map(({ extnID }) => extnID)).toEqual([OID.subjectAltName, OID.keyUsage]);
    expect(request.challengePassword).toBe('hunter2');
    expect(request.unstructuredName).toBe('Ünstructured');
    expect(request.attributes.length).toBe(4);
    expect(request.attributes.find(({ type }) => type === '1.2.3.4')?.values).toEqual([fromHex('0c03616e79')]);
    expect(request.raw).toEqual(der);
  });

  it('may have no attributes, and no subject', () => {
    const request = parseCertificationRequest(createCertificationRequestSync({ key, dnsNames: ['example.com'] }));
    expect(request.subject.isEmpty).toBe(true);
    expect(request.extensions[0]?.critical).toBe(true);
    const bare = parseCertificationRequest(createCertificationRequestSync({ key }));
    expect([bare.attributes, bare.extensions, bare.challengePassword]).toEqual([[], [], undefined]);
  });

  it.each(KEYS)('is signed by, and verified with, a key %o', async (type) => {
    const own = keys.generateKey(type);
    const request = parseCertificationRequest(await createCertificationRequest({ subject, key: own }));
    expect(await verifyCertificationRequest(request, provider)).toBe(request);
  });

  it('is signed as asked, by a signer that lives elsewhere', async () => {
    const rsa = keys.generateKey({ kind: 'rsa', bits: 2048 });
    const elsewhere: Signer = { type: rsa.type, sign: async (algorithm, message) => rsa.sign(algorithm, message) };
    const signatureAlgorithm = { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 } as const;
    await expect(createCertificationRequest({ subject, key: elsewhere })).rejects.toThrow('needs publicKey');
    const options = { subject, key: elsewhere, publicKey: rsa.publicKey.spki, signatureAlgorithm };
    const request = parseCertificationRequest(await createCertificationRequest(options));
    expect(request.signatureAlgorithm).toEqual(signatureAlgorithm);
    expect(await verifyCertificationRequest(request, provider)).toBe(request);
    expect(() => createCertificationRequestSync(options)).toThrow(expect.objectContaining({ code: 'ERR_TLS_ASYNC_REQUIRED' }));
  });

  it('is PEM under both labels', () => {
    const der = createCertificationRequestSync({ subject, key });
    const pem = formatCertificationRequestPem(der);
    expect(pem).toMatch(/^-----BEGIN CERTIFICATE REQUEST-----\n/);
    expect(parseCertificationRequestPem(pem).raw).toEqual(der);
    expect(parseCertificationRequestPem(pem.replaceAll('CERTIFICATE', 'NEW CERTIFICATE')).raw).toEqual(der);
    expect(() => parseCertificationRequestPem('')).toThrow(expect.objectContaining({ code: 'ERR_TLS_NO_CERTIFICATION_REQUEST' }));
  });
});

describe('verifyCertificationRequest', () => {
  const refusal = (reason: string) => expect.objectContaining({ code: 'ERR_TLS_PKCS_INVALID', reason });

  it('refuses a request that somebody else signed, and one that was changed', () => {
    const other = keys.generateKey({ kind: 'ec', curve: 'secp256r1' });
    const stolen = createCertificationRequestSync({ subject, key: other, publicKey: key.publicKey.spki });
    expect(() => verifyCertificationRequestSync(parseCertificationRequest(stolen), provider)).toThrow(
      refusal('signature_invalid'),
    );
    const changed = createCertificationRequestSync({ subject, key });
    changed[changed.indexOf(0x65, 20)] = 0x66;
    expect(() => verifyCertificationRequestSync(parseCertificationRequest(changed), provider)).toThrow(
      refusal('signature_invalid'),
    );
  });

  it('refuses algorithms and keys that nobody here knows', () => {
    const request = parseCertificationRequest(createCertificationRequestSync({ subject, key }));
    expect(() => verifyCertificationRequestSync({ ...request, signatureAlgorithm: undefined }, provider)).toThrow(
      refusal('algorithm_unsupported'),
    );
    const x25519 = fromHex(`302a300506032b656e032100${'09'.repeat(32)}`);
    expect(() => verifyCertificationRequestSync({ ...request, publicKey: x25519 }, provider)).toThrow(
      refusal('algorithm_unsupported'),
    );
  });
});

describe('parseCertificationRequest', () => {
  it('refuses another version, and attributes that are there twice', () => {
    const der = createCertificationRequestSync({ subject, key });
    const version = der.findIndex((_, i) => der[i] === 2 && der[i + 1] === 1 && der[i + 2] === 0);
    der[version + 2] = 1;
    expect(() => parseCertificationRequest(der)).toThrow(
      expect.objectContaining({ path: 'certification_request.certification_request_info.version' }),
    );
    const twice = [
      createAttribute(OID.challengePassword, utf8String, 'a'),
      createAttribute(OID.challengePassword, utf8String, 'b'),
    ];
    expect(() => parseCertificationRequest(createCertificationRequestSync({ subject, key, attributes: twice }))).toThrow(
      'is not there once with one value',
    );
    const values = [{ type: OID.challengePassword, values: [fromHex('0c0161'), fromHex('0c0162')] }];
    expect(() => parseCertificationRequest(createCertificationRequestSync({ subject, key, attributes: values }))).toThrow(
      DecodeError,
    );
  });

  it('throws nothing but DecodeError, and verifies nothing, whatever bytes are changed', () => {
    const whole = createCertificationRequestSync({
      subject,
      key,
      dnsNames: ['example.com'],
      challengePassword: 'x',
      extensions: [createExtension('keyUsage', new Set(['digitalSignature']))],
    });
    const change = tuple(integer({ min: 0, max: whole.length - 1 }), integer({ min: 1, max: 255 }));
    assert(
      property(change, change, ([at, by], [at2, by2]) => {
        const changed = whole.slice();
        changed[at] = (changed[at] as number) ^ by;
        changed[at2] = (changed[at2] as number) ^ by2;
        if (changed.every((byte, i) => byte === whole[i])) return;
        try {
          verifyCertificationRequestSync(parseCertificationRequest(changed), provider);
        } catch (error) {
          expect((error as { code: string }).code).toMatch(/^ERR_TLS_(DECODE|PKCS_INVALID)$/);
          return;
        }
        expect.unreachable('a changed request verified');
      }),
      { numRuns: rounds(1000, 100_000), seed: 2 },
    );
    for (let size = 0; size < whole.length; size++) {
      expect(() => parseCertificationRequest(whole.subarray(0, size))).toThrow(DecodeError);
    }
  });
});
