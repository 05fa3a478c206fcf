/**
 * How the programs of DTLS are told with whom to speak and how: versions, certificates, pre-shared keys. What they are not told they take from
 * the folder that all programs of foxtls share (demo-pki.ts).
 */

import { appendFileSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { DTLSSession, DtlsVersion } from 'foxtls/dtls';
import { formatPrivateKeyPem } from 'foxtls/pkcs';
import { loadPrivateKey, PASSWORD_OPTIONS, passwordSource } from '../cert/private-keys.ts';
import type { OptionTable, OptionValues } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { PASSWORD_FORMS, readPassword } from '../command/password.ts';
import type { Terminal } from '../command/terminal.ts';
import { type DemoPki, loadDemoPki } from '../demo-pki.ts';

/** Ours, and in the letters of wolfSSL's examples. */
const VERSIONS: Readonly<Record<string, readonly [min: DtlsVersion, max: DtlsVersion]>> = {
  '1.3': ['DTLSv1.3', 'DTLSv1.3'],
  '1.2': ['DTLSv1.2', 'DTLSv1.2'],
  4: ['DTLSv1.3', 'DTLSv1.3'],
  3: ['DTLSv1.2', 'DTLSv1.2'],
  d: ['DTLSv1.2', 'DTLSv1.3'],
};

/** The identity of wolfSSL's examples and of OpenSSL. */
const DEFAULT_IDENTITY = 'Client_identity';

export const DTLS_OPTIONS = {
  dtls: {
    type: 'string',
    short: 'v',
    value: 'VERSION',
    choices: ['1.2', '1.3', '3', '4', 'd'],
    help: 'only DTLS 1.2 (or 3, as wolfSSL has it), only 1.3 (4), or d: 1.3 and 1.2 if there is no other way (d)',
  },
  cert: { type: 'string', short: 'c', value: 'FILE', help: 'our certificate, with its chain' },
  key: { type: 'string', short: 'k', value: 'FILE', help: 'its private key' },
  ...PASSWORD_OPTIONS,
  ca: { type: 'string', short: 'A', value: 'FILE', help: 'whom to trust' },
  ciphers: { type: 'string', short: 'l', value: 'LIST', help: "cipher suites, in OpenSSL's or IANA's names" },
  psk: { type: 'boolean', short: 's', help: 'a key that both hold already, in place of certificates' },
  'psk-identity': { type: 'string', value: 'NAME', help: `the name of that key (${DEFAULT_IDENTITY})` },
  'psk-key': { type: 'string', value: 'SOURCE', help: `the key in hexadecimal digits: ${PASSWORD_FORMS}` },
  'insecure-short-psk': { type: 'boolean', help: 'take a key of less than 16 bytes, which can be guessed' },
  nonblocking: { type: 'boolean', short: 'N', help: 'say whenever we would have to wait, instead of only waiting' },
  keylog: {
    type: 'string',
    value: 'FILE',
    help: 'append the secrets of sessions to a file, for Wireshark: who has it reads all',
  },
} as const satisfies OptionTable;

/** What both ends are configured with: plain data, which a worker can be sent. */
export interface DtlsPlan {
  readonly minVersion: DtlsVersion;
  readonly maxVersion: DtlsVersion;
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly ciphers?: string;
  readonly psk?: { readonly identity: string; readonly key: Uint8Array; readonly insecureShortKey: boolean };
  readonly keylog?: string;
}

/** Reads what the options name. */
export async function loadPlan(
  role: 'client' | 'server',
  options: OptionValues<typeof DTLS_OPTIONS>,
  terminal: Terminal,
): Promise<DtlsPlan> {
  const { cert, key, ca, ciphers, keylog } = options;
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key go together');
  const [minVersion, maxVersion] = VERSIONS[options.dtls ?? 'd'] as readonly [DtlsVersion, DtlsVersion];
  const common = { minVersion, maxVersion, ...(ciphers !== undefined && { ciphers }), ...(keylog !== undefined && { keylog }) };
  let demo: DemoPki | undefined;
  const ourOwn = async () => {
    demo ??= await loadDemoPki(join(homedir(), '.foxtls'), terminal.now());
    return demo;
  };
  if (options.psk) return { ...common, psk: await loadPreSharedKey(options, ourOwn, terminal) };
  if (options['psk-identity'] !== undefined || options['psk-key'] !== undefined)
    throw new UsageError('--psk-identity and --psk-key need --psk');
  return {
    ...common,
    ...(await loadIdentity(role, options, ourOwn, terminal)),
    ca: ca === undefined ? (await ourOwn()).ca : readFileSync(ca, 'utf8'),
  };
}

async function loadIdentity(
  role: 'client' | 'server',
  options: OptionValues<typeof DTLS_OPTIONS>,
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
  options: OptionValues<typeof DTLS_OPTIONS>,
  ourOwn: () => Promise<DemoPki>,
  terminal: Terminal,
): Promise<NonNullable<DtlsPlan['psk']>> {
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

/** Has the secrets of a session written down, if the plan says so. */
export function logKeys(session: DTLSSession, { keylog }: DtlsPlan): void {
  if (keylog === undefined) return;
  session.onkeylog = (line) => appendFileSync(keylog, `${line.trimEnd()}\n`, { mode: 0o600 });
}

/** `DTLSv1.3, TLS_AES_128_GCM_SHA256, x25519`, for `--verbose`. */
export function describeSession(session: DTLSSession): string {
  const info = session.connectionInfo;
  if (info === undefined) return 'no handshake yet';
  const peer = session.authorized ? 'peer verified' : info.peer.kind === 'unverified' ? 'peer not verified' : undefined;
  return [info.version, info.suite.name, info.group?.name, info.resumed ? 'resumed' : undefined, peer]
    .filter((part) => part !== undefined)
    .join(', ');
}
