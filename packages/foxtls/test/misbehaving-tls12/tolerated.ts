/**
 * What a peer may do in TLS 1.2, and its connection goes on.
 */

import { EMPTY } from '../../src/core/bytes/bytes.ts';
import { adding, editing, extension, filled, messageOf, replacing, without } from '../misbehaving/edits.ts';
import { inSingleBytes, type Tolerated, toleratedHellos } from '../misbehaving/tolerated.ts';
import { only12, type Tls12Case } from './case.ts';
import type { Tls12Peer } from './peer.ts';

export type Tls12Tolerated = Tolerated<Tls12Peer> & Pick<Tls12Case, 'situation' | 'options'>;

const ALERT = 21;
const DATA = 23;

const SERVER = { victim: 'server' } as const;
const CLIENT = { victim: 'client', options: only12 } as const;

const clients: readonly Tls12Tolerated[] = [
  ...[0x0304, 0x0305, 0x03ff, 0x7f1c, 0xffff].map(
    (legacyVersion): Tls12Tolerated => ({
      ...SERVER,
      name: `says that it has version 0x${legacyVersion.toString(16)}`,
      rfc: 'RFC 5246 §E.1',
      break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, legacyVersion })),
      info: { version: 'TLSv1.2' },
    }),
  ),
  {
    ...SERVER,
    name: 'has TLS 1.2 behind versions that nobody knows',
    rfc: 'RFC 8446 §4.2.1',
    break: (peer) =>
      peer.changeExtensions('client_hello', adding(extension('supported_versions', 8, 0xfa, 0xfa, 3, 5, 3, 1, 3, 3))),
    info: { version: 'TLSv1.2' },
  },
  ...[
    [1, 0],
    [0, 1],
    [64, 0, 255],
  ].map(
    (methods): Tls12Tolerated => ({
      ...SERVER,
      name: `has the compression methods ${methods.join(', ')}`,
      rfc: 'RFC 5246 §7.4.1.2',
      break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, legacyCompressionMethods: Uint8Array.from(methods) })),
    }),
  ),
  {
    ...SERVER,
    name: 'has the largest of all hellos',
    rfc: 'RFC 5246 §7.4.1.2',
    break: (peer) => {
      peer.change('client_hello', (hello) => ({
        ...hello,
        legacySessionId: filled(32, 1),
        cipherSuites: [...hello.cipherSuites, ...Array.from({ length: 0x7ffe }, (_, i) => 0x6000 + (i % 0x1000))],
        legacyCompressionMethods: filled(255).map((_, i) => i),
      }));
      peer.changeExtensions('client_hello', (list) => {
        const length = list.reduce((total, { data }) => total + 4 + data.length, 0);
        return [...list, { type: 0xfafb, data: filled(0xffff - length - 4) }];
      });
      peer.changeRecords('client_hello', (record) =>
        Array.from({ length: Math.ceil(record.content.length / 16384) }, (_, i) => ({
          ...record,
          content: record.content.subarray(i * 16384, (i + 1) * 16384),
        })),
      );
    },
  },
  {
    ...SERVER,
    name: 'says by TLS_EMPTY_RENEGOTIATION_INFO_SCSV alone that it knows secure renegotiation',
    rfc: 'RFC 5746 §3.3',
    break: (peer) => {
      peer.changeExtensions('client_hello', without('renegotiation_info'));
      peer.change('client_hello', (hello) => ({ ...hello, cipherSuites: [...hello.cipherSuites, 0x00ff] }));
    },
  },
  {
    ...SERVER,
    name: 'says by TLS_FALLBACK_SCSV that it fell back to what we have as the highest',
    rfc: 'RFC 7507 §3',
    options: only12,
    break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, cipherSuites: [...hello.cipherSuites, 0x5600] })),
  },
  ...(['ec_point_formats', 'session_ticket', 'server_name', 'supported_groups'] as const).map(
    (name): Tls12Tolerated => ({
      ...SERVER,
      name: `does without ${name}`,
      rfc: 'RFC 5246 §7.4.1.4',
      ...(name === 'supported_groups' && { options: { groups: ['secp256r1'] } }),
      break: (peer) => peer.changeExtensions('client_hello', without(name)),
    }),
  ),
  ...[1, 16, 32].map(
    (length): Tls12Tolerated => ({
      ...SERVER,
      name: `asks for a session of ${length} bytes of id that nobody knows`,
      rfc: 'RFC 5246 §7.4.1.2',
      break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, legacySessionId: filled(length, 7) })),
      info: { resumed: false },
    }),
  ),
  ...([1, 64, 2000] as const).map(
    (length): Tls12Tolerated => ({
      ...SERVER,
      name: `has a ticket of ${length} bytes that is none of ours`,
      rfc: 'RFC 5077 §3.4',
      break: (peer) => peer.changeExtensions('client_hello', replacing('session_ticket', ...filled(length, 7))),
      info: { resumed: false },
    }),
  ),
  ...[0, 20, -1].map(
    (at): Tls12Tolerated => ({
      ...SERVER,
      name: `changes its ticket in byte ${at}`,
      rfc: 'RFC 5077 §3.4',
      situation: { session: 'ticket' },
      break: (peer) =>
        peer.changeExtensions(
          'client_hello',
          editing('session_ticket', (data) => data.with(at, (data.at(at) as number) ^ 1)),
        ),
      info: { resumed: false },
    }),
  ),
  {
    ...SERVER,
    name: 'asks for a session under another name than it was of',
    rfc: 'RFC 6066 §3',
    situation: { session: 'ticket' },
    break: (peer) => peer.changeExtensions('client_hello', replacing('server_name', 0, 6, 0, 0, 3, 0x6f, 0x6e, 0x65)),
    info: { resumed: false },
  },
  {
    ...SERVER,
    name: 'sets the highest bit of its X25519 share, which means nothing',
    rfc: 'RFC 8422 §5.10',
    break: (peer) => peer.change('client_key_exchange', ({ body }) => ({ body: body.with(-1, (body.at(-1) as number) | 0x80) })),
  },
  {
    ...SERVER,
    name: 'has a certificate and shows none where it may',
    rfc: 'RFC 5246 §7.4.6',
    options: { clientCertificates: 'request' },
    break: (peer) => {
      peer.change('certificate', () => ({ certificateList: [] }));
      peer.skip('certificate_verify');
    },
  },
];

const servers: readonly Tls12Tolerated[] = [
  ...(
    [
      ['gives no ticket, and does not say so before', (list) => without('session_ticket')(list)],
      ['has point formats of old', replacing('ec_point_formats', 3, 0, 1, 2)],
      ['says nothing of point formats', without('ec_point_formats')],
      ['says which groups it has, which it may not', adding(extension('supported_groups', 0, 2, 0, 0x1d))],
      ['knows the name', adding(extension('server_name'))],
    ] as const satisfies readonly (readonly [string, Parameters<Tls12Peer['changeExtensions']>[1]])[]
  ).map(
    ([name, edit]): Tls12Tolerated => ({
      ...CLIENT,
      name,
      rfc: 'RFC 5246 §7.4.1.4',
      break: (peer) => {
        peer.changeExtensions('server_hello', edit);
        if (name.startsWith('gives no ticket')) peer.skip('new_session_ticket');
      },
    }),
  ),
  {
    ...CLIENT,
    name: 'gives an id to the session',
    rfc: 'RFC 5246 §7.4.1.3',
    break: (peer) => peer.change('server_hello', (hello) => ({ ...hello, legacySessionIdEcho: filled(32, 9) })),
  },
  {
    ...CLIENT,
    name: 'gives an empty ticket after all',
    rfc: 'RFC 5077 §3.3',
    break: (peer) => peer.change('new_session_ticket', () => ({ ticketLifetimeHint: 0, ticket: EMPTY })),
  },
  {
    ...CLIENT,
    name: 'promises a stapled response, and has none',
    rfc: 'RFC 6066 §8',
    options: { ...only12, requestOcsp: true },
    break: (peer) => peer.changeExtensions('server_hello', adding(extension('status_request'))),
  },
  {
    ...CLIENT,
    name: 'asks for certificates of types, schemes and authorities that nobody knows, too',
    rfc: 'RFC 5246 §7.4.4',
    situation: { requestsCertificate: true },
    break: (peer) =>
      peer.change('certificate_request', (request) => ({
        ...request,
        certificateTypes: [77, 64, 1, 250],
        supportedSignatureAlgorithms: [0xfafa, 0x0403, 0xfe01, 0x0201],
      })),
  },
  {
    ...CLIENT,
    name: 'asks to negotiate while it negotiates',
    rfc: 'RFC 5246 §7.4.1.1',
    break: (peer) => {
      for (const place of ['server_hello', 'certificate', 'server_key_exchange'] as const) {
        peer.after(place, () => peer.sendHandshake(messageOf('hello_request')));
      }
    },
  },
  {
    ...CLIENT,
    name: 'answers encrypt_then_mac beside an AEAD, which means nothing',
    rfc: 'RFC 7366 §3',
    options: {
      ...only12,
      cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256'],
    },
    break: (peer) => peer.changeExtensions('server_hello', adding(extension('encrypt_then_mac'))),
  },
];

const both: readonly Tls12Tolerated[] = (['client', 'server'] as const).flatMap((victim): Tls12Tolerated[] => {
  const common = victim === 'client' ? CLIENT : SERVER;
  const places = victim === 'client' ? (['server_hello', 'certificate'] as const) : (['client_key_exchange'] as const);
  return [
    {
      ...common,
      name: 'sends its messages byte by byte in records of their own',
      rfc: 'RFC 5246 §6.2.1',
      break: (peer) => {
        for (const place of [...places, 'finished'] as const) peer.changeRecords(place, inSingleBytes);
      },
    },
    {
      ...common,
      name: 'sends empty records of data',
      rfc: 'RFC 5246 §6.2.1',
      break: (peer) =>
        peer.whenConnected(() => {
          for (let i = 0; i < 20; i++) peer.sendRecord({ type: DATA, content: EMPTY });
        }),
    },
    {
      ...common,
      name: 'sends the largest record of data',
      rfc: 'RFC 5246 §6.2.1',
      break: (peer) => peer.whenConnected(() => peer.sendRecord({ type: DATA, content: filled(16384, 0x20) })),
    },
    {
      ...common,
      name: 'warns of what is never fatal',
      rfc: 'RFC 5246 §7.2.2',
      break: (peer) => {
        peer.before('finished', () => peer.sendRecord({ type: ALERT, content: Uint8Array.of(1, 112) }));
        peer.whenConnected(() => peer.sendRecord({ type: ALERT, content: Uint8Array.of(1, 90) }));
      },
    },
  ];
});

export const TOLERATED: readonly Tls12Tolerated[] = [...toleratedHellos<Tls12Peer>(), ...clients, ...servers, ...both];
