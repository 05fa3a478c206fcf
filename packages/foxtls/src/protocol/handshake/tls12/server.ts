/**
 * The TLS 1.2 handshake of a server (RFC 5246 §7.3), from the ClientHello on, read downward. The drawings are in client.ts.
 */

import { concat, EMPTY } from '../../../core/bytes/bytes.ts';
import { MasterSecret } from '../../keys/tls12-key-schedule.ts';
import { Transcript } from '../../keys/transcript.ts';
import { ServerHello, writeMessage } from '../../messages/messages.ts';
import { ClientKeyExchange } from '../../messages/tls12/messages.ts';
import { agreedHeartbeat } from '../../negotiate/heartbeat.ts';
import { acceptedMaxFragmentLength } from '../../negotiate/max-fragment-length.ts';
import { chooseSrtpProfile } from '../../negotiate/srtp.ts';
import type { Tls12CipherSuite } from '../../negotiate/tls12-cipher-suites.ts';
import { chooseAlpnProtocol } from '../application-protocol.ts';
import { localIdentity } from '../certificate-message.ts';
import { describeClientHello } from '../client-hello-info.ts';
import type { ServerConfig } from '../config.ts';
import { agreeOnConnectionIds, connectionIdAnswer } from '../connection-ids.ts';
import { type Established, establish } from '../established.ts';
import { identityByPsk } from '../peer-identity.ts';
import { type HandshakeFlow, receive } from '../receive.ts';
import { sendMessage } from '../send.ts';
import { staplesOf } from '../staples.ts';
import type { HandshakeContext } from '../transport.ts';
import { versionNumber } from '../variant.ts';
import { downgradeSentinel, spokenVersions } from '../versions.ts';
import { warnOfWeakness } from '../weakness.ts';
import {
  type Agreement,
  agreeOnMasterSecret,
  deriveProtections,
  exporterOf,
  isMacThenEncrypt,
  receiveFinished,
  sendFinished,
} from './agreement.ts';
import { type CheckedClientHello, checkClientHello, type ReceivedClientHello } from './checked-client-hello.ts';
import { checkClientUnchanged, serverRenegotiationInfo } from './renegotiation.ts';
import {
  type AuthenticationPlan,
  authenticateOurselves,
  planAuthentication,
  receiveClientCertificate,
  verifyClient,
} from './server-authentication.ts';
import { applyRecordLimits, authenticationAnswers, commonAnswers, writeAnswers } from './server-extensions.ts';
import {
  findSession,
  forgetting,
  type KeptSession,
  keepSession,
  planSession,
  renewTicket,
  type SessionPlan,
} from './server-session.ts';
import type { Tls12Version } from './version.ts';

export function* tls12ServerHandshake(
  context: HandshakeContext,
  config: ServerConfig,
  received: ReceivedClientHello,
): HandshakeFlow<Established> {
  const offer = checkClientHello(received, config);
  const session = yield* findSession(context, config, offer);
  const alpnProtocol = yield* chooseAlpnProtocol(config, describeClientHello(offer.hello, offer.bytes));
  return session === undefined
    ? yield* fullHandshake(context, config, offer, alpnProtocol)
    : yield* abbreviatedHandshake(context, config, offer, alpnProtocol, session);
}

function* fullHandshake(
  context: HandshakeContext,
  config: ServerConfig,
  offer: CheckedClientHello,
  alpnProtocol: string | undefined,
): HandshakeFlow<Established> {
  const plan = yield* planAuthentication(context, config, offer);
  const sessionPlan = planSession(config, offer);
  const agreement = sendServerHello(context, config, offer, {
    suite: plan.suite,
    sessionId: sessionPlan.sessionId,
    alpnProtocol,
    plan,
    ticketFollows: sessionPlan.withTicket,
  });
  const exchange = yield* authenticateOurselves(agreement, config, offer, plan);
  const shown = yield* receiveClientCertificate(agreement, config, plan);
  const { body } = yield* receive(ClientKeyExchange, agreement.transcript);
  const { premasterSecret, pskIdentity } = yield* exchange.finish(body);
  const master = agreeOnMasterSecret(agreement, premasterSecret);
  const client = yield* verifyClient(agreement, config, shown);

  const protections = deriveProtections(agreement, master, agreement.context.transport.pseudoHeaders);
  const clientFinished = yield* receiveFinished(agreement, master, protections.read);
  const peer =
    pskIdentity === undefined ? client.identity : identityByPsk({ kind: 'psk', identity: pskIdentity }, clientFinished);
  checkClientUnchanged(offer.previous, peer);
  const serverEndPoint = plan.chosen?.prepared.endPoint;
  yield* keepSession(agreement, config, offer, sessionPlan, master, { client: peer, serverEndPoint });
  const serverFinished = sendFinished(agreement, master, protections.write);
  const ownScheme = plan.suite.keyExchange.certificateKey === 'signs' ? plan.chosen?.scheme : undefined;
  const facts = {
    group: exchange.group,
    ...commonFacts(agreement, config, offer, alpnProtocol),
    signatureScheme: ownScheme?.id,
    clientSignatureScheme: client.scheme?.id,
    resumed: false,
    peer,
    ...staplesOf(client.presented),
    ...localIdentity(plan.chosen?.prepared.credential),
    clientFinished: clientFinished.verifyData,
    serverFinished,
    sharedSignatureSchemes: config.signatureSchemes.map(({ id }) => id).filter((id) => offer.signatureSchemes.includes(id)),
    exporter: exporterOf(agreement, master),
    serverEndPoint,
    forgetSession: forgetting(config, sessionPlan.sessionId),
  };
  warnOfWeakness(config, 'a client', [agreement.version, plan.suite, ownScheme, client.scheme]);
  return establish(facts, clientFinished);
}

function* abbreviatedHandshake(
  context: HandshakeContext,
  config: ServerConfig,
  offer: CheckedClientHello,
  alpnProtocol: string | undefined,
  { suite, state, byTicket }: KeptSession,
): HandshakeFlow<Established> {
  // "If the server accepts the ticket and the Session ID is not empty, then it MUST respond with the same Session ID present in the
  // ClientHello." (RFC 5077 §3.4) So it does for a session that the id itself stands for.
  const sessionId = offer.hello.legacySessionId;
  const agreement = sendServerHello(context, config, offer, { suite, sessionId, alpnProtocol, ticketFollows: byTicket });
  const master = new MasterSecret(agreement.version.prf(suite), state.masterSecret.slice());
  context.logSecret('CLIENT_RANDOM', agreement.randoms.client, master.bytes);
  const protections = deriveProtections(agreement, master, agreement.context.transport.pseudoHeaders);
  if (byTicket) yield* renewTicket(agreement, config, state);
  const serverFinished = sendFinished(agreement, master, protections.write);
  const clientFinished = yield* receiveFinished(agreement, master, protections.read);
  const facts = {
    group: undefined,
    ...commonFacts(agreement, config, offer, alpnProtocol),
    signatureScheme: undefined,
    resumed: true,
    peer: identityByPsk(state.client, clientFinished),
    ...staplesOf(undefined),
    ...localIdentity(undefined),
    clientFinished: clientFinished.verifyData,
    serverFinished,
    sharedSignatureSchemes: [],
    exporter: exporterOf(agreement, master),
    serverEndPoint: state.serverEndPoint,
    forgetSession: forgetting(config, byTicket ? EMPTY : sessionId),
  };
  warnOfWeakness(config, 'a client', [agreement.version, suite]);
  return establish(facts, clientFinished);
}

function commonFacts(
  agreement: Agreement,
  config: ServerConfig,
  { hello, secureRenegotiation }: CheckedClientHello,
  alpnProtocol: string | undefined,
) {
  return {
    version: agreement.version.name,
    suite: agreement.suite,
    serverName: hello.extensions.values.server_name,
    alpnProtocol,
    maxFragmentLength: acceptedMaxFragmentLength(hello.extensions.values),
    heartbeat: agreedHeartbeat(config.heartbeat, hello.extensions.values.heartbeat),
    srtpProfile: chooseSrtpProfile(config.srtpProfiles, hello.extensions.values),
    ticketAgeSkew: undefined,
    expectedTickets: undefined,
    extendedMasterSecret: agreement.extendedMasterSecret,
    secureRenegotiation,
    macThenEncrypt: isMacThenEncrypt(agreement),
    resumptionSecret: undefined,
    session: undefined,
  };
}

/** What a ServerHello says. */
interface ServerHelloFacts {
  readonly suite: Tls12CipherSuite;
  readonly sessionId: Uint8Array;
  readonly alpnProtocol: string | undefined;
  /** Of a full handshake. */
  readonly plan?: AuthenticationPlan | undefined;
  readonly ticketFollows: SessionPlan['withTicket'];
}

function sendServerHello(
  context: HandshakeContext,
  config: ServerConfig,
  offer: CheckedClientHello,
  { suite, sessionId, alpnProtocol, plan, ticketFollows }: ServerHelloFacts,
): Agreement {
  const { transport } = context;
  const { version, secureRenegotiation } = offer;
  const random = serverRandom(context, config, version);
  const { values } = offer.hello.extensions;
  // "If a server receives an encrypt-then-MAC request extension from a client and then selects a stream or Authenticated Encryption with
  // Associated Data (AEAD) ciphersuite, it MUST NOT send an encrypt-then-MAC response extension back to the client." (RFC 7366 §3)
  const encryptThenMac = suite.cipher.isBlockCipher && offer.encryptThenMac;
  const message = writeMessage(ServerHello, {
    kind: 'server_hello_tls12',
    legacyVersion: versionNumber(transport.variant, version.name),
    random,
    legacySessionIdEcho: sessionId,
    cipherSuite: suite.id,
    legacyCompressionMethod: 0,
    extensions: writeAnswers({
      // "If the secure_renegotiation flag is set to TRUE, the server MUST include an empty "renegotiation_info" extension in the ServerHello
      // message." (RFC 5746 §3.6) For a client that sent the SCSV alone, too.
      renegotiation_info: secureRenegotiation ? serverRenegotiationInfo(offer.previous) : undefined,
      ...commonAnswers(config, offer, suite, alpnProtocol),
      ...connectionIdAnswer(context, values),
      encrypt_then_mac: encryptThenMac || undefined,
      ...(plan !== undefined && authenticationAnswers(offer, plan)),
      session_ticket: ticketFollows || undefined,
    }),
  });
  applyRecordLimits(context, config, offer);
  agreeOnConnectionIds(context, values);
  const heartbeat = agreedHeartbeat(config.heartbeat, values.heartbeat);
  if (heartbeat !== undefined) transport.allowHeartbeats();
  const transcript = new Transcript(transport.variant.tls12TranscriptForm);
  if (plan?.clientKind !== undefined) transcript.keepMessages();
  transcript.start(version.transcriptHash(suite));
  transcript.add(offer.bytes, offer.sequence);
  sendMessage({ context, transcript }, message);
  const randoms = { client: offer.hello.random.slice(), server: random };
  const { extendedMasterSecret } = offer;
  return { context, role: 'server', version, suite, transcript, randoms, extendedMasterSecret, encryptThenMac };
}

/** "TLS 1.3 servers which negotiate TLS 1.2 or below in response to a ClientHello MUST set the last 8 bytes of their Random value specially" (RFC 8446 §4.1.3). */
function serverRandom({ transport }: HandshakeContext, { provider, versions }: ServerConfig, { name }: Tls12Version): Uint8Array {
  const sentinel = downgradeSentinel(spokenVersions(transport.variant, versions), name);
  return sentinel === undefined ? provider.random(32) : concat(provider.random(24), sentinel);
}
