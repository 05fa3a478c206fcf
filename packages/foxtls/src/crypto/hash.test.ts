import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../core/bytes/bytes.ts';
import type { HashName } from './hash.ts';
import { hashNamed, providers } from './providers.fixture.ts';

/** FIPS 180-4's example: the hash of "abc". */
const ABC: readonly { readonly name: HashName; readonly digest: string }[] = [
  { name: 'sha1', digest: 'a9993e364706816aba3e25717850c26c9cd0d89d' },
  { name: 'sha256', digest: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
  {
    name: 'sha384',
    digest: 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
  },
  {
    name: 'sha512',
    digest:
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  },
];

/** RFC 4231 §4.2, §4.3, §4.4, §4.7, with SHA-256, SHA-384 and SHA-512. */
const HMACS: readonly {
  readonly section: string;
  readonly key: string;
  readonly data: string;
  readonly tags: readonly [HashName, string][];
}[] = [
  {
    section: '4.2',
    key: '0b'.repeat(20),
    data: '4869205468657265',
    tags: [
      ['sha256', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
      ['sha384', 'afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6'],
      [
        'sha512',
        '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
      ],
    ],
  },
  {
    section: '4.3',
    key: toHex(utf8('Jefe')),
    data: toHex(utf8('what do ya want for nothing?')),
    tags: [
      ['sha256', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
      ['sha384', 'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649'],
    ],
  },
  {
    section: '4.7',
    key: 'aa'.repeat(131),
    data: toHex(utf8('Test Using Larger Than Block-Size Key - Hash Key First')),
    tags: [
      ['sha256', '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54'],
      ['sha384', '4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952'],
    ],
  },
];

describe.each(providers)('hashes of the $name provider', (provider) => {
  it.each(ABC)('$name of abc is that of FIPS 180-4, with its own sizes', ({ name, digest }) => {
    const hash = hashNamed(provider, name);
    expect(toHex(hash.digest(utf8('abc')))).toBe(digest);
    expect(hash.size).toBe(digest.length / 2);
    expect(hash.blockSize).toBe(hash.size > 32 ? 128 : 64);
  });

  it.each(ABC)('a running $name can be read at any time and goes on', ({ name, digest }) => {
    const hash = hashNamed(provider, name);
    const state = hash.create();
    expect(state.digest()).toEqual(hash.digest(new Uint8Array(0)));
    state.update(utf8('a'));
    expect(state.digest()).toEqual(hash.digest(utf8('a')));
    state.update(utf8('bc'));
    expect(toHex(state.digest())).toBe(digest);
    expect(toHex(state.digest())).toBe(digest);
  });

  it.each(ABC)('a copy of a running $name is independent of it', ({ name, digest }) => {
    const hash = hashNamed(provider, name);
    const state = hash.create();
    state.update(utf8('ab'));
    const copy = state.copy();
    state.update(utf8('x'));
    copy.update(utf8('c'));
    expect(toHex(copy.digest())).toBe(digest);
    expect(state.digest()).toEqual(hash.digest(utf8('abx')));
  });

  it.each(HMACS)('HMAC makes the tags of RFC 4231 §$section', ({ key, data, tags }) => {
    for (const [name, tag] of tags) expect(toHex(hashNamed(provider, name).hmac(fromHex(key), fromHex(data)))).toBe(tag);
  });

  it('HMAC makes the extracted key and the first expanded block of RFC 5869 §A.1', () => {
    const sha256 = hashNamed(provider, 'sha256');
    const extracted = sha256.hmac(fromHex('000102030405060708090a0b0c'), fromHex('0b'.repeat(22)));
    expect(toHex(extracted)).toBe('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5');
    const block = sha256.hmac(extracted, fromHex('f0f1f2f3f4f5f6f7f8f901'));
    expect(toHex(block)).toBe('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf');
  });

  it('HMAC takes an empty key, as the first extraction of the key schedule does', () => {
    const tag = hashNamed(provider, 'sha256').hmac(new Uint8Array(0), new Uint8Array(0));
    expect(toHex(tag)).toBe('b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad');
  });

  it.each(['sha1', 'sha256', 'sha384', 'sha512'] as const)(
    'HMAC by %s is one function of every length of key and text',
    (name) => {
      const hash = hashNamed(provider, name);
      const bytes = Uint8Array.from({ length: 600 }, (_, i) => (i * 7) & 0xff);
      for (const keyLength of [0, 1, hash.size, hash.blockSize - 1, hash.blockSize, hash.blockSize + 1, 300]) {
        for (const length of [0, 1, hash.blockSize, 255, 256, 257, 600]) {
          const expected = createHmac(name, bytes.subarray(0, keyLength)).update(bytes.subarray(0, length)).digest('hex');
          expect(toHex(hash.hmac(bytes.slice(0, keyLength), bytes.slice(0, length))), `${keyLength}, ${length}`).toBe(expected);
        }
      }
    },
  );

  it('results are plain arrays that share no memory with anything', () => {
    const sha256 = hashNamed(provider, 'sha256');
    for (const result of [sha256.digest(utf8('a')), sha256.create().digest(), sha256.hmac(utf8('k'), utf8('a'))]) {
      expect(Object.getPrototypeOf(result)).toBe(Uint8Array.prototype);
      expect(result.buffer.byteLength).toBe(32);
    }
  });
});
