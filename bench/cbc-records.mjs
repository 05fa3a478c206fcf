// Records in CBC mode (RFC 5246 §6.2.3.2), good ones and those with something wrong in them, for measurements of time.
import { createCipheriv, createHmac, randomBytes, randomInt } from 'node:crypto';

/** Content and MAC and padding together, as what is encrypted: always as long, so that nothing but its end differs. */
export const LENGTH = 512;

/** The classes of records of MAC-then-encrypt: what is wrong with each, and its padding_length. */
export const CLASSES = {
  good: { padding: () => randomInt(256) },
  'bad MAC': { padding: () => randomInt(256), mac: true },
  'bad MAC, padding 0': { padding: () => 0, mac: true },
  'bad MAC, padding 1': { padding: () => 1, mac: true },
  'bad MAC, padding 104': { padding: () => 104, mac: true },
  'bad MAC, padding 255': { padding: () => 255, mac: true },
  'bad padding': { padding: () => randomInt(1, 256), paddingByte: true },
  'bad padding 255, first byte': { padding: () => 255, firstPaddingByte: true },
};

export const PAIRS = [
  ['bad padding', 'bad MAC'],
  // With SHA-1 and this length, the step of Lucky 13: a block of the hash more, or not.
  ['bad padding', 'bad MAC, padding 1'],
  ['bad MAC, padding 0', 'bad MAC, padding 104'],
  ['bad padding 255, first byte', 'bad MAC, padding 255'],
  ['good', 'bad MAC'],
  // Nothing to find: what the method makes of noise.
  ['bad MAC', 'bad MAC'],
];

/** Flips a bit of a byte. */
export function flip(bytes, at) {
  bytes[at] ^= 1 << randomInt(8);
}

/** The fragment of a record of application data: `cipher` and `hash` as the provider has them. */
export function makeFragment({ cipher, hash }, { key, macKey }, recordClass, sequence = 0) {
  const iv = randomBytes(cipher.blockSize);
  const encrypt = createCipheriv(cipher.name, key, iv).setAutoPadding(false);
  return new Uint8Array(Buffer.concat([iv, encrypt.update(makePlaintext(hash, macKey, recordClass, sequence))]));
}

/** The plaintext of a record, with what is wrong in its class. */
function makePlaintext(hash, macKey, recordClass, sequence) {
  const padding = recordClass.padding();
  const length = LENGTH - padding - 1 - hash.size;
  const plaintext = randomBytes(LENGTH);
  plaintext.fill(padding, LENGTH - padding - 1);
  const mac = createHmac(hash.name, macKey).update(macHeader(sequence, length)).update(plaintext.subarray(0, length)).digest();
  mac.copy(plaintext, length);
  if (recordClass.mac) flip(plaintext, length + randomInt(hash.size));
  if (recordClass.paddingByte) flip(plaintext, LENGTH - 2 - randomInt(padding));
  if (recordClass.firstPaddingByte) flip(plaintext, LENGTH - 256);
  return plaintext;
}

/** What the MAC takes before what it protects: seq_num, type, version, length. */
export function macHeader(sequence, length) {
  return Buffer.from([0, 0, 0, 0, 0, 0, 0, sequence, 23, 3, 3, length >> 8, length & 0xff]);
}
