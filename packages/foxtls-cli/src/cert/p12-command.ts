/** `foxtls cert p12`: PKCS#12 files, made and taken apart. */

import { formatPem } from 'foxtls/asn1';
import { nodeProvider } from 'foxtls/crypto/node';
import { createPkcs12, type Pkcs12, type Pkcs12Protection, readPkcs12 } from 'foxtls/pkcs';
import { parseCertificate } from 'foxtls/x509';
import { defineCommand } from '../command/command.ts';
import { CommandFailure, UsageError } from '../command/failure.ts';
import { readInput, writeOutputs } from '../command/files.ts';
import { PASSWORD_FORMS, readPassword, requirePassword } from '../command/password.ts';
import { printable } from '../command/printable.ts';
import type { Terminal } from '../command/terminal.ts';
import { readBlocksOf } from './blocks.ts';
import { formatKey, loadPrivateKey, PASSWORD_OPTIONS, passwordSource } from './private-keys.ts';
import { formatName } from './text/value-text.ts';

const PROTECTIONS = ['aes-256', 'aes-256-pbmac1', 'legacy-3des'];

export const p12Command = defineCommand({
  name: 'p12',
  summary: 'PKCS#12 (.p12, .pfx): a key and its certificates under one password',
  operands: '[FILE]',
  maxOperands: 1,
  options: {
    key: { type: 'string', short: 'k', value: 'FILE', help: 'make one: the private key' },
    cert: {
      type: 'string',
      short: 'c',
      multiple: true,
      value: 'FILE',
      help: 'its certificate, and those of its issuers; may be repeated',
    },
    name: { type: 'string', short: 'n', value: 'NAME', help: 'a name for people (friendlyName)' },
    protection: {
      type: 'string',
      choices: PROTECTIONS,
      help: 'how it is encrypted (aes-256); legacy-3des is for very old readers',
    },
    'key-pass': {
      type: 'string',
      value: 'SOURCE',
      help: `password of the key file, which goes in or comes out: ${PASSWORD_FORMS}`,
    },
    ...PASSWORD_OPTIONS,
    pass: { ...PASSWORD_OPTIONS.pass, help: `password of the PKCS#12 file: ${PASSWORD_FORMS}` },
    out: { type: 'string', short: 'o', value: 'FILE', help: 'where it goes (standard output)' },
    force: { type: 'boolean', short: 'f', help: 'overwrite files that are there' },
  },
  notes: [
    'With --key or --cert one is made; with a FILE, its keys and certificates come out as PEM, keys encrypted if there is a --key-pass.',
  ],
  examples: [
    {
      purpose: 'for a browser or a Java key store',
      line: 'foxtls cert p12 --key server-key.pem --cert server.pem --cert ca.pem --pass prompt --out server.p12',
    },
    { purpose: 'what is in one', line: 'foxtls cert p12 server.p12 --pass prompt --out server-all.pem' },
  ],
  async run({ options, operands }, terminal) {
    const { key, cert = [], out, force } = options;
    const [path] = operands;
    const makes = key !== undefined || cert.length > 0;
    if (makes === (path !== undefined)) throw new UsageError('give a FILE to take apart, or --key and --cert to make one');
    if (path !== undefined) {
      const text = await takeApart(path, options, terminal);
      writeOutputs([{ path: out, data: text, isSecret: true, force }], terminal);
      return;
    }
    const certificates = (await readBlocksOf('certificate', cert, terminal)).map(({ data }) => data);
    const keys = key === undefined ? [] : [await keyEntry(key, certificates, options, terminal)];
    const password = await requirePassword(
      { source: passwordSource(options), subject: out ?? 'the new file', isNew: true },
      terminal,
    );
    const protection = (options.protection ?? 'aes-256') as Pkcs12Protection;
    const data = await createPkcs12({ provider: nodeProvider, password, keys, certificates, protection });
    writeOutputs([{ path: out, data, isSecret: true, force }], terminal);
  },
});

interface Options {
  readonly pass?: string | undefined;
  readonly 'password-file'?: string | undefined;
  readonly 'key-pass'?: string | undefined;
  readonly name?: string | undefined;
}

/** The key with the certificate that is its own. */
async function keyEntry(
  path: string,
  certificates: readonly Uint8Array[],
  { 'key-pass': source, name }: Options,
  terminal: Terminal,
) {
  const key = await loadPrivateKey(path, source, terminal);
  const certificate = certificates.find((der) => Buffer.compare(parseCertificate(der).publicKey, key.publicKey.spki) === 0);
  if (certificates.length > 0 && certificate === undefined)
    throw new CommandFailure(`none of the certificates is for the key of ${path}`);
  return { pkcs8: key.exportPkcs8(), certificate, friendlyName: name };
}

async function takeApart(path: string, options: Options, terminal: Terminal): Promise<string> {
  const data = await readInput(path, terminal);
  const opened = await open(data, path, options, terminal);
  const keyPassword = await readPassword({ source: options['key-pass'], subject: 'the keys', isNew: true }, terminal);
  const keys: string[] = [];
  for (const { pkcs8, friendlyName } of opened.keys) {
    keys.push(heading(friendlyName) + (await formatKey({ exportPkcs8: () => pkcs8 }, keyPassword)));
  }
  const certificates = opened.certificates.map(({ certificate, friendlyName }) => {
    const { subject, issuer } = parseCertificate(certificate);
    return `${heading(friendlyName)}subject=${formatName(subject)}\nissuer=${formatName(issuer)}\n${formatPem('CERTIFICATE', certificate)}`;
  });
  const crls = opened.crls.map(({ crl }) => formatPem('X509 CRL', crl));
  if (opened.integrity === 'none') terminal.complain(`${path}: no MAC vouches for this file`);
  return [...keys, ...certificates, ...crls].join('');
}

async function open(data: Uint8Array, path: string, options: Options, terminal: Terminal): Promise<Pkcs12> {
  const password = await requirePassword({ source: passwordSource(options), subject: path }, terminal);
  try {
    return await readPkcs12(data, { provider: nodeProvider, password });
  } catch (error) {
    const { code } = error as { code?: string };
    throw code === 'ERR_TLS_PASSWORD_WRONG' ? new CommandFailure(`${path}: the password is wrong`) : error;
  }
}

function heading(friendlyName: string | undefined): string {
  return friendlyName === undefined ? '' : `friendlyName: ${printable(friendlyName)}\n`;
}
