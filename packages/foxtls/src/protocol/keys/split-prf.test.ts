import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex, utf8 } from '../../core/bytes/bytes.ts';
import { md5 } from '../../crypto/legacy/md5.ts';
import { sha1 as nodeSha1 } from '../../crypto/node/hash.ts';
import { portableProvider } from '../../crypto-portable.ts';
import { prf } from './prf.ts';
import { splitPrf } from './split-prf.ts';

const portableSha1 = portableProvider.hashes.find(({ name }) => name === 'sha1') as typeof nodeSha1;
const seed = Uint8Array.from({ length: 32 }, (_, i) => 0x40 + i);
const secretOf = (length: number) => Uint8Array.from({ length }, (_, i) => i + 1);

describe.each([
  ['node', nodeSha1],
  ['portable', portableSha1],
])('the PRF of TLS 1.0 and 1.1 with SHA-1 of %s', (_, sha1) => {
  const old = splitPrf(md5, sha1);

  // openssl kdf -keylen 100 -kdfopt digest:MD5-SHA1 -kdfopt hexsecret:… -kdfopt hexseed:… TLS1-PRF
  it.each([
    [
      48,
      '24530943bac6277ebb4e52703d6fb7a4d7a5844e98aeddf9bf817eae77c52d804f7c84f51cc4832b7b995314c19a93534ac7352bcbf8cfc0b742160d97c1ac33' +
        'd5d8134b00d2bd9b86d4263becb6eb31e0432f3837f0523d6ce2ee1a1096dce673454073',
    ],
    [
      33,
      '721189760f00597b164dc6ff8bd0690f973cbc606eef798655ab41251f0b3474eb2be4e79d60cdd38e4af2aacb5d3e2392e8ace2690a044eed46654096ccfac0' +
        'f749a8b4901c351a1c8263a05156bb437d8f07332f2f4a8f0e84ed1ecb0fd6b192fed1a8',
    ],
  ])('is that of OpenSSL, for a secret of %i bytes', (length, expected) => {
    expect(toHex(old(secretOf(length), 'test label', seed, 100))).toBe(expected);
    expect(toHex(old(secretOf(length), 'test label', seed, 12))).toBe(expected.slice(0, 24));
  });

  it('gives each hash its half of the secret, and the byte in the middle to both', () => {
    const secret = fromHex('0102030405');
    const [a, b] = [prf(md5, fromHex('010203'), 'l', seed, 40), prf(sha1, fromHex('030405'), 'l', seed, 40)];
    expect(old(secret, 'l', seed, 40)).toEqual(a.map((byte, i) => byte ^ (b[i] as number)));
  });

  it('leaves the secret as it is', () => {
    const secret = concat(utf8('secret'), seed);
    old(secret, 'label', seed, 48);
    expect(secret).toEqual(concat(utf8('secret'), seed));
  });
});
