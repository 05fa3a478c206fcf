/**
 * The handshakes of the TLS 1.2 test peer, right from beginning to end (RFC 5246 §7.3).
 */

import { concat, EMPTY, equal } from '../../src/core/bytes/bytes.ts';
import { decode, encode } from '../../src/core/wire/codec.ts';
import type { Hash } from '../../src/crypto/hash.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import type { X509Credential } from '../../src/protocol/handshake/credential.ts';
import { prfOf } from '../../src/protocol/keys/prf.ts';
import { extendedMasterSecret, type HelloRandoms, MasterSecret } from '../../src/protocol/keys/tls12-key-schedule.ts';
import { extensionsOf } from '../../src/protocol/messages/extensions/block.ts';
import { ClientHello, readMessage, ServerHello } from '../../src/protocol/messages/messages.ts';
import { digitallySigned } from '../../src/protocol/messages/tls12/digitally-signed.ts';
import { clientEcdhPublic, serverEcdhParams } from '../../src/protocol/messages/tls12/ec-diffie-hellman.ts';
import * as messages from '../../src/protocol/messages/tls12/messages.ts';
import type { Tls12ClientSession } from '../../src/protocol/session/client-session.ts';
import { now } from '../misbehaving/peer.ts';
import type { Script, Tls12Peer } from './peer.ts';

export const SUITE = 0xc02b;
const SCHEME = 0x0403;
export const TLS12 = 0x0303;

export interface Situation {
  readonly credential: X509Credential;
  readonly requestsCertificate?: boolean | undefined;
  /** Client: what it asks to resume. Server: what it goes on with. */
  readonly session?: Tls12ClientSession | undefined;
}

const sizes = {
  ...{ macKeySize: 0, keySize: 16, ivSize: 4 },
  protect: () => {
    throw new Error('the peer has its own');
  },
};

const sha256 = provider.hashes.find(({ name }) => name === 'sha256') as Hash;
const x25519 = provider.groups.find(({ name }) => name === 'x25519') as (typeof provider.groups)[0];
const groupOf = (id: number) => provider.groups.find((group) => group.id === id) ?? x25519;
const sign = ({ signer }: X509Credential, content: Uint8Array) =>
  now(signer.sign({ kind: 'ecdsa', hash: 'sha256' }, content)) as Uint8Array;

export function* serverScript(peer: Tls12Peer, { credential, requestsCertificate = false, session }: Situation): Script {
  const hello = readMessage(ClientHello, yield);
  const randoms: HelloRandoms = { client: hello.random, server: new Uint8Array(32).fill(0x5e) };
  const resumed = session !== undefined;
  peer.send('server_hello', {
    kind: 'server_hello_tls12',
    legacyVersion: TLS12,
    random: randoms.server,
    legacySessionIdEcho: resumed ? hello.legacySessionId : EMPTY,
    cipherSuite: SUITE,
    legacyCompressionMethod: 0,
    extensions: extensionsOf('server_hello_tls12', {
      renegotiation_info: concat(peer.finished.client, peer.finished.server),
      extended_master_secret: true,
      ec_point_formats: [0],
      ...(!resumed && { session_ticket: true as const }),
    }),
  });
  if (resumed) {
    const master = new MasterSecret(prfOf(sha256), session.masterSecret.slice());
    const keys = master.connectionKeys(randoms, sizes);
    peer.expectKeys(keys.client);
    const ours = sendFinished(peer, master, 'server', keys.server);
    peer.markFinished((yield).body, ours);
    return;
  }
  peer.send('certificate', { certificateList: credential.chain });
  const exchange = now(groupOf(peer.namedCurve).start(provider.random));
  const params = encode(serverEcdhParams, { curveType: 3, namedCurve: peer.namedCurve, public: peer.share ?? exchange.share });
  const signature = sign(credential, concat(randoms.client, randoms.server, params));
  const signed = encode(digitallySigned, { algorithm: SCHEME, signature });
  peer.send('server_key_exchange', { body: concat(params, signed) });
  if (requestsCertificate) {
    peer.send('certificate_request', {
      certificateTypes: [64],
      supportedSignatureAlgorithms: [SCHEME],
      certificateAuthorities: [],
    });
  }
  peer.send('server_hello_done', true);
  if (requestsCertificate) yield;
  const { ecdhYc } = decode(clientEcdhPublic, (yield).body, 'client_key_exchange');
  const premaster = now(exchange.finish(ecdhYc));
  const master = extendedMasterSecret(prfOf(sha256), premaster, peer.transcriptHash(sha256));
  const keys = master.connectionKeys(randoms, sizes);
  peer.expectKeys(keys.client);
  if (requestsCertificate) yield;
  const { body: theirs } = yield;
  peer.send('new_session_ticket', { ticketLifetimeHint: 100, ticket: Uint8Array.of(1, 2, 3) });
  peer.markFinished(theirs, sendFinished(peer, master, 'server', keys.server));
}

export function* clientScript(peer: Tls12Peer, { credential, session }: Situation): Script {
  const randoms = { client: new Uint8Array(32).fill(0xc1), server: EMPTY };
  const legacySessionId =
    session === undefined ? EMPTY : session.ticket === undefined ? session.sessionId : new Uint8Array(32).fill(0x1d);
  peer.send('client_hello', {
    legacyVersion: TLS12,
    random: randoms.client,
    legacySessionId,
    cipherSuites: [SUITE],
    legacyCompressionMethods: Uint8Array.of(0),
    extensions: extensionsOf('client_hello', {
      server_name: 'localhost',
      supported_groups: [x25519.id, 0x17, 0x18, 0x19, 0x1e],
      ec_point_formats: [0],
      signature_algorithms: [SCHEME],
      extended_master_secret: true,
      session_ticket: session?.ticket ?? EMPTY,
      renegotiation_info: peer.finished.client,
    }),
  });
  const hello = readMessage(ServerHello, yield);
  const withServer = { client: randoms.client, server: hello.random };
  if (session !== undefined && equal(hello.legacySessionIdEcho, legacySessionId)) {
    const master = new MasterSecret(prfOf(sha256), session.masterSecret.slice());
    const keys = master.connectionKeys(withServer, sizes);
    peer.expectKeys(keys.server);
    if (session.ticket !== undefined) yield;
    const { body: theirs } = yield;
    peer.markFinished(sendFinished(peer, master, 'client', keys.client), theirs);
    return;
  }
  yield;
  const { namedCurve, public: share } = decodeParams((yield).body);
  let last = yield;
  const isAsked = last.type === messages.CertificateRequest.type;
  if (isAsked) last = yield;
  if (isAsked) peer.send('certificate', { certificateList: credential.chain });
  const exchange = now(groupOf(namedCurve).respond(share, provider.random));
  const body = encode(clientEcdhPublic, { ecdhYc: exchange.share });
  peer.send('client_key_exchange', { body });
  const master = extendedMasterSecret(prfOf(sha256), exchange.secret, peer.transcriptHash(sha256));
  if (isAsked) {
    const signature = sign(credential, peer.transcriptBytes);
    peer.send('certificate_verify', { algorithm: SCHEME, signature });
  }
  const keys = master.connectionKeys(withServer, sizes);
  peer.expectKeys(keys.server);
  const ours = sendFinished(peer, master, 'client', keys.client);
  yield;
  peer.markFinished(ours, (yield).body);
}

function decodeParams(body: Uint8Array) {
  const length = 4 + (body[3] as number);
  return decode(serverEcdhParams, body.subarray(0, length), 'server_key_exchange');
}

function sendFinished(
  peer: Tls12Peer,
  master: MasterSecret,
  role: 'client' | 'server',
  keys: ReturnType<MasterSecret['connectionKeys']>['client'],
): Uint8Array {
  peer.changeCipher(keys);
  const verifyData = master.verifyData(role, peer.transcriptHash(sha256));
  peer.send('finished', { verifyData });
  return verifyData;
}
