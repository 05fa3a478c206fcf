/**
 * Records that break a rule (RFC 8446 §5), for both roles; and what is no TLS at all.
 */

import { concat, EMPTY, utf8 } from '../../src/core/bytes/bytes.ts';
import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import { alerted, beyond, type Case, misbehaved, truncated } from './case.ts';
import { CLEAR, type RecordFault } from './clear-records.ts';
import { filled, flipping, messageOf } from './edits.ts';
import { type OutgoingRecord, type Peer, type Place, recordHeader } from './peer.ts';

const { alert, application_data, change_cipher_spec, handshake } = CONTENT_TYPES;

interface Tls13Fault extends Omit<RecordFault, 'send'> {
  readonly send: (peer: Peer) => void;
}

// ---- In the clear, as the first thing ----

const first: Readonly<Record<'client' | 'server', Place>> = { client: 'server_hello', server: 'client_hello' };

/** To a client: a server does not take change_cipher_spec before the ClientHello is whole. */
const INTERLEAVED_CHANGE: Tls13Fault = {
  name: 'splits a handshake message around change_cipher_spec',
  rfc: 'RFC 8446 §5.1',
  send: (peer) => {
    peer.sendHandshake(Uint8Array.of(2, 0));
    peer.sendChangeCipherSpec();
  },
  alert: 'unexpected_message',
  why: 'no alert is named; the record stands where only a handshake record may',
  error: misbehaved('handshake_interleaved'),
};

function inTheClear(victim: 'client' | 'server'): Case[] {
  const faults = victim === 'client' ? [...CLEAR, INTERLEAVED_CHANGE] : CLEAR;
  return faults.map(({ send, ...fault }) => ({
    ...fault,
    victim,
    break: (peer) => peer.before(first[victim], () => send(peer)),
  }));
}

// ---- change_cipher_spec ----

const CHANGE_CIPHER_SPEC: readonly Tls13Fault[] = [
  ...[[2], [1, 1], []].map(
    (bytes): Tls13Fault => ({
      name: `sends a change_cipher_spec of the bytes [${bytes.join(', ')}]`,
      rfc: 'RFC 8446 §5: “any other change_cipher_spec value … MUST abort the handshake with an "unexpected_message" alert”',
      send: (peer) => peer.sendChangeCipherSpec(Uint8Array.from(bytes)),
      alert: 'unexpected_message',
      error: misbehaved('change_cipher_spec_invalid'),
    }),
  ),
  {
    name: 'sends a protected change_cipher_spec',
    rfc: 'RFC 8446 §5: “a protected change_cipher_spec record MUST abort the handshake with an "unexpected_message" alert”',
    send: (peer) => peer.sendRecord({ type: change_cipher_spec, content: Uint8Array.of(1) }),
    alert: 'unexpected_message',
    error: misbehaved('record_type_unexpected'),
  },
  {
    name: 'sends change_cipher_spec without end',
    rfc: 'RFC 8446 §5',
    send: (peer) => {
      for (let i = 0; i < 40; i++) peer.sendChangeCipherSpec();
    },
    alert: 'unexpected_message',
    why: 'a limit of ours: one or two are dropped silently, more than 32 are a flood',
    error: beyond('maxEmptyRecords'),
  },
];

// ---- Protected, in the handshake ----

const PROTECTED: readonly Tls13Fault[] = [
  ...CHANGE_CIPHER_SPEC,
  {
    name: 'sends a protected record that is not authentic',
    rfc: 'RFC 8446 §5.2: “If the decryption fails, the receiver MUST terminate the connection with a "bad_record_mac" alert”',
    send: (peer) => peer.sendRaw(concat(recordHeader(application_data, 0x0303, 40), filled(40, 7))),
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  },
  ...[0, 1, 15, 16].map(
    (length): RecordFault => ({
      name: `sends a protected record of ${length} bytes, too short for a tag and a type`,
      rfc: 'RFC 8446 §6.2: “bad_record_mac: … this alert is used for all deprotection failures”',
      send: (peer) => peer.sendRaw(concat(recordHeader(application_data, 0x0303, length), filled(length, 7))),
      alert: 'bad_record_mac',
      error: misbehaved('bad_record_mac'),
    }),
  ),
  {
    name: 'announces a protected record of more than 2^14 + 256 bytes',
    rfc: 'RFC 8446 §5.2: “MUST terminate the connection with a "record_overflow" alert”',
    send: (peer) => peer.sendRaw(recordHeader(application_data, 0x0303, 16641)),
    alert: 'record_overflow',
    error: misbehaved('record_overflow'),
  },
  {
    name: 'sends a protected record with more than 2^14 bytes in it',
    rfc: 'RFC 8446 §6.2: “record_overflow: … a record decrypted to a TLSPlaintext record with more than 2^14 bytes”',
    send: (peer) => peer.sendRecord({ type: handshake, content: filled(16385) }),
    alert: 'record_overflow',
    error: misbehaved('record_overflow'),
  },
  {
    name: 'pads a record to more than 2^14 + 1 bytes',
    rfc: 'RFC 8446 §5.4',
    send: (peer) => peer.sendRecord({ type: handshake, content: filled(1, 11), padding: 16384 }),
    alert: 'record_overflow',
    error: misbehaved('record_overflow'),
  },
  {
    name: 'sends a protected record without a content type',
    rfc: 'RFC 8446 §5.4: “not find a non-zero octet in the cleartext, it MUST terminate the connection with an "unexpected_message" alert”',
    send: (peer) => peer.sendRecord({ type: handshake, content: filled(20), withoutType: true }),
    alert: 'unexpected_message',
    error: misbehaved('inner_content_type_missing'),
  },
  {
    name: 'sends a protected record with nothing in it',
    rfc: 'RFC 8446 §5.4',
    send: (peer) => peer.sendRecord({ type: handshake, content: EMPTY, withoutType: true }),
    alert: 'unexpected_message',
    error: misbehaved('inner_content_type_missing'),
  },
  {
    name: 'sends a protected handshake record with padding alone',
    rfc: 'RFC 8446 §5.4: “a zero-length TLSInnerPlaintext.content; … MUST terminate the connection with an "unexpected_message" alert”',
    send: (peer) => peer.sendRecord({ type: handshake, content: EMPTY, padding: 100 }),
    alert: 'unexpected_message',
    error: misbehaved('empty_fragment'),
  },
  {
    name: 'sends a protected alert record without content',
    rfc: 'RFC 8446 §5.4: “a zero-length TLSInnerPlaintext.content; … MUST terminate the connection with an "unexpected_message" alert”',
    send: (peer) => peer.sendRecord({ type: alert, content: EMPTY }),
    alert: 'unexpected_message',
    error: misbehaved('empty_fragment'),
  },
  {
    name: 'sends half an alert in a protected record',
    rfc: 'RFC 8446 §5.1',
    send: (peer) => peer.sendRecord({ type: alert, content: Uint8Array.of(2) }),
    alert: 'decode_error',
    why: 'no alert is named; the record must hold exactly one alert of two bytes, so its length is out of range',
    error: misbehaved('alert_fragmented'),
  },
  {
    name: 'sends a protected record of type 24',
    rfc: 'RFC 8446 §5: “an unexpected record type, it MUST terminate the connection with an "unexpected_message" alert”',
    send: (peer) => peer.sendRecord({ type: 24, content: Uint8Array.of(1) }),
    alert: 'unexpected_message',
    error: misbehaved('record_type_unexpected'),
  },
  {
    name: 'sends a handshake message in the clear under keys',
    rfc: 'RFC 8446 §5.2',
    send: (peer) => peer.sendRecord({ type: handshake, content: messageOf('finished', ...filled(32)), inTheClear: true }),
    alert: 'unexpected_message',
    why: 'no alert is named for a record that should have been protected; its type is unexpected now',
    error: misbehaved('record_not_encrypted'),
  },
  {
    name: 'sends application data under the handshake keys',
    rfc: 'RFC 8446 §5.1',
    send: (peer) => peer.sendData('too early'),
    alert: 'unexpected_message',
    error: misbehaved('application_data_too_early'),
  },
  {
    name: 'sends empty application data under the handshake keys',
    rfc: 'RFC 8446 §5.1',
    send: (peer) => peer.sendData(''),
    alert: 'unexpected_message',
    error: misbehaved('application_data_too_early'),
  },
  {
    name: 'announces a handshake message of 2^24 - 1 bytes',
    rfc: 'RFC 8446 §6.2',
    send: (peer) => peer.sendHandshake(Uint8Array.of(11, 0xff, 0xff, 0xff)),
    alert: 'illegal_parameter',
    why: 'no alert is named for what is right in form but more than we take; other implementations send this one',
    error: beyond('maxHandshakeMessage'),
  },
];

/** The first place where a peer has handshake keys, and more is to come. */
const underKeys: Readonly<Record<'client' | 'server', Place>> = { client: 'certificate', server: 'finished' };

function inTheHandshake(victim: 'client' | 'server'): Case[] {
  return PROTECTED.map(({ send, ...fault }) => ({
    ...fault,
    name: `${fault.name} (in the handshake)`,
    victim,
    break: (peer) => peer.before(underKeys[victim], () => send(peer)),
  }));
}

// ---- Across key changes, and the order of records ----

function acrossKeyChanges(victim: 'client' | 'server'): Case[] {
  const spans = {
    victim,
    rfc: 'RFC 8446 §5.1: “align with a record boundary; if not, then they MUST terminate the connection with an "unexpected_message" alert”',
    alert: 'unexpected_message',
    error: misbehaved('handshake_spans_key_change'),
  } as const;
  const part = (record: OutgoingRecord, from: number, to: number) => ({ ...record, content: record.content.subarray(from, to) });
  return [
    {
      ...spans,
      name: 'begins the next message in the record of its hello',
      break: (peer) => peer.changeMessage(first[victim], (message) => concat(message, Uint8Array.of(8))),
    },
    {
      ...spans,
      name: 'puts a whole message behind its Finished in the same record',
      break: (peer) => peer.changeMessage('finished', (message) => concat(message, messageOf('key_update', 0))),
    },
    {
      ...spans,
      name: 'begins the next message in the record of its Finished',
      break: (peer) => peer.changeMessage('finished', (message) => concat(message, Uint8Array.of(24, 0))),
    },
    {
      victim,
      name: 'splits its Finished around application data',
      rfc: 'RFC 8446 §5.1',
      break: (peer) =>
        peer.changeRecords('finished', (record) => [
          part(record, 0, 10),
          { type: application_data, content: utf8('in between') },
          part(record, 10, record.content.length),
        ]),
      alert: 'unexpected_message',
      why: 'no alert is named; the record stands where only a handshake record may',
      error: misbehaved('handshake_interleaved'),
    },
    {
      victim,
      name: 'sends an empty handshake record in the clear between its protected ones',
      rfc: 'RFC 8446 §5.2',
      break: (peer) => {
        peer.before('finished', () => peer.sendRecord({ type: handshake, content: EMPTY, inTheClear: true }));
      },
      alert: 'unexpected_message',
      why: 'a record in the clear cannot stand between protected ones',
      error: misbehaved('record_not_encrypted'),
    },
    {
      victim,
      name: 'turns over a bit of its Finished record',
      rfc: 'RFC 8446 §5.2',
      break: (peer) => changeRawOf(peer, 'finished', (raw) => [flipping(-1)(raw)]),
      alert: 'bad_record_mac',
      error: misbehaved('bad_record_mac'),
    },
    {
      victim,
      name: 'lies about the version in the header of its Finished record, which is authenticated',
      rfc: 'RFC 8446 §5.2',
      break: (peer) => changeRawOf(peer, 'finished', (raw) => [raw.with(2, 1)]),
      alert: 'bad_record_mac',
      error: misbehaved('bad_record_mac'),
    },
  ];
}

/** Changes the sealed record of a message. */
function changeRawOf(peer: Peer, place: Place, edit: (raw: Uint8Array) => readonly Uint8Array[]): void {
  const earlier: Uint8Array[] = [];
  peer.before(place, () => earlier.push(...peer.takeOutput()));
  peer.after(place, () => {
    const [raw = EMPTY, ...others] = peer.takeOutput();
    for (const piece of [...earlier, ...edit(raw), ...others]) peer.sendRaw(piece);
  });
}

// ---- Of one role ----

const others: readonly Case[] = [
  {
    name: 'sends change_cipher_spec in the midst of its ClientHello',
    rfc: 'RFC 8446 §5.1',
    victim: 'server',
    break: (peer) =>
      peer.changeRecords('client_hello', (record) => [
        { ...record, content: record.content.subarray(0, 50) },
        { type: change_cipher_spec, content: Uint8Array.of(1) },
        { ...record, content: record.content.subarray(50) },
      ]),
    alert: 'unexpected_message',
    error: misbehaved('change_cipher_spec_unexpected'),
  },
  {
    name: 'sends an empty record in the midst of its ClientHello',
    rfc: 'RFC 8446 §5.1',
    victim: 'server',
    break: (peer) =>
      peer.changeRecords('client_hello', (record) => [
        { ...record, content: record.content.subarray(0, 50) },
        { ...record, content: EMPTY },
        { ...record, content: record.content.subarray(50) },
      ]),
    alert: 'unexpected_message',
    why: 'no alert is named for it in the clear; under protection it is this one (§5.4)',
    error: misbehaved('empty_fragment'),
  },
  {
    name: 'says hello again, in the clear, when the server has answered',
    rfc: 'RFC 8446 §4.1.2: “a ClientHello at any other time, it MUST terminate the connection with an "unexpected_message" alert”',
    victim: 'server',
    break: (peer) => {
      const hellos: Uint8Array[] = [];
      peer.changeMessage('client_hello', (hello) => {
        hellos.push(hello);
        return hello;
      });
      peer.before('finished', () => peer.sendRecord({ type: handshake, content: concat(...hellos), inTheClear: true }));
    },
    alert: 'unexpected_message',
    error: misbehaved('record_not_encrypted'),
  },
  {
    name: 'sends an alert in the clear because it fails over the ServerHello',
    rfc: 'RFC 8446 §6',
    victim: 'server',
    break: (peer) =>
      peer.before('finished', () => peer.sendRecord({ type: alert, content: Uint8Array.of(2, 47), inTheClear: true })),
    alert: 'none',
    error: alerted('illegal_parameter'),
  },
  ...(['client', 'server'] as const).map(
    (victim): Case => ({
      name: 'sends an alert in the clear behind a protected record',
      rfc: 'RFC 8446 §5.2',
      victim,
      options: { clientCertificates: 'require' },
      break: (peer) =>
        peer.before('certificate_verify', () =>
          peer.sendRecord({ type: alert, content: Uint8Array.of(2, 47), inTheClear: true }),
        ),
      alert: 'unexpected_message',
      why: 'no alert is named for a record that should have been protected; anybody could have sent this one',
      error: misbehaved('record_not_encrypted'),
    }),
  ),
  ...(['client', 'server'] as const).map(
    (victim): Case => ({
      name: 'gives a protected record another type in its header',
      rfc: 'RFC 8446 §5.2',
      victim,
      break: (peer) => peer.changeRecords('finished', (record) => [{ ...record, outerType: handshake }]),
      alert: 'unexpected_message',
      why: 'no alert is named; a record of this type is in the clear',
      error: misbehaved('record_not_encrypted'),
    }),
  ),
  {
    name: 'sends change_cipher_spec before its ClientHello',
    rfc: 'RFC 8446 §5',
    victim: 'server',
    break: (peer) => peer.before('client_hello', () => peer.sendChangeCipherSpec()),
    alert: 'unexpected_message',
    error: misbehaved('change_cipher_spec_unexpected'),
  },
  {
    name: 'replays a record of its flight',
    rfc: 'RFC 8446 §5.3',
    victim: 'client',
    break: (peer) => changeRawOf(peer, 'encrypted_extensions', (raw) => [raw, raw]),
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  },
  {
    name: 'swaps two records of its flight',
    rfc: 'RFC 8446 §5.3',
    victim: 'client',
    break: (peer) => {
      const held: Uint8Array[] = [];
      changeRawOf(peer, 'certificate', (raw) => {
        held.push(raw);
        return [];
      });
      changeRawOf(peer, 'certificate_verify', (raw) => [raw, ...held]);
    },
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  },
  {
    name: 'keeps every rule, and ends without close_notify',
    rfc: 'RFC 8446 §6.1',
    victim: 'server',
    break: () => {},
    alert: 'none',
    error: truncated,
    ends: true,
    why: 'control: a right handshake that ends without close_notify is truncated',
  },
  ...(['client', 'server'] as const).map(
    (victim): Case => ({
      name: 'sends a record larger than our record_size_limit',
      rfc: 'RFC 8449 §4: “a record larger than its advertised limit MUST generate a fatal "record_overflow" alert”',
      victim,
      situation: { recordSizeLimit: 512 },
      options: { recordSizeLimit: 512 },
      break: (peer) => peer.whenConnected(() => peer.sendRecord({ type: application_data, content: filled(512) })),
      alert: 'record_overflow',
      error: misbehaved('record_overflow'),
    }),
  ),
  ...(['client', 'server'] as const).map(
    (victim): Case => ({
      name: 'pads a record to more than our record_size_limit',
      rfc: 'RFC 8449 §4: “a record larger than its advertised limit MUST generate a fatal "record_overflow" alert”',
      victim,
      situation: { recordSizeLimit: 512 },
      options: { recordSizeLimit: 512 },
      break: (peer) => peer.whenConnected(() => peer.sendRecord({ type: application_data, content: filled(1), padding: 511 })),
      alert: 'record_overflow',
      error: misbehaved('record_overflow'),
    }),
  ),
  {
    name: 'pads the very record that agrees on our record_size_limit to more than that',
    rfc: 'RFC 8449 §4',
    victim: 'client',
    situation: { recordSizeLimit: 1000 },
    options: { recordSizeLimit: 1000 },
    break: (peer) => peer.changeRecords('encrypted_extensions', (record) => [{ ...record, padding: 1000 }]),
    alert: 'record_overflow',
    error: misbehaved('record_overflow'),
  },
];

export const RECORDS: readonly Case[] = [
  ...inTheClear('client'),
  ...inTheClear('server'),
  ...inTheHandshake('client'),
  ...inTheHandshake('server'),
  ...acrossKeyChanges('client'),
  ...acrossKeyChanges('server'),
  ...others,
];
