/**
 * Records that nobody may send so, before the keys and after (RFC 6347 §4.1, RFC 9147 §4): dropped and counted, for they may be anybody's.
 */

import { concat, EMPTY } from '../../src/core/bytes/bytes.ts';
import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import type { DiscardReason } from '../../src/transport/dtls/datagram-stats.ts';
import { both, type DatagramCase, everywhere, firstTo, of } from './case.ts';
import { acknowledgement, type DatagramPeer } from './peer.ts';

/** A record in the clear, whatever it says. */
const clear = (type: number, content: readonly number[], { epoch = 0, sequence = 90, length = content.length } = {}) =>
  Uint8Array.of(type, 0xfe, 0xfd, epoch >> 8, epoch & 0xff, 0, 0, 0, 0, 0, sequence, length >> 8, length & 0xff, ...content);

const flipped = (bytes: Uint8Array, at: number) =>
  bytes.map((byte, i) => (i === (at + bytes.length) % bytes.length ? byte ^ 1 : byte));

/** Before the victim gets its first message. */
const early = (name: string, rfc: string, dropped: DiscardReason, make: (peer: DatagramPeer) => Uint8Array) =>
  everywhere({
    ...{ name: `${name} before anything`, rfc, expected: { dropped } },
    break: (peer, { victim }) => peer.before(firstTo(victim), () => peer.sendRaw(make(peer))),
  });

const EARLY: readonly DatagramCase[] = [
  ...early('sends a datagram of nothing', 'RFC 9147 §4.1', 'malformed', () => EMPTY),
  ...early(
    'sends what begins as no record does',
    'RFC 9147 §4.1: “Otherwise, the record MUST be rejected as if it had failed deprotection”',
    'malformed',
    () => new Uint8Array(40).fill(0x80),
  ),
  ...early('sends a record that ends in its header', 'RFC 9147 §4.5.2', 'malformed', () => Uint8Array.of(22, 0xfe, 0xfd, 0)),
  ...early('sends a record that is longer than its datagram', 'RFC 9147 §4.5.2', 'malformed', () =>
    clear(22, [1], { length: 9 }),
  ),
  ...early('sends a record of TLS', 'RFC 9147 §4.1', 'malformed', () => Uint8Array.of(22, 3, 3, 0, 2, 1, 0)),
  ...early('sends application data in the clear', 'RFC 9147 §6.1', 'unexpected_type', () => clear(23, [1, 2, 3])),
  ...early('sends a heartbeat in the clear', 'RFC 6520 §4', 'unexpected_type', () => clear(24, [1, 0, 0])),
  ...early('sends an alert of one byte', 'RFC 8446 §6', 'malformed', () => clear(21, [2])),
  ...early('sends a record of an epoch that there is not', 'RFC 9147 §4.2.2', 'unknown_epoch', () =>
    clear(22, [1], { epoch: 7 }),
  ),
  ...early('sends a record with a connection ID that nobody gave', 'RFC 9146 §4', 'malformed', () => clear(25, [1, 2, 3])),
  ...early('sends a malformed ACK', 'RFC 9147 §7', 'malformed', () => clear(26, [0, 9, 1])),
];

const ACK_IN_CLEAR: readonly DatagramCase[] = [
  ...both('TLSv1.3', {
    name: 'acknowledges nothing before anything',
    rfc: 'RFC 9147 §7.1',
    break: (peer, { victim }) => peer.before(firstTo(victim), () => peer.sendRecord(26, acknowledgement())),
    expected: { borne: true },
  }),
  ...both('TLSv1.3', {
    name: 'acknowledges records that were not sent',
    rfc: 'RFC 9147 §7.2',
    break: (peer, { victim }) =>
      peer.before(firstTo(victim), () => peer.sendRecord(26, acknowledgement([0, 77], [2, 0], [3, 5]))),
    expected: { borne: true },
  }),
  of('server', 'TLSv1.3', {
    name: 'acknowledges in the clear what was under keys',
    rfc: 'RFC 9147 §7',
    break: (peer) => peer.before('finished', () => peer.sendRecord(26, acknowledgement([2, 0], [2, 1], [2, 2], [2, 3]), 0)),
    expected: { borne: true },
  }),
];

/** When both ends are connected. */
const late = (name: string, rfc: string, dropped: DiscardReason, act: (peer: DatagramPeer) => void) => ({
  ...{ name: `${name} after the handshake`, rfc, expected: { dropped } },
  break: (peer: DatagramPeer) => peer.whenConnected(() => act(peer)),
});
const sending = (make: (peer: DatagramPeer) => Uint8Array) => (peer: DatagramPeer) => peer.sendRaw(make(peer));

const LATE: readonly DatagramCase[] = [
  ...everywhere(
    late('sends a record that does not open', 'RFC 9147 §4.5.2', 'undecryptable', (peer) =>
      peer.sendRaw(flipped(peer.record(23, EMPTY), -1)),
    ),
  ),
  ...everywhere(
    late('sends a record whose header was changed', 'RFC 9147 §4.2', 'undecryptable', (peer) =>
      peer.sendRaw(flipped(peer.record(23, Uint8Array.of(7)), peer.version === 'TLSv1.3' ? 2 : 10)),
    ),
  ),
  ...everywhere(
    late('sends a record twice', 'RFC 9147 §4.5.1', 'replayed', (peer) => {
      const record = peer.record(CONTENT_TYPES.application_data, EMPTY);
      peer.sendRaw(record.slice());
      peer.sendRaw(record);
    }),
  ),
  ...everywhere(
    late('sends a heartbeat that nobody allowed', 'RFC 6520 §2', 'unexpected_type', (peer) =>
      peer.sendRecord(24, Uint8Array.of(1, 0, 0)),
    ),
  ),
  ...everywhere(
    late('sends change_cipher_spec under keys', 'RFC 9147 §5', 'unexpected_type', (peer) =>
      peer.sendRecord(20, Uint8Array.of(1)),
    ),
  ),
  ...everywhere(
    late('sends an alert of three bytes', 'RFC 8446 §6', 'malformed', (peer) => peer.sendRecord(21, Uint8Array.of(2, 40, 0))),
  ),
  ...everywhere(
    late(
      'sends a record shorter than its tag',
      'RFC 9147 §4.2.3: “MUST reject shorter records as if they had failed deprotection”',
      'undecryptable',
      (peer) => peer.sendRaw(peer.version === 'TLSv1.3' ? Uint8Array.of(0x2f, 0, 9, 0, 1, 7) : clear(23, [7], { epoch: 1 })),
    ),
  ),
  ...everywhere(
    late('sends a malformed ACK', 'RFC 9147 §7', 'malformed', (peer) => peer.sendRecord(26, Uint8Array.of(0, 16, 1))),
  ),
  ...both(
    'TLSv1.2',
    late('sends an ACK', 'RFC 9147 §7', 'malformed', (peer) => peer.sendRecord(26, acknowledgement())),
  ),
  ...both(
    'TLSv1.3',
    late('sends a record of type 99', 'RFC 9147 §4.1', 'unexpected_type', (peer) => peer.sendRecord(99, EMPTY)),
  ),
  ...both(
    'TLSv1.3',
    late('sends a record without a content type', 'RFC 8446 §5.4', 'malformed', (peer) => peer.sendRecord(0, new Uint8Array(9))),
  ),
  ...both(
    'TLSv1.3',
    late('sends data under the keys of the handshake', 'RFC 9147 §6.1', 'unexpected_type', (peer) =>
      peer.sendRecord(23, Uint8Array.of(1), 2),
    ),
  ),
  ...both(
    'TLSv1.3',
    late('sends data under keys that no KeyUpdate announced', 'RFC 9147 §8', 'unknown_epoch', (peer) => {
      const { epoch } = peer;
      peer.nextKeys();
      peer.sendRecord(23, Uint8Array.of(1));
      peer.backTo(epoch);
    }),
  ),
  ...both(
    'TLSv1.3',
    late(
      'sends the forbidden bits 010 in a unified header',
      'RFC 9147 §4.1',
      'malformed',
      sending((peer) => concat(Uint8Array.of(0x4f), peer.record(23, EMPTY).subarray(1))),
    ),
  ),
  ...both(
    'TLSv1.3',
    late(
      'says that there is a connection ID',
      'RFC 9147 §9.1: “the receiver MUST reject any records it receives that contain a CID”',
      'malformed',
      sending((peer) => concat(Uint8Array.of(0x3f), peer.record(23, EMPTY).subarray(1))),
    ),
  ),
  ...both(
    'TLSv1.3',
    late('sends a record of DTLS 1.2 under an epoch of its own', 'RFC 9147 §4', 'unexpected_type', () => {}),
  ).map((entry) => ({
    ...entry,
    break: (peer: DatagramPeer) => peer.whenConnected(() => peer.sendRaw(clear(23, [...new Uint8Array(40)], { epoch: 3 }))),
  })),
];

/** Epoch 0 is gone when the handshake is over. */
const IN_CLEAR: readonly DatagramCase[] = everywhere(
  late(
    'sends application data in the clear',
    'RFC 9147 §6.1',
    'unknown_epoch',
    sending(() => clear(23, [1, 2])),
  ),
).concat(
  everywhere(
    late(
      'sends a fatal alert in the clear',
      'RFC 9147 §5.10',
      'unknown_epoch',
      sending(() => clear(21, [2, 40])),
    ),
  ),
  everywhere(
    late(
      'sends close_notify in the clear',
      'RFC 9147 §5.10',
      'unknown_epoch',
      sending(() => clear(21, [1, 0])),
    ),
  ),
  everywhere(
    late(
      'sends a hello in the clear',
      'RFC 9147 §5.11',
      'unknown_epoch',
      sending((peer) => clear(22, [1, 0, 0, 1, peer.sequence >> 8, peer.sequence, 0, 0, 0, 0, 0, 1, 9])),
    ),
  ),
);

const LIMITED: readonly DatagramCase[] = everywhere({
  ...late('sends a record beyond the limit', 'RFC 8449 §4', 'too_large', (peer) => peer.sendRecord(23, new Uint8Array(200))),
  config: { recordSizeLimit: 100 },
});

const ids = { victim: Uint8Array.of(1, 2, 3), peer: Uint8Array.of(4, 5) };
const CONNECTION_IDS: readonly DatagramCase[] = [
  ...everywhere({
    ...late('puts another connection ID on its records', 'RFC 9146 §6', 'unexpected_type', (peer) =>
      peer.sendRaw(peer.record(23, Uint8Array.of(1), peer.epoch, Uint8Array.of(9, 9, 9))),
    ),
    ids,
  }),
  ...both('TLSv1.3', {
    ...late('puts a connection ID of another length on its records', 'RFC 9147 §9', 'malformed', (peer) =>
      peer.sendRaw(peer.record(23, Uint8Array.of(1), peer.epoch, Uint8Array.of(1, 2, 3, 4, 5, 6, 7)).fill(0xee, 1, 8)),
    ),
    ids,
  }),
];

export const RECORDS: readonly DatagramCase[] = [...EARLY, ...ACK_IN_CLEAR, ...LATE, ...IN_CLEAR, ...LIMITED, ...CONNECTION_IDS];
