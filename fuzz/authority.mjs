// A certification authority and a server's certificate, for the corpora.
import { nodeProvider as provider } from 'foxtls/crypto/node';
import { createCertificateAuthoritySync, createCertificateSync } from 'foxtls/x509';

export const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2027-01-01') };
export const now = new Date('2026-06-01T12:00:00Z');
export const authority = createCertificateAuthoritySync({ provider, subject: { commonName: 'CA' }, ...dates });
const names = { dnsNames: ['www.example.com', '*.example.org'], ipAddresses: ['192.0.2.1', '2001:db8::1'] };
export const leaf = createCertificateSync({ provider, issuer: authority, ...names, ...dates });
