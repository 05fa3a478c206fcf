/**
 * A million changed CRLs, OCSP responses and OCSP requests: each is read; CRLs and responses are judged, as they came and with the inside changed
 * and signed again; requests are answered. Nothing but `DecodeError` may come out of reading, and nothing at all out of judging and answering.
 *
 *     node fuzz/revocation.mjs [--count 1000000] [--seed N]
 *
 * Prints the seed, what became of the inputs, and the slowest of them. An input that breaks the rule ends the run, is printed in
 * hexadecimal, and makes the exit code 1.
 */

import { parseArgs } from 'node:util';
import { DecodeError } from 'foxtls';
import { any, decodeDer, encodeDer, explicit, octetAlignedBitString, octetString, sequence } from 'foxtls/asn1';
import { nodeProvider as provider } from 'foxtls/crypto/node';
import {
  createCertificate,
  createCertificateAuthority,
  createCertificateRevocationList,
  createDistributionPoint,
  createExtension,
  createOcspRequest,
  createOcspResponder,
  createOcspResponse,
  createRevocationChecker,
  parseCertificateRevocationList,
  parseOcspRequest,
  parseOcspResponse,
  validateCertificateSync,
} from 'foxtls/x509';
import { mutated, seeded } from './mutate.mjs';

const { values: args } = parseArgs({
  options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string', default: String(Date.now() % 2 ** 31) } },
});
const count = Number(args.count);
const below = seeded(Number(args.seed));
const now = new Date('2026-06-01T12:00:00Z');
const [earlier, later] = [new Date('2026-06-01T11:00:00Z'), new Date('2026-06-01T13:00:00Z')];
const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2027-01-01') };
const ECDSA = { kind: 'ecdsa', hash: 'sha256' };

const ca = await createCertificateAuthority({ provider, subject: { commonName: 'CA' }, ...dates });
const leaf = await createCertificate({
  provider,
  issuer: ca,
  dnsNames: ['www.example.com'],
  extensions: [createExtension('cRLDistributionPoints', [createDistributionPoint('http://ca.example/ca.crl')])],
  ...dates,
});

const uri = { kind: 'uniformResourceIdentifier', value: 'http://ca.example/ca.crl' };
const list = (fields) =>
  createCertificateRevocationList({ issuer: ca, number: 1, thisUpdate: earlier, nextUpdate: later, revoked: [], ...fields });
const lists = await Promise.all([
  list({}),
  list({ revoked: [{ serialNumber: '01', revocationDate: earlier, reason: 'superseded', invalidityDate: earlier }] }),
  list({ issuingDistributionPoint: { distributionPoint: { kind: 'fullName', value: [uri] }, indirectCRL: true } }),
  list({ number: 2, deltaOf: 1, freshestCrlUris: ['http://ca.example/delta.crl'] }),
]);
const about = { certificate: leaf.certificate, issuer: ca.certificate, thisUpdate: earlier, nextUpdate: later };
const respond = (answer, fields) =>
  createOcspResponse({ provider, responder: ca, producedAt: earlier, answers: [{ ...about, ...answer }], ...fields });
const responses = await Promise.all([
  respond({ status: 'good' }, { certificates: [] }),
  respond(
    { status: 'revoked', revocationDate: earlier, reason: 'keyCompromise' },
    { responderId: 'byName', nonce: new Uint8Array(32) },
  ),
]);
const certificates = [{ certificate: leaf.certificate, issuer: ca.certificate }];
const requests = [
  createOcspRequest({ provider, certificates }),
  createOcspRequest({ provider, certificates, nonce: new Uint8Array(16) }),
];
const responder = createOcspResponder({ provider, issuer: ca.certificate, responder: ca, lookUp: () => ({ status: 'good' }) });

const signed = sequence({ data: any, algorithm: any, signature: octetAlignedBitString });
const response = sequence({ status: any, bytes: explicit(0, sequence({ type: any, response: octetString })) });

/** With its inside changed, and signed again by the authority. */
function resigned(bytes, kind) {
  const outer = kind === 'response' ? decodeDer(response, bytes, 'response') : undefined;
  const { data, algorithm } = decodeDer(signed, outer === undefined ? bytes : outer.bytes.response, 'signed');
  const changed = mutated([data], below);
  const inner = encodeDer(signed, { data: changed, algorithm, signature: ca.key.sign(ECDSA, changed) });
  if (outer === undefined) return inner;
  return encodeDer(response, { ...outer, bytes: { ...outer.bytes, response: inner } });
}

function judged(evidence, ocspResponse) {
  const pathCheck = createRevocationChecker({ provider, policy: 'hard-fail', ...evidence });
  const given = ocspResponse === undefined ? {} : { ocspResponse };
  const chain = { certificate: leaf.certificate, trustAnchors: [ca.certificate] };
  const result = validateCertificateSync({ provider, ...chain, at: now, pathCheck, ...given });
  return result.isValid ? 'good' : result.problem.reason;
}

/** How each kind is made, read and put to use. */
const KINDS = [
  {
    name: 'CRL',
    make: () => (below(2) === 0 ? mutated(lists, below) : resigned(lists[below(lists.length - 1)], 'CRL')),
    read: (bytes) => [...parseCertificateRevocationList(bytes).revokedCertificates],
    use: (bytes) => judged({ crls: [bytes] }),
  },
  {
    name: 'response',
    make: () => (below(2) === 0 ? mutated(responses, below) : resigned(responses[0], 'response')),
    read: parseOcspResponse,
    use: (bytes) => judged({}, bytes),
  },
  {
    name: 'request',
    make: () => mutated(requests, below),
    read: parseOcspRequest,
    use: (bytes) => parseOcspResponse(responder.respond(bytes, now)).status,
  },
];

function tryOne({ name, read, use }, bytes) {
  try {
    read(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    // What cannot be read must do no harm where it is used, either; CRLs that are given are read at once.
    if (name !== 'CRL') use(bytes);
    return `${name}: refused by the reader`;
  }
  return `${name}: ${use(bytes)}`;
}

console.log(`seed ${args.seed}: node fuzz/revocation.mjs --count ${count} --seed ${args.seed}`);
const outcomes = new Map();
const slowest = { milliseconds: 0, length: 0 };
const started = performance.now();
for (let i = 0; i < count; i++) {
  const kind = KINDS[below(KINDS.length)];
  const bytes = kind.make();
  const before = performance.now();
  try {
    const outcome = tryOne(kind, bytes);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  } catch (error) {
    console.error(`input ${i}, a ${kind.name}, broke the rule: ${Buffer.from(bytes).toString('hex')}`);
    throw error;
  }
  const milliseconds = performance.now() - before;
  if (milliseconds > slowest.milliseconds) Object.assign(slowest, { milliseconds, length: bytes.length });
  if (process.stderr.isTTY && i % 10_000 === 0) process.stderr.write(`\r${i} of ${count}`);
}
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
for (const [outcome, number] of [...outcomes].sort()) console.log(`${number} ${outcome}`);
const seconds = (performance.now() - started) / 1000;
console.log(
  `${count} in ${seconds.toFixed(0)} s; the slowest took ${slowest.milliseconds.toFixed(1)} ms (${slowest.length} bytes)`,
);
