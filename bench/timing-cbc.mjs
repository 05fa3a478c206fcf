// How much the time of opening a CBC record says of why it cannot be opened: in the manner of dudect (Reparaz, Balasch, Verbauwhede 2017),
// records of two classes in random order, and Welch's t of their times. |t| above 4.5 is taken for a difference. Not a test: it depends on
// the machine and its neighbours. `npm run build && node bench/timing-cbc.mjs [samples of each class, 100000]`
import { createCipheriv, createDecipheriv, createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { aes128Cbc, aes256Cbc, random, sha1, sha256, sha384 } from 'foxtls/crypto/node';
// Record protection is no entry of the package.
import { cbcRecordCipher } from '../packages/foxtls/dist/protocol/record/cbc-protection.js';

const SAMPLES = Number(process.argv[2] ?? 100_000);
const BATCH = 500;
const WARM_UP = 20;
const HEADER = Uint8Array.of(23, 3, 3, 0, 0);
/** Content and MAC and padding together, as what is encrypted: always as long, so that nothing but its end differs. */
const LENGTH = 512;

const SUITES = [
  { cipher: aes128Cbc, hash: sha1 },
  { cipher: aes128Cbc, hash: sha256 },
  { cipher: aes256Cbc, hash: sha384 },
];

/** The classes of records: what is wrong with each, and its padding_length. */
const CLASSES = {
  good: { padding: () => randomInt(256) },
  'bad MAC': { padding: () => randomInt(256), mac: true },
  'bad MAC, padding 0': { padding: () => 0, mac: true },
  'bad MAC, padding 1': { padding: () => 1, mac: true },
  'bad MAC, padding 104': { padding: () => 104, mac: true },
  'bad MAC, padding 255': { padding: () => 255, mac: true },
  'bad padding': { padding: () => randomInt(1, 256), paddingByte: true },
  'bad padding 255, first byte': { padding: () => 255, firstPaddingByte: true },
};

const PAIRS = [
  ['bad padding', 'bad MAC'],
  // With SHA-1 and this length, the step of Lucky 13: a block of the hash more, or not.
  ['bad padding', 'bad MAC, padding 1'],
  ['bad MAC, padding 0', 'bad MAC, padding 104'],
  ['bad padding 255, first byte', 'bad MAC, padding 255'],
  ['good', 'bad MAC'],
  // Nothing to find: what the method makes of noise.
  ['bad MAC', 'bad MAC'],
];

function makeKeys({ cipher, hash }) {
  return { key: randomBytes(cipher.keySize), macKey: randomBytes(hash.size) };
}

/** The plaintext of a record, with what is wrong in its class. */
function makePlaintext({ hash }, { macKey }, recordClass) {
  const padding = recordClass.padding();
  const length = LENGTH - padding - 1 - hash.size;
  const plaintext = randomBytes(LENGTH);
  plaintext.fill(padding, LENGTH - padding - 1);
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 23, 3, 3, length >> 8, length & 0xff]);
  const mac = createHmac(hash.name, macKey).update(header).update(plaintext.subarray(0, length)).digest();
  mac.copy(plaintext, length);
  const flip = (at) => {
    plaintext[at] ^= 1 << randomInt(8);
  };
  if (recordClass.mac) flip(length + randomInt(hash.size));
  if (recordClass.paddingByte) flip(LENGTH - 2 - randomInt(padding));
  if (recordClass.firstPaddingByte) flip(LENGTH - 256);
  return plaintext;
}

function makeFragment(suite, keys, recordClass) {
  const iv = randomBytes(suite.cipher.blockSize);
  const cipher = createCipheriv(suite.cipher.name, keys.key, iv).setAutoPadding(false);
  return new Uint8Array(Buffer.concat([iv, cipher.update(makePlaintext(suite, keys, recordClass))]));
}

/** What is measured. */
function ourOpen({ cipher, hash }, { key, macKey }) {
  const options = { cipher, hash, iv: { kind: 'explicit', random }, encryptThenMac: false, recordLimit: 2 ** 48 };
  const keys = { macKey: Uint8Array.from(macKey), key: Uint8Array.from(key), iv: new Uint8Array(0) };
  const protection = cbcRecordCipher(options).protect(keys);
  return (fragment) => protection.openAt(0, HEADER, fragment);
}

/** RFC 5246's advice to the letter, and no more: a wrong padding counts as none, and the MAC is computed. This is what Lucky 13 measures. */
function plainOpen({ cipher, hash }, { key, macKey }) {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 23, 3, 3, 0, 0]);
  return (fragment) => {
    const decipher = createDecipheriv(cipher.name, key, fragment.subarray(0, 16)).setAutoPadding(false);
    const plaintext = decipher.update(fragment.subarray(16));
    const last = plaintext.length - 1;
    let padding = plaintext[last];
    let good = padding + 1 + hash.size <= plaintext.length;
    for (let i = 1; good && i <= padding; i++) good = plaintext[last - i] === padding;
    if (!good) padding = 0;
    const length = last - padding - hash.size;
    header.writeUInt16BE(length, 11);
    const mac = createHmac(hash.name, macKey).update(header).update(plaintext.subarray(0, length)).digest();
    return timingSafeEqual(mac, plaintext.subarray(length, length + hash.size)) && good ? plaintext : undefined;
  };
}

/** Times of each of two classes, in ns, out of batches in random order. */
function measure(suite, makeOpen, names) {
  const keys = makeKeys(suite);
  const open = makeOpen(suite, keys);
  const times = [new Float64Array(SAMPLES), new Float64Array(SAMPLES)];
  const filled = [0, 0];
  for (let batch = -WARM_UP; filled[0] < SAMPLES || filled[1] < SAMPLES; batch++) {
    const picks = Uint8Array.from({ length: BATCH }, () => randomInt(2));
    const fragments = Array.from(picks, (pick) => makeFragment(suite, keys, CLASSES[names[pick]]));
    for (let i = 0; i < BATCH; i++) {
      const fragment = fragments[i];
      const start = performance.now();
      const opened = open(fragment);
      const time = (performance.now() - start) * 1e6;
      const pick = picks[i];
      if ((opened !== undefined) !== (names[pick] === 'good'))
        throw new Error(`a record of the class ${names[pick]} was misjudged`);
      if (batch >= 0 && filled[pick] < SAMPLES) times[pick][filled[pick]++] = time;
    }
  }
  return times;
}

function welch(a, b) {
  const [first, second] = [a, b].map((values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { mean, error: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) / values.length };
  });
  const difference = first.mean - second.mean;
  return { t: difference / Math.sqrt(first.error + second.error), difference };
}

/** The slowest are interruptions: t without those above a percentile of all, as dudect crops. */
function describe(times) {
  const all = Float64Array.from([...times[0], ...times[1]]).sort();
  const crops = [1, 0.99, 0.9, 0.5].map((share) => {
    const most = all[Math.floor((all.length - 1) * share)];
    return welch(...times.map((values) => values.filter((value) => value <= most)));
  });
  const median = all[all.length >> 1];
  const [low, high] = times.map((values) => values.slice().sort()[values.length >> 1]);
  return { median, medians: low - high, crops };
}

const fixed = (value, digits) => value.toFixed(digits).padStart(8);
const column = (text, width) => String(text).padEnd(width);

console.log(
  `Node ${process.version}, OpenSSL ${process.versions.openssl}, ${SAMPLES} samples of each class, ${LENGTH} bytes encrypted`,
);
console.log(`${column('', 96)} median  difference, ns                |t| without the slowest`);
console.log(`${column('', 96)}     µs    means (99 %)   medians      0 %      1 %     10 %     50 %`);
for (const [title, makeOpen] of [
  ['foxtls', ourOpen],
  ['not equalised', plainOpen],
]) {
  for (const suite of SUITES) {
    for (const names of PAIRS) {
      const { median, medians, crops } = describe(measure(suite, makeOpen, names));
      const label = `${column(title, 14)} ${column(`${suite.cipher.name} ${suite.hash.name}`, 20)} ${names.join(' / ')}`;
      const ts = crops.map(({ t }) => fixed(Math.abs(t), 1)).join(' ');
      console.log(
        `${column(label, 94)} ${fixed(median / 1000, 2)} ${fixed(crops[1].difference, 1)}       ${fixed(medians, 0)} ${ts}`,
      );
    }
  }
}
