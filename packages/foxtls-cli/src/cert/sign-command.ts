/** `foxtls cert sign`: an authority answers a request with a certificate. */

import { nodeProvider } from 'foxtls/crypto/node';
import { parseCertificationRequest, verifyCertificationRequest } from 'foxtls/pkcs';
import { createExtension, issueRequested, parseName } from 'foxtls/x509';
import { defineCommand } from '../command/command.ts';
import { CommandFailure, UsageError } from '../command/failure.ts';
import { writeOutputs } from '../command/files.ts';
import { parseCount } from '../command/numbers.ts';
import { readBlockOf } from './blocks.ts';
import { AUTHORITY_OPTIONS, authorityExtensions, commonExtensions, END_ENTITY_OPTIONS, purposesOf } from './extension-options.ts';
import { ISSUER_OPTIONS, issuerOf, SERIAL_OPTIONS, serialNumberFor } from './issuer-options.ts';
import { OUTPUT_OPTIONS, outputOf } from './output-options.ts';
import { alternativeNames, SUBJECT_OPTIONS, VALIDITY_OPTIONS, validityOf } from './subject-options.ts';

const DEFAULT_DAYS = 365;

export const signCommand = defineCommand({
  name: 'sign',
  summary: 'sign a request with an authority',
  operands: 'REQUEST',
  minOperands: 1,
  maxOperands: 1,
  options: {
    ...ISSUER_OPTIONS,
    ...VALIDITY_OPTIONS,
    ...SERIAL_OPTIONS,
    subject: { ...SUBJECT_OPTIONS.subject, help: 'another subject than the one that is asked for' },
    san: { ...SUBJECT_OPTIONS.san, help: 'these alternative names instead of those that are asked for; may be repeated' },
    'no-san': { type: 'boolean', help: 'leave out the alternative names that are asked for' },
    authority: { type: 'boolean', help: 'make the one who asks an authority' },
    ...END_ENTITY_OPTIONS,
    ...AUTHORITY_OPTIONS,
    ...OUTPUT_OPTIONS,
  },
  notes: [
    'From the request come its key, its subject, its alternative names and must-staple; nothing else that it asks for. Whether the names belong to the ' +
      'one who asks is for you to find out first. Without --serial or --serial-file the serial number is random.',
  ],
  examples: [
    {
      purpose: 'for a year, counting serial numbers in a file',
      line: 'foxtls cert sign server.csr --ca ca.pem --ca-key ca-key.pem --days 365 --serial-file ca.srl --out server.pem',
    },
    {
      purpose: 'a client certificate',
      line: 'foxtls cert sign client.csr --ca ca.pem --ca-key ca-key.pem --purpose client --out client.pem',
    },
  ],
  async run({ options, operands }, terminal) {
    const { san, 'no-san': withoutSan, authority, 'path-length': pathLength } = options;
    const block = await readBlockOf('request', operands[0] as string, terminal);
    const request = await verifyCertificationRequest(parseCertificationRequest(block.data), nodeProvider);
    const issuer = await issuerOf(options, terminal);
    if (issuer === undefined) throw new UsageError('say who signs: --ca FILE --ca-key FILE');
    const validity = validityOf(options, DEFAULT_DAYS, terminal.now());
    const subject = options.subject === undefined ? request.subject : parseName(options.subject);
    const replaced =
      san === undefined ? [] : [createExtension('subjectAltName', alternativeNames([], san), { critical: subject.isEmpty })];
    if (pathLength !== undefined && !authority) throw new UsageError('--path-length is for authorities: --authority');
    if (authority && subject.isEmpty) throw new CommandFailure('an authority needs a subject: --subject "CN=Example CA"');
    const serialNumber = serialNumberFor(options, options.ca);
    const certificate = await issueRequested({
      provider: nodeProvider,
      request,
      issuer,
      subject,
      acceptedExtensions: withoutSan ? ['tlsFeature'] : ['subjectAltName', 'tlsFeature'],
      ...validity,
      purposes: authority && options.purpose === undefined ? [] : purposesOf(options.purpose),
      extensions: [
        ...replaced,
        ...(authority ? authorityBase(pathLength) : []),
        ...(authority ? authorityExtensions(options) : commonExtensions(options)),
      ],
      ...(serialNumber === undefined ? {} : { serialNumber }),
    });
    writeOutputs([outputOf('CERTIFICATE', certificate, options)], terminal);
  },
});

function authorityBase(pathLength: string | undefined) {
  const length = pathLength === undefined ? {} : { pathLenConstraint: parseCount(pathLength, '--path-length') };
  return [
    createExtension('basicConstraints', { cA: true, ...length }),
    createExtension('keyUsage', new Set(['keyCertSign', 'cRLSign'] as const)),
  ];
}
