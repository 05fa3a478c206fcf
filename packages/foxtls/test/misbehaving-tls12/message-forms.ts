/**
 * The messages, extensions and signatures of TLS 1.2 that are not of their form (RFC 5246 §7.2.2).
 */

import { misbehaved, refused, undecodable } from '../misbehaving/case.ts';
import {
  adding,
  COMPRESSED_P256,
  type ExtensionName,
  extension,
  filled,
  GENERATOR_OF_P256,
  HYBRID_P256,
  LOW_ORDER_X25519,
  messageOf,
  NOT_ON_P256,
  replacing,
  SECP256R1,
  SECP384R1,
  two,
  without,
} from '../misbehaving/edits.ts';
import {
  clientHelloExtensionForms,
  type MessageForm,
  messageForms,
  serverNameForms,
  signatureForms,
} from '../misbehaving/forms.ts';
import { illegal, only12, type Tls12Case } from './case.ts';
import type { Place, Tls12Peer } from './peer.ts';

const ASKED = { situation: { requestsCertificate: true } } as const;
const REQUIRE = { options: { clientCertificates: 'require' } } as const;
const X25519 = 0x001d;
type Setting = Pick<Tls12Case, 'situation' | 'options'>;

const finished = { place: 'finished', name: 'finished', cut: 'finished.verifyData', tooLong: 'finished.verifyData' } as const;

const FORMS: readonly MessageForm<Place, Setting>[] = [
  { place: 'server_hello', victim: 'client', name: 'server_hello', cut: 'server_hello.extensions' },
  { place: 'certificate', victim: 'client', name: 'certificate', cut: 'certificate.certificateList' },
  {
    place: 'server_key_exchange',
    victim: 'client',
    name: 'server_key_exchange',
    cut: 'server_key_exchange.signature',
  },
  {
    place: 'certificate_request',
    victim: 'client',
    name: 'certificate_request',
    cut: 'certificate_request.certificateAuthorities',
    setting: ASKED,
  },
  { place: 'new_session_ticket', victim: 'client', name: 'new_session_ticket', cut: 'new_session_ticket.ticket' },
  { ...finished, victim: 'client' },
  { place: 'client_hello', victim: 'server', name: 'client_hello', cut: 'client_hello.extensions' },
  { place: 'certificate', victim: 'server', name: 'certificate', cut: 'certificate.certificateList', setting: REQUIRE },
  { place: 'client_key_exchange', victim: 'server', name: 'client_key_exchange', cut: 'client_key_exchange.ecdhYc' },
  {
    place: 'certificate_verify',
    victim: 'server',
    name: 'certificate_verify',
    cut: 'certificate_verify.signature',
    setting: REQUIRE,
  },
  { ...finished, victim: 'server' },
];

function putIntoClientHello(peer: Tls12Peer, name: ExtensionName, data: readonly number[]): void {
  const one = extension(name, ...data);
  peer.changeExtensions('client_hello', (list) =>
    list.some(({ type }) => type === one.type) ? replacing(name, ...data)(list) : adding(one)(list),
  );
}

// ---- Extensions of servers ----

type Row = readonly [name: ExtensionName, what: string, data: readonly number[], path: string, options?: Tls12Case['options']];

const ALPN = { ...only12, alpnProtocols: ['h2'] } as const;
const CBC = {
  ...only12,
  cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256'],
} as const;

const ANSWERS: readonly Row[] = [
  ['server_name', 'content', [0, 0], ''],
  ['max_fragment_length', 'no content', [], '', { ...only12, maxFragmentLength: 1024 }],
  ['max_fragment_length', 'two values', [2, 2], '', { ...only12, maxFragmentLength: 1024 }],
  ['status_request', 'content', [1, 0, 0, 0, 0], '', { ...only12, requestOcsp: true }],
  ['ec_point_formats', 'no content', [], ''],
  ['ec_point_formats', 'an empty list', [0], ''],
  ['ec_point_formats', 'a byte too many', [1, 0, 0], ''],
  ['heartbeat', 'two modes', [1, 1], '', { ...only12, heartbeat: 'peer_allowed_to_send' }],
  ['application_layer_protocol_negotiation', 'no content', [], '', ALPN],
  ['application_layer_protocol_negotiation', 'an empty list', [0, 0], '', ALPN],
  ['application_layer_protocol_negotiation', 'an empty name', [0, 1, 0], '', ALPN],
  ['application_layer_protocol_negotiation', 'two names', [0, 6, 2, 0x68, 0x32, 2, 0x68, 0x33], '', ALPN],
  ['application_layer_protocol_negotiation', 'a byte too many', [0, 3, 2, 0x68, 0x32, 0], '', ALPN],
  ['signed_certificate_timestamp', 'no content', [], '', { ...only12, requestSct: true }],
  ['signed_certificate_timestamp', 'an empty list', [0, 0], '', { ...only12, requestSct: true }],
  ['signed_certificate_timestamp', 'an empty timestamp', [0, 2, 0, 0], '[0]', { ...only12, requestSct: true }],
  ['server_certificate_type', 'a list', [1, 2], '', { ...only12, serverCertificateTypes: ['raw-public-key', 'x509'] }],
  ['encrypt_then_mac', 'content', [0], '', CBC],
  ['session_ticket', 'content', [1], ''],
  ['renegotiation_info', 'no content', [], ''],
  ['renegotiation_info', 'less than it says', [1], ''],
  ['renegotiation_info', 'more than it says', [0, 0], ''],
];

const answers: readonly Tls12Case[] = ANSWERS.map(([name, what, data, path, options = only12]) => ({
  name: `has in ${name} of its server_hello ${what}`,
  rfc: 'RFC 5246 §7.2.2',
  victim: 'client',
  options,
  break: (peer) => peer.changeExtensions('server_hello', (list) => [...without(name)(list), extension(name, ...data)]),
  alert: 'decode_error',
  error: undecodable(`server_hello.extensions.${name}${path}`),
}));

/** Messages written by hand. */
const written: readonly Tls12Case[] = (
  [
    ['client', 'certificate', 'a certificate of no bytes', [0, 0, 3, 0, 0, 0], 'certificate.certificateList[0]'],
    ['client', 'certificate', 'a certificate longer than the list', [0, 0, 4, 0, 0, 2, 1], 'certificate.certificateList[0]'],
    ['client', 'certificate', 'no list', [], 'certificate.certificateList'],
    ['client', 'certificate_request', 'no scheme', [1, 64, 0, 0, 0, 0], 'certificate_request.supportedSignatureAlgorithms'],
    [
      'client',
      'certificate_request',
      'half a scheme',
      [1, 64, 0, 3, 4, 3, 4, 0, 0],
      'certificate_request.supportedSignatureAlgorithms[1]',
    ],
    [
      'client',
      'certificate_request',
      'no field of authorities',
      [1, 64, 0, 2, 4, 3],
      'certificate_request.certificateAuthorities',
    ],
    [
      'client',
      'certificate_request',
      'an empty name of an authority',
      [1, 64, 0, 2, 4, 3, 0, 2, 0, 0],
      'certificate_request.certificateAuthorities[0]',
    ],
    ['server', 'certificate', 'a certificate of no bytes', [0, 0, 3, 0, 0, 0], 'certificate.certificateList[0]'],
    ['server', 'certificate', 'a certificate longer than the list', [0, 0, 4, 0, 0, 2, 1], 'certificate.certificateList[0]'],
    ['server', 'certificate_verify', 'a scheme alone', [4, 3], 'certificate_verify.signature'],
    ['server', 'certificate_verify', 'nothing in it', [], 'certificate_verify.algorithm'],
    ['server', 'client_key_exchange', 'a point of no bytes', [0], 'client_key_exchange.ecdhYc'],
  ] as const
).map(([victim, place, what, body, path]) => ({
  name: `sends a ${place} with ${what}`,
  rfc: 'RFC 5246 §7.2.2: “decode_error … some field was out of the specified range or the length of the message was incorrect”',
  victim,
  ...(place === 'certificate_request' && ASKED),
  ...(victim === 'server' && place !== 'client_key_exchange' && REQUIRE),
  break: (peer) => peer.changeMessage(place, () => messageOf(place, ...body)),
  alert: 'decode_error',
  error: undecodable(path),
}));

const garbage: readonly Tls12Case[] = (['client', 'server'] as const).map((victim) => ({
  name: 'presents bytes that are no certificate',
  rfc: 'RFC 5246 §7.2.2: “bad_certificate A certificate was corrupt, contained signatures that did not verify correctly, etc”',
  victim,
  ...(victim === 'server' && REQUIRE),
  break: (peer) => peer.change('certificate', () => ({ certificateList: [filled(40, 0x30)] })),
  alert: 'bad_certificate',
  error: refused('malformed'),
}));

/** Points that are none, by group: what RFC 8422 §5.11 has refused. */
const POINTS: readonly (readonly [what: string, group: string, id: number, share: Uint8Array])[] = [
  ['an X25519 value of 31 bytes', 'x25519', X25519, filled(31, 9)],
  ['an X25519 value of 33 bytes', 'x25519', X25519, filled(33, 9)],
  ...LOW_ORDER_X25519.map((share, i) => [`the X25519 point of low order no. ${i + 1}`, 'x25519', X25519, share] as const),
  ['a compressed point of P-256', 'secp256r1', SECP256R1, COMPRESSED_P256],
  ['a point that is not on P-256', 'secp256r1', SECP256R1, NOT_ON_P256],
  ['the point at infinity', 'secp256r1', SECP256R1, Uint8Array.of(0)],
  ['a point of P-256 that is a byte short', 'secp256r1', SECP256R1, NOT_ON_P256.subarray(0, 64)],
  ['a point of P-256 in the hybrid form', 'secp256r1', SECP256R1, HYBRID_P256],
  ['a point that is not on P-384', 'secp384r1', SECP384R1, filled(97, 1).with(0, 4)],
  ['a point of P-256 for P-384', 'secp384r1', SECP384R1, GENERATOR_OF_P256],
];

const points: readonly Tls12Case[] = POINTS.flatMap(([what, group, id, share]): Tls12Case[] => {
  const common = {
    ...illegal,
    name: `sends ${what}`,
    rfc: 'RFC 8422 §5.11',
    error: misbehaved('key_share_invalid'),
  };
  return [
    {
      ...common,
      victim: 'client',
      options: { ...only12, groups: [group] },
      break: (peer) => {
        peer.namedCurve = id;
        peer.share = share;
      },
    },
    {
      ...common,
      victim: 'server',
      options: { groups: [group] },
      break: (peer) => peer.change('client_key_exchange', () => ({ body: Uint8Array.of(share.length, ...share) })),
    },
  ];
});

export const MESSAGE_FORMS: readonly Tls12Case[] = [
  ...messageForms<Place, Tls12Peer, Setting>(FORMS),
  ...clientHelloExtensionForms<Tls12Peer>('TLSv1.2', putIntoClientHello),
  ...serverNameForms<Tls12Peer>(putIntoClientHello),
  ...answers,
  ...written,
  ...garbage,
  ...points,
  ...signatureForms<Tls12Peer>('client', 'RFC 5246 §7.4.3', (peer, signature) =>
    peer.change('server_key_exchange', ({ body }) => {
      // Behind curve_type, curve, and the point there is the scheme.
      const params = body.subarray(0, 4 + (body[3] as number) + 2);
      return { body: Uint8Array.of(...params, ...two(signature.length), ...signature) };
    }),
  ),
  ...signatureForms<Tls12Peer>('server', 'RFC 5246 §7.4.8', (peer, signature) =>
    peer.change('certificate_verify', (signed) => ({ ...signed, signature })),
  ).map((one) => ({ ...one, ...REQUIRE })),
];
