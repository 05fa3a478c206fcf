/** `foxtls cert convert`: between PEM, DER, and source code that carries a certificate or key along. */

import { formatPem } from 'foxtls/asn1';
import { formatTraditionalPrivateKeyPem, formatTraditionalPublicKeyPem } from 'foxtls/pkcs';
import { defineCommand } from '../command/command.ts';
import { CommandFailure, UsageError } from '../command/failure.ts';
import { writeOutputs } from '../command/files.ts';
import { PASSWORD_FORMS, readPassword } from '../command/password.ts';
import type { Terminal } from '../command/terminal.ts';
import { type Block, readBlocks } from './blocks.ts';
import { OUTPUT_OPTIONS } from './output-options.ts';
import { formatKey, PASSWORD_OPTIONS, passwordSource, readPkcs8 } from './private-keys.ts';
import { formatSource, SOURCE_FORMS, type SourceForm } from './source-code.ts';

export const convertCommand = defineCommand({
  name: 'convert',
  summary: 'PEM to DER and back, keys to PKCS#8, and source code that carries certificates',
  operands: '[FILE...]',
  maxOperands: Number.POSITIVE_INFINITY,
  options: {
    to: {
      type: 'string',
      short: 't',
      choices: ['pem', 'der', 'traditional', ...Object.keys(SOURCE_FORMS)],
      help: 'pem; der (one structure); traditional (keys as RSA PRIVATE KEY, EC PRIVATE KEY, RSA PUBLIC KEY); a string array of C or TypeScript with the lines of the PEM; or an array of the bytes of the DER (c-bytes, ts-bytes). pem unless given',
    },
    out: OUTPUT_OPTIONS.out,
    name: { type: 'string', short: 'n', value: 'NAME', help: 'what the array is called (certificate)' },
    ...PASSWORD_OPTIONS,
    'new-pass': { type: 'string', value: 'SOURCE', help: `encrypt private keys with this password: ${PASSWORD_FORMS}` },
    force: OUTPUT_OPTIONS.force,
  },
  notes: [
    'Text around PEM blocks is left out. Private keys become PKCS#8, decrypted unless --new-pass says otherwise, in a file that only its owner can read.',
  ],
  examples: [
    { purpose: 'a certificate that was downloaded in DER', line: 'foxtls cert convert root.cer --out root.pem' },
    {
      purpose: 'for a firmware image',
      line: 'foxtls cert convert root.pem --to c --name root_certificate --out root_certificate.h',
    },
  ],
  async run({ options, operands }, terminal) {
    const { to = 'pem', name = 'certificate', out, force } = options;
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new UsageError(`--name is a name for C and TypeScript, not ${JSON.stringify(name)}`);
    const newPassword = await readPassword({ source: options['new-pass'], subject: out ?? 'the key', isNew: true }, terminal);
    const blocks: Block[] = [];
    for (const path of operands.length === 0 ? ['-'] : operands) blocks.push(...(await readBlocks(path, terminal)));
    if (blocks.length === 0) throw new CommandFailure('there is no PEM block to convert');
    const isSecret = blocks.some(({ kind }) => kind === 'private key');
    const pems: { readonly label: string; readonly data: Uint8Array; readonly text: string }[] = [];
    if (to === 'traditional' && newPassword !== undefined)
      throw new UsageError('the traditional forms are not encrypted here: leave --new-pass out');
    for (const block of blocks) {
      const normal = await normalize(block, passwordSource(options), newPassword, terminal);
      pems.push(to === 'traditional' ? { ...normal, text: traditionalText(normal) } : normal);
    }
    writeOutputs([{ path: out, data: convert(pems, to, name), isSecret, force }], terminal);
  },
});

interface Normal {
  readonly data: Uint8Array;
  /** PEM. */
  readonly text: string;
}

function convert(pems: readonly Normal[], to: string, name: string): string | Uint8Array {
  if (to === 'pem' || to === 'traditional') return pems.map(({ text }) => text).join('');
  if (to !== 'der') return formatSource(to as SourceForm, name, pems);
  const [first, second] = pems;
  if (second !== undefined)
    throw new CommandFailure(`there are ${pems.length} blocks, and DER holds one: convert a file with one`);
  return (first as Normal).data;
}

function traditionalText({ label, data, text }: Normal & { readonly label: string }): string {
  if (label === 'PRIVATE KEY') return formatTraditionalPrivateKeyPem(data);
  return label === 'PUBLIC KEY' ? formatTraditionalPublicKeyPem(data) : text;
}

const LABELS: Readonly<Record<string, string>> = {
  certificate: 'CERTIFICATE',
  request: 'CERTIFICATE REQUEST',
  crl: 'X509 CRL',
  'public key': 'PUBLIC KEY',
  pkcs7: 'PKCS7',
};

async function normalize(block: Block, source: string | undefined, newPassword: string | undefined, terminal: Terminal) {
  if (block.kind !== 'private key') {
    const label = block.label || LABELS[block.kind];
    if (label === undefined)
      throw new CommandFailure(`${block.place} is a ${block.kind}, which has no PEM form: see foxtls cert p12`);
    return { label, data: block.data, text: formatPem(label, block.data) };
  }
  const pkcs8 = await readPkcs8(block, source, terminal);
  const text = await formatKey({ exportPkcs8: () => pkcs8 }, newPassword);
  return { label: 'PRIVATE KEY', data: newPassword === undefined ? pkcs8 : derOf(text), text };
}

function derOf(pem: string): Uint8Array {
  return new Uint8Array(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
}
