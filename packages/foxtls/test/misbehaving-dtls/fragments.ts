/**
 * Fragments and numbers of messages that lie (RFC 6347 §4.2.2, §4.2.3, RFC 9147 §5.2, §5.5), and messages under keys that they have no place under.
 */

import { concat } from '../../src/core/bytes/bytes.ts';
import { fragmentAt } from '../../src/transport/dtls/message-fragments.ts';
import { beyond } from '../misbehaving/case.ts';
import { both, type DatagramCase, type Expected, everywhere, firstTo, of } from './case.ts';
import type { DatagramPeer, Outgoing } from './peer.ts';

const HANDSHAKE = 22;
const DROPPED: Expected = { dropped: 'fragment_refused' };
const BORNE: Expected = { borne: true };

/** Before the first message that the victim gets, what `make` makes of it. */
const first = (name: string, rfc: string, expected: Expected, act: (peer: DatagramPeer, message: Outgoing) => void) =>
  everywhere({ name, rfc, expected, break: (peer, { victim }) => peer.before(firstTo(victim), (message) => act(peer, message)) });

/** A fragment of the message with other fields in its header. */
function lying({ bytes, sequence }: Outgoing, fields: Record<number, number>, size = 20): Uint8Array {
  const fragment = fragmentAt(bytes, sequence, 0, size);
  for (const [at, value] of Object.entries(fields)) fragment[Number(at)] = value;
  return fragment;
}

const IN_CLEAR: readonly DatagramCase[] = [
  ...first('sends a fragment that is longer than its record', 'RFC 9147 §5.5', DROPPED, (peer, message) =>
    peer.sendRecord(HANDSHAKE, lying(message, { 11: 60 })),
  ),
  ...first('sends a fragment that goes beyond its message', 'RFC 9147 §5.5', DROPPED, (peer, message) =>
    peer.sendRecord(HANDSHAKE, lying(message, { 6: 9 })),
  ),
  ...first('sends half of a fragment header', 'RFC 9147 §5.2', DROPPED, (peer, message) =>
    peer.sendRecord(HANDSHAKE, lying(message, {}).subarray(0, 6)),
  ),
  ...first('sends a message of 16 megabytes in the clear', 'RFC 9147 §5.2', DROPPED, (peer, message) =>
    peer.sendRecord(HANDSHAKE, lying(message, { 1: 0xff })),
  ),
  ...first('sends a message that is far ahead', 'RFC 9147 §5.2', DROPPED, (peer, message) =>
    peer.sendRecord(HANDSHAKE, lying(message, { 4: 9 })),
  ),
  ...first('sends a fragment of another type under the same number', 'RFC 9147 §5.2', BORNE, (peer, message) =>
    peer.sendRecord(HANDSHAKE, lying(message, { 0: 11 })),
  ),
  ...first('sends a fragment that says another length of its message', 'RFC 9147 §5.5', BORNE, (peer, message) =>
    peer.sendRecord(HANDSHAKE, lying(message, { 2: 9 })),
  ),
  ...first('sends fragments that overlap', 'RFC 9147 §5.5', BORNE, (peer, message) => {
    for (const at of [30, 10, 0, 20, 10]) peer.sendRecord(HANDSHAKE, fragmentAt(message.bytes, message.sequence, at, 25));
  }),
  ...first('sends a message byte by byte', 'RFC 9147 §5.5', BORNE, (peer, message) => {
    for (let at = 0; at < message.bytes.length - 4; at++) {
      peer.sendRecord(HANDSHAKE, fragmentAt(message.bytes, message.sequence, at, 1));
    }
  }),
  ...first('sends the message twice', 'RFC 9147 §5.8.1', BORNE, (peer, message) => peer.sendMessage(message)),
  ...first('sends a fragment of nothing', 'RFC 9147 §5.5', BORNE, (peer, message) =>
    peer.sendRecord(HANDSHAKE, fragmentAt(message.bytes, message.sequence, 0, 0)),
  ),
];

/** After keys. */
const UNDER_KEYS: readonly DatagramCase[] = [
  ...everywhere({
    name: 'sends its Finished in the clear before it sends it under keys',
    rfc: 'RFC 6347 §4.1, RFC 9147 §6.1',
    expected: DROPPED,
    break: (peer) => peer.before('finished', (message) => peer.sendMessage(message, 0)),
  }),
  of('client', 'TLSv1.3', {
    name: 'sends EncryptedExtensions in the clear',
    rfc: 'RFC 9147 §6.1',
    expected: DROPPED,
    break: (peer) => peer.before('encrypted_extensions', (message) => peer.sendMessage(message, 0)),
  }),
  ...both('TLSv1.3', {
    name: 'sends a KeyUpdate under the keys of the handshake after it',
    rfc: 'RFC 9147 §6.1',
    expected: DROPPED,
    break: (peer) =>
      peer.whenConnected(() => peer.sendMessage({ bytes: Uint8Array.of(24, 0, 0, 1, 0), sequence: peer.sequence }, 2)),
  }),
  ...both('TLSv1.3', {
    name: 'sends a message of 16 megabytes under keys',
    rfc: 'RFC 9147 §5.2',
    expected: { alert: 'decode_error', error: beyond('maxHandshakeMessage') },
    break: (peer) =>
      peer.whenConnected(() => {
        const content = concat(Uint8Array.of(24, 0xff, 0xff, 0xff, 0, peer.sequence, 0, 0, 0, 0, 0, 1), Uint8Array.of(7));
        peer.sendRecord(HANDSHAKE, content);
      }),
  }),
  ...both('TLSv1.3', {
    name: 'contradicts under keys what it said of a message',
    rfc: 'RFC 9147 §5.5',
    expected: DROPPED,
    break: (peer) =>
      peer.whenConnected(() => {
        const bytes = Uint8Array.of(24, 0, 0, 1, 0);
        const sequence = peer.sequence++;
        peer.sendRecord(HANDSHAKE, fragmentAt(bytes, sequence, 0, 0));
        peer.sendRecord(HANDSHAKE, Uint8Array.of(4, 0, 0, 9, 0, sequence, 0, 0, 0, 0, 0, 1, 7));
      }),
  }),
];

export const FRAGMENTS: readonly DatagramCase[] = [...IN_CLEAR, ...UNDER_KEYS];
