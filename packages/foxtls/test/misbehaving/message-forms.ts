/**
 * The messages, extensions and signatures of TLS 1.3 that are not of their form (RFC 8446 §6.2).
 */

import { type Case, misbehaved, undecodable } from './case.ts';
import { adding, type ExtensionName, extension, messageOf, replacing, SECP256R1, two, without } from './edits.ts';
import { clientHelloExtensionForms, type MessageForm, messageForms, serverNameForms, signatureForms } from './forms.ts';
import type { Peer, Place } from './peer.ts';

const RETRY = { retry: { group: SECP256R1 } } as const;
const ASKED = { requestsCertificate: true } as const;
const REQUIRE = { clientCertificates: 'require' } as const;
const CLIENT_RETRY = { situation: { keyShareGroups: ['secp384r1'] }, options: { groups: ['x25519'] } } as const;

const FORMS: readonly MessageForm<Place, Pick<Case, 'situation' | 'options'>>[] = [
  {
    place: 'hello_retry_request',
    victim: 'client',
    name: 'server_hello',
    cut: 'server_hello.extensions',
    setting: { situation: RETRY },
  },
  { place: 'encrypted_extensions', victim: 'client', name: 'encrypted_extensions', cut: 'encrypted_extensions.extensions' },
  {
    place: 'certificate_request',
    victim: 'client',
    name: 'certificate_request',
    cut: 'certificate_request.extensions',
    setting: { situation: ASKED },
  },
  {
    place: 'second_client_hello',
    victim: 'server',
    name: 'client_hello',
    cut: 'client_hello.extensions',
    setting: CLIENT_RETRY,
  },
  ...(['client', 'server'] as const).flatMap((victim): MessageForm<Place, Pick<Case, 'situation' | 'options'>>[] => {
    const common = { victim, ...(victim === 'server' && { setting: { options: REQUIRE } }) };
    return [
      { ...common, place: 'certificate', name: 'certificate', cut: 'certificate.certificateList' },
      { ...common, place: 'certificate_verify', name: 'certificate_verify', cut: 'certificate_verify.signature' },
      { ...common, place: 'finished', name: 'finished', cut: 'finished.verifyData', tooLong: 'finished.verifyData' },
    ];
  }),
];

/** Replaces the extension, or adds it: pre_shared_key at the end. */
function putIntoClientHello(peer: Peer, name: ExtensionName, data: readonly number[]): void {
  const one = extension(name, ...data);
  peer.changeExtensions('client_hello', (list) => {
    if (list.some(({ type }) => type === one.type)) return replacing(name, ...data)(list);
    return name === 'pre_shared_key' ? [...list, one] : adding(one)(list);
  });
}

// ---- Extensions of servers ----

type Answer = 'server_hello' | 'hello_retry_request' | 'encrypted_extensions' | 'certificate_request';
type Row = readonly [
  place: Answer,
  name: ExtensionName,
  what: string,
  data: readonly number[],
  path: string,
  options?: Case['options'],
];

const ALPN = { alpnProtocols: ['h2'] } as const;

const ANSWERS: readonly Row[] = [
  ['server_hello', 'key_share', 'no content', [], '.group'],
  ['server_hello', 'key_share', 'a group alone', [0, 0x1d], '.keyExchange'],
  ['server_hello', 'key_share', 'an empty share', [0, 0x1d, 0, 0], '.keyExchange'],
  ['server_hello', 'key_share', 'a byte too many', [0, 0x1d, 0, 1, 1, 1], ''],
  ['server_hello', 'supported_versions', 'one byte', [3], ''],
  ['server_hello', 'supported_versions', 'a list of versions', [2, 3, 4], ''],
  ['hello_retry_request', 'key_share', 'one byte', [0], ''],
  ['hello_retry_request', 'key_share', 'a share', [0, 0x17, 0, 1, 1], ''],
  ['hello_retry_request', 'cookie', 'a cookie longer than the extension', [0, 2, 1], ''],
  ['hello_retry_request', 'cookie', 'a byte too many', [0, 1, 1, 1], ''],
  ['hello_retry_request', 'supported_versions', 'a byte too many', [3, 4, 0], ''],
  ['encrypted_extensions', 'supported_groups', 'an empty list', [0, 0], ''],
  ['encrypted_extensions', 'supported_groups', 'a byte too many', [0, 2, 0, 0x17, 0], ''],
  ['encrypted_extensions', 'max_fragment_length', 'no content', [], '', { maxFragmentLength: 1024 }],
  ['encrypted_extensions', 'max_fragment_length', 'two values', [2, 2], '', { maxFragmentLength: 1024 }],
  ['encrypted_extensions', 'application_layer_protocol_negotiation', 'no content', [], '', ALPN],
  ['encrypted_extensions', 'application_layer_protocol_negotiation', 'an empty name', [0, 1, 0], '', ALPN],
  ['encrypted_extensions', 'application_layer_protocol_negotiation', 'a byte too many', [0, 3, 2, 0x68, 0x32, 0], '', ALPN],
  ['encrypted_extensions', 'heartbeat', 'no content', [], '', { heartbeat: 'peer_allowed_to_send' }],
  ['encrypted_extensions', 'early_data', 'content', [0], ''],
  ['certificate_request', 'signature_algorithms', 'an empty list', [0, 0], ''],
  ['certificate_request', 'signature_algorithms', 'half a scheme', [0, 3, 4, 3, 4], '[1]'],
  ['certificate_request', 'certificate_authorities', 'a byte too many', [0, 3, 0, 1, 1, 1], ''],
  ['certificate_request', 'oid_filters', 'a list longer than the extension', [0, 4, 1, 1], ''],
];

const SITUATIONS: Partial<Record<Answer, Case['situation']>> = { hello_retry_request: RETRY, certificate_request: ASKED };
const MESSAGE = { hello_retry_request: 'server_hello' } as Partial<Record<Answer, string>>;

const answers: readonly Case[] = ANSWERS.map(([place, name, what, data, path, options]) => ({
  name: `has in ${name} of its ${place} ${what}`,
  rfc: 'RFC 8446 §6.2',
  victim: 'client',
  situation: SITUATIONS[place] ?? {},
  ...(options !== undefined && { options }),
  break: (peer) => peer.changeExtensions(place, (list) => [...without(name)(list), extension(name, ...data)]),
  alert: 'decode_error',
  error: undecodable(`${MESSAGE[place] ?? place}.extensions.${name}${path}`),
}));

/** After the handshake: a ticket that is no ticket. */
const tickets: readonly Case[] = (
  [
    ['a byte too many', [0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0], 'new_session_ticket'],
    ['no extensions field', [0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 1], 'new_session_ticket.extensions'],
    [
      'three bytes of max_early_data_size',
      [0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 1, 1, 0, 7, 0, 42, 0, 3, 1, 1, 1],
      'new_session_ticket.extensions.early_data',
    ],
  ] as const
).map(
  ([what, body, path]): Case => ({
    name: `sends a ticket with ${what}`,
    rfc: 'RFC 8446 §4.6.1',
    victim: 'client',
    break: (peer) => peer.whenConnected(() => peer.sendHandshake(messageOf('new_session_ticket', ...body))),
    alert: 'decode_error',
    error: undecodable(path),
  }),
);

/** Certificate messages written by hand: context, list, entries. */
const certificateForms: readonly Case[] = (['client', 'server'] as const).flatMap((victim): Case[] => {
  const common = {
    victim,
    rfc: 'RFC 8446 §4.4.2',
    alert: 'decode_error',
    ...(victim === 'server' && { options: REQUIRE }),
  } as const;
  const row = (name: string, body: readonly number[], path: string): Case => ({
    ...common,
    name,
    break: (peer) => peer.changeMessage('certificate', () => messageOf('certificate', ...body)),
    error: undecodable(`certificate.${path}`),
  });
  return [
    row('sends an empty Certificate message', [], 'certificateRequestContext'),
    row('sends a Certificate of a context alone', [0], 'certificateList'),
    row('sends a certificate of no bytes', [0, 0, 0, 5, 0, 0, 0, 0, 0], 'certificateList[0].certData'),
    row('sends a certificate longer than the list', [0, 0, 0, 6, 0, 0, 2, 1, 0, 0], 'certificateList[0].extensions'),
    row('sends a certificate without its extensions', [0, 0, 0, 4, 0, 0, 1, 1], 'certificateList[0].extensions'),
    row('sends a list of certificates longer than the message', [0, 0, 0, 9, 0, 0, 1, 1, 0, 0], 'certificateList'),
    {
      ...common,
      name: 'puts an extension that nobody knows beside its certificate',
      rfc: 'RFC 8446 §4.4.2',
      break: (peer) =>
        peer.change('certificate', (message) => ({
          ...message,
          certificateList: message.certificateList.map((entry) => ({
            ...entry,
            extensions: { ...entry.extensions, list: [{ type: 0xfafb, data: Uint8Array.from(two(7)) }] },
          })),
        })),
      alert: 'unsupported_extension',
      error: misbehaved('extension_unsolicited'),
    },
  ];
});

export const MESSAGE_FORMS: readonly Case[] = [
  ...messageForms<Place, Peer, Pick<Case, 'situation' | 'options'>>(FORMS),
  ...clientHelloExtensionForms<Peer>('TLSv1.3', putIntoClientHello),
  ...serverNameForms<Peer>(putIntoClientHello),
  ...answers,
  ...tickets,
  ...certificateForms,
  ...(['client', 'server'] as const).flatMap((victim): Case[] =>
    signatureForms<Peer>(victim, 'RFC 8446 §4.4.3', (peer, signature) =>
      peer.change('certificate_verify', (message) => ({ ...message, signature })),
    ).map((one) => ({ ...one, ...(victim === 'server' && { options: REQUIRE }) })),
  ),
];
