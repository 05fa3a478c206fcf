// A certificate authority and a server certificate, without the openssl binary.
import { nodeProvider as provider } from 'foxtls/crypto/node';
import { formatPrivateKeyPem } from 'foxtls/pkcs';
import { createCertificate, createCertificateAuthority, formatCertificatePem, parseCertificate } from 'foxtls/x509';

const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2027-01-01') };
const ca = await createCertificateAuthority({ provider, subject: { commonName: 'My CA' }, ...dates });
const server = await createCertificate({ provider, issuer: ca, dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], ...dates });

console.log(formatCertificatePem(ca.certificate)); // what clients trust
console.log(formatCertificatePem(server.certificate)); // what the server shows
console.log(formatPrivateKeyPem(server.key.exportPkcs8()).split('\n')[0]); // what the server keeps to itself
console.log(`issued by ${parseCertificate(server.certificate).issuer}`);
