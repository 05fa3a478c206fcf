/**
 * The certificates of the demo: a CA and a server certificate for this machine's own names, made at first use and kept in a folder.
 *
 * ```
 * .foxtls/ca.pem  ca-key.pem  server.pem  server-key.pem      (keys readable by their owner only)
 * ```
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePem } from 'foxtls/asn1';
import { nodeProvider } from 'foxtls/crypto/node';
import { formatPrivateKeyPem } from 'foxtls/pkcs';
import { createCertificate, createCertificateAuthority, formatCertificatePem, parseCertificate } from 'foxtls/x509';

export interface DemoPki {
  /** PEM texts. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  readonly caPath: string;
  readonly isNew: boolean;
}

const DAY = 24 * 60 * 60 * 1000;
const CA_DAYS = 3650;
/** Browsers accept no more from a server certificate. */
const SERVER_DAYS = 397;
const RENEW_BEFORE = 30 * DAY;

/** Reads the folder; makes its content when it is missing or expires soon. */
export async function loadDemoPki(folder: string, now: Date): Promise<DemoPki> {
  const path = (name: string) => join(folder, name);
  const caPath = path('ca.pem');
  const isNew = !isUsable([caPath, path('server.pem'), path('server-key.pem')], now);
  if (isNew) await makeDemoPki(folder, now);
  const read = (name: string) => readFileSync(path(name), 'utf8');
  return { ca: read('ca.pem'), certificate: read('server.pem'), key: read('server-key.pem'), caPath, isNew };
}

function isUsable(files: readonly string[], now: Date): boolean {
  if (!files.every((file) => existsSync(file))) return false;
  const certificates = files.slice(0, 2).map((file) => readFileSync(file, 'utf8'));
  return certificates.every((pem) => {
    const [block] = parsePem(pem);
    return block !== undefined && parseCertificate(block.data).validTo.getTime() - now.getTime() > RENEW_BEFORE;
  });
}

async function makeDemoPki(folder: string, now: Date): Promise<void> {
  const validFrom = new Date(now.getTime() - DAY);
  const until = (days: number) => new Date(now.getTime() + days * DAY);
  const subject = { organizationName: 'foxtls', commonName: 'foxtls demo CA' };
  const ca = await createCertificateAuthority({ provider: nodeProvider, subject, validFrom, validTo: until(CA_DAYS) });
  const server = await createCertificate({
    provider: nodeProvider,
    issuer: ca,
    subject: { commonName: 'localhost' },
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1', '::1'],
    validFrom,
    validTo: until(SERVER_DAYS),
  });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const secret = { mode: 0o600 };
  writeFileSync(join(folder, 'ca.pem'), formatCertificatePem(ca.certificate));
  writeFileSync(join(folder, 'ca-key.pem'), formatPrivateKeyPem(ca.key.exportPkcs8()), secret);
  writeFileSync(join(folder, 'server.pem'), formatCertificatePem(server.certificate));
  writeFileSync(join(folder, 'server-key.pem'), formatPrivateKeyPem(server.key.exportPkcs8()), secret);
}
