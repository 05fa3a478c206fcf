/**
 * Extensions that may not be where they are, or not be so (RFC 8446 §4.2; RFC 6066 §3; RFC 7301 §3; RFC 8449 §4).
 */

import { EMPTY } from '../../src/core/bytes/bytes.ts';
import { type Case, incompatible, misbehaved, undecodable } from './case.ts';
import {
  adding,
  cutShort,
  doubling,
  type ExtensionName,
  editing,
  extension,
  replacing,
  SECP256R1,
  unknownExtension,
} from './edits.ts';
import type { Place } from './peer.ts';

type WithBlock = Extract<
  Place,
  'client_hello' | 'second_client_hello' | 'server_hello' | 'hello_retry_request' | 'encrypted_extensions' | 'certificate_request'
>;

const RETRY = { retry: { group: SECP256R1 } } as const;
const SITUATIONS: Partial<Record<Place, Case['situation']>> = {
  hello_retry_request: RETRY,
  certificate_request: { requestsCertificate: true },
};
const PARSE = 'the RFC names decode_error for what cannot be parsed';

function inServer(place: WithBlock): Pick<Case, 'victim' | 'situation'> {
  return { victim: 'client', situation: SITUATIONS[place] ?? {} };
}

// ---- Twice ----

const twiceInServer: readonly (readonly [WithBlock, ExtensionName])[] = [
  ['server_hello', 'key_share'],
  ['hello_retry_request', 'key_share'],
  ['certificate_request', 'signature_algorithms'],
];

const twice: readonly Case[] = [
  ...twiceInServer.map(
    ([place, name]): Case => ({
      ...inServer(place),
      name: `sends ${name} twice in ${place}`,
      rfc: 'RFC 8446 §4.2',
      break: (peer) => peer.changeExtensions(place, doubling(name)),
      alert: 'illegal_parameter',
      why: 'no alert is named; the value is wrong, its form is not',
      error: misbehaved('extension_duplicate'),
    }),
  ),
  {
    name: 'sends an extension twice in encrypted_extensions',
    rfc: 'RFC 8446 §4.2',
    victim: 'client',
    break: (peer) => peer.changeExtensions('encrypted_extensions', adding(extension('server_name'), extension('server_name'))),
    alert: 'illegal_parameter',
    why: 'no alert is named; the value is wrong, its form is not',
    error: misbehaved('extension_duplicate'),
  },
  ...(['key_share', 'supported_versions', 'server_name'] as const).map(
    (name): Case => ({
      name: `sends ${name} twice`,
      rfc: 'RFC 8446 §4.2',
      victim: 'server',
      break: (peer) => peer.changeExtensions('client_hello', doubling(name)),
      alert: 'illegal_parameter',
      why: 'no alert is named; the value is wrong, its form is not',
      error: misbehaved('extension_duplicate'),
    }),
  ),
  {
    name: 'sends an unknown extension twice',
    rfc: 'RFC 8446 §4.2',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', adding(unknownExtension, unknownExtension)),
    alert: 'illegal_parameter',
    why: 'no alert is named; the value is wrong, its form is not',
    error: misbehaved('extension_duplicate'),
  },
];

// ---- In the wrong message ----

const misplacedInServer: readonly (readonly [WithBlock, ReturnType<typeof extension>, string])[] = [
  [
    'server_hello',
    extension('application_layer_protocol_negotiation', 0, 3, 2, 0x68, 0x32),
    'application_layer_protocol_negotiation',
  ],
  ['server_hello', extension('cookie', 0, 1, 1), 'cookie'],
  ['server_hello', extension('server_name'), 'server_name'],
  ['hello_retry_request', extension('pre_shared_key', 0, 0), 'pre_shared_key'],
  ['hello_retry_request', extension('server_name'), 'server_name'],
  ['encrypted_extensions', extension('key_share', 0, 0x1d), 'key_share'],
  ['encrypted_extensions', extension('supported_versions', 3, 4), 'supported_versions'],
  ['encrypted_extensions', extension('signature_algorithms', 0, 2, 4, 3), 'signature_algorithms'],
  ['encrypted_extensions', extension('psk_key_exchange_modes', 1, 1), 'psk_key_exchange_modes'],
  ['encrypted_extensions', extension('cookie', 0, 1, 1), 'cookie'],
  ['server_hello', extension('supported_groups', 0, 2, 0, 0x1d), 'supported_groups'],
  ['server_hello', extension('extended_master_secret'), 'extended_master_secret'],
  ['server_hello', extension('renegotiation_info', 0), 'renegotiation_info'],
  ['server_hello', extension('status_request'), 'status_request'],
  ['server_hello', extension('early_data'), 'early_data'],
  ['hello_retry_request', extension('early_data'), 'early_data'],
  ['hello_retry_request', extension('supported_groups', 0, 2, 0, 0x1d), 'supported_groups'],
  ['encrypted_extensions', extension('pre_shared_key', 0, 0), 'pre_shared_key'],
  ['encrypted_extensions', extension('extended_master_secret'), 'extended_master_secret'],
  ['encrypted_extensions', extension('encrypt_then_mac'), 'encrypt_then_mac'],
  ['encrypted_extensions', extension('renegotiation_info', 0), 'renegotiation_info'],
  ['encrypted_extensions', extension('session_ticket'), 'session_ticket'],
  ['encrypted_extensions', extension('ec_point_formats', 1, 0), 'ec_point_formats'],
  ['encrypted_extensions', extension('signed_certificate_timestamp', 0, 3, 0, 1, 9), 'signed_certificate_timestamp'],
  ['encrypted_extensions', extension('certificate_authorities', 0, 3, 0, 1, 1), 'certificate_authorities'],
  ['encrypted_extensions', extension('oid_filters', 0, 0), 'oid_filters'],
  ['encrypted_extensions', extension('post_handshake_auth'), 'post_handshake_auth'],
  ['encrypted_extensions', extension('padding', 0), 'padding'],
  ['certificate_request', extension('supported_versions', 3, 4), 'supported_versions'],
  [
    'certificate_request',
    extension('application_layer_protocol_negotiation', 0, 3, 2, 0x68, 0x32),
    'application_layer_protocol_negotiation',
  ],
  ['certificate_request', extension('early_data'), 'early_data'],
  ['certificate_request', extension('server_name'), 'server_name'],
  ['certificate_request', extension('key_share', 0, 0x1d), 'key_share'],
];

const misplaced: readonly Case[] = [
  ...misplacedInServer.map(
    ([place, entry, name]): Case => ({
      ...inServer(place),
      name: `sends ${name} in ${place}`,
      rfc: 'RFC 8446 §4.2: “not specified for the message in which it appears … with an "illegal_parameter" alert”',
      break: (peer) => peer.changeExtensions(place, adding(entry)),
      alert: 'illegal_parameter',
      error: misbehaved('extension_not_allowed_here'),
    }),
  ),
  ...(['server_name', 'key_share', 'supported_versions', 'early_data', 'signature_algorithms'] as const).flatMap((name) =>
    (['client', 'server'] as const).map(
      (victim): Case => ({
        name: `sends ${name} in a certificate entry`,
        rfc: 'RFC 8446 §4.2: “not specified for the message in which it appears … with an "illegal_parameter" alert”',
        victim,
        ...(victim === 'server' && { options: { clientCertificates: 'require' } }),
        break: (peer) =>
          peer.change('certificate', (certificate) => ({
            ...certificate,
            certificateList: certificate.certificateList.map((entry) => ({
              ...entry,
              extensions: { context: 'certificate', list: [extension(name)], values: {} },
            })),
          })),
        alert: 'illegal_parameter',
        error: misbehaved('extension_not_allowed_here'),
      }),
    ),
  ),
  {
    name: 'sends oid_filters',
    rfc: 'RFC 8446 §4.2: “not specified for the message in which it appears … with an "illegal_parameter" alert”',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', adding(extension('oid_filters', 0, 0))),
    alert: 'illegal_parameter',
    error: misbehaved('extension_not_allowed_here'),
  },
];

// ---- Unsolicited ----

const unsolicited: readonly Case[] = [
  ...(['server_hello', 'hello_retry_request', 'encrypted_extensions'] as const).map(
    (place): Case => ({
      ...inServer(place),
      name: `sends an extension in ${place} that nobody knows`,
      rfc: 'RFC 8446 §4.2: “an endpoint MUST abort the handshake with an "unsupported_extension" alert”',
      break: (peer) => peer.changeExtensions(place, adding(unknownExtension)),
      alert: 'unsupported_extension',
      error: misbehaved('extension_unsolicited'),
    }),
  ),
  {
    name: 'sends an ALPN protocol to a client that offered none',
    rfc: 'RFC 8446 §4.2: “an endpoint MUST abort the handshake with an "unsupported_extension" alert”',
    victim: 'client',
    break: (peer) =>
      peer.changeExtensions(
        'encrypted_extensions',
        adding(extension('application_layer_protocol_negotiation', 0, 3, 2, 0x68, 0x32)),
      ),
    alert: 'unsupported_extension',
    error: misbehaved('extension_unsolicited'),
  },
  {
    name: 'accepts early data that was not offered',
    rfc: 'RFC 8446 §4.2: “an endpoint MUST abort the handshake with an "unsupported_extension" alert”',
    victim: 'client',
    break: (peer) => peer.changeExtensions('encrypted_extensions', adding(extension('early_data'))),
    alert: 'unsupported_extension',
    error: misbehaved('extension_unsolicited'),
  },
  ...(
    [
      ['heartbeat', [1]],
      ['max_fragment_length', [1]],
      ['use_srtp', [0, 2, 0, 1, 0]],
      ['ticket_request', [1]],
    ] as const
  ).map(
    ([name, data]): Case => ({
      name: `answers ${name}, which was not sent`,
      rfc: 'RFC 8446 §6.2: “unsupported_extension: Sent by endpoints receiving any handshake message containing an extension known to be prohibited”',
      victim: 'client',
      break: (peer) => peer.changeExtensions('encrypted_extensions', adding(extension(name, ...data))),
      alert: 'unsupported_extension',
      error: misbehaved('extension_unsolicited'),
    }),
  ),
  {
    name: 'sends a record_size_limit that was not asked for',
    rfc: 'RFC 8446 §4.2: “an endpoint MUST abort the handshake with an "unsupported_extension" alert”',
    victim: 'client',
    break: (peer) => peer.changeExtensions('encrypted_extensions', adding(extension('record_size_limit', 0x40, 1))),
    alert: 'unsupported_extension',
    error: misbehaved('extension_unsolicited'),
  },
  ...(['client', 'server'] as const).map(
    (victim): Case => ({
      name: 'staples an OCSP response that was not asked for',
      rfc: 'RFC 8446 §4.2: “an endpoint MUST abort the handshake with an "unsupported_extension" alert”',
      victim,
      options: { clientCertificates: 'require' },
      break: (peer) =>
        peer.change('certificate', (certificate) => ({
          ...certificate,
          certificateList: certificate.certificateList.map((entry) => ({
            ...entry,
            extensions: { context: 'certificate', list: [extension('status_request', 1, 0, 0, 1, 0)], values: {} },
          })),
        })),
      alert: 'unsupported_extension',
      error: misbehaved('extension_unsolicited'),
    }),
  ),
];

// ---- Content ----

const content: readonly Case[] = [
  {
    name: 'chooses an ALPN protocol that was not offered',
    rfc: 'RFC 7301 §3.1',
    victim: 'client',
    options: { alpnProtocols: ['h2'] },
    break: (peer) =>
      peer.changeExtensions('encrypted_extensions', replacing('application_layer_protocol_negotiation', 0, 3, 2, 0x68, 0x33)),
    alert: 'illegal_parameter',
    why: 'no alert is named; the value is not one of those offered',
    error: misbehaved('alpn_not_offered'),
  },
  ...(
    [
      ['two ALPN protocols', [0, 6, 2, 0x68, 0x32, 2, 0x68, 0x33]],
      ['no ALPN protocol', [0, 0]],
    ] as const
  ).map(
    ([what, data]): Case => ({
      name: `chooses ${what}`,
      rfc: 'RFC 7301 §3.1',
      victim: 'client',
      options: { alpnProtocols: ['h2'] },
      break: (peer) =>
        peer.changeExtensions('encrypted_extensions', replacing('application_layer_protocol_negotiation', ...data)),
      alert: 'decode_error',
      why: PARSE,
      error: undecodable('encrypted_extensions.extensions.application_layer_protocol_negotiation'),
    }),
  ),
  {
    name: 'offers no ALPN protocol that we have',
    rfc: 'RFC 8446 §6.2: “no_application_protocol: … advertises only protocols that the server does not support”',
    victim: 'server',
    situation: { alpnProtocols: ['h3'] },
    options: { alpnProtocols: ['h2'] },
    break: () => {},
    alert: 'no_application_protocol',
    error: incompatible('application_protocol'),
  },
  {
    name: 'offers an empty ALPN protocol',
    rfc: 'RFC 7301 §3.1',
    victim: 'server',
    situation: { alpnProtocols: ['h2'] },
    break: (peer) =>
      peer.changeExtensions('client_hello', replacing('application_layer_protocol_negotiation', 0, 4, 0, 2, 0x68, 0x32)),
    alert: 'decode_error',
    why: PARSE,
    error: undecodable('client_hello.extensions.application_layer_protocol_negotiation[0]'),
  },
  {
    name: 'acknowledges server_name with content',
    rfc: 'RFC 6066 §3',
    victim: 'client',
    break: (peer) => peer.changeExtensions('encrypted_extensions', adding(extension('server_name', 0))),
    alert: 'decode_error',
    why: PARSE,
    error: undecodable('encrypted_extensions.extensions.server_name'),
  },
  {
    name: 'asks for an empty list of server names',
    rfc: 'RFC 8446 §6.2: “decode_error: A message could not be decoded because some field was out of the specified range”',
    victim: 'server',
    break: (peer) =>
      peer.changeExtensions(
        'client_hello',
        editing('server_name', () => EMPTY),
      ),
    alert: 'decode_error',
    why: PARSE,
    error: undecodable('client_hello.extensions.server_name'),
  },
  {
    name: 'sends EncryptedExtensions that end too early',
    rfc: 'RFC 8446 §6.2',
    victim: 'client',
    break: (peer) => peer.changeMessage('encrypted_extensions', cutShort),
    alert: 'decode_error',
    error: undecodable('encrypted_extensions.extensions'),
  },
];

export const EXTENSIONS: readonly Case[] = [...twice, ...misplaced, ...unsolicited, ...content];
