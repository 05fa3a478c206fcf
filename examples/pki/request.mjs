// A certification request, and the authority that answers it: what it takes from the request is its own decision.
import { nodeProvider as provider } from 'foxtls/crypto/node';
import {
  createCertificationRequest,
  formatCertificationRequestPem,
  parseCertificationRequestPem,
  verifyCertificationRequest,
} from 'foxtls/pkcs';
import { createCertificateAuthority, createExtension, issueRequested, parseCertificate } from 'foxtls/x509';

const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2027-01-01') };

// Whoever wants a certificate: the key stays here.
const key = await provider.keys.generateKey({ kind: 'ec', curve: 'secp256r1' });
const csr = formatCertificationRequestPem(
  await createCertificationRequest({
    key,
    subject: { commonName: 'www.example.com' },
    dnsNames: ['www.example.com', 'example.com'],
    extensions: [createExtension('basicConstraints', { cA: true })], // one can always ask
  }),
);

// The authority: the signature shows that whoever asks holds the key. The names are for it to check.
const ca = await createCertificateAuthority({ provider, subject: { commonName: 'My CA' }, ...dates });
const request = await verifyCertificationRequest(parseCertificationRequestPem(csr), provider);
const certificate = parseCertificate(
  await issueRequested({ provider, issuer: ca, request, acceptedExtensions: ['subjectAltName'], ...dates }),
);
console.log(`${certificate.subject} for ${certificate.dnsNames.join(', ')}; an authority: ${certificate.isCa}`);
