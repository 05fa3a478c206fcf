/** The authority that signs, and the serial numbers that it gives, as options. */

import type { CertificateIssuer } from 'foxtls/x509';
import { parseCertificate } from 'foxtls/x509';
import type { OptionTable, OptionValues } from '../command/command.ts';
import { CommandFailure, UsageError } from '../command/failure.ts';
import { PASSWORD_FORMS } from '../command/password.ts';
import type { Terminal } from '../command/terminal.ts';
import { readBlockOf } from './blocks.ts';
import { loadPrivateKey } from './private-keys.ts';
import { nextSerialNumber, parseSerialNumber } from './serial-file.ts';

export const ISSUER_OPTIONS = {
  ca: { type: 'string', value: 'FILE', help: "the authority's certificate" },
  'ca-key': { type: 'string', value: 'FILE', help: "the authority's private key" },
  'ca-pass': { type: 'string', value: 'SOURCE', help: `its password: ${PASSWORD_FORMS}` },
} as const satisfies OptionTable;

export const SERIAL_OPTIONS = {
  serial: { type: 'string', value: 'HEX', help: 'the serial number (a random one)' },
  'serial-file': {
    type: 'string',
    value: 'FILE',
    help: 'the last serial number is kept there and counted up, as by openssl -CAserial; made if it is not there',
  },
} as const satisfies OptionTable;

/** The authority that `--ca` and `--ca-key` name; undefined without them. */
export async function issuerOf(
  { ca, 'ca-key': caKey, 'ca-pass': source }: OptionValues<typeof ISSUER_OPTIONS>,
  terminal: Terminal,
): Promise<CertificateIssuer | undefined> {
  if (ca === undefined && caKey === undefined) return undefined;
  if (ca === undefined) throw new UsageError('--ca FILE is missing beside --ca-key: the certificate of the authority');
  const { data: certificate } = await readBlockOf('certificate', ca, terminal);
  const { isCa, subject, publicKey } = parseCertificate(certificate);
  if (!isCa) throw new CommandFailure(`${ca} is not the certificate of an authority (${subject})`);
  const key = await loadPrivateKey(caKey ?? ca, source, terminal);
  if (Buffer.compare(key.publicKey.spki, publicKey) !== 0) {
    throw new CommandFailure(`${caKey ?? ca} is not the key of ${ca} (${subject})`);
  }
  return { certificate, key };
}

/** The serial number that was asked for; undefined for a random one. Counts the file up. */
export function serialNumberFor(
  { serial, 'serial-file': file }: OptionValues<typeof SERIAL_OPTIONS>,
  ca: string | undefined,
): Uint8Array | undefined {
  if (serial !== undefined && file !== undefined) throw new UsageError('give --serial or --serial-file, not both');
  if (file !== undefined && ca === undefined)
    throw new UsageError('--serial-file is for certificates that an authority signs: --ca FILE');
  if (serial !== undefined) return parseSerialNumber(serial, '--serial');
  return file === undefined ? undefined : nextSerialNumber(file);
}
