// The certificates of the benchmarks: a root and a server certificate for localhost, as PEM, both with a P-256 or both with an RSA-2048 key.
import { nodeProvider as provider } from 'foxtls/crypto/node';
import { formatPrivateKeyPem } from 'foxtls/pkcs';
import { createCertificate, createCertificateAuthority, formatCertificatePem } from 'foxtls/x509';

export async function makePki(key = { kind: 'ec', curve: 'secp256r1' }) {
  const dates = { validFrom: new Date(Date.now() - 86_400_000), validTo: new Date(Date.now() + 30 * 86_400_000) };
  const root = await createCertificateAuthority({ provider, subject: { commonName: 'Bench Root' }, key, ...dates });
  const leaf = await createCertificate({ provider, issuer: root, key, dnsNames: ['localhost'], ...dates });
  return {
    ca: formatCertificatePem(root.certificate),
    cert: formatCertificatePem(leaf.certificate),
    key: formatPrivateKeyPem(leaf.key.exportPkcs8()),
  };
}

/** One of each, by the kind of key. */
export async function makePkis() {
  return { ecdsa: await makePki(), rsa: await makePki({ kind: 'rsa', bits: 2048 }) };
}
