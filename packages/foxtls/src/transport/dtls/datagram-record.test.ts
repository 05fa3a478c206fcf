import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../core/bytes/bytes.ts';
import { classicHeader, MAX_SEQUENCE, readDatagramRecord, unifiedHeader } from './datagram-record.ts';

const fragment = Uint8Array.of(1, 2, 3);
const id = Uint8Array.of(0xaa, 0xbb);

describe('headers', () => {
  it('of a classic record have type, version, epoch, 48 bits of sequence number, and the length', () => {
    expect(toHex(classicHeader(22, 0xfefd, 0, 2 ** 40 + 5, 300), ' ')).toBe('16 fe fd 00 00 01 00 00 00 00 05 01 2c');
    expect(toHex(classicHeader(23, 0xfeff, 0x0102, MAX_SEQUENCE, 3), ' ')).toBe('17 fe ff 01 02 ff ff ff ff ff ff 00 03');
  });

  it('of a classic record have the connection ID before the length', () => {
    expect(toHex(classicHeader(25, 0xfefd, 1, 0x9080_7060, 3, id), ' ')).toBe('19 fe fd 00 01 00 00 90 80 70 60 aa bb 00 03');
  });

  it.each([
    ['16 bits of sequence number and the length', 2, 0x12345, undefined, '2e 23 45 01 40'],
    ['two bits of epoch', 7, 1, undefined, '2f 00 01 01 40'],
    ['the low bits of numbers beyond 32 of them', 3, 2 ** 47 + 0xabcd, undefined, '2f ab cd 01 40'],
    ['the connection ID before the number', 3, 5, id, '3f aa bb 00 05 01 40'],
    ['no connection ID when it has no length', 3, 5, new Uint8Array(0), '2f 00 05 01 40'],
  ])('of a protected record have %s', (_what, epoch, sequence, connectionId, expected) => {
    expect(toHex(unifiedHeader({ epoch, sequence, length: 0x140, connectionId }), ' ')).toBe(expected);
  });
});

describe('readDatagramRecord', () => {
  it('reads a classic record, and where the next begins', () => {
    const header = classicHeader(22, 0xfefd, 1, MAX_SEQUENCE - 1, 3);
    const read = readDatagramRecord(concat(header, fragment, fragment), 0, 0);
    const record = { kind: 'classic', type: 22, version: 0xfefd, epoch: 1, sequence: MAX_SEQUENCE - 1, header, fragment };
    expect(read).toEqual({ record, end: 16 });
  });

  it.each([20, 21, 22, 23, 24, 26])('takes the first byte %i for the type of a classic record', (type) => {
    for (const connectionIdLength of [0, 2]) {
      const datagram = concat(classicHeader(type, 0xfeff, 0, 7, 3), fragment);
      expect(readDatagramRecord(datagram, 0, connectionIdLength)?.record).toMatchObject({ type, version: 0xfeff, fragment });
    }
  });

  it('reads a record of type tls12_cid with its connection ID', () => {
    const header = classicHeader(25, 0xfefd, 1, 9, 3, id);
    const record = {
      ...{ kind: 'classic', type: 25, version: 0xfefd, epoch: 1, sequence: 9 },
      ...{ header, fragment, connectionId: id },
    };
    expect(readDatagramRecord(concat(fragment, header, fragment), 3, 2)).toEqual({ record, end: 3 + 18 });
  });

  it.each([
    ['16 bits of sequence number and a length', '2e 0102 0003 010203 ff', '2e01020003', 1, 2, 8],
    ['8 bits of sequence number and a length', '26 07 0003 010203 ff', '26070003', 1, 1, 7],
    ['16 bits of sequence number to the end', '2a 0102 010203', '2a0102', 1, 2, 6],
    ['8 bits of sequence number to the end', '22 07 010203', '2207', 1, 1, 5],
    ['a connection ID and everything', '3e aabb 0102 0003 010203 ff', '3eaabb01020003', 3, 2, 10],
    ['a connection ID and little else', '32 aabb 07 010203', '32aabb07', 3, 1, 7],
  ])('reads a protected record with %s', (_what, hex, header, sequenceOffset, sequenceSize, end) => {
    const record = {
      kind: 'unified',
      header: fromHex(header),
      epochBits: 2,
      sequenceOffset,
      sequenceSize,
      encrypted: fragment,
      ...(sequenceOffset === 3 && { connectionId: id }),
    };
    expect(readDatagramRecord(fromHex(hex), 0, sequenceOffset === 3 ? 2 : 0)).toEqual({ record, end });
  });

  it('reads a protected record without connection ID though we gave one out', () => {
    expect(readDatagramRecord(fromHex('2e 0102 0003 010203'), 0, 2)?.record.connectionId).toBeUndefined();
  });

  it('reads records of no content', () => {
    expect(readDatagramRecord(fromHex('26 07 0000'), 0, 0)?.record).toMatchObject({ encrypted: new Uint8Array(0) });
    expect(readDatagramRecord(classicHeader(23, 0xfefd, 1, 0, 0), 0, 0)?.end).toBe(13);
  });

  it('reads views of the datagram, not copies', () => {
    const datagram = fromHex('3e aabb 0102 0003 010203');
    const record = readDatagramRecord(datagram, 0, 2)?.record;
    const views = record?.kind === 'unified' ? [record.header, record.connectionId, record.encrypted] : [];
    expect(views.map((view) => view?.buffer === datagram.buffer)).toEqual([true, true, true]);
  });

  it.each([
    ['nothing', '', 0],
    ['a first byte that is reserved', '40 00 00', 0],
    ['a first byte below the content types', `13 fefd ${'00'.repeat(10)}`, 0],
    ['a type after return_routability_check', `1c fefd ${'00'.repeat(10)}`, 0],
    ['a connection ID where none was given out', '32 aa 0102', 0],
    ['tls12_cid where no connection ID was given out', '19 fefd 0001 000000000000 0001 01', 0],
    ['half a unified header', '2e 01', 0],
    ['half a connection ID', '3e aa', 2],
    ['half a classic header', '16 fefd 0000 000000000000 00', 0],
    ['half a header with a connection ID', '19 fefd 0001 000000000000 aabb 00', 2],
    ['less than the length of a protected record', '2e 0102 0003 0102', 0],
    ['less than the length of a classic record', '16 fefd 0000 000000000000 0003 0102', 0],
  ])('reads nothing of %s', (_what, hex, connectionIdLength) => {
    expect(readDatagramRecord(fromHex(hex), 0, connectionIdLength)).toBeUndefined();
  });

  it.each([
    ['in the clear', (length: number) => classicHeader(22, 0xfefd, 0, 0, length), 2 ** 14],
    ['of DTLS 1.2', (length: number) => classicHeader(23, 0xfefd, 1, 0, length), 2 ** 14 + 2048],
    ['of DTLS 1.3', (length: number) => unifiedHeader({ epoch: 3, sequence: 0, length, connectionId: undefined }), 2 ** 14 + 256],
    ['of DTLS 1.3 to the end', () => fromHex('2207'), 2 ** 14 + 256],
  ])('reads no record %s that is longer than records can be', (_what, header, limit) => {
    expect(readDatagramRecord(concat(header(limit), new Uint8Array(limit)), 0, 0)).toBeDefined();
    expect(readDatagramRecord(concat(header(limit + 1), new Uint8Array(limit + 1)), 0, 0)).toBeUndefined();
  });

  it('goes on in whatever comes, and stays inside', () => {
    let seed = 3;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % below;
    };
    let records = 0;
    for (let round = 0; round < 3000; round++) {
      // First bytes that begin records, wherever one may begin, and zeros, which lengths need.
      const datagram = Uint8Array.from({ length: random(60) }, (_, i) => (i === 0 || random(3) === 0 ? 20 + random(44) : 0));
      for (let at = 0, read = readDatagramRecord(datagram, 0, round % 3); read !== undefined; records++) {
        const { record, end } = read;
        const content = record.kind === 'classic' ? record.fragment : record.encrypted;
        expect([record.header.length + content.length, end <= datagram.length]).toEqual([end - at, true]);
        at = end;
        read = readDatagramRecord(datagram, at, round % 3);
      }
    }
    expect(records).toBeGreaterThan(500);
  });
});
