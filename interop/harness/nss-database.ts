/**
 * Certificates of interop tests in NSS databases, where NSS's programs look them up by nickname.
 *
 * A nickname belongs to a subject in NSS, not to a certificate, and our servers all have the same: so each leaf has a database of its own.
 * Keys come in by PKCS #12, the only way that NSS offers, and openssl makes that.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { InteropPki, KeyName } from './pki.ts';

/** The kinds of leaf keys that NSS has for TLS: Ed25519 is not among them. */
export const NSS_KEYS = ['p256', 'p384', 'rsa'] as const satisfies readonly KeyName[];

/** A certificate with its key, as files. */
interface Identity {
  readonly certPath: string;
  readonly keyPath: string;
  readonly intermediatePath?: string;
}

/** The nickname of the leaf in every database, and of our root. */
export const NSS_LEAF = 'leaf';
export const NSS_ROOT = 'root';

/** A database in the folder of the PKI that trusts its root, and may sign OCSP responses with it; as NSS's `-d` takes it. */
export function createNssDatabase(pki: InteropPki, name: string, leaf?: Identity): string {
  const database = createDatabase(pki, name);
  importIdentity(pki, database, NSS_ROOT, { certPath: pki.caPath, keyPath: pki.caKeyPath });
  run('certutil', '-d', database, '-M', '-n', NSS_ROOT, '-t', 'CT,,');
  if (leaf !== undefined) importIdentity(pki, database, NSS_LEAF, leaf);
  return database;
}

/** A database that trusts the stranger's root alone. */
export function createStrangerDatabase(pki: InteropPki, name: string): string {
  const database = createDatabase(pki, name);
  run('certutil', '-d', database, '-A', '-n', 'stranger', '-t', 'CT,,', '-i', pki.strangerPath);
  return database;
}

function createDatabase(pki: InteropPki, name: string): string {
  const folder = pki.path(`nss-${name}`);
  mkdirSync(folder);
  run('certutil', '-d', `sql:${folder}`, '-N', '--empty-password');
  return `sql:${folder}`;
}

function importIdentity(pki: InteropPki, database: string, nickname: string, identity: Identity): void {
  const { certPath, keyPath, intermediatePath } = identity;
  const bundle = pki.path('identity.p12');
  const above = intermediatePath === undefined ? [] : ['-certfile', intermediatePath];
  const files = ['-in', certPath, '-inkey', keyPath, ...above, '-out', bundle];
  run('openssl', 'pkcs12', '-export', '-name', nickname, '-passout', 'pass:nss', ...files);
  run('pk12util', '-d', database, '-i', bundle, '-W', 'nss', '-K', '');
}

/** For what is made before the tests, which `runPeer` is not for. */
function run(command: string, ...programArguments: string[]): void {
  execFileSync(command, programArguments, { stdio: 'pipe', timeout: 10_000 });
}
