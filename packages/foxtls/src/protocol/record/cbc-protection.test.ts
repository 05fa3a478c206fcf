import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, equal, fromHex, toHex, utf8 } from '../../core/bytes/bytes.ts';
import type { Cipher } from '../../crypto/cipher.ts';
import { aes128Cbc } from '../../crypto/node/cipher.ts';
import { sha1, sha256 } from '../../crypto/node/hash.ts';
import {
  type CbcCase,
  cbcCases,
  counting,
  FIRST_IV,
  forge,
  headerOf,
  leastPadding,
  MAC_KEY,
  paddings,
  protectionOf,
} from './cbc.fixture.ts';
import { cbcRecordCipher } from './cbc-protection.ts';

const REQUEST = utf8('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');

/**
 * The fragment of REQUEST as the first record, made by the command line of OpenSSL: `openssl enc -<cipher> -nopad -K <key> -iv <iv>` and
 * `openssl dgst -<hash> -mac HMAC -macopt hexkey:<macKey>` over header and text, by hand.
 */
const KNOWN: readonly (readonly [title: string, fragment: string])[] = [
  [
    'aes-128-cbc with sha1, MAC-then-encrypt, version 303',
    'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff9add75c54c284a584f55dd82168d5563e77fccb125553aa0491834ebb0bc8a9d3cd7660c7ba1a803d1cdb585c8388a2063f31fec3a653b25e0eab6c12d865cbe',
  ],
  [
    'aes-128-cbc with sha256, MAC-then-encrypt, version 303',
    'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff9add75c54c284a584f55dd82168d5563e77fccb125553aa0491834ebb0bc8a9d794ea10fd6a4c1733e2f4e68f5b88ac40abb7639b38e6f054299d5fd9857ab1b3eb4f5a9e5eba758caac1b0a0208126b',
  ],
  [
    'aes-256-cbc with sha384, MAC-then-encrypt, version 303',
    'f0f1f2f3f4f5f6f7f8f9fafbfcfdfefffeb3e0de28a20d8dd5c723c7efea9a134b685447c6428621a77c4b40aca252b44464f5489ccad7f05760482607808f5843c22a82caf3ad17fbe6c86ed3f385922b884251f8cd67ca23cd672a4128de0ce15636e71d522221a91e2ae9a98370b4',
  ],
  [
    'aes-128-cbc with sha1, encrypt-then-MAC, version 303',
    'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff9add75c54c284a584f55dd82168d5563e77fccb125553aa0491834ebb0bc8a9d6176811818e561f4c2e1442e3401b82fbab7398e6ff08c85a7e43a19f8d685c3266d19d4',
  ],
  [
    'aes-256-cbc with sha384, encrypt-then-MAC, version 303',
    'f0f1f2f3f4f5f6f7f8f9fafbfcfdfefffeb3e0de28a20d8dd5c723c7efea9a134b685447c6428621a77c4b40aca252b42c68631f400caed5d1d672857b80a12f248be25f4ab91a9930b2f0902196a3a8be44029d4263b3bfbaf7daa4b633b26a8d28dc7601b7147b516710fbe6f94aec',
  ],
  [
    'des-ede3-cbc with sha1, encrypt-then-MAC, version 303',
    'f0f1f2f3f4f5f6f7b72ccf49baa09c8d366a001122815fc225b43197228b2a23b9e70afa569508d215a40846a8477fc57e93aa09a6288559f2bb8677f9468b6b40d53f92',
  ],
  [
    'des-ede3-cbc with sha1, MAC-then-encrypt, version 301',
    'b72ccf49baa09c8d366a001122815fc225b43197228b2a23b9e70afa569508d21678ec95142b4b14b94a72fa7a55949582e80156c376cf91',
  ],
  [
    'aes-128-cbc with sha1, encrypt-then-MAC, version 301',
    '9add75c54c284a584f55dd82168d5563e77fccb125553aa0491834ebb0bc8a9d6176811818e561f4c2e1442e3401b82ffa6327855a5422762d7cf7607c3148456eff8d50',
  ],
];

const titled = (title: string) => cbcCases.find((cbc) => cbc.title === title) as CbcCase;
const cases = cbcCases.map((cbc) => [cbc.title, cbc] as const);
/** For what is too long to be done with all. */
const SOME = [
  'aes-128-cbc with sha1, MAC-then-encrypt, version 303',
  'aes-256-cbc with sha384, MAC-then-encrypt, version 302',
  'des-ede3-cbc with sha1, MAC-then-encrypt, version 301',
  'aes-128-cbc with sha256, encrypt-then-MAC, version 303',
].map((title) => [title, titled(title)] as const);

const open = (cbc: CbcCase, fragment: Uint8Array) => protectionOf(cbc).open(headerOf(cbc), fragment);
const flipped = (bytes: Uint8Array, at: number, bit = 1) => bytes.map((byte, i) => (i === at ? byte ^ bit : byte));

function seal(cbc: CbcCase, protection: ReturnType<typeof protectionOf>, ...plaintext: Uint8Array[]): Uint8Array {
  const out: Uint8Array[] = [];
  protection.seal(headerOf(cbc), plaintext, out);
  return concat(...out);
}

describe('CBC protection', () => {
  it.each(KNOWN)('of %s makes and opens what the command line of OpenSSL makes', (title, fragment) => {
    const cbc = titled(title);
    expect(toHex(seal(cbc, protectionOf(cbc), REQUEST))).toBe(fragment);
    expect(open(cbc, fromHex(fragment))).toEqual(REQUEST);
  });

  it.each(cases)('of %s opens what it sealed, of every length, in order', (_title, cbc) => {
    const [writer, reader] = [protectionOf(cbc), protectionOf(cbc)];
    for (const length of [0, 1, 7, 8, 15, 16, 17, 31, 43, 44, 100, 255, 256, 257, 511, 16384]) {
      const content = counting(length, length);
      const sealed = seal(cbc, writer, content.subarray(0, 3), content.subarray(3));
      expect(sealed.length).toBe(writer.sealedLength(length));
      const opened = reader.open(headerOf(cbc), sealed);
      expect(opened !== undefined && equal(opened, content)).toBe(true);
    }
    expect([writer.sequence, reader.sequence]).toEqual([16, 16]);
  });

  it.each(cases)('of %s makes the records that node:crypto makes, and opens them with every padding', (_title, cbc) => {
    for (const length of [0, 1, 30, 63, 64, 200]) {
      const content = counting(length);
      expect(seal(cbc, protectionOf(cbc), content)).toEqual(forge(cbc, { content }));
      for (const padding of paddings(cbc, length)) expect(open(cbc, forge(cbc, { content, padding }))).toEqual(content);
    }
  });

  it.each(SOME)('of %s opens records of every padding length from 0 to 255', (_title, cbc) => {
    const seen = new Set<number>();
    for (let length = 0; length < cbc.cipher.blockSize; length++) {
      for (const padding of paddings(cbc, length)) {
        expect(open(cbc, forge(cbc, { content: counting(length), padding }))).toEqual(counting(length));
        seen.add(padding);
      }
    }
    expect(seen.size).toBe(256);
  });

  it.each(SOME)('of %s opens nothing with one wrong byte of padding, wherever it is, as against POODLE', (_title, cbc) => {
    for (const content of [counting(0), counting(300)]) {
      const padding = paddings(cbc, content.length).at(-1) as number;
      for (let back = 0; back <= padding; back++) {
        const change = (plaintext: Uint8Array) => flipped(plaintext, plaintext.length - 1 - back, 1 << (back % 8));
        expect(open(cbc, forge(cbc, { content, padding, change }))).toBeUndefined();
      }
    }
  });

  it.each(SOME)(
    'of %s opens nothing whose padding_length alone is wrong, though the MAC stands right before it',
    (_title, cbc) => {
      const { blockSize } = cbc.cipher;
      const content = counting(leastPadding(cbc, 0) + 20 * blockSize);
      expect(leastPadding(cbc, content.length)).toBe(0);
      for (let claimed = 1; claimed < 256; claimed++) {
        const change = (plaintext: Uint8Array) => plaintext.map((byte, i) => (i === plaintext.length - 1 ? claimed : byte));
        expect(open(cbc, forge(cbc, { content, change }))).toBeUndefined();
      }
    },
  );

  it.each(SOME)('of %s opens nothing with one wrong byte of MAC or content, whatever the padding', (_title, cbc) => {
    const content = counting(70);
    for (const padding of paddings(cbc, content.length)) {
      const good = forge(cbc, { content, padding });
      for (let at = 0; at < content.length + (cbc.encryptThenMac ? 0 : cbc.hash.size); at++) {
        const change = (plaintext: Uint8Array) => flipped(plaintext, at, 0x80);
        // Encrypt-then-MAC protects what was changed; there the ciphertext is changed instead.
        const bad = cbc.encryptThenMac ? flipped(good, at) : forge(cbc, { content, padding, change });
        expect(open(cbc, bad)).toBeUndefined();
      }
    }
  });

  it.each(cases)('of %s opens nothing whose padding is longer than the record leaves room for', (_title, cbc) => {
    const { blockSize } = cbc.cipher;
    const content = counting(blockSize);
    for (let claimed = 0; claimed < 256; claimed++) {
      const change = (plaintext: Uint8Array) => new Uint8Array(plaintext.length).fill(claimed);
      const opened = open(cbc, forge(cbc, { content, change }));
      // Behind a right MAC, right padding is right padding.
      if (cbc.encryptThenMac && claimed < 2 * blockSize)
        expect(opened).toEqual(new Uint8Array(2 * blockSize - 1 - claimed).fill(claimed));
      else expect(opened).toBeUndefined();
    }
  });

  it.each(cases)('of %s opens no record that is cut, lengthened, or nothing at all', (_title, cbc) => {
    const good = forge(cbc, { content: counting(50) });
    for (let length = 0; length < good.length; length++) {
      expect(open(cbc, good.subarray(0, length))).toBeUndefined();
      expect(open(cbc, good.subarray(good.length - length))).toBeUndefined();
    }
    for (let more = 1; more <= 2 * cbc.cipher.blockSize; more++) {
      expect(open(cbc, concat(good, new Uint8Array(more)))).toBeUndefined();
    }
    for (let length = 0; length < 200; length++) expect(open(cbc, new Uint8Array(length))).toBeUndefined();
  });

  it.each(cases)('of %s opens nothing of another number, type or version', (_title, cbc) => {
    const content = REQUEST;
    const other = { ...cbc, version: cbc.version === 0x0303 ? 0x0302 : 0x0303 };
    expect(open(cbc, forge(cbc, { content, sequence: 1 }))).toBeUndefined();
    expect(open(cbc, forge(cbc, { content, type: 22 }))).toBeUndefined();
    expect(protectionOf(cbc).open(headerOf(other), forge(cbc, { content }))).toBeUndefined();
    expect(protectionOf(cbc).open(headerOf(cbc, 22), forge(cbc, { content, type: 22 }))).toEqual(content);
  });

  it.each(cases)('of %s writes whole numbers of records into its MAC, up to 2^48', (_title, cbc) => {
    for (const sequence of [255, 256, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1]) {
      const fragment = forge(cbc, { content: REQUEST, sequence });
      expect(protectionOf(cbc).openAt(sequence, headerOf(cbc), fragment)).toEqual(REQUEST);
      expect(protectionOf(cbc).openAt(sequence - 1, headerOf(cbc), fragment)).toBeUndefined();
    }
  });

  it.each(cases)('of %s is not changed by a record that is not authentic', (_title, cbc) => {
    const [writer, reader] = [protectionOf(cbc), protectionOf(cbc)];
    for (let i = 0; i < 3; i++) {
      const sealed = seal(cbc, writer, REQUEST);
      expect(reader.open(headerOf(cbc), flipped(sealed, sealed.length - 1))).toBeUndefined();
      expect(reader.sequence).toBe(i);
      expect(reader.open(headerOf(cbc), sealed)).toEqual(REQUEST);
    }
  });

  it.each(SOME)('of %s never throws, and opens nothing that was changed', (_title, cbc) => {
    const good = forge(cbc, { content: counting(90), padding: paddings(cbc, 90)[2] });
    const change = fc.record({ at: fc.nat(good.length - 1), xor: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(40), (changes, cut) => {
        const bad = good.slice(0, good.length - cut);
        for (const { at, xor } of changes) if (at < bad.length) bad[at] = (bad[at] as number) ^ xor;
        fc.pre(!equal(bad, good));
        expect(open(cbc, bad)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), (bytes) => {
        expect(open(cbc, bytes)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  it('chains records of TLS 1.0, and has a random vector in each of later ones', () => {
    const old = titled('aes-128-cbc with sha1, MAC-then-encrypt, version 301');
    const writer = protectionOf(old);
    const first = seal(old, writer, REQUEST);
    const second = seal(old, writer, REQUEST);
    const decrypted = aes128Cbc.decrypt(counting(16), first.subarray(-16), second);
    expect(decrypted.subarray(0, REQUEST.length)).toEqual(REQUEST);
    let draws = 0;
    const random = (length: number) => new Uint8Array(length).fill(draws++);
    const suite = cbcRecordCipher({
      cipher: aes128Cbc,
      hash: sha1,
      iv: { kind: 'explicit', random },
      encryptThenMac: false,
      recordLimit: 9,
    });
    const later = suite.protect({ macKey: counting(20), key: counting(16), iv: new Uint8Array(0) });
    const out: Uint8Array[] = [];
    later.seal(headerOf(old), [REQUEST], out);
    later.seal(headerOf(old), [REQUEST], out);
    expect([out[0], out[2]]).toEqual([new Uint8Array(16).fill(0), new Uint8Array(16).fill(1)]);
  });

  // RFC 7366 §3: "if the MAC verification fails, then processing SHALL terminate immediately"
  it('decrypts nothing before its MAC is checked, with encrypt-then-MAC', () => {
    let decryptions = 0;
    const cipher: Cipher = {
      ...aes128Cbc,
      decrypt: (...given) => {
        decryptions++;
        return aes128Cbc.decrypt(...given);
      },
    };
    const cbc = { ...titled('aes-128-cbc with sha256, encrypt-then-MAC, version 303'), cipher };
    const good = forge(cbc, { content: REQUEST });
    expect(open(cbc, flipped(good, 20))).toBeUndefined();
    expect(decryptions).toBe(0);
    expect(open(cbc, good)).toEqual(REQUEST);
    expect(decryptions).toBe(1);
  });

  it.each(SOME)('of %s gives content that the memory of the record has no part in', (_title, cbc) => {
    const [writer, reader] = [protectionOf(cbc), protectionOf(cbc)];
    const sealed = seal(cbc, writer, REQUEST);
    const opened = reader.open(headerOf(cbc), sealed);
    sealed.fill(0);
    expect(opened).toEqual(REQUEST);
    const next = seal(cbc, writer, counting(60));
    expect(reader.open(headerOf(cbc), next)).toEqual(counting(60));
    expect(opened).toEqual(REQUEST);
  });

  it('is exhausted when only one record more may be sealed', () => {
    const cbc = titled('aes-128-cbc with sha1, MAC-then-encrypt, version 303');
    const random = (length: number) => new Uint8Array(length);
    const suite = cbcRecordCipher({ ...cbc, iv: { kind: 'explicit', random }, recordLimit: 3 });
    const protection = suite.protect({ macKey: counting(20), key: counting(16), iv: new Uint8Array(0) });
    const exhausted = [0, 1, 2].map(() => {
      seal(cbc, protection, REQUEST);
      return protection.exhausted;
    });
    expect(exhausted).toEqual([false, true, true]);
  });

  it('wipes the keys that it was given, and does nothing more after that', () => {
    const options = { cipher: aes128Cbc, hash: sha256, iv: { kind: 'chained' }, recordLimit: 9 } as const;
    for (const encryptThenMac of [false, true]) {
      const keys = { macKey: counting(32, MAC_KEY), key: counting(16, 1), iv: counting(16, FIRST_IV) };
      const protection = cbcRecordCipher({ ...options, encryptThenMac }).protect(keys);
      protection.wipe();
      expect(concat(keys.macKey, keys.key, keys.iv)).toEqual(new Uint8Array(64));
      const wiped = expect.objectContaining({ code: 'ERR_TLS_KEY_WIPED' });
      expect(() => protection.seal(fromHex('1703010000'), [REQUEST], [])).toThrow(wiped);
      expect(() => protection.open(fromHex('1703010000'), new Uint8Array(96))).toThrow(wiped);
    }
  });

  it('refuses keys of another length', () => {
    const suite = cbcRecordCipher({
      cipher: aes128Cbc,
      hash: sha1,
      iv: { kind: 'chained' },
      encryptThenMac: false,
      recordLimit: 9,
    });
    expect([suite.macKeySize, suite.keySize, suite.ivSize]).toEqual([20, 16, 16]);
    const keys = { macKey: counting(20), key: counting(16), iv: counting(16) };
    for (const name of ['macKey', 'key', 'iv'] as const) {
      const wrong = { ...keys, [name]: keys[name].subarray(1) };
      expect(() => suite.protect(wrong)).toThrow(expect.objectContaining({ code: 'ERR_TLS_KEY_SIZE' }));
    }
  });
});
