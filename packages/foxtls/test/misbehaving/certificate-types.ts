/**
 * Raw public keys, OCSP responses, certificate timestamps and authorities that are not as they have to be (RFC 7250, RFC 8446 §4.4.2.1).
 */

import type { PrivateKey } from '../../src/crypto/signature.ts';
import type { RawExtension } from '../../src/protocol/messages/extensions/block.ts';
import { type Case, incompatible, misbehaved, refused, undecodable, type VictimOptions } from './case.ts';
import { adding, extension, two } from './edits.ts';
import type { Peer } from './peer.ts';
import type { World } from './world.ts';

const X509 = 0;
const RAW = 2;
/** No certificate type has this number. */
const UNKNOWN_TYPE = 77;

const RAW_ONLY = { serverCertificateTypes: ['raw-public-key'] } as const satisfies VictimOptions;
const EITHER = { serverCertificateTypes: ['raw-public-key', 'x509'] } as const satisfies VictimOptions;
const REQUIRE = { clientCertificates: 'require' } as const satisfies VictimOptions;
const RAW_CLIENT = { ...REQUIRE, clientCertificateTypes: ['raw-public-key'] } as const satisfies VictimOptions;
const NOTHING_SHOWN = {
  client:
    'RFC 8446 §4.4.2.4: “If the server supplies an empty Certificate message, the client MUST abort … a "decode_error" alert”',
  server: 'RFC 8446 §6.2: “certificate_required: Sent by servers when a client certificate is desired but none was provided”',
} as const;
const noAlertNamed = 'no alert is named; the value is not one of those offered';

type Entry = {
  readonly certData: Uint8Array;
  readonly extensions: { readonly context: 'certificate'; readonly list: readonly RawExtension[]; readonly values: object };
};

const entry = (certData: Uint8Array, ...list: RawExtension[]): Entry => ({
  certData,
  extensions: { context: 'certificate', list, values: {} },
});

/** The SubjectPublicKeyInfo of the peer's key. */
function spkiOf({ credentials }: World, name: keyof World['credentials']): Uint8Array {
  return (credentials[name].signer as PrivateKey).publicKey.spki;
}

function showing(peer: Peer, ...certificateList: Entry[]): void {
  peer.change('certificate', (message) => ({ ...message, certificateList }));
}

/** Puts extensions beside the end entity's certificate. */
function stapling(peer: Peer, ...list: RawExtension[]): void {
  peer.change('certificate', (message) => ({
    ...message,
    certificateList: message.certificateList.map((one, i) => (i === 0 ? entry(one.certData, ...list) : one)),
  }));
}

const answering = (peer: Peer, ...list: RawExtension[]) => peer.changeExtensions('encrypted_extensions', adding(...list));
const offering = (peer: Peer, ...list: RawExtension[]) => peer.changeExtensions('client_hello', adding(...list));
const requesting = (peer: Peer, ...list: RawExtension[]) => peer.changeExtensions('certificate_request', adding(...list));

/** CertificateStatus: its type, the length of the response, the response. */
const status = (type: number, ...response: number[]) =>
  extension('status_request', type, 0, ...two(response.length), ...response);

const typesOfServers: readonly Case[] = [
  {
    name: 'chooses a server_certificate_type where none was offered',
    rfc: 'RFC 8446 §4.2: “an endpoint MUST abort the handshake with an "unsupported_extension" alert”',
    victim: 'client',
    break: (peer) => answering(peer, extension('server_certificate_type', X509)),
    alert: 'unsupported_extension',
    error: misbehaved('extension_unsolicited'),
  },
  {
    name: 'chooses a client_certificate_type where none was offered',
    rfc: 'RFC 8446 §4.2: “an endpoint MUST abort the handshake with an "unsupported_extension" alert”',
    victim: 'client',
    options: EITHER,
    break: (peer) => answering(peer, extension('client_certificate_type', RAW)),
    alert: 'unsupported_extension',
    error: misbehaved('extension_unsolicited'),
  },
  ...([X509, UNKNOWN_TYPE] as const).map(
    (type): Case => ({
      name: `chooses the server_certificate_type ${type} where only RawPublicKey was offered`,
      rfc: 'RFC 7250 §4.2',
      victim: 'client',
      options: RAW_ONLY,
      break: (peer) => answering(peer, extension('server_certificate_type', type)),
      alert: 'illegal_parameter',
      why: noAlertNamed,
      error: misbehaved('certificate_type_not_offered'),
    }),
  ),
  ...([[RAW, X509], []] as const).map(
    (types): Case => ({
      name: `answers with ${types.length === 0 ? 'no' : 'two'} server certificate types`,
      rfc: 'RFC 7250 §4.2',
      victim: 'client',
      options: EITHER,
      break: (peer) => answering(peer, extension('server_certificate_type', ...types)),
      alert: 'decode_error',
      error: undecodable('encrypted_extensions.extensions.server_certificate_type'),
    }),
  ),
  {
    name: 'repeats server_certificate_type in its Certificate',
    rfc: 'RFC 8446 §4.2',
    victim: 'client',
    options: EITHER,
    break: (peer, world) => {
      answering(peer, extension('server_certificate_type', RAW));
      showing(peer, entry(spkiOf(world, 'server'), extension('server_certificate_type', RAW)));
    },
    alert: 'illegal_parameter',
    error: misbehaved('extension_not_allowed_here'),
  },
  {
    name: 'shows a certificate without a word about types, where only raw public keys are accepted',
    rfc: 'RFC 7250 §4.2',
    victim: 'client',
    options: RAW_ONLY,
    break: () => {},
    alert: 'unsupported_certificate',
    why: 'the alert that RFC 7250 has for the other side without a common type',
    error: incompatible('certificate_type'),
  },
  {
    name: 'shows a raw public key without a word about types',
    rfc: 'RFC 8446 §4.4.2',
    victim: 'client',
    options: EITHER,
    break: (peer, world) => showing(peer, entry(spkiOf(world, 'server'))),
    alert: 'bad_certificate',
    why: 'it is read as a certificate, and is none',
    error: refused('malformed'),
  },
];

/** The same of a server's raw key and of a client's. `agree` makes the peer agree on raw keys. */
function rawKeys(victim: 'client' | 'server'): Case[] {
  const common = { victim, options: victim === 'client' ? RAW_ONLY : RAW_CLIENT } as const;
  const agree = (peer: Peer) => {
    if (victim === 'client') answering(peer, extension('server_certificate_type', RAW));
    else offering(peer, extension('client_certificate_type', 1, RAW));
  };
  const own = victim === 'client' ? 'server' : 'client';
  return [
    {
      ...common,
      name: 'shows an X.509 certificate where RawPublicKey was agreed on',
      rfc: 'RFC 8446 §6.2: “certificate_unknown: Some other (unspecified) issue arose in processing the certificate”',
      break: agree,
      alert: 'certificate_unknown',
      why: 'it is compared with the keys that are trusted, and is none of them',
      error: refused('key_untrusted'),
    },
    {
      ...common,
      name: 'shows a raw public key that is not trusted, and holds it',
      rfc: 'RFC 7250 §4.4',
      situation: { credential: victim === 'client' ? 'strangerServer' : 'strangerClient' },
      break: (peer, world) => {
        agree(peer);
        showing(peer, entry(spkiOf(world, victim === 'client' ? 'strangerServer' : 'strangerClient')));
      },
      alert: 'certificate_unknown',
      why: 'no alert is named; RFC 7925 §4.4 counts certificate_unknown among those for raw public keys',
      error: refused('key_untrusted'),
    },
    {
      ...common,
      name: 'shows a trusted raw public key that it does not hold',
      rfc: 'RFC 8446 §4.4.3',
      situation: { credential: victim === 'client' ? 'strangerServer' : 'strangerClient' },
      break: (peer, world) => {
        agree(peer);
        showing(peer, entry(spkiOf(world, own)));
      },
      alert: 'decrypt_error',
      error: misbehaved('signature_invalid'),
    },
    {
      ...common,
      name: 'shows two raw public keys',
      rfc: 'RFC 8446 §4.4.2',
      break: (peer, world) => {
        agree(peer);
        showing(peer, entry(spkiOf(world, own)), entry(spkiOf(world, own)));
      },
      alert: 'illegal_parameter',
      why: 'no alert is named; the list is well formed, and too long for its type',
      error: misbehaved('certificate_list_too_long'),
    },
    {
      ...common,
      name: 'shows no raw public key where one was agreed on',
      rfc: NOTHING_SHOWN[victim],
      break: (peer) => {
        agree(peer);
        showing(peer);
      },
      alert: victim === 'client' ? 'decode_error' : 'certificate_required',
      error: misbehaved(victim === 'client' ? 'certificate_list_empty' : 'certificate_required'),
    },
    {
      ...common,
      name: 'shows an empty raw public key',
      rfc: 'RFC 8446 §4.4.2',
      break: (peer) => {
        agree(peer);
        // An entry of no bytes, without extensions; the peer's codec would not write it.
        peer.changeMessage('certificate', () => Uint8Array.of(11, 0, 0, 9, 0, 0, 0, 5, 0, 0, 0, 0, 0));
      },
      alert: 'decode_error',
      error: undecodable('certificate.certificateList[0].certData'),
    },
  ];
}

const typesOfClients: readonly Case[] = [
  ...(['server_certificate_type', 'client_certificate_type'] as const).map(
    (name): Case => ({
      name: `offers an empty list of types in ${name}`,
      rfc: 'RFC 7250 §3',
      victim: 'server',
      break: (peer) => offering(peer, extension(name, 0)),
      alert: 'decode_error',
      error: undecodable(`client_hello.extensions.${name}`),
    }),
  ),
  {
    name: 'accepts only raw public keys of a server that has none',
    rfc: 'RFC 7250 §4.2: “the server terminates the session with a fatal alert of type "unsupported_certificate"”',
    victim: 'server',
    break: (peer) => offering(peer, extension('server_certificate_type', 1, RAW)),
    alert: 'unsupported_certificate',
    error: incompatible('certificate_type'),
  },
  {
    name: 'accepts only certificates of unknown types',
    rfc: 'RFC 7250 §4.2: “the server terminates the session with a fatal alert of type "unsupported_certificate"”',
    victim: 'server',
    break: (peer) => offering(peer, extension('server_certificate_type', 2, UNKNOWN_TYPE, 1)),
    alert: 'unsupported_certificate',
    error: incompatible('certificate_type'),
  },
  {
    name: 'has only raw public keys for a server that requires a certificate',
    rfc: 'RFC 7250 §4.2',
    victim: 'server',
    options: REQUIRE,
    break: (peer) => offering(peer, extension('client_certificate_type', 1, RAW)),
    alert: 'unsupported_certificate',
    error: incompatible('certificate_type'),
  },
  {
    name: 'has only certificates for a server that requires a raw public key',
    rfc: 'RFC 7250 §4.2',
    victim: 'server',
    options: RAW_CLIENT,
    break: () => {},
    alert: 'unsupported_certificate',
    error: incompatible('certificate_type'),
  },
];

const STAPLES = { requestOcsp: true, requestSct: true } as const satisfies VictimOptions;

/** The same of a server's Certificate and of a client's. */
function staples(victim: 'client' | 'server'): Case[] {
  const asked = victim === 'client' ? STAPLES : { ...REQUIRE, ...STAPLES };
  const unasked = victim === 'client' ? {} : REQUIRE;
  const malformed = (name: string, bad: RawExtension, path: string): Case => ({
    name,
    rfc: 'RFC 8446 §6.2',
    victim,
    options: asked,
    break: (peer) => stapling(peer, bad),
    alert: 'decode_error',
    error: undecodable(`certificate.certificateList[0].extensions.${path}`),
  });
  const unsolicited = (name: string, extra: RawExtension): Case => ({
    name,
    rfc: 'RFC 8446 §4.4.2',
    victim,
    options: unasked,
    break: (peer) => stapling(peer, extra),
    alert: 'unsupported_extension',
    error: misbehaved('extension_unsolicited'),
  });
  return [
    unsolicited('staples an OCSP response that nobody asked for', status(1, 0x30, 0)),
    unsolicited('staples timestamps that nobody asked for', extension('signed_certificate_timestamp', 0, 3, 0, 1, 9)),
    malformed('staples a status of type ocsp_multi', status(2, 0x30, 0), 'status_request'),
    malformed('staples an empty OCSP response', status(1), 'status_request.response'),
    malformed('staples a bare "yes" for a status', extension('status_request'), 'status_request.statusType'),
    malformed('staples an OCSP response and more', extension('status_request', 1, 0, 0, 1, 9, 9), 'status_request'),
    malformed(
      'staples an empty list of timestamps',
      extension('signed_certificate_timestamp', 0, 0),
      'signed_certificate_timestamp',
    ),
    malformed(
      'staples an empty timestamp',
      extension('signed_certificate_timestamp', 0, 2, 0, 0),
      'signed_certificate_timestamp[0]',
    ),
    malformed(
      'staples a list of timestamps cut short',
      extension('signed_certificate_timestamp', 0, 4, 0, 1, 9),
      'signed_certificate_timestamp',
    ),
    {
      name: 'staples an OCSP response twice',
      rfc: 'RFC 8446 §4.2',
      victim,
      options: asked,
      break: (peer) => stapling(peer, status(1, 0x30, 0), status(1, 0x30, 0)),
      alert: 'illegal_parameter',
      error: misbehaved('extension_duplicate'),
    },
  ];
}

const requests: readonly Case[] = [
  {
    name: 'acknowledges status_request in EncryptedExtensions',
    rfc: 'RFC 8446 §4.3.1: “any forbidden extensions and if any are found MUST abort the handshake with an "illegal_parameter" alert”',
    victim: 'client',
    options: STAPLES,
    break: (peer) => answering(peer, extension('status_request')),
    alert: 'illegal_parameter',
    error: misbehaved('extension_not_allowed_here'),
  },
  {
    name: 'names an OID in oid_filters twice',
    rfc: 'RFC 8446 §4.2.5',
    victim: 'client',
    situation: { requestsCertificate: true },
    break: (peer) => {
      const filter = [3, 0x55, 0x1d, 0x0f, 0, 0];
      requesting(peer, extension('oid_filters', 0, 12, ...filter, ...filter));
    },
    alert: 'illegal_parameter',
    why: 'no alert is named',
    error: misbehaved('oid_filter_duplicate'),
  },
  ...(
    [
      ['an empty OID', 'oid_filters', [0, 3, 0, 0, 0], 'oid_filters[0].certificateExtensionOid'],
      ['no authorities', 'certificate_authorities', [0, 0], 'certificate_authorities'],
      ['an empty name of an authority', 'certificate_authorities', [0, 3, 0, 0, 0], 'certificate_authorities[0]'],
      ['no scheme for certificates', 'signature_algorithms_cert', [0, 0], 'signature_algorithms_cert'],
      ['the status_request of a client', 'status_request', [1, 0, 0, 0, 0], 'status_request'],
      ['timestamps where it asks for them', 'signed_certificate_timestamp', [0, 3, 0, 1, 9], 'signed_certificate_timestamp'],
    ] as const
  ).map(
    ([what, name, data, path]): Case => ({
      name: `requests a certificate with ${what}`,
      rfc: 'RFC 8446 §4.3.2',
      victim: 'client',
      situation: { requestsCertificate: true },
      break: (peer) => requesting(peer, extension(name, ...data)),
      alert: 'decode_error',
      error: undecodable(`certificate_request.extensions.${path}`),
    }),
  ),
  ...(
    [
      ['no authorities', 'certificate_authorities', [0, 0], 'certificate_authorities'],
      ['a status_request without a type', 'status_request', [], 'status_request.status_type'],
      ['a status_request cut short', 'status_request', [1, 0, 0], 'status_request.requestExtensions'],
      ['an empty responder', 'status_request', [1, 0, 2, 0, 0, 0, 0], 'status_request.responderIdList[0]'],
      ['timestamps where it asks for them', 'signed_certificate_timestamp', [0, 3, 0, 1, 9], 'signed_certificate_timestamp'],
      ['no scheme for certificates', 'signature_algorithms_cert', [0, 0], 'signature_algorithms_cert'],
    ] as const
  ).map(
    ([what, name, data, path]): Case => ({
      name: `says hello with ${what}`,
      rfc: 'RFC 8446 §4.2',
      victim: 'server',
      break: (peer) => offering(peer, extension(name, ...data)),
      alert: 'decode_error',
      error: undecodable(`client_hello.extensions.${path}`),
    }),
  ),
];

export const CERTIFICATE_TYPES: readonly Case[] = [
  ...typesOfServers,
  ...rawKeys('client'),
  ...staples('client'),
  ...typesOfClients,
  ...rawKeys('server'),
  ...staples('server'),
  ...requests,
];
