import { nodeProvider as provider } from 'foxtls/crypto/node';
import { createSelfSignedSync, parseCertificate } from 'foxtls/x509';
import { describe, expect, it } from 'vitest';
import { extendValidity, flipSignatureBit, replaceKey, replaceText } from './changes.ts';

const validity = { validFrom: new Date('2026-01-01'), validTo: new Date('2026-12-31T10:20:30Z') };
const { certificate } = createSelfSignedSync({
  provider,
  subject: { commonName: 'bank32.com' },
  dnsNames: ['bank32.com'],
  ...validity,
});
const original = parseCertificate(certificate);

describe('a change', () => {
  it('of a name is made wherever it stands', () => {
    const { certificate: changed, offset } = replaceText(certificate, 'bank32.com', 'evil32.com');
    const { subject, known } = parseCertificate(changed);
    expect([subject.toString(), JSON.stringify(known.subjectAltName)]).toEqual([
      'CN=evil32.com',
      expect.stringContaining('evil32.com'),
    ]);
    expect(offset).toBeGreaterThan(0);
  });

  it('of the dates moves the end', () => {
    const { certificate: changed, before, after } = extendValidity(certificate, 10);
    expect(parseCertificate(changed).validTo.toISOString()).toBe('2036-12-31T10:20:30.000Z');
    expect([before, after]).toEqual(['261231102030Z', '361231102030Z']);
  });

  it('of the key puts another in its place', () => {
    const other = createSelfSignedSync({ provider, subject: { commonName: 'other' }, ...validity });
    const { publicKey } = parseCertificate(other.certificate);
    const { certificate: changed, before, after } = replaceKey(certificate, publicKey);
    expect(parseCertificate(changed).publicKey).toEqual(publicKey);
    expect(parseCertificate(changed).subject.equals(original.subject)).toBe(true);
    expect(before).not.toBe(after);
    expect(() => replaceKey(certificate, publicKey.subarray(1))).toThrow(RangeError);
  });

  it('of a bit of the signature is that', () => {
    const { certificate: changed, offset } = flipSignatureBit(certificate);
    expect([...changed].flatMap((octet, i) => (octet === certificate[i] ? [] : [i]))).toEqual([offset]);
  });
});
