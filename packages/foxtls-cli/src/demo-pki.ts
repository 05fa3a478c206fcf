/**
 * The certificates of the demo and of programs that are given none: a CA, a server's certificate for this machine's own names and those of the tutorials, a
 * client's, and a pre-shared key; made at first use and kept in a folder.
 *
 * ```
 * .foxtls/ca.pem  ca-key.pem  client.pem  client-key.pem  psk.txt  server-key.pem  server.pem      (keys readable by their owner only)
 * ```
 * Files appear whole, server.pem last; of several programs that start at once, one makes them.
 */

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
  readonly clientCertificate: string;
  readonly clientKey: string;
  /** For both ends. */
  readonly preSharedKey: Uint8Array;
  readonly caPath: string;
  readonly isNew: boolean;
}

const DAY = 24 * 60 * 60 * 1000;
const CA_DAYS = 3650;
/** Browsers accept no more from a server certificate. */
const SERVER_DAYS = 397;
const RENEW_BEFORE = 30 * DAY;
/** Whom the server's certificate is for, beside this machine's addresses. */
export const SERVER_NAMES = ['localhost', 'bank32.com', 'www.bank32.com', 'wwep.ww101.cypress.com'];
const PSK_BYTES = 32;
/** Milliseconds: longer than making takes, so that a lock that is older was left behind. */
const LOCK_PATIENCE = 5000;
const LOCK_POLL = 50;

const CERTIFICATES = ['ca.pem', 'client.pem', 'server.pem'];
const OTHERS = ['client-key.pem', 'psk.txt', 'server-key.pem'];

/** Reads the folder; makes its content when it is missing or expires soon. */
export async function loadDemoPki(folder: string, now: Date): Promise<DemoPki> {
  const isNew = !isUsable(folder, now) && (await makeOnce(folder, now));
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return {
    ca: read('ca.pem'),
    certificate: read('server.pem'),
    key: read('server-key.pem'),
    clientCertificate: read('client.pem'),
    clientKey: read('client-key.pem'),
    preSharedKey: new Uint8Array(Buffer.from(read('psk.txt').trim(), 'hex')),
    caPath: join(folder, 'ca.pem'),
    isNew,
  };
}

function isUsable(folder: string, now: Date): boolean {
  const paths = [...CERTIFICATES, ...OTHERS].map((name) => join(folder, name));
  if (!paths.every((path) => existsSync(path))) return false;
  return paths.slice(0, CERTIFICATES.length).every((path) => {
    const [block] = parsePem(readFileSync(path, 'utf8'));
    return block !== undefined && parseCertificate(block.data).validTo.getTime() - now.getTime() > RENEW_BEFORE;
  });
}

/** Under a lock. Resolves with whether it was us who made them. */
async function makeOnce(folder: string, now: Date): Promise<boolean> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = join(folder, '.making');
  while (!take(lock)) await new Promise((resolve) => setTimeout(resolve, LOCK_POLL));
  try {
    if (isUsable(folder, now)) return false;
    await makeDemoPki(folder, now);
    return true;
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function take(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const made = statSync(lock, { throwIfNoEntry: false });
    if (made !== undefined && Date.now() - made.mtimeMs > LOCK_PATIENCE) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

async function makeDemoPki(folder: string, now: Date): Promise<void> {
  const validFrom = new Date(now.getTime() - DAY);
  const until = (days: number) => new Date(now.getTime() + days * DAY);
  const subject = { organizationName: 'foxtls', commonName: 'foxtls demo CA' };
  const ca = await createCertificateAuthority({ provider: nodeProvider, subject, validFrom, validTo: until(CA_DAYS) });
  const common = { provider: nodeProvider, issuer: ca, validFrom, validTo: until(SERVER_DAYS) };
  const server = await createCertificate({
    ...common,
    subject: { commonName: 'localhost' },
    dnsNames: SERVER_NAMES,
    ipAddresses: ['127.0.0.1', '::1'],
  });
  const client = await createCertificate({ ...common, subject: { commonName: 'foxtls demo client' }, purposes: ['clientAuth'] });
  // Until all of them are new, there is no server.pem.
  rmSync(join(folder, 'server.pem'), { force: true });
  const write = (name: string, text: string, mode = 0o644) => {
    const temporary = join(folder, `.making/${name}`);
    writeFileSync(temporary, text, { mode });
    renameSync(temporary, join(folder, name));
  };
  write('ca.pem', formatCertificatePem(ca.certificate));
  write('ca-key.pem', formatPrivateKeyPem(ca.key.exportPkcs8()), 0o600);
  write('client.pem', formatCertificatePem(client.certificate));
  write('client-key.pem', formatPrivateKeyPem(client.key.exportPkcs8()), 0o600);
  write('psk.txt', `${randomBytes(PSK_BYTES).toString('hex')}\n`, 0o600);
  write('server-key.pem', formatPrivateKeyPem(server.key.exportPkcs8()), 0o600);
  write('server.pem', formatCertificatePem(server.certificate));
}
