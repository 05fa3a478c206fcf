import { rootCertificates } from 'node:tls';
import fc from 'fast-check';
import { parsePem } from 'foxtls/asn1';
import { nodeProvider } from 'foxtls/crypto/node';
import { createCertificationRequestSync } from 'foxtls/pkcs';
import { createCertificateAuthoritySync, createCertificateRevocationListSync, parseCertificate } from 'foxtls/x509';
import { describe, expect, it } from 'vitest';
import { rounds } from '../../../../foxtls/test/tiers.ts';
import { formatCertificateText } from './certificate-text.ts';
import { formatCrlText } from './crl-text.ts';
import { formatRequestText } from './request-text.ts';

const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2036-01-01') };
const ca = createCertificateAuthoritySync({ provider: nodeProvider, subject: { commonName: 'CA' }, ...dates });
const crl = createCertificateRevocationListSync({
  issuer: ca,
  number: 1,
  thisUpdate: dates.validFrom,
  nextUpdate: dates.validTo,
  revoked: [{ serialNumber: '4D2F', revocationDate: dates.validFrom, reason: 'keyCompromise' }],
});
const request = createCertificationRequestSync({
  subject: { commonName: 'a' },
  dnsNames: ['a.example'],
  key: ca.key,
  challengePassword: 'x',
});
const roots = rootCertificates.slice(0, 20).map((pem) => parsePem(pem)[0]?.data as Uint8Array);

const SAMPLES: readonly (readonly [name: string, samples: readonly Uint8Array[], format: (der: Uint8Array) => string])[] = [
  ['certificate', [ca.certificate, ...roots], (der) => formatCertificateText(parseCertificate(der))],
  ['request', [request], formatRequestText],
  ['CRL', [crl], formatCrlText],
];

describe('the text of a changed', () => {
  it.each(SAMPLES)('%s is a text for one screen, or there is a DecodeError', (_name, samples, format) => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...samples), changes, (sample, edits) => {
        const der = Uint8Array.from(sample);
        for (const [at, value] of edits) der[at % der.length] = value;
        try {
          // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
          expect(format(der)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
        } catch (error) {
          if (!(error instanceof Error) || error.name !== 'DecodeError') throw error;
        }
      }),
      { numRuns: rounds(500, 20_000), seed: 4 },
    );
  });
});
