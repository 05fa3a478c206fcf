/**
 * What follows a server's flight in the differential test: a second flight that no client would send, for which the server has to end the
 * connection, each in its version.
 *
 * Of TLS 1.3 some come under the keys of the handshake, and some behind a right Finished; of TLS 1.2 all is in the clear, before any key.
 */

import { concat, EMPTY } from '../../packages/foxtls/src/core/bytes/bytes.ts';
import { ALERTS, type AlertName } from '../../packages/foxtls/src/core/registry/alerts.ts';
import { CONTENT_TYPES } from '../../packages/foxtls/src/core/registry/content-types.ts';
import { HANDSHAKE_TYPES } from '../../packages/foxtls/src/core/registry/handshake-types.ts';
import type { TrafficKeys } from '../../packages/foxtls/test/misbehaving/traffic-keys.ts';
import { prefixed, uint16 } from './client-hello.ts';

/** What may come of it: an alert; or none, with the connection closed or not. */
export type Outcome = AlertName | 'closed' | 'nothing';

export interface SecondFlight {
  /** As bytes in the clear; in TLS 1.3 also by the keys and the Finished of the client. */
  readonly write: Uint8Array | ((keys: TrafficKeys, finished: Uint8Array) => Uint8Array);
  /** Behind a right Finished, under the keys of the application. */
  readonly isBehindFinished?: boolean;
  /** For foxtls, by the RFC. */
  readonly ours: Outcome;
  /** What OpenSSL does beside, or in place of it. */
  readonly theirs?: readonly Outcome[];
}

type MessageName = keyof typeof HANDSHAKE_TYPES;

const { handshake, alert, application_data: applicationData, change_cipher_spec: changeCipherSpec } = CONTENT_TYPES;

function message(name: MessageName | number, ...body: number[]): Uint8Array {
  const type = typeof name === 'number' ? name : HANDSHAKE_TYPES[name];
  return concat(Uint8Array.of(type), prefixed(3, Uint8Array.from(body)));
}

function record(type: number, content: Uint8Array, version = 0x0303): Uint8Array {
  return concat(Uint8Array.of(type), uint16(version), prefixed(2, content));
}

/** A record of TLS 1.3, with zeros behind its type, or with no type. */
export function sealed(keys: TrafficKeys, type: number | undefined, content: Uint8Array): Uint8Array {
  const inner = type === undefined ? content : concat(content, Uint8Array.of(type));
  const header = concat(Uint8Array.of(applicationData), uint16(0x0303), uint16(inner.length + keys.tagSize));
  return concat(header, keys.seal(header, inner));
}

const under = (type: number | undefined, content: Uint8Array) => (keys: TrafficKeys) => sealed(keys, type, content);
const bytes = (...values: number[]) => Uint8Array.from(values);

/** A ClientHello of the form of TLS 1.2. */
const HELLO = message('client_hello', 3, 3, ...new Array<number>(32).fill(7), 0, 0, 2, 0xc0, 0x2b, 1, 0);
const EMPTY_CERTIFICATE = message('certificate', 0, 0, 0, 0);
/** One byte more than a record may have. */
const TOO_LONG = bytes(applicationData, 3, 3, 0x41, 0x01);

const TLS13 = {
  'a Finished of other bytes': {
    write: (keys, finished) =>
      sealed(
        keys,
        handshake,
        finished.map((byte, at) => (at === 10 ? byte ^ 1 : byte)),
      ),
    ours: 'decrypt_error',
  },
  'a Finished one byte shorter': {
    write: (keys, finished) =>
      sealed(keys, handshake, concat(finished.subarray(0, 3), bytes((finished[3] ?? 0) - 1), finished.subarray(4, -1))),
    ours: 'decode_error',
  },
  'a Finished with a message behind it': {
    write: (keys, finished) => sealed(keys, handshake, concat(finished, message('key_update', 0))),
    ours: 'unexpected_message',
  },
  'a Finished in the clear': { write: (_keys, finished) => record(handshake, finished), ours: 'unexpected_message' },
  'data in place of Finished': { write: under(applicationData, bytes(71)), ours: 'unexpected_message' },
  'a Certificate that nobody asked for': { write: under(handshake, EMPTY_CERTIFICATE), ours: 'unexpected_message' },
  'a KeyUpdate in place of Finished': { write: under(handshake, message('key_update', 0)), ours: 'unexpected_message' },
  'EndOfEarlyData, of which there was none': {
    write: under(handshake, message('end_of_early_data')),
    ours: 'unexpected_message',
  },
  'another ClientHello': { write: under(handshake, HELLO), ours: 'unexpected_message' },
  'an unknown message': { write: under(handshake, message(99)), ours: 'unexpected_message' },
  'an empty record of handshake': { write: under(handshake, EMPTY), ours: 'unexpected_message' },
  'a record of zeros': { write: under(undefined, new Uint8Array(5)), ours: 'unexpected_message' },
  'a record of an unknown type': { write: under(99, bytes(1)), ours: 'unexpected_message' },
  'a record that nobody sealed': { write: record(applicationData, new Uint8Array(40)), ours: 'bad_record_mac' },
  'a record shorter than its tag': { write: record(applicationData, new Uint8Array(9)), ours: 'bad_record_mac' },
  'a record that is too long': { write: TOO_LONG, ours: 'record_overflow' },
  // "… MUST abort the handshake with an "unexpected_message" alert." (RFC 8446 §5)
  'a change_cipher_spec of 2': {
    write: record(changeCipherSpec, bytes(2)),
    ours: 'unexpected_message',
    theirs: ['illegal_parameter'],
  },
  'a change_cipher_spec of two bytes': {
    write: record(changeCipherSpec, bytes(1, 1)),
    ours: 'unexpected_message',
    theirs: ['illegal_parameter'],
  },
  'a change_cipher_spec that is sealed': { write: under(changeCipherSpec, bytes(1)), ours: 'unexpected_message' },
  'a message longer than any': {
    write: under(handshake, bytes(20, 0xff, 0xff, 0xff)),
    ours: 'decode_error',
    theirs: ['illegal_parameter'],
  },
  // What cannot be parsed (RFC 8446 §6); no RFC names an alert for it.
  'half an alert': { write: under(alert, bytes(2)), ours: 'decode_error', theirs: ['unexpected_message'] },
  'a fatal alert': { write: under(alert, bytes(2, ALERTS.bad_certificate)), ours: 'closed' },
  // Behind a right Finished.
  'a KeyUpdate of 2': { isBehindFinished: true, write: under(handshake, message('key_update', 2)), ours: 'illegal_parameter' },
  // OpenSSL has an alert of its own for messages longer than it expects.
  'a KeyUpdate of two bytes': {
    isBehindFinished: true,
    write: under(handshake, message('key_update', 0, 0)),
    ours: 'decode_error',
    theirs: ['illegal_parameter'],
  },
  'a KeyUpdate with a message behind it': {
    isBehindFinished: true,
    write: under(handshake, concat(message('key_update', 0), message('key_update', 0))),
    ours: 'unexpected_message',
  },
  'a ClientHello after the handshake': { isBehindFinished: true, write: under(handshake, HELLO), ours: 'unexpected_message' },
  'another Finished': {
    isBehindFinished: true,
    write: (keys, finished) => sealed(keys, handshake, finished),
    ours: 'unexpected_message',
  },
  'a Certificate after the handshake': {
    isBehindFinished: true,
    write: under(handshake, EMPTY_CERTIFICATE),
    ours: 'unexpected_message',
  },
  'a NewSessionTicket from the client': {
    isBehindFinished: true,
    write: under(handshake, message('new_session_ticket', 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0)),
    ours: 'unexpected_message',
  },
  'data in the midst of a message': {
    isBehindFinished: true,
    write: (keys) => concat(sealed(keys, handshake, bytes(24, 0, 0)), sealed(keys, applicationData, bytes(71))),
    ours: 'unexpected_message',
  },
  'a change_cipher_spec after the handshake': {
    isBehindFinished: true,
    write: record(changeCipherSpec, bytes(1)),
    ours: 'unexpected_message',
  },
  'a message in the clear after the handshake': {
    isBehindFinished: true,
    write: record(handshake, message('key_update', 0)),
    ours: 'unexpected_message',
  },
} as const satisfies Record<string, SecondFlight>;

const TLS12 = {
  // Of static RSA and of DHE; of ECDHE it is the same.
  'a ClientKeyExchange of nothing': {
    write: record(handshake, message('client_key_exchange')),
    ours: 'decode_error',
    theirs: ['handshake_failure'],
  },
  'a change_cipher_spec before ClientKeyExchange': { write: record(changeCipherSpec, bytes(1)), ours: 'unexpected_message' },
  'a change_cipher_spec of 2': { write: record(changeCipherSpec, bytes(2)), ours: 'unexpected_message' },
  'a Finished before all': {
    write: record(handshake, message('finished', ...new Array<number>(12).fill(0))),
    ours: 'unexpected_message',
  },
  'data before Finished': { write: record(applicationData, bytes(71)), ours: 'unexpected_message' },
  'another ClientHello': { write: record(handshake, HELLO), ours: 'unexpected_message' },
  'a HelloRequest of a client': { write: record(handshake, message('hello_request')), ours: 'unexpected_message' },
  'an unknown message': { write: record(handshake, message(99)), ours: 'unexpected_message' },
  'a KeyUpdate': { write: record(handshake, message('key_update', 0)), ours: 'unexpected_message' },
  'a Certificate that nobody asked for': {
    write: record(handshake, message('certificate', 0, 0, 0)),
    ours: 'unexpected_message',
  },
  'a CertificateVerify that nobody asked for': {
    write: record(handshake, message('certificate_verify', 4, 3, 0, 1, 7)),
    ours: 'unexpected_message',
  },
  // "Implementations MUST NOT send zero-length fragments of Handshake, Alert, or ChangeCipherSpec content types." (RFC 5246 §6.2.1) OpenSSL bears 32.
  'an empty record of handshake': { write: record(handshake, EMPTY), ours: 'unexpected_message', theirs: ['nothing'] },
  'a record of an unknown type': { write: record(99, bytes(1)), ours: 'unexpected_message' },
  'a record of another version': { write: record(handshake, message('client_key_exchange'), 0x0305), ours: 'protocol_version' },
  'a record that is too long': { write: bytes(handshake, 3, 3, 0x48, 0x01), ours: 'record_overflow' },
  'a message longer than any': {
    write: record(handshake, bytes(16, 0xff, 0xff, 0xff)),
    ours: 'decode_error',
    theirs: ['illegal_parameter'],
  },
  'half an alert': { write: record(alert, bytes(2)), ours: 'decode_error', theirs: ['unexpected_message'] },
  'a fatal alert': { write: record(alert, bytes(2, ALERTS.bad_certificate)), ours: 'closed' },
  'a change_cipher_spec in the midst of a message': {
    write: concat(record(handshake, bytes(16, 0, 0)), record(changeCipherSpec, bytes(1))),
    ours: 'unexpected_message',
  },
} as const satisfies Record<string, SecondFlight>;

export const SECOND_FLIGHTS: { readonly [version in 'TLSv1.3' | 'TLSv1.2']: readonly (readonly [string, SecondFlight])[] } = {
  'TLSv1.3': Object.entries(TLS13),
  'TLSv1.2': Object.entries(TLS12),
};

export function hasSecondFlights(version: string | undefined): boolean {
  return version === 'TLSv1.3' || version === 'TLSv1.2';
}

/** The one of a version that a plan has drawn. */
export function secondFlightOf(version: string | undefined, drawn: number): readonly [string, SecondFlight] {
  const list = SECOND_FLIGHTS[version === 'TLSv1.3' ? 'TLSv1.3' : 'TLSv1.2'];
  return list[drawn % list.length] as readonly [string, SecondFlight];
}
