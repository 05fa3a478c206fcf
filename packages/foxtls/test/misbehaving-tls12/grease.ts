/**
 * Servers of TLS 1.2 that choose what was offered to be ignored (RFC 8701 §3.1), and what stands beside certificates (RFC 6066 §8, RFC 7250 §4.2).
 */

import { isGrease } from '../../src/core/registry/grease.ts';
import { ClientHello, readMessage } from '../../src/protocol/messages/messages.ts';
import { type ExpectedError, misbehaved, undecodable } from '../misbehaving/case.ts';
import { adding, extension, messageOf, two } from '../misbehaving/edits.ts';
import { editParams, illegal, only12, type Tls12Case, unexpected } from './case.ts';
import type { Tls12Peer } from './peer.ts';

function helloOf(peer: Tls12Peer) {
  const [raw] = peer.receivedMessages;
  if (raw === undefined) throw new Error('no ClientHello yet');
  return readMessage(ClientHello, raw);
}

function reserved(list: readonly number[] | undefined): number {
  const value = list?.find(isGrease);
  if (value === undefined) throw new Error('the victim sent no reserved value there');
  return value;
}

const BASE = {
  ...illegal,
  rfc: 'RFC 8701 §3.1: “Clients MUST reject GREASE values when negotiated by the server”',
  victim: 'client',
  options: { ...only12, grease: true },
} as const;

export const GREASE: readonly Tls12Case[] = [
  {
    ...BASE,
    name: 'chooses the reserved suite that was offered',
    break: (peer) => peer.change('server_hello', (hello) => ({ ...hello, cipherSuite: reserved(helloOf(peer).cipherSuites) })),
    error: misbehaved('suite_not_offered'),
  },
  {
    ...BASE,
    name: 'uses the reserved group that was offered',
    break: (peer) =>
      peer.before('certificate', () => {
        peer.namedCurve = reserved(helloOf(peer).extensions.values.supported_groups);
      }),
    error: misbehaved('group_not_offered'),
  },
  {
    ...BASE,
    name: 'signs by the reserved scheme that was offered',
    break: (peer) =>
      editParams((body) => {
        const at = 4 + (body[3] as number);
        const scheme = reserved(helloOf(peer).extensions.values.signature_algorithms);
        return Uint8Array.of(...body.subarray(0, at), ...two(scheme), ...body.subarray(at + 2));
      })(peer),
    error: misbehaved('signature_scheme_not_offered'),
  },
  {
    ...BASE,
    name: 'answers the reserved extension',
    break: (peer) =>
      peer.changeExtensions('server_hello', (list) => {
        const type = reserved(helloOf(peer).extensions.list.map((one) => one.type));
        return [...list, { type, data: new Uint8Array(0) }];
      }),
    alert: 'unsupported_extension',
    error: misbehaved('extension_unsolicited'),
  },
  {
    ...BASE,
    name: 'chooses the reserved application protocol',
    rfc: 'RFC 7301 §3.2',
    options: { ...BASE.options, alpnProtocols: ['h2'] },
    break: (peer) =>
      peer.changeExtensions('server_hello', (list) => {
        const protocols = helloOf(peer).extensions.values.application_layer_protocol_negotiation ?? [];
        const codes = protocols.map((name) => (name.charCodeAt(0) << 8) | name.charCodeAt(1));
        return adding(extension('application_layer_protocol_negotiation', 0, 3, 2, ...two(reserved(codes))))(list);
      }),
    error: misbehaved('alpn_not_offered'),
  },
];

const STAPLE = { victim: 'client', options: { ...only12, requestOcsp: true } } as const;

/** A CertificateStatus behind the certificate of a server that has promised it. */
const stapled = (
  name: string,
  body: readonly number[],
  path: string,
  wrong: { readonly alert: Tls12Case['alert']; readonly error: ExpectedError } = {
    alert: 'decode_error',
    error: undecodable(path),
  },
): Tls12Case => ({
  ...STAPLE,
  ...wrong,
  name: `staples ${name}`,
  rfc: 'RFC 6066 §8',
  break: (peer) => {
    peer.changeExtensions('server_hello', adding(extension('status_request')));
    peer.after('certificate', () => peer.sendHandshake(messageOf('certificate_status', ...body), true));
  },
});

export const BESIDE_CERTIFICATES: readonly Tls12Case[] = [
  stapled('an empty OCSP response', [1, 0, 0, 0], 'certificate_status.response'),
  stapled('a status of type ocsp_multi', [2, 0, 0, 2, 0x30, 0], 'certificate_status'),
  stapled('nothing', [], 'certificate_status.statusType'),
  stapled('an OCSP response longer than the message', [1, 0, 0, 3, 0x30, 0], 'certificate_status.response'),
  stapled('an OCSP response and a byte', [1, 0, 0, 2, 0x30, 0, 0], 'certificate_status'),
  {
    ...STAPLE,
    ...unexpected,
    name: 'staples before its certificate',
    rfc: 'RFC 6066 §8',
    break: (peer) => {
      peer.changeExtensions('server_hello', adding(extension('status_request')));
      peer.before('certificate', () => peer.sendHandshake(messageOf('certificate_status', 1, 0, 0, 2, 0x30, 0), true));
    },
    error: misbehaved('message_unexpected'),
  },
  {
    ...STAPLE,
    ...unexpected,
    name: 'staples twice',
    rfc: 'RFC 6066 §8',
    break: (peer) => {
      peer.changeExtensions('server_hello', adding(extension('status_request')));
      for (let i = 0; i < 2; i++) {
        peer.after('certificate', () => peer.sendHandshake(messageOf('certificate_status', 1, 0, 0, 2, 0x30, 0), true));
      }
    },
    error: misbehaved('message_unexpected'),
  },
  ...[0, 77].map(
    (type): Tls12Case => ({
      ...illegal,
      name: `chooses the server_certificate_type ${type} where only RawPublicKey was offered`,
      rfc: 'RFC 7250 §4.2',
      victim: 'client',
      options: { ...only12, serverCertificateTypes: ['raw-public-key'] },
      break: (peer) => peer.changeExtensions('server_hello', adding(extension('server_certificate_type', type))),
      why: 'no alert is named; the value is not one of those offered',
      error: misbehaved('certificate_type_not_offered'),
    }),
  ),
];
