/**
 * How much the time from a record's arrival until a server's alert says of what is wrong in it (bench/dudect.mjs), of whole connections of
 * TLS 1.2: sans-I/O, in memory, over the provider of node:crypto.
 *
 *     npm run build && node bench/timing-connection.mjs [--samples 100000] [--only TEXT]
 *
 * Every sample has a connection of its own, for each of these records ends one. The classes: records that an attacker may send in place of one
 * that it has seen, behind the handshake; and in RSA key exchange a ClientKeyExchange, change_cipher_spec and a Finished of noise behind it,
 * which all end with the same alert. `good` is there to see that the method finds something: a good record is handed over, and no secret.
 * What the two ends do not have is named, and left out.
 */

import { constants, createCipheriv, createHmac, publicEncrypt, randomBytes, randomInt, X509Certificate } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createSessionCache, createTlsClient, createTlsServer, defineClientConfig, defineServerConfig } from 'foxtls';
import { aes128Cbc, aes256Cbc, nodeProvider as provider, sha1, sha256, sha384 } from 'foxtls/crypto/node';
import { createCertificate, createCertificateAuthority, createX509Verifier } from 'foxtls/x509';
import { CLASSES, flip, macHeader, makeFragment, PAIRS } from './cbc-records.mjs';
import { printHeader, printLine, sampleTimes } from './dudect.mjs';

const { values: args } = parseArgs({
  options: { samples: { type: 'string', default: '100000' }, only: { type: 'string', default: '' } },
});
const samples = Number(args.samples);

const ENCRYPT_THEN_MAC = 22;
const EC_KEY = { kind: 'ec', curve: 'secp256r1' };
const RSA_KEY = { kind: 'rsa', bits: 2048 };
const REFERENCE = ['good', 'bad MAC'];

/** What is compared: a suite, how its records are made, and the pairs of classes. */
const ROWS = [
  ...[
    { suite: 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', cipher: aes128Cbc, hash: sha1 },
    { suite: 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', cipher: aes128Cbc, hash: sha256 },
    { suite: 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384', cipher: aes256Cbc, hash: sha384, prf: 'sha384' },
  ].flatMap((parts) => [
    { ...parts, title: 'MAC-then-encrypt', macThenEncrypt: true, pairs: PAIRS, classes: CLASSES, make: makeFragment },
    {
      ...parts,
      title: 'encrypt-then-MAC',
      pairs: [['bad padding and MAC', 'bad MAC'], REFERENCE, ['bad MAC', 'bad MAC']],
      classes: { good: {}, 'bad MAC': { mac: true }, 'bad padding and MAC': { mac: true, padding: true } },
      make: makeEncryptThenMac,
    },
  ]),
  {
    suite: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
    title: 'AEAD',
    pairs: [['bad tag, first byte', 'bad tag, last byte'], ['bad ciphertext', 'bad tag, last byte'], REFERENCE],
    classes: {
      good: {},
      'bad MAC': { from: 520, to: 536 },
      'bad tag, first byte': { from: 520, to: 521 },
      'bad tag, last byte': { from: 535, to: 536 },
      'bad ciphertext': { from: 8, to: 520 },
    },
    make: makeGcm,
  },
];

/** RSA key exchange: what the client encrypts, by class. `plaintext` is a whole block of PKCS#1, well made until it is changed. */
const RSA_CLASSES = {
  right: () => {},
  'wrong version': (plaintext) => flip(plaintext, plaintext.length - 48 + randomInt(2)),
  'wrong padding': (plaintext) => flip(plaintext, 1),
  'a zero byte too early': (plaintext) => plaintext.fill(0, 100, 101),
  'no zero byte': (plaintext) => plaintext.fill(7, plaintext.length - 49, plaintext.length - 48),
  noise: (plaintext) => randomBytes(plaintext.length - 1).copy(plaintext, 1),
};
const RSA_PAIRS = [
  ['wrong padding', 'right'],
  ['wrong padding', 'wrong version'],
  ['a zero byte too early', 'right'],
  ['no zero byte', 'right'],
  ['noise', 'right'],
  ['right', 'right'],
];
const RSA_SUITE = 'TLS_RSA_WITH_AES_128_GCM_SHA256';

// ---- Connections ----

async function makePki(key) {
  const dates = { validFrom: new Date('2020-01-01'), validTo: new Date('2099-01-01') };
  const root = await createCertificateAuthority({ provider, subject: { commonName: 'Root' }, key, ...dates });
  const leaf = await createCertificate({ provider, issuer: root, key, dnsNames: ['localhost'], ...dates });
  return { root, leaf };
}

/** Both configs, or undefined when there is no such suite. */
function makeConfigs({ root, leaf }, suite, legacy, macThenEncrypt = false) {
  const common = { provider, versions: ['TLSv1.2'], cipherSuites: [suite], insecureMacThenEncrypt: macThenEncrypt, ...legacy };
  const verifier = createX509Verifier({ provider, trustAnchors: [root.certificate] });
  const shapeClientHello = macThenEncrypt ? (list) => list.filter(({ type }) => type !== ENCRYPT_THEN_MAC) : undefined;
  const decrypter = suite.startsWith('TLS_RSA') ? provider.keyEncryption.importDecrypter(leaf.key.exportPkcs8()) : undefined;
  const credentials = [{ kind: 'x509', chain: [leaf.certificate], signer: leaf.key, decrypter }];
  try {
    return {
      client: defineClientConfig({ ...common, verifier, shapeClientHello }),
      server: defineServerConfig({ ...common, credentials, tickets: 0, sessionCache: createSessionCache() }),
    };
  } catch (error) {
    if (error.code === 'ERR_TLS_UNKNOWN_NAME') return undefined;
    throw error;
  }
}

/** A connected server, and what the client's next record is made with. Resumed by its id, which takes the least time. */
function connect({ client: clientConfig, server: serverConfig }, session) {
  const found = { session: undefined, masterSecret: undefined, clientRandom: undefined, received: 0, resumed: false };
  const client = createTlsClient(clientConfig, {
    serverName: 'localhost',
    session,
    keyLog: true,
    onEvent(event) {
      if (event.type === 'error') throw event.error;
      if (event.type === 'session') found.session = event.session;
      if (event.type === 'connected') found.resumed = event.info.resumed;
      if (event.type !== 'keylog') return;
      const [, clientRandom, masterSecret] = event.line.split(' ').map((word) => Buffer.from(word, 'hex'));
      Object.assign(found, { clientRandom, masterSecret });
    },
  });
  const server = createTlsServer(serverConfig, {
    onEvent(event) {
      if (event.type === 'data') found.received += event.data.length;
    },
  });
  client.start();
  server.start();
  let serverRandom;
  for (;;) {
    const up = Buffer.concat(client.takeOutput());
    if (up.length > 0) server.receive(up);
    const down = Buffer.concat(server.takeOutput());
    if (up.length + down.length === 0) break;
    // A record's header, a message's, the version, and the random.
    serverRandom ??= down.subarray(11, 43);
    client.receive(down);
  }
  if (server.state !== 'connected' || found.resumed !== (session !== undefined)) throw new Error('not connected as expected');
  return { server, found, serverRandom };
}

/** The client's write keys (RFC 5246 §6.3), by a PRF of our own. */
function clientKeys({ found, serverRandom }, prf, { macKeySize, keySize, ivSize }) {
  const seed = Buffer.concat([Buffer.from('key expansion'), serverRandom, found.clientRandom]);
  const hmac = (data) => createHmac(prf, found.masterSecret).update(data).digest();
  let block = Buffer.alloc(0);
  for (let a = hmac(seed); block.length < 2 * (macKeySize + keySize + ivSize); a = hmac(a)) {
    block = Buffer.concat([block, hmac(Buffer.concat([a, seed]))]);
  }
  const take = (at, size) => Uint8Array.from(block.subarray(at, at + size));
  const [keysAt, ivsAt] = [2 * macKeySize, 2 * (macKeySize + keySize)];
  return { macKey: take(0, macKeySize), key: take(keysAt, keySize), iv: take(ivsAt, ivSize) };
}

// ---- Records ----

function makeEncryptThenMac(parts, keys, { mac, padding }, sequence) {
  const record = Buffer.from(makeFragment(parts, keys, CLASSES.good, sequence));
  if (padding) flip(record, record.length - 17);
  return new Uint8Array(sealEncryptThenMac(parts, keys, record, sequence, mac));
}

/** The MAC over what is encrypted (RFC 7366 §3). What was a MAC before it was encrypted is content now. */
function sealEncryptThenMac({ hash }, { macKey }, record, sequence, isBad) {
  const mac = createHmac(hash.name, macKey).update(macHeader(sequence, record.length)).update(record).digest();
  if (isBad) flip(mac, randomInt(mac.length));
  return Buffer.concat([record, mac]);
}

function makeGcm(_parts, { key, iv }, { from, to }, sequence) {
  const explicit = Buffer.from([0, 0, 0, 0, 0, 0, 0, sequence]);
  const cipher = createCipheriv('aes-128-gcm', key, Buffer.concat([iv, explicit]));
  const content = randomBytes(512);
  cipher.setAAD(Buffer.concat([explicit, Buffer.from([23, 3, 3, content.length >> 8, content.length & 0xff])]));
  const fragment = Buffer.concat([explicit, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  if (from !== undefined) flip(fragment, randomInt(from, to));
  return new Uint8Array(fragment);
}

const record = (type, fragment) =>
  new Uint8Array(Buffer.concat([Buffer.from([type, 3, 3, fragment.length >> 8, fragment.length & 0xff]), fragment]));

// ---- Measurements ----

/** What is timed: the arrival, and the alert, if one comes. */
function run({ server, input }) {
  server.receive(input);
  return server.takeOutput();
}

function lengthOf(output) {
  return output.reduce((total, { length }) => total + length, 0);
}

/** All alerts look alike. */
function checkAlert(output, expected) {
  if (lengthOf(output) !== expected) throw new Error(`${lengthOf(output)} bytes were answered, not ${expected}`);
}

function measureRecords(row, configs, names) {
  const { found } = connect(configs);
  const sizes = { macKeySize: row.hash?.size ?? 0, keySize: row.cipher?.keySize ?? 16, ivSize: row.cipher === undefined ? 4 : 0 };
  // Of what is prepared, the one that is looked at: results come in the same order.
  const queue = [];
  let alertLength;
  return sampleTimes(
    { samples, batch: 100 },
    {
      prepare(pick) {
        const connection = connect(configs, found.session);
        const keys = clientKeys(connection, row.prf ?? 'sha256', sizes);
        const fragment = row.make(row, keys, row.classes[names[pick]], 1);
        queue.push(connection);
        return { server: connection.server, input: record(23, fragment) };
      },
      run,
      check(output, pick) {
        const { server, found: seen } = queue.shift();
        if (names[pick] === 'good') {
          if (seen.received === 0 || server.state !== 'connected') throw new Error(`${row.suite}: a good record was refused`);
          return;
        }
        if (server.state !== 'closed' || seen.received > 0) throw new Error(`${row.suite}: ${names[pick]} was let pass`);
        alertLength ??= lengthOf(output);
        checkAlert(output, alertLength);
      },
    },
  );
}

/** A block of PKCS#1 with a premaster secret, changed as its class says; encrypted. */
function encryptPremaster(publicKey, change) {
  const plaintext = randomBytes(256).map((byte) => byte || 1);
  plaintext.set([0, 2]);
  plaintext.set([0, 3, 3], plaintext.length - 49);
  change(plaintext);
  return publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, plaintext);
}

/** The classes are what they say: what is decrypted of them is a secret with the right or a wrong version, or the substitute. */
function checkRsaClasses(publicKey, decrypter) {
  const expected = { right: [3, 3], 'wrong version': 'another' };
  for (const [name, change] of Object.entries(RSA_CLASSES)) {
    const secret = decrypter.decryptPkcs1(encryptPremaster(publicKey, change), new Uint8Array(48));
    const version = secret.every((byte) => byte === 0) ? undefined : secret[0] === 3 && secret[1] === 3 ? [3, 3] : 'another';
    if (String(version) !== String(expected[name])) throw new Error(`the class ${name} is not what it says`);
  }
}

/** A server that waits for ClientKeyExchange, and what it gets. */
function prepareRsa({ client: clientConfig, server: serverConfig }, publicKey, change) {
  const client = createTlsClient(clientConfig, { serverName: 'localhost', onEvent() {} });
  const server = createTlsServer(serverConfig, { onEvent() {} });
  client.start();
  server.start();
  server.receive(Buffer.concat(client.takeOutput()));
  server.takeOutput();
  const message = Buffer.concat([Buffer.from([16, 0, 1, 2, 1, 0]), encryptPremaster(publicKey, change)]);
  const flight = [record(22, message), record(20, Buffer.from([1])), record(22, randomBytes(40))];
  return { server, input: new Uint8Array(Buffer.concat(flight)) };
}

function measureRsa(configs, publicKey, names) {
  let alertLength;
  return sampleTimes(
    { samples, batch: 100 },
    {
      prepare: (pick) => prepareRsa(configs, publicKey, RSA_CLASSES[names[pick]]),
      run,
      check(output) {
        alertLength ??= lengthOf(output);
        if (alertLength === 0) throw new Error(`${RSA_SUITE}: no alert`);
        checkAlert(output, alertLength);
      },
    },
  );
}

printHeader(`${samples} samples of each class`);
const pki = await makePki(EC_KEY);
for (const row of ROWS) {
  const name = `${row.suite} ${row.title}:`;
  if (!name.includes(args.only)) continue;
  const configs = makeConfigs(pki, row.suite, {}, row.macThenEncrypt);
  if (configs === undefined) console.log(`${name}: NOT MEASURED, there is no such suite`);
  else for (const pair of row.pairs) printLine(`${name} ${pair.join(' / ')}`, measureRecords(row, configs, pair));
}

if (RSA_SUITE.includes(args.only)) {
  const rsa = await makePki(RSA_KEY);
  const { legacy } = await import('foxtls/legacy').catch(() => ({}));
  const configs = makeConfigs(rsa, RSA_SUITE, { legacy });
  if (configs === undefined) console.log(`${RSA_SUITE}: NOT MEASURED, there is no such suite`);
  else {
    const { publicKey } = new X509Certificate(rsa.leaf.certificate);
    checkRsaClasses(publicKey, provider.keyEncryption.importDecrypter(rsa.leaf.key.exportPkcs8()));
    for (const pair of RSA_PAIRS) printLine(`${RSA_SUITE}: ${pair.join(' / ')}`, measureRsa(configs, publicKey, pair));
  }
}
