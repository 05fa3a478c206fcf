/**
 * CBC records made by node:crypto alone, right and wrong, to hold the protections against.
 */

import { createCipheriv, createHmac } from 'node:crypto';
import { concat } from '../../core/bytes/bytes.ts';
import type { Cipher } from '../../crypto/cipher.ts';
import { aes128Cbc, aes256Cbc, camellia128Cbc, camellia256Cbc, desEde3Cbc } from '../../crypto/node/cipher.ts';
import { sha1, sha256, sha384 } from '../../crypto/node/hash.ts';
import { cbcRecordCipher } from './cbc-protection.ts';
import type { CountedProtection } from './counted-protection.ts';
import type { RecordHash } from './record-mac.ts';

export interface CbcCase {
  readonly title: string;
  readonly cipher: Cipher;
  readonly hash: RecordHash;
  readonly encryptThenMac: boolean;
  /** TLS 1.0, 1.1 or 1.2. */
  readonly version: number;
}

const PAIRS: readonly (readonly [Cipher, RecordHash])[] = [
  [aes128Cbc, sha1],
  [aes256Cbc, sha1],
  [aes128Cbc, sha256],
  [aes256Cbc, sha384],
  [camellia128Cbc, sha256],
  [camellia256Cbc, sha384],
  [desEde3Cbc, sha1],
];

/** Every cipher with the hashes that suites give it, in every version and both orders. */
export const cbcCases: readonly CbcCase[] = PAIRS.flatMap(([cipher, hash]) =>
  [0x0301, 0x0302, 0x0303].flatMap((version) =>
    [false, true].map((encryptThenMac) => {
      const order = encryptThenMac ? 'encrypt-then-MAC' : 'MAC-then-encrypt';
      const title = `${cipher.name} with ${hash.name}, ${order}, version ${version.toString(16)}`;
      return { title, cipher, hash, encryptThenMac, version };
    }),
  ),
);

/** Bytes that count up from a number: a key that is easy to see. */
export const counting = (length: number, first = 0) => Uint8Array.from({ length }, (_, i) => (first + i) & 0xff);

export const FIRST_IV = 0xf0;
export const MAC_KEY = 0x40;

const isChained = ({ version }: CbcCase) => version === 0x0301;

export function headerOf({ version }: CbcCase, type = 23): Uint8Array {
  return Uint8Array.of(type, version >> 8, version & 0xff, 0, 0);
}

/** A protection whose keys count up, and whose random vectors all do so from `FIRST_IV`. */
export function protectionOf(cbc: CbcCase): CountedProtection {
  const iv = isChained(cbc)
    ? ({ kind: 'chained' } as const)
    : ({ kind: 'explicit', random: (length: number) => counting(length, FIRST_IV) } as const);
  const suite = cbcRecordCipher({ ...cbc, iv, recordLimit: 2 ** 48 });
  return suite.protect({
    macKey: counting(suite.macKeySize, MAC_KEY),
    key: counting(suite.keySize),
    iv: counting(suite.ivSize, FIRST_IV),
  });
}

/** A record as it has to be, but for what is asked to be otherwise. */
export interface Forgery {
  readonly content: Uint8Array;
  /** padding_length; the least if not given. It has to make whole blocks. */
  readonly padding?: number | undefined;
  readonly sequence?: number | undefined;
  readonly type?: number | undefined;
  /** The bytes that are encrypted, changed. */
  readonly change?: ((encrypted: Uint8Array) => Uint8Array) | undefined;
}

/** The fragment of the first record, or of another one with its own vector. */
export function forge(cbc: CbcCase, forgery: Forgery): Uint8Array {
  const { cipher, encryptThenMac } = cbc;
  const { content, change = (whole: Uint8Array) => whole } = forgery;
  const iv = counting(cipher.blockSize, FIRST_IV);
  const protectedBytes = encryptThenMac ? content : concat(content, macOf(cbc, forgery, content));
  const padding = forgery.padding ?? leastPadding(cbc, content.length);
  const plaintext = change(concat(protectedBytes, new Uint8Array(padding + 1).fill(padding)));
  const aes = createCipheriv(cipher.name, counting(cipher.keySize), iv).setAutoPadding(false);
  const ciphertext = concat(isChained(cbc) ? new Uint8Array(0) : iv, aes.update(plaintext), aes.final());
  return encryptThenMac ? concat(ciphertext, macOf(cbc, forgery, ciphertext)) : ciphertext;
}

/** The least padding_length of content of that length; every `blockSize` more is one too. */
export function leastPadding({ cipher, hash, encryptThenMac }: CbcCase, contentLength: number): number {
  const length = contentLength + (encryptThenMac ? 0 : hash.size);
  return cipher.blockSize - 1 - (length % cipher.blockSize);
}

/** All valid padding_lengths of that content. */
export function paddings(cbc: CbcCase, contentLength: number): readonly number[] {
  const all: number[] = [];
  for (let padding = leastPadding(cbc, contentLength); padding < 256; padding += cbc.cipher.blockSize) all.push(padding);
  return all;
}

function macOf({ hash, version }: CbcCase, { sequence = 0, type = 23 }: Forgery, data: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(13));
  header.setBigUint64(0, BigInt(sequence));
  header.setUint8(8, type);
  header.setUint16(9, version);
  header.setUint16(11, data.length);
  const hmac = createHmac(hash.name, counting(hash.size, MAC_KEY));
  return hmac.update(new Uint8Array(header.buffer)).update(data).digest();
}
