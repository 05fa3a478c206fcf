/** `foxtls cert csr`: asks an authority for a certificate (PKCS#10). */

import { createCertificationRequest } from 'foxtls/pkcs';
import { createExtension } from 'foxtls/x509';
import { defineCommand } from '../command/command.ts';
import { writeOutputs } from '../command/files.ts';
import { readPassword } from '../command/password.ts';
import { OUTPUT_OPTIONS, outputOf } from './output-options.ts';
import { KEY_OPTIONS, keyOfOptions } from './private-keys.ts';
import { alternativeNames, SUBJECT_OPTIONS, subjectOf } from './subject-options.ts';

export const csrCommand = defineCommand({
  name: 'csr',
  summary: 'ask for a certificate: a certificate signing request',
  operands: '[NAME...]',
  maxOperands: Number.POSITIVE_INFINITY,
  options: {
    ...SUBJECT_OPTIONS,
    ...KEY_OPTIONS,
    'must-staple': { type: 'boolean', help: 'ask for one whose servers have to staple an OCSP response' },
    challenge: { type: 'string', value: 'SOURCE', help: 'the challenge password, from where --pass takes one' },
    ...OUTPUT_OPTIONS,
  },
  notes: ['NAMEs are the DNS names and IP addresses to ask for. The first is the common name too, unless there is a --subject.'],
  examples: [
    {
      purpose: 'a new key and a request for two names',
      line: 'foxtls cert csr example.com www.example.com --key-out server-key.pem --out server.csr',
    },
    {
      purpose: 'with a key that is there',
      line: 'foxtls cert csr --subject "/C=US/O=Example/CN=example.com" --san DNS:example.com --key server-key.pem --out server.csr',
    },
  ],
  async run({ options, operands }, terminal) {
    const names = alternativeNames(operands, options.san);
    const subject = subjectOf(options.subject, operands);
    const challengePassword = await readPassword({ source: options.challenge, subject: 'the challenge', isNew: true }, terminal);
    const { key, outputs } = await keyOfOptions(options, terminal);
    const request = await createCertificationRequest({
      subject,
      key,
      extensions: [
        ...(names.length === 0 ? [] : [createExtension('subjectAltName', names, { critical: subject.isEmpty })]),
        ...(options['must-staple'] ? [createExtension('tlsFeature', [5])] : []),
      ],
      ...(challengePassword === undefined ? {} : { challengePassword }),
    });
    writeOutputs([...outputs, outputOf('CERTIFICATE REQUEST', request, options)], terminal);
  },
});
