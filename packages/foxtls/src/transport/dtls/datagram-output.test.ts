import { describe, expect, it } from 'vitest';
import { EMPTY } from '../../core/bytes/bytes.ts';
import { LimitExceeded } from '../../core/errors/errors.ts';
import { DatagramOutput } from './datagram-output.ts';
import { DatagramPacker } from './datagram-packer.ts';
import { newStats } from './datagram-stats.ts';

describe('DatagramOutput', () => {
  it('numbers no message beyond 16 bits', () => {
    const output = new DatagramOutput(new DatagramPacker(1200, { version: 0xfefd, connectionId: EMPTY }), newStats());
    output.startAt(0xffff, 0);
    const message = Uint8Array.of(24, 0, 0, 1, 0);
    expect(output.addMessage(message)).toBe(0xffff);
    expect(() => output.addMessage(message)).toThrow(LimitExceeded);
  });
});
