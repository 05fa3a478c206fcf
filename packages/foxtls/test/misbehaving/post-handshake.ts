/**
 * What breaks a rule when the handshake is over (RFC 8446 §4.6, §5, §6), for both roles.
 */

import { concat, EMPTY } from '../../src/core/bytes/bytes.ts';
import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import type { HandshakeTypeName } from '../../src/core/registry/handshake-types.ts';
import { alerted, beyond, type Case, misbehaved, truncated, undecodable } from './case.ts';
import { USER_CANCELED_FLOOD } from './clear-records.ts';
import { filled, flipping, messageOf, two, UNKNOWN_EXTENSION } from './edits.ts';
import type { Peer } from './peer.ts';

const { alert, application_data, handshake } = CONTENT_TYPES;

type Fault = Omit<Case, 'victim' | 'break'> & { readonly send: (peer: Peer) => void };

const UNEXPECTED: readonly HandshakeTypeName[] = [
  'hello_request',
  'client_hello',
  'server_hello',
  'encrypted_extensions',
  'end_of_early_data',
  'certificate_request',
  'certificate',
  'certificate_verify',
  'finished',
  'message_hash',
];

const KEY_UPDATES: readonly Fault[] = [
  ...[2, 255].map(
    (value): Fault => ({
      name: `sends KeyUpdate with request_update ${value}`,
      rfc: 'RFC 8446 §4.6.3: “receives any other value, it MUST terminate the connection with an "illegal_parameter" alert”',
      send: (peer) => peer.sendKeyUpdate(value),
      alert: 'illegal_parameter',
      error: misbehaved('key_update_invalid'),
    }),
  ),
  {
    name: 'sends an empty KeyUpdate',
    rfc: 'RFC 8446 §6.2',
    send: (peer) => peer.sendHandshake(messageOf('key_update')),
    alert: 'decode_error',
    error: undecodable('key_update.requestUpdate'),
  },
  {
    name: 'sends a KeyUpdate of two bytes',
    rfc: 'RFC 8446 §6.2',
    send: (peer) => peer.sendHandshake(messageOf('key_update', 0, 0)),
    alert: 'decode_error',
    error: undecodable('key_update'),
  },
  ...[0, 1].map(
    (value): Fault => ({
      name: `sends KeyUpdate ${value} without end and without data`,
      rfc: 'RFC 8446 §4.6.3',
      send: (peer) => {
        for (let i = 0; i < 33; i++) peer.sendKeyUpdate(value);
      },
      alert: 'unexpected_message',
      why: 'a limit of ours against a flood that costs us key derivations',
      error: beyond('keyUpdatesInARow'),
    }),
  ),
  {
    name: 'puts a message behind KeyUpdate in the same record',
    rfc: 'RFC 8446 §5.1: “align with a record boundary; if not, then they MUST terminate the connection with an "unexpected_message" alert”',
    send: (peer) => peer.sendHandshake(concat(messageOf('key_update', 0), messageOf('key_update', 0))),
    alert: 'unexpected_message',
    error: misbehaved('handshake_spans_key_change'),
  },
  {
    name: 'sends KeyUpdate and goes on under the old keys',
    rfc: 'RFC 8446 §4.6.3',
    send: (peer) => {
      peer.sendHandshake(messageOf('key_update', 0));
      peer.sendData('under the old keys');
    },
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  },
];

const CONNECTED_RECORDS: readonly Fault[] = [
  {
    name: 'sends change_cipher_spec after the handshake',
    rfc: 'RFC 8446 §5: “an unexpected record type, it MUST terminate the connection with an "unexpected_message" alert”',
    send: (peer) => peer.sendChangeCipherSpec(),
    alert: 'unexpected_message',
    error: misbehaved('change_cipher_spec_unexpected'),
  },
  {
    name: 'sends a protected change_cipher_spec after the handshake',
    rfc: 'RFC 8446 §5: “a protected change_cipher_spec record MUST abort the handshake with an "unexpected_message" alert”',
    send: (peer) => peer.sendRecord({ type: CONTENT_TYPES.change_cipher_spec, content: Uint8Array.of(1) }),
    alert: 'unexpected_message',
    error: misbehaved('record_type_unexpected'),
  },
  {
    name: 'sends data in the clear after the handshake',
    rfc: 'RFC 8446 §5.2',
    send: (peer) => peer.sendRecord({ type: application_data, content: filled(40), inTheClear: true }),
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  },
  {
    name: 'sends an alert in the clear after the handshake',
    rfc: 'RFC 8446 §6',
    send: (peer) => peer.sendRecord({ type: alert, content: Uint8Array.of(1, 0), inTheClear: true }),
    alert: 'unexpected_message',
    why: 'no alert is named for a record that should have been protected; anybody could have sent this one',
    error: misbehaved('record_not_encrypted'),
  },
  {
    name: 'sends a handshake message in the clear after the handshake',
    rfc: 'RFC 8446 §5.2',
    send: (peer) => peer.sendRecord({ type: handshake, content: messageOf('key_update', 0), inTheClear: true }),
    alert: 'unexpected_message',
    why: 'no alert is named for a record that should have been protected; its type is unexpected now',
    error: misbehaved('record_not_encrypted'),
  },
  {
    name: 'sends data of more than 2^14 bytes in one record',
    rfc: 'RFC 8446 §6.2: “record_overflow: … a record decrypted to a TLSPlaintext record with more than 2^14 bytes”',
    send: (peer) => peer.sendRecord({ type: application_data, content: filled(16385) }),
    alert: 'record_overflow',
    error: misbehaved('record_overflow'),
  },
  {
    name: 'sends empty records without end',
    rfc: 'RFC 8446 §5.4',
    send: (peer) => {
      for (let i = 0; i < 33; i++) peer.sendRecord({ type: application_data, content: EMPTY, padding: i });
    },
    alert: 'unexpected_message',
    why: 'a limit of ours: empty records are cover traffic, but more than 32 in a row are a flood',
    error: beyond('maxEmptyRecords'),
  },
  {
    name: 'sends a protected record without a content type after the handshake',
    rfc: 'RFC 8446 §5.4: “not find a non-zero octet in the cleartext, it MUST terminate the connection with an "unexpected_message" alert”',
    send: (peer) => peer.sendRecord({ type: application_data, content: filled(9), withoutType: true }),
    alert: 'unexpected_message',
    error: misbehaved('inner_content_type_missing'),
  },
  {
    name: 'splits KeyUpdate around data',
    rfc: 'RFC 8446 §5.1',
    send: (peer) => {
      peer.sendHandshake(Uint8Array.of(24, 0, 0));
      peer.sendData('in between');
    },
    alert: 'unexpected_message',
    why: 'no alert is named; the record stands where only a handshake record may',
    error: misbehaved('handshake_interleaved'),
  },
  {
    name: 'announces a handshake message of 2^24 - 1 bytes after the handshake',
    rfc: 'RFC 8446 §6.2',
    send: (peer) => peer.sendHandshake(Uint8Array.of(4, 0xff, 0xff, 0xff)),
    alert: 'decode_error',
    why: 'no message of its type can have so many',
    error: beyond('maxHandshakeMessage'),
  },
  {
    name: 'sends data, and then a record that is not authentic',
    rfc: 'RFC 8446 §5.2',
    send: (peer) => {
      peer.sendData('before');
      peer.sendRaw(Uint8Array.of(23, 3, 3, 0, 20, ...filled(20, 1)));
      peer.sendData('after');
    },
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
    delivered: 'before',
  },
  ...[[2], [2, 40, 0], [1, 0, 1, 0]].map(
    (bytes): Fault => ({
      name: `sends an alert of ${bytes.length} bytes after the handshake: ${bytes.join(', ')}`,
      rfc: 'RFC 8446 §5.1',
      send: (peer) => peer.sendRecord({ type: alert, content: Uint8Array.from(bytes) }),
      alert: 'decode_error',
      why: 'no alert is named; the record must hold exactly one alert of two bytes, so its length is out of range',
      error: misbehaved('alert_fragmented'),
    }),
  ),
  ...([alert, handshake] as const).flatMap((type) =>
    [0, 1000].map(
      (padding): Fault => ({
        name: `sends a record of type ${type} with ${padding} bytes of padding and nothing else after the handshake`,
        rfc: 'RFC 8446 §5.4: “a zero-length TLSInnerPlaintext.content; … MUST terminate the connection with an "unexpected_message" alert”',
        send: (peer) => peer.sendRecord({ type, content: EMPTY, padding }),
        alert: 'unexpected_message',
        error: misbehaved('empty_fragment'),
      }),
    ),
  ),
  ...[24, 25, 255].map(
    (type): Fault => ({
      name: `sends a protected record of type ${type} after the handshake`,
      rfc: 'RFC 8446 §5: “an unexpected record type, it MUST terminate the connection with an "unexpected_message" alert”',
      send: (peer) => peer.sendRecord({ type, content: Uint8Array.of(1) }),
      alert: 'unexpected_message',
      error: misbehaved('record_type_unexpected'),
    }),
  ),
  { name: 'sends user_canceled without end after the handshake', ...USER_CANCELED_FLOOD },
  {
    name: 'sends an alert of level 0 after the handshake',
    rfc: 'RFC 8446 §6',
    send: (peer) => peer.sendAlert(0, 'internal_error'),
    alert: 'none',
    error: alerted('internal_error'),
  },
  {
    name: 'sends a message of no known type after the handshake',
    rfc: 'RFC 8446 §6.2: “unexpected_message: An inappropriate message (e.g., the wrong handshake message”',
    send: (peer) => peer.sendHandshake(messageOf(99, 1)),
    alert: 'unexpected_message',
    error: misbehaved('message_unexpected'),
  },
  {
    name: 'sends a record of which the tag is wrong in one bit',
    rfc: 'RFC 8446 §5.2: “If the decryption fails, the receiver MUST terminate the connection with a "bad_record_mac" alert”',
    send: (peer) => peer.sendRecord({ type: application_data, content: filled(9), tamper: flipping(-1) }),
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  },
  {
    name: 'sends a record of which the content is wrong in one bit',
    rfc: 'RFC 8446 §5.2: “If the decryption fails, the receiver MUST terminate the connection with a "bad_record_mac" alert”',
    send: (peer) => peer.sendRecord({ type: application_data, content: filled(9), tamper: flipping(0) }),
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  },
  {
    name: 'ends the connection with an alert after the handshake',
    rfc: 'RFC 8446 §6.2',
    send: (peer) => peer.sendAlert(2, 'internal_error'),
    alert: 'none',
    error: alerted('internal_error'),
  },
  {
    name: 'sends data and ends without close_notify',
    rfc: 'RFC 8446 §6.1',
    send: (peer) => peer.sendData('some'),
    alert: 'none',
    error: truncated,
    delivered: 'some',
    ends: true,
  },
  {
    name: 'ends in the midst of a record',
    rfc: 'RFC 8446 §6.1',
    send: (peer) => peer.sendRaw(Uint8Array.of(23, 3, 3, 0, 100, 1, 2, 3)),
    alert: 'none',
    error: truncated,
    ends: true,
  },
];

/** Messages with a rule of their own. */
const OF_ONE: Readonly<Record<string, string>> = {
  certificate_request:
    'RFC 8446 §4.6.2: “without having sent the "post_handshake_auth" extension MUST send an "unexpected_message" fatal alert”',
  client_hello:
    'RFC 8446 §4.1.2: “a ClientHello at any other time, it MUST terminate the connection with an "unexpected_message" alert”',
};

const messagesUnexpected = UNEXPECTED.map(
  (name): Fault => ({
    name: `sends ${name} after the handshake`,
    rfc: OF_ONE[name] ?? 'RFC 8446 §4: “in an unexpected order MUST abort the handshake with an "unexpected_message" alert”',
    send: (peer) => peer.sendHandshake(messageOf(name, ...filled(32))),
    alert: 'unexpected_message',
    error: misbehaved('message_unexpected'),
  }),
);

function forRole(victim: 'client' | 'server'): Case[] {
  return [...messagesUnexpected, ...KEY_UPDATES, ...CONNECTED_RECORDS].map(({ send, ...fault }) => ({
    ...fault,
    victim,
    break: (peer) => peer.whenConnected(() => send(peer)),
  }));
}

// ---- Tickets ----

/** NewSessionTicket: lifetime, age_add, nonce, ticket, extensions. */
const ticket = (identity: readonly number[], extensions: readonly number[] = []): Uint8Array =>
  messageOf(
    'new_session_ticket',
    ...[0, 0, 0x1c, 0x20],
    ...[1, 2, 3, 4],
    ...[1, 0],
    ...two(identity.length),
    ...identity,
    ...two(extensions.length),
    ...extensions,
  );

const earlyData = [0, 42, 0, 4, 0, 0, 64, 0];

const tickets: readonly Case[] = [
  {
    name: 'sends a ticket to the server',
    rfc: 'RFC 8446 §4.6.1',
    victim: 'server',
    break: (peer) => peer.whenConnected(() => peer.sendHandshake(ticket([1]))),
    alert: 'unexpected_message',
    error: misbehaved('message_unexpected'),
  },
  {
    name: 'sends an empty ticket',
    rfc: 'RFC 8446 §4.6.1',
    victim: 'client',
    break: (peer) => peer.whenConnected(() => peer.sendHandshake(ticket([]))),
    alert: 'decode_error',
    why: 'the RFC names decode_error for what cannot be parsed',
    error: undecodable('new_session_ticket.ticket'),
  },
  {
    name: 'sends a ticket that ends too early',
    rfc: 'RFC 8446 §6.2',
    victim: 'client',
    break: (peer) => peer.whenConnected(() => peer.sendHandshake(messageOf('new_session_ticket', 0, 0))),
    alert: 'decode_error',
    error: undecodable('new_session_ticket.ticketLifetime'),
  },
  {
    name: 'sends a ticket with early_data twice',
    rfc: 'RFC 8446 §4.2',
    victim: 'client',
    break: (peer) => peer.whenConnected(() => peer.sendHandshake(ticket([1], [...earlyData, ...earlyData]))),
    alert: 'illegal_parameter',
    why: 'no alert is named; the value is wrong, its form is not',
    error: misbehaved('extension_duplicate'),
  },
  {
    name: 'sends a ticket with server_name',
    rfc: 'RFC 8446 §4.2',
    victim: 'client',
    break: (peer) => peer.whenConnected(() => peer.sendHandshake(ticket([1], [0, 0, 0, 0]))),
    alert: 'illegal_parameter',
    error: misbehaved('extension_not_allowed_here'),
  },
  {
    name: 'sends a good ticket with an unknown extension, and ends without close_notify',
    rfc: 'RFC 8446 §4.6.1',
    victim: 'client',
    break: (peer) => peer.whenConnected(() => peer.sendHandshake(ticket([1], [...two(UNKNOWN_EXTENSION), 0, 0]))),
    alert: 'none',
    why: 'control: "Clients MUST ignore unrecognized extensions."',
    error: truncated,
    ends: true,
  },
];

export const POST_HANDSHAKE: readonly Case[] = [...forRole('client'), ...forRole('server'), ...tickets];
