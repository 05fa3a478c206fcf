/**
 * Messages of the handshake, and after it, that break a rule of DTLS (RFC 6347 §4.2, RFC 9147 §5, §8, §9, RFC 9146 §3, RFC 5764 §4.1).
 */

import type { HANDSHAKE_TYPES } from '../../src/core/registry/handshake-types.ts';
import type { ClientHello } from '../../src/protocol/messages/client-hello.ts';
import type { RawExtension } from '../../src/protocol/messages/extensions/block.ts';
import {
  DatagramClientHello,
  HelloVerifyRequest,
  type MessageKind,
  readMessage,
  ServerHello,
  writeMessage,
} from '../../src/protocol/messages/messages.ts';
import { alerted, beyond, incompatible, misbehaved, undecodable } from '../misbehaving/case.ts';
import { adding, doubling, type ExtensionName, extension, replacing } from '../misbehaving/edits.ts';
import { both, type DatagramCase, type Expected, everywhere, of } from './case.ts';
import { type DatagramPeer, message } from './peer.ts';

const UNEXPECTED: Expected = { alert: 'unexpected_message', error: misbehaved('message_unexpected') };
const illegal = (reason: Parameters<typeof misbehaved>[0]): Expected => ({
  alert: 'illegal_parameter',
  error: misbehaved(reason),
});
const VERSION: Expected = { alert: 'protocol_version', error: incompatible('version') };
const undecoded = (path: string): Expected => ({ alert: 'decode_error', error: undecodable(path) });

/** A hello, decoded, changed and written again: its extensions as they stand in the list. */
function edited<T extends { extensions: { list: readonly RawExtension[] } }>(
  kind: MessageKind<string, T>,
  bytes: Uint8Array,
  edit: (hello: T) => Partial<T>,
  extensions: (list: readonly RawExtension[]) => readonly RawExtension[] = (list) => list,
): Uint8Array {
  const raw = { type: bytes[0] as number, body: bytes.subarray(4), bytes, sequence: 0 };
  const hello = readMessage(kind, raw);
  const list = extensions(hello.extensions.list);
  return writeMessage(kind, { ...hello, ...edit(hello), extensions: { ...hello.extensions, list, values: {} } } as T);
}

type Edit = (list: readonly RawExtension[]) => readonly RawExtension[];
const keep = () => ({});
const clientHello = (edit: (hello: ClientHello) => Partial<ClientHello>, extensions?: Edit) => (peer: DatagramPeer) =>
  peer.change('client_hello', (bytes) => edited(DatagramClientHello, bytes, edit, extensions));
const serverHello = (edit: (hello: ReturnType<typeof readServerHello>) => object, extensions?: Edit) => (peer: DatagramPeer) =>
  peer.change('server_hello', (bytes) => edited(ServerHello, bytes, edit as never, extensions));
const readServerHello = (raw: Parameters<typeof readMessage>[1]) => readMessage(ServerHello, raw);

/** legacy_version of both hellos. */
const number = (legacyVersion: number) => () => ({ legacyVersion });

const VERSIONS: readonly DatagramCase[] = [
  ...(
    [
      ['DTLS 1.0 alone', 0xfeff],
      ['DTLS 1.1, which there is not', 0xfefe],
      ['TLS 1.2', 0x0303],
      ['TLS 1.3', 0x0304],
      ['SSL 3.0', 0x0300],
    ] as const
  ).flatMap(([name, version]) => [
    of('server', 'TLSv1.2', {
      name: `offers ${name}`,
      rfc: 'RFC 6347 §4.2.1',
      break: clientHello(number(version)),
      expected: VERSION,
    }),
    of('client', 'TLSv1.2', {
      name: `answers with ${name}`,
      rfc: 'RFC 5246 §7.4.1.3',
      break: serverHello(number(version)),
      expected: VERSION,
    }),
  ]),
  of('server', 'TLSv1.3', {
    name: 'lists the number of TLS 1.3 as its version',
    rfc: 'RFC 9147 §5.3',
    break: clientHello(keep, replacing('supported_versions', 2, 3, 4)),
    expected: VERSION,
  }),
  of('client', 'TLSv1.3', {
    name: 'selects the number of TLS 1.3',
    rfc: 'RFC 9147 §5.4',
    break: serverHello(keep, replacing('supported_versions', 3, 4)),
    expected: illegal('version_not_offered'),
  }),
  of('client', 'TLSv1.3', {
    name: 'selects a version of the future',
    rfc: 'RFC 9147 §5.4',
    break: serverHello(keep, replacing('supported_versions', 0xfe, 0xfb)),
    expected: illegal('version_not_offered'),
  }),
];

const HELLOS: readonly DatagramCase[] = [
  of('server', 'TLSv1.3', {
    name: 'sends a legacy_cookie',
    rfc: 'RFC 9147 §5.3: “any other value in this field, the server MUST abort the handshake with an "illegal_parameter" alert”',
    break: (peer) =>
      peer.change('client_hello', (bytes) => {
        const body = [...bytes.subarray(4, 4 + 35), 1, 7, ...bytes.subarray(4 + 36)];
        return message('client_hello', ...body);
      }),
    expected: illegal('legacy_field_invalid'),
  }),
  of('client', 'TLSv1.3', {
    name: 'echoes a legacy_session_id that was not sent',
    rfc: 'RFC 9147 §5.4',
    break: serverHello(() => ({ legacySessionIdEcho: Uint8Array.of(1, 2) })),
    expected: illegal('session_id_not_echoed'),
  }),
  of('server', 'TLSv1.3', {
    name: 'sends EndOfEarlyData',
    rfc: 'RFC 9147 §5.6',
    break: (peer) => peer.instead('finished', () => peer.sendHandshakeAt('end_of_early_data')),
    expected: UNEXPECTED,
  }),
  of('client', 'TLSv1.3', {
    name: 'sends its Certificate before EncryptedExtensions',
    rfc: 'RFC 8446 §4: “in an unexpected order MUST abort the handshake with an "unexpected_message" alert”',
    break: (peer) =>
      peer.instead('encrypted_extensions', ({ sequence }) =>
        peer.sendMessage({ bytes: message('certificate', 0, 0, 0, 0), sequence }),
      ),
    expected: UNEXPECTED,
  }),
  ...both('TLSv1.3', {
    name: 'proves by a Finished that is not right',
    rfc: 'RFC 8446 §4.4.4',
    break: (peer) => peer.change('finished', (bytes) => bytes.map((byte, i) => (i === 9 ? byte ^ 1 : byte))),
    expected: { alert: 'decrypt_error', error: misbehaved('finished_invalid') },
  }),
  ...both('TLSv1.2', {
    name: 'proves by a Finished that is not right',
    rfc: 'RFC 5246 §7.4.9',
    break: (peer) => peer.change('finished', (bytes) => bytes.map((byte, i) => (i === 9 ? byte ^ 1 : byte))),
    expected: { alert: 'decrypt_error', error: misbehaved('finished_invalid') },
  }),
];

const verify = (serverVersion: number, cookie: number[]) =>
  writeMessage(HelloVerifyRequest, { serverVersion, cookie: Uint8Array.from(cookie) });
/** Before its ServerHello, as messages of its own. */
const asking =
  (...requests: readonly Uint8Array[]) =>
  (peer: DatagramPeer) =>
    peer.instead('server_hello', ({ bytes, sequence }) => {
      let next = sequence;
      for (const request of requests) peer.sendMessage({ bytes: request, sequence: next++ });
      peer.sequence = next + 1;
      peer.sendMessage({ bytes, sequence: next });
    });

const COOKIES: readonly DatagramCase[] = [
  of('client', 'TLSv1.3', {
    name: 'asks by HelloVerifyRequest a client that speaks DTLS 1.3 alone',
    rfc: 'RFC 9147 §5.1',
    break: asking(verify(0xfefd, [1])),
    expected: UNEXPECTED,
  }),
  of('client', 'TLSv1.3', {
    name: 'goes on with DTLS 1.3 after a HelloVerifyRequest',
    rfc: 'RFC 9147 §5.1',
    victimConfig: { versions: ['TLSv1.3', 'TLSv1.2'] },
    break: asking(verify(0xfefd, [1])),
    expected: illegal('version_after_hello_verify_request'),
  }),
  of('client', 'TLSv1.2', {
    name: 'asks by HelloVerifyRequest again and again',
    rfc: 'RFC 6347 §4.2.1',
    break: asking(...[1, 2, 3, 4, 5, 6].map((cookie) => verify(0xfeff, [cookie]))),
    expected: { alert: 'unexpected_message', error: misbehaved('hello_verify_request_repeated') },
  }),
  of('client', 'TLSv1.2', {
    name: 'says a cookie in its HelloVerifyRequest that is longer than the message',
    rfc: 'RFC 6347 §4.2.1',
    break: asking(message('hello_verify_request', 0xfe, 0xfd, 255, 1, 2)),
    expected: undecoded('hello_verify_request.cookie'),
  }),
  of('client', 'TLSv1.2', {
    name: 'sends a HelloVerifyRequest with something after its cookie',
    rfc: 'RFC 6347 §4.2.1',
    break: asking(message('hello_verify_request', 0xfe, 0xfd, 1, 1, 9)),
    expected: undecoded('hello_verify_request'),
  }),
  of('client', 'TLSv1.2', {
    name: 'sends a HelloVerifyRequest after its ServerHello',
    rfc: 'RFC 6347 §4.2.1',
    break: (peer) => peer.instead('certificate', ({ sequence }) => peer.sendMessage({ bytes: verify(0xfefd, [1]), sequence })),
    expected: UNEXPECTED,
  }),
  of('server', 'TLSv1.3', {
    name: 'changes the cookie',
    rfc: 'RFC 9147 §5.1: “with an invalid cookie, it MUST terminate the handshake with an "illegal_parameter" alert”',
    victimConfig: { requireCookie: true },
    break: onSecond((list) =>
      list.map((entry) =>
        entry.type === 44 ? { ...entry, data: entry.data.map((byte, i) => (i === 9 ? byte ^ 1 : byte)) } : entry,
      ),
    ),
    expected: illegal('cookie_invalid'),
  }),
  of('server', 'TLSv1.3', {
    name: 'leaves the cookie out',
    rfc: 'RFC 9147 §5.1: “with an invalid cookie, it MUST terminate the handshake with an "illegal_parameter" alert”',
    victimConfig: { requireCookie: true },
    break: onSecond((list) => list.filter(({ type }) => type !== 44)),
    expected: illegal('cookie_invalid'),
  }),
  of('client', 'TLSv1.3', {
    name: 'asks by HelloRetryRequest again',
    rfc: 'RFC 9147 §5.1: “an "unexpected_message" alert in response to any second HelloRetryRequest”',
    peerConfig: { requireCookie: true },
    break: (peer) => {
      let request: Uint8Array | undefined;
      peer.change('server_hello', (bytes) => {
        request ??= bytes;
        return request;
      });
    },
    expected: { alert: 'unexpected_message', error: misbehaved('retry_second') },
  }),
  of('server', 'TLSv1.3', {
    name: 'offers something else after the cookie',
    rfc: 'RFC 8446 §4.1.2',
    victimConfig: { requireCookie: true },
    break: onSecond(adding(extension('heartbeat', 1))),
    expected: illegal('client_hello_changed_after_retry'),
  }),
];

function onSecond(extensions: Edit) {
  return (peer: DatagramPeer) =>
    peer.instead('client_hello', ({ bytes, sequence }) =>
      peer.sendMessage({ bytes: sequence === 0 ? bytes : edited(DatagramClientHello, bytes, keep, extensions), sequence }),
    );
}

/** An extension of the hello that goes to the victim. */
const helloExtension = (name: ExtensionName, ...data: number[]) => adding(extension(name, ...data));
const ID = { victim: Uint8Array.of(1, 2, 3), peer: Uint8Array.of(4, 5) };

const EXTENSIONS: readonly DatagramCase[] = [
  ...(['TLSv1.3', 'TLSv1.2'] as const).flatMap((version) => [
    of('client', version, {
      name: 'answers with a connection_id that was not offered',
      rfc: 'RFC 8446 §4.2: “an endpoint MUST abort the handshake with an "unsupported_extension" alert”',
      break: serverHello(keep, helloExtension('connection_id', 1, 7)),
      expected: { alert: 'unsupported_extension', error: misbehaved('extension_unsolicited') },
    }),
    of('client', version, {
      name: 'answers with two connection_ids',
      rfc: 'RFC 8446 §4.2',
      ids: ID,
      break: serverHello(keep, doubling('connection_id')),
      expected: illegal('extension_duplicate'),
    }),
    of('server', version, {
      name: 'sends two connection_ids',
      rfc: 'RFC 8446 §4.2',
      ids: ID,
      break: clientHello(keep, doubling('connection_id')),
      expected: illegal('extension_duplicate'),
    }),
    of('server', version, {
      name: 'sends a connection_id that is longer than its extension',
      rfc: 'RFC 9146 §3',
      ids: ID,
      break: clientHello(keep, replacing('connection_id', 9, 1)),
      expected: undecoded('client_hello.extensions.connection_id'),
    }),
    of('client', version, {
      name: 'answers with an empty connection_id extension',
      rfc: 'RFC 9146 §3',
      ids: ID,
      break: serverHello(keep, replacing('connection_id')),
      expected: undecoded('server_hello.extensions.connection_id'),
    }),
  ]),
  of('client', 'TLSv1.2', {
    name: 'chooses an SRTP profile that was not offered',
    rfc: 'RFC 5764 §4.1.1',
    config: { srtpProfiles: ['SRTP_AEAD_AES_128_GCM'] },
    break: serverHello(keep, replacing('use_srtp', 0, 2, 0, 1, 0)),
    expected: illegal('srtp_profile_not_offered'),
  }),
  of('client', 'TLSv1.2', {
    name: 'chooses two SRTP profiles',
    rfc: 'RFC 5764 §4.1.1',
    config: { srtpProfiles: ['SRTP_AEAD_AES_128_GCM'] },
    break: serverHello(keep, replacing('use_srtp', 0, 4, 0, 7, 0, 8, 0)),
    expected: illegal('srtp_profile_not_single'),
  }),
  of('client', 'TLSv1.2', {
    name: 'answers with an MKI that was not sent',
    rfc: 'RFC 5764 §4.1.3: “then the client MUST abort the handshake and SHOULD send an invalid_parameter alert”',
    config: { srtpProfiles: ['SRTP_AEAD_AES_128_GCM'] },
    break: serverHello(keep, replacing('use_srtp', 0, 2, 0, 7, 1, 9)),
    expected: illegal('srtp_mki_invalid'),
  }),
  of('client', 'TLSv1.2', {
    name: 'answers with use_srtp that was not offered',
    rfc: 'RFC 8446 §4.2: “an endpoint MUST abort the handshake with an "unsupported_extension" alert”',
    break: serverHello(keep, helloExtension('use_srtp', 0, 2, 0, 7, 0)),
    expected: { alert: 'unsupported_extension', error: misbehaved('extension_unsolicited') },
  }),
  of('server', 'TLSv1.2', {
    name: 'offers no SRTP profile in use_srtp',
    rfc: 'RFC 5764 §4.1.1',
    config: { srtpProfiles: ['SRTP_AEAD_AES_128_GCM'] },
    break: clientHello(keep, replacing('use_srtp', 0, 0, 0)),
    expected: undecoded('client_hello.extensions.use_srtp.profiles'),
  }),
];

/** When both ends are connected. */
const late = (name: string, rfc: string, expected: Expected, act: (peer: DatagramPeer) => void) => ({
  ...{ name: `${name} after the handshake`, rfc, expected },
  break: (peer: DatagramPeer) => peer.whenConnected(() => act(peer)),
});
const sends =
  (type: keyof typeof HANDSHAKE_TYPES, ...body: number[]) =>
  (peer: DatagramPeer) =>
    peer.sendHandshake(type, ...body);
const EMPTY_ID = new Uint8Array(0);

const AFTER: readonly DatagramCase[] = [
  ...both(
    'TLSv1.3',
    late(
      'sends NewConnectionId although nobody spoke of them',
      'RFC 9147 §9: “when CIDs were not negotiated, it MUST abort the connection with an "unexpected_message" alert”',
      UNEXPECTED,
      sends('new_connection_id', 0, 2, 1, 7, 1),
    ),
  ),
  ...both(
    'TLSv1.3',
    late(
      'sends RequestConnectionId although nobody spoke of them',
      'RFC 9147 §9: “when CIDs were not negotiated, it MUST abort the connection with an "unexpected_message" alert”',
      UNEXPECTED,
      sends('request_connection_id', 1),
    ),
  ),
  ...both('TLSv1.3', {
    ...late(
      'sends NewConnectionId although it wanted none',
      'RFC 9147 §9: “a violation of these rules MUST terminate the connection with an "unexpected_message" alert”',
      UNEXPECTED,
      sends('new_connection_id', 0, 2, 1, 7, 1),
    ),
    ids: { victim: Uint8Array.of(1), peer: EMPTY_ID },
  }),
  ...both('TLSv1.3', {
    ...late(
      'asks for connection IDs of an end that wants none',
      'RFC 9147 §9: “a violation of these rules MUST terminate the connection with an "unexpected_message" alert”',
      UNEXPECTED,
      sends('request_connection_id', 1),
    ),
    ids: { victim: EMPTY_ID, peer: Uint8Array.of(1) },
  }),
  ...both('TLSv1.3', {
    ...late(
      'gives connection IDs for a use that there is not',
      'RFC 9147 §9',
      illegal('connection_id_usage_unknown'),
      sends('new_connection_id', 0, 2, 1, 7, 2),
    ),
    ids: ID,
  }),
  ...both('TLSv1.3', {
    ...late(
      'wants one of no connection IDs to be used at once',
      'RFC 9147 §9',
      illegal('connection_id_missing'),
      sends('new_connection_id', 0, 0, 0),
    ),
    ids: ID,
  }),
  ...both('TLSv1.3', {
    ...late(
      'sends half of a NewConnectionId',
      'RFC 9147 §9',
      undecoded('new_connection_id.cids'),
      sends('new_connection_id', 0, 9, 1),
    ),
    ids: ID,
  }),
  ...both('TLSv1.3', {
    ...late(
      'sends a RequestConnectionId of two bytes',
      'RFC 9147 §9',
      undecoded('request_connection_id'),
      sends('request_connection_id', 1, 1),
    ),
    ids: ID,
  }),
  ...both('TLSv1.3', {
    ...late(
      'gives more connection IDs than are kept',
      'RFC 9147 §9',
      { borne: true },
      sends('new_connection_id', 0, 40, ...Array(20).fill([1, 9]).flat(), 1),
    ),
    ids: ID,
  }),
  ...both('TLSv1.3', {
    ...late(
      'asks for connection IDs and uses none',
      'RFC 9147 §9: “terminating the connection using a "too_many_cids_requested" (alert number 52) alert”',
      { alert: 'too_many_cids_requested', error: beyond('connectionIdRequests') },
      (peer) => peer.repeatedly(12, () => peer.sendHandshake('request_connection_id', 5)),
    ),
    ids: ID,
  }),
  ...both(
    'TLSv1.3',
    late(
      'sends a KeyUpdate that asks for 2',
      'RFC 8446 §4.6.3: “any other value, it MUST terminate the connection with an "illegal_parameter" alert”',
      illegal('key_update_invalid'),
      sends('key_update', 2),
    ),
  ),
  ...both(
    'TLSv1.3',
    late('sends a KeyUpdate of two bytes', 'RFC 8446 §4.6.3', undecoded('key_update'), sends('key_update', 0, 0)),
  ),
  ...both(
    'TLSv1.3',
    late(
      'updates its keys over and over',
      'RFC 8446 §4.6.3',
      { alert: 'unexpected_message', error: beyond('keyUpdatesInARow') },
      (peer) => {
        for (let i = 0; i < 33; i++) {
          peer.sendHandshake('key_update', 0);
          peer.nextKeys();
        }
      },
    ),
  ),
  ...both(
    'TLSv1.3',
    late(
      'sends a ClientHello',
      'RFC 8446 §4.1.2: “at any other time, it MUST terminate the connection with an "unexpected_message" alert”',
      UNEXPECTED,
      sends('client_hello', 1),
    ),
  ),
  ...both('TLSv1.3', late('sends a ServerHello', 'RFC 8446 §4', UNEXPECTED, sends('server_hello', 1))),
  ...both('TLSv1.3', late('sends a Finished', 'RFC 8446 §4', UNEXPECTED, sends('finished', 1))),
  ...both('TLSv1.3', late('sends HelloRequest', 'RFC 8446 §4', UNEXPECTED, sends('hello_request'))),
  of('server', 'TLSv1.3', late('sends a NewSessionTicket', 'RFC 8446 §4.6.1', UNEXPECTED, sends('new_session_ticket', 1))),
  of(
    'client',
    'TLSv1.2',
    late('asks for a renegotiation', 'RFC 5746 §4.5', { borne: true, warning: 'no_renegotiation_RESERVED' }, (peer) =>
      peer.sendMessage({ bytes: message('hello_request'), sequence: 0 }),
    ),
  ),
  of(
    'server',
    'TLSv1.2',
    late('begins a renegotiation', 'RFC 5746 §4.5', { borne: true, warning: 'no_renegotiation_RESERVED' }, (peer) =>
      peer.sendMessage({ bytes: message('client_hello', 1, 2, 3), sequence: 0 }),
    ),
  ),
  ...both('TLSv1.2', late('sends a KeyUpdate', 'RFC 5246 §7.4', UNEXPECTED, sends('key_update', 0))),
  ...both('TLSv1.2', late('sends NewConnectionId', 'RFC 5246 §7.4', UNEXPECTED, sends('new_connection_id', 0, 2, 1, 7, 1))),
  ...both('TLSv1.3', {
    name: 'closes in the midst of the handshake',
    rfc: 'RFC 8446 §6.1',
    expected: { alert: 'close_notify', error: alerted('close_notify') },
    break: (peer) => peer.before('finished', () => peer.sendAlert(1, 'close_notify')),
  }),
  ...everywhere(
    late('ends it with an alert', 'RFC 8446 §6.2', { alert: 'none', error: alerted('internal_error') }, (peer) =>
      peer.sendAlert(2, 'internal_error'),
    ),
  ),
];

export const MESSAGES: Readonly<Record<string, readonly DatagramCase[]>> = {
  'the versions of hellos': VERSIONS,
  'the messages of the handshake': HELLOS,
  cookies: COOKIES,
  extensions: EXTENSIONS,
  'messages after the handshake': AFTER,
};
