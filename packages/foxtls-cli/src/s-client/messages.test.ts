import fc from 'fast-check';
import type { TracedMessage } from 'foxtls';
import { describe, expect, it } from 'vitest';
import { extensionLines, messageLines, pointFormatsOf, sessionIdOf, ticketOf } from './messages.ts';

const message = (hex: string, rest: Partial<TracedMessage> = {}): TracedMessage => ({
  direction: 'received',
  contentType: 'handshake',
  version: 'TLSv1.3',
  bytes: new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex')),
  ...rest,
});

const SERVER_HELLO = `0200002f 0303 ${'aa'.repeat(32)} 02 0102 1301 00 0006 002b0002 0304`;

describe('messages', () => {
  it('are shown as openssl shows them', () => {
    expect(messageLines(message(SERVER_HELLO, { version: undefined }), 'TLSv1.3').slice(0, 2)).toEqual([
      '<<< TLS 1.3, Handshake [length 0034], ServerHello',
      '    02 00 00 2f 03 03 aa aa aa aa aa aa aa aa aa aa',
    ]);
    expect(messageLines(message('0100', { contentType: 'alert', direction: 'sent', version: 'TLSv1.2' }), 'TLSv1.3')).toEqual([
      '>>> TLS 1.2, Alert [length 0002], warning close_notify',
      '    01 00',
    ]);
    expect(messageLines(message('01', { contentType: 'change_cipher_spec', version: 'TLSv1' }), 'TLSv1.3')[0]).toBe(
      '<<< TLS 1.0, ChangeCipherSpec [length 0001]',
    );
  });

  it('have extensions', () => {
    expect(extensionLines(message(SERVER_HELLO))).toEqual([
      'TLS server extension "supported versions" (id=43), len=2',
      '0000 - 03 04                                             ..',
    ]);
    expect(extensionLines(message('0d000009 00 0006 4a4a0002 0102'))).toEqual([
      'TLS server extension "unknown" (id=19018), len=2',
      '0000 - 01 02                                             ..',
    ]);
    expect(extensionLines(message(SERVER_HELLO, { direction: 'sent' }))).toEqual([]);
  });

  it('bring tickets and ids of sessions', () => {
    const ticket = { lifetime: 7200, ticket: new Uint8Array([1, 2, 3]), maxEarlyData: 0 };
    expect(ticketOf(message('04000013 00001c20 01020304 02 0000 0003 010203 0000'))).toEqual(ticket);
    expect(ticketOf(message('04000009 00001c20 0003 010203', { version: 'TLSv1.2' }))).toEqual(ticket);
    expect(ticketOf(message('0400001b 00001c20 01020304 02 0000 0003 010203 0008 002a0004 00004000'))?.maxEarlyData).toBe(0x4000);
    expect(sessionIdOf(message(SERVER_HELLO))).toEqual(new Uint8Array([1, 2]));
  });

  it('of any bytes do no harm', () => {
    const types = fc.constantFrom(2, 4, 8, 13);
    fc.assert(
      fc.property(
        types,
        fc.uint8Array({ maxLength: 90 }),
        fc.constantFrom('TLSv1.3', 'TLSv1.2', undefined),
        (type, body, version) => {
          const traced = message('', { bytes: new Uint8Array([type, 0, 0, body.length, ...body]), version });
          extensionLines(traced);
          ticketOf(traced);
          sessionIdOf(traced);
          pointFormatsOf(traced);
          expect(messageLines(traced, 'TLSv1.3').length).toBeGreaterThan(0);
        },
      ),
    );
  });
});
