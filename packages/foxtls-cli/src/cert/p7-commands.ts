/** `foxtls cert p7`: PKCS#7 and CMS: bundles of certificates, signed and encrypted messages (RFC 5652). */

import { formatPem } from 'foxtls/asn1';
import { nodeProvider } from 'foxtls/crypto/node';
import {
  createCertificatesOnly,
  createEnvelopedData,
  createSignedData,
  openEnvelopedData,
  parseCertificatesOnly,
  parseEnvelopedData,
  parseSignedData,
  verifySignedData,
} from 'foxtls/pkcs';
import { explain, parseCertificate, validateCertificate } from 'foxtls/x509';
import { type CommandGroup, defineCommand, type OptionTable, type OptionValues } from '../command/command.ts';
import { CommandFailure, UsageError } from '../command/failure.ts';
import { type Output, readInput, writeOutputs } from '../command/files.ts';
import type { Terminal } from '../command/terminal.ts';
import { readBlockOf, readBlocks, readBlocksOf } from './blocks.ts';
import { loadPrivateKey, PASSWORD_OPTIONS, passwordSource } from './private-keys.ts';
import { formatName } from './text/value-text.ts';
import { loadTrust, TRUST_OPTIONS } from './trust-options.ts';

const OUT_OPTIONS = {
  out: { type: 'string', short: 'o', value: 'FILE', help: 'where it goes (standard output)' },
  force: { type: 'boolean', short: 'f', help: 'overwrite a file that is there' },
} as const satisfies OptionTable;

/** Messages are DER unless somebody wants to read them in a mail. */
const MESSAGE_OPTIONS = {
  ...OUT_OPTIONS,
  pem: { type: 'boolean', help: 'PEM instead of DER' },
} as const satisfies OptionTable;

const certsCommand = defineCommand({
  name: 'certs',
  summary: 'take the certificates and CRLs out of a .p7b or a signed message',
  operands: 'FILE',
  minOperands: 1,
  maxOperands: 1,
  options: OUT_OPTIONS,
  examples: [
    { purpose: 'what an authority has sent', line: 'foxtls cert p7 certs chain.p7b --out chain.pem' },
    { purpose: 'whose they are', line: 'foxtls cert p7 certs chain.p7b | grep subject=' },
  ],
  async run({ options, operands }, terminal) {
    const { certificates, crls } = parseCertificatesOnly(await readMessage(operands[0] as string, terminal));
    const named = certificates.map((der) => {
      const { subject, issuer } = parseCertificate(der);
      return `subject=${formatName(subject)}\nissuer=${formatName(issuer)}\n${formatPem('CERTIFICATE', der)}`;
    });
    const text = [...named, ...crls.map((crl) => formatPem('X509 CRL', crl))].join('');
    writeOutputs([{ path: options.out, data: text, force: options.force }], terminal);
  },
});

const bundleCommand = defineCommand({
  name: 'bundle',
  summary: 'make a .p7b of certificates and CRLs',
  operands: 'FILE...',
  minOperands: 1,
  maxOperands: Number.POSITIVE_INFINITY,
  options: MESSAGE_OPTIONS,
  examples: [
    { purpose: 'a chain', line: 'foxtls cert p7 bundle server.pem ca.pem --out chain.p7b' },
    { purpose: 'with a CRL, in PEM', line: 'foxtls cert p7 bundle ca.pem ca.crl --pem --out chain.p7b' },
  ],
  async run({ options, operands }, terminal) {
    const certificates: Uint8Array[] = [];
    const crls: Uint8Array[] = [];
    for (const path of operands) {
      const blocks = await readBlocks(path, terminal);
      certificates.push(...blocks.filter(({ kind }) => kind === 'certificate').map(({ data }) => data));
      crls.push(...blocks.filter(({ kind }) => kind === 'crl').map(({ data }) => data));
    }
    if (certificates.length + crls.length === 0) throw new CommandFailure('there is no certificate and no CRL in these files');
    writeOutputs([messageOutput('PKCS7', createCertificatesOnly(certificates, crls), options)], terminal);
  },
});

const signCommand = defineCommand({
  name: 'sign',
  summary: 'sign a file',
  operands: 'FILE',
  minOperands: 1,
  maxOperands: 1,
  options: {
    cert: { type: 'string', short: 'c', value: 'FILE', help: "the signer's certificate, and behind it those of its issuers" },
    key: { type: 'string', short: 'k', value: 'FILE', help: 'its private key' },
    ...PASSWORD_OPTIONS,
    detached: { type: 'boolean', help: 'leave the content out: it goes beside the signature' },
    ...MESSAGE_OPTIONS,
  },
  examples: [
    {
      purpose: 'a signature beside a file',
      line: 'foxtls cert p7 sign document.txt --cert me.pem --key me-key.pem --detached --out document.p7s',
    },
    { purpose: 'the file inside', line: 'foxtls cert p7 sign document.txt --cert me.pem --key me-key.pem --out document.p7m' },
  ],
  async run({ options, operands }, terminal) {
    const { cert, key, detached = false } = options;
    if (cert === undefined || key === undefined) throw new UsageError('say who signs: --cert FILE --key FILE');
    const [certificate, ...others] = (await readBlocksOf('certificate', [cert], terminal)).map(({ data }) => data);
    const message = await createSignedData({
      provider: nodeProvider,
      content: await readInput(operands[0] as string, terminal),
      detached,
      signers: [
        {
          certificate: certificate as Uint8Array,
          key: await loadPrivateKey(key, passwordSource(options), terminal),
          signingTime: terminal.now(),
        },
      ],
      certificates: others,
    });
    writeOutputs([messageOutput('CMS', message, options)], terminal);
  },
});

const verifyCommand = defineCommand({
  name: 'verify',
  summary: 'verify a signed message and who signed it',
  operands: 'FILE',
  minOperands: 1,
  maxOperands: 1,
  options: {
    content: { type: 'string', value: 'FILE', help: 'the content, if it is beside the signature' },
    ...TRUST_OPTIONS,
    ...OUT_OPTIONS,
    out: { ...OUT_OPTIONS.out, help: 'where the content goes; nowhere without it' },
  },
  notes: [
    'The signers have to lead to a trusted certificate, for signing mail or for any purpose. The exit code is 0 if all are right, else 1.',
  ],
  examples: [
    { purpose: 'a signature beside a file', line: 'foxtls cert p7 verify document.p7s --content document.txt --ca ca.pem' },
    { purpose: 'the file inside', line: 'foxtls cert p7 verify document.p7m --ca ca.pem --out document.txt' },
  ],
  async run({ options, operands }, terminal) {
    const { content: contentPath, out, force } = options;
    const { certificates: trustAnchors } = loadTrust(options, terminal);
    const message = parseSignedData(await readMessage(operands[0] as string, terminal));
    const content = contentPath === undefined ? {} : { content: await readInput(contentPath, terminal) };
    const verified = await verifySignedData(message, { provider: nodeProvider, ...content });
    let isAllValid = true;
    for (const { certificate, signingTime } of verified.signers) {
      const result = await validateCertificate({
        provider: nodeProvider,
        certificate: certificate.raw,
        intermediates: verified.certificates,
        trustAnchors,
        at: terminal.now(),
        purpose: 'emailProtection',
      });
      isAllValid &&= result.isValid;
      const when = signingTime === undefined ? '' : `, ${signingTime.toISOString()} as they say`;
      terminal.complain(`${result.isValid ? 'signed' : 'signed, but not trusted,'} by ${certificate.subject}${when}`);
      if (!result.isValid) terminal.complain(explain(result));
    }
    if (isAllValid && out !== undefined) writeOutputs([{ path: out, data: verified.content, force }], terminal);
    return isAllValid ? 0 : 1;
  },
});

const ENCRYPTIONS = ['aes-256-gcm', 'aes-128-gcm', 'aes-256-cbc', 'aes-128-cbc'] as const;

const encryptCommand = defineCommand({
  name: 'encrypt',
  summary: 'encrypt a file for the owners of certificates',
  operands: 'FILE',
  minOperands: 1,
  maxOperands: 1,
  options: {
    to: { type: 'string', short: 't', multiple: true, value: 'FILE', help: "a recipient's certificate; may be repeated" },
    cipher: {
      type: 'string',
      choices: ENCRYPTIONS,
      help: 'aes-256-gcm unless given; the CBC ones are for older readers, and nobody notices when such a message is changed',
    },
    ...MESSAGE_OPTIONS,
  },
  examples: [
    { purpose: 'for one', line: 'foxtls cert p7 encrypt document.txt --to friend.pem --out document.p7m' },
    {
      purpose: 'for older programs',
      line: 'foxtls cert p7 encrypt document.txt --to friend.pem --cipher aes-256-cbc --out document.p7m',
    },
  ],
  async run({ options, operands }, terminal) {
    const { to = [], cipher = 'aes-256-gcm' } = options;
    if (to.length === 0) throw new UsageError('say for whom: --to FILE, a certificate');
    const recipients = (await readBlocksOf('certificate', to, terminal)).map(({ data: certificate }) => ({ certificate }));
    const message = await createEnvelopedData({
      provider: nodeProvider,
      content: await readInput(operands[0] as string, terminal),
      recipients,
      contentEncryption: cipher as (typeof ENCRYPTIONS)[number],
    });
    writeOutputs([messageOutput('CMS', message, options)], terminal);
  },
});

const decryptCommand = defineCommand({
  name: 'decrypt',
  summary: 'decrypt a message',
  operands: 'FILE',
  minOperands: 1,
  maxOperands: 1,
  options: {
    cert: { type: 'string', short: 'c', value: 'FILE', help: 'your certificate' },
    key: { type: 'string', short: 'k', value: 'FILE', help: 'its private key' },
    ...PASSWORD_OPTIONS,
    ...OUT_OPTIONS,
  },
  examples: [
    { purpose: 'to a file', line: 'foxtls cert p7 decrypt document.p7m --cert me.pem --key me-key.pem --out document.txt' },
    { purpose: 'to the terminal', line: 'foxtls cert p7 decrypt document.p7m --cert me.pem --key me-key.pem --pass prompt' },
  ],
  async run({ options, operands }, terminal) {
    const { cert, key, out, force } = options;
    if (cert === undefined || key === undefined) throw new UsageError('say who reads: --cert FILE --key FILE');
    const { data: certificate } = await readBlockOf('certificate', cert, terminal);
    const pkcs8 = (await loadPrivateKey(key, passwordSource(options), terminal)).exportPkcs8();
    const decrypter = await nodeProvider.keyEncryption.importDecrypter(pkcs8);
    const message = parseEnvelopedData(await readMessage(operands[0] as string, terminal));
    const { content, isAuthenticated } = await openEnvelopedData(message, { provider: nodeProvider, certificate, decrypter });
    if (!isAuthenticated) terminal.complain('nothing vouches for this content: it could have been changed on its way');
    writeOutputs([{ path: out, data: content, isSecret: true, force }], terminal);
  },
});

export const p7Group: CommandGroup = {
  kind: 'group',
  name: 'p7',
  summary: 'PKCS#7 and CMS: bundles of certificates, signed and encrypted files',
  sections: [
    { title: 'bundles (.p7b)', commands: [certsCommand, bundleCommand] },
    { title: 'messages (.p7m, .p7s)', commands: [signCommand, verifyCommand, encryptCommand, decryptCommand] },
  ],
};

function messageOutput(
  label: 'PKCS7' | 'CMS',
  message: Uint8Array,
  { out, force, pem }: OptionValues<typeof MESSAGE_OPTIONS>,
): Output {
  return { path: out, data: pem ? formatPem(label, message) : message, force };
}

/** PEM or BER. */
async function readMessage(path: string, terminal: Terminal): Promise<Uint8Array> {
  return (await readBlockOf('pkcs7', path, terminal)).data;
}
