import nodeTls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { convertALPNProtocols, parseAlpnProtocols } from './alpn.ts';

describe('application protocols', () => {
  it('are read from names and from wire form', () => {
    expect(parseAlpnProtocols(['h2', 'http/1.1'])).toEqual(['h2', 'http/1.1']);
    expect(parseAlpnProtocols(Buffer.from('\x02h2\x08http/1.1'))).toEqual(['h2', 'http/1.1']);
    expect(parseAlpnProtocols([])).toBeUndefined();
    expect(parseAlpnProtocols(undefined)).toBeUndefined();
  });

  it('are 1 to 255 bytes long', () => {
    for (const name of ['', 'x'.repeat(256)]) {
      expect(() => parseAlpnProtocols([name])).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
    }
    expect(() => parseAlpnProtocols(Buffer.from('\x05h2'))).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
    expect(() => parseAlpnProtocols(5 as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
  });

  it('are converted as node:tls converts them', () => {
    const [ours, theirs]: { ALPNProtocols?: Buffer }[] = [{}, {}];
    convertALPNProtocols(['h2', 'http/1.1'], ours as object);
    (nodeTls as unknown as { convertALPNProtocols: typeof convertALPNProtocols }).convertALPNProtocols(
      ['h2', 'http/1.1'],
      theirs as object,
    );
    expect(ours).toEqual(theirs);
  });
});
