import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../core/bytes/bytes.ts';
import { DecodeError, InternalError, PeerMisbehaved } from '../../core/errors/errors.ts';
import { decode, encode } from '../../core/wire/codec.ts';
import { certificate } from './certificate.ts';
import { certificateRequest } from './certificate-request.ts';
import { signedContent } from './certificate-verify.ts';
import { clientHello, datagramClientHello } from './client-hello.ts';
import { extensionsOf } from './extensions/block.ts';
import { keyUpdate } from './key-update.ts';
import { newSessionTicket } from './new-session-ticket.ts';
import { HELLO_RETRY_REQUEST_RANDOM, serverHello } from './server-hello.ts';

const RANDOM = 'ab'.repeat(32);
const refuses = (codec: Parameters<typeof decode>[0], hex: string) =>
  expect(() => decode(codec, fromHex(hex), 'message')).toThrow(DecodeError);

describe('ClientHello', () => {
  it('may end before its extensions: then it is one of an older version', () => {
    const hello = decode(clientHello, fromHex(`0303 ${RANDOM} 00 0002 1301 0100`), 'client_hello');
    expect([hello.extensions.list, hello.extensions.values]).toEqual([[], {}]);
    expect(hello.cipherSuites).toEqual([0x1301]);
  });

  it.each([
    ['no suites', `0303 ${RANDOM} 00 0000 0100`],
    ['half a suite', `0303 ${RANDOM} 00 0001 13 0100`],
    ['no compression methods', `0303 ${RANDOM} 00 0002 1301 00`],
    ['a session id of 33 bytes', `0303 ${RANDOM} 21 ${'00'.repeat(33)} 0002 1301 0100`],
    ['bytes behind its extensions', `0303 ${RANDOM} 00 0002 1301 0100 0000 00`],
    ['half a length of extensions', `0303 ${RANDOM} 00 0002 1301 0100 00`],
  ])('is refused with %s', (_what, hex) => refuses(clientHello, hex));

  it.each(['00', '01aa', `20${'bb'.repeat(32)}`])('over datagrams has the legacy_cookie %s behind its session id', (cookie) => {
    const bytes = fromHex(`fefd ${RANDOM} 00 ${cookie} 0002 1301 0100 0000`);
    const hello = decode(datagramClientHello, bytes, 'client_hello');
    expect(hello.legacyCookie).toEqual(fromHex(cookie).subarray(1));
    expect(encode(datagramClientHello, hello)).toEqual(bytes);
  });

  const withExtensions = (version: string, cookie: string, extensions: string) =>
    fromHex(
      `${version} ${RANDOM} 00 ${cookie} 0002 1301 0100 00${(extensions.length / 2).toString(16).padStart(2, '0')} ${extensions}`,
    );
  /** ticket_request and key_share, with nothing in them. */
  const wrong = '003a000000330000';

  it('without supported_versions is not judged by what is of TLS 1.3 alone', () => {
    for (const [codec, version, cookie] of [
      [clientHello, '0303', ''],
      [datagramClientHello, 'fefd', '00'],
    ] as const) {
      const { extensions } = decode(codec, withExtensions(version, cookie, wrong), 'client_hello');
      expect([extensions.values, extensions.list.map(({ type }) => type)]).toEqual([{}, [58, 51]]);
      const ofTls13 = withExtensions(version, cookie, `002b0003020304${wrong}`);
      expect(() => decode(codec, ofTls13, 'client_hello')).toThrow(DecodeError);
    }
  });

  it('is not judged by what is of datagrams alone, but over datagrams', () => {
    const connectionId = '00360000';
    expect(decode(clientHello, withExtensions('0303', '', connectionId), 'client_hello').extensions.values).toEqual({});
    expect(() => decode(datagramClientHello, withExtensions('fefd', '00', connectionId), 'client_hello')).toThrow(DecodeError);
  });

  it('over datagrams has an empty legacy_cookie when none is given', () => {
    const { legacyCookie: _, ...hello } = decode(
      datagramClientHello,
      fromHex(`fefd ${RANDOM} 00 01aa 0002 1301 0100`),
      'client_hello',
    );
    expect(toHex(encode(datagramClientHello, hello))).toBe(`fefd${RANDOM}00000002130101000000`);
  });
});

describe('ServerHello', () => {
  it('is a HelloRetryRequest by its random', () => {
    const retry = decode(serverHello, fromHex(`0303 ${toHex(HELLO_RETRY_REQUEST_RANDOM)} 00 1301 00 0006 003300020017`), 'hello');
    expect([retry.kind, retry.extensions.values]).toEqual(['hello_retry_request', { key_share: 0x17 }]);
    const hello = decode(serverHello, fromHex(`0303 ${RANDOM} 00 1301 00 000f 0033 0005 0017 0001 aa 002b 0002 0304`), 'hello');
    const values = { key_share: { group: 0x17, keyExchange: Uint8Array.of(0xaa) }, supported_versions: 0x0304 };
    expect([hello.kind, hello.extensions.values]).toEqual(['server_hello', values]);
  });

  it('is one of TLS 1.2 without supported_versions', () => {
    const hello = decode(serverHello, fromHex(`0303 ${RANDOM} 00 c02b 00 0009 0017 0000 ff01 0001 00`), 'hello');
    const values = { extended_master_secret: true, renegotiation_info: new Uint8Array(0) };
    expect([hello.kind, hello.extensions.values]).toEqual(['server_hello_tls12', values]);
  });

  it.each([RANDOM, toHex(HELLO_RETRY_REQUEST_RANDOM)])('may end before its extensions, with the random %s', (random) => {
    expect(decode(serverHello, fromHex(`0303 ${random} 00 002f 00`), 'hello').extensions.list).toEqual([]);
  });

  it('is refused with a session id of 33 bytes, and cut short', () => {
    refuses(serverHello, `0303 ${RANDOM} 21 ${'00'.repeat(33)} 1301 00 0000`);
    refuses(serverHello, `0303 ${RANDOM} 00 1301 00 00`);
  });
});

describe('CertificateRequest', () => {
  it('has extensions', () => {
    refuses(certificateRequest, '00 0000');
    expect(() =>
      encode(certificateRequest, {
        certificateRequestContext: new Uint8Array(0),
        extensions: extensionsOf('certificate_request', {}),
      }),
    ).toThrow(InternalError);
  });
});

describe('Certificate', () => {
  it('may be empty, but no certificate in it', () => {
    expect(decode(certificate, fromHex('00 000000'), 'certificate').certificateList).toEqual([]);
    refuses(certificate, '00 000005 000000 0000');
  });
});

describe('NewSessionTicket', () => {
  it('has a ticket', () => {
    refuses(newSessionTicket, '00000001 00000000 00 0000 0000');
    expect(decode(newSessionTicket, fromHex('00000001 00000000 00 0001aa 0000'), 'ticket').ticketLifetime).toBe(1);
  });
});

describe('KeyUpdate', () => {
  it('asks or does not, and nothing else', () => {
    expect(decode(keyUpdate, Uint8Array.of(0), 'key_update')).toEqual({ requestUpdate: false });
    expect(decode(keyUpdate, Uint8Array.of(1), 'key_update')).toEqual({ requestUpdate: true });
    for (const value of [2, 255]) {
      expect(() => decode(keyUpdate, Uint8Array.of(value), 'key_update')).toThrow(PeerMisbehaved);
    }
    refuses(keyUpdate, '0100');
  });
});

describe('what CertificateVerify signs', () => {
  // RFC 8446 §4.4.3 prints this example, for a transcript hash of 32 bytes of 01.
  it('is the example of RFC 8446', () => {
    const contextString = '544c5320312e332c20736572766572204365727469666963617465566572696679';
    const printed = `${'20'.repeat(64)}${contextString}00${'01'.repeat(32)}`;
    const hash = new Uint8Array(32).fill(1);
    expect(toHex(signedContent('server', hash))).toBe(printed);
    expect(toHex(signedContent('client', hash))).not.toBe(toHex(signedContent('server', hash)));
    expect(signedContent('client', hash).length).toBe(64 + 33 + 1 + 32);
  });
});
