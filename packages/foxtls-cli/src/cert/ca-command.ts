/** `foxtls cert ca`: makes a certificate authority, a root or one below another. */

import { nodeProvider } from 'foxtls/crypto/node';
import { createCertificateAuthority, parseName } from 'foxtls/x509';
import { defineCommand } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { writeOutputs } from '../command/files.ts';
import { parseCount } from '../command/numbers.ts';
import { AUTHORITY_OPTIONS, authorityExtensions } from './extension-options.ts';
import { ISSUER_OPTIONS, issuerOf, SERIAL_OPTIONS, serialNumberFor } from './issuer-options.ts';
import { OUTPUT_OPTIONS, outputOf } from './output-options.ts';
import { KEY_OPTIONS, keyOfOptions } from './private-keys.ts';
import { SUBJECT_OPTIONS, VALIDITY_OPTIONS, validityOf } from './subject-options.ts';

const DEFAULT_DAYS = 3650;

export const caCommand = defineCommand({
  name: 'ca',
  summary: 'make a certificate authority: a root, or one below another',
  operands: '',
  maxOperands: 0,
  options: {
    subject: SUBJECT_OPTIONS.subject,
    ...KEY_OPTIONS,
    ...VALIDITY_OPTIONS,
    ...AUTHORITY_OPTIONS,
    ...ISSUER_OPTIONS,
    ...SERIAL_OPTIONS,
    ...OUTPUT_OPTIONS,
  },
  notes: [
    'Without --ca it signs itself: a root, valid for ten years unless --days says otherwise. With a password, the new key is encrypted; ' +
      "the authority above has a password of its own (--ca-pass), which is asked for if it isn't given.",
  ],
  examples: [
    {
      purpose: 'a root, and its key under a password',
      line: 'foxtls cert ca --subject "CN=Example CA" --key-out ca-key.pem --pass prompt --out ca.pem',
    },
    {
      purpose: 'an authority below it, for one domain and without further ones below',
      line: 'foxtls cert ca -s "CN=Example CA 2" --ca ca.pem --ca-key ca-key.pem --path-length 0 --permit DNS:example.com --key-out ca2-key.pem -o ca2.pem',
    },
  ],
  async run({ options }, terminal) {
    const { subject, 'path-length': pathLength } = options;
    if (subject === undefined) throw new UsageError('say what it is called: --subject "CN=Example CA"');
    const name = parseName(subject);
    const validity = validityOf(options, DEFAULT_DAYS, terminal.now());
    const length = pathLength === undefined ? {} : { pathLength: parseCount(pathLength, '--path-length') };
    const extensions = authorityExtensions(options);
    const issuer = await issuerOf(options, terminal);
    const { key, outputs } = await keyOfOptions(options, terminal);
    const serialNumber = serialNumberFor(options, issuer === undefined ? undefined : options.ca);
    const made = await createCertificateAuthority({
      provider: nodeProvider,
      subject: name,
      key,
      ...validity,
      ...length,
      ...(issuer === undefined ? {} : { issuer }),
      ...(serialNumber === undefined ? {} : { serialNumber }),
      extensions,
    });
    writeOutputs([...outputs, outputOf('CERTIFICATE', made.certificate, options)], terminal);
  },
});
