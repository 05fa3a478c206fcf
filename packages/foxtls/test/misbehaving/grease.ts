/**
 * Peers that choose what was offered to be ignored (RFC 8701 §3.1, §4.1): each value is one that the victim itself sent.
 */

import { GREASE_VALUES, isGrease } from '../../src/core/registry/grease.ts';
import { ClientHello, readMessage } from '../../src/protocol/messages/messages.ts';
import { type Case, misbehaved } from './case.ts';
import { adding, replacing, serverShare, two } from './edits.ts';
import type { Peer } from './peer.ts';

/** The first ClientHello of the victim. */
function helloOf(peer: Peer) {
  const [raw] = peer.receivedMessages;
  if (raw === undefined) throw new Error('no ClientHello yet');
  return readMessage(ClientHello, raw);
}

function reserved(list: readonly number[] | undefined): number {
  const value = list?.find(isGrease);
  if (value === undefined) throw new Error('the victim sent no reserved value there');
  return value;
}

/** The type of the reserved extension that the victim sent. */
const reservedExtension = (peer: Peer) => ({
  type: reserved(helloOf(peer).extensions.list.map(({ type }) => type)),
  data: new Uint8Array(0),
});

const BASE = { victim: 'client', options: { grease: true, alpnProtocols: ['h2'] }, alert: 'illegal_parameter' } as const;

export const GREASE: readonly Case[] = [
  {
    ...BASE,
    name: 'chooses the reserved suite that was offered',
    rfc: 'RFC 8701 §3.1: “Clients MUST reject GREASE values when negotiated by the server”',
    break: (peer) => peer.change('server_hello', (hello) => ({ ...hello, cipherSuite: reserved(helloOf(peer).cipherSuites) })),
    error: misbehaved('suite_not_offered'),
  },
  {
    ...BASE,
    name: 'selects the reserved version that was offered',
    rfc: 'RFC 8701 §3.1, RFC 8446 §4.2.1',
    break: (peer) =>
      peer.changeExtensions('server_hello', (list) =>
        replacing('supported_versions', ...two(reserved(helloOf(peer).extensions.values.supported_versions)))(list),
      ),
    error: misbehaved('version_not_offered'),
  },
  {
    ...BASE,
    name: 'selects the reserved version that was offered in HelloRetryRequest',
    rfc: 'RFC 8701 §3.1, RFC 8446 §4.2.1',
    situation: { retry: { group: 0x17 } },
    break: (peer) =>
      peer.changeExtensions('hello_retry_request', (list) =>
        replacing('supported_versions', ...two(reserved(helloOf(peer).extensions.values.supported_versions)))(list),
      ),
    error: misbehaved('version_not_offered'),
  },
  {
    ...BASE,
    name: 'answers the reserved key share',
    rfc: 'RFC 8446 §4.2.8',
    break: (peer) =>
      peer.changeExtensions('server_hello', (list) => {
        const group = reserved(helloOf(peer).extensions.values.supported_groups);
        return replacing('key_share', ...serverShare(group, Uint8Array.of(0)))(list);
      }),
    why: 'no alert is named; no share of ours is of that group',
    error: misbehaved('group_not_offered'),
  },
  {
    ...BASE,
    name: 'asks for a share of the reserved group',
    rfc: 'RFC 8446 §4.2.8',
    situation: { retry: { group: 0x17 } },
    break: (peer) =>
      peer.changeExtensions('hello_retry_request', (list) =>
        replacing('key_share', ...two(reserved(helloOf(peer).extensions.values.supported_groups)))(list),
      ),
    error: misbehaved('group_not_offered'),
  },
  ...(['server_hello', 'encrypted_extensions'] as const).map(
    (place): Case => ({
      ...BASE,
      name: `answers the reserved extension in ${place}`,
      rfc: 'RFC 8701 §3.1, RFC 8446 §4.2',
      break: (peer) => peer.changeExtensions(place, (list) => adding(reservedExtension(peer))(list)),
      alert: 'unsupported_extension',
      error: misbehaved('extension_unsolicited'),
    }),
  ),
  {
    ...BASE,
    name: 'answers the reserved extension in hello_retry_request',
    rfc: 'RFC 8701 §3.1, RFC 8446 §4.2',
    situation: { retry: { group: 0x17 } },
    break: (peer) => peer.changeExtensions('hello_retry_request', (list) => adding(reservedExtension(peer))(list)),
    alert: 'unsupported_extension',
    error: misbehaved('extension_unsolicited'),
  },
  {
    ...BASE,
    name: 'answers the reserved extension in its Certificate',
    rfc: 'RFC 8701 §3.1, RFC 8446 §4.4.2',
    break: (peer) =>
      peer.change('certificate', (certificate) => ({
        ...certificate,
        certificateList: certificate.certificateList.map((entry) => ({
          ...entry,
          extensions: { ...entry.extensions, list: [reservedExtension(peer)] },
        })),
      })),
    alert: 'unsupported_extension',
    error: misbehaved('extension_unsolicited'),
  },
  {
    ...BASE,
    name: 'chooses the reserved application protocol',
    rfc: 'RFC 7301 §3.2',
    break: (peer) =>
      peer.changeExtensions('encrypted_extensions', (list) => {
        const protocols = helloOf(peer).extensions.values.application_layer_protocol_negotiation ?? [];
        const codes = protocols.map((name) => (name.charCodeAt(0) << 8) | name.charCodeAt(1));
        return replacing('application_layer_protocol_negotiation', 0, 3, 2, ...two(reserved(codes)))(list);
      }),
    why: 'no alert is named; what was chosen is none of our protocols',
    error: misbehaved('alpn_not_offered'),
  },
  {
    ...BASE,
    name: 'signs by the reserved scheme',
    rfc: 'RFC 8701 §3.1, RFC 8446 §4.4.3',
    break: (peer) =>
      peer.change('certificate_verify', (message) => ({
        ...message,
        algorithm: reserved(helloOf(peer).extensions.values.signature_algorithms),
      })),
    why: 'no alert is named; the scheme is none that we verify',
    error: misbehaved('signature_scheme_not_offered'),
  },
  {
    name: 'signs by a reserved scheme',
    rfc: 'RFC 8701 §4.1: “Servers MUST reject GREASE values when negotiated by the client”',
    victim: 'server',
    options: { grease: true, clientCertificates: 'require' },
    break: (peer) => peer.change('certificate_verify', (message) => ({ ...message, algorithm: GREASE_VALUES[3] })),
    alert: 'illegal_parameter',
    why: 'no alert is named; the scheme is none that we verify',
    error: misbehaved('signature_scheme_not_offered'),
  },
  {
    name: 'answers with a reserved extension in its Certificate',
    rfc: 'RFC 8701 §4.1, RFC 8446 §4.4.2',
    victim: 'server',
    options: { grease: true, clientCertificates: 'require' },
    break: (peer) =>
      peer.change('certificate', (certificate) => ({
        ...certificate,
        certificateList: certificate.certificateList.map((entry) => ({
          ...entry,
          extensions: { ...entry.extensions, list: [{ type: GREASE_VALUES[5], data: new Uint8Array(0) }] },
        })),
      })),
    alert: 'unsupported_extension',
    error: misbehaved('extension_unsolicited'),
  },
];
