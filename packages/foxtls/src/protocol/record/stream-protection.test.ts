import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, equal, fromHex, toHex, utf8 } from '../../core/bytes/bytes.ts';
import { rc4Stream128 } from '../../crypto/legacy/rc4.ts';
import { sha1, sha256 } from '../../crypto/node/hash.ts';
import { counting } from './cbc.fixture.ts';
import { streamRecordCipher } from './stream-protection.ts';

const HEADER = fromHex('1703030000');
const REQUEST = utf8('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
/** `openssl enc -rc4 -provider legacy` over REQUEST and the output of `openssl dgst -sha1 -mac HMAC`, by hand. */
const RC4_SHA = 'aed914d968c25198528bb8f720ec27459b1ef22bc8972e81ecffc9b19644970f5137413fe410e65e795b16bda868a1b5115e6c4c74d889';

const suites = [
  { title: 'RC4 with SHA-1', suite: streamRecordCipher({ cipher: rc4Stream128, hash: sha1, recordLimit: 2 ** 48 }) },
  { title: 'NULL with SHA-1', suite: streamRecordCipher({ hash: sha1, recordLimit: 2 ** 48 }) },
  { title: 'NULL with SHA-256', suite: streamRecordCipher({ hash: sha256, recordLimit: 2 ** 48 }) },
];
type Suite = (typeof suites)[number]['suite'];

const protect = ({ protect: create, macKeySize, keySize }: Suite) =>
  create({ macKey: counting(macKeySize, 0x40), key: counting(keySize), iv: new Uint8Array(0) });

function seal(protection: ReturnType<typeof protect>, content: Uint8Array): Uint8Array {
  const out: Uint8Array[] = [];
  protection.seal(HEADER, [content.subarray(0, 2), content.subarray(2)], out);
  return concat(...out);
}

describe('stream protection', () => {
  it('with RC4 makes what the command line of OpenSSL makes', () => {
    const suite = suites[0]?.suite as Suite;
    expect(toHex(seal(protect(suite), REQUEST))).toBe(RC4_SHA);
    expect(protect(suite).open(HEADER, fromHex(RC4_SHA))).toEqual(REQUEST);
  });

  it('with NULL is the content and HMAC over number, type, version, length and content', () => {
    const mac = createHmac('sha256', counting(32, 0x40)).update(fromHex('0000000000000000170303')).update(fromHex('0024'));
    expect(seal(protect(suites[2]?.suite as Suite), counting(36))).toEqual(
      concat(counting(36), mac.update(counting(36)).digest()),
    );
  });

  it.each(suites)('of $title opens what it sealed, of every length, in order only', ({ suite }) => {
    const [writer, reader] = [protect(suite), protect(suite)];
    for (const length of [0, 1, 100, 16384]) {
      const sealed = seal(writer, counting(length));
      expect(sealed.length).toBe(writer.sealedLength(length));
      expect(reader.open(HEADER, sealed)).toEqual(counting(length));
    }
    expect([writer.sequence, reader.sequence]).toEqual([4, 4]);
    expect(protect(suite).open(HEADER, seal(writer, REQUEST))).toBeUndefined();
  });

  it.each(suites)('of $title never throws, and opens nothing that was changed or cut', ({ suite }) => {
    const good = seal(protect(suite), REQUEST);
    for (let length = 0; length < good.length; length++) {
      expect(protect(suite).open(HEADER, good.subarray(0, length))).toBeUndefined();
    }
    expect(protect(suite).open(fromHex('1603030000'), good)).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, xor) => {
        const bad = good.map((byte, i) => (i === at ? byte ^ xor : byte));
        expect(equal(bad, good)).toBe(false);
        expect(protect(suite).open(HEADER, bad)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  it.each(suites)('of $title gives content of its own, and forgets its keys', ({ suite }) => {
    const [writer, reader] = [protect(suite), protect(suite)];
    const sealed = seal(writer, REQUEST);
    const kept = sealed.slice();
    seal(writer, counting(200));
    expect(sealed).toEqual(kept);
    const opened = reader.open(HEADER, sealed);
    sealed.fill(0);
    expect(opened).toEqual(REQUEST);
    writer.wipe();
    expect(() => seal(writer, REQUEST)).toThrow(expect.objectContaining({ code: 'ERR_TLS_KEY_WIPED' }));
  });
});
