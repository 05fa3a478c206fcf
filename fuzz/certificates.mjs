/**
 * A million changed certificates: each is read, and if it can be read, validated. Nothing but `DecodeError` may come out of reading,
 * nothing at all out of validation, which answers with a result, and nothing is valid but what the changes left as it was.
 *
 *     node fuzz/certificates.mjs [--count 1000000] [--seed N]
 *
 * Prints the seed, what became of the inputs, and the slowest of them. An input that breaks the rule ends the run, is printed in
 * hexadecimal, and makes the exit code 1.
 */

import { rootCertificates } from 'node:tls';
import { parseArgs } from 'node:util';
import { DecodeError } from 'foxtls';
import { parsePem } from 'foxtls/asn1';
import { nodeProvider as provider } from 'foxtls/crypto/node';
import { createCertificate, createCertificateAuthority, parseCertificate, validateCertificateSync } from 'foxtls/x509';
import { mutated, seeded } from './mutate.mjs';

const { values: args } = parseArgs({
  options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string', default: String(Date.now() % 2 ** 31) } },
});
const count = Number(args.count);
const below = seeded(Number(args.seed));
const at = new Date('2026-06-01');

/** Ours with many extensions, and those that browsers trust, of many makes. */
async function makeCorpus() {
  const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2027-01-01') };
  const root = await createCertificateAuthority({ provider, subject: { commonName: 'Root' }, ...dates });
  const intermediate = await createCertificateAuthority({ provider, issuer: root, subject: { commonName: 'Issuing' }, ...dates });
  const names = { dnsNames: ['www.example.com', '*.example.org'], ipAddresses: ['192.0.2.1', '2001:db8::1'] };
  const leaf = await createCertificate({ provider, issuer: intermediate, ...names, ...dates });
  const ours = [leaf, intermediate, root].map(({ certificate }) => Uint8Array.from(certificate));
  const theirs = rootCertificates.map((pem) => Uint8Array.from(parsePem(pem)[0].data));
  return { ours, corpus: [...ours, ...ours, ...theirs] };
}

function tryOne(bytes, [leaf, intermediate, root]) {
  try {
    parseCertificate(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return 'refused by the reader';
    throw error;
  }
  const chain = { certificate: bytes, intermediates: [intermediate], trustAnchors: [root] };
  const { isValid } = validateCertificateSync({ provider, ...chain, at, serverName: 'www.example.com' });
  if (!isValid) return 'read, and not valid';
  if (Buffer.compare(bytes, leaf) !== 0) throw new Error('a changed certificate is valid');
  return 'not changed, and valid';
}

console.log(`seed ${args.seed}: node fuzz/certificates.mjs --count ${count} --seed ${args.seed}`);
const { ours, corpus } = await makeCorpus();
const outcomes = new Map();
const slowest = { milliseconds: 0, length: 0 };
const started = performance.now();
for (let i = 0; i < count; i++) {
  const bytes = mutated(corpus, below);
  const before = performance.now();
  try {
    const outcome = tryOne(bytes, ours);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  } catch (error) {
    console.error(`input ${i} broke the rule: ${Buffer.from(bytes).toString('hex')}`);
    throw error;
  }
  const milliseconds = performance.now() - before;
  if (milliseconds > slowest.milliseconds) Object.assign(slowest, { milliseconds, length: bytes.length });
  if (process.stderr.isTTY && i % 10_000 === 0) process.stderr.write(`\r${i} of ${count}`);
}
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
for (const [outcome, number] of outcomes) console.log(`${number} ${outcome}`);
const seconds = (performance.now() - started) / 1000;
console.log(
  `${count} in ${seconds.toFixed(0)} s; the slowest took ${slowest.milliseconds.toFixed(1)} ms (${slowest.length} bytes)`,
);
