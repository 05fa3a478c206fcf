import { describe, expect, it } from 'vitest';
import { concat, EMPTY, utf8 } from '../../core/bytes/bytes.ts';
import { HEARTBEAT_OVERHEAD, readHeartbeat, writeHeartbeat } from './heartbeat.ts';

const padding = new Uint8Array(16).fill(0xee);
const random = (length: number) => new Uint8Array(length).fill(0xee);
/** A message with a payload_length of the peer's choice. */
const lying = (payloadLength: number, rest: Uint8Array, type = 1) =>
  concat(Uint8Array.of(type, payloadLength >> 8, payloadLength & 0xff), rest);

describe('a heartbeat', () => {
  it.each(['heartbeat_request', 'heartbeat_response'] as const)('is read as it was written: %s', (type) => {
    for (const payload of [EMPTY, utf8('are you there'), new Uint8Array(16384 - HEARTBEAT_OVERHEAD)]) {
      const message = writeHeartbeat({ type, payload }, random);
      expect(message).toHaveLength(payload.length + HEARTBEAT_OVERHEAD);
      expect(readHeartbeat(message)).toEqual({ type, payload });
    }
  });

  it('is laid out as in RFC 6520', () => {
    const message = writeHeartbeat({ type: 'heartbeat_response', payload: utf8('ab') }, random);
    expect(message).toEqual(concat(Uint8Array.of(2, 0, 2), utf8('ab'), padding));
  });

  it('may have more padding than the least', () => {
    expect(readHeartbeat(lying(2, concat(utf8('ab'), padding, padding)))?.payload).toEqual(utf8('ab'));
  });

  it.each([
    ['of nothing', EMPTY],
    ['without payload_length', Uint8Array.of(1, 0)],
    ['without padding', lying(2, utf8('ab'))],
    ['with less padding than 16 bytes', lying(2, concat(utf8('ab'), padding.subarray(1)))],
    ['with a payload_length that is one too large', lying(3, concat(utf8('ab'), padding))],
    ['with a payload_length of all that there is', lying(18, concat(utf8('ab'), padding))],
    ['with a payload_length beyond the message', lying(0x4000, concat(utf8('ab'), padding))],
    ['with the largest payload_length', lying(0xffff, padding)],
    ['of another type', lying(2, concat(utf8('ab'), padding), 3)],
  ])('%s is nothing', (_what, message) => {
    expect(readHeartbeat(message)).toBeUndefined();
  });

  it('gives a payload that does not change with the record it came in', () => {
    const message = writeHeartbeat({ type: 'heartbeat_request', payload: utf8('ab') }, random);
    const read = readHeartbeat(message);
    message.fill(0);
    expect(read?.payload).toEqual(utf8('ab'));
  });
});
