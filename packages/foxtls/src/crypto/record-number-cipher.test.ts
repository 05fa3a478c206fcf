import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../core/bytes/bytes.ts';
import type { Aead, AeadName, RecordNumberCipher } from './aead.ts';
import { nodeProvider } from './node/provider.ts';
import { portableProvider } from './portable/provider.ts';
import type { CryptoProvider } from './provider.ts';
import { aeadNamed, providers } from './providers.fixture.ts';

const cases = providers.flatMap((provider) =>
  provider.aeads.map((aead) => ({ title: `${provider.name} ${aead.name}`, provider, aead })),
);

function cipherOf(aead: Aead, key: Uint8Array): RecordNumberCipher {
  const cipher = aead.createRecordNumberCipher?.(key);
  if (cipher === undefined) throw new Error(`no record number cipher of ${aead.name}`);
  return cipher;
}

function maskOf(provider: CryptoProvider, name: AeadName, key: Uint8Array, sample: Uint8Array): string {
  return toHex(cipherOf(aeadNamed(provider, name), key).mask(sample).subarray(0, 4));
}

/** What is printed of blocks and of QUIC's header protection, which makes its masks in the same way: key, sample, first bytes of the mask. */
const PRINTED: readonly [what: string, name: AeadName, key: string, sample: string, mask: string][] = [
  ['FIPS 197 §C.1', 'aes-128-gcm', '000102030405060708090a0b0c0d0e0f', '00112233445566778899aabbccddeeff', '69c4e0d8'],
  [
    'FIPS 197 §C.3',
    'aes-256-gcm',
    '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
    '00112233445566778899aabbccddeeff',
    '8ea2b7ca',
  ],
  ['RFC 9001 §A.2', 'aes-128-gcm', '9f50449e04a0e810283a1e9933adedd2', 'd1b1c98dd7689fb8ec11d242b123dc9b', '437b9aec'],
  [
    'RFC 8439 §2.3.2',
    'chacha20-poly1305',
    '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
    '01000000 000000090000004a00000000',
    '10f1e7e4',
  ],
  [
    'RFC 9001 §A.5',
    'chacha20-poly1305',
    '25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4',
    '5e5cd55c41f69080575d7999c25a5bfb',
    'aefefe7d',
  ],
];

describe.each(providers.map((provider) => ({ title: provider.name, provider })))('record numbers by $title', ({ provider }) => {
  it.each(PRINTED)('are masked as %s prints it', (_what, name, key, sample, mask) => {
    expect(maskOf(provider, name, fromHex(key), fromHex(sample))).toBe(mask);
  });

  it('are masked by ChaCha20 with the last block counter that there is, too', () => {
    const sample = fromHex('ffffffff 000000090000004a00000000');
    expect(maskOf(provider, 'chacha20-poly1305', new Uint8Array(32).fill(7), sample)).toBe(
      maskOf(nodeProvider, 'chacha20-poly1305', new Uint8Array(32).fill(7), sample),
    );
  });
});

describe.each(cases)('the record number cipher of $title', ({ provider, aead }) => {
  it('makes at least two bytes of mask, of the sample alone', () => {
    const cipher = cipherOf(aead, provider.random(aead.keySize));
    const [one, other] = [provider.random(16), provider.random(16)];
    const first = toHex(cipher.mask(one));
    expect(first.length).toBeGreaterThanOrEqual(2 * 2);
    expect(toHex(cipher.mask(other))).not.toBe(first);
    expect(toHex(cipher.mask(one))).toBe(first);
  });

  it('takes a sample inside a record, and leaves it as it was', () => {
    const cipher = cipherOf(aead, provider.random(aead.keySize));
    const sample = provider.random(16);
    const record = concat(new Uint8Array(5), sample, new Uint8Array(20));
    expect(toHex(cipher.mask(record.subarray(5, 21)))).toBe(toHex(cipher.mask(sample)));
    expect(record).toEqual(concat(new Uint8Array(5), sample, new Uint8Array(20)));
  });

  it('keeps a copy of the key: the caller may wipe theirs', () => {
    const [key, sample] = [provider.random(aead.keySize), provider.random(16)];
    const cipher = cipherOf(aead, key);
    const before = toHex(cipher.mask(sample));
    key.fill(0);
    expect(toHex(cipher.mask(sample))).toBe(before);
  });

  it('does nothing any more once it is wiped', () => {
    const cipher = cipherOf(aead, provider.random(aead.keySize));
    cipher.wipe();
    cipher.wipe();
    expect(() => cipher.mask(new Uint8Array(16))).toThrow(expect.objectContaining({ code: 'ERR_TLS_KEY_WIPED' }));
  });

  it('refuses a key or a sample of another size', () => {
    const key = provider.random(aead.keySize);
    expect(() => cipherOf(aead, key.subarray(1))).toThrow(expect.objectContaining({ code: 'ERR_TLS_KEY_SIZE' }));
    for (const size of [0, 15, 17]) {
      expect(() => cipherOf(aead, key).mask(new Uint8Array(size))).toThrow(
        expect.objectContaining({ code: 'ERR_TLS_SAMPLE_SIZE' }),
      );
    }
  });
});

describe.each(portableProvider.aeads.map((aead) => aead.name))('record numbers under %s', (name: AeadName) => {
  it('are masked alike by the two providers', () => {
    for (let i = 0; i < 50; i++) {
      const [key, sample] = [nodeProvider.random(aeadNamed(nodeProvider, name).keySize), nodeProvider.random(16)];
      expect(maskOf(portableProvider, name, key, sample)).toBe(maskOf(nodeProvider, name, key, sample));
    }
  });
});
