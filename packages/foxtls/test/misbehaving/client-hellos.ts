/**
 * ClientHellos that break a rule, the first and the second (RFC 8446 §4.1.2, §4.2).
 */

import { concat, EMPTY } from '../../src/core/bytes/bytes.ts';
import { beyond, type Case, incompatible, misbehaved, undecodable } from './case.ts';
import {
  COMPRESSED_P256,
  clientShares,
  cutShort,
  doubled,
  editing,
  extension,
  FFDHE2048,
  filled,
  flipping,
  LOW_ORDER_X25519,
  messageOf,
  NOT_ON_P256,
  replacing,
  SECP256R1,
  two,
  without,
  withTrailingByte,
  X25519,
} from './edits.ts';
import type { Peer } from './peer.ts';

const PARSE = 'the RFC names decode_error for what cannot be parsed';

const shares = (...entries: { group: number; share: Uint8Array }[]) => replacing('key_share', ...clientShares(...entries));
const setShares =
  (...entries: { group: number; share: Uint8Array }[]) =>
  (peer: Peer) =>
    peer.changeExtensions('client_hello', shares(...entries));

/** Behind version, random and a session id of 32 bytes. */
const suitesLength = (message: Uint8Array) => ((message[4 + 67] as number) << 8) | (message[4 + 68] as number);

export const CLIENT_HELLOS: readonly Case[] = [
  // ---- Fields ----
  {
    name: 'sets legacy_version to SSL 3.0',
    rfc: 'RFC 8446 §D.5: “legacy_version set to 0x0300 MUST abort the handshake with a "protocol_version" alert”',
    victim: 'server',
    break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, legacyVersion: 0x0300 })),
    alert: 'protocol_version',
    error: incompatible('version'),
  },
  ...[0x0200, 0x0002, 0x0000].map(
    (legacyVersion): Case => ({
      name: `sets legacy_version to 0x${legacyVersion.toString(16).padStart(4, '0')}, which is less than SSL 3.0`,
      rfc: 'RFC 8446 §D.5',
      victim: 'server',
      break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, legacyVersion })),
      alert: 'protocol_version',
      why: 'an alert is named for 0x0300 alone; neither may what is less be sent',
      error: incompatible('version'),
    }),
  ),
  {
    name: 'offers versions that nobody knows, and no other',
    rfc: 'RFC 8446 §4.2.1',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', replacing('supported_versions', 4, 0xfa, 0xfa, 3, 5)),
    alert: 'protocol_version',
    error: incompatible('version'),
  },
  {
    name: 'says that it fell back, and offers TLS 1.2 alone',
    rfc: 'RFC 7507 §3: “the server MUST respond with a fatal inappropriate_fallback alert”',
    victim: 'server',
    break: (peer) => {
      peer.changeExtensions('client_hello', replacing('supported_versions', 2, 3, 3));
      peer.change('client_hello', (hello) => ({ ...hello, cipherSuites: [...hello.cipherSuites, 0xc02b, 0x5600] }));
    },
    alert: 'inappropriate_fallback',
    error: misbehaved('fallback_inappropriate'),
  },
  {
    name: 'offers suites that nobody knows, and no other',
    rfc: 'RFC 8446 §4.1.1: “If the server is unable to negotiate a supported set of parameters … either a "handshake_failure" or”',
    victim: 'server',
    break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, cipherSuites: [0xcafe, 0x0a0a, 0x1300] })),
    alert: 'handshake_failure',
    error: incompatible('suite'),
  },
  {
    name: 'offers groups that nobody knows, and no other',
    rfc: 'RFC 8446 §4.1.1: “If there is no overlap between the received "supported_groups" … a "handshake_failure"”',
    victim: 'server',
    break: (peer) =>
      peer.changeExtensions('client_hello', (list) =>
        replacing('supported_groups', 0, 4, 0xfa, 0xfa, 0xfe, 1)(replacing('key_share', 0, 5, 0xfa, 0xfa, 0, 1, 0)(list)),
      ),
    alert: 'handshake_failure',
    error: incompatible('group'),
  },
  ...(
    [
      ['nobody knows', [0xfa, 0xfa, 0xfe, 1]],
      ['are for certificates alone: RSASSA-PKCS1-v1_5', [4, 1, 5, 1, 6, 1]],
      ['are no longer good: SHA-1', [2, 1, 2, 3]],
    ] as const
  ).map(
    ([what, schemes]): Case => ({
      name: `verifies by schemes alone that ${what}`,
      rfc: 'RFC 8446 §6.2: “handshake_failure: … unable to negotiate an acceptable set of security parameters given the options available”',
      victim: 'server',
      break: (peer) =>
        peer.changeExtensions('client_hello', replacing('signature_algorithms', ...two(schemes.length), ...schemes)),
      alert: 'handshake_failure',
      error: incompatible('signature_scheme'),
    }),
  ),
  {
    name: 'offers no suite',
    rfc: 'RFC 8446 §4.1.2',
    victim: 'server',
    break: (peer) => {
      // The peer's codec would not write it.
      peer.changeMessage('client_hello', (message) =>
        messageOf('client_hello', ...message.subarray(4, 4 + 67), 0, 0, ...message.subarray(4 + 69 + suitesLength(message))),
      );
    },
    alert: 'decode_error',
    why: PARSE,
    error: undecodable('client_hello.cipherSuites'),
  },
  {
    name: 'offers no compression method, not even null',
    rfc: 'RFC 8446 §4.1.2',
    victim: 'server',
    break: (peer) =>
      peer.changeMessage('client_hello', (message) => {
        const at = 4 + 69 + suitesLength(message);
        return messageOf('client_hello', ...message.subarray(4, at), 0, ...message.subarray(at + 2));
      }),
    alert: 'decode_error',
    why: PARSE,
    error: undecodable('client_hello.legacyCompressionMethods'),
  },
  {
    name: 'speaks TLS 1.2 only',
    rfc: 'RFC 8446 §4.2.1',
    victim: 'server',
    options: { versions: ['TLSv1.3'] },
    break: (peer) => peer.changeExtensions('client_hello', without('supported_versions')),
    alert: 'protocol_version',
    error: incompatible('version'),
  },
  {
    name: 'has no extensions at all',
    rfc: 'RFC 8446 §D.2: “If the "supported_versions" extension is absent … MUST abort the handshake with a "protocol_version" alert”',
    victim: 'server',
    options: { versions: ['TLSv1.3'] },
    break: (peer) => {
      peer.change('client_hello', (hello) => ({ ...hello, cipherSuites: [0x1301, 0x1302, 0x1303] }));
      // 2 bytes of version, 32 of random, 33 of session id, 8 of suites, 2 of compression methods.
      peer.changeMessage('client_hello', (message) => messageOf('client_hello', ...message.subarray(4, 4 + 77)));
    },
    alert: 'protocol_version',
    why: 'it is the ClientHello of an older version',
    error: incompatible('version'),
  },
  {
    name: 'offers TLS 1.2 and TLS 1.1 in supported_versions',
    rfc: 'RFC 8446 §6.2: “protocol_version: The protocol version the peer has attempted to negotiate is recognized but not supported”',
    victim: 'server',
    options: { versions: ['TLSv1.3'] },
    break: (peer) => peer.changeExtensions('client_hello', replacing('supported_versions', 4, 3, 3, 3, 2)),
    alert: 'protocol_version',
    error: incompatible('version'),
  },
  ...[[1], [1, 0], [0, 1], [0, 0]].map(
    (methods): Case => ({
      name: `has legacy_compression_methods ${methods.join(', ')}`,
      rfc: 'RFC 8446 §4.1.2: “any other value in this field, the server MUST abort the handshake with an "illegal_parameter" alert”',
      victim: 'server',
      break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, legacyCompressionMethods: Uint8Array.from(methods) })),
      alert: 'illegal_parameter',
      error: misbehaved('compression_not_null'),
    }),
  ),
  {
    name: 'offers no suite that we have',
    rfc: 'RFC 8446 §4.1.1: “If the server is unable to negotiate a supported set of parameters … either a "handshake_failure" or”',
    victim: 'server',
    break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, cipherSuites: [0xc02f, 0x1305] })),
    alert: 'handshake_failure',
    error: incompatible('suite'),
  },
  {
    name: 'offers no group that we have',
    rfc: 'RFC 8446 §4.1.1: “If there is no overlap between the received "supported_groups" … a "handshake_failure"”',
    victim: 'server',
    options: { groups: ['x25519'] },
    break: (peer) =>
      peer.changeExtensions('client_hello', (list) =>
        replacing('supported_groups', 0, 2, ...two(FFDHE2048))(replacing('key_share', 0, 0)(list)),
      ),
    alert: 'handshake_failure',
    error: incompatible('group'),
  },
  {
    name: 'offers no signature scheme that our key can sign by',
    rfc: 'RFC 8446 §2.1: “If no common cryptographic parameters can be negotiated, the server MUST abort the handshake”',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', replacing('signature_algorithms', 0, 2, 8, 4)),
    alert: 'handshake_failure',
    error: incompatible('signature_scheme'),
  },
  // ---- Form ----
  {
    name: 'sends a ClientHello that ends too early',
    rfc: 'RFC 8446 §6: “cannot be parsed according to the syntax … MUST terminate the connection with a "decode_error" alert”',
    victim: 'server',
    break: (peer) => peer.changeMessage('client_hello', cutShort),
    alert: 'decode_error',
    error: undecodable('client_hello.extensions'),
  },
  {
    name: 'sends a ClientHello with a byte too many',
    rfc: 'RFC 8446 §6: “cannot be parsed according to the syntax … MUST terminate the connection with a "decode_error" alert”',
    victim: 'server',
    break: (peer) => peer.changeMessage('client_hello', withTrailingByte),
    alert: 'decode_error',
    error: undecodable('client_hello'),
  },
  {
    name: 'sends a legacy_session_id of 33 bytes',
    rfc: 'RFC 8446 §4.1.2',
    victim: 'server',
    break: (peer) => peer.changeMessage('client_hello', (message) => message.with(4 + 34, 33)),
    alert: 'decode_error',
    why: PARSE,
    error: undecodable('client_hello.legacySessionId'),
  },
  {
    name: 'sends an odd number of bytes of cipher suites',
    rfc: 'RFC 8446 §4.1.2',
    victim: 'server',
    break: (peer) => peer.changeMessage('client_hello', (message) => message.with(4 + 68, 5)),
    alert: 'decode_error',
    why: PARSE,
    error: undecodable('client_hello.cipherSuites[2]'),
  },
  {
    name: 'announces a ClientHello longer than any',
    rfc: 'RFC 8446 §6: “beyond the message boundary or contain an out-of-range length) MUST terminate … a "decode_error" alert”',
    victim: 'server',
    break: (peer) => peer.changeMessage('client_hello', (message) => concat(Uint8Array.of(1, 0xff, 0xff, 0xff), message)),
    alert: 'decode_error',
    error: beyond('maxHandshakeMessage'),
  },
  {
    name: 'announces a ClientHello beyond the limit',
    rfc: 'RFC 8446 §6.2',
    victim: 'server',
    options: { limits: { maxHandshakeMessage: 1024 } },
    break: (peer) => peer.changeMessage('client_hello', (message) => concat(Uint8Array.of(1, 0, 0xff, 0xff), message)),
    alert: 'illegal_parameter',
    why: 'no alert is named for what is right in form but more than we take; other implementations send this one',
    error: beyond('maxHandshakeMessage'),
  },
  {
    name: 'begins with a ServerHello',
    rfc: 'RFC 8446 §4',
    victim: 'server',
    break: (peer) => peer.before('client_hello', () => peer.sendHandshake(messageOf('server_hello', 3, 3))),
    alert: 'unexpected_message',
    error: misbehaved('message_unexpected'),
  },
  {
    name: 'begins with Finished',
    rfc: 'RFC 8446 §4',
    victim: 'server',
    break: (peer) => peer.before('client_hello', () => peer.sendHandshake(messageOf('finished', ...filled(32)))),
    alert: 'unexpected_message',
    error: misbehaved('message_unexpected'),
  },
  {
    name: 'sends its ClientHello twice',
    rfc: 'RFC 8446 §5.1',
    victim: 'server',
    break: (peer) => peer.changeMessage('client_hello', doubled),
    alert: 'unexpected_message',
    why: 'what stands behind a ClientHello in its record would have to be under the keys that follow',
    error: misbehaved('handshake_spans_key_change'),
  },
  // ---- Key shares ----
  {
    name: 'sends two shares of one group',
    rfc: 'RFC 8446 §4.2.8: “check for violations of these rules and abort the handshake with an "illegal_parameter" alert”',
    victim: 'server',
    break: setShares({ group: X25519, share: filled(32, 9) }, { group: X25519, share: filled(32, 8) }),
    alert: 'illegal_parameter',
    error: misbehaved('key_share_duplicate'),
  },
  {
    name: 'sends a share of a group that is not in its supported_groups',
    rfc: 'RFC 8446 §4.2.8: “check for violations of these rules and abort the handshake with an "illegal_parameter" alert”',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', replacing('supported_groups', 0, 2, ...two(SECP256R1))),
    alert: 'illegal_parameter',
    error: misbehaved('key_share_for_unoffered_group'),
  },
  ...LOW_ORDER_X25519.map(
    (share, i): Case => ({
      name: `sends the X25519 point of low order no. ${i + 1}`,
      rfc: 'RFC 8446 §7.4.2: “whether the computed Diffie-Hellman shared secret is the all-zero value and abort if so”',
      victim: 'server',
      break: setShares({ group: X25519, share }),
      alert: 'illegal_parameter',
      why: 'the RFC says abort; the share is the parameter that is wrong',
      error: misbehaved('key_share_invalid'),
    }),
  ),
  {
    name: 'sends an X25519 share of 33 bytes',
    rfc: 'RFC 8446 §4.2.8.2',
    victim: 'server',
    break: setShares({ group: X25519, share: filled(33, 9) }),
    alert: 'illegal_parameter',
    why: 'for key_share the length is part of the value, opaque<1..2^16-1> is right in form',
    error: misbehaved('key_share_invalid'),
  },
  {
    name: 'sends a compressed point',
    rfc: 'RFC 8446 §4.2.8.2',
    victim: 'server',
    break: setShares({ group: SECP256R1, share: COMPRESSED_P256 }),
    alert: 'illegal_parameter',
    error: misbehaved('key_share_invalid'),
  },
  {
    name: 'sends a point that is not on the curve',
    rfc: 'RFC 8446 §4.2.8.2',
    victim: 'server',
    break: setShares({ group: SECP256R1, share: NOT_ON_P256 }),
    alert: 'illegal_parameter',
    error: misbehaved('key_share_invalid'),
  },
  {
    name: 'sends a share without content',
    rfc: 'RFC 8446 §4.2.8',
    victim: 'server',
    break: setShares({ group: X25519, share: EMPTY }),
    alert: 'decode_error',
    why: PARSE,
    error: undecodable('client_hello.extensions.key_share[0].keyExchange'),
  },
  // ---- What must be there ----
  ...(['signature_algorithms', 'supported_groups', 'key_share'] as const).map(
    (name): Case => ({
      name: `leaves ${name} out`,
      rfc: 'RFC 8446 §9.2: “these requirements MUST abort the handshake with a "missing_extension" alert”',
      victim: 'server',
      break: (peer) => peer.changeExtensions('client_hello', without(name)),
      alert: 'missing_extension',
      error: misbehaved('extension_missing'),
    }),
  ),
  {
    name: 'leaves signature_algorithms out, and its ticket is not ours',
    rfc: 'RFC 8446 §4.2.3: “has not sent a "signature_algorithms" extension … MUST abort the handshake with a "missing_extension" alert”',
    victim: 'server',
    situation: { session: true },
    break: (peer) => {
      peer.changeExtensions('client_hello', without('signature_algorithms'));
      peer.changeExtensions('client_hello', editing('pre_shared_key', flipping(8)));
    },
    alert: 'missing_extension',
    error: misbehaved('extension_missing'),
  },
  // ---- PSK ----
  {
    name: 'puts pre_shared_key before the end',
    rfc: 'RFC 8446 §4.2.11: “the last extension and otherwise fail the handshake with an "illegal_parameter" alert”',
    victim: 'server',
    situation: { session: true },
    break: (peer) => peer.changeExtensions('client_hello', (list) => [...list, extension('padding', 0, 0)]),
    alert: 'illegal_parameter',
    error: misbehaved('pre_shared_key_not_last'),
  },
  {
    name: 'offers a PSK without psk_key_exchange_modes',
    rfc: 'RFC 8446 §4.2.9: “without a "psk_key_exchange_modes" extension, servers MUST abort the handshake”',
    victim: 'server',
    situation: { session: true },
    break: (peer) => peer.changeExtensions('client_hello', without('psk_key_exchange_modes')),
    alert: 'missing_extension',
    why: 'the RFC says abort; the extension is mandatory beside pre_shared_key',
    error: misbehaved('psk_modes_missing'),
  },
  {
    name: 'forges a binder',
    rfc: 'RFC 8446 §4.2.11: “If this value is not present or does not validate, the server MUST abort the handshake”',
    victim: 'server',
    situation: { session: true },
    break: (peer) => peer.changeMessage('client_hello', flipping(-1)),
    alert: 'decrypt_error',
    why: 'the RFC says abort; §6.2 has decrypt_error for a PSK binder that does not validate',
    error: misbehaved('psk_binder_invalid'),
  },
  {
    name: 'changes its ClientHello behind the back of the binder',
    rfc: 'RFC 8446 §6.2: “decrypt_error: … unable to correctly verify a signature or validate a Finished message or a PSK binder”',
    victim: 'server',
    situation: { session: true },
    break: (peer) => peer.changeMessage('client_hello', flipping(4 + 10)),
    alert: 'decrypt_error',
    why: '§6.2 has decrypt_error for a PSK binder that does not validate',
    error: misbehaved('psk_binder_invalid'),
  },
  {
    name: 'sends a binder of 33 bytes for a hash of 32',
    rfc: 'RFC 8446 §4.2.11',
    victim: 'server',
    situation: { session: true },
    break: (peer) =>
      peer.changeExtensions('client_hello', (list) => editing('pre_shared_key', (data) => editBinders(data, [33]))(list)),
    alert: 'decrypt_error',
    why: 'the length is right in form, so it is a binder that does not validate',
    error: misbehaved('psk_binder_invalid'),
  },
  {
    name: 'sends two binders for one identity',
    rfc: 'RFC 8446 §4.2.11',
    victim: 'server',
    situation: { session: true },
    break: (peer) =>
      peer.changeExtensions('client_hello', (list) => editing('pre_shared_key', (data) => editBinders(data, [32, 32]))(list)),
    alert: 'illegal_parameter',
    why: 'no alert is named; the two lists contradict each other',
    error: misbehaved('psk_binders_mismatch'),
  },
  {
    name: 'sends a binder of 31 bytes',
    rfc: 'RFC 8446 §4.2.11',
    victim: 'server',
    situation: { session: true },
    break: (peer) =>
      peer.changeExtensions('client_hello', (list) => editing('pre_shared_key', (data) => editBinders(data, [31]))(list)),
    alert: 'decode_error',
    why: PARSE,
    error: undecodable('client_hello.extensions.pre_shared_key.binders'),
  },
];

/** The extension_data of pre_shared_key with its binders replaced by zeros of these lengths. */
function editBinders(data: Uint8Array, lengths: readonly number[]): Uint8Array {
  const identities = data.subarray(0, 2 + (((data[0] as number) << 8) | (data[1] as number)));
  const binders = concat(...lengths.map((length) => Uint8Array.of(length, ...filled(length))));
  return concat(identities, Uint8Array.from(two(binders.length)), binders);
}
