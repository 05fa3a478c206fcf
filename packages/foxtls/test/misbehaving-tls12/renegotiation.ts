/**
 * The rules of renegotiation, each broken once, after a right first handshake (RFC 5746 §3.5, §3.7; RFC 7627 §5; RFC 5246 §7.4.1.1).
 */

import { EMPTY } from '../../src/core/bytes/bytes.ts';
import type { Limits } from '../../src/protocol/handshake/config.ts';
import { beyond, incompatible, misbehaved } from '../misbehaving/case.ts';
import { adding, extension, replacing, without } from '../misbehaving/edits.ts';
import { flip, message, type Tls12Case, unexpected } from './case.ts';
import type { Tls12Peer } from './peer.ts';

export interface RenegotiationCase extends Pick<Tls12Case, 'name' | 'rfc' | 'victim' | 'alert' | 'error' | 'delivered' | 'why'> {
  /** Who begins the renegotiation; nobody, where the peer does something else. Default: the peer. */
  readonly begins?: 'peer' | 'victim' | 'nobody';
  /** What the victim does with a renegotiation that the peer begins; default: accept. */
  readonly policy?: 'refuse';
  /** Which certificate the peer has in the renegotiation. */
  readonly credential?: 'stranger';
  readonly clientCertificates?: 'request';
  readonly limits?: Partial<Limits>;
  /** Told when both are connected. */
  readonly break: (peer: Tls12Peer) => void;
}

const SCSV = 0x00ff;
const failed = { alert: 'handshake_failure' } as const;
const places = { client: 'server_hello', server: 'client_hello' } as const;

const MISSING = {
  client: 'RFC 5746 §3.5: “the "renegotiation_info" extension is present; if it is not, the client MUST abort the handshake”',
  server: 'RFC 5746 §3.7: “the "renegotiation_info" extension is present; if it is not, the server MUST abort the handshake”',
} as const;
const WRONG = {
  client: 'RFC 5746 §3.5: “If they are not, the client MUST abort the handshake”',
  server: 'RFC 5746 §3.7: “equal to the saved client_verify_data value; if it is not, the server MUST abort the handshake”',
} as const;

/** The same rule for a client and for a server, and for either when it began itself. */
const everyWay = (make: (victim: 'client' | 'server') => RenegotiationCase): readonly RenegotiationCase[] =>
  (['client', 'server'] as const).flatMap((victim) => {
    const made = make(victim);
    return [made, { ...made, name: `${made.name}, when it was asked`, begins: 'victim' as const }];
  });

const editInfo = (victim: 'client' | 'server', edit: (verifyData: Uint8Array) => Uint8Array) => (peer: Tls12Peer) =>
  peer.changeExtensions(places[victim], (list) =>
    list.map((one) => (one.type === 0xff01 ? { ...one, data: withLength(edit(one.data.subarray(1))) } : one)),
  );
const withLength = (bytes: Uint8Array) => Uint8Array.of(bytes.length, ...bytes);

export const RENEGOTIATIONS: readonly RenegotiationCase[] = [
  ...everyWay((victim) => ({
    name: 'leaves renegotiation_info out of a renegotiation',
    rfc: MISSING[victim],
    victim,
    break: (peer) => peer.changeExtensions(places[victim], without('renegotiation_info')),
    ...failed,
    error: misbehaved('renegotiation_info_missing'),
  })),
  ...everyWay((victim) => ({
    name: 'sends the renegotiation_info of a first handshake',
    rfc: WRONG[victim],
    victim,
    break: (peer) => peer.changeExtensions(places[victim], replacing('renegotiation_info', 0)),
    ...failed,
    error: misbehaved('renegotiation_info_invalid'),
  })),
  ...[0, 11, 12, -1].flatMap((at) =>
    everyWay((victim) => ({
      name: `sends a renegotiation_info that is wrong in byte ${at}`,
      rfc: WRONG[victim],
      victim,
      // A client's has 12 bytes.
      break: editInfo(victim, (data) => flip(data, Math.min(at, data.length - 1))),
      ...failed,
      error: misbehaved('renegotiation_info_invalid'),
    })),
  ),
  ...everyWay((victim) => ({
    name: 'sends the verify_data of the other end alone',
    rfc: WRONG[victim],
    victim,
    break: (peer) => editInfo(victim, () => peer.finished.server)(peer),
    ...failed,
    error: misbehaved('renegotiation_info_invalid'),
  })),
  ...everyWay((victim) => ({
    name: 'leaves extended_master_secret out of a renegotiation',
    rfc: 'RFC 7627 §5.4: “the client and server MUST abort such handshakes”',
    victim,
    break: (peer) => peer.changeExtensions(places[victim], without('extended_master_secret')),
    ...failed,
    error: misbehaved(victim === 'client' ? 'extended_master_secret_changed' : 'extended_master_secret_missing'),
  })),
  {
    name: 'sends TLS_EMPTY_RENEGOTIATION_INFO_SCSV in a renegotiation',
    rfc: 'RFC 5746 §3.7: “If the SCSV is present, the server MUST abort the handshake”',
    victim: 'server',
    break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, cipherSuites: [...hello.cipherSuites, SCSV] })),
    ...failed,
    error: misbehaved('renegotiation_info_invalid'),
  },
  {
    name: 'asks for another name in a renegotiation',
    rfc: 'RFC 6066 §3',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', replacing('server_name', 0, 6, 0, 0, 3, 0x6f, 0x6e, 0x65)),
    ...failed,
    why: 'it would be judged by the rules of another host',
    error: misbehaved('server_name_changed'),
  },
  {
    name: 'asks for no name in a renegotiation',
    rfc: 'RFC 6066 §3',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', without('server_name')),
    ...failed,
    error: misbehaved('server_name_changed'),
  },
  {
    name: 'offers TLS 1.3 alone in a renegotiation',
    rfc: 'RFC 8446 §4.1.2',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', adding(extension('supported_versions', 2, 3, 4))),
    alert: 'protocol_version',
    error: incompatible('version'),
  },
  {
    name: 'offers TLS 1.1 in a renegotiation',
    rfc: 'RFC 5246 §E.1',
    victim: 'server',
    break: (peer) => peer.change('client_hello', (hello) => ({ ...hello, legacyVersion: 0x0302 })),
    alert: 'protocol_version',
    error: incompatible('version'),
  },
  {
    name: 'answers TLS 1.3 in a renegotiation',
    rfc: 'RFC 8446 §4.1.3: “TLS 1.3 ServerHello during renegotiation MUST abort the handshake with a "protocol_version" alert”',
    victim: 'client',
    break: (peer) => peer.changeExtensions('server_hello', () => [extension('supported_versions', 3, 4)]),
    alert: 'protocol_version',
    error: incompatible('version'),
  },
  {
    name: 'answers TLS 1.1 in a renegotiation',
    rfc: 'RFC 5246 §E.1',
    victim: 'client',
    break: (peer) => peer.change('server_hello', (hello) => ({ ...hello, legacyVersion: 0x0302 })),
    alert: 'protocol_version',
    error: incompatible('version'),
  },
  ...(['peer', 'victim'] as const).map(
    (begins): RenegotiationCase => ({
      name: `shows another certificate in a renegotiation that ${begins === 'peer' ? 'it' : 'we'} began`,
      rfc: 'RFC 7627 §6.1',
      victim: 'client',
      begins,
      credential: 'stranger',
      break: () => {},
      ...failed,
      why: 'the RFC names none; BoringSSL and mbedTLS refuse it too',
      error: misbehaved('certificate_changed'),
    }),
  ),
  {
    name: 'shows another certificate in a renegotiation',
    rfc: 'RFC 7627 §6.1',
    victim: 'server',
    clientCertificates: 'request',
    credential: 'stranger',
    break: () => {},
    ...failed,
    why: 'the RFC names none',
    error: misbehaved('certificate_changed'),
  },
  ...everyWay((victim) => ({
    name: 'sends data between change_cipher_spec and Finished of a renegotiation',
    rfc: 'RFC 5246 §7.4.9',
    victim,
    break: (peer) => peer.before('finished', () => peer.sendData('too early')),
    ...unexpected,
    error: misbehaved('application_data_too_early'),
  })),
  ...everyWay((victim) => ({
    name: 'sends a wrong Finished in a renegotiation',
    rfc: 'RFC 5246 §7.4.9',
    victim,
    break: (peer) => peer.changeMessage('finished', (finished) => flip(finished, -1)),
    alert: 'decrypt_error',
    error: misbehaved('finished_invalid'),
  })),
  ...everyWay((victim) => ({
    name: 'sends no change_cipher_spec in a renegotiation',
    rfc: 'RFC 5246 §7.1',
    victim,
    break: (peer) => peer.skip('change_cipher_spec'),
    ...unexpected,
    error: misbehaved('change_cipher_spec_missing'),
  })),
  ...everyWay((victim) => ({
    name: 'sends change_cipher_spec in the clear in a renegotiation',
    rfc: 'RFC 5246 §7.1',
    victim,
    break: (peer) => {
      peer.before('change_cipher_spec', () => peer.sendRecord({ type: 20, content: Uint8Array.of(1), inTheClear: true }));
      peer.skip('change_cipher_spec');
    },
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  })),
  ...everyWay((victim) => ({
    name: 'sends change_cipher_spec behind its hello of a renegotiation',
    rfc: 'RFC 5246 §7.1',
    victim,
    break: (peer) => peer.after(places[victim], () => peer.injectChangeCipherSpec()),
    ...unexpected,
    why: 'CVE-2014-0224',
    error: misbehaved('change_cipher_spec_unexpected'),
  })),
  {
    name: 'sends a second ClientHello in the midst of a renegotiation',
    rfc: 'RFC 5246 §7.4.1.2',
    victim: 'server',
    break: (peer) => peer.after('client_hello', () => peer.sendHandshake(message('client_hello', 3, 3))),
    ...unexpected,
    error: misbehaved('message_unexpected'),
  },
  {
    name: 'asks again and again in the midst of a renegotiation',
    rfc: 'RFC 5246 §7.4.1.1',
    victim: 'client',
    break: (peer) =>
      peer.after('server_hello', () => {
        for (let i = 0; i < 5; i++) peer.sendHandshake(message('hello_request'));
      }),
    ...unexpected,
    error: beyond('warningAlerts'),
  },
  {
    // RFC 5246 §7.3: "the server must respond with a ServerHello message, or else a fatal error will occur and the connection will fail"
    name: 'answers a ClientHello with ServerHelloDone',
    rfc: 'RFC 5246 §7.4.1.2: “Any handshake message returned by the server, except for a HelloRequest, is treated as a fatal error”',
    victim: 'client',
    break: (peer) => peer.before('server_hello', () => peer.sendHandshake(message('server_hello_done'))),
    ...unexpected,
    error: misbehaved('message_unexpected'),
  },
  {
    name: 'refuses a renegotiation that it has begun to answer',
    rfc: 'RFC 5246 §7.2.2',
    victim: 'client',
    begins: 'victim',
    limits: { warningAlerts: 0 },
    break: (peer) => peer.after('server_hello', () => peer.sendAlert(1, 'no_renegotiation_RESERVED')),
    ...unexpected,
    error: beyond('warningAlerts'),
  },
  {
    name: 'answers a HelloRequest with no_renegotiation as an error',
    rfc: 'RFC 5246 §7.2.2',
    victim: 'server',
    begins: 'victim',
    break: (peer) => peer.before('client_hello', () => peer.sendAlert(2, 'no_renegotiation_RESERVED')),
    alert: 'none',
    error: { name: 'AlertReceived', description: 'no_renegotiation_RESERVED' },
  },
  ...(['client', 'server'] as const).map(
    (victim): RenegotiationCase => ({
      name: 'goes on asking where every request is refused',
      rfc: 'RFC 5246 §7.4.1.1',
      victim,
      policy: 'refuse',
      begins: 'nobody',
      break: (peer) => {
        const ask = victim === 'client' ? message('hello_request') : message('client_hello', 3, 3);
        for (let i = 0; i < 5; i++) peer.sendHandshake(ask);
      },
      ...unexpected,
      error: beyond('warningAlerts'),
    }),
  ),
  {
    name: 'begins a renegotiation with a ClientHello that is none',
    rfc: 'RFC 5246 §7.4.1.2',
    victim: 'server',
    begins: 'nobody',
    break: (peer) => peer.sendHandshake(message('client_hello', 3, 3)),
    alert: 'decode_error',
    error: { name: 'DecodeError', path: 'client_hello.random' },
  },
  {
    name: 'sends an empty record of data behind change_cipher_spec of a renegotiation',
    rfc: 'RFC 5246 §7.4.9',
    victim: 'server',
    break: (peer) => peer.before('finished', () => peer.sendRecord({ type: 23, content: EMPTY })),
    ...unexpected,
    error: misbehaved('application_data_too_early'),
  },
];
