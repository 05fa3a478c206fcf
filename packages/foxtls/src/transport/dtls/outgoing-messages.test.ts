import { describe, expect, it } from 'vitest';
import { OutgoingMessages, type RecordSink } from './outgoing-messages.ts';
import { WriteEpoch } from './write-epoch.ts';

/** Datagrams of so many bytes of content; a record has no header here. */
function sinkOf(size: number) {
  const records: { epoch: number; content: Uint8Array }[] = [];
  let open = size;
  const sink: RecordSink = {
    room: (_, where) => (where === 'open' ? open : size),
    write: (epoch, _, content) => {
      if (content.length > open) open = size;
      open -= content.length;
      records.push({ epoch: epoch.number, content });
      return records.length - 1;
    },
  };
  return { sink, records };
}

/** Of each record, the bodies' sizes, by the header's fragment_length. */
function fragmentsIn(content: Uint8Array): number[] {
  const sizes: number[] = [];
  for (let at = 0; at < content.length; at += 12 + (sizes.at(-1) as number))
    sizes.push((content[at + 10] as number) * 256 + (content[at + 11] as number));
  return sizes;
}

const messageOf = (size: number) => Uint8Array.from([8, 0, size >> 8, size, ...new Uint8Array(size).fill(7)]);

function sent(epoch: number, sizes: readonly number[], datagram: number) {
  const outgoing = new OutgoingMessages();
  const writeEpoch = new WriteEpoch(epoch);
  sizes.forEach((size, sequence) => {
    outgoing.add(writeEpoch, messageOf(size), sequence);
  });
  const { sink, records } = sinkOf(datagram);
  outgoing.transmit(sink, 'new');
  return { outgoing, sink, records };
}

describe('OutgoingMessages', () => {
  it('puts messages under keys into one record, as far as they fit', () => {
    expect(sent(2, [10, 20, 100], 100).records.map(({ content }) => fragmentsIn(content))).toEqual([[10, 20, 34], [66]]);
  });

  it('fills the datagram that is open to the last byte', () => {
    expect(sent(2, [100], 100).records.map(({ content }) => content.length)).toEqual([100, 24]);
  });

  it('gives each message records of its own when it is sent again, for peers that read no further than what they have', () => {
    const { outgoing, sink, records } = sent(2, [10, 100, 20], 80);
    const first = records.length;
    outgoing.transmit(sink, 'missing');
    const again = records.slice(first).map(({ content }) => content);
    // By the last byte of message_seq.
    expect(again.map((content) => [content[5], fragmentsIn(content).length])).toEqual(again.map((content) => [content[5], 1]));
    expect(new Set(again.map((content) => content[5]))).toEqual(new Set([0, 1, 2]));
  });

  it('gives each message in the clear a record of its own', () => {
    expect(sent(0, [10, 20], 100).records.map(({ content }) => fragmentsIn(content))).toEqual([[10], [20]]);
  });

  it('knows by one record that all messages in it have come', () => {
    const { outgoing, sink, records } = sent(2, [10, 20, 100], 100);
    expect(outgoing.acknowledge(2, 0)).toBe(true);
    expect(outgoing.acknowledge(2, 0)).toBe(false);
    sink.write(new WriteEpoch(2), 22, new Uint8Array(100));
    outgoing.transmit(sink, 'missing');
    expect(records.slice(3).map(({ content }) => fragmentsIn(content))).toEqual([[66]]);
    outgoing.acknowledge(2, 3);
    expect(outgoing.isEmpty).toBe(true);
  });

  it('sends a message without a body', () => {
    expect(sent(2, [0, 5], 100).records.map(({ content }) => fragmentsIn(content))).toEqual([[0, 5]]);
  });
});
