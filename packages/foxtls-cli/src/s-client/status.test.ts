import { nodeProvider as provider } from 'foxtls/crypto/node';
import {
  createCertificateAuthoritySync,
  createCertificateSync,
  createOcspErrorResponse,
  createOcspResponseSync,
} from 'foxtls/x509';
import { describe, expect, it } from 'vitest';
import { statusLines } from './status.ts';

const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2027-01-01') };
const issuer = createCertificateAuthoritySync({ provider, subject: { commonName: 'Root' }, ...dates });
const { certificate } = createCertificateSync({ provider, issuer, dnsNames: ['bank32.com'], ...dates });

describe('a stapled OCSP response', () => {
  it('is shown in short', () => {
    const response = createOcspResponseSync({
      provider,
      responder: issuer,
      producedAt: new Date('2026-06-01T10:00:00Z'),
      answers: [
        {
          certificate,
          issuer: issuer.certificate,
          status: 'good',
          thisUpdate: new Date('2026-06-01T09:00:00Z'),
          nextUpdate: new Date('2026-06-08T09:00:00Z'),
        },
      ],
    });
    expect(statusLines(response)).toEqual([
      'OCSP response: ',
      '======================================',
      'OCSP Response Data:',
      '    OCSP Response Status: successful',
      '    Produced At: Jun  1 10:00:00 2026 GMT',
      '    Cert Status: good',
      '    This Update: Jun  1 09:00:00 2026 GMT',
      '    Next Update: Jun  8 09:00:00 2026 GMT',
      '======================================',
    ]);
  });

  it('may be missing, an error, or nothing that can be read', () => {
    expect(statusLines(null)).toEqual(['OCSP response: no response sent']);
    expect(statusLines(createOcspErrorResponse('tryLater'))).toContain('    OCSP Response Status: tryLater');
    expect(statusLines(new Uint8Array([1, 2, 3]))[2]).toMatch(/^ {4}it cannot be read: /);
  });
});
