/**
 * A server's first flight for the differential test of clients: a ServerHello that fits a client's hello, and what may be wrong with it, each with
 * the alert that is due for it, in TLS 1.3 and in TLS 1.2.
 */

import { concat, EMPTY } from '../../packages/foxtls/src/core/bytes/bytes.ts';
import type { AlertName } from '../../packages/foxtls/src/core/registry/alerts.ts';
import { EXTENSION_TYPES } from '../../packages/foxtls/src/core/registry/extension-types.ts';
import { HANDSHAKE_TYPES } from '../../packages/foxtls/src/core/registry/handshake-types.ts';
import { nodeProvider as provider } from '../../packages/foxtls/src/crypto/node/provider.ts';
import { HELLO_RETRY_REQUEST_RANDOM } from '../../packages/foxtls/src/protocol/messages/server-hello.ts';
import { type Extension, prefixed, uint16 } from './client-hello.ts';

/** What a client does: an alert, or it waits for more. */
export type ClientOutcome = AlertName | 'goes on';

export type FlightVersion = 'TLSv1.3' | 'TLSv1.2';

export interface ServerHelloParts {
  readonly type: number;
  readonly legacyVersion: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly suite: number;
  readonly compression: number;
  /** Undefined: not even their length. */
  readonly extensions: readonly Extension[] | undefined;
  /** In the message, and behind it in its record. */
  readonly inside: Uint8Array;
  readonly behind: Uint8Array;
  readonly recordVersion: number;
}

export interface Alteration {
  readonly change: (parts: ServerHelloParts, version: FlightVersion, sessionId: Uint8Array) => Partial<ServerHelloParts>;
  /** For foxtls, by the RFC; of a version that is not there, nothing is sent. */
  readonly ours: { readonly [version in FlightVersion]?: ClientOutcome };
  /** What OpenSSL does in its place. */
  readonly theirs?: { readonly [version in FlightVersion]?: ClientOutcome };
}

type ExtensionName = keyof typeof EXTENSION_TYPES;

const SUITES = { 'TLSv1.3': 0x1301, 'TLSv1.2': 0xc02f } as const;
const [X25519, SECP521R1] = [0x001d, 0x0019];

const bytes = (...values: number[]) => Uint8Array.from(values);
const zeros = (count: number) => new Uint8Array(count);
const of =
  (name: ExtensionName) =>
  ({ type }: Extension) =>
    type === EXTENSION_TYPES[name];

/** With an extension in the place of another of its type, or behind the others. */
function as(name: ExtensionName, ...data: readonly (number | Uint8Array)[]): Alteration['change'] {
  const added = {
    type: EXTENSION_TYPES[name],
    data: concat(...data.map((part) => (typeof part === 'number' ? bytes(part) : part))),
  };
  return ({ extensions = [] }) => ({ extensions: [...extensions.filter((one) => !of(name)(one)), added] });
}

const without =
  (name: ExtensionName): Alteration['change'] =>
  ({ extensions = [] }) => ({ extensions: extensions.filter((one) => !of(name)(one)) });

const both = (outcome: ClientOutcome) => ({ 'TLSv1.3': outcome, 'TLSv1.2': outcome });
const in13 = (outcome: ClientOutcome) => ({ 'TLSv1.3': outcome });
const in12 = (outcome: ClientOutcome) => ({ 'TLSv1.2': outcome });

/** A HelloRetryRequest of these extensions, and that of its version. */
const retry =
  (...extensions: readonly Extension[]): Alteration['change'] =>
  () => ({
    random: HELLO_RETRY_REQUEST_RANDOM,
    extensions: [{ type: EXTENSION_TYPES.supported_versions, data: uint16(0x0304) }, ...extensions],
  });
const share = (...data: number[]): Extension => ({ type: EXTENSION_TYPES.key_share, data: bytes(...data) });
const cookie = (...data: number[]): Extension => ({ type: EXTENSION_TYPES.cookie, data: bytes(...data) });

export const ALTERATIONS = {
  nothing: { change: () => ({}), ours: both('goes on') },
  // ---- The fixed fields ----
  // "… the legacy_version field MUST be set to 0x0303" (RFC 8446 §4.1.3); without supported_versions it is the version, which has to be one of ours (RFC 5246 §E.1).
  'legacy_version 0x0304': {
    change: () => ({ legacyVersion: 0x0304 }),
    ours: { 'TLSv1.3': 'illegal_parameter', 'TLSv1.2': 'protocol_version' },
    theirs: { 'TLSv1.3': 'goes on', 'TLSv1.2': 'illegal_parameter' },
  },
  'legacy_version 0x0302': {
    change: () => ({ legacyVersion: 0x0302 }),
    ours: { 'TLSv1.3': 'illegal_parameter', 'TLSv1.2': 'protocol_version' },
    theirs: { 'TLSv1.3': 'goes on', 'TLSv1.2': 'illegal_parameter' },
  },
  'legacy_version 0x0300': { change: () => ({ legacyVersion: 0x0300 }), ours: both('protocol_version') },
  'legacy_version 0x0505': {
    change: () => ({ legacyVersion: 0x0505 }),
    ours: { 'TLSv1.3': 'illegal_parameter', 'TLSv1.2': 'protocol_version' },
    theirs: in13('goes on'),
  },
  'a session id that was not sent': { change: () => ({ sessionId: zeros(32) }), ours: in13('illegal_parameter') },
  'no session id': { change: () => ({ sessionId: EMPTY }), ours: in13('illegal_parameter') },
  'a session id of 33 bytes': {
    change: () => ({ sessionId: zeros(33) }),
    ours: both('decode_error'),
    theirs: both('illegal_parameter'),
  },
  // Who resumes what was never there. OpenSSL goes on as with a new session.
  'the session id of the client, of a session that is not there': {
    change: (_parts, _version, sessionId) => ({ sessionId }),
    ours: in12('illegal_parameter'),
    theirs: in12('goes on'),
  },
  'a suite that was not offered': { change: () => ({ suite: 0x1305 }), ours: both('illegal_parameter') },
  'a suite of the other version': {
    change: (_parts, version) => ({ suite: SUITES[version === 'TLSv1.3' ? 'TLSv1.2' : 'TLSv1.3'] }),
    ours: both('illegal_parameter'),
  },
  'a suite that there is not': { change: () => ({ suite: 0x0a0a }), ours: both('illegal_parameter') },
  'the suite NULL': { change: () => ({ suite: 0 }), ours: both('illegal_parameter') },
  'the SCSV as suite': { change: () => ({ suite: 0x00ff }), ours: both('illegal_parameter') },
  'compression 1': { change: () => ({ compression: 1 }), ours: both('illegal_parameter') },
  // RFC 5746 §3.4 leaves it to the client whether to go on without renegotiation_info.
  'no extensions': { change: () => ({ extensions: undefined }), ours: in12('handshake_failure') },
  'the mark of a downgrade to TLS 1.2': {
    change: ({ random }) => ({ random: concat(random.subarray(0, 24), bytes(0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 1)) }),
    ours: { 'TLSv1.3': 'goes on', 'TLSv1.2': 'illegal_parameter' },
  },
  'the mark of a downgrade to TLS 1.1': {
    change: ({ random }) => ({ random: concat(random.subarray(0, 24), bytes(0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 0)) }),
    ours: { 'TLSv1.3': 'goes on', 'TLSv1.2': 'illegal_parameter' },
  },
  // ---- The message and its record ----
  'a byte behind the extensions': { change: () => ({ inside: bytes(0) }), ours: both('decode_error') },
  'half a message': {
    change: ({ random }) => ({ inside: random, behind: EMPTY, extensions: undefined }),
    ours: both('decode_error'),
  },
  'another message behind it in its record': {
    change: () => ({ behind: concat(bytes(HANDSHAKE_TYPES.encrypted_extensions), prefixed(3, uint16(0))) }),
    ours: both('unexpected_message'),
  },
  'EncryptedExtensions in its place': {
    change: () => ({ type: HANDSHAKE_TYPES.encrypted_extensions }),
    ours: both('unexpected_message'),
  },
  'a ClientHello in its place': { change: () => ({ type: HANDSHAKE_TYPES.client_hello }), ours: both('unexpected_message') },
  'Finished in its place': { change: () => ({ type: HANDSHAKE_TYPES.finished }), ours: both('unexpected_message') },
  'an unknown message in its place': { change: () => ({ type: 99 }), ours: both('unexpected_message') },
  'a record of version 0x0300': { change: () => ({ recordVersion: 0x0300 }), ours: both('goes on') },
  'a record of version 0x0304': { change: () => ({ recordVersion: 0x0304 }), ours: both('goes on') },
  'a record of version 0x0505': { change: () => ({ recordVersion: 0x0505 }), ours: both('goes on') },
  // ---- Extensions ----
  'an extension twice': {
    change: ({ extensions = [] }) => ({ extensions: [...extensions, ...extensions.slice(0, 1)] }),
    ours: both('illegal_parameter'),
  },
  // RFC 8446 §4.2, RFC 5246 §7.4.1.4.
  'an extension that nobody knows': {
    change: ({ extensions = [] }) => ({ extensions: [...extensions, { type: 0x1234, data: EMPTY }] }),
    ours: both('unsupported_extension'),
    theirs: both('goes on'),
  },
  'an extension of EncryptedExtensions': {
    change: as('application_layer_protocol_negotiation', prefixed(2, bytes(2, 0x68, 0x32))),
    ours: { 'TLSv1.3': 'illegal_parameter', 'TLSv1.2': 'goes on' },
  },
  'an ALPN protocol that was not offered': {
    change: as('application_layer_protocol_negotiation', prefixed(2, bytes(2, 0x68, 0x33))),
    ours: in12('illegal_parameter'),
    theirs: in12('decode_error'),
  },
  'two ALPN protocols': {
    change: as('application_layer_protocol_negotiation', prefixed(2, bytes(2, 0x68, 0x32, 2, 0x68, 0x32))),
    ours: in12('decode_error'),
  },
  'an empty ALPN list': { change: as('application_layer_protocol_negotiation', 0, 0), ours: in12('decode_error') },
  'supported_versions of TLS 1.2': { change: as('supported_versions', 3, 3), ours: both('illegal_parameter') },
  'supported_versions that was not offered': { change: as('supported_versions', 3, 5), ours: both('illegal_parameter') },
  'supported_versions of a draft': { change: as('supported_versions', 0x7f, 28), ours: both('illegal_parameter') },
  'supported_versions of one byte': { change: as('supported_versions', 3), ours: both('decode_error') },
  'supported_versions of three bytes': { change: as('supported_versions', 3, 4, 0), ours: both('decode_error') },
  'no key_share': { change: without('key_share'), ours: in13('missing_extension') },
  'a share of a group that was not offered': {
    change: as('key_share', uint16(0x001b), prefixed(2, zeros(65))),
    ours: in13('illegal_parameter'),
  },
  'a share of a group without a share': {
    change: as('key_share', uint16(SECP521R1), prefixed(2, zeros(133))),
    ours: in13('illegal_parameter'),
  },
  'a share of 31 bytes': {
    change: as('key_share', uint16(X25519), prefixed(2, zeros(31).fill(7))),
    ours: in13('illegal_parameter'),
  },
  'a share of 33 bytes': {
    change: as('key_share', uint16(X25519), prefixed(2, zeros(33).fill(7))),
    ours: in13('illegal_parameter'),
  },
  'a share of zeros': { change: as('key_share', uint16(X25519), prefixed(2, zeros(32))), ours: in13('illegal_parameter') },
  'an empty share': { change: as('key_share', uint16(X25519), 0, 0), ours: in13('decode_error') },
  'a share with a byte behind it': {
    change: as('key_share', uint16(X25519), prefixed(2, zeros(32).fill(9)), 0),
    ours: in13('decode_error'),
  },
  'a key_share of a HelloRetryRequest': { change: as('key_share', uint16(X25519)), ours: in13('decode_error') },
  'a PSK that was not offered': { change: as('pre_shared_key', 0, 0), ours: in13('unsupported_extension') },
  'a cookie': { change: as('cookie', 0, 1, 7), ours: in13('illegal_parameter') },
  early_data: { change: as('early_data'), ours: in13('illegal_parameter') },
  'extended_master_secret with content': {
    change: as('extended_master_secret', 0),
    ours: in12('decode_error'),
    theirs: in12('goes on'),
  },
  'no extended_master_secret': { change: without('extended_master_secret'), ours: in12('goes on') },
  'no renegotiation_info': { change: without('renegotiation_info'), ours: in12('handshake_failure') },
  // RFC 5746 §3.4.
  'renegotiation_info of a renegotiation': {
    change: as('renegotiation_info', 1, 7),
    ours: in12('handshake_failure'),
    theirs: in12('illegal_parameter'),
  },
  'renegotiation_info without its length': { change: as('renegotiation_info'), ours: in12('decode_error') },
  // RFC 8422 §5.2.
  'point formats without the uncompressed': {
    change: as('ec_point_formats', 1, 1),
    ours: in12('illegal_parameter'),
    theirs: in12('goes on'),
  },
  'no point formats': { change: as('ec_point_formats', 0), ours: in12('decode_error') },
  'a server_name with content': { change: as('server_name', 0), ours: in12('decode_error') },
  'a session_ticket with content': { change: as('session_ticket', 0), ours: in12('decode_error') },
  // Servers of TLS 1.2 send it, although it is not for them.
  supported_groups: {
    change: as('supported_groups', 0, 2, 0, X25519),
    ours: { 'TLSv1.3': 'illegal_parameter', 'TLSv1.2': 'goes on' },
  },
  signature_algorithms: { change: as('signature_algorithms', 0, 2, 4, 3), ours: both('illegal_parameter') },
  'a max_fragment_length that was not asked for': { change: as('max_fragment_length', 1), ours: in12('unsupported_extension') },
  'heartbeats that were not offered': {
    change: as('heartbeat', 1),
    ours: in12('unsupported_extension'),
    theirs: in12('goes on'),
  },
  'a status_request that was not made': { change: as('status_request'), ours: in12('unsupported_extension') },
  'encrypt_then_mac, which OpenSSL offers and foxtls does not': {
    change: as('encrypt_then_mac'),
    ours: in12('unsupported_extension'),
    theirs: in12('goes on'),
  },
  // ---- HelloRetryRequest ----
  'a HelloRetryRequest for the group of a share': { change: retry(share(0, X25519)), ours: in13('illegal_parameter') },
  'a HelloRetryRequest for a group that was not offered': { change: retry(share(0, 0x1b)), ours: in13('illegal_parameter') },
  'a HelloRetryRequest that changes nothing': { change: retry(), ours: in13('illegal_parameter') },
  'a HelloRetryRequest with a share': {
    change: retry(share(0, SECP521R1, 0, 1, 4)),
    ours: in13('decode_error'),
  },
  'a HelloRetryRequest with an empty cookie': {
    change: retry(cookie(0, 0)),
    ours: in13('decode_error'),
    theirs: in13('illegal_parameter'),
  },
  'a HelloRetryRequest with an extension that nobody knows': {
    change: retry(share(0, SECP521R1), { type: 0x1234, data: EMPTY }),
    ours: in13('unsupported_extension'),
    theirs: in13('goes on'),
  },
  'a HelloRetryRequest with pre_shared_key': {
    change: retry(share(0, SECP521R1), { type: EXTENSION_TYPES.pre_shared_key, data: bytes(0, 0) }),
    ours: in13('illegal_parameter'),
  },
  // So it is a ServerHello of TLS 1.2 with the random of a HelloRetryRequest (RFC 8446 §4.1.3).
  'a HelloRetryRequest without supported_versions': {
    change: () => ({ random: HELLO_RETRY_REQUEST_RANDOM, extensions: [share(0, SECP521R1)] }),
    ours: in13('protocol_version'),
    theirs: in13('goes on'),
  },
} as const satisfies Record<string, Alteration>;

/** The altered ServerHello, in its record, for a client whose ClientHello came in one record. */
export function writeServerHello({ change }: Alteration, version: FlightVersion, hello: Uint8Array): Uint8Array {
  // Behind the headers of the record and of the message, legacy_version and random.
  const sessionId = hello.slice(44, 44 + (hello[43] ?? 0));
  const common = { type: HANDSHAKE_TYPES.server_hello, legacyVersion: 0x0303, compression: 0, recordVersion: 0x0303 };
  const right: ServerHelloParts = {
    ...common,
    random: provider.random(32),
    sessionId: version === 'TLSv1.3' ? sessionId : EMPTY,
    suite: SUITES[version],
    extensions: version === 'TLSv1.3' ? extensionsOfTls13() : EXTENSIONS_OF_TLS12,
    inside: EMPTY,
    behind: EMPTY,
  };
  const parts = { ...right, ...change(right, version, sessionId) };
  const extensions = parts.extensions?.map(({ type, data }) => concat(uint16(type), prefixed(2, data)));
  const body = concat(
    ...[uint16(parts.legacyVersion), parts.random, prefixed(1, parts.sessionId), uint16(parts.suite)],
    ...[bytes(parts.compression), extensions === undefined ? EMPTY : prefixed(2, ...extensions), parts.inside],
  );
  const message = concat(bytes(parts.type), prefixed(3, body), parts.behind);
  return concat(bytes(22), uint16(parts.recordVersion), prefixed(2, message));
}

function extensionsOfTls13(): readonly Extension[] {
  return [
    { type: EXTENSION_TYPES.supported_versions, data: uint16(0x0304) },
    { type: EXTENSION_TYPES.key_share, data: concat(uint16(X25519), prefixed(2, zeros(32).fill(9))) },
  ];
}

const EXTENSIONS_OF_TLS12: readonly Extension[] = [
  { type: EXTENSION_TYPES.renegotiation_info, data: bytes(0) },
  { type: EXTENSION_TYPES.extended_master_secret, data: EMPTY },
];
