import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex, utf8 } from '../../core/bytes/bytes.ts';
import type { HashOrPair } from '../hash.ts';
import { nodeProvider } from '../node/provider.ts';
import { portableProvider } from '../portable/provider.ts';
import { hashNamed } from '../providers.fixture.ts';
import { md5 } from './md5.ts';
import { md5Sha1 } from './md5-sha1.ts';

/** RFC 1321 §A.5 */
const DIGESTS: readonly (readonly [text: string, digest: string])[] = [
  ['', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['a', '0cc175b9c0f1b6a831c399e269772661'],
  ['abc', '900150983cd24fb0d6963f7d28e17f72'],
  ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
  ['abcdefghijklmnopqrstuvwxyz', 'c3fcd3d76192e4007dfb496cca67e13b'],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 'd174ab98d277d9f5a5611c2c9f419d9f'],
  ['1234567890'.repeat(8), '57edf4a22be3c955ac49da2e2107b67a'],
];

const pairs: readonly HashOrPair[] = [nodeProvider, portableProvider].map((provider) => md5Sha1(hashNamed(provider, 'sha1')));

describe('MD5', () => {
  it.each(DIGESTS)('of “%s” is that of RFC 1321', (text, digest) => {
    expect(toHex(md5.digest(utf8(text)))).toBe(digest);
    expect([md5.size, md5.blockSize]).toEqual([16, 64]);
  });

  it('makes the HMACs of RFC 2104', () => {
    expect(toHex(md5.hmac(fromHex('0b'.repeat(16)), utf8('Hi There')))).toBe('9294727a3638bb1c13f48ef8158bfc9d');
    expect(toHex(md5.hmac(utf8('Jefe'), utf8('what do ya want for nothing?')))).toBe('750c783e6ab0b503eaa86e310a5db738');
    expect(toHex(md5.hmac(fromHex('aa'.repeat(16)), fromHex('dd'.repeat(50))))).toBe('56be34521d144c88dbb8c733f0e8b3f6');
  });

  it('makes the HMACs of OpenSSL for keys of any length', () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 7) & 0xff);
    for (const length of [0, 1, 63, 64, 65, 300]) {
      const key = bytes.slice(0, length);
      expect(toHex(md5.hmac(key, bytes)), `${length}`).toBe(createHmac('md5', key).update(bytes).digest('hex'));
    }
  });
});

describe.each<HashOrPair>([md5, ...pairs])('a running $name', (hash) => {
  const ofAbc = hash.digest(utf8('abc'));

  it('can be read at any time and goes on', () => {
    const state = hash.create();
    expect(state.digest()).toEqual(hash.digest(new Uint8Array(0)));
    state.update(utf8('a'));
    expect(state.digest()).toEqual(hash.digest(utf8('a')));
    state.update(utf8('bc'));
    expect(state.digest()).toEqual(ofAbc);
    expect(state.digest()).toEqual(ofAbc);
  });

  it('has copies that are independent of it', () => {
    const state = hash.create();
    state.update(utf8('ab'));
    const copy = state.copy();
    state.update(utf8('x'));
    copy.update(utf8('c'));
    expect(copy.digest()).toEqual(ofAbc);
    expect(state.digest()).toEqual(hash.digest(utf8('abx')));
  });

  it('gives plain arrays that share no memory with anything', () => {
    const digest = hash.create().digest();
    expect(Object.getPrototypeOf(digest)).toBe(Uint8Array.prototype);
    expect(digest.buffer.byteLength).toBe(hash.size);
  });
});

describe.each(pairs)('MD5 and SHA-1 together', (pair) => {
  it('are the one after the other, as OpenSSL has them under the same name', () => {
    const data = utf8('handshake_messages');
    expect([pair.name, pair.size]).toEqual(['md5-sha1', 36]);
    expect(toHex(pair.digest(data))).toBe(createHash('md5-sha1').update(data).digest('hex'));
    expect(pair.digest(data)).toEqual(concat(md5.digest(data), hashNamed(nodeProvider, 'sha1').digest(data)));
  });

  it('have no HMAC', () => {
    expect(() => pair.hmac(new Uint8Array(1), new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'ERR_TLS_NO_HMAC' }));
  });
});

it('neither is in a provider', () => {
  for (const { hashes } of [nodeProvider, portableProvider]) {
    expect(hashes.map(({ name }) => name)).not.toContain('md5');
    expect(hashes.map(({ name }): string => name)).not.toContain('md5-sha1');
  }
});
