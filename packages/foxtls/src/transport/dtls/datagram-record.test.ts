import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../core/bytes/bytes.ts';
import {
  type CiphertextRecord,
  plaintextHeader,
  readDatagramRecord,
  reconstructSequence,
  unifiedHeader,
} from './datagram-record.ts';

describe('headers', () => {
  it('of a record in the clear have version, epoch 0 and 48 bits of sequence number', () => {
    expect(toHex(plaintextHeader(22, 2 ** 40 + 5, 300), ' ')).toBe('16 fe fd 00 00 01 00 00 00 00 05 01 2c');
  });

  it('of a protected record have two bits of epoch, 16 of sequence number, and the length', () => {
    expect(toHex(unifiedHeader(2, 0x12345, 64), ' ')).toBe('2e 23 45 00 40');
    expect(toHex(unifiedHeader(7, 1, 64), ' ')).toBe('2f 00 01 00 40');
  });
});

describe('readDatagramRecord', () => {
  const fragment = Uint8Array.of(1, 2, 3);

  it('reads a record in the clear, and where the next begins', () => {
    const datagram = concat(plaintextHeader(22, 0, 3), fragment, fragment);
    const read = readDatagramRecord(datagram, 0);
    expect(read).toEqual({ record: { kind: 'plaintext', type: 22, epoch: 0, fragment }, end: 16 });
  });

  it.each([
    ['16 bits of sequence number and a length', '2e 0102 0003 010203 ff', '2e01020003', 0x102, 0x10000, 8],
    ['8 bits of sequence number and a length', '26 07 0003 010203 ff', '26070003', 7, 0x100, 7],
    ['16 bits of sequence number to the end', '2a 0102 010203', '2a0102', 0x102, 0x10000, 6],
    ['8 bits of sequence number to the end', '22 07 010203', '2207', 7, 0x100, 5],
  ])('reads a protected record with %s', (_what, hex, header, sequenceBits, sequenceRange, end) => {
    const record = {
      kind: 'ciphertext',
      header: fromHex(header),
      epochBits: 2,
      sequenceBits,
      sequenceRange,
      encrypted: fragment,
    };
    expect(readDatagramRecord(fromHex(hex), 0)).toEqual({ record, end });
  });

  it.each([
    ['nothing', ''],
    ['a first byte that is reserved', '40 00 00'],
    ['a record of TLS', '16 0303 0001 00'],
    ['change_cipher_spec', '14 fefd 0000 000000000000 0001 01'],
    ['a connection ID', '3e aa 0102 0001 00'],
    ['half a header', '2e 01'],
    ['less than its length', '2e 0102 0003 0102'],
  ])('reads nothing of %s', (_what, hex) => expect(readDatagramRecord(fromHex(hex), 0)).toBeUndefined());
});

describe('reconstructSequence', () => {
  const record = (sequenceBits: number, sequenceRange: number): CiphertextRecord => ({
    ...{ kind: 'ciphertext', header: fromHex(''), epochBits: 0, encrypted: fromHex('') },
    sequenceBits,
    sequenceRange,
  });

  it.each([
    [0, 0x100, 0, 0],
    [5, 0x100, 3, 5],
    [0, 0x100, 0xff, 0x100],
    [0xff, 0x100, 0x100, 0xff],
    [0xff, 0x100, 0, 0xff],
    [2, 0x100, 0x3fe, 0x402],
    [1, 0x10000, 0xffff, 0x10001],
    [0xfffe, 0x10000, 0x20001, 0x1fffe],
  ])('finds the number nearest to what is next: %i of %i, next %i, is %i', (bits, range, next, expected) => {
    expect(reconstructSequence(record(bits, range), next)).toBe(expected);
  });
});
