/**
 * Chains of three certificates read and verified per second: foxtls beside node:crypto, pkijs and node-forge.
 *
 *     node bench/certificates.mjs [--rounds 5] [--seconds 1] [--write]
 *
 * Nothing is kept between two verifications: each begins with the DER of the end entity, the intermediate and the root, and ends with
 * the same answer: signatures right, dates right, authorities are authorities, the name is the server's. node:crypto has no path
 * validation; what is measured beside it is the little that its X509Certificate can check, which is the fastest that Node can be asked.
 */

import { webcrypto, X509Certificate } from 'node:crypto';
import { parseArgs } from 'node:util';
import { nodeProvider as provider } from 'foxtls/crypto/node';
import { createCertificate, createCertificateAuthority, validateCertificateSync } from 'foxtls/x509';
import forge from 'node-forge';
import * as pkijs from 'pkijs';
import { addResults, figureWithRatios, median } from './results.mjs';

const { values: args } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});

const HOST = 'www.example.com';
const NOW = new Date();

const KEYS = {
  'P-256': { kind: 'ec', curve: 'secp256r1' },
  'RSA-2048': { kind: 'rsa', bits: 2048 },
};

/** DER: end entity, intermediate, root. */
async function makeChain(key) {
  const dates = { validFrom: new Date(NOW.getTime() - 86_400_000), validTo: new Date(NOW.getTime() + 86_400_000) };
  const generate = async () => ({ key: await provider.keys.generateKey(key), ...dates });
  const root = await createCertificateAuthority({ provider, subject: { commonName: 'Root' }, ...(await generate()) });
  const intermediate = await createCertificateAuthority({
    provider,
    issuer: root,
    subject: { commonName: 'Intermediate' },
    ...(await generate()),
  });
  const leaf = await createCertificate({ provider, issuer: intermediate, dnsNames: [HOST], ...(await generate()) });
  return [leaf.certificate, intermediate.certificate, root.certificate].map((der) => Uint8Array.from(der));
}

/** Each returns whether the chain is right. */
const IMPLEMENTATIONS = {
  'node:crypto'([leaf, intermediate, root]) {
    const [l, i, r] = [leaf, intermediate, root].map((der) => new X509Certificate(der));
    const inTime = [l, i, r].every(({ validFrom, validTo }) => new Date(validFrom) <= NOW && NOW <= new Date(validTo));
    const issued = l.checkIssued(i) && i.checkIssued(r) && i.ca && r.ca;
    return inTime && issued && l.verify(i.publicKey) && i.verify(r.publicKey) && l.checkHost(HOST) !== undefined;
  },
  foxtls([certificate, intermediate, root]) {
    const chain = { certificate, intermediates: [intermediate], trustAnchors: [root] };
    return validateCertificateSync({ provider, ...chain, at: NOW, serverName: HOST }).isValid;
  },
  async pkijs([leaf, intermediate, root]) {
    const [l, i, r] = [leaf, intermediate, root].map((der) => pkijs.Certificate.fromBER(der));
    const engine = new pkijs.CertificateChainValidationEngine({ trustedCerts: [r], certs: [i, l], checkDate: NOW });
    return (await engine.verify()).result;
  },
  'node-forge'([leaf, intermediate, root], kind) {
    if (kind !== 'RSA-2048') return undefined;
    const [l, i, r] = [leaf, intermediate, root].map((der) =>
      forge.pki.certificateFromAsn1(forge.asn1.fromDer(forge.util.createBuffer(der))),
    );
    return forge.pki.verifyCertificateChain(forge.pki.createCaStore([r]), [l, i]);
  },
};

async function rate(verify, chain, kind) {
  const milliseconds = Number(args.seconds) * 1000;
  let count = 0;
  const started = performance.now();
  let elapsed = 0;
  while (elapsed < milliseconds) {
    // Those that answer at once are not made to wait.
    const answer = verify(chain, kind);
    if (!(answer instanceof Promise ? await answer : answer)) throw new Error('a chain that is right was refused');
    count++;
    elapsed = performance.now() - started;
  }
  return (1000 * count) / elapsed;
}

async function measure() {
  pkijs.setEngine('webcrypto', new pkijs.CryptoEngine({ name: 'webcrypto', crypto: webcrypto }));
  const rows = [];
  for (const [kind, key] of Object.entries(KEYS)) {
    const chain = await makeChain(key);
    const names = Object.keys(IMPLEMENTATIONS).filter((name) => kind === 'RSA-2048' || name !== 'node-forge');
    const figures = Object.fromEntries(names.map((name) => [name, []]));
    for (const name of names) await rate(IMPLEMENTATIONS[name], chain, kind); // warm-up
    for (let round = 0; round < Number(args.rounds); round++) {
      for (const name of names) figures[name].push(await rate(IMPLEMENTATIONS[name], chain, kind));
      process.stderr.write(`\r${kind}: round ${round + 1} of ${args.rounds}`);
    }
    process.stderr.write('\n');
    rows.push({ title: `chains of three/s, ${kind}`, figures });
  }
  return rows;
}

function table(rows) {
  const names = Object.keys(IMPLEMENTATIONS);
  const cell = (figures, name) => {
    const { [name]: values, 'node:crypto': base } = figures;
    if (values === undefined) return '–';
    return name === 'node:crypto' ? median(values).toFixed(0) : figureWithRatios(values, base, 0);
  };
  return [
    `| figure | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---|').join('')}`,
    ...rows.map(({ title, figures }) => `| ${title} | ${names.map((name) => cell(figures, name)).join(' | ')} |`),
  ];
}

const lines = table(await measure());
console.log(lines.join('\n'));
if (args.write) addResults('bench/certificates.mjs', args.rounds, lines);
