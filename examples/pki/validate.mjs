// Why a certificate is refused: every path that was tried, and the rule that stopped it.
import { nodeProvider as provider } from 'foxtls/crypto/node';
import { createCertificate, createCertificateAuthority, createGeneralName, explain, validateCertificate } from 'foxtls/x509';

const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2027-01-01') };
const root = await createCertificateAuthority({ provider, subject: { commonName: 'Root' }, ...dates });
const office = await createCertificateAuthority({ provider, issuer: root, subject: { commonName: 'Office' }, ...dates });
const server = await createCertificate({ provider, issuer: office, dnsNames: ['www.example.com'], ...dates });

const question = {
  provider,
  certificate: server.certificate,
  intermediates: [office.certificate],
  trustAnchors: [root.certificate],
  serverName: 'www.example.com',
};
console.log(explain(await validateCertificate({ ...question, at: new Date('2026-06-01') })));
console.log(explain(await validateCertificate({ ...question, at: new Date('2028-01-01') })));

// An anchor that is trusted for a part of the world only.
const anchor = { certificate: root.certificate, permittedNames: [createGeneralName('dns', 'example.org')] };
console.log(explain(await validateCertificate({ ...question, at: new Date('2026-06-01'), trustAnchors: [anchor] })));
