import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../core/bytes/bytes.ts';
import type { HashName } from '../../crypto/hash.ts';
import { hashNamed, providers } from '../../crypto/providers.fixture.ts';
import { deriveSecret, expand, expandLabel, extract } from './hkdf.ts';

/** The bytes from `first` to `last`, counting up. */
function counting(first: number, last: number): string {
  return toHex(Uint8Array.from({ length: last - first + 1 }, (_, i) => first + i));
}

// RFC 5869 §A: the seven test cases.
const CASES: readonly { n: number; hash: HashName; ikm: string; salt: string; info: string; prk: string; okm: string }[] = [
  {
    n: 1,
    hash: 'sha256',
    ikm: '0b'.repeat(22),
    salt: counting(0x00, 0x0c),
    info: counting(0xf0, 0xf9),
    prk: '077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5',
    okm: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  },
  {
    n: 2,
    hash: 'sha256',
    ikm: counting(0x00, 0x4f),
    salt: counting(0x60, 0xaf),
    info: counting(0xb0, 0xff),
    prk: '06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244',
    okm: 'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
  },
  {
    n: 3,
    hash: 'sha256',
    ikm: '0b'.repeat(22),
    salt: '',
    info: '',
    prk: '19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04',
    okm: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  },
  {
    n: 4,
    hash: 'sha1',
    ikm: '0b'.repeat(11),
    salt: counting(0x00, 0x0c),
    info: counting(0xf0, 0xf9),
    prk: '9b6c18c432a7bf8f0e71c8eb88f4b30baa2ba243',
    okm: '085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896',
  },
  {
    n: 5,
    hash: 'sha1',
    ikm: counting(0x00, 0x4f),
    salt: counting(0x60, 0xaf),
    info: counting(0xb0, 0xff),
    prk: '8adae09a2a307059478d309b26c4115a224cfaf6',
    okm: '0bd770a74d1160f7c9f12cd5912a06ebff6adcae899d92191fe4305673ba2ffe8fa3f1a4e5ad79f3f334b3b202b2173c486ea37ce3d397ed034c7f9dfeb15c5e927336d0441f4c4300e2cff0d0900b52d3b4',
  },
  {
    n: 6,
    hash: 'sha1',
    ikm: '0b'.repeat(22),
    salt: '',
    info: '',
    prk: 'da8c8a73c7fa77288ec6f5e7c297786aa0d32d01',
    okm: '0ac1af7002b3d761d1e55298da9d0506b9ae52057220a306e07b6b87e8df21d0ea00033de03984d34918',
  },
  {
    n: 7,
    hash: 'sha1',
    ikm: '0c'.repeat(22),
    // Not provided: "it is set to a string of HashLen zeros" (RFC 5869 §2.2).
    salt: '00'.repeat(20),
    info: '',
    prk: '2adccada18779e7c2077ad2eb19d3f3e731385dd',
    okm: '2c91117204d745f3500d636a62f64f0ab3bae548aa53d423b0d1f27ebba6f5e5673a081d70cce7acfc48',
  },
];

describe.each(providers)('HKDF of the $name provider', (provider) => {
  it.each(CASES)('meets test case $n of RFC 5869', ({ hash: hashName, ikm, salt, info, prk, okm }) => {
    const hash = hashNamed(provider, hashName);
    expect(toHex(extract(hash, fromHex(salt), fromHex(ikm)))).toBe(prk);
    expect(toHex(expand(hash, fromHex(prk), fromHex(info), okm.length / 2))).toBe(okm);
  });

  it('expands to every length as a prefix of the longest', () => {
    const hash = hashNamed(provider, 'sha256');
    const key = new Uint8Array(32).fill(1);
    const longest = toHex(expand(hash, key, utf8('info'), 100));
    for (let length = 1; length <= 100; length++) {
      expect(toHex(expand(hash, key, utf8('info'), length))).toBe(longest.slice(0, 2 * length));
    }
  });

  // RFC 8448 §3: "derive write traffic keys for handshake data" of the server.
  it('writes HkdfLabel as RFC 8448 prints it', () => {
    const hash = hashNamed(provider, 'sha256');
    const labelled = { hash, labelPrefix: 'tls13 ' } as const;
    const secret = fromHex('b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38');
    const empty = new Uint8Array(0);
    expect(toHex(expandLabel(labelled, secret, 'key', empty, 16))).toBe('3fce516009c21727d0f2e4e86ee403bc');
    expect(toHex(expandLabel(labelled, secret, 'iv', empty, 12))).toBe('5d313eb2671276ee13000b30');
    const info = fromHex('00100974 6c733133206b657900');
    expect(toHex(expand(hash, secret, info, 16))).toBe('3fce516009c21727d0f2e4e86ee403bc');
  });

  it('puts the prefix of DTLS 1.3 in the place of that of TLS 1.3', () => {
    const hash = hashNamed(provider, 'sha256');
    const secret = new Uint8Array(32).fill(2);
    const context = hash.digest(new Uint8Array(0));
    const derived = deriveSecret({ hash, labelPrefix: 'dtls13' }, secret, 'derived', context);
    const info = fromHex(`0020 0d ${toHex(utf8('dtls13derived'))} 20 ${toHex(context)}`);
    expect(toHex(derived)).toBe(toHex(expand(hash, secret, info, 32)));
  });
});
