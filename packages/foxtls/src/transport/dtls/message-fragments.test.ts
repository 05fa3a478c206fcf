import { describe, expect, it } from 'vitest';
import { concat, toHex } from '../../core/bytes/bytes.ts';
import { FragmentInput, fragmentMessage } from './message-fragments.ts';

const body = Uint8Array.from({ length: 100 }, (_, i) => i);
const message = concat(Uint8Array.of(11, 0, 0, 100), body);

describe('fragmentMessage', () => {
  it('writes the whole message as one fragment when there is room', () => {
    const [fragment = new Uint8Array(0), ...others] = fragmentMessage(message, 0x0102, 100);
    expect(others).toEqual([]);
    expect(toHex(fragment.subarray(0, 12), ' ')).toBe('0b 00 00 64 01 02 00 00 00 00 00 64');
    expect(fragment.subarray(12)).toEqual(body);
  });

  it('writes a message without body as one fragment', () => {
    expect(fragmentMessage(Uint8Array.of(20, 0, 0, 0), 0, 10).map(({ length }) => length)).toEqual([12]);
  });

  it('cuts a message into contiguous ranges that keep its length and number', () => {
    const fragments = fragmentMessage(message, 7, 40);
    expect(fragments.map((fragment) => toHex(fragment.subarray(0, 12), ' '))).toEqual([
      '0b 00 00 64 00 07 00 00 00 00 00 28',
      '0b 00 00 64 00 07 00 00 28 00 00 28',
      '0b 00 00 64 00 07 00 00 50 00 00 14',
    ]);
  });
});

describe('FragmentInput', () => {
  const input = () => new FragmentInput(1000);

  it('gives back the message of TLS, whatever the fragments', () => {
    for (const size of [1, 7, 40, 99, 100, 200]) {
      const fragments = input();
      for (const fragment of fragmentMessage(message, 0, size)) expect(fragments.push(fragment)).toBe(0);
      expect(fragments.next()).toEqual({ type: 11, body, bytes: message, sequence: 0 });
      expect([fragments.next(), fragments.pending]).toEqual([undefined, false]);
    }
  });

  it('takes several fragments in one record', () => {
    const fragments = input();
    expect(fragments.push(concat(...fragmentMessage(message, 0, 30), ...fragmentMessage(message, 1, 50)))).toBe(0);
    expect([fragments.next()?.bytes, fragments.next()?.bytes, fragments.next()]).toEqual([message, message, undefined]);
  });

  it('says that a message is pending until it was taken', () => {
    const fragments = input();
    const [first = new Uint8Array(0), second = new Uint8Array(0)] = fragmentMessage(message, 0, 50);
    fragments.push(first);
    expect([fragments.pending, fragments.next()]).toEqual([true, undefined]);
    fragments.push(second);
    expect(fragments.pending).toBe(true);
    fragments.next();
    expect(fragments.pending).toBe(false);
  });

  it.each([
    ['of an old message', [message, 0] as const, [message, 0] as const],
    ['of a message to come', [message, 0] as const, [message, 2] as const],
  ])('discards a fragment %s', (_what, [first, firstNumber], [second, secondNumber]) => {
    const fragments = input();
    expect(fragments.push(concat(...fragmentMessage(first, firstNumber, 100)))).toBe(0);
    expect(fragments.push(concat(...fragmentMessage(second, secondNumber, 100)))).toBe(1);
  });

  it.each([
    ['with a gap', [10, 80], '0b000064 0000 000014 000001 aa'],
    ['of another length', [10, 80], '0b000065 0000 00000a 000001 aa'],
    ['of another type', [10, 80], '0c000064 0000 00000a 000001 aa'],
    ['that reaches beyond the message', [10, 80], '0b000064 0000 00000a 00005b'],
    ['without content in the midst of a message', [10, 80], '0b000064 0000 00000a 000000'],
    ['of a message beyond the limit', [], '0b0003e9 0000 000000 000001 aa'],
    ['that is cut off', [], '0b000064 0000 000000 000064 aabb'],
    ['that ends in its header', [], '0b000064 0000'],
  ])('discards a fragment %s', (_what, sizes, hex) => {
    const fragments = input();
    const [begun] = sizes;
    if (begun !== undefined) fragments.push(fragmentMessage(message, 0, begun)[0] ?? new Uint8Array(0));
    const text = hex.replaceAll(' ', '');
    const bytes = Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
    const whole = bytes.length === 12 && text.endsWith('5b') ? concat(bytes, new Uint8Array(0x5b)) : bytes;
    expect(fragments.push(whole)).toBe(1);
    expect(fragments.next()).toBeUndefined();
  });
});
