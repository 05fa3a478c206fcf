/** `foxtls mim-key`: somebody between two ends that agree on a key without knowing whose keys they get; and what a signature changes. */

import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { nodeProvider } from 'foxtls/crypto/node';
import {
  type CreatedCertificate,
  createCertificate,
  createCertificateAuthority,
  parseCertificate,
  validateCertificate,
} from 'foxtls/x509';
import { defineCommand } from '../command/command.ts';
import { createReport, type Report } from '../command/report.ts';
import type { Terminal } from '../command/terminal.ts';
import { createParty, type Kind, openText, type Party, sealText } from './key-substitution.ts';
import { createModelCa, validAt } from './stage.ts';

const ORDER = 'pay 100 to Bob';
const CHANGED = 'pay 9100 to Mallory';
/** Between Alice and Mallory, and between Mallory and Bob. */
const GAP = 28;

export const mimKeyCommand = defineCommand({
  name: 'mim-key',
  summary: 'a key agreement without certificates, and somebody in between',
  operands: '',
  maxOperands: 0,
  options: {
    kind: { type: 'string', choices: ['x25519', 'dh'], help: 'the agreement: on a curve, or in a group of 2048 bits (x25519)' },
    json: { type: 'boolean', help: 'an object for each event, instead of lines' },
  },
  notes: ['Everything is computed here, with keys made for it; nothing is sent anywhere.'],
  examples: [
    { purpose: 'step by step', line: 'foxtls mim-key' },
    { purpose: 'with the numbers of 1976', line: 'foxtls mim-key --kind dh' },
  ],
  async run({ options }, terminal) {
    const report = createReport(options, terminal);
    const kind = (options.kind ?? 'x25519') as Kind;
    playSubstitution(kind, report, terminal);
    await playSignatures(kind, report, terminal);
    const text =
      'a signature over the keys of this very exchange, by a key that a certificate says is Bob’s. That is what CertificateVerify is in TLS, and why the certificate has to be verified. A key agreement alone hides what is said, and not from whom.';
    report.say(`\n${terminal.style.bold('What prevents it:')} ${text}`, { event: 'lesson', text });
  },
});

interface Letters {
  readonly A: Party;
  readonly M: Party;
  readonly B: Party;
}

function playSubstitution(kind: Kind, report: Report, { style }: Terminal): void {
  const parties: Letters = { A: createParty(kind), M: createParty(kind), B: createParty(kind) };
  const { A, M, B } = parties;
  report.say(`${style.bold('1. Each end sends its public key, and Mallory puts another in its place')}\n\n${heads()}`, {
    event: 'scene',
    kind,
  });
  sayKey(report, 'alice', 'mallory', 'A', A);
  sayKey(report, 'mallory', 'bob', 'M', M);
  sayKey(report, 'bob', 'mallory', 'B', B);
  sayKey(report, 'mallory', 'alice', 'M', M);

  const [alice, bob] = [A.agree(M.publicKey), B.agree(M.publicKey)];
  const [withAlice, withBob] = [M.agree(A.publicKey), M.agree(B.publicKey)];
  report.say(`\n${style.bold('2. All of them compute')}\n`, { event: 'scene' });
  const line = (who: string, what: string, key: Buffer) =>
    report.say(`${who.padEnd(9)}${what.padEnd(10)}= ${shown(key)}`, {
      event: 'secret',
      who: who.toLowerCase(),
      of: what,
      key: key.toString('hex'),
    });
  line('Alice', 'a with M', alice);
  line('Mallory', 'm with A', withAlice);
  line('Mallory', 'm with B', withBob);
  line('Bob', 'b with M', bob);
  const isOwned = alice.equals(withAlice) && bob.equals(withBob) && !alice.equals(bob);
  report.say(`\nAlice has a key with Mallory, and so has Bob. They have none with each other.`, {
    event: 'substituted',
    isOwned,
  });

  report.say(`\n${style.bold('3. Alice writes to Bob')}\n\n${heads()}`, { event: 'scene' });
  const sent = sealText(alice, ORDER);
  sayArrow(report, 'alice', 'mallory', shown(sent), { event: 'message', bytes: sent.toString('hex') });
  const read = openText(withAlice, sent) ?? '';
  const passed = sealText(withBob, CHANGED);
  sayArrow(report, 'mallory', 'bob', shown(passed), { event: 'message', bytes: passed.toString('hex') });
  const received = openText(bob, passed) ?? '';
  report.say(
    `\nAlice wrote     ${JSON.stringify(ORDER)}\nMallory read    ${style.red(JSON.stringify(read))}\nBob received    ${style.red(JSON.stringify(received))}, and it was sealed by the key that he has with "Alice"`,
    {
      event: 'read',
      wrote: ORDER,
      mallory: read,
      received,
    },
  );
}

/** Bob signs both keys; Mallory tries what there is to try. */
async function playSignatures(kind: Kind, report: Report, terminal: Terminal): Promise<void> {
  const { style } = terminal;
  const validity = validAt(terminal.now());
  const key = { kind: 'ed25519' } as const;
  const issue = (issuer: CreatedCertificate, name: string) =>
    createCertificate({
      provider: nodeProvider,
      issuer,
      subject: { commonName: name },
      dnsNames: [`${name}.test`],
      key,
      ...validity,
    });
  const root = await createModelCa(terminal.now());
  const own = await createCertificateAuthority({ provider: nodeProvider, subject: { commonName: 'Mallory’s CA' }, ...validity });
  const [bob, mallory, forged] = [await issue(root, 'bob'), await issue(root, 'mallory'), await issue(own, 'bob')];
  const parties: Letters = { A: createParty(kind), M: createParty(kind), B: createParty(kind) };
  const both = (one: Party, other: Party) => Buffer.concat([one.publicKey, other.publicKey]);
  const signed = (by: CreatedCertificate, text: Buffer) => sign(null, text, privateKeyOf(by));
  const ofBob = signed(bob, both(parties.M, parties.B));
  const seen = both(parties.A, parties.M);
  report.say(
    `\n${style.bold('4. The same, but Bob signs the two keys that he saw, and shows a certificate of an authority that Alice trusts')}\n`,
    { event: 'scene' },
  );
  const tries = [
    { title: 'Mallory passes Bob’s signature on', certificate: bob, signature: ofBob },
    { title: 'Mallory signs, with a certificate for mallory.test', certificate: mallory, signature: signed(mallory, seen) },
    {
      title: 'Mallory signs, with a certificate for bob.test that Mallory made',
      certificate: forged,
      signature: signed(forged, seen),
    },
  ];
  for (const { title, certificate, signature } of tries) {
    const problem = await refusalOf(certificate, signature, seen, root, terminal.now());
    report.say(`${title}\n   => Alice: ${problem === undefined ? style.red('it is Bob') : style.green(problem)}`, {
      event: 'attempt',
      title,
      refused: problem !== undefined,
      problem,
    });
  }
  const honest = both(parties.A, parties.B);
  const problem = await refusalOf(bob, signed(bob, honest), honest, root, terminal.now());
  report.say(`Mallory keeps out of it\n   => Alice: ${problem ?? style.green('it is Bob, and the key is his')}`, {
    event: 'attempt',
    title: 'Mallory keeps out of it',
    refused: problem !== undefined,
    problem,
  });
}

/** What Alice says of a certificate and a signature over the keys that she saw. */
async function refusalOf(
  { certificate }: CreatedCertificate,
  signature: Uint8Array,
  keys: Uint8Array,
  root: CreatedCertificate,
  at: Date,
): Promise<string | undefined> {
  const verdict = await validateCertificate({
    provider: nodeProvider,
    certificate,
    trustAnchors: [root.certificate],
    serverName: 'bob.test',
    at,
  });
  if (!verdict.isValid) {
    const isOfOther = verdict.problem.reason === 'name_mismatch';
    return isOfOther ? 'this certificate is not for bob.test' : 'nobody I trust has signed this certificate';
  }
  const publicKey = createPublicKey({ key: Buffer.from(parseCertificate(certificate).publicKey), format: 'der', type: 'spki' });
  return verify(null, keys, publicKey, signature) ? undefined : 'this signature is over other keys than those I have seen';
}

function privateKeyOf({ key }: CreatedCertificate) {
  return createPrivateKey({ key: Buffer.from(key.exportPkcs8()), format: 'der', type: 'pkcs8' });
}

type Who = 'alice' | 'mallory' | 'bob';

function sayKey(report: Report, from: Who, to: Who, letter: string, { publicKey }: Party): void {
  sayArrow(report, from, to, `${letter} = ${shown(publicKey)}`, { event: 'key', letter, publicKey: publicKey.toString('hex') });
}

function heads(): string {
  return `Alice${' '.repeat(GAP)}Mallory${' '.repeat(GAP)}Bob`;
}

function sayArrow(
  report: Report,
  from: Who,
  to: Who,
  text: string,
  facts: { readonly event: string } & Record<string, string>,
): void {
  const isLeft = from === 'alice' || to === 'alice';
  const isRightward = from === 'alice' || to === 'bob';
  const words = `─ ${text} ─`;
  const line = isRightward ? `${words.padEnd(GAP + 1, '─')}▶` : `◀${words.padStart(GAP + 1, '─')}`;
  const indent = isLeft ? 2 : 2 + GAP + 8;
  report.say(`${' '.repeat(indent)}${line}`, { ...facts, from, to });
}

function shown(bytes: Uint8Array): string {
  return `${Buffer.from(bytes.subarray(0, 6)).toString('hex')}…`;
}
