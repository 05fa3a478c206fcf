/**
 * Records in the clear that break a rule, before it is known which version is spoken (RFC 8446 §5.1, RFC 5246 §6.2.1); and what is no TLS at all.
 */

import { EMPTY, utf8 } from '../../src/core/bytes/bytes.ts';
import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import { alerted, beyond, type Case, misbehaved } from './case.ts';
import { filled } from './edits.ts';
import { recordHeader, type ScriptedPeer } from './scripted-peer.ts';

const { alert } = CONTENT_TYPES;

/** A peer of any version. */
type AnyPeer = Pick<ScriptedPeer<unknown>, 'sendHandshake' | 'sendRaw' | 'sendRecord' | 'sendData' | 'sendAlert'>;

export interface RecordFault {
  readonly name: string;
  readonly rfc: string;
  readonly send: (peer: AnyPeer) => void;
  readonly alert: Case['alert'];
  readonly why?: string;
  readonly error: Case['error'];
}

export const USER_CANCELED_FLOOD: Omit<RecordFault, 'name'> = {
  rfc: 'RFC 8446 §6.1',
  send: (peer) => {
    for (let i = 0; i < 5; i++) peer.sendAlert(1, 'user_canceled');
  },
  alert: 'unexpected_message',
  why: 'a limit of ours: one such alert is followed by close_notify, five are a flood',
  error: beyond('warningAlerts'),
};

/** Sent as the first thing. */
export const CLEAR: readonly RecordFault[] = [
  {
    name: 'sends a handshake record of more than 2^14 bytes',
    rfc: 'RFC 8446 §5.1: “a record that exceeds this length MUST terminate the connection with a "record_overflow" alert”',
    send: (peer) => peer.sendHandshake(filled(16385)),
    alert: 'record_overflow',
    error: misbehaved('record_overflow'),
  },
  {
    name: 'announces an alert record of more than 2^14 bytes',
    rfc: 'RFC 8446 §5.1: “a record that exceeds this length MUST terminate the connection with a "record_overflow" alert”',
    send: (peer) => peer.sendRaw(recordHeader(alert, 0x0303, 0xffff)),
    alert: 'record_overflow',
    error: misbehaved('record_overflow'),
  },
  {
    name: 'sends a handshake record without content',
    rfc: 'RFC 8446 §5.1',
    send: (peer) => peer.sendHandshake(EMPTY),
    alert: 'unexpected_message',
    why: 'no alert is named for it in the clear; under protection it is this one (§5.4)',
    error: misbehaved('empty_fragment'),
  },
  {
    name: 'sends an alert record without content',
    rfc: 'RFC 8446 §5.1',
    send: (peer) => peer.sendRecord({ type: alert, content: EMPTY }),
    alert: 'unexpected_message',
    why: 'no alert is named for it in the clear; under protection it is this one (§5.4)',
    error: misbehaved('empty_fragment'),
  },
  ...[[2], [2, 40, 0], [1, 0, 1, 0]].map(
    (bytes): RecordFault => ({
      name: `sends an alert record of ${bytes.length} bytes`,
      rfc: 'RFC 8446 §5.1',
      send: (peer) => peer.sendRecord({ type: alert, content: Uint8Array.from(bytes) }),
      alert: 'decode_error',
      why: 'no alert is named; the record must hold exactly one alert of two bytes, so its length is out of range',
      error: misbehaved('alert_fragmented'),
    }),
  ),
  {
    name: 'sends application data in the clear',
    rfc: 'RFC 8446 §5.1',
    send: (peer) => peer.sendData('too early'),
    alert: 'unexpected_message',
    error: misbehaved('application_data_too_early'),
  },
  ...[0, 24, 26, 255].map(
    (type): RecordFault => ({
      name: `sends a record of type ${type}`,
      rfc: 'RFC 8446 §5: “an unexpected record type, it MUST terminate the connection with an "unexpected_message" alert”',
      send: (peer) => peer.sendRecord({ type, content: Uint8Array.of(1) }),
      alert: 'unexpected_message',
      error: misbehaved('record_type_unexpected'),
    }),
  ),
  {
    name: 'splits a handshake message around another record',
    rfc: 'RFC 8446 §5.1',
    send: (peer) => {
      peer.sendHandshake(Uint8Array.of(2, 0));
      peer.sendData('in between');
    },
    alert: 'unexpected_message',
    why: 'no alert is named; the record stands where only a handshake record may',
    error: misbehaved('handshake_interleaved'),
  },
  ...[
    'GET / HTTP/1.1\r\n',
    'CONNECT example.test:443 HTTP/1.1\r\n',
    'OPTIONS * HTTP/1.1\r\n',
    'DELETE /x HTTP/1.1\r\n',
    'HTTP/1.1 400 Bad Request\r\n',
  ].map(
    (text): RecordFault => ({
      name: `speaks plain HTTP: ${text.trimEnd()}`,
      rfc: 'RFC 8446 §5',
      send: (peer) => peer.sendRaw(utf8(text)),
      alert: 'unexpected_message',
      error: misbehaved('not_tls'),
    }),
  ),
  ...[
    'SSH-2.0-OpenSSH_9.2\r\n',
    '220 mail.example.test ESMTP\r\n',
    'EHLO example.test\r\n',
    '\x80\x2e\x01\x03\x01\x00',
    '\0\0\0\0\0\0',
  ].map(
    (text, i): RecordFault => ({
      name: `sends something else than TLS (no. ${i + 1})`,
      rfc: 'RFC 8446 §5',
      send: (peer) => peer.sendRaw(Uint8Array.from(text, (character) => character.charCodeAt(0))),
      alert: 'unexpected_message',
      error: misbehaved('record_type_unexpected'),
    }),
  ),
  {
    name: 'ends the connection with an alert',
    rfc: 'RFC 8446 §6.2',
    send: (peer) => peer.sendAlert(2, 'handshake_failure'),
    alert: 'none',
    error: alerted('handshake_failure'),
  },
  {
    name: 'sends an error alert of level warning, which is fatal all the same',
    rfc: 'RFC 8446 §6: “MUST be treated as error alerts when received regardless of the AlertLevel in the message”',
    send: (peer) => peer.sendAlert(1, 'illegal_parameter'),
    alert: 'none',
    error: alerted('illegal_parameter'),
  },
  {
    name: 'sends an unknown alert, which is an error alert',
    rfc: 'RFC 8446 §6',
    send: (peer) => peer.sendAlert(1, 199),
    alert: 'none',
    error: alerted('unknown_199'),
  },
  ...[0, 3, 255].map(
    (level): RecordFault => ({
      name: `sends an alert of level ${level}, which there is not`,
      rfc: 'RFC 8446 §6',
      send: (peer) => peer.sendAlert(level, 'handshake_failure'),
      alert: 'none',
      why: '"the severity is implicit in the type of alert being sent, and the "level" field can safely be ignored."',
      error: alerted('handshake_failure'),
    }),
  ),
  {
    name: 'closes in the midst of the handshake',
    rfc: 'RFC 8446 §6.1',
    send: (peer) => peer.sendAlert(1, 'close_notify'),
    alert: 'close_notify',
    error: alerted('close_notify'),
  },
  {
    name: 'cancels the handshake, and closes',
    rfc: 'RFC 8446 §6.1',
    send: (peer) => {
      peer.sendAlert(1, 'user_canceled');
      peer.sendAlert(1, 'close_notify');
    },
    alert: 'close_notify',
    error: alerted('user_canceled'),
  },
  { name: 'sends user_canceled and nothing else, again and again', ...USER_CANCELED_FLOOD },
];
