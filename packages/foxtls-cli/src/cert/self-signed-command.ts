/** `foxtls cert self-signed`: a key and a certificate that signs itself. */

import { nodeProvider } from 'foxtls/crypto/node';
import { createSelfSigned } from 'foxtls/x509';
import { defineCommand } from '../command/command.ts';
import { writeOutputs } from '../command/files.ts';
import { commonExtensions, END_ENTITY_OPTIONS, purposesOf } from './extension-options.ts';
import { SERIAL_OPTIONS, serialNumberFor } from './issuer-options.ts';
import { OUTPUT_OPTIONS, outputOf } from './output-options.ts';
import { KEY_OPTIONS, keyOfOptions } from './private-keys.ts';
import { alternativeNames, SUBJECT_OPTIONS, subjectOf, VALIDITY_OPTIONS, validityOf } from './subject-options.ts';

const DEFAULT_DAYS = 365;

export const selfSignedCommand = defineCommand({
  name: 'self-signed',
  summary: 'make a certificate that signs itself, for tests and for peers that pin it',
  operands: '[NAME...]',
  maxOperands: Number.POSITIVE_INFINITY,
  options: {
    ...SUBJECT_OPTIONS,
    ...KEY_OPTIONS,
    ...VALIDITY_OPTIONS,
    ...END_ENTITY_OPTIONS,
    serial: SERIAL_OPTIONS.serial,
    ...OUTPUT_OPTIONS,
  },
  notes: [
    'NAMEs are the DNS names and IP addresses that it is for. The first is the common name too, unless there is a --subject.',
  ],
  examples: [
    {
      purpose: 'for this machine',
      line: 'foxtls cert self-signed localhost 127.0.0.1 ::1 --key-out key.pem --out certificate.pem',
    },
    {
      purpose: 'with an RSA key, for a year, as tutorials have it',
      line: 'foxtls cert self-signed --subject "/C=US/O=Example/CN=example.com" --san DNS:example.com -t rsa:2048 --key-out key.pem --days 365 -o certificate.pem',
    },
  ],
  async run({ options, operands }, terminal) {
    const names = alternativeNames(operands, options.san);
    const subject = subjectOf(options.subject, operands);
    const validity = validityOf(options, DEFAULT_DAYS, terminal.now());
    const purposes = purposesOf(options.purpose);
    const extensions = commonExtensions(options);
    const serialNumber = serialNumberFor(options, undefined);
    const { key, outputs } = await keyOfOptions(options, terminal);
    const made = await createSelfSigned({
      provider: nodeProvider,
      subject,
      alternativeNames: names,
      key,
      ...validity,
      purposes,
      extensions,
      ...(serialNumber === undefined ? {} : { serialNumber }),
    });
    writeOutputs([...outputs, outputOf('CERTIFICATE', made.certificate, options)], terminal);
  },
});
