/** A certificate for localhost, its key, and the authority to trust, as PEM; filled before the tests. */

import { nodeProvider } from 'foxtls/crypto/node';
import { formatPrivateKeyPem } from 'foxtls/pkcs';
import { createCertificate, createCertificateAuthority, formatCertificatePem } from 'foxtls/x509';
import { beforeAll } from 'vitest';

/** To be called once, where the tests of a file are described. */
export function serverPem(): { cert: string; key: string; ca: string } {
  const pem = { cert: '', key: '', ca: '' };
  beforeAll(async () => {
    const dates = { validFrom: new Date(Date.now() - 1000), validTo: new Date(Date.now() + 3_600_000) };
    const ca = await createCertificateAuthority({ provider: nodeProvider, subject: { commonName: 'CA' }, ...dates });
    const server = await createCertificate({
      provider: nodeProvider,
      issuer: ca,
      subject: { commonName: 'localhost' },
      dnsNames: ['localhost'],
      ...dates,
    });
    pem.ca = formatCertificatePem(ca.certificate);
    pem.cert = formatCertificatePem(server.certificate);
    pem.key = formatPrivateKeyPem(server.key.exportPkcs8());
  });
  return pem;
}
