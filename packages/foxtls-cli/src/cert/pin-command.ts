/** `foxtls cert pin`: the SHA-256 of a public key, in the form that curl's --pinnedpubkey takes. */

import { createHash } from 'node:crypto';
import { formatPem } from 'foxtls/asn1';
import { parseCertificationRequest, parsePublicKeyPem } from 'foxtls/pkcs';
import { parseCertificate } from 'foxtls/x509';
import { defineCommand } from '../command/command.ts';
import { CommandFailure } from '../command/failure.ts';
import type { Terminal } from '../command/terminal.ts';
import { type Block, describeBlocks, readBlocks } from './blocks.ts';
import { importPrivateKey, PASSWORD_OPTIONS, passwordSource } from './private-keys.ts';

export const pinCommand = defineCommand({
  name: 'pin',
  summary: 'print the pin of a public key: sha256//...',
  operands: '[FILE...]',
  maxOperands: Number.POSITIVE_INFINITY,
  options: {
    hex: { type: 'boolean', help: 'the SHA-256 in hexadecimal' },
    all: { type: 'boolean', short: 'a', help: 'of each certificate or key in a file, not of the first only' },
    ...PASSWORD_OPTIONS,
  },
  notes: [
    'Reads certificates, requests, public keys and private keys. The pin of a key stays the same when its certificate is renewed.',
  ],
  examples: [
    { purpose: 'for curl', line: 'curl --pinnedpubkey "$(foxtls cert pin server.pem)" https://example.com/' },
    { purpose: 'of every certificate of a chain', line: 'foxtls cert pin --all chain.pem' },
  ],
  async run({ options, operands }, terminal) {
    const { hex, all } = options;
    for (const path of operands.length === 0 ? ['-'] : operands) {
      const blocks = await readBlocks(path, terminal);
      const keys: Uint8Array[] = [];
      for (const block of blocks) {
        const spki = keys.length > 0 && !all ? undefined : await keyOf(block, passwordSource(options), terminal);
        if (spki !== undefined) keys.push(spki);
      }
      if (keys.length === 0)
        throw new CommandFailure(`${path} has no key and nothing with a key (it has: ${describeBlocks(blocks)})`);
      for (const spki of keys) {
        const digest = createHash('sha256').update(spki);
        terminal.write(hex ? `${digest.digest('hex')}\n` : `sha256//${digest.digest('base64')}\n`);
      }
    }
  },
});

async function keyOf(block: Block, source: string | undefined, terminal: Terminal): Promise<Uint8Array | undefined> {
  switch (block.kind) {
    case 'certificate':
      return parseCertificate(block.data).publicKey;
    case 'request':
      return parseCertificationRequest(block.data).publicKey;
    case 'public key':
      return block.label === '' ? block.data : parsePublicKeyPem(formatPem(block.label, block.data));
    case 'private key':
      return (await importPrivateKey(block, source, terminal)).publicKey.spki;
    default:
      return undefined;
  }
}
