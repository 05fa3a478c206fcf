import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../core/bytes/bytes.ts';
import { InternalError } from '../../core/errors/errors.ts';
import type { RecordNumberCipher } from '../../crypto/aead.ts';
import { nodeProvider } from '../../crypto/node/provider.ts';
import { readDatagramRecord, type UnifiedRecord, unifiedHeader } from './datagram-record.ts';
import { maskRecordNumber, reconstructSequence, recordSequence, unmaskedHeader } from './record-number.ts';

const ciphers = ['aes-128-gcm', 'chacha20-poly1305'].map((name): readonly [string, RecordNumberCipher] => {
  const aead = nodeProvider.aeads.find((candidate) => candidate.name === name);
  const cipher = aead?.createRecordNumberCipher?.(new Uint8Array(aead.keySize).fill(9));
  if (cipher === undefined) throw new Error(`no ${name}`);
  return [name, cipher];
});

function unified(bytes: Uint8Array, connectionIdLength = 0): UnifiedRecord {
  const record = readDatagramRecord(bytes, 0, connectionIdLength)?.record;
  if (record?.kind !== 'unified') throw new Error('no unified record');
  return record;
}

/** Its mask is the sample, so that one sees where it was taken and put. */
const seeThrough: RecordNumberCipher = { mask: (sample) => sample, wipe() {} };

describe.each(ciphers)('a number masked with %s', (_name, cipher) => {
  it.each([
    ['without connection ID', undefined],
    ['with a connection ID', Uint8Array.of(1, 2, 3)],
  ])('is unmasked by the receiver, %s', (_what, connectionId) => {
    const header = unifiedHeader({ epoch: 3, sequence: 0x54321, length: 20, connectionId });
    const record = concat(header, nodeProvider.random(20));
    maskRecordNumber(record, header.length, cipher);
    const received = unified(record, connectionId?.length);
    const unmasked = unmaskedHeader(received, cipher) ?? new Uint8Array(0);
    expect(toHex(unmasked)).toBe(toHex(header));
    expect(recordSequence(received, unmasked, 0x54000)).toBe(0x54321);
  });
});

describe('unmaskedHeader', () => {
  const sample = '0102030405060708090a0b0c0d0e0f10';

  it.each([
    ['16 bits', `2e ff00 0011 ${sample} aa`, '2e fe 02 00 11', 0xfe02],
    ['8 bits', `22 f0 ${sample} aa`, '22 f1', 0xf1],
    ['8 bits after a connection ID', `32 aabb f0 ${sample}`, '32 aa bb f1', 0xf1],
  ])('applies the leading bytes of the mask to %s of number, and to nothing else', (what, hex, expected, bits) => {
    const record = unified(fromHex(hex), what.includes('ID') ? 2 : 0);
    const header = unmaskedHeader(record, seeThrough) ?? new Uint8Array(0);
    expect(toHex(header, ' ')).toBe(expected);
    expect(recordSequence(record, header, bits)).toBe(bits);
  });

  it('leaves the datagram as it was', () => {
    const datagram = fromHex(`2e ff00 0010 ${sample}`);
    unmaskedHeader(unified(datagram), seeThrough);
    expect(toHex(datagram)).toBe(`2eff000010${sample}`);
  });

  it('is not to be had of a ciphertext of 15 bytes', () => {
    expect(unmaskedHeader(unified(concat(fromHex('2207'), new Uint8Array(15))), seeThrough)).toBeUndefined();
    expect(unmaskedHeader(unified(concat(fromHex('2207'), new Uint8Array(16))), seeThrough)).toBeDefined();
  });
});

describe('maskRecordNumber', () => {
  it('refuses a record that its sender should have padded', () => {
    expect(() => maskRecordNumber(new Uint8Array(5 + 15), 5, seeThrough)).toThrow(InternalError);
  });
});

describe('reconstructSequence', () => {
  it.each([
    [0, 0x100, 0, 0],
    [5, 0x100, 3, 5],
    [0, 0x100, 0xff, 0x100],
    [0xff, 0x100, 0x100, 0xff],
    [0xff, 0x100, 0, 0xff],
    [2, 0x100, 0x3fe, 0x402],
    [1, 0x10000, 0xffff, 0x10001],
    [0xfffe, 0x10000, 0x20001, 0x1fffe],
    [1, 0x10000, 2 ** 47 + 0xffff, 2 ** 47 + 0x10001],
  ])('finds the number nearest to what is next: %i of %i, next %i, is %i', (bits, range, next, expected) => {
    expect(reconstructSequence(bits, range, next)).toBe(expected);
  });
});
