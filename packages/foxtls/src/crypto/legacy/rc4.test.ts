import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex, utf8 } from '../../core/bytes/bytes.ts';
import { CryptoFailure } from '../../core/errors/errors.ts';
import { Rc4Keystream, rc4Stream128 } from './rc4.ts';

/** RFC 6229 §2 (whose text is not at hand; the same bytes come out of OpenSSL): key, then 16 bytes of keystream at four places. */
const KEYSTREAMS: readonly (readonly [key: string, at0: string, at240: string, at1008: string, at4096: string])[] = [
  [
    '0102030405',
    'b2396305f03dc027ccc3524a0a1118a8',
    '28cb1132c96ce286421dcaadb8b69eae',
    '45129048e6a0ed0b56b490338f078da5',
    'ff25b58995996707e51fbdf08b34d875',
  ],
  [
    '833222772a',
    '80ad97bdc973df8a2e879e92a497efda',
    'faa148e99046181fec6b2085f3b20ed9',
    '6da453dbf81e82334a3d8866cb50a1e3',
    'bf42c3018c2f7c66bfde524975768115',
  ],
  [
    '0102030405060708090a0b0c0d0e0f10',
    '9ac7cc9a609d1ef7b2932899cde41b97',
    '065902e4b620f6cc36c8589f66432f2b',
    'e7a72574f8782ae26aabcf9ebcd66065',
    'a36a4c301ae8ac13610ccbc12256cacc',
  ],
  [
    'ebb46227c6cc8b37641910833222772a',
    '720c94b63edf44e131d950ca211a5a30',
    'b3394a40aabf75cba42282ef25a0059f',
    'b60595514f24bc9fe522a6cad7393644',
    '5bbeb4787d59e5373fdbea6c6f75c29b',
  ],
];
const PLACES = [0, 240, 1008, 4096];

describe('RC4', () => {
  it.each(KEYSTREAMS)('with the key %s has the keystream of RFC 6229', (key, ...expected) => {
    const keystream = new Rc4Keystream(fromHex(key)).apply(new Uint8Array(4112));
    expect(PLACES.map((at) => toHex(keystream.subarray(at, at + 16)))).toEqual(expected);
  });

  it('goes on where it was, whatever the pieces', () => {
    const key = fromHex(KEYSTREAMS[2]?.[0] as string);
    const text = utf8('a keystream that is cut into pieces of several lengths');
    const whole = rc4Stream128.create(key).apply(text);
    const inPieces = rc4Stream128.create(key);
    const pieces = [0, 1, 1, 20, 54].map((end, i, ends) => inPieces.apply(text.subarray(ends[i - 1] ?? 0, end)));
    expect(concat(...pieces)).toEqual(whole);
    expect(rc4Stream128.create(key).apply(whole)).toEqual(text);
  });

  it('refuses keys of another length, and to go on when it was wiped', () => {
    expect(() => rc4Stream128.create(new Uint8Array(15))).toThrow(CryptoFailure);
    const keystream = rc4Stream128.create(new Uint8Array(16));
    keystream.wipe();
    expect(() => keystream.apply(new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'ERR_TLS_KEY_WIPED' }));
  });
});
