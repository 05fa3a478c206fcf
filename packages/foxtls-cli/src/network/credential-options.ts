/**
 * How programs are told who they are and whom to trust: certificates, keys, pre-shared keys. What they are not told they take from the folder that
 * all programs of foxtls share (demo-pki.ts).
 */

import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { loadTrustStore } from 'foxtls/node';
import { formatPrivateKeyPem } from 'foxtls/pkcs';
import { formatCertificatePem } from 'foxtls/x509';
import { loadPrivateKey, PASSWORD_OPTIONS, passwordSource } from '../cert/private-keys.ts';
import type { OptionTable, OptionValues } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { PASSWORD_FORMS, readPassword } from '../command/password.ts';
import type { Terminal } from '../command/terminal.ts';
import { type DemoPki, loadDemoPki } from '../demo-pki.ts';

/** The identity of wolfSSL's examples and of OpenSSL. */
const DEFAULT_IDENTITY = 'Client_identity';

export const CREDENTIAL_OPTIONS = {
  cert: { type: 'string', short: 'c', value: 'FILE', help: 'our certificate, with its chain' },
  key: { type: 'string', short: 'k', value: 'FILE', help: 'its private key' },
  ...PASSWORD_OPTIONS,
  ca: { type: 'string', short: 'A', value: 'PATH', help: 'whom to trust: a file, or a folder with hashed names' },
  ciphers: { type: 'string', short: 'l', value: 'LIST', help: "cipher suites, in OpenSSL's or IANA's names" },
  psk: { type: 'boolean', short: 's', help: 'a key that both hold already, in place of certificates' },
  'psk-identity': { type: 'string', value: 'NAME', help: `the name of that key (${DEFAULT_IDENTITY})` },
  'psk-key': { type: 'string', value: 'SOURCE', help: `the key in hexadecimal digits: ${PASSWORD_FORMS}` },
  'insecure-short-psk': { type: 'boolean', help: 'take a key of less than 16 bytes, which can be guessed' },
  keylog: {
    type: 'string',
    value: 'FILE',
    help: 'append the secrets of sessions to a file, for Wireshark: who has it reads all',
  },
} as const satisfies OptionTable;

export type CredentialOptions = OptionValues<typeof CREDENTIAL_OPTIONS>;

export interface PreSharedKey {
  readonly identity: string;
  readonly key: Uint8Array;
  readonly insecureShortKey: boolean;
}

/** Plain data, which a worker can be sent. Certificates and keys are PEM texts. */
export interface Credentials {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly ciphers?: string;
  /** In place of certificates. */
  readonly psk?: PreSharedKey;
  /** Where secrets are written. */
  readonly keylog?: string;
}

/** Reads what the options name. A client that is told whom to trust shows no certificate that it is not told of. */
export async function loadCredentials(
  role: 'client' | 'server',
  options: CredentialOptions,
  terminal: Terminal,
): Promise<Credentials> {
  const { cert, key, ca, ciphers, keylog } = options;
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key go together');
  const common = { ...(ciphers !== undefined && { ciphers }), ...(keylog !== undefined && { keylog }) };
  let demo: DemoPki | undefined;
  const ourOwn = async () => {
    demo ??= await loadOwnPki(terminal);
    return demo;
  };
  if (options.psk) return { ...common, psk: await loadPreSharedKey(options, ourOwn, terminal) };
  if (options['psk-identity'] !== undefined || options['psk-key'] !== undefined)
    throw new UsageError('--psk-identity and --psk-key need --psk');
  return {
    ...common,
    ...(await loadIdentity(role, options, ourOwn, terminal)),
    ca: ca === undefined ? (await ourOwn()).ca : readTrusted(ca),
  };
}

/** What the programs of this user share. */
export function loadOwnPki(terminal: Terminal): Promise<DemoPki> {
  return loadDemoPki(join(homedir(), '.foxtls'), terminal.now());
}

/** The certificates of a file or of a folder with hashed names, as PEM. */
function readTrusted(path: string): string {
  if (!statSync(path).isDirectory()) return readFileSync(path, 'utf8');
  const { certificates } = loadTrustStore({ folders: [path] });
  if (certificates.length === 0)
    throw new UsageError(`${path} has no certificates with hashed names: run foxtls cert rehash on it`);
  return certificates.map((der) => formatCertificatePem(der)).join('');
}

async function loadIdentity(
  role: 'client' | 'server',
  options: CredentialOptions,
  ourOwn: () => Promise<DemoPki>,
  terminal: Terminal,
): Promise<{ readonly cert?: string; readonly key?: string }> {
  const { cert, key, ca } = options;
  if (cert !== undefined && key !== undefined) {
    const loaded = await loadPrivateKey(key, passwordSource(options), terminal);
    return { cert: readFileSync(cert, 'utf8'), key: formatPrivateKeyPem(loaded.exportPkcs8()) };
  }
  if (role === 'server') {
    const demo = await ourOwn();
    return { cert: demo.certificate, key: demo.key };
  }
  // To a server of somebody else our own certificate says nothing.
  if (ca !== undefined) return {};
  const demo = await ourOwn();
  return { cert: demo.clientCertificate, key: demo.clientKey };
}

async function loadPreSharedKey(
  options: CredentialOptions,
  ourOwn: () => Promise<DemoPki>,
  terminal: Terminal,
): Promise<PreSharedKey> {
  for (const name of ['cert', 'key', 'ca'] as const) {
    if (options[name] !== undefined) throw new UsageError(`--${name} says nothing beside --psk: leave one of them out`);
  }
  const identity = options['psk-identity'] ?? DEFAULT_IDENTITY;
  const insecureShortKey = options['insecure-short-psk'] ?? false;
  const text = await readPassword({ source: options['psk-key'], subject: `the key of ${identity}` }, terminal);
  if (text === undefined) return { identity, key: (await ourOwn()).preSharedKey, insecureShortKey };
  const digits = text.trim();
  if (!/^([0-9a-f]{2})+$/i.test(digits)) throw new UsageError('--psk-key is an even number of hexadecimal digits');
  return { identity, key: new Uint8Array(Buffer.from(digits, 'hex')), insecureShortKey };
}

/** A line of a key log is appended, readable by its owner only. */
export function appendKeyLog(path: string, line: string | Uint8Array): void {
  const text = typeof line === 'string' ? line : Buffer.from(line).toString();
  appendFileSync(path, `${text.trimEnd()}\n`, { mode: 0o600 });
}
