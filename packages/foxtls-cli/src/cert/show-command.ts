/** `foxtls cert show`: what certificates, requests, CRLs and keys say, as text or as JSON. */

import { formatPem } from 'foxtls/asn1';
import { nodeProvider } from 'foxtls/crypto/node';
import { parseCertificatesOnly, parsePublicKeyPem } from 'foxtls/pkcs';
import { parseCertificate } from 'foxtls/x509';
import { defineCommand } from '../command/command.ts';
import { CommandFailure } from '../command/failure.ts';
import type { Terminal } from '../command/terminal.ts';
import { type Block, describeBlocks, readBlocks } from './blocks.ts';
import { certificateFacts, crlFacts, keyFacts, requestFacts } from './facts.ts';
import { importPrivateKey, PASSWORD_OPTIONS, passwordSource } from './private-keys.ts';
import { formatCertificateText } from './text/certificate-text.ts';
import { formatCrlText } from './text/crl-text.ts';
import { publicKeyText } from './text/key-text.ts';
import { formatRequestText } from './text/request-text.ts';

export const showCommand = defineCommand({
  name: 'show',
  summary: 'show what a certificate, request, CRL or key says',
  operands: '[FILE...]',
  maxOperands: Number.POSITIVE_INFINITY,
  options: {
    json: { type: 'boolean', short: 'j', help: 'as JSON: one object a structure, in a list' },
    pem: { type: 'boolean', help: 'the PEM below the text, too' },
    ...PASSWORD_OPTIONS,
  },
  notes: [
    'The text is that of openssl x509 -text, req -text, crl -text and pkey -text -pubout. Of private keys the public half is shown, never the secret one. ' +
      'Without a FILE, or with -, standard input is read.',
  ],
  examples: [
    { purpose: 'all certificates of a file', line: 'foxtls cert show chain.pem' },
    { purpose: 'the last day of each', line: "foxtls cert show --json chain.pem | jq -r '.[].validTo'" },
  ],
  async run({ options, operands }, terminal) {
    const { json, pem } = options;
    const source = passwordSource(options);
    const facts: object[] = [];
    const paths = operands.length === 0 ? ['-'] : operands;
    for (const path of paths) {
      const blocks = (await readBlocks(path, terminal)).flatMap(opened);
      const shown = blocks.filter(({ kind }) => kind in VIEWS);
      if (shown.length === 0)
        throw new CommandFailure(`${path} has nothing that can be shown (it has: ${describeBlocks(blocks)})`);
      for (const block of shown) {
        const view = await (VIEWS[block.kind] as View)(block, source, terminal);
        if (json) facts.push({ file: path, ...view.facts });
        else terminal.write(pem ? view.text + pemOf(block) : view.text);
      }
    }
    if (json) terminal.write(`${JSON.stringify(facts, null, 2)}\n`);
  },
});

/** A bundle stands for what is in it. */
function opened(block: Block): Block[] {
  if (block.kind !== 'pkcs7') return [block];
  const { certificates, crls } = parseCertificatesOnly(block.data);
  const inner = (kind: 'certificate' | 'crl') => (data: Uint8Array) => ({ ...block, kind, label: '', data });
  return [...certificates.map(inner('certificate')), ...crls.map(inner('crl'))];
}

interface Shown {
  readonly text: string;
  readonly facts: object;
}

type View = (block: Block, source: string | undefined, terminal: Terminal) => Promise<Shown>;

const VIEWS: Readonly<Record<string, View>> = {
  certificate: async ({ data }) => {
    const certificate = parseCertificate(data);
    return { text: formatCertificateText(certificate), facts: certificateFacts(certificate) };
  },
  request: async ({ data }) => ({ text: formatRequestText(data), facts: requestFacts(data) }),
  crl: async ({ data }) => ({ text: formatCrlText(data), facts: crlFacts(data) }),
  'public key': async ({ label, data }) => {
    const spki = label === '' ? data : parsePublicKeyPem(formatPem(label, data));
    await nodeProvider.keys.importPublicKey(spki);
    return { text: lines(publicKeyText(spki, 'Public-Key')), facts: { kind: 'public key', ...keyFacts(spki) } };
  },
  'private key': async (block, source, terminal) => {
    const { publicKey } = await importPrivateKey(block, source, terminal);
    return {
      text: lines(publicKeyText(publicKey.spki, 'Private-Key')),
      facts: { kind: 'private key', ...keyFacts(publicKey.spki) },
    };
  },
};

function lines(text: readonly string[]): string {
  return `${text.join('\n')}\n`;
}

/** Of a private key there is no PEM here. */
function pemOf({ kind, label, data }: Block): string {
  const labels: Readonly<Record<string, string>> = {
    certificate: 'CERTIFICATE',
    request: 'CERTIFICATE REQUEST',
    crl: 'X509 CRL',
    'public key': 'PUBLIC KEY',
  };
  const written = label || labels[kind];
  return kind === 'private key' || written === undefined ? '' : formatPem(written, data);
}
