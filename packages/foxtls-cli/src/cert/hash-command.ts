/** `foxtls cert hash` and `foxtls cert rehash`: the names by which OpenSSL finds certificates in a folder. */

import { createHash } from 'node:crypto';
import { rehashFolder } from 'foxtls/node';
import { type Name, parseCertificate, parseCertificateRevocationList, subjectHash, subjectHashOld } from 'foxtls/x509';
import { defineCommand } from '../command/command.ts';
import { CommandFailure } from '../command/failure.ts';
import { type Block, readBlocks } from './blocks.ts';

const sha1 = { digest: (data: Uint8Array) => new Uint8Array(createHash('sha1').update(data).digest()) };
const md5 = { digest: (data: Uint8Array) => new Uint8Array(createHash('md5').update(data).digest()) };

export const hashCommand = defineCommand({
  name: 'hash',
  summary: "print the hash of a certificate's subject, or of a CRL's issuer",
  operands: '[FILE...]',
  maxOperands: Number.POSITIVE_INFINITY,
  options: {
    old: { type: 'boolean', help: 'the hash of OpenSSL before 1.0.0 (MD5)' },
    issuer: { type: 'boolean', help: "that of the issuer instead of the subject's" },
  },
  notes: [
    'With several certificates, each line names its certificate behind the hash. foxtls cert rehash makes the links of a whole folder.',
  ],
  examples: [
    { purpose: 'the name of the link to a root', line: 'ln -s root.pem "$(foxtls cert hash root.pem).0"' },
    { purpose: 'as OpenSSL 0.9 has it', line: 'foxtls cert hash --old root.pem' },
  ],
  async run({ options, operands }, terminal) {
    const { old, issuer } = options;
    const named: { readonly name: Name; readonly place: string }[] = [];
    for (const path of operands.length === 0 ? ['-'] : operands) {
      const blocks = await readBlocks(path, terminal);
      const found = blocks
        .flatMap((block) => nameOf(block, issuer) ?? [])
        .map((name, i) => ({ name, place: `${path}${i === 0 ? '' : ` (${i + 1})`}` }));
      if (found.length === 0) throw new CommandFailure(`${path} has no certificate and no CRL`);
      named.push(...found);
    }
    for (const { name, place } of named) {
      const hash = old ? subjectHashOld(name, md5) : subjectHash(name, sha1);
      terminal.write(named.length === 1 ? `${hash}\n` : `${hash} ${place}\n`);
    }
  },
});

export const rehashCommand = defineCommand({
  name: 'rehash',
  summary: 'give the certificates and CRLs of a folder their hashed names',
  operands: 'FOLDER...',
  minOperands: 1,
  maxOperands: Number.POSITIVE_INFINITY,
  options: {
    old: { type: 'boolean', help: 'the names of OpenSSL before 1.0.0' },
    compat: { type: 'boolean', help: 'both, the new names and the old' },
    copy: { type: 'boolean', help: 'copies instead of links' },
  },
  notes: [
    'Removes the hashed links that are there, then links each .pem, .crt, .cer and .crl that holds exactly one certificate or CRL. The files themselves stay as they are.',
  ],
  examples: [
    { purpose: 'a folder for openssl -CApath and foxtls --ca', line: 'foxtls cert rehash certs' },
    { purpose: 'for old and new versions of OpenSSL', line: 'foxtls cert rehash --compat certs' },
  ],
  async run({ options, operands }, terminal) {
    const { old, compat, copy = false } = options;
    for (const folder of operands) {
      const report = rehashFolder(folder, { hash: compat ? 'both' : old ? 'old' : 'new', copy });
      for (const { name, file } of report.made) terminal.write(`${file} => ${name}\n`);
      for (const { file, reason } of report.skipped) terminal.complain(`left out: ${file}: ${reason}`);
    }
  },
});

function nameOf({ kind, data }: Block, wantsIssuer = false): Name | undefined {
  if (kind === 'crl') return parseCertificateRevocationList(data).issuer;
  if (kind !== 'certificate') return undefined;
  const { subject, issuer } = parseCertificate(data);
  return wantsIssuer ? issuer : subject;
}
