import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../core/bytes/bytes.ts';
import type { Aead, AeadName } from './aead.ts';
import { nodeProvider } from './node/provider.ts';
import { portableProvider } from './portable/provider.ts';
import type { CryptoProvider } from './provider.ts';
import { aeadNamed, providers } from './providers.fixture.ts';

const cases = providers.flatMap((provider) =>
  provider.aeads.map((aead) => ({ title: `${provider.name} ${aead.name}`, provider, aead })),
);

const SIZES = [0, 1, 15, 16, 17, 255, 16_384];

function sealed(
  aead: Aead,
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  pieces: readonly Uint8Array[],
): Uint8Array {
  const out: Uint8Array[] = [];
  aead.create(key).seal(nonce, additionalData, pieces, out);
  return concat(...out);
}

function inputs(provider: CryptoProvider, aead: Aead, size: number) {
  return {
    key: provider.random(aead.keySize),
    nonce: provider.random(aead.nonceSize),
    additionalData: provider.random(5),
    plaintext: provider.random(size),
  };
}

describe.each(cases)('$title', ({ provider, aead }) => {
  it.each(SIZES)('opens what it sealed: %i bytes', (size) => {
    const { key, nonce, additionalData, plaintext } = inputs(provider, aead, size);
    const record = sealed(aead, key, nonce, additionalData, [plaintext]);
    expect(record.length).toBe(size + aead.tagSize);
    expect(aead.create(key).open(nonce, additionalData, record)).toEqual(plaintext);
  });

  it('seals pieces as if they were joined, empty ones too', () => {
    const { key, nonce, additionalData, plaintext } = inputs(provider, aead, 100);
    const whole = sealed(aead, key, nonce, additionalData, [plaintext]);
    const pieces = [plaintext.subarray(0, 0), plaintext.subarray(0, 33), plaintext.subarray(33, 99), plaintext.subarray(99)];
    expect(sealed(aead, key, nonce, additionalData, pieces)).toEqual(whole);
  });

  it('seals long pieces one after another, each as if it were alone', () => {
    const { key, nonce, additionalData } = inputs(provider, aead, 0);
    const one = aead.create(key);
    const records = [16384, 5000, 16383, 4096, 16384].map((size, i) => {
      const pieces = [new Uint8Array(size).fill(i + 1), Uint8Array.of(23)];
      const out: Uint8Array[] = [];
      one.seal(nonce, additionalData, pieces, out);
      return { plaintext: concat(...pieces), out };
    });
    // Compared at the end: none may have changed when the next was sealed.
    for (const { plaintext, out } of records) {
      expect(toHex(concat(...out))).toBe(toHex(sealed(aead, key, nonce, additionalData, [plaintext])));
    }
  });

  it('seals no plaintext at all as a tag alone', () => {
    const { key, nonce, additionalData } = inputs(provider, aead, 0);
    expect(sealed(aead, key, nonce, additionalData, []).length).toBe(aead.tagSize);
    const opened = aead.create(key).open(nonce, additionalData, sealed(aead, key, nonce, additionalData, []));
    expect(opened).toEqual(new Uint8Array(0));
  });

  it('appends to what is in the output already, and leaves the plaintext as it was', () => {
    const { key, nonce, additionalData, plaintext } = inputs(provider, aead, 20);
    const before = plaintext.slice();
    const header = Uint8Array.of(23, 3, 3);
    const out = [header];
    aead.create(key).seal(nonce, additionalData, [plaintext], out);
    expect(out[0]).toBe(header);
    expect(out.slice(1)).not.toHaveLength(0);
    expect(plaintext).toEqual(before);
  });

  it('works without additional data', () => {
    const { key, nonce, plaintext } = inputs(provider, aead, 20);
    const none = new Uint8Array(0);
    expect(aead.create(key).open(nonce, none, sealed(aead, key, nonce, none, [plaintext]))).toEqual(plaintext);
  });

  it.each(['ciphertext', 'tag', 'nonce', 'additional data', 'key'] as const)('refuses a changed %s', (what) => {
    const { key, nonce, additionalData, plaintext } = inputs(provider, aead, 40);
    const record = sealed(aead, key, nonce, additionalData, [plaintext]);
    const changed = { ciphertext: record, tag: record.subarray(40), nonce, 'additional data': additionalData, key }[what];
    changed[0] = (changed[0] as number) ^ 1;
    expect(aead.create(key).open(nonce, additionalData, record)).toBeUndefined();
  });

  it('refuses an empty message whose tag was changed', () => {
    const { key, nonce, additionalData } = inputs(provider, aead, 0);
    const record = sealed(aead, key, nonce, additionalData, []);
    record[0] = (record[0] as number) ^ 0x80;
    expect(aead.create(key).open(nonce, additionalData, record)).toBeUndefined();
  });

  it('refuses what is shorter than a tag, and a tag cut short', () => {
    const { key, nonce, additionalData } = inputs(provider, aead, 0);
    const record = sealed(aead, key, nonce, additionalData, []);
    for (let size = 0; size < aead.tagSize; size++) {
      expect(aead.create(key).open(nonce, additionalData, record.subarray(0, size))).toBeUndefined();
    }
  });

  it('gives a plaintext that shares no memory with the record', () => {
    const { key, nonce, additionalData, plaintext } = inputs(provider, aead, 40);
    const record = sealed(aead, key, nonce, additionalData, [plaintext]);
    const opened = aead.create(key).open(nonce, additionalData, record) as Uint8Array;
    expect(Object.getPrototypeOf(opened)).toBe(Uint8Array.prototype);
    expect(opened.buffer).not.toBe(record.buffer);
    record.fill(0);
    expect(opened).toEqual(plaintext);
  });

  it('opens a record that lies inside a larger chunk', () => {
    const { key, nonce, additionalData, plaintext } = inputs(provider, aead, 40);
    const record = sealed(aead, key, nonce, additionalData, [plaintext]);
    const chunk = concat(new Uint8Array(3), record, new Uint8Array(9));
    expect(aead.create(key).open(nonce, additionalData, chunk.subarray(3, 3 + record.length))).toEqual(plaintext);
  });

  it('keeps a copy of the key: the caller may wipe theirs', () => {
    const { key, nonce, additionalData, plaintext } = inputs(provider, aead, 40);
    const record = sealed(aead, key, nonce, additionalData, [plaintext]);
    const made = aead.create(key);
    key.fill(0);
    expect(made.open(nonce, additionalData, record)).toEqual(plaintext);
  });

  it('does nothing any more once it is wiped', () => {
    const { key, nonce, additionalData, plaintext } = inputs(provider, aead, 40);
    const made = aead.create(key);
    made.wipe();
    made.wipe();
    expect(() => made.seal(nonce, additionalData, [plaintext], [])).toThrow(
      expect.objectContaining({ code: 'ERR_TLS_KEY_WIPED' }),
    );
    expect(() => made.open(nonce, additionalData, plaintext)).toThrow(expect.objectContaining({ code: 'ERR_TLS_KEY_WIPED' }));
  });

  it('refuses a key or a nonce of another size', () => {
    const { key, nonce, additionalData } = inputs(provider, aead, 0);
    expect(() => aead.create(key.subarray(1))).toThrow(expect.objectContaining({ code: 'ERR_TLS_KEY_SIZE' }));
    const made = aead.create(key);
    expect(() => made.seal(nonce.subarray(1), additionalData, [], [])).toThrow(
      expect.objectContaining({ code: 'ERR_TLS_NONCE_SIZE' }),
    );
    expect(() => made.open(nonce.subarray(1), additionalData, new Uint8Array(16))).toThrow(
      expect.objectContaining({ code: 'ERR_TLS_NONCE_SIZE' }),
    );
  });
});

describe.each(portableProvider.aeads.map((aead) => aead.name))('%s of the two providers', (name: AeadName) => {
  it.each(SIZES)('makes the same record: %i bytes', (size) => {
    const aead = aeadNamed(nodeProvider, name);
    const { key, nonce, additionalData, plaintext } = inputs(nodeProvider, aead, size);
    const record = sealed(aead, key, nonce, additionalData, [plaintext]);
    expect(sealed(aeadNamed(portableProvider, name), key, nonce, additionalData, [plaintext])).toEqual(record);
  });
});

it('AES-CCM with tags of 8 bytes is another cipher than that with 16, not a shortened one', () => {
  const [key, nonce, plaintext] = [fromHex('00'.repeat(16)), fromHex('01'.repeat(12)), fromHex('0203')];
  const long = sealed(aeadNamed(nodeProvider, 'aes-128-ccm'), key, nonce, plaintext, [plaintext]);
  const short = sealed(aeadNamed(nodeProvider, 'aes-128-ccm-8'), key, nonce, plaintext, [plaintext]);
  expect(short.length).toBe(10);
  expect(toHex(short.subarray(0, 2))).toBe(toHex(long.subarray(0, 2)));
  expect(toHex(short.subarray(2))).not.toBe(toHex(long.subarray(2, 10)));
});
