import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex } from '../../core/bytes/bytes.ts';
import { LimitExceeded } from '../../core/errors/errors.ts';
import { fragmentAt, fragmentMessage } from './message-fragments.ts';
import { MessageReassembly } from './message-reassembly.ts';

const body = Uint8Array.from({ length: 100 }, (_, i) => i);
const message = concat(Uint8Array.of(11, 0, 0, 100), body);
const empty = Uint8Array.of(14, 0, 0, 0);
const TAKEN = { taken: 1, old: 0, refused: 0 };
const OLD = { taken: 0, old: 1, refused: 0 };
const REFUSED = { taken: 0, old: 0, refused: 1 };

const reassembly = () => new MessageReassembly({ maxHandshakeMessage: 1000 });
const whole = (sequence: number) => fragmentAt(message, sequence, 0, 100);

/** Numbers of the messages that are whole. */
function delivered(messages: MessageReassembly): number[] {
  const sequences: number[] = [];
  for (let next = messages.next(); next !== undefined; next = messages.next()) sequences.push(next.sequence);
  return sequences;
}

describe('MessageReassembly', () => {
  it('gives back the message of TLS and its number, whatever the fragments', () => {
    for (const size of [1, 7, 40, 99, 100, 200]) {
      const messages = reassembly();
      const fragments = fragmentMessage(message, 0, size);
      for (const fragment of fragments.slice(0, -1)) expect(messages.push(fragment, 0)).toEqual(TAKEN);
      expect([messages.next() === undefined, messages.pending]).toEqual([true, fragments.length > 1]);
      messages.push(fragments.at(-1) ?? empty, 0);
      expect(messages.pending).toBe(true);
      expect(messages.next()).toEqual({ type: 11, body, bytes: message, sequence: 0 });
      expect([messages.next(), messages.pending, messages.nextSequence]).toEqual([undefined, false, 1]);
    }
  });

  it('takes several fragments in one record', () => {
    const messages = reassembly();
    const content = concat(
      ...fragmentMessage(message, 0, 30),
      ...fragmentMessage(empty, 1, 50),
      ...fragmentMessage(message, 2, 50),
    );
    expect(messages.push(content, 0)).toEqual({ taken: 7, old: 0, refused: 0 });
    expect(delivered(messages)).toEqual([0, 1, 2]);
  });

  it('puts messages and fragments into their order', () => {
    const messages = reassembly();
    for (const fragment of [...fragmentMessage(message, 2, 40), ...fragmentMessage(message, 1, 30)].reverse()) {
      expect(messages.push(fragment, 0)).toEqual(TAKEN);
    }
    expect(delivered(messages)).toEqual([]);
    messages.push(fragmentAt(empty, 0, 0, 0), 0);
    expect(delivered(messages)).toEqual([0, 1, 2]);
  });

  it('gives back a flight that came over a link which loses, doubles and reorders, with another size each time', () => {
    let seed = 11;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % below;
    };
    for (let round = 0; round < 30; round++) {
      const messages = reassembly();
      const flight = Array.from({ length: 8 }, (_, sequence) => {
        const length = random(4) === 0 ? 0 : random(256);
        return concat(
          Uint8Array.of(sequence, 0, 0, length),
          Uint8Array.from({ length }, () => random(256)),
        );
      });
      const received: Uint8Array[] = [];
      for (let attempt = 0; received.length < flight.length; attempt++) {
        if (attempt > 1000) throw new Error('it never comes');
        const link = flight.flatMap((each, sequence) => fragmentMessage(each, sequence, 1 + random(120)));
        for (let sent = random(2 * link.length); sent > 0; sent--) messages.push(link[random(link.length)] ?? empty, 1);
        for (let next = messages.next(); next !== undefined; next = messages.next()) received.push(next.bytes);
      }
      expect(received).toEqual(flight);
      expect([messages.pending, messages.hasGap]).toEqual([false, false]);
    }
  });

  it('takes fragments twice, and overlapping', () => {
    const messages = reassembly();
    for (const [offset, size] of [
      [0, 60],
      [0, 60],
      [40, 50],
      [20, 80],
    ] as const) {
      expect(messages.push(fragmentAt(message, 0, offset, size), 0)).toEqual(TAKEN);
    }
    expect(messages.push(whole(0), 0)).toEqual(TAKEN);
    expect(messages.next()?.bytes).toEqual(message);
  });

  it('keeps the bytes that came first, of fragments that contradict each other', () => {
    const messages = reassembly();
    const other = fragmentAt(concat(message.subarray(0, 4), new Uint8Array(100).fill(7)), 0, 0, 100);
    messages.push(fragmentAt(message, 0, 0, 50), 0);
    expect(messages.push(other, 0)).toEqual(TAKEN);
    expect(messages.next()?.body).toEqual(concat(body.subarray(0, 50), new Uint8Array(50).fill(7)));
  });

  it('takes a message without body, and a fragment without bytes of one that has some', () => {
    const messages = reassembly();
    expect(messages.push(fragmentAt(message, 1, 100, 50), 0)).toEqual(TAKEN);
    expect(messages.push(fragmentAt(empty, 0, 0, 0), 0)).toEqual(TAKEN);
    expect(messages.next()).toMatchObject({ type: 14, bytes: empty, sequence: 0 });
    expect(messages.push(whole(1), 0)).toEqual(TAKEN);
    expect(messages.next()?.bytes).toEqual(message);
  });

  it('counts fragments of messages that were delivered as old, and says which the last of them was', () => {
    const messages = reassembly();
    messages.push(concat(whole(0), whole(1)), 0);
    expect(messages.lastOld).toBeUndefined();
    expect(delivered(messages)).toEqual([0, 1]);
    expect(messages.push(concat(whole(0), fragmentAt(message, 1, 50, 10), whole(2)), 0)).toEqual({
      taken: 1,
      old: 2,
      refused: 0,
    });
    expect(messages.lastOld).toEqual({ type: 11, sequence: 1, isEnd: false });
    expect(delivered(messages)).toEqual([2]);
    messages.push(fragmentAt(message, 2, 50, message.length), 0);
    expect(messages.lastOld).toEqual({ type: 11, sequence: 2, isEnd: true });
  });

  it('keeps nothing of the datagram', () => {
    const messages = reassembly();
    const content = whole(0);
    messages.push(content, 0);
    content.fill(0);
    expect(messages.next()?.bytes).toEqual(message);
  });

  it('knows a gap when something came after what is missing', () => {
    const messages = reassembly();
    const gaps = [messages.hasGap];
    for (const fragment of [
      fragmentAt(message, 0, 0, 50),
      fragmentAt(message, 0, 60, 10),
      fragmentAt(message, 0, 50, 50),
      whole(1),
      fragmentAt(message, 2, 0, 10),
      whole(4),
    ]) {
      messages.push(fragment, 0);
      gaps.push(messages.hasGap);
    }
    expect(gaps).toEqual([false, false, true, false, false, false, true]);
    expect(delivered(messages)).toEqual([0, 1]);
    expect(messages.hasGap).toBe(true);
    messages.push(whole(2), 0);
    messages.push(whole(3), 0);
    expect(messages.hasGap).toBe(false);
  });

  it('goes on with the number that it is told', () => {
    const messages = reassembly();
    messages.push(concat(whole(2), whole(1)), 0);
    messages.startAt(1);
    expect(messages.pending).toBe(false);
    expect(messages.push(whole(1), 0)).toEqual(TAKEN);
    expect(messages.push(whole(0), 0)).toEqual(OLD);
    expect(delivered(messages)).toEqual([1]);
  });

  it('never takes 0 for the number after 65535', () => {
    const messages = reassembly();
    messages.startAt(65535);
    messages.push(whole(65535), 0);
    expect(delivered(messages)).toEqual([65535]);
    expect([messages.push(whole(0), 0), messages.push(whole(65535), 0)]).toEqual([OLD, OLD]);
    expect(messages.next()).toBeUndefined();
  });

  it.each([
    ['of another length', '0b000065 0000 00000a 000001 aa'],
    ['of another type', '0c000064 0000 00000a 000001 aa'],
    ['that reaches beyond the message', `0b000064 0000 00000a 00005b ${'00'.repeat(0x5b)}`],
    ['that is cut off', '0b000064 0000 00000a 000064 aabb'],
    ['that ends in its header', '0b000064 0000'],
    ['that is nothing', ''],
  ])('refuses a fragment %s, and what it has stays', (_what, hex) => {
    const messages = reassembly();
    messages.push(fragmentAt(message, 0, 0, 10), 1);
    expect(messages.push(fromHex(hex), 1)).toEqual(REFUSED);
    expect(messages.push(fragmentAt(message, 0, 10, 90), 1)).toEqual(TAKEN);
    expect(messages.next()?.bytes).toEqual(message);
  });

  it('counts what stood in a record before it broke off', () => {
    expect(reassembly().push(concat(whole(0), fromHex('0b0000')), 0)).toEqual({ taken: 1, old: 0, refused: 1 });
  });
});

describe('limits of MessageReassembly', () => {
  const claiming = (length: number, sequence = 0) =>
    fragmentAt(concat(Uint8Array.of(11, length >> 16, length >> 8, length), new Uint8Array(10)), sequence, 0, 10);

  it('refuse a message that is too large, and say so when its record was protected', () => {
    expect(reassembly().push(claiming(1000), 0)).toEqual(TAKEN);
    expect(reassembly().push(claiming(1001), 0)).toEqual(REFUSED);
    expect(() => reassembly().push(claiming(1001), 1)).toThrow(LimitExceeded);
    expect(() => reassembly().push(claiming(1001, 3), 1)).toThrow('maxHandshakeMessage');
  });

  it('refuse what is too far ahead', () => {
    const messages = reassembly();
    expect([messages.push(whole(16), 0), messages.push(whole(17), 0)]).toEqual([TAKEN, REFUSED]);
    messages.push(whole(0), 0);
    messages.next();
    expect(messages.push(whole(17), 0)).toEqual(TAKEN);
  });

  it('refuse more ahead than there is room for, but never the message that is next', () => {
    const messages = new MessageReassembly({ maxHandshakeMessage: 1000, maxAheadBytes: 250 });
    const results = [1, 2, 3, 0].map((sequence) => messages.push(whole(sequence), 0));
    expect(results).toEqual([TAKEN, TAKEN, REFUSED, TAKEN]);
    messages.next();
    expect(messages.push(whole(3), 0)).toEqual(TAKEN);
    expect(delivered(messages)).toEqual([1, 2, 3]);
  });

  it('refuse a message in more islands than links make of it', () => {
    const messages = reassembly();
    const large = concat(Uint8Array.of(11, 0, 0x03, 0xe8), new Uint8Array(1000));
    const results = Array.from({ length: 100 }, (_, i) => messages.push(fragmentAt(large, 0, 10 * i, 5), 0).taken);
    expect(results.filter((taken) => taken === 1)).toHaveLength(64);
    expect(messages.push(fragmentAt(large, 0, 0, 1000), 0)).toEqual(TAKEN);
    expect(messages.next()?.bytes).toEqual(large);
  });

  it('let a fragment cost what it has, not what it claims', () => {
    const messages = new MessageReassembly({ maxHandshakeMessage: 2 ** 24 - 1 });
    const before = process.memoryUsage().arrayBuffers;
    for (let sequence = 0; sequence < 16; sequence++) {
      const claimed = concat(Uint8Array.of(11, 0xff, 0xff, 0xff), new Uint8Array(10));
      messages.push(fragmentAt(claimed, sequence, 0, 10), 0);
      const end = concat(fragmentAt(claimed, sequence, 0, 10));
      end.set([0xff, 0xff, 0x00], 6);
      messages.push(end, 0);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });
});

describe('epochs in MessageReassembly', () => {
  it('are never mixed in a message: what was protected replaces what was not', () => {
    const messages = reassembly();
    const forged = fragmentAt(concat(Uint8Array.of(12, 0, 0, 50), new Uint8Array(50)), 1, 0, 50);
    expect(messages.push(forged, 0)).toEqual(TAKEN);
    expect(messages.push(fragmentAt(message, 1, 0, 50), 2)).toEqual(TAKEN);
    expect(messages.push(fragmentAt(message, 1, 50, 50), 0)).toEqual(REFUSED);
    messages.push(whole(0), 0);
    expect(delivered(messages)).toEqual([0]);
    messages.push(fragmentAt(message, 1, 50, 50), 2);
    expect(toHex(messages.next()?.bytes ?? empty)).toBe(toHex(message));
  });

  it('before the required one do not count any more', () => {
    const messages = reassembly();
    messages.push(concat(whole(0), whole(1)), 0);
    messages.push(whole(2), 2);
    expect(messages.next()?.sequence).toBe(0);
    messages.requireEpoch(2);
    expect(messages.next()).toBeUndefined();
    expect(messages.push(whole(1), 0)).toEqual(REFUSED);
    expect(messages.push(whole(0), 0)).toEqual(OLD);
    expect(messages.push(whole(1), 2)).toEqual(TAKEN);
    expect(delivered(messages)).toEqual([1, 2]);
  });
});
