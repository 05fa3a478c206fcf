/**
 * The rules of TLS 1.2, each broken once, and the alert that must follow.
 */

import { concat, EMPTY } from '../../src/core/bytes/bytes.ts';
import { HANDSHAKE_TYPES } from '../../src/core/registry/handshake-types.ts';
import type { VersionName } from '../../src/core/registry/protocol-versions.ts';
import type { ClientHello } from '../../src/protocol/messages/client-hello.ts';
import type { Tls12ServerHello } from '../../src/protocol/messages/server-hello.ts';
import type { DigitallySigned } from '../../src/protocol/messages/tls12/digitally-signed.ts';
import { beyond, incompatible, misbehaved, refused, type Case as Tls13Case, undecodable } from '../misbehaving/case.ts';
import { adding, extension, replacing, SECP384R1, SECP521R1, unknownExtension, without } from '../misbehaving/edits.ts';
import type { Tls12Peer } from './peer.ts';

export interface Tls12Case extends Pick<Tls13Case, 'name' | 'rfc' | 'victim' | 'alert' | 'error' | 'delivered' | 'why'> {
  readonly situation?: {
    readonly requestsCertificate?: boolean;
    readonly session?: 'ticket' | 'id';
    readonly credential?: 'stranger' | 'rsa' | 'otherName' | 'encipherOnly';
  };
  readonly options?: {
    readonly versions?: readonly VersionName[];
    readonly clientCertificates?: 'require' | 'request';
    readonly alpnProtocols?: readonly string[];
    readonly recordSizeLimit?: number;
  };
  readonly break: (peer: Tls12Peer) => void;
}

const message = (type: keyof typeof HANDSHAKE_TYPES, ...body: number[]) =>
  Uint8Array.of(HANDSHAKE_TYPES[type], 0, 0, body.length, ...body);
const flip = (bytes: Uint8Array, at: number) =>
  bytes.map((byte, i) => (i === (at < 0 ? bytes.length + at : at) ? byte ^ 1 : byte));
const sentinel = (last: number) => (hello: Tls12ServerHello) => ({
  ...hello,
  random: concat(new Uint8Array(24), Uint8Array.of(0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, last)),
});
const only12 = { versions: ['TLSv1.2'] } as const;
const unexpected = { alert: 'unexpected_message' } as const;
const illegal = { alert: 'illegal_parameter' } as const;

/** The body of ServerKeyExchange: curve_type, named_curve, length, point, and the rest. */
const editParams = (edit: (body: Uint8Array) => Uint8Array) => (peer: Tls12Peer) =>
  peer.change<{ body: Uint8Array }>('server_key_exchange', ({ body }) => ({ body: edit(body) }));

export const SERVER_HELLOS: readonly Tls12Case[] = [
  {
    name: 'answers with SSL 3.0',
    rfc: 'RFC 8446 §D.5',
    victim: 'client',
    break: (peer) => peer.change<Tls12ServerHello>('server_hello', (hello) => ({ ...hello, legacyVersion: 0x0300 })),
    alert: 'protocol_version',
    error: incompatible('version'),
  },
  ...[0x0301, 0x0302, 0x0305].map(
    (legacyVersion): Tls12Case => ({
      name: `answers with version 0x${legacyVersion.toString(16)}`,
      rfc: 'RFC 5246 §E.1',
      victim: 'client',
      break: (peer) => peer.change<Tls12ServerHello>('server_hello', (hello) => ({ ...hello, legacyVersion })),
      alert: 'protocol_version',
      error: incompatible('version'),
    }),
  ),
  ...[0, 1].map(
    (last): Tls12Case => ({
      name: `was made to fall back: its random ends in DOWNGRD ${last}`,
      rfc: 'RFC 8446 §4.1.3',
      victim: 'client',
      break: (peer) => peer.change('server_hello', sentinel(last)),
      ...illegal,
      error: misbehaved('version_downgraded'),
    }),
  ),
  {
    name: 'chooses a suite of TLS 1.3',
    rfc: 'RFC 5246 §7.4.1.3',
    victim: 'client',
    break: (peer) => peer.change<Tls12ServerHello>('server_hello', (hello) => ({ ...hello, cipherSuite: 0x1301 })),
    ...illegal,
    error: misbehaved('suite_not_offered'),
  },
  {
    name: 'chooses a suite that was not offered',
    rfc: 'RFC 5246 §7.4.1.3',
    victim: 'client',
    break: (peer) => peer.change<Tls12ServerHello>('server_hello', (hello) => ({ ...hello, cipherSuite: 0xc009 })),
    ...illegal,
    error: misbehaved('suite_not_offered'),
  },
  {
    name: 'chooses a compression method',
    rfc: 'RFC 5246 §7.4.1.3',
    victim: 'client',
    break: (peer) => peer.change<Tls12ServerHello>('server_hello', (hello) => ({ ...hello, legacyCompressionMethod: 1 })),
    ...illegal,
    error: misbehaved('compression_not_null'),
  },
  {
    name: 'goes on with a session that there never was',
    rfc: 'RFC 5246 §7.4.1.3',
    victim: 'client',
    // With TLS 1.3 on offer, the client sends an id that stands for nothing.
    options: { versions: ['TLSv1.3', 'TLSv1.2'] },
    situation: { session: 'ticket' },
    break: () => {},
    ...illegal,
    error: misbehaved('session_unknown'),
  },
  {
    name: 'does not know secure renegotiation',
    rfc: 'RFC 9325 §3.5',
    victim: 'client',
    break: (peer) => peer.changeExtensions('server_hello', without('renegotiation_info')),
    alert: 'handshake_failure',
    error: misbehaved('renegotiation_info_missing'),
  },
  {
    name: 'sends a renegotiation_info of a renegotiation',
    rfc: 'RFC 5746 §3.4',
    victim: 'client',
    break: (peer) => peer.changeExtensions('server_hello', replacing('renegotiation_info', 1, 7)),
    alert: 'handshake_failure',
    error: misbehaved('renegotiation_info_invalid'),
  },
  {
    name: 'takes no uncompressed points',
    rfc: 'RFC 8422 §5.2',
    victim: 'client',
    break: (peer) => peer.changeExtensions('server_hello', replacing('ec_point_formats', 1, 1)),
    ...illegal,
    error: misbehaved('point_formats_invalid'),
  },
  {
    name: 'answers an extension that was not sent',
    rfc: 'RFC 5246 §7.4.1.4',
    victim: 'client',
    break: (peer) => peer.changeExtensions('server_hello', adding(unknownExtension)),
    alert: 'unsupported_extension',
    error: misbehaved('extension_unsolicited'),
  },
  {
    name: 'answers encrypt_then_mac, which was not sent',
    rfc: 'RFC 5246 §7.4.1.4',
    victim: 'client',
    break: (peer) => peer.changeExtensions('server_hello', adding(extension('encrypt_then_mac'))),
    alert: 'unsupported_extension',
    error: misbehaved('extension_unsolicited'),
  },
  {
    name: 'sends an extension twice',
    rfc: 'RFC 5246 §7.4.1.4',
    victim: 'client',
    break: (peer) => peer.changeExtensions('server_hello', adding(extension('extended_master_secret'))),
    ...illegal,
    error: misbehaved('extension_duplicate'),
  },
  {
    name: 'sends key_share',
    rfc: 'RFC 8446 §4.2',
    victim: 'client',
    break: (peer) => peer.changeExtensions('server_hello', adding(extension('key_share', 0, 29, 0, 1, 1))),
    ...illegal,
    error: misbehaved('extension_not_allowed_here'),
  },
  {
    name: 'chooses an application protocol that was not offered',
    rfc: 'RFC 7301 §3.1',
    victim: 'client',
    options: { alpnProtocols: ['h2'] },
    break: (peer) =>
      peer.changeExtensions('server_hello', adding(extension('application_layer_protocol_negotiation', 0, 3, 2, 0x68, 0x33))),
    ...illegal,
    error: misbehaved('alpn_not_offered'),
  },
  {
    name: 'sends a record_size_limit below 64',
    rfc: 'RFC 8449 §4',
    victim: 'client',
    options: { recordSizeLimit: 1000 },
    break: (peer) => peer.changeExtensions('server_hello', adding(extension('record_size_limit', 0, 63))),
    ...illegal,
    error: misbehaved('record_size_limit_invalid'),
  },
  {
    name: 'sends extended_master_secret with content',
    rfc: 'RFC 7627 §5.1',
    victim: 'client',
    break: (peer) => peer.changeExtensions('server_hello', replacing('extended_master_secret', 0)),
    alert: 'decode_error',
    error: undecodable('server_hello.extensions.extended_master_secret'),
  },
];

export const RESUMPTION: readonly Tls12Case[] = [
  {
    name: 'leaves extended_master_secret out when it goes on with a session that has it',
    rfc: 'RFC 7627 §5.3',
    victim: 'client',
    options: only12,
    situation: { session: 'ticket' },
    break: (peer) => peer.changeExtensions('server_hello', without('extended_master_secret')),
    alert: 'handshake_failure',
    why: 'the RFC names none',
    error: misbehaved('extended_master_secret_changed'),
  },
  {
    name: 'goes on with a session under another suite',
    rfc: 'RFC 5246 §7.4.1.3',
    victim: 'client',
    options: only12,
    situation: { session: 'ticket' },
    break: (peer) => peer.change<Tls12ServerHello>('server_hello', (hello) => ({ ...hello, cipherSuite: 0xcca9 })),
    ...illegal,
    error: misbehaved('session_suite_changed'),
  },
  {
    name: 'sends a wrong Finished in an abbreviated handshake',
    rfc: 'RFC 5246 §7.4.9',
    victim: 'client',
    options: only12,
    situation: { session: 'ticket' },
    break: (peer) => peer.changeMessage('finished', (finished) => flip(finished, -1)),
    alert: 'decrypt_error',
    error: misbehaved('finished_invalid'),
  },
  {
    name: 'sends no change_cipher_spec in an abbreviated handshake',
    rfc: 'RFC 5246 §7.1',
    victim: 'client',
    options: only12,
    situation: { session: 'ticket' },
    break: (peer) => peer.skip('change_cipher_spec'),
    ...unexpected,
    error: misbehaved('change_cipher_spec_missing'),
  },
  {
    name: 'sends a certificate in an abbreviated handshake',
    rfc: 'RFC 5246 §7.3',
    victim: 'client',
    options: only12,
    situation: { session: 'ticket' },
    break: (peer) => peer.before('change_cipher_spec', () => peer.sendHandshake(message('certificate', 0, 0, 0))),
    ...unexpected,
    error: misbehaved('change_cipher_spec_missing'),
  },
  {
    name: 'leaves extended_master_secret out when it asks for a session that has it, by ticket',
    rfc: 'RFC 7627 §5.3',
    victim: 'server',
    situation: { session: 'ticket' },
    break: (peer) => peer.changeExtensions('client_hello', without('extended_master_secret')),
    alert: 'handshake_failure',
    error: misbehaved('extended_master_secret_missing'),
  },
  {
    name: 'leaves extended_master_secret out when it asks for a session that has it, by id',
    rfc: 'RFC 7627 §5.3',
    victim: 'server',
    situation: { session: 'id' },
    break: (peer) => peer.changeExtensions('client_hello', without('extended_master_secret')),
    alert: 'handshake_failure',
    error: misbehaved('extended_master_secret_missing'),
  },
  {
    name: 'sends a wrong Finished in an abbreviated handshake',
    rfc: 'RFC 5246 §7.4.9',
    victim: 'server',
    situation: { session: 'id' },
    break: (peer) => peer.changeMessage('finished', (finished) => flip(finished, 4)),
    alert: 'decrypt_error',
    error: misbehaved('finished_invalid'),
  },
  {
    name: 'goes on in the clear in an abbreviated handshake',
    rfc: 'RFC 5246 §7.1',
    victim: 'server',
    situation: { session: 'id' },
    break: (peer) => peer.skip('change_cipher_spec'),
    ...unexpected,
    error: misbehaved('change_cipher_spec_missing'),
  },
];

export const CLIENT_HELLOS: readonly Tls12Case[] = [
  {
    name: 'speaks SSL 3.0',
    rfc: 'RFC 7568 §3',
    victim: 'server',
    break: (peer) => peer.change<ClientHello>('client_hello', (hello) => ({ ...hello, legacyVersion: 0x0300 })),
    alert: 'protocol_version',
    error: incompatible('version'),
  },
  ...[0x0301, 0x0302].map(
    (legacyVersion): Tls12Case => ({
      name: `speaks version 0x${legacyVersion.toString(16)} only`,
      rfc: 'RFC 5246 §E.1',
      victim: 'server',
      break: (peer) => peer.change<ClientHello>('client_hello', (hello) => ({ ...hello, legacyVersion })),
      alert: 'protocol_version',
      error: incompatible('version'),
    }),
  ),
  {
    name: 'fell back to TLS 1.2 without need',
    rfc: 'RFC 7507 §3',
    victim: 'server',
    break: (peer) =>
      peer.change<ClientHello>('client_hello', (hello) => ({ ...hello, cipherSuites: [...hello.cipherSuites, 0x5600] })),
    alert: 'inappropriate_fallback',
    error: misbehaved('fallback_inappropriate'),
  },
  {
    name: 'offers no suite that we have',
    rfc: 'RFC 5246 §7.4.1.3',
    victim: 'server',
    break: (peer) => peer.change<ClientHello>('client_hello', (hello) => ({ ...hello, cipherSuites: [0xc009, 0x1301] })),
    alert: 'handshake_failure',
    error: incompatible('suite'),
  },
  {
    name: 'offers only suites for another kind of key',
    rfc: 'RFC 5246 §7.4.1.3',
    victim: 'server',
    break: (peer) => peer.change<ClientHello>('client_hello', (hello) => ({ ...hello, cipherSuites: [0xc02f] })),
    alert: 'handshake_failure',
    error: incompatible('suite'),
  },
  {
    name: 'has none of our groups',
    rfc: 'RFC 8422 §4',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', replacing('supported_groups', 0, 2, 0, SECP521R1)),
    alert: 'handshake_failure',
    error: incompatible('suite'),
  },
  {
    name: 'does not have the curve of our certificate',
    rfc: 'RFC 8422 §4',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', replacing('supported_groups', 0, 2, 0, SECP384R1)),
    alert: 'handshake_failure',
    error: incompatible('suite'),
  },
  {
    name: 'sends no signature_algorithms',
    rfc: 'RFC 9155 §2',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', without('signature_algorithms')),
    alert: 'handshake_failure',
    why: 'it would mean SHA-1',
    error: incompatible('suite'),
  },
  {
    name: 'verifies SHA-1 only',
    rfc: 'RFC 9155 §4',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', replacing('signature_algorithms', 0, 4, 2, 1, 2, 3)),
    alert: 'handshake_failure',
    error: incompatible('suite'),
  },
  {
    name: 'does not offer null compression',
    rfc: 'RFC 5246 §7.4.1.2',
    victim: 'server',
    break: (peer) =>
      peer.change<ClientHello>('client_hello', (hello) => ({ ...hello, legacyCompressionMethods: Uint8Array.of(1) })),
    ...illegal,
    error: misbehaved('compression_not_null'),
  },
  {
    name: 'sends a renegotiation_info of a renegotiation',
    rfc: 'RFC 5746 §3.6',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', replacing('renegotiation_info', 1, 7)),
    alert: 'handshake_failure',
    error: misbehaved('renegotiation_info_invalid'),
  },
  {
    name: 'takes no uncompressed points',
    rfc: 'RFC 8422 §5.1.2',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', replacing('ec_point_formats', 1, 2)),
    ...illegal,
    error: misbehaved('point_formats_invalid'),
  },
  {
    name: 'sends an empty ec_point_formats',
    rfc: 'RFC 8422 §5.1.2',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', replacing('ec_point_formats', 0)),
    alert: 'decode_error',
    error: undecodable('client_hello.extensions.ec_point_formats'),
  },
  {
    name: 'sends a record_size_limit below 64',
    rfc: 'RFC 8449 §4',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', adding(extension('record_size_limit', 0, 63))),
    ...illegal,
    error: misbehaved('record_size_limit_invalid'),
  },
  {
    name: 'offers an application protocol that we do not have',
    rfc: 'RFC 7301 §3.2',
    victim: 'server',
    options: { alpnProtocols: ['h2'] },
    break: (peer) =>
      peer.changeExtensions('client_hello', adding(extension('application_layer_protocol_negotiation', 0, 3, 2, 0x68, 0x33))),
    alert: 'no_application_protocol',
    error: incompatible('application_protocol'),
  },
];

export const KEY_EXCHANGES: readonly Tls12Case[] = [
  {
    name: 'sends no ServerKeyExchange',
    rfc: 'RFC 5246 §7.4.3',
    victim: 'client',
    break: (peer) => peer.skip('server_key_exchange'),
    ...unexpected,
    error: misbehaved('message_unexpected'),
  },
  {
    name: 'signs its parameters wrongly',
    rfc: 'RFC 5246 §7.4.3',
    victim: 'client',
    break: editParams((body) => flip(body, -3)),
    alert: 'decrypt_error',
    error: misbehaved('signature_invalid'),
  },
  {
    name: 'changes its parameters after it signed them',
    rfc: 'RFC 5246 §7.4.3',
    victim: 'client',
    break: editParams((body) => flip(body, 10)),
    alert: 'decrypt_error',
    error: misbehaved('signature_invalid'),
  },
  {
    name: 'signs by a scheme that was not offered: ECDSA with SHA-1',
    rfc: 'RFC 9155 §4',
    victim: 'client',
    break: editParams((body) => body.map((byte, i) => (i === 36 ? 2 : byte))),
    ...illegal,
    error: misbehaved('signature_scheme_not_offered'),
  },
  {
    name: 'signs by a scheme that does not fit its key: RSASSA-PSS',
    rfc: 'RFC 5246 §7.4.3',
    victim: 'client',
    break: editParams((body) => body.map((byte, i) => (i === 36 ? 8 : i === 37 ? 4 : byte))),
    ...illegal,
    error: misbehaved('signature_scheme_not_offered'),
  },
  {
    name: 'uses a group that was not offered',
    rfc: 'RFC 8422 §5.4',
    victim: 'client',
    break: (peer) => {
      peer.namedCurve = SECP521R1;
    },
    ...illegal,
    error: misbehaved('group_not_offered'),
  },
  ...[1, 2].map(
    (type): Tls12Case => ({
      name: `describes its curve itself: curve_type ${type}`,
      rfc: 'RFC 8422 §5.4',
      victim: 'client',
      break: editParams((body) => body.map((byte, i) => (i === 0 ? type : byte))),
      ...illegal,
      error: misbehaved('curve_type_unsupported'),
    }),
  ),
  {
    name: 'sends an empty point',
    rfc: 'RFC 8422 §5.4',
    victim: 'client',
    break: editParams(() => Uint8Array.of(3, 0, 29, 0)),
    alert: 'decode_error',
    error: undecodable('server_key_exchange.params.public'),
  },
  {
    name: 'sends a ServerKeyExchange with a byte too many',
    rfc: 'RFC 5246 §7.2.2',
    victim: 'client',
    break: editParams((body) => concat(body, Uint8Array.of(0))),
    alert: 'decode_error',
    error: undecodable('server_key_exchange'),
  },
  {
    name: 'sends a share of 31 bytes',
    rfc: 'RFC 8422 §5.11',
    victim: 'server',
    break: (peer) =>
      peer.change<{ body: Uint8Array }>('client_key_exchange', ({ body }) => ({
        body: concat(Uint8Array.of(31), body.subarray(2)),
      })),
    ...illegal,
    error: misbehaved('key_share_invalid'),
  },
  {
    name: 'sends a share of low order',
    rfc: 'RFC 8422 §5.11',
    victim: 'server',
    break: (peer) =>
      peer.change<{ body: Uint8Array }>('client_key_exchange', () => ({ body: concat(Uint8Array.of(32), new Uint8Array(32)) })),
    ...illegal,
    error: misbehaved('key_share_invalid'),
  },
  {
    name: 'sends an empty ClientKeyExchange',
    rfc: 'RFC 8422 §5.7',
    victim: 'server',
    break: (peer) => peer.change<{ body: Uint8Array }>('client_key_exchange', () => ({ body: EMPTY })),
    alert: 'decode_error',
    error: undecodable('client_key_exchange.ecdhYc'),
  },
  {
    name: 'sends no ClientKeyExchange',
    rfc: 'RFC 5246 §7.4.7',
    victim: 'server',
    break: (peer) => peer.skip('client_key_exchange'),
    ...unexpected,
    error: misbehaved('change_cipher_spec_unexpected'),
  },
  {
    name: 'sends ClientKeyExchange twice',
    rfc: 'RFC 5246 §7.3',
    victim: 'server',
    break: (peer) => peer.changeMessage('client_key_exchange', (once) => concat(once, once)),
    ...unexpected,
    error: misbehaved('change_cipher_spec_missing'),
  },
];

export const AUTHENTICATION: readonly Tls12Case[] = [
  {
    name: 'sends no certificate',
    rfc: 'RFC 5246 §7.4.2',
    victim: 'client',
    break: (peer) => peer.change('certificate', () => ({ certificateList: [] })),
    alert: 'decode_error',
    error: misbehaved('certificate_list_empty'),
  },
  {
    name: 'leaves Certificate out',
    rfc: 'RFC 5246 §7.4.2',
    victim: 'client',
    break: (peer) => peer.skip('certificate'),
    ...unexpected,
    error: misbehaved('message_unexpected'),
  },
  {
    name: 'sends CertificateStatus, which was not agreed on',
    rfc: 'RFC 6066 §8',
    victim: 'client',
    break: (peer) => peer.after('certificate', () => peer.sendHandshake(message('certificate_status', 1, 0, 0, 1, 0), true)),
    ...unexpected,
    error: misbehaved('message_unexpected'),
  },
  {
    name: 'has a certificate of an unknown authority',
    rfc: 'RFC 5246 §7.2.2',
    victim: 'client',
    situation: { credential: 'stranger' },
    break: () => {},
    alert: 'unknown_ca',
    error: refused('issuer_unknown'),
  },
  {
    name: 'has a certificate of another name',
    rfc: 'RFC 5246 §7.2.2',
    victim: 'client',
    situation: { credential: 'otherName' },
    break: () => {},
    alert: 'bad_certificate',
    error: refused('name_mismatch'),
  },
  {
    name: 'has a certificate that may not sign',
    rfc: 'RFC 5246 §7.4.2',
    victim: 'client',
    situation: { credential: 'encipherOnly' },
    break: () => {},
    alert: 'bad_certificate',
    error: misbehaved('certificate_unsuitable'),
  },
  {
    name: 'chooses a suite of RSA, with a certificate of ECDSA',
    rfc: 'RFC 8422 §5.3',
    victim: 'client',
    break: (peer) => peer.change<Tls12ServerHello>('server_hello', (hello) => ({ ...hello, cipherSuite: 0xc02f })),
    ...illegal,
    error: misbehaved('certificate_unfit_for_suite'),
  },
  {
    name: 'asks for a certificate of no type',
    rfc: 'RFC 5246 §7.4.4',
    victim: 'client',
    situation: { requestsCertificate: true },
    break: (peer) => peer.changeMessage('certificate_request', () => message('certificate_request', 0, 0, 2, 4, 3, 0, 0)),
    alert: 'decode_error',
    error: undecodable('certificate_request.certificateTypes'),
  },
  {
    name: 'asks for certificates twice',
    rfc: 'RFC 5246 §7.3',
    victim: 'client',
    situation: { requestsCertificate: true },
    break: (peer) => peer.changeMessage('certificate_request', (once) => concat(once, once)),
    ...unexpected,
    error: misbehaved('message_unexpected'),
  },
  {
    name: 'sends a ServerHelloDone with content',
    rfc: 'RFC 5246 §7.4.5',
    victim: 'client',
    break: (peer) => peer.changeMessage('server_hello_done', () => message('server_hello_done', 0)),
    alert: 'decode_error',
    error: undecodable('server_hello_done'),
  },
  {
    name: 'shows no certificate where one is required',
    rfc: 'RFC 5246 §7.4.6',
    victim: 'server',
    options: { clientCertificates: 'require' },
    break: (peer) => peer.change('certificate', () => ({ certificateList: [] })),
    alert: 'handshake_failure',
    error: misbehaved('certificate_missing'),
  },
  {
    name: 'leaves Certificate out where it is asked for',
    rfc: 'RFC 5246 §7.4.6',
    victim: 'server',
    options: { clientCertificates: 'request' },
    break: (peer) => peer.skip('certificate'),
    ...unexpected,
    error: misbehaved('message_unexpected'),
  },
  {
    name: 'sends no CertificateVerify',
    rfc: 'RFC 5246 §7.4.8',
    victim: 'server',
    options: { clientCertificates: 'require' },
    break: (peer) => peer.skip('certificate_verify'),
    ...unexpected,
    error: misbehaved('change_cipher_spec_unexpected'),
  },
  {
    name: 'signs its CertificateVerify wrongly',
    rfc: 'RFC 5246 §7.4.8',
    victim: 'server',
    options: { clientCertificates: 'require' },
    break: (peer) =>
      peer.change<DigitallySigned>('certificate_verify', (signed) => ({ ...signed, signature: flip(signed.signature, -2) })),
    alert: 'decrypt_error',
    error: misbehaved('signature_invalid'),
  },
  {
    name: 'signs its CertificateVerify with SHA-1',
    rfc: 'RFC 9155 §5',
    victim: 'server',
    options: { clientCertificates: 'require' },
    break: (peer) => peer.change<DigitallySigned>('certificate_verify', (signed) => ({ ...signed, algorithm: 0x0203 })),
    ...illegal,
    error: misbehaved('signature_scheme_not_offered'),
  },
  {
    name: 'has a certificate of an unknown authority',
    rfc: 'RFC 5246 §7.2.2',
    victim: 'server',
    options: { clientCertificates: 'require' },
    situation: { credential: 'stranger' },
    break: () => {},
    alert: 'unknown_ca',
    error: refused('issuer_unknown'),
  },
  {
    name: 'sends a certificate that nobody asked for',
    rfc: 'RFC 5246 §7.4.6',
    victim: 'server',
    break: (peer) => peer.before('client_key_exchange', () => peer.sendHandshake(message('certificate', 0, 0, 0), true)),
    ...unexpected,
    error: misbehaved('message_unexpected'),
  },
  {
    name: 'sends a CertificateVerify without a certificate',
    rfc: 'RFC 5246 §7.4.8',
    victim: 'server',
    break: (peer) => peer.after('client_key_exchange', () => peer.sendHandshake(message('certificate_verify', 4, 3, 0, 0), true)),
    ...unexpected,
    error: misbehaved('change_cipher_spec_missing'),
  },
];

const both = (make: (victim: 'client' | 'server') => Tls12Case): readonly Tls12Case[] => [make('client'), make('server')];

export const CHANGE_CIPHER_SPECS: readonly Tls12Case[] = [
  ...(['server_hello', 'certificate', 'server_key_exchange', 'server_hello_done'] as const).map(
    (place): Tls12Case => ({
      name: `injects change_cipher_spec after ${place}`,
      rfc: 'RFC 5246 §7.1',
      victim: 'client',
      break: (peer) => peer.after(place, () => peer.injectChangeCipherSpec()),
      ...unexpected,
      why: 'CVE-2014-0224',
      error: misbehaved('change_cipher_spec_unexpected'),
    }),
  ),
  {
    name: 'injects change_cipher_spec before its ServerHello',
    rfc: 'RFC 5246 §7.1',
    victim: 'client',
    break: (peer) => peer.before('server_hello', () => peer.injectChangeCipherSpec()),
    ...unexpected,
    error: misbehaved('change_cipher_spec_unexpected'),
  },
  ...(['client_hello', 'client_key_exchange'] as const).map(
    (place): Tls12Case => ({
      name: `injects change_cipher_spec ${place === 'client_hello' ? 'after' : 'before'} ${place}`,
      rfc: 'RFC 5246 §7.1',
      victim: 'server',
      break: (peer) => {
        if (place === 'client_hello') peer.after(place, () => peer.injectChangeCipherSpec());
        else peer.before(place, () => peer.injectChangeCipherSpec());
      },
      ...unexpected,
      error: misbehaved('change_cipher_spec_unexpected'),
    }),
  ),
  ...both((victim) => ({
    name: 'sends no change_cipher_spec',
    rfc: 'RFC 5246 §7.4.9',
    victim,
    break: (peer) => peer.skip('change_cipher_spec'),
    ...unexpected,
    error: misbehaved('change_cipher_spec_missing'),
  })),
  ...both((victim) => ({
    name: 'sends change_cipher_spec twice',
    rfc: 'RFC 5246 §7.1',
    victim,
    break: (peer) => peer.after('change_cipher_spec', () => peer.sendRaw(20, Uint8Array.of(1))),
    ...unexpected,
    error: misbehaved('change_cipher_spec_unexpected'),
  })),
  ...both((victim) => ({
    name: 'sends a change_cipher_spec of another value',
    rfc: 'RFC 5246 §7.1',
    victim,
    break: (peer) => peer.changeMessage('change_cipher_spec', () => Uint8Array.of(2)),
    ...unexpected,
    error: misbehaved('change_cipher_spec_invalid'),
  })),
  ...both((victim) => ({
    name: 'sends a change_cipher_spec of two bytes',
    rfc: 'RFC 5246 §7.1',
    victim,
    break: (peer) => peer.changeMessage('change_cipher_spec', () => Uint8Array.of(1, 1)),
    ...unexpected,
    error: misbehaved('change_cipher_spec_invalid'),
  })),
  ...both((victim) => ({
    name: 'sends change_cipher_spec in the midst of a handshake message',
    rfc: 'RFC 5246 §7.1',
    victim,
    break: (peer) =>
      peer.before('change_cipher_spec', () => peer.sendRecord(22, Uint8Array.of(HANDSHAKE_TYPES.finished, 0, 0, 12, 1))),
    ...unexpected,
    error: misbehaved('change_cipher_spec_missing'),
  })),
  ...both((victim) => ({
    name: 'sends change_cipher_spec when the handshake is over',
    rfc: 'RFC 5246 §7.1',
    victim,
    break: (peer) => peer.whenConnected(() => peer.injectChangeCipherSpec()),
    ...unexpected,
    error: misbehaved('change_cipher_spec_unexpected'),
  })),
];

export const RECORDS: readonly Tls12Case[] = [
  ...both((victim) => ({
    name: 'sends a wrong Finished',
    rfc: 'RFC 5246 §7.4.9',
    victim,
    break: (peer) => peer.changeMessage('finished', (finished) => flip(finished, -1)),
    alert: 'decrypt_error',
    error: misbehaved('finished_invalid'),
  })),
  ...both((victim) => ({
    name: 'sends a Finished that is too short',
    rfc: 'RFC 5246 §7.4.9',
    victim,
    break: (peer) => peer.changeMessage('finished', () => message('finished', 1, 2, 3)),
    alert: 'decrypt_error',
    error: misbehaved('finished_invalid'),
  })),
  ...both((victim) => ({
    name: 'sends application data before its Finished',
    rfc: 'RFC 5246 §7.4.9',
    victim,
    break: (peer) => peer.before('finished', () => peer.sendData('too early')),
    ...unexpected,
    error: misbehaved('application_data_too_early'),
  })),
  ...both((victim) => ({
    name: 'changes a bit of a record',
    rfc: 'RFC 5246 §6.2.3.3',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendRecord(23, Uint8Array.of(1, 2, 3), (sealed) => flip(sealed, 10))),
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  })),
  ...both((victim) => ({
    name: 'sends a record that is too short to be protected',
    rfc: 'RFC 5288 §3',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendRaw(23, new Uint8Array(23))),
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  })),
  ...both((victim) => ({
    name: 'repeats a record',
    rfc: 'RFC 5246 §6.2.3.3',
    victim,
    break: (peer) =>
      peer.whenConnected(() =>
        peer.sendRecord(23, Uint8Array.of(0x78), (sealed) => {
          peer.sendRaw(23, sealed);
          return sealed;
        }),
      ),
    alert: 'bad_record_mac',
    delivered: 'x',
    error: misbehaved('bad_record_mac'),
  })),
  ...both((victim) => ({
    name: 'sends alerts in the clear after the keys changed',
    rfc: 'RFC 5246 §7.1',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendRaw(21, Uint8Array.of(2, 40))),
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  })),
  ...both((victim) => ({
    name: 'sends records of another version',
    rfc: 'RFC 5246 §6.2.1',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendRaw(23, new Uint8Array(40), 0x0302)),
    alert: 'protocol_version',
    error: misbehaved('record_version_wrong'),
  })),
  ...both((victim) => ({
    name: 'sends a fragment of 2^14 + 1 bytes',
    rfc: 'RFC 5246 §6.2.1',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendRecord(23, new Uint8Array(16385))),
    alert: 'record_overflow',
    error: misbehaved('record_overflow'),
  })),
  ...both((victim) => ({
    name: 'sends a record of more than 2^14 + 2048 bytes',
    rfc: 'RFC 5246 §6.2.3',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendRaw(23, new Uint8Array(16384 + 2049))),
    alert: 'record_overflow',
    error: misbehaved('record_overflow'),
  })),
  ...both((victim) => ({
    name: 'sends an empty handshake record',
    rfc: 'RFC 5246 §6.2.1',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendRecord(22, EMPTY)),
    ...unexpected,
    error: misbehaved('empty_fragment'),
  })),
  ...both((victim) => ({
    name: 'sends empty records without end',
    rfc: 'RFC 5246 §6.2.1',
    victim,
    break: (peer) =>
      peer.whenConnected(() => {
        for (let i = 0; i < 33; i++) peer.sendRecord(23, EMPTY);
      }),
    ...unexpected,
    error: beyond('maxEmptyRecords'),
  })),
  ...both((victim) => ({
    name: 'sends a record of type heartbeat',
    rfc: 'RFC 5246 §6.2.1',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendRecord(24, Uint8Array.of(1, 0, 0))),
    ...unexpected,
    error: misbehaved('record_type_unexpected'),
  })),
  ...both((victim) => ({
    name: 'sends a KeyUpdate',
    rfc: 'RFC 8446 §4.6.3',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendHandshake(message('key_update', 0))),
    ...unexpected,
    error: misbehaved('message_unexpected'),
  })),
  ...both((victim) => ({
    name: 'sends a Finished again',
    rfc: 'RFC 5246 §7.4.9',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendHandshake(message('finished', ...new Array<number>(12).fill(0)))),
    ...unexpected,
    error: misbehaved('message_unexpected'),
  })),
  ...both((victim) => ({
    name: 'asks to renegotiate again and again',
    rfc: 'RFC 5246 §7.4.1.1',
    victim,
    break: (peer) =>
      peer.whenConnected(() => {
        const ask = victim === 'client' ? message('hello_request') : message('client_hello', 3, 3);
        for (let i = 0; i < 5; i++) peer.sendHandshake(ask);
      }),
    ...unexpected,
    error: beyond('warningAlerts'),
  })),
  {
    name: 'sends a ticket when the handshake is over',
    rfc: 'RFC 5077 §3.3',
    victim: 'client',
    break: (peer) => peer.whenConnected(() => peer.sendHandshake(message('new_session_ticket', 0, 0, 0, 1, 0, 1, 1))),
    ...unexpected,
    error: misbehaved('message_unexpected'),
  },
  {
    name: 'promises a ticket and sends none',
    rfc: 'RFC 5077 §3.3',
    victim: 'client',
    break: (peer) => peer.skip('new_session_ticket'),
    ...unexpected,
    error: misbehaved('change_cipher_spec_unexpected'),
  },
  {
    name: 'sends a HelloRequest with content',
    rfc: 'RFC 5246 §7.4.1.1',
    victim: 'client',
    break: (peer) => peer.whenConnected(() => peer.sendHandshake(message('hello_request', 1))),
    ...unexpected,
    error: misbehaved('message_unexpected'),
  },
];
