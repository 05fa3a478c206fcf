import { describe, expect, it } from 'vitest';
import { parseEndPoint } from './end-point.ts';

describe('an end point', () => {
  it.each([
    ['example.com', 'example.com', 443],
    ['example.com:4433', 'example.com', 4433],
    ['127.0.0.1:1', '127.0.0.1', 1],
    ['::1', '::1', 443],
    ['[::1]', '::1', 443],
    ['[2001:db8::1]:8443', '2001:db8::1', 8443],
    ['bücher.example:5', 'xn--bcher-kva.example', 5],
  ])('is read: %s', (text, host, port) => {
    expect(parseEndPoint(text, '--connect', 443)).toEqual({ host, port });
  });

  it.each(['', ':443', 'a b', 'example.com:x', 'example.com:99999', 'example.com:0', '[::1', 'example.com:'])(
    'is refused: %s',
    (text) => {
      expect(() => parseEndPoint(text, '--connect', 443)).toThrow(/--connect is|the port of --connect|port 0/);
    },
  );
});
