import { describe, expect, it } from 'vitest';
import { EMPTY, fromHex, toHex } from '../../core/bytes/bytes.ts';
import { Acknowledgements, readAcknowledgement } from './acknowledgements.ts';

describe('Acknowledgements', () => {
  it('writes record numbers in increasing order', () => {
    const numbers = new Acknowledgements();
    for (const [epoch, sequence] of [
      [3, 1],
      [2, 2 ** 40],
      [2, 5],
    ] as const)
      numbers.add(epoch, sequence);
    expect(numbers.write(1000).map((content) => toHex(content))).toEqual([
      '0030' + '00000000000000020000000000000005' + '00000000000000020000010000000000' + '00000000000000030000000000000001',
    ]);
  });

  it('writes several ACKs when not all fit into one', () => {
    const numbers = new Acknowledgements();
    for (let sequence = 0; sequence < 7; sequence++) numbers.add(2, sequence);
    const read = numbers.write(2 + 3 * 16 + 15).map((content) => readAcknowledgement(content)?.map(({ sequence }) => sequence));
    expect(read).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  });

  it('writes one ACK with the newest, and the rest after it, and then the newest again', () => {
    const numbers = new Acknowledgements();
    for (let sequence = 0; sequence < 7; sequence++) numbers.add(2, sequence);
    const write = () => {
      const content = numbers.writeNewest(2 + 3 * 16);
      return [readAcknowledgement(content)?.map(({ sequence }) => sequence), numbers.hasNews];
    };
    expect([write(), write()]).toEqual([
      [[4, 5, 6], true],
      [[1, 2, 3], true],
    ]);
    numbers.add(2, 7);
    expect([write(), write()]).toEqual([
      [[0, 3, 7], false],
      [[0, 3, 7], false],
    ]);
  });

  it('keeps 64 numbers, the latest', () => {
    const numbers = new Acknowledgements();
    for (let sequence = 0; sequence < 100; sequence++) numbers.add(2, sequence);
    const read = readAcknowledgement(numbers.write(65535)[0] ?? EMPTY) ?? [];
    expect([read.length, read[0]?.sequence]).toEqual([64, 36]);
  });

  it('writes an empty ACK when there is nothing to say', () => {
    const numbers = new Acknowledgements();
    expect(numbers.write(100).map((content) => toHex(content))).toEqual(['0000']);
  });

  it('has news until they were written, and writes them again until something new begins', () => {
    const numbers = new Acknowledgements();
    numbers.add(3, 1);
    expect(numbers.hasNews).toBe(true);
    const first = numbers.write(100);
    expect(numbers.hasNews).toBe(false);
    expect(numbers.write(100)).toEqual(first);
    numbers.add(3, 2);
    numbers.forgetSent();
    expect(numbers.write(100).flatMap((content) => readAcknowledgement(content))).toEqual([{ epoch: 3, sequence: 2 }]);
    numbers.forgetSent();
    expect(numbers.write(100).map((content) => toHex(content))).toEqual(['0000']);
  });
});

describe('readAcknowledgement', () => {
  it('reads what was written, and nothing', () => {
    expect(readAcknowledgement(fromHex('0000'))).toEqual([]);
    expect(readAcknowledgement(fromHex('001000000000000000020000000000000005'))).toEqual([{ epoch: 2, sequence: 5 }]);
  });

  it('leaves out numbers that no record of ours can have', () => {
    expect(readAcknowledgement(fromHex('0010ffffffffffffffff0000000000000005'))).toEqual([]);
  });

  it.each(['', '00', '0001', '001000', '000100', '0010000000000000000200000000000000', '00110000000000000002000000000000000500'])(
    'refuses %s',
    (hex) => expect(readAcknowledgement(fromHex(hex))).toBeUndefined(),
  );
});
