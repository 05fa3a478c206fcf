/** `foxtls cert crl`: an authority's list of revoked certificates, and asking one. */

import { existsSync } from 'node:fs';
import { nodeProvider } from 'foxtls/crypto/node';
import {
  createCertificateRevocationList,
  parseCertificate,
  parseCertificateRevocationList,
  type RevocationEntry,
  type RevocationReason,
} from 'foxtls/x509';
import { defineCommand } from '../command/command.ts';
import { CommandFailure, UsageError } from '../command/failure.ts';
import { writeOutputs } from '../command/files.ts';
import { parseCount } from '../command/numbers.ts';
import type { Terminal } from '../command/terminal.ts';
import { readBlockOf, readBlocksOf } from './blocks.ts';
import { ISSUER_OPTIONS, issuerOf } from './issuer-options.ts';
import { OUTPUT_OPTIONS, outputOf } from './output-options.ts';
import { parseSerialNumber } from './serial-file.ts';
import { parseDate } from './subject-options.ts';

const DEFAULT_DAYS = 7;
const DAY = 24 * 60 * 60 * 1000;

/** As the command line calls them; `removeFromCRL` is for delta CRLs. */
const REASONS: Readonly<Record<string, RevocationReason>> = {
  unspecified: 'unspecified',
  keyCompromise: 'keyCompromise',
  CACompromise: 'cACompromise',
  affiliationChanged: 'affiliationChanged',
  superseded: 'superseded',
  cessationOfOperation: 'cessationOfOperation',
  certificateHold: 'certificateHold',
  removeFromCRL: 'removeFromCRL',
  privilegeWithdrawn: 'privilegeWithdrawn',
  AACompromise: 'aACompromise',
};

export const crlCommand = defineCommand({
  name: 'crl',
  summary: "make an authority's list of revoked certificates, or add to it",
  operands: '',
  maxOperands: 0,
  options: {
    ...ISSUER_OPTIONS,
    revoke: {
      type: 'string',
      short: 'r',
      multiple: true,
      value: 'CERTIFICATE[:REASON]',
      help: `a file with the certificate to revoke, or its serial number in hexadecimal; REASON is one of ${Object.keys(REASONS).join(', ')}; may be repeated`,
    },
    in: { type: 'string', short: 'i', value: 'FILE', help: 'the CRL to go on from: its entries stay, its number counts up' },
    number: { type: 'string', value: 'N', help: 'the number of this CRL (one more than that of --in, or 1)' },
    days: { type: 'string', short: 'd', value: 'DAYS', help: `when the next one comes (${DEFAULT_DAYS})` },
    from: { type: 'string', value: 'DATE', help: 'when it is issued (now)' },
    ...OUTPUT_OPTIONS,
  },
  notes: ['foxtls cert show prints a CRL. With --in and --out the same file, add --force.'],
  examples: [
    {
      purpose: 'the first one, with one certificate',
      line: 'foxtls cert crl --ca ca.pem --ca-key ca-key.pem --revoke server.pem:keyCompromise --out ca.crl',
    },
    {
      purpose: 'the next one, with one more',
      line: 'foxtls cert crl --ca ca.pem --ca-key ca-key.pem --in ca.crl --revoke 4D2F --out ca.crl --force',
    },
  ],
  async run({ options }, terminal) {
    const { revoke = [], in: previousPath, number, days } = options;
    const issuer = await issuerOf(options, terminal);
    if (issuer === undefined) throw new UsageError('say who signs: --ca FILE --ca-key FILE');
    const thisUpdate = options.from === undefined ? wholeSeconds(terminal.now()) : parseDate(options.from, '--from');
    const nextUpdate = new Date(thisUpdate.getTime() + (days === undefined ? DEFAULT_DAYS : parseCount(days, '--days')) * DAY);
    const previous = previousPath === undefined ? undefined : await readPrevious(previousPath, issuer.certificate, terminal);
    const entries = new Map((previous?.entries ?? []).map((entry) => [entry.serialNumber, entry]));
    for (const text of revoke) {
      const entry = await entryOf(text, thisUpdate, issuer.certificate, terminal);
      entries.set(entry.serialNumber, entry);
    }
    const crl = await createCertificateRevocationList({
      issuer,
      thisUpdate,
      nextUpdate,
      number: number === undefined ? (previous?.number ?? 0n) + 1n : BigInt(parseCount(number, '--number')),
      revoked: entries.values(),
    });
    writeOutputs([outputOf('X509 CRL', crl, options)], terminal);
  },
});

async function readPrevious(path: string, issuer: Uint8Array, terminal: Terminal) {
  const crl = parseCertificateRevocationList((await readBlockOf('crl', path, terminal)).data);
  const { subject, publicKey } = parseCertificate(issuer);
  if (!crl.issuer.equals(subject)) throw new CommandFailure(`${path} is of another authority (${crl.issuer})`);
  const key = await nodeProvider.keys.importPublicKey(publicKey);
  const isSigned =
    crl.signatureAlgorithm !== undefined && (await key.verify(crl.signatureAlgorithm, crl.tbsCertList, crl.signature));
  if (!isSigned) throw new CommandFailure(`${path} is not signed by this authority (${subject})`);
  const entries = Array.from(
    crl.revokedCertificates,
    ({ serialNumber, revocationDate, reason, invalidityDate }): RevocationEntry => ({
      serialNumber,
      revocationDate,
      reason,
      invalidityDate,
    }),
  );
  return { entries, number: crl.known.cRLNumber };
}

async function entryOf(text: string, revocationDate: Date, issuer: Uint8Array, terminal: Terminal): Promise<RevocationEntry> {
  const [, what = text, word] = /^(.*?)(?::([A-Za-z]+))?$/s.exec(text) ?? [];
  const reason = word === undefined ? undefined : reasonOf(word);
  if (!existsSync(what))
    return { serialNumber: hexOf(parseSerialNumber(what, '--revoke (no such file)')), revocationDate, reason };
  const entries = (await readBlocksOf('certificate', [what], terminal)).map(({ data }) => parseCertificate(data));
  const certificate = entries[0] as (typeof entries)[number];
  const { subject } = parseCertificate(issuer);
  if (!certificate.issuer.equals(subject))
    throw new CommandFailure(`${what} was issued by ${certificate.issuer}, not by ${subject}`);
  return { serialNumber: certificate.serialNumber, revocationDate, reason };
}

function reasonOf(word: string): RevocationReason {
  const found = Object.entries(REASONS).find(([name]) => name.toLowerCase() === word.toLowerCase());
  if (found === undefined) throw new UsageError(`${JSON.stringify(word)} is no reason: ${Object.keys(REASONS).join(', ')}`);
  return found[1];
}

/** As `Certificate.serialNumber` has it. */
function hexOf(content: Uint8Array): string {
  return Buffer.from(content.length > 1 && content[0] === 0 ? content.subarray(1) : content)
    .toString('hex')
    .toUpperCase();
}

function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}
