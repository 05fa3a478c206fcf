import { incompatible, misbehaved, undecodable } from '../misbehaving/case.ts';
import {
  adding,
  doubling,
  extension,
  messageOf,
  replacing,
  SECP384R1,
  SECP521R1,
  unknownExtension,
  without,
} from '../misbehaving/edits.ts';
import { illegal, only12, sentinel, type Tls12Case } from './case.ts';

export const SERVER_HELLOS: readonly Tls12Case[] = [
  {
    // RFC 7627 §6.4: "Clients and servers implementing this document SHOULD refuse SSL 3.0 handshakes."
    name: 'answers with SSL 3.0',
    rfc: 'RFC 7568 §3: “set to {03,00} MUST respond with a "protocol_version" alert message and close the connection”',
    victim: 'client',
    break: (peer) => peer.change('server_hello', (hello) => ({ ...hello, legacyVersion: 0x0300 })),
    alert: 'protocol_version',
    error: incompatible('version'),
  },
  ...[0x0301, 0x0302, 0x0305].map(
    (legacyVersion): Tls12Case => ({
      name: `answers with version 0x${legacyVersion.toString(16)}`,
      rfc: 'RFC 5246 §E.1: “not supported by the client (or not acceptable), the client MUST send a "protocol_version" alert message”',
      victim: 'client',
      break: (peer) => peer.change('server_hello', (hello) => ({ ...hello, legacyVersion })),
      alert: 'protocol_version',
      error: incompatible('version'),
    }),
  ),
  ...[0, 1].map(
    (last): Tls12Case => ({
      name: `was made to fall back: its random ends in DOWNGRD ${last}`,
      rfc: 'RFC 8446 §4.1.3: “If a match is found, the client MUST abort the handshake with an "illegal_parameter" alert”',
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
    break: (peer) => peer.change('server_hello', (hello) => ({ ...hello, cipherSuite: 0x1301 })),
    ...illegal,
    error: misbehaved('suite_not_offered'),
  },
  {
    name: 'chooses a suite that was not offered',
    rfc: 'RFC 5246 §7.4.1.3',
    victim: 'client',
    break: (peer) => peer.change('server_hello', (hello) => ({ ...hello, cipherSuite: 0xc009 })),
    ...illegal,
    error: misbehaved('suite_not_offered'),
  },
  {
    name: 'chooses a compression method',
    rfc: 'RFC 5246 §7.4.1.3',
    victim: 'client',
    break: (peer) => peer.change('server_hello', (hello) => ({ ...hello, legacyCompressionMethod: 1 })),
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
    name: 'chooses a suite of CBC without encrypt_then_mac',
    rfc: 'RFC 7366 §3',
    victim: 'client',
    options: { ...only12, cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256'] },
    break: (peer) => peer.change('server_hello', (hello) => ({ ...hello, cipherSuite: 0xc023 })),
    alert: 'handshake_failure',
    why: 'no alert is named; what is left is not acceptable',
    error: misbehaved('encrypt_then_mac_missing'),
  },
  {
    name: 'has a session id of 33 bytes',
    rfc: 'RFC 5246 §7.4.1.3',
    victim: 'client',
    options: only12,
    break: (peer) => peer.changeMessage('server_hello', (hello) => hello.with(4 + 34, 33)),
    alert: 'decode_error',
    error: undecodable('server_hello.legacySessionIdEcho'),
  },
  ...(
    [
      ['status_request', []],
      ['signed_certificate_timestamp', [0, 3, 0, 1, 9]],
      ['server_certificate_type', [0]],
      ['record_size_limit', [1, 0]],
      ['application_layer_protocol_negotiation', [0, 3, 2, 0x68, 0x32]],
      ['use_srtp', [0, 2, 0, 1, 0]],
    ] as const
  ).map(
    ([name, data]): Tls12Case => ({
      name: `answers ${name}, which was not sent`,
      rfc: 'RFC 5246 §7.4.1.4: “did not request … MUST abort the handshake with an unsupported_extension fatal alert”',
      victim: 'client',
      options: only12,
      break: (peer) => peer.changeExtensions('server_hello', adding(extension(name, ...data))),
      alert: 'unsupported_extension',
      error: misbehaved('extension_unsolicited'),
    }),
  ),
  ...(['signature_algorithms', 'cookie', 'early_data', 'psk_key_exchange_modes', 'certificate_authorities'] as const).map(
    (name): Tls12Case => ({
      name: `sends ${name}`,
      rfc: 'RFC 8446 §4.2: “not specified for the message in which it appears … with an "illegal_parameter" alert”',
      victim: 'client',
      break: (peer) => peer.changeExtensions('server_hello', adding(extension(name))),
      ...illegal,
      error: misbehaved('extension_not_allowed_here'),
    }),
  ),
  {
    name: 'does not know secure renegotiation',
    rfc: 'RFC 5746 §4.1: “Such clients MUST generate a fatal "handshake_failure" alert prior to terminating the connection”',
    victim: 'client',
    break: (peer) => peer.changeExtensions('server_hello', without('renegotiation_info')),
    alert: 'handshake_failure',
    error: misbehaved('renegotiation_info_missing'),
  },
  {
    name: 'sends a renegotiation_info of a renegotiation',
    rfc: 'RFC 5746 §3.4: “MUST abort the handshake (by sending a fatal handshake_failure alert)”',
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
    rfc: 'RFC 5246 §7.4.1.4: “did not request … MUST abort the handshake with an unsupported_extension fatal alert”',
    victim: 'client',
    break: (peer) => peer.changeExtensions('server_hello', adding(unknownExtension)),
    alert: 'unsupported_extension',
    error: misbehaved('extension_unsolicited'),
  },
  {
    name: 'answers encrypt_then_mac, which was not sent',
    rfc: 'RFC 5246 §7.2.2: “unsupported_extension sent by clients that receive an extended server hello containing an extension”',
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
    name: 'sends extended_master_secret with content',
    rfc: 'RFC 7627 §5.1',
    victim: 'client',
    break: (peer) => peer.changeExtensions('server_hello', replacing('extended_master_secret', 0)),
    alert: 'decode_error',
    error: undecodable('server_hello.extensions.extended_master_secret'),
  },
];

/** The body up to the compression methods: behind version, random, no session id and the suites. */
const withoutExtensions = (hello: Uint8Array) => hello.subarray(4, 4 + 35 + 2 + (hello[4 + 36] as number) + 2);

export const CLIENT_HELLOS: readonly Tls12Case[] = [
  {
    // RFC 7627 §6.4: "Clients and servers implementing this document SHOULD refuse SSL 3.0 handshakes."
    name: 'speaks SSL 3.0',
    rfc: 'RFC 7568 §3: “set to {03,00} MUST respond with a "protocol_version" alert message and close the connection”',
    victim: 'server',
    break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, legacyVersion: 0x0300 })),
    alert: 'protocol_version',
    error: incompatible('version'),
  },
  ...(
    [
      ['TLS 1.0', 'RFC 8996 §4: “{03,01} MUST respond with a "protocol_version" alert message and close the connection”', 0x0301],
      ['TLS 1.1', 'RFC 8996 §5: “{03,02} MUST respond with a "protocol_version" alert message and close the connection”', 0x0302],
    ] as const
  ).map(
    ([version, rfc, legacyVersion]): Tls12Case => ({
      name: `speaks ${version} only`,
      rfc,
      victim: 'server',
      break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, legacyVersion })),
      alert: 'protocol_version',
      error: incompatible('version'),
    }),
  ),
  ...[0x0200, 0x0002, 0x0000].map(
    (legacyVersion): Tls12Case => ({
      name: `speaks version 0x${legacyVersion.toString(16).padStart(4, '0')}, which is less than SSL 3.0`,
      rfc: 'RFC 5246 §E.1: “only versions greater than client_version, it MUST send a "protocol_version" alert message”',
      victim: 'server',
      break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, legacyVersion })),
      alert: 'protocol_version',
      error: incompatible('version'),
    }),
  ),
  {
    name: 'speaks versions alone that nobody knows',
    rfc: 'RFC 8446 §4.2.1',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', adding(extension('supported_versions', 4, 0xfa, 0xfa, 3, 5))),
    alert: 'protocol_version',
    error: incompatible('version'),
  },
  {
    name: 'speaks TLS 1.1 alone by supported_versions, whatever its version says',
    rfc: 'RFC 5246 §7.2.2: “protocol_version The protocol version the client has attempted to negotiate is recognized but not supported”',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', adding(extension('supported_versions', 2, 3, 2))),
    alert: 'protocol_version',
    error: incompatible('version'),
  },
  ...(
    [
      ['no suite', 35, [0, 0], 2 + 2, 'cipherSuites'],
      ['half a suite', 35, [0, 3, 0xc0, 0x2b, 0xc0], 2 + 2, 'cipherSuites[1]'],
      ['no compression method', 39, [0], 2, 'legacyCompressionMethods'],
      ['a session id of 33 bytes', 34, [33, ...new Array<number>(33).fill(1)], 1, 'legacySessionId'],
    ] as const
  ).map(
    ([what, at, bytes, instead, path]): Tls12Case => ({
      name: `says hello with ${what}`,
      rfc: 'RFC 5246 §7.4.1.2',
      victim: 'server',
      break: (peer) =>
        peer.changeMessage('client_hello', (hello) =>
          messageOf('client_hello', ...hello.subarray(4, 4 + at), ...bytes, ...hello.subarray(4 + at + instead)),
        ),
      alert: 'decode_error',
      error: undecodable(`client_hello.${path}`),
    }),
  ),
  ...(
    [
      [
        'a byte behind its extensions',
        'RFC 8446 §4.1.2: “If not, then it MUST abort the handshake with a "decode_error" alert”',
        (hello) => messageOf('client_hello', ...hello.subarray(4), 0),
        'client_hello',
      ],
      [
        'no extensions, and a byte where they would be',
        'RFC 5246 §7.4.1.2: “precisely matches one of these formats; if not, then it MUST send a fatal "decode_error" alert”',
        (hello) => messageOf('client_hello', ...withoutExtensions(hello), 0),
        'client_hello.extensions',
      ],
    ] as const satisfies readonly (readonly [string, string, (hello: Uint8Array) => Uint8Array, string])[]
  ).map(
    ([what, rfc, edit, path]): Tls12Case => ({
      name: `says hello with ${what}`,
      rfc,
      victim: 'server',
      break: (peer) => peer.changeMessage('client_hello', edit),
      alert: 'decode_error',
      error: undecodable(path),
    }),
  ),
  {
    name: 'has all compression methods but null',
    rfc: 'RFC 5246 §7.4.1.2',
    victim: 'server',
    break: (peer) =>
      peer.change('client_hello', (hello) => ({
        ...hello,
        legacyCompressionMethods: Uint8Array.from({ length: 255 }, (_, i) => i + 1),
      })),
    ...illegal,
    error: misbehaved('compression_not_null'),
  },
  ...(['server_name', 'supported_groups', 'extended_master_secret', 'session_ticket'] as const).map(
    (name): Tls12Case => ({
      name: `sends ${name} twice`,
      rfc: 'RFC 5246 §7.4.1.4',
      victim: 'server',
      break: (peer) => peer.changeExtensions('client_hello', doubling(name)),
      ...illegal,
      why: 'no alert is named; the value is wrong, its form is not',
      error: misbehaved('extension_duplicate'),
    }),
  ),
  {
    name: 'sends an unknown extension twice',
    rfc: 'RFC 5246 §7.4.1.4',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', adding(unknownExtension, unknownExtension)),
    ...illegal,
    why: 'no alert is named; the value is wrong, its form is not',
    error: misbehaved('extension_duplicate'),
  },
  ...(
    [
      ['for export and without encryption', [0x0003, 0x0008, 0x0014, 0x0001, 0x0002, 0x003b]],
      ['without authentication', [0x0034, 0x006d, 0xc018, 0xc019]],
      ['of static RSA', [0x002f, 0x0035, 0x009c, 0x009d]],
      // RFC 7465 §2: "If the TLS client only offers RC4 cipher suites, the TLS server MUST terminate the handshake"
      ['of RC4', [0x0004, 0x0005, 0xc007, 0xc011]],
      ['of 3DES', [0x000a, 0xc008]],
      ['that nobody knows', [0xcafe, 0x0a0a, 0xfafa]],
      ['that are signals', [0x00ff]],
    ] as const
  ).map(
    ([what, cipherSuites]): Tls12Case => ({
      name: `offers only suites ${what}`,
      rfc: 'RFC 5246 §7.4.1.3: “If it cannot find such a match, it will respond with a handshake failure alert”',
      victim: 'server',
      break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, cipherSuites })),
      alert: 'handshake_failure',
      error: incompatible('suite'),
    }),
  ),
  ...(
    [
      ['schemes that nobody knows', 'RFC 5246 §7.4.1.4.1', [0xfa, 0xfa, 0xfe, 1]],
      ['MD5', 'RFC 9155 §4', [1, 1, 1, 3]],
    ] as const
  ).map(
    ([what, rfc, schemes]): Tls12Case => ({
      name: `verifies ${what} only`,
      rfc,
      victim: 'server',
      break: (peer) => peer.changeExtensions('client_hello', replacing('signature_algorithms', 0, 4, ...schemes)),
      alert: 'handshake_failure',
      error: incompatible('suite'),
    }),
  ),
  {
    name: 'sends oid_filters',
    rfc: 'RFC 8446 §4.2: “not specified for the message in which it appears … with an "illegal_parameter" alert”',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', adding(extension('oid_filters', 0, 0))),
    ...illegal,
    error: misbehaved('extension_not_allowed_here'),
  },
  {
    name: 'fell back to TLS 1.2 without need',
    rfc: 'RFC 7507 §3: “the server MUST respond with a fatal inappropriate_fallback alert”',
    victim: 'server',
    break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, cipherSuites: [...hello.cipherSuites, 0x5600] })),
    alert: 'inappropriate_fallback',
    error: misbehaved('fallback_inappropriate'),
  },
  {
    name: 'offers no suite that we have',
    rfc: 'RFC 5246 §7.4.1.2: “no acceptable choices are presented, return a handshake failure alert and close the connection”',
    victim: 'server',
    break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, cipherSuites: [0xc009, 0x1301] })),
    alert: 'handshake_failure',
    error: incompatible('suite'),
  },
  {
    name: 'offers only suites for another kind of key',
    rfc: 'RFC 5246 §7.2.2: “handshake_failure … unable to negotiate an acceptable set of security parameters given the options available”',
    victim: 'server',
    break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, cipherSuites: [0xc02f] })),
    alert: 'handshake_failure',
    error: incompatible('suite'),
  },
  {
    name: 'has none of our groups',
    rfc: 'RFC 8422 §5.1: “a fatal handshake failure alert due to the lack of common cipher suites”',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', replacing('supported_groups', 0, 2, 0, SECP521R1)),
    alert: 'handshake_failure',
    error: incompatible('suite'),
  },
  {
    // RFC 5246 §7.2.2: "insufficient_security Returned instead of handshake_failure when a negotiation has failed specifically because"
    name: 'has DHE alone, and none of our groups for it',
    rfc: 'RFC 7919 §4: “the server MUST end the connection with a fatal TLS alert of type insufficient_security(71)”',
    victim: 'server',
    options: { cipherSuites: ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'] },
    break: (peer) => {
      peer.change('client_hello', (hello) => ({ ...hello, cipherSuites: [0x009e] }));
      peer.changeExtensions('client_hello', replacing('supported_groups', 0, 2, 0x01, 0xff));
    },
    alert: 'insufficient_security',
    error: incompatible('finite_field_group'),
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
    break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, legacyCompressionMethods: Uint8Array.of(1) })),
    ...illegal,
    error: misbehaved('compression_not_null'),
  },
  {
    name: 'sends a renegotiation_info of a renegotiation',
    rfc: 'RFC 5746 §3.6: “and if it is not, MUST abort the handshake”',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', replacing('renegotiation_info', 1, 7)),
    alert: 'handshake_failure',
    error: misbehaved('renegotiation_info_invalid'),
  },
  {
    name: 'takes no uncompressed points',
    rfc: 'RFC 8422 §5.1.2: “then the server MUST abort the handshake and return an illegal_parameter alert”',
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
    name: 'offers an application protocol that we do not have',
    rfc: 'RFC 7301 §3.2: “the server SHALL respond with a fatal "no_application_protocol" alert”',
    victim: 'server',
    options: { alpnProtocols: ['h2'] },
    break: (peer) =>
      peer.changeExtensions('client_hello', adding(extension('application_layer_protocol_negotiation', 0, 3, 2, 0x68, 0x33))),
    alert: 'no_application_protocol',
    error: incompatible('application_protocol'),
  },
];
