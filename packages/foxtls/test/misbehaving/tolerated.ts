/**
 * What a peer may do, and its connection goes on: what is unknown is ignored, what is unusual is right. In TLS 1.3, and what TLS 1.2 has too.
 */

import type { ConnectionInfo } from '../../src/connection/connection.ts';
import { concat, EMPTY, utf8 } from '../../src/core/bytes/bytes.ts';
import { EXTENSION_TYPES } from '../../src/core/registry/extension-types.ts';
import { GREASE_VALUES } from '../../src/core/registry/grease.ts';
import type { ClientHello } from '../../src/protocol/messages/client-hello.ts';
import type { RawExtension } from '../../src/protocol/messages/extensions/block.ts';
import type { Case } from './case.ts';
import { adding, type ExtensionName, editing, extension, filled, messageOf, replacing, SECP256R1, two } from './edits.ts';
import type { Peer } from './peer.ts';
import type { OutgoingRecord } from './scripted-peer.ts';

/** A right handshake, if an unusual one; `info` is part of what the victim says of it. */
export interface Tolerated<P> extends Pick<Case, 'name' | 'rfc' | 'victim'> {
  readonly break: (peer: P) => void;
  readonly info?: Partial<ConnectionInfo>;
}

type Tls13Tolerated = Tolerated<Peer> & Pick<Case, 'situation' | 'options'>;

/** A client of any version, as far as its hello. */
export interface HelloPeer {
  change(place: 'client_hello', edit: (hello: ClientHello) => ClientHello): void;
  changeExtensions(place: 'client_hello', edit: (list: readonly RawExtension[]) => readonly RawExtension[]): void;
  changeRecords(place: 'client_hello', edit: (record: OutgoingRecord) => readonly OutgoingRecord[]): void;
}

type List = readonly RawExtension[];

const GREASE = GREASE_VALUES.flatMap(two);
const UNKNOWN = [0xfe01, 0xff01, 0x00fe].flatMap(two);

/** Puts bytes before those of a list that begins with its length of two bytes. */
const listing = (name: ExtensionName, ...more: readonly number[]) =>
  editing(name, (data) => Uint8Array.of(...two(data.length - 2 + more.length), ...more, ...data.subarray(2)));

/** The list filled up with an extension that nobody knows, to as many bytes as an extension block has. */
export function filledUp(list: List): List {
  const length = list.reduce((total, { data }) => total + 4 + data.length, 0);
  return [{ type: 0xfafb, data: filled(0xffff - length - 4, 0x55) }, ...list];
}

/** Records that are as long as they may be. */
export const inFullRecords = (record: OutgoingRecord): readonly OutgoingRecord[] => {
  const parts: OutgoingRecord[] = [];
  for (let at = 0; at < record.content.length; at += 16384) {
    parts.push({ ...record, content: record.content.subarray(at, at + 16384) });
  }
  return parts;
};

export const inSingleBytes = (record: OutgoingRecord): readonly OutgoingRecord[] =>
  Array.from(record.content, (byte) => ({ ...record, content: Uint8Array.of(byte) }));

const edits: readonly (readonly [what: string, rfc: string, edit: (list: List) => List])[] = [
  ['has reserved and unknown groups', 'RFC 8701 §3.2', listing('supported_groups', ...GREASE, ...UNKNOWN)],
  ['has groups of old', 'RFC 8446 §4.2.7', listing('supported_groups', 0, 1, 0, 14, 0xff, 1, 0xff, 2)],
  ['names each group twice', 'RFC 8446 §4.2.7', editing('supported_groups', twice)],
  ['has reserved and unknown signature schemes', 'RFC 8701 §3.2', listing('signature_algorithms', ...GREASE, ...UNKNOWN)],
  ['names each signature scheme two hundred times', 'RFC 8446 §4.2.3', editing('signature_algorithms', manyTimes)],
  ['has signature schemes of MD5, SHA-1 and DSA', 'RFC 8446 §4.2.3', listing('signature_algorithms', 1, 1, 2, 1, 2, 2, 2, 3)],
  [
    'has unknown signature schemes for certificates',
    'RFC 8446 §4.2.3',
    adding(extension('signature_algorithms_cert', 0, 6, 0xfe, 1, 4, 3, 8, 4)),
  ],
  ['has reserved extensions', 'RFC 8701 §3.1', adding(...GREASE_VALUES.map((type) => ({ type, data: Uint8Array.of(1, 2) })))],
  [
    'has five thousand extensions that nobody knows',
    'RFC 8446 §4.2',
    adding(...Array.from({ length: 5000 }, (_, i) => ({ type: 0x4000 + i, data: EMPTY }))),
  ],
  ['has the largest extension block', 'RFC 8446 §4.1.2', filledUp],
  [
    'offers protocols that we do not have',
    'RFC 7301 §3.2',
    adding(extension('application_layer_protocol_negotiation', 0, 6, 2, 0xfa, 0xfa, 2, 0x68, 0x33)),
  ],
  ['asks for a name of a type that nobody knows', 'RFC 6066 §3', replacing('server_name', 0, 5, 7, 0, 2, 1, 2)],
  ['asks for a name of a type that nobody knows, too', 'RFC 6066 §3', listing('server_name', 7, 0, 2, 1, 2)],
  ['asks for a status of a type that nobody knows', 'RFC 6066 §8', adding(extension('status_request', 7, 1, 2, 3))],
  [
    'asks for an OCSP response and for timestamps, of which there are none',
    'RFC 6066 §8',
    adding(extension('status_request', 1, 0, 0, 0, 0), extension('signed_certificate_timestamp')),
  ],
  ['has point formats of old', 'RFC 8422 §5.1.2', replacing('ec_point_formats', 3, 0, 1, 2)],
  ['pads its hello', 'RFC 7685 §3', adding(extension('padding', ...filled(1000)))],
  ['offers heartbeats', 'RFC 6520 §2', adding(extension('heartbeat', 1))],
  ['has a record_size_limit that is beyond every version', 'RFC 8449 §4', adding(extension('record_size_limit', 0xff, 0xff))],
  ['has the smallest record_size_limit', 'RFC 8449 §4', adding(extension('record_size_limit', 0, 64))],
  [
    'has a record_size_limit, and a max_fragment_length that there is not',
    'RFC 8449 §5',
    adding(extension('record_size_limit', 2, 0), extension('max_fragment_length', 9)),
  ],
  ['asks for records of 512 bytes', 'RFC 6066 §4', adding(extension('max_fragment_length', 1))],
  ['takes raw public keys, too', 'RFC 7250 §4.1', adding(extension('server_certificate_type', 3, 77, 0, 2))],
  ['would do anything after the handshake', 'RFC 8446 §4.2.6', adding(extension('post_handshake_auth'))],
  [
    'names authorities that nobody knows',
    'RFC 8446 §4.2.4',
    adding(extension('certificate_authorities', 0, 6, 0, 4, 0x30, 2, 0x31, 0)),
  ],
  [
    'has other extensions of TLS: token binding, cached information, delegated credentials',
    'RFC 8446 §4.2',
    adding(
      { type: 24, data: Uint8Array.of(1, 0, 1, 2) },
      { type: 25, data: Uint8Array.of(0, 1, 1) },
      { type: 34, data: Uint8Array.of(0, 2, 4, 3) },
    ),
  ],
  [
    'has extensions that are for datagrams alone, and not as they are there',
    'RFC 9146 §10.2',
    adding(extension('connection_id'), extension('rrc', 1), extension('use_srtp', 0)),
  ],
];

function twice(data: Uint8Array): Uint8Array {
  return Uint8Array.of(...two(2 * (data.length - 2)), ...data.subarray(2), ...data.subarray(2));
}

function manyTimes(data: Uint8Array): Uint8Array {
  const list = concat(...Array.from({ length: 200 }, () => data.subarray(2)));
  return concat(Uint8Array.from(two(list.length)), list);
}

/** What a server of any version bears in a ClientHello. */
export function toleratedHellos<P extends HelloPeer>(): readonly Tolerated<P>[] {
  const common = { victim: 'server' } as const;
  return [
    ...edits.map(
      ([name, rfc, edit]): Tolerated<P> => ({
        ...common,
        name,
        rfc,
        break: (peer) => {
          peer.changeExtensions('client_hello', edit);
          peer.changeRecords('client_hello', inFullRecords);
        },
      }),
    ),
    {
      ...common,
      name: 'has reserved and unknown suites',
      rfc: 'RFC 8701 §3.1',
      break: (peer) =>
        peer.change('client_hello', (hello) => ({
          ...hello,
          cipherSuites: [0xfefe, 0x0000, 0x0005, ...GREASE_VALUES, ...hello.cipherSuites, 0xcafe, 0x00ff],
        })),
    },
    {
      ...common,
      name: 'has as many suites and extensions as there can be',
      rfc: 'RFC 8446 §4.1.2',
      break: (peer) => {
        peer.changeExtensions('client_hello', filledUp);
        peer.change('client_hello', (hello) => ({ ...hello, cipherSuites: [...hello.cipherSuites, ...manySuites(hello)] }));
        peer.changeRecords('client_hello', inFullRecords);
      },
    },
    ...[0x0300, 0x0301, 0x0303, 0x03ff].map(
      (version): Tolerated<P> => ({
        ...common,
        name: `says hello in a record of version 0x0${version.toString(16)}`,
        rfc: 'RFC 5246 §E.1',
        break: (peer) => peer.changeRecords('client_hello', (record) => [{ ...record, version }]),
      }),
    ),
    {
      ...common,
      name: 'says hello in records of one byte',
      rfc: 'RFC 8446 §5.1',
      break: (peer) => peer.changeRecords('client_hello', inSingleBytes),
    },
    ...[1, 3, 4, 5, 38].map(
      (at): Tolerated<P> => ({
        ...common,
        name: `says hello in two records, the first of ${at} bytes`,
        rfc: 'RFC 8446 §5.1',
        break: (peer) =>
          peer.changeRecords('client_hello', (record) => [
            { ...record, content: record.content.subarray(0, at) },
            { ...record, content: record.content.subarray(at) },
          ]),
      }),
    ),
  ];
}

/** As many as there is room for, none of them ours. */
function manySuites({ cipherSuites }: ClientHello): readonly number[] {
  return Array.from({ length: 0x7fff - cipherSuites.length }, (_, i) => 0x6000 + (i % 0x1000));
}

// ---- TLS 1.3 ----

const KEY_SHARE = EXTENSION_TYPES.key_share;
const RETRY = { retry: { group: SECP256R1 } } as const;

const clients: readonly Tls13Tolerated[] = [
  ...[0x0301, 0x0302, 0x0304, 0x7f1c, 0xffff].map(
    (legacyVersion): Tls13Tolerated => ({
      victim: 'server',
      name: `has legacy_version 0x${legacyVersion.toString(16)}`,
      rfc: 'RFC 8446 §4.2.1',
      break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, legacyVersion })),
      info: { version: 'TLSv1.3' },
    }),
  ),
  ...[0, 1, 16].map(
    (length): Tls13Tolerated => ({
      victim: 'server',
      name: `has a legacy_session_id of ${length} bytes`,
      rfc: 'RFC 8446 §4.1.2',
      break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, legacySessionId: filled(length, 5) })),
    }),
  ),
  {
    victim: 'server',
    name: 'has TLS 1.3 behind versions that nobody knows, and one of old',
    rfc: 'RFC 8446 §4.2.1',
    break: (peer) =>
      peer.changeExtensions(
        'client_hello',
        replacing('supported_versions', 14, 0xfa, 0xfa, 0x7f, 0x1c, 3, 5, 3, 0, 3, 1, 3, 3, 3, 4),
      ),
    info: { version: 'TLSv1.3' },
  },
  {
    victim: 'server',
    name: 'has shares of reserved and unknown groups',
    rfc: 'RFC 8701 §3.2',
    break: (peer) => {
      peer.changeExtensions('client_hello', listing('supported_groups', 0xfa, 0xfa, 0xfe, 0x01));
      peer.changeExtensions('client_hello', listing('key_share', 0xfa, 0xfa, 0, 1, 0, 0xfe, 0x01, 0, 3, 1, 2, 3));
    },
  },
  {
    victim: 'server',
    name: 'sets the highest bit of its X25519 share, which means nothing',
    rfc: 'RFC 7748 §5',
    break: (peer) =>
      peer.changeExtensions(
        'client_hello',
        editing('key_share', (data) => data.with(-1, (data.at(-1) as number) | 0x80)),
      ),
  },
  {
    victim: 'server',
    name: 'has modes for pre-shared keys that nobody knows',
    rfc: 'RFC 8446 §4.2.9',
    break: (peer) => peer.changeExtensions('client_hello', replacing('psk_key_exchange_modes', 3, 0x1a, 0xfe, 1)),
  },
  {
    victim: 'server',
    name: 'has a ticket that is not ours',
    rfc: 'RFC 8446 §4.2.11',
    situation: { psks: [{ identity: utf8('stranger'), secret: filled(32), hash: 'sha256', binder: 'resumption' }] },
    break: () => {},
    info: { resumed: false },
  },
  {
    victim: 'server',
    name: 'has extensions that TLS 1.3 has no use for',
    rfc: 'RFC 8446 §4.2',
    break: (peer) =>
      peer.changeExtensions(
        'client_hello',
        adding(
          extension('ec_point_formats', 1, 0),
          extension('extended_master_secret'),
          extension('encrypt_then_mac'),
          extension('session_ticket', 1, 2, 3),
          extension('renegotiation_info', 0),
        ),
      ),
  },
  {
    victim: 'server',
    name: 'shuffles its extensions',
    rfc: 'RFC 8446 §4.2',
    break: (peer) => peer.changeExtensions('client_hello', (list) => list.toReversed()),
  },
  {
    victim: 'server',
    name: 'pads its first hello, and not the second',
    rfc: 'RFC 8446 §4.1.2',
    situation: { keyShareGroups: ['secp384r1'] },
    options: { groups: ['x25519'] },
    break: (peer) => peer.changeExtensions('client_hello', adding(extension('padding', 0, 0, 0))),
  },
  {
    victim: 'server',
    name: 'sends no share, and then the one that it is asked for',
    rfc: 'RFC 8446 §4.2.8',
    situation: { keyShareGroups: ['secp384r1'] },
    options: { groups: ['x25519'] },
    break: (peer) =>
      peer.changeExtensions('client_hello', (list) =>
        list.map((one) => (one.type === KEY_SHARE ? extension('key_share', 0, 0) : one)),
      ),
  },
  {
    victim: 'server',
    name: 'has early data on offer that it does not send',
    rfc: 'RFC 8446 §4.2.10',
    break: (peer) => peer.changeExtensions('client_hello', adding(extension('early_data'))),
  },
];

const servers: readonly Tls13Tolerated[] = [
  {
    victim: 'client',
    name: 'says which groups it has, and that it knows the name',
    rfc: 'RFC 8446 §4.2.7',
    break: (peer) =>
      peer.changeExtensions(
        'encrypted_extensions',
        adding(extension('supported_groups', 0, 6, 0xfa, 0xfa, 0xfe, 1, 0, 0x1d), extension('server_name')),
      ),
  },
  {
    victim: 'client',
    name: 'asks for a certificate by extensions and schemes that nobody knows',
    rfc: 'RFC 8446 §4.3.2',
    situation: { requestsCertificate: true },
    break: (peer) => {
      peer.changeExtensions('certificate_request', listing('signature_algorithms', ...GREASE, ...UNKNOWN));
      peer.changeExtensions(
        'certificate_request',
        adding(
          { type: 0xfafa, data: Uint8Array.of(1) },
          extension('signed_certificate_timestamp'),
          extension('status_request'),
          extension('oid_filters', 0, 5, 1, 0x2a, 0, 1, 7),
        ),
      );
    },
  },
  {
    victim: 'client',
    name: 'asks for a cookie, and then for a share',
    rfc: 'RFC 8446 §4.1.4',
    situation: { retry: { group: SECP256R1, cookie: filled(1000, 7) } },
    break: () => {},
  },
  {
    victim: 'client',
    name: 'sends its HelloRetryRequest and its ServerHello in records of one byte',
    rfc: 'RFC 8446 §5.1',
    situation: RETRY,
    break: (peer) => {
      peer.changeRecords('hello_retry_request', inSingleBytes);
      peer.changeRecords('server_hello', inSingleBytes);
    },
  },
  {
    victim: 'client',
    name: 'sends three tickets, one of them for no time, one for longer than may be',
    rfc: 'RFC 8446 §4.6.1',
    break: (peer) =>
      peer.whenConnected(() => {
        for (const lifetime of [
          [0, 0, 0, 0],
          [0xff, 0xff, 0xff, 0xff],
          [0, 0, 1, 0],
        ]) {
          peer.sendHandshake(messageOf('new_session_ticket', ...lifetime, 1, 2, 3, 4, 0, 0, 1, 9, 0, 4, 0xfa, 0xfa, 0, 0));
        }
      }),
  },
];

const both: readonly Tls13Tolerated[] = (['client', 'server'] as const).flatMap((victim): Tls13Tolerated[] => {
  const hello = victim === 'client' ? 'server_hello' : 'client_hello';
  return [
    {
      victim,
      name: 'sends any legacy_record_version',
      rfc: 'RFC 8446 §5.1',
      break: (peer) => {
        peer.changeRecords(hello, (record) => [{ ...record, version: 0x0300 }]);
        peer.changeRecords('finished', (record) => [{ ...record, version: 0xffff }]);
      },
    },
    {
      victim,
      name: 'sends its messages byte by byte in records of their own',
      rfc: 'RFC 8446 §5.1',
      break: (peer) => {
        for (const place of [hello, 'finished'] as const) peer.changeRecords(place, inSingleBytes);
      },
    },
    {
      victim,
      name: 'pads its records to the limit',
      rfc: 'RFC 8446 §5.4',
      break: (peer) => peer.changeRecords('finished', (record) => [{ ...record, padding: 16384 - record.content.length }]),
    },
    {
      victim,
      name: 'sends change_cipher_spec a few times',
      rfc: 'RFC 8446 §5',
      break: (peer) =>
        peer.before('finished', () => {
          for (let i = 0; i < 3; i++) peer.sendChangeCipherSpec();
        }),
    },
    {
      victim,
      name: 'sends user_canceled without meaning it',
      rfc: 'RFC 8446 §6.1',
      break: (peer) => peer.before('finished', () => peer.sendAlert(1, 'user_canceled')),
    },
    {
      victim,
      name: 'sends empty records as cover',
      rfc: 'RFC 8446 §5.4',
      break: (peer) =>
        peer.whenConnected(() => {
          for (let i = 0; i < 20; i++) peer.sendData('');
        }),
    },
    {
      victim,
      name: 'sends records of padding alone as cover, as large as they may be',
      rfc: 'RFC 8446 §5.4',
      break: (peer) =>
        peer.whenConnected(() => {
          for (let i = 0; i < 3; i++) peer.sendRecord({ type: 23, content: EMPTY, padding: 16384 });
        }),
    },
    {
      victim,
      name: 'sends the largest record of data',
      rfc: 'RFC 8446 §5.2',
      break: (peer) => peer.whenConnected(() => peer.sendRecord({ type: 23, content: filled(16384, 0x20) })),
    },
    {
      victim,
      name: 'updates its keys again and again, with data between',
      rfc: 'RFC 8446 §4.6.3',
      break: (peer) =>
        peer.whenConnected(() => {
          for (let i = 0; i < 100; i++) {
            peer.sendKeyUpdate(1);
            peer.sendData('.');
          }
        }),
    },
  ];
});

export const TOLERATED: readonly Tls13Tolerated[] = [...toleratedHellos<Peer>(), ...clients, ...servers, ...both];
