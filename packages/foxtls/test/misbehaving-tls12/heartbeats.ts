/**
 * The rules of heartbeats (RFC 6520), each broken once.
 */

import { concat } from '../../src/core/bytes/bytes.ts';
import { beyond, misbehaved } from '../misbehaving/case.ts';
import { adding, extension } from '../misbehaving/edits.ts';
import { both, illegal, type Tls12Case, unexpected } from './case.ts';
import type { Tls12Peer } from './peer.ts';

const HEARTBEAT = 24;
const allowed = { versions: ['TLSv1.2'], heartbeat: 'peer_allowed_to_send' } as const;
const notAllowed = { ...allowed, heartbeat: 'peer_not_allowed_to_send' } as const;
const request = concat(Uint8Array.of(1, 0, 2, 0x61, 0x62), new Uint8Array(16));
const PLACES = { client: 'server_hello', server: 'client_hello' } as const;

/** The peer's word for it, in its hello. */
const speaking = (victim: 'client' | 'server', peer: Tls12Peer, mode = 1) =>
  peer.changeExtensions(PLACES[victim], adding(extension('heartbeat', mode)));

export const HEARTBEATS: readonly Tls12Case[] = [
  ...both((victim) => ({
    name: 'sends a heartbeat to whom does not speak them',
    rfc: 'RFC 5246 §6',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendRecord({ type: HEARTBEAT, content: request })),
    ...unexpected,
    error: misbehaved('record_type_unexpected'),
  })),
  ...both((victim) => ({
    name: 'sends a heartbeat to whom did not hear from it that it speaks them',
    rfc: 'RFC 6520 §2',
    victim,
    options: allowed,
    break: (peer) => peer.whenConnected(() => peer.sendRecord({ type: HEARTBEAT, content: request })),
    ...unexpected,
    error: misbehaved('record_type_unexpected'),
  })),
  ...both((victim) => ({
    name: 'sends a heartbeat, which it was told not to',
    rfc: 'RFC 6520 §2: “and MAY send an unexpected_message Alert message”',
    victim,
    options: notAllowed,
    break: (peer) => {
      speaking(victim, peer);
      peer.whenConnected(() => peer.sendRecord({ type: HEARTBEAT, content: request }));
    },
    ...unexpected,
    why: 'it "SHOULD drop the message silently and MAY send an unexpected_message Alert message"',
    error: misbehaved('heartbeat_not_allowed'),
  })),
  ...both((victim) => ({
    name: 'sends heartbeats without end',
    rfc: 'RFC 6520 §3',
    victim,
    options: allowed,
    break: (peer) => {
      speaking(victim, peer);
      peer.whenConnected(() => {
        for (let i = 0; i < 40; i++) peer.sendRecord({ type: HEARTBEAT, content: request });
      });
    },
    ...unexpected,
    error: beyond('heartbeats'),
  })),
  ...both((victim) => ({
    name: 'sends answers without end that nobody asked for',
    rfc: 'RFC 6520 §4',
    victim,
    options: notAllowed,
    break: (peer) => {
      speaking(victim, peer);
      peer.whenConnected(() => {
        for (let i = 0; i < 40; i++) peer.sendRecord({ type: HEARTBEAT, content: concat(Uint8Array.of(2), request.subarray(1)) });
      });
    },
    ...unexpected,
    error: beyond('heartbeats'),
  })),
  ...both((victim) => ({
    name: 'sends heartbeats without end in the handshake',
    rfc: 'RFC 6520 §3',
    victim,
    options: allowed,
    break: (peer) => {
      speaking(victim, peer);
      peer.before(victim === 'client' ? 'server_hello_done' : 'client_key_exchange', () => {
        for (let i = 0; i < 40; i++) peer.sendRecord({ type: HEARTBEAT, content: request });
      });
    },
    ...unexpected,
    error: beyond('maxEmptyRecords'),
  })),
  ...both((victim) => ({
    name: 'sends a heartbeat before the keys, where change_cipher_spec has to be',
    rfc: 'RFC 5246 §7.1',
    victim,
    options: allowed,
    break: (peer) => {
      speaking(victim, peer);
      peer.before('change_cipher_spec', () => peer.sendRecord({ type: HEARTBEAT, content: request }));
    },
    ...unexpected,
    error: misbehaved('change_cipher_spec_missing'),
  })),
  ...both((victim) => ({
    name: 'has a heartbeat mode that there is not',
    rfc: 'RFC 6520 §2: “an unknown mode, an error Alert message using illegal_parameter as its AlertDescription MUST be sent in response”',
    victim,
    options: allowed,
    break: (peer) => speaking(victim, peer, 3),
    ...illegal,
    error: misbehaved('heartbeat_mode_unknown'),
  })),
  {
    name: 'answers heartbeat, which was not sent',
    rfc: 'RFC 5246 §7.4.1.4',
    victim: 'client',
    break: (peer) => speaking('client', peer),
    alert: 'unsupported_extension',
    error: misbehaved('extension_unsolicited'),
  },
];
