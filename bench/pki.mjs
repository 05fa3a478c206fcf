// The certificates of the benchmarks: an ECDSA P-256 root and a server certificate for localhost, as PEM.
import { nodeProvider as provider } from 'foxtls/crypto/node';
import { formatPrivateKeyPem } from 'foxtls/pkcs';
import { createCertificate, createCertificateAuthority, formatCertificatePem } from 'foxtls/x509';

export async function makePki() {
  const dates = { validFrom: new Date(Date.now() - 86_400_000), validTo: new Date(Date.now() + 30 * 86_400_000) };
  const root = await createCertificateAuthority({ provider, subject: { commonName: 'Bench Root' }, ...dates });
  const leaf = await createCertificate({ provider, issuer: root, dnsNames: ['localhost'], ...dates });
  return {
    ca: formatCertificatePem(root.certificate),
    cert: formatCertificatePem(leaf.certificate),
    key: formatPrivateKeyPem(leaf.key.exportPkcs8()),
  };
}
