/**
 * Private keys for commands: read from a file, made anew, written back; encrypted where there is a password.
 */

import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { formatPem } from 'foxtls/asn1';
import type { KeyGenerationRequest, PrivateKey } from 'foxtls/crypto';
import { nodeProvider } from 'foxtls/crypto/node';
import {
  decryptPrivateKey,
  encryptPrivateKey,
  formatEncryptedPrivateKeyPem,
  formatPrivateKeyPem,
  readPrivateKeyDer,
  readPrivateKeyPem,
} from 'foxtls/pkcs';
import type { OptionTable, OptionValues } from '../command/command.ts';
import { CommandFailure, UsageError } from '../command/failure.ts';
import type { Output } from '../command/files.ts';
import { PASSWORD_FORMS, readPassword, requirePassword } from '../command/password.ts';
import { startProgress } from '../command/progress.ts';
import type { Terminal } from '../command/terminal.ts';
import { type Block, readBlockOf } from './blocks.ts';

export const KEY_TYPES = 'p-256, p-384, p-521, ed25519, ed448, rsa:2048, rsa:3072, rsa:4096';

/** Where passwords of keys come from. */
export const PASSWORD_OPTIONS = {
  pass: { type: 'string', value: 'SOURCE', help: `password of the key: ${PASSWORD_FORMS}` },
  'password-file': { type: 'string', value: 'FILE', help: 'the same as --pass file:FILE' },
} as const satisfies OptionTable;

/** For commands that sign with a key of their own, or make it on the way. */
export const KEY_OPTIONS = {
  key: { type: 'string', short: 'k', value: 'FILE', help: 'the private key; without it a new one is made' },
  'key-type': { type: 'string', short: 't', value: 'TYPE', help: `which key to make: ${KEY_TYPES} (p-256)` },
  'key-out': { type: 'string', value: 'FILE', help: 'where the new key goes' },
  ...PASSWORD_OPTIONS,
} as const satisfies OptionTable;

const FIXED_TYPES: Readonly<Record<string, KeyGenerationRequest>> = {
  'p-256': { kind: 'ec', curve: 'secp256r1' },
  'p-384': { kind: 'ec', curve: 'secp384r1' },
  'p-521': { kind: 'ec', curve: 'secp521r1' },
  prime256v1: { kind: 'ec', curve: 'secp256r1' },
  secp256r1: { kind: 'ec', curve: 'secp256r1' },
  secp384r1: { kind: 'ec', curve: 'secp384r1' },
  secp521r1: { kind: 'ec', curve: 'secp521r1' },
  ec: { kind: 'ec', curve: 'secp256r1' },
  ed25519: { kind: 'ed25519' },
  ed448: { kind: 'ed448' },
  rsa: { kind: 'rsa', bits: 3072 },
};

/** Which key to make. Throws `UsageError` for a type that there is not. */
export function parseKeyType(text = 'p-256'): KeyGenerationRequest {
  const fixed = FIXED_TYPES[text.toLowerCase()];
  if (fixed !== undefined) return fixed;
  const bits = Number(/^rsa:(\d+)$/i.exec(text)?.[1]);
  if (bits >= 1024 && bits <= 16384 && bits % 8 === 0) return { kind: 'rsa', bits };
  throw new UsageError(`--key-type is one of ${KEY_TYPES}, not ${JSON.stringify(text)}`);
}

/** A new key. A large one of RSA takes its time, of which a terminal is told. */
export async function generateKey(request: KeyGenerationRequest, terminal: Terminal): Promise<PrivateKey> {
  if (request.kind !== 'rsa') return (await nodeProvider.keys.generateKey(request)) as PrivateKey;
  const progress = startProgress({ title: `an RSA key of ${request.bits} bits` }, terminal);
  try {
    // In a thread of Node's: the provider would have nothing else happen meanwhile.
    const { privateKey } = await generateRsaKey('rsa', {
      modulusLength: request.bits,
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    });
    return (await nodeProvider.keys.importPrivateKey(new Uint8Array(privateKey))) as PrivateKey;
  } finally {
    progress.end();
  }
}

const generateRsaKey = promisify(generateKeyPair);

/** The value that `--pass` or `--password-file` gave. */
export function passwordSource(options: OptionValues<typeof PASSWORD_OPTIONS>): string | undefined {
  const { pass, 'password-file': file } = options;
  if (pass !== undefined && file !== undefined) throw new UsageError('give --pass or --password-file, not both');
  return file === undefined ? pass : `file:${file}`;
}

/** Reads a private key; asks for its password if it has one and none was given. */
export async function loadPrivateKey(path: string, source: string | undefined, terminal: Terminal): Promise<PrivateKey> {
  return importPrivateKey(await readBlockOf('private key', path, terminal), source, terminal);
}

export async function importPrivateKey(block: Block, source: string | undefined, terminal: Terminal): Promise<PrivateKey> {
  return (await nodeProvider.keys.importPrivateKey(await readPkcs8(block, source, terminal))) as PrivateKey;
}

/** A private key in any form, as PKCS#8, decrypted. */
export async function readPkcs8(block: Block, source: string | undefined, terminal: Terminal): Promise<Uint8Array> {
  const isEncrypted = isEncryptedKey(block);
  if (!isEncrypted && block.label === '') return readPrivateKeyDer(block.data);
  const password = isEncrypted ? await requirePassword({ source, subject: block.place }, terminal) : undefined;
  try {
    if (block.label === '' && password !== undefined)
      return await decryptPrivateKey(block.data, password, { provider: nodeProvider });
    const headers = [...block.headers].map(([name, value]) => `${name}: ${value}\n`).join('');
    const pem = formatPem(block.label, block.data).replace('\n', `\n${headers}${headers && '\n'}`);
    return await readPrivateKeyPem(pem, { provider: nodeProvider, password });
  } catch (error) {
    const { code } = error as { code?: string };
    throw code === 'ERR_TLS_PASSWORD_WRONG' ? new CommandFailure(`${block.place}: the password is wrong`) : error;
  }
}

function isEncryptedKey({ label, headers, data }: Block): boolean {
  if (label === '') return data[firstContent(data)] === 0x30;
  return label === 'ENCRYPTED PRIVATE KEY' || (headers.get('Proc-Type')?.includes('ENCRYPTED') ?? false);
}

/** EncryptedPrivateKeyInfo begins with a SEQUENCE, all others with a version. */
function firstContent(der: Uint8Array): number {
  return (der[1] ?? 0) < 0x80 ? 2 : 2 + ((der[1] as number) & 0x7f);
}

/** PEM, PKCS#8; encrypted if there is a password. */
export async function formatKey(key: Pick<PrivateKey, 'exportPkcs8'>, password: string | undefined): Promise<string> {
  if (password === undefined) return formatPrivateKeyPem(key.exportPkcs8());
  if (password === '') throw new CommandFailure('the password is empty');
  return formatEncryptedPrivateKeyPem(await encryptPrivateKey(key.exportPkcs8(), password, { provider: nodeProvider }));
}

/** The key of `--key`, or a new one with the output that keeps it. */
export async function keyOfOptions(
  options: OptionValues<typeof KEY_OPTIONS> & { readonly force?: boolean | undefined },
  terminal: Terminal,
): Promise<{ readonly key: PrivateKey; readonly outputs: readonly Output[] }> {
  const { key: path, 'key-type': type, 'key-out': out, force } = options;
  const source = passwordSource(options);
  if (path !== undefined) {
    if (out !== undefined || type !== undefined)
      throw new UsageError('--key is there already: leave --key-type and --key-out out');
    return { key: await loadPrivateKey(path, source, terminal), outputs: [] };
  }
  if (out === undefined) throw new UsageError('say where the new key goes with --key-out FILE, or give one with --key FILE');
  const request = parseKeyType(type);
  const password = await readPassword({ source, subject: out, isNew: true }, terminal);
  const key = await generateKey(request, terminal);
  return { key, outputs: [{ path: out, data: await formatKey(key, password), isSecret: true, force }] };
}
