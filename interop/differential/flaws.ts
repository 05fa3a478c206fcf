/**
 * What may be wrong with a ClientHello of the differential test: each flaw breaks one rule, and says what follows from it.
 *
 * "Peers which receive a message which cannot be parsed according to the syntax (e.g., have a length extending beyond the message boundary or
 * contain an out-of-range length) MUST terminate the connection with a "decode_error" alert." (RFC 8446 §6) foxtls reads every extension that
 * it knows, whatever is agreed on; OpenSSL reads one when it comes to need it.
 */

import { concat, EMPTY } from '../../packages/foxtls/src/core/bytes/bytes.ts';
import type { AlertName } from '../../packages/foxtls/src/core/registry/alerts.ts';
import { EXTENSION_TYPES } from '../../packages/foxtls/src/core/registry/extension-types.ts';
import { type Extension, prefixed, type Share } from './client-hello.ts';

interface Parts {
  readonly head: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly suites: Uint8Array;
  readonly compressions: Uint8Array;
  readonly extensions: Uint8Array;
}

export interface Change {
  readonly extensions?: (list: readonly Extension[]) => readonly Extension[];
  readonly body?: (parts: Parts) => Parts;
  readonly shares?: (shares: readonly Share[]) => readonly Share[];
}

/** What may follow: an alert, or nothing. */
export type Consequence = AlertName | 'ignored';

export interface FlawOfHello {
  readonly change: Change;
  /** For foxtls, by the RFC. */
  readonly ours: readonly Consequence[];
  /** For OpenSSL: the same, or what it does in its place. */
  readonly theirs: readonly Consequence[];
}

type ExtensionName = keyof typeof EXTENSION_TYPES;

const malformed = (change: Change, ...instead: Consequence[]) => wrong('decode_error', change, ...instead);

/** `instead`: what OpenSSL does beside, or in place of what is due. */
function wrong(due: AlertName, change: Change, ...instead: Consequence[]): FlawOfHello {
  return { change, ours: [due], theirs: [due, ...instead] };
}

/** In the place of the extension, or at the end when it is not there. */
const as = (name: ExtensionName, ...data: number[]): Change => ({
  extensions: (list) => {
    const changed = { type: EXTENSION_TYPES[name], data: Uint8Array.from(data) };
    const isThere = list.some(({ type }) => type === changed.type);
    return isThere ? list.map((extension) => (extension.type === changed.type ? changed : extension)) : [...list, changed];
  },
});

const of =
  (name: ExtensionName) =>
  ({ type }: Extension) =>
    type === EXTENSION_TYPES[name];

const body = (edit: (parts: Parts) => Partial<Parts>): Change => ({ body: (parts) => ({ ...parts, ...edit(parts) }) });

/** Of the shares: only a server that takes the first of them sees it. */
function firstShare(edit: (share: Uint8Array) => Uint8Array): Change {
  return { shares: ([first, ...others]) => (first === undefined ? [] : [{ ...first, share: edit(first.share) }, ...others]) };
}

/** Of X25519 and X448, every string of bytes is a point. */
const isMontgomery = ({ length }: Uint8Array) => length === 32 || length === 56;
const isPoint = ({ length }: Uint8Array) => length === 65 || length === 97 || length === 133;

/** One identity of three bytes, and its binder. */
const PSK = concat(Uint8Array.of(0, 9, 0, 3, 1, 2, 3, 0, 0, 0, 0), Uint8Array.of(0, 33, 32), new Uint8Array(32));

const withPsk = (list: readonly Extension[]): readonly Extension[] => {
  const modes = { type: EXTENSION_TYPES.psk_key_exchange_modes, data: Uint8Array.of(1, 1) };
  return [
    ...list,
    ...(list.some(of('psk_key_exchange_modes')) ? [] : [modes]),
    { type: EXTENSION_TYPES.pre_shared_key, data: PSK },
  ];
};

/** `identities` and `binders`, in place of both. */
const offering = (identities: readonly Uint8Array[], binders: readonly Uint8Array[]): Change => ({
  extensions: (list) => [
    ...withPsk(list).slice(0, -1),
    {
      type: EXTENSION_TYPES.pre_shared_key,
      data: concat(
        prefixed(2, ...identities.map((identity) => concat(prefixed(2, identity), new Uint8Array(4)))),
        prefixed(2, ...binders.map((binder) => prefixed(1, binder))),
      ),
    },
  ],
});

const zeros = (count: number) => new Uint8Array(count);

const UNKNOWN: Extension = { type: 0x4321, data: EMPTY };

export const FLAWS = {
  // "There MUST NOT be more than one extension of the same type in a given extension block." (RFC 8446 §4.2) OpenSSL counts those it knows.
  'an extension twice': wrong('illegal_parameter', { extensions: (list) => [...list, ...list.slice(0, 1)] }, 'ignored'),
  'an unknown extension twice': wrong('illegal_parameter', { extensions: (list) => [...list, UNKNOWN, UNKNOWN] }, 'ignored'),
  'no extensions at all': { change: { extensions: () => [] }, ours: ['ignored'], theirs: ['ignored'] },
  'bytes behind the extensions': malformed(body(({ extensions }) => ({ extensions: concat(extensions, Uint8Array.of(0)) }))),
  'extensions that end too early': malformed(body(({ extensions }) => ({ extensions: extensions.slice(0, -1) }))),
  'no suites': malformed(
    body(() => ({ suites: Uint8Array.of(0, 0) })),
    'illegal_parameter',
  ),
  'half a suite': malformed(body(() => ({ suites: Uint8Array.of(0, 3, 0x13, 0x01, 0x13) }))),
  'a session id of 33 bytes': malformed(body(() => ({ sessionId: concat(Uint8Array.of(33), new Uint8Array(33)) }))),
  'no compression methods': malformed(body(() => ({ compressions: Uint8Array.of(0) }))),
  // RFC 8446 §4.1.2; in TLS 1.2 null has to be there (RFC 5246 §7.4.1.2), and no alert is named.
  'compression without null': wrong(
    'illegal_parameter',
    body(() => ({ compressions: Uint8Array.of(1, 1) })),
    'decode_error',
  ),
  'suites that end too early': malformed(body(() => ({ suites: Uint8Array.of(0xff, 0xfe, 0x13, 0x01) }))),
  'more compression methods than there are bytes': malformed(
    body(({ extensions }) => ({ compressions: Uint8Array.of(255, 0), extensions: extensions.subarray(0, 60) })),
  ),
  'a hello that ends after its random': malformed(
    body(() => ({ sessionId: EMPTY, suites: EMPTY, compressions: EMPTY, extensions: EMPTY })),
  ),
  'a hello that ends after its suites': malformed(body(() => ({ compressions: EMPTY, extensions: EMPTY }))),
  'one byte for the length of extensions': malformed(body(() => ({ extensions: Uint8Array.of(0) }))),
  'compression beside null': {
    change: body(() => ({ compressions: Uint8Array.of(2, 1, 0) })),
    ours: ['illegal_parameter', 'ignored'],
    theirs: ['illegal_parameter', 'ignored'],
  },
  'no supported version': malformed(as('supported_versions', 0), 'protocol_version'),
  'half a supported version': malformed(as('supported_versions', 3, 3, 4, 3), 'protocol_version'),
  'bytes behind the supported versions': malformed(as('supported_versions', 2, 3, 4, 0), 'protocol_version'),
  'an empty supported_versions': malformed(as('supported_versions'), 'protocol_version'),
  'bytes behind the groups': malformed(as('supported_groups', 0, 2, 0, 0x1d, 0)),
  'bytes behind the signature algorithms': malformed(as('signature_algorithms', 0, 2, 4, 3, 0), 'ignored'),
  'no groups': malformed(as('supported_groups', 0, 0)),
  'half a group': malformed(as('supported_groups', 0, 3, 0, 0x1d, 0)),
  'no signature algorithms': malformed(as('signature_algorithms', 0, 0), 'ignored'),
  'half a signature algorithm': malformed(as('signature_algorithms', 0, 3, 4, 3, 8), 'ignored'),
  'no certificate signature algorithms': malformed(as('signature_algorithms_cert', 0, 0), 'ignored'),
  'an ALPN list without protocols': malformed(as('application_layer_protocol_negotiation', 0, 0)),
  'an empty ALPN protocol': malformed(as('application_layer_protocol_negotiation', 0, 1, 0)),
  'an ALPN protocol that ends too early': malformed(as('application_layer_protocol_negotiation', 0, 3, 3, 0x68, 0x32)),
  'an ALPN list that ends too early': malformed(as('application_layer_protocol_negotiation', 0, 9, 2, 0x68, 0x32)),
  'bytes behind the ALPN list': malformed(as('application_layer_protocol_negotiation', 0, 3, 2, 0x68, 0x32, 0)),
  'no uncompressed point format': wrong('illegal_parameter', as('ec_point_formats', 2, 1, 2), 'ignored'),
  'no point formats': malformed(as('ec_point_formats', 0), 'ignored'),
  // What there is no length for (RFC 6066 §4); beside record_size_limit it is not looked at (RFC 8449 §5).
  'more point formats than there are bytes': malformed(as('ec_point_formats', 3, 0), 'ignored'),
  'a max_fragment_length of 0': {
    change: as('max_fragment_length', 0),
    ours: ['illegal_parameter', 'ignored'],
    theirs: ['illegal_parameter', 'ignored'],
  },
  'an unknown max_fragment_length': {
    change: as('max_fragment_length', 9),
    ours: ['illegal_parameter', 'ignored'],
    theirs: ['illegal_parameter'],
  },
  'a max_fragment_length of two bytes': malformed(as('max_fragment_length', 1, 1)),
  // RFC 8449 §4, which OpenSSL 3.0 does not have.
  'a record_size_limit of 63': wrong('illegal_parameter', as('record_size_limit', 0, 63), 'ignored'),
  'an empty list of names': malformed(as('server_name', 0, 0)),
  'an empty name': malformed(as('server_name', 0, 3, 0, 0, 0), 'ignored'),
  // Right in form, and not allowed (RFC 6066 §3).
  'a name with a zero byte': wrong('illegal_parameter', as('server_name', 0, 6, 0, 0, 3, 0x61, 0, 0x62), 'unrecognized_name'),
  'two names': wrong('illegal_parameter', as('server_name', 0, 8, 0, 0, 1, 0x61, 0, 0, 1, 0x62), 'decode_error'),
  // RFC 6066 §3 leaves room for other kinds; OpenSSL, as BoringSSL, has none.
  'a name of another kind': { change: as('server_name', 0, 4, 7, 0, 1, 0x61), ours: ['ignored'], theirs: ['decode_error'] },
  'a name that ends too early': malformed(as('server_name', 0, 4, 0, 0, 9, 0x61)),
  'bytes behind the names': malformed(as('server_name', 0, 4, 0, 0, 1, 0x61, 0)),
  'a name of 256 bytes': wrong(
    'illegal_parameter',
    as('server_name', 1, 3, 0, 1, 0, ...new Array<number>(256).fill(0x61)),
    'unrecognized_name',
  ),
  'an address for a name': {
    change: as('server_name', 0, 10, 0, 0, 7, 0x31, 0x2e, 0x31, 0x2e, 0x31, 0x2e, 0x31),
    ours: ['ignored'],
    theirs: ['ignored'],
  },
  // RFC 5746 §3.6; TLS 1.3 has no renegotiation, and foxtls no eye for it there.
  'a renegotiation_info without its length': malformed(as('renegotiation_info'), 'ignored'),
  'bytes behind renegotiation_info': malformed(as('renegotiation_info', 0, 0), 'ignored', 'handshake_failure'),
  'a renegotiation that never began': {
    change: as('renegotiation_info', 1, 7),
    ours: ['handshake_failure', 'ignored'],
    theirs: ['handshake_failure'],
  },
  'an extended_master_secret with content': malformed(as('extended_master_secret', 0), 'ignored'),
  'an encrypt_then_mac with content': malformed(as('encrypt_then_mac', 0), 'ignored'),
  'no PSK modes': malformed(as('psk_key_exchange_modes', 0), 'ignored'),
  // RFC 8446 §4.2.2: nobody gave it. OpenSSL looks at cookies only with -stateless.
  'a cookie that was not given': {
    change: as('cookie', 0, 2, 1, 2),
    ours: ['illegal_parameter', 'ignored'],
    theirs: ['ignored'],
  },
  'an empty cookie': malformed(as('cookie', 0, 0), 'ignored'),
  'padding that is not zero': { change: as('padding', 1, 2, 3), ours: ['ignored'], theirs: ['ignored'] },
  // "If an implementation receives an extension which it recognizes and which is not specified for the message in which it appears, it MUST
  // abort the handshake with an "illegal_parameter" alert." (RFC 8446 §4.2) OpenSSL does not know oid_filters.
  'an extension of CertificateRequest': wrong('illegal_parameter', as('oid_filters', 0, 0), 'ignored'),
  'a status_request of an unknown type': { change: as('status_request', 9, 0, 0, 0, 0), ours: ['ignored'], theirs: ['ignored'] },
  'an empty status_request': malformed(as('status_request')),
  'a status_request with an empty responder': malformed(as('status_request', 1, 0, 2, 0, 0, 0, 0)),
  'a status_request with bytes behind it': malformed(as('status_request', 1, 0, 0, 0, 0, 0)),
  'a status_request that names a responder': {
    change: as('status_request', 1, 0, 7, 0, 5, 0xa2, 3, 4, 1, 7, 0, 0),
    ours: ['ignored'],
    theirs: ['ignored'],
  },
  'a status_request that ends too early': malformed(as('status_request', 1, 0)),
  'early data without a PSK': { change: as('early_data'), ours: ['ignored'], theirs: ['ignored'] },
  'bytes behind the key shares': malformed(
    {
      extensions: (list) =>
        list.map((one) => (of('key_share')(one) ? { ...one, data: concat(one.data, Uint8Array.of(0)) } : one)),
    },
    'ignored',
  ),
  // Servers may check both, and OpenSSL does not (RFC 8446 §4.2.8).
  'two key shares of a group': wrong('illegal_parameter', { shares: (shares) => [...shares, ...shares.slice(0, 1)] }, 'ignored'),
  'a key share of a group that is not listed': wrong(
    'illegal_parameter',
    { shares: (shares) => [...shares, { group: 0x001b, share: new Uint8Array(65).fill(4, 0, 1) }] },
    'ignored',
  ),
  'a key share too long': {
    change: firstShare((share) => concat(share, zeros(1))),
    ours: ['illegal_parameter', 'ignored'],
    theirs: ['illegal_parameter', 'ignored'],
  },
  'a key share that is no point': {
    change: firstShare((share) =>
      isPoint(share) ? share.map((byte, at) => (at === share.length - 1 ? byte ^ 1 : byte)) : share,
    ),
    ours: ['illegal_parameter', 'ignored'],
    theirs: ['illegal_parameter', 'ignored'],
  },
  'a key share of ones': {
    change: firstShare((share) => (isMontgomery(share) ? share : share.map(() => 0xff))),
    ours: ['illegal_parameter', 'ignored'],
    theirs: ['illegal_parameter', 'ignored'],
  },
  'a key_share of nothing': malformed(as('key_share'), 'ignored'),
  'a key share that ends too early': malformed(as('key_share', 0, 6, 0, 0x1d, 0, 32, 1, 2), 'ignored'),
  'an empty key share': malformed(
    firstShare(() => EMPTY),
    'ignored',
  ),
  'a key share too short': {
    change: firstShare((share) => share.slice(1)),
    ours: ['illegal_parameter', 'ignored'],
    theirs: ['illegal_parameter', 'ignored'],
  },
  'a key share of zeros': {
    change: firstShare((share) => new Uint8Array(share.length)),
    ours: ['illegal_parameter', 'ignored'],
    theirs: ['illegal_parameter', 'ignored'],
  },
  'a PSK that nobody knows': { change: { extensions: withPsk }, ours: ['ignored'], theirs: ['ignored'] },
  // RFC 8446 §4.2.11: of TLS 1.3; OpenSSL looks at the order before it has chosen a version.
  'a PSK that is not last': {
    change: { extensions: (list) => [...withPsk(list), UNKNOWN] },
    ours: ['illegal_parameter', 'ignored'],
    theirs: ['illegal_parameter'],
  },
  // "If clients offer "pre_shared_key" without a "psk_key_exchange_modes" extension, servers MUST abort the handshake." (RFC 8446 §4.2.9)
  'a PSK without modes': {
    change: { extensions: (list) => withPsk(list).filter((one) => !of('psk_key_exchange_modes')(one)) },
    ours: ['missing_extension', 'ignored'],
    // In TLS 1.2 that alert becomes another.
    theirs: ['missing_extension', 'handshake_failure', 'ignored'],
  },
  'a ticket that nobody gave': { change: offering([zeros(200)], [zeros(32)]), ours: ['ignored'], theirs: ['ignored'] },
  'many PSKs that nobody knows': {
    change: offering(
      Array.from({ length: 30 }, (_, at) => zeros(1 + at)),
      Array.from({ length: 30 }, () => zeros(48)),
    ),
    ours: ['ignored'],
    theirs: ['ignored'],
  },
  // opaque PskBinderEntry<32..255>, identity<1..2^16-1> (RFC 8446 §4.2.11).
  'a PSK binder of 31 bytes': malformed(offering([zeros(3)], [zeros(31)]), 'ignored'),
  'an empty PSK identity': malformed(offering([EMPTY], [zeros(32)]), 'ignored'),
  // "The client … MUST contain the same number of values": one for each (RFC 8446 §4.2.11).
  'a PSK more than binders': {
    change: offering([zeros(3), zeros(4)], [zeros(32)]),
    ours: ['illegal_parameter', 'ignored'],
    theirs: ['illegal_parameter', 'ignored'],
  },
  'a binder more than PSKs': {
    change: offering([zeros(3)], [zeros(32), zeros(32)]),
    ours: ['illegal_parameter', 'ignored'],
    theirs: ['illegal_parameter', 'ignored'],
  },
  'bytes behind the binders': malformed(
    {
      extensions: (list) =>
        withPsk(list).map((one) => (of('pre_shared_key')(one) ? { ...one, data: concat(one.data, zeros(1)) } : one)),
    },
    'ignored',
  ),
  'early data with a PSK that nobody knows': {
    change: {
      extensions: (list) =>
        withPsk([...list.filter((one) => !of('early_data')(one)), { type: EXTENSION_TYPES.early_data, data: EMPTY }]),
    },
    ours: ['ignored'],
    theirs: ['ignored'],
  },
  'early data with content': malformed(as('early_data', 0), 'ignored'),
  // Nor modes; in TLS 1.2 foxtls reads nothing that is of TLS 1.3 alone.
  'a PSK without binders': {
    change: { extensions: (list) => [...list, { type: EXTENSION_TYPES.pre_shared_key, data: PSK.subarray(0, 11) }] },
    ours: ['decode_error', 'ignored'],
    theirs: ['decode_error', 'missing_extension', 'handshake_failure', 'ignored'],
  },
} as const satisfies Record<string, FlawOfHello>;

export type Flaw = keyof typeof FLAWS;
