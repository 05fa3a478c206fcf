// How much the time of opening a CBC record says of why it cannot be opened (bench/dudect.mjs), of the record protection alone:
// `npm run build && node bench/timing-cbc.mjs [samples of each class, 100000]`. Of whole connections: bench/timing-connection.mjs.
import { createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { aes128Cbc, aes256Cbc, random, sha1, sha256, sha384 } from 'foxtls/crypto/node';
import { importSources } from '../tools/import-sources.mjs';
import { CLASSES, LENGTH, makeFragment, PAIRS } from './cbc-records.mjs';
import { printHeader, printLine, sampleTimes } from './dudect.mjs';

const { cbcRecordCipher } = await importSources("export * from './protocol/record/cbc-protection.ts';");
const SAMPLES = Number(process.argv[2] ?? 100_000);
const HEADER = Uint8Array.of(23, 3, 3, 0, 0);

const SUITES = [
  { cipher: aes128Cbc, hash: sha1 },
  { cipher: aes128Cbc, hash: sha256 },
  { cipher: aes256Cbc, hash: sha384 },
];

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

function measure(suite, makeOpen, names) {
  const keys = { key: randomBytes(suite.cipher.keySize), macKey: randomBytes(suite.hash.size) };
  const open = makeOpen(suite, keys);
  return sampleTimes(
    { samples: SAMPLES, batch: 500 },
    {
      prepare: (pick) => makeFragment(suite, keys, CLASSES[names[pick]]),
      run: open,
      check(opened, pick) {
        if ((opened !== undefined) !== (names[pick] === 'good'))
          throw new Error(`a record of the class ${names[pick]} was misjudged`);
      },
    },
  );
}

printHeader(`${SAMPLES} samples of each class, ${LENGTH} bytes encrypted`);
for (const [title, makeOpen] of [
  ['foxtls', ourOpen],
  ['not equalised', plainOpen],
]) {
  for (const suite of SUITES) {
    for (const names of PAIRS) {
      const label = `${title.padEnd(14)} ${`${suite.cipher.name} ${suite.hash.name}`.padEnd(20)} ${names.join(' / ')}`;
      printLine(label, measure(suite, makeOpen, names));
    }
  }
}
