/** `foxtls tamper`: certificates that were changed, that have expired, that nobody vouches for; each shown to a client that verifies. */

import type { PrivateKey } from 'foxtls/crypto';
import { nodeProvider } from 'foxtls/crypto/node';
import { type CreatedCertificate, createCertificate, createName, parseCertificate } from 'foxtls/x509';
import { defineCommand } from '../command/command.ts';
import { createReport, type Report } from '../command/report.ts';
import type { Terminal } from '../command/terminal.ts';
import { type Change, extendValidity, flipSignatureBit, replaceKey, replaceText } from './changes.ts';
import { attemptToConnect, createModelCa, indented, startListener, trustIn, validAt } from './stage.ts';

const HOST = 'bank32.com';
const DAY = 24 * 60 * 60 * 1000;

const CASES = ['untouched', 'name', 'key', 'dates', 'signature', 'other-ca', 'expired', 'missing-ca'] as const;
type CaseName = (typeof CASES)[number];

const SIGNATURE_LESSON =
  'The signature of the authority is over every byte of the certificate: who changes one needs the key of the authority to sign again.';

const LESSONS: Readonly<Record<CaseName, string>> = {
  untouched: 'Nothing to prevent: this is how it should be.',
  name: SIGNATURE_LESSON,
  key: SIGNATURE_LESSON,
  dates: SIGNATURE_LESSON,
  signature: 'A signature fits, or it does not: there is no almost.',
  'other-ca': 'A name proves nothing: the client checks the signature by the key of the authority that it has itself.',
  expired: 'Renew in time (foxtls cert sign); a client that passes over dates takes keys that were stolen long ago.',
  'missing-ca':
    'Give the client the certificate of the authority (--ca, or a folder with hashed names), and never less than that.',
};

interface Cast {
  readonly root: CreatedCertificate;
  readonly bank: CreatedCertificate;
  readonly expired: CreatedCertificate;
  readonly ofOther: CreatedCertificate;
  readonly attacker: CreatedCertificate;
}

interface Scene {
  readonly title: string;
  readonly certificate: Uint8Array;
  readonly key: PrivateKey;
  readonly host: string;
  readonly change?: Change;
  readonly trusts: boolean;
}

export const tamperCommand = defineCommand({
  name: 'tamper',
  summary: 'change a certificate in every way, and see what becomes of it',
  operands: '',
  maxOperands: 0,
  options: {
    case: {
      type: 'string',
      choices: CASES,
      help: 'one of them only; then the exit code is that of the client: 1 when it refuses',
    },
    json: { type: 'boolean', help: 'an object for each event, instead of lines' },
  },
  notes: [
    'Each certificate is shown in a real handshake, on this machine, to a client that trusts the authority; authority, server and client are made for it.',
  ],
  examples: [
    { purpose: 'all of them', line: 'foxtls tamper' },
    { purpose: 'one byte of the name', line: 'foxtls tamper --case name' },
  ],
  async run({ options }, terminal) {
    const report = createReport(options, terminal);
    const cast = await createCast(terminal.now());
    const only = options.case as CaseName | undefined;
    let connected = true;
    for (const [i, name] of (only === undefined ? CASES : [only]).entries()) {
      if (i > 0) report.say('', { event: 'next' });
      connected = await playCase(name, i + 1, cast, report, terminal);
    }
    return only === undefined || connected ? 0 : 1;
  },
});

async function createCast(now: Date): Promise<Cast> {
  const [root, other] = [await createModelCa(now), await createModelCa(now)];
  const subject = createName({ country: 'US', organization: 'Bank32 Inc.', commonName: HOST });
  const common = { provider: nodeProvider, subject, dnsNames: [HOST] };
  const past = { validFrom: new Date(now.getTime() - 400 * DAY), validTo: new Date(now.getTime() - DAY) };
  const bank = await createCertificate({ ...common, issuer: root, ...validAt(now) });
  const expired = await createCertificate({ ...common, issuer: root, key: bank.key, ...past });
  const ofOther = await createCertificate({ ...common, issuer: other, key: bank.key, ...validAt(now) });
  const attacker = await createCertificate({ ...common, issuer: other, ...validAt(now) });
  return { root, bank, expired, ofOther, attacker };
}

function sceneOf(name: CaseName, { bank, expired, ofOther, attacker }: Cast): Scene {
  const { certificate, key } = bank;
  const common = { certificate, key, host: HOST, trusts: true };
  const changed = (title: string, change: Change, host = HOST): Scene => ({
    ...common,
    title,
    change,
    certificate: change.certificate,
    host,
  });
  switch (name) {
    case 'untouched':
      return { ...common, title: 'The certificate as it was issued' };
    case 'name':
      return changed('Another name in it', replaceText(certificate, HOST, 'evil32.com'), 'evil32.com');
    case 'key':
      return {
        ...changed('The key of an attacker in it', replaceKey(certificate, parseCertificate(attacker.certificate).publicKey)),
        key: attacker.key,
      };
    case 'dates':
      return changed('An expired one, with later dates in it', extendValidity(expired.certificate, 10));
    case 'signature':
      return changed('One bit of its signature', flipSignatureBit(certificate));
    case 'other-ca':
      return { ...common, title: 'The same, signed by another authority of the same name', certificate: ofOther.certificate };
    case 'expired':
      return { ...common, title: 'An expired one', certificate: expired.certificate };
    case 'missing-ca':
      return { ...common, title: 'The right one, for a client without the authority', trusts: false };
  }
}

/** Whether the client connected. */
async function playCase(name: CaseName, number: number, cast: Cast, report: Report, { style }: Terminal): Promise<boolean> {
  const { title, certificate, key, host, change, trusts } = sceneOf(name, cast);
  report.say(style.bold(`${number}. ${title}`), { event: 'case', case: name, title });
  if (change !== undefined) {
    const { offset, before, after } = change;
    report.say(`   byte ${offset}: ${before} -> ${after}`, { event: 'change', offset, before, after });
  }
  const listener = await startListener([certificate], key);
  try {
    const trust = trusts ? trustIn(cast.root.certificate) : trustIn();
    const request = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    const { connected, problem } = await attemptToConnect(
      { host, target: listener.target, trust, mode: 'abort', checksHost: true, request },
      indented(report),
    );
    const verdict = connected === (name === 'untouched') ? style.green : style.red;
    report.say(`   => ${verdict(connected ? 'accepted' : `refused: ${problem}`)}`, {
      event: 'outcome',
      case: name,
      connected,
      problem,
    });
    report.say(`   ${LESSONS[name]}`, { event: 'lesson', text: LESSONS[name] });
    return connected;
  } finally {
    await listener.close();
  }
}
