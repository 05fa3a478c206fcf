/**
 * The handshake of the test peer, both roles, done right (RFC 8446 §2). What is wrong comes in through the hooks of `Peer`.
 *
 * `Situation` says what kind of handshake it is; each is a right one.
 */

import { concat, EMPTY, equal } from '../../src/core/bytes/bytes.ts';
import { EXTENSION_TYPES } from '../../src/core/registry/extension-types.ts';
import { isGrease } from '../../src/core/registry/grease.ts';
import { encode } from '../../src/core/wire/codec.ts';
import type { Hash, HashName } from '../../src/crypto/hash.ts';
import type { KeyExchangeGroup } from '../../src/crypto/key-exchange.ts';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import type { X509Credential } from '../../src/protocol/handshake/credential.ts';
import { finishedVerifyData } from '../../src/protocol/keys/finished.ts';
import { type BinderKind, EarlySecret, type HandshakeSecret } from '../../src/protocol/keys/key-schedule.ts';
import { signedContent } from '../../src/protocol/messages/certificate-verify.ts';
import type { ClientHello } from '../../src/protocol/messages/client-hello.ts';
import { extensionsOf, type RawExtension } from '../../src/protocol/messages/extensions/block.ts';
import { preSharedKeyOffer } from '../../src/protocol/messages/extensions/pre-shared-key.ts';
import * as messages from '../../src/protocol/messages/messages.ts';
import { HELLO_RETRY_REQUEST_RANDOM, type ServerHello } from '../../src/protocol/messages/server-hello.ts';
import { availableCipherSuites, type CipherSuite } from '../../src/protocol/negotiate/cipher-suites.ts';
import { chooseSignatureScheme, TLS13_SIGNATURE_SCHEMES } from '../../src/protocol/negotiate/signature-schemes.ts';
import type { Tls13ClientSession } from '../../src/protocol/session/client-session.ts';
import { now, type Peer, type Script } from './peer.ts';
import { TrafficKeys } from './traffic-keys.ts';

export interface Situation {
  readonly provider: CryptoProvider;
  readonly credential: X509Credential;
  readonly serverName: string;
  /** Server: answers the first ClientHello with a HelloRetryRequest that asks for a group, a cookie, or both. */
  readonly retry?: { readonly group?: number; readonly cookie?: Uint8Array } | undefined;
  /** Server: asks for a certificate. */
  readonly requestsCertificate?: boolean | undefined;
  /** A session that both sides know: the client offers it, the server takes it up. */
  readonly session?: Tls13ClientSession | undefined;
  /** Without a session: PSKs that a client offers, or the one that a server takes. */
  readonly psks?: readonly PeerPsk[] | undefined;
  /** psk_key_exchange_modes of a client; psk_dhe_ke unless set. */
  readonly pskModes?: readonly number[] | undefined;
  /** Server: does without key_share (psk_ke). */
  readonly withoutKeyExchange?: boolean | undefined;
  readonly ticketRequest?: { readonly newSessionCount: number; readonly resumptionCount: number } | undefined;
  /** The groups that a client sends shares of; x25519 unless set. */
  readonly keyShareGroups?: readonly string[] | undefined;
  readonly alpnProtocols?: readonly string[] | undefined;
  readonly recordSizeLimit?: number | undefined;
}

/** A PSK as it goes into a ClientHello. */
export interface PeerPsk {
  readonly identity: Uint8Array;
  readonly secret: Uint8Array;
  readonly hash: HashName;
  readonly binder: BinderKind;
  readonly obfuscatedTicketAge?: number;
}

const PSK_DHE_KE = 1;
const TLS13 = 0x0304;

interface Keys {
  readonly suite: CipherSuite;
  readonly labelled: { readonly hash: CipherSuite['hash']; readonly labelPrefix: 'tls13 ' };
  readonly client: Uint8Array;
  readonly server: Uint8Array;
  readonly secret: HandshakeSecret;
}

// ---- The client ----

export function* clientScript(peer: Peer, situation: Situation): Script {
  const { provider } = situation;
  const names = situation.keyShareGroups ?? ['x25519'];
  let shares = names.map((name) => startShare(provider, (group) => group.name === name));
  const first = writeClientHello(situation, shares);
  peer.send('client_hello', first, binder(peer, situation));
  let answer = messages.readMessage(messages.ServerHello, yield);
  if (answer.kind === 'hello_retry_request') {
    const asked = answer.extensions.values.key_share;
    if (asked !== undefined) shares = [startShare(provider, (group) => group.id === asked)];
    peer.hashFirstHello(suiteOf(provider, answer.cipherSuite).hash);
    const second = writeClientHello(situation, shares, first, answer.extensions.values.cookie);
    peer.sendChangeCipherSpec();
    peer.send('second_client_hello', second, binder(peer, situation));
    answer = messages.readMessage(messages.ServerHello, yield) as ServerHello;
  }
  const keys = clientKeys(peer, situation, answer as ServerHello, shares);
  peer.setReadKeys(new TrafficKeys(keys.suite, keys.server));
  peer.sendChangeCipherSpec();
  peer.setWriteKeys(new TrafficKeys(keys.suite, keys.client));
  yield* awaitServerFlight(peer, situation, keys);
}

function* awaitServerFlight(peer: Peer, situation: Situation, keys: Keys): Script {
  let asked = false;
  for (let message = yield; message.type !== messages.Finished.type; message = yield) {
    asked ||= message.type === messages.CertificateRequest.type;
  }
  const main = keys.secret.mainSecret();
  const throughServerFinished = peer.transcriptHash(keys.suite.hash);
  peer.setReadKeys(new TrafficKeys(keys.suite, main.serverTraffic(throughServerFinished)));
  if (asked) sendCertificate(peer, situation, 'client', keys);
  peer.send('finished', { verifyData: finishedVerifyData(keys.labelled, keys.client, peer.transcriptHash(keys.suite.hash)) });
  peer.setWriteKeys(new TrafficKeys(keys.suite, main.clientTraffic(throughServerFinished)));
  peer.markConnected();
  for (;;) yield;
}

interface Share {
  readonly group: KeyExchangeGroup;
  readonly publicShare: Uint8Array;
  readonly finish: (peerShare: Uint8Array) => Uint8Array;
}

function startShare(provider: CryptoProvider, matches: (group: KeyExchangeGroup) => boolean): Share {
  const group = provider.groups.find(matches) as KeyExchangeGroup;
  const exchange = now(group.start(provider.random));
  return { group, publicShare: exchange.share, finish: (peerShare) => now(exchange.finish(peerShare)) };
}

function writeClientHello(situation: Situation, shares: readonly Share[], first?: ClientHello, cookie?: Uint8Array): ClientHello {
  const { provider, alpnProtocols, recordSizeLimit } = situation;
  const psks = psksOf(situation);
  const { list } = extensionsOf('client_hello', {
    server_name: situation.serverName,
    supported_groups: provider.groups.map((group) => group.id),
    signature_algorithms: TLS13_SIGNATURE_SCHEMES.map((scheme) => scheme.id),
    ...(alpnProtocols !== undefined && { application_layer_protocol_negotiation: alpnProtocols }),
    ...(recordSizeLimit !== undefined && { record_size_limit: recordSizeLimit }),
    supported_versions: [TLS13],
    ...(cookie !== undefined && { cookie }),
    psk_key_exchange_modes: situation.pskModes ?? [PSK_DHE_KE],
    ...(situation.ticketRequest !== undefined && { ticket_request: situation.ticketRequest }),
    key_share: shares.map(({ group, publicShare }) => ({ group: group.id, keyExchange: publicShare })),
  });
  return {
    legacyVersion: 0x0303,
    random: first?.random ?? provider.random(32),
    legacySessionId: first?.legacySessionId ?? provider.random(32),
    cipherSuites: availableCipherSuites(provider).map((suite) => suite.id),
    legacyCompressionMethods: Uint8Array.of(0),
    extensions: {
      context: 'client_hello',
      list: psks.length === 0 ? list : [...list, pskExtension(situation, psks)],
      values: {},
    },
  };
}

function psksOf({ provider, session, psks = [] }: Situation): readonly PeerPsk[] {
  if (session === undefined) return psks;
  const { ticket: identity, psk: secret, ticketAgeAdd: obfuscatedTicketAge } = session;
  return [{ identity, secret, hash: suiteOf(provider, session.suite).hash.name, binder: 'resumption', obfuscatedTicketAge }];
}

function pskExtension({ provider }: Situation, psks: readonly PeerPsk[]): RawExtension {
  const data = encode(preSharedKeyOffer, {
    identities: psks.map(({ identity, obfuscatedTicketAge = 0 }) => ({ identity, obfuscatedTicketAge })),
    binders: psks.map(({ hash }) => new Uint8Array(hashOf(provider, hash).size)),
  });
  return { type: EXTENSION_TYPES.pre_shared_key, data };
}

/** Puts the binders into a ClientHello that ends with some of zeros (RFC 8446 §4.2.11.2). */
function binder(peer: Peer, situation: Situation): (message: Uint8Array) => Uint8Array {
  return (message) => {
    const psks = psksOf(situation).map((psk) => ({ ...psk, hash: hashOf(situation.provider, psk.hash) }));
    const length = psks.reduce((total, { hash }) => total + 1 + hash.size, 0);
    const at = message.length - length;
    // A case may have put other things there.
    if (message[at] !== psks[0]?.hash.size) return message;
    const truncated = message.subarray(0, at - 2);
    const entries = psks.map(({ hash, secret, binder: kind }) => {
      const labelled = { hash, labelPrefix: 'tls13 ' } as const;
      const key = new EarlySecret(labelled, secret).binderKey(kind);
      const value = finishedVerifyData(labelled, key, peer.transcriptHash(hash, truncated));
      return concat(Uint8Array.of(value.length), value);
    });
    return concat(message.subarray(0, at), ...entries);
  };
}

function clientKeys(peer: Peer, situation: Situation, hello: ServerHello, shares: readonly Share[]): Keys {
  const { key_share: theirs, pre_shared_key: selected } = hello.extensions.values;
  const share = shares.find(({ group }) => group.id === theirs?.group) as Share;
  const psk = selected === undefined ? undefined : psksOf(situation)[selected]?.secret;
  const shared = theirs === undefined ? undefined : share.finish(theirs.keyExchange);
  return handshakeKeys(peer, situation.provider, hello.cipherSuite, shared, psk);
}

// ---- The server ----

export function* serverScript(peer: Peer, situation: Situation): Script {
  const { provider } = situation;
  let hello = messages.readMessage(messages.ClientHello, yield);
  const [psk] = psksOf(situation);
  const suites = hello.cipherSuites.filter((id) => id >> 8 === 0x13).map((id) => suiteOf(provider, id));
  const suite = suites.find(({ hash }) => psk === undefined || hash.name === psk.hash) as CipherSuite;
  if (situation.retry !== undefined) {
    peer.hashFirstHello(suite.hash);
    sendHelloRetryRequest(peer, hello, suite, situation.retry);
    hello = messages.readMessage(messages.ClientHello, yield);
  }
  const keys = sendServerHello(peer, situation, hello, suite);
  peer.sendChangeCipherSpec();
  peer.setReadKeys(new TrafficKeys(suite, keys.client));
  peer.setWriteKeys(new TrafficKeys(suite, keys.server));
  const protocols = hello.extensions.values.application_layer_protocol_negotiation;
  const protocol = protocols?.find((name) => !isGrease((name.charCodeAt(0) << 8) | name.charCodeAt(1)));
  const limit = hello.extensions.values.record_size_limit;
  const extensions = extensionsOf('encrypted_extensions', {
    ...(protocol !== undefined && { application_layer_protocol_negotiation: protocol }),
    ...(limit !== undefined && { record_size_limit: 16385 }),
  });
  peer.send('encrypted_extensions', { extensions });
  if (psk === undefined) {
    if (situation.requestsCertificate === true) sendCertificateRequest(peer);
    sendCertificate(peer, situation, 'server', keys);
  }
  peer.send('finished', { verifyData: finishedVerifyData(keys.labelled, keys.server, peer.transcriptHash(suite.hash)) });
  yield* awaitClientFlight(peer, keys);
}

function* awaitClientFlight(peer: Peer, keys: Keys): Script {
  const main = keys.secret.mainSecret();
  const throughServerFinished = peer.transcriptHash(keys.suite.hash);
  peer.setWriteKeys(new TrafficKeys(keys.suite, main.serverTraffic(throughServerFinished)));
  for (let message = yield; message.type !== messages.Finished.type; message = yield);
  peer.setReadKeys(new TrafficKeys(keys.suite, main.clientTraffic(throughServerFinished)));
  peer.markConnected();
  for (;;) yield;
}

function sendHelloRetryRequest(
  peer: Peer,
  hello: ClientHello,
  suite: CipherSuite,
  { group, cookie }: NonNullable<Situation['retry']>,
): void {
  peer.send('hello_retry_request', {
    kind: 'hello_retry_request',
    legacyVersion: 0x0303,
    random: HELLO_RETRY_REQUEST_RANDOM,
    legacySessionIdEcho: hello.legacySessionId,
    cipherSuite: suite.id,
    legacyCompressionMethod: 0,
    extensions: extensionsOf('hello_retry_request', {
      ...(group !== undefined && { key_share: group }),
      ...(cookie !== undefined && { cookie }),
      supported_versions: TLS13,
    }),
  });
}

function sendServerHello(peer: Peer, situation: Situation, hello: ClientHello, suite: CipherSuite): Keys {
  const { provider, withoutKeyExchange } = situation;
  const [psk] = psksOf(situation);
  const offered = hello.extensions.values.pre_shared_key?.identities ?? [];
  const theirs = hello.extensions.values.key_share?.find((share) => !isGrease(share.group));
  const group = provider.groups.find(({ id }) => id === theirs?.group) as KeyExchangeGroup;
  const { share, secret } = now(group.respond(theirs?.keyExchange ?? EMPTY, provider.random));
  peer.send('server_hello', {
    kind: 'server_hello',
    legacyVersion: 0x0303,
    random: provider.random(32),
    legacySessionIdEcho: hello.legacySessionId,
    cipherSuite: suite.id,
    legacyCompressionMethod: 0,
    extensions: extensionsOf('server_hello', {
      ...(withoutKeyExchange !== true && { key_share: { group: group.id, keyExchange: share } }),
      ...(psk !== undefined && { pre_shared_key: offered.findIndex(({ identity }) => equal(identity, psk.identity)) }),
      supported_versions: TLS13,
    }),
  });
  return handshakeKeys(peer, provider, suite.id, withoutKeyExchange === true ? undefined : secret, psk?.secret);
}

function sendCertificateRequest(peer: Peer): void {
  peer.send('certificate_request', {
    certificateRequestContext: EMPTY,
    extensions: extensionsOf('certificate_request', {
      signature_algorithms: TLS13_SIGNATURE_SCHEMES.map((scheme) => scheme.id),
    }),
  });
}

// ---- Both ----

function sendCertificate(peer: Peer, { credential }: Situation, role: 'client' | 'server', { suite }: Keys): void {
  const extensions = extensionsOf('certificate', {});
  const certificateList = credential.chain.map((certData) => ({ certData, extensions }));
  peer.send('certificate', { certificateRequestContext: EMPTY, certificateList });
  const all = TLS13_SIGNATURE_SCHEMES.map((scheme) => scheme.id);
  const scheme = chooseSignatureScheme(TLS13_SIGNATURE_SCHEMES, credential.signer.type, all);
  if (scheme === undefined) throw new Error('no scheme fits the key of the credential');
  const content = signedContent(role, peer.transcriptHash(suite.hash));
  peer.send('certificate_verify', { algorithm: scheme.id, signature: now(credential.signer.sign(scheme.algorithm, content)) });
}

function handshakeKeys(
  peer: Peer,
  provider: CryptoProvider,
  suiteId: number,
  shared: Uint8Array | undefined,
  psk: Uint8Array | undefined,
): Keys {
  const suite = suiteOf(provider, suiteId);
  const labelled = { hash: suite.hash, labelPrefix: 'tls13 ' } as const;
  const secret = new EarlySecret(labelled, psk).handshakeSecret(shared);
  const transcriptHash = peer.transcriptHash(suite.hash);
  return {
    suite,
    labelled,
    client: secret.clientTraffic(transcriptHash),
    server: secret.serverTraffic(transcriptHash),
    secret,
  };
}

function hashOf(provider: CryptoProvider, name: HashName): Hash {
  return provider.hashes.find((hash) => hash.name === name) as Hash;
}

function suiteOf(provider: CryptoProvider, id: number): CipherSuite {
  const suite = availableCipherSuites(provider).find((candidate) => candidate.id === id);
  if (suite === undefined) throw new Error(`the test peer has no suite ${id}`);
  return suite;
}
