/**
 * The TLS 1.3 handshake of a server (RFC 8446 §2, §A.2), read downward. The drawing is in client.ts.
 */

import { settle } from '../../../core/flow/flow.ts';
import { HEARTBEAT_MODES } from '../../../core/registry/hello-codes.ts';
import type { KeyExchangeGroup } from '../../../crypto/key-exchange.ts';
import { type HandshakeSecret, handshakeSecretWithoutPsk } from '../../keys/key-schedule.ts';
import { extensionsOf } from '../../messages/extensions/block.ts';
import { EncryptedExtensions, ServerHello, writeMessage } from '../../messages/messages.ts';
import { agreedHeartbeat } from '../../negotiate/heartbeat.ts';
import { acceptedMaxFragmentLength, maxFragmentLengthCode } from '../../negotiate/max-fragment-length.ts';
import { MAX_RECORD_SIZE_LIMIT } from '../../negotiate/record-size-limit.ts';
import { chooseSrtpProfile, srtpAnswer } from '../../negotiate/srtp.ts';
import { chooseAlpnProtocol } from '../application-protocol.ts';
import type { ServerConfig } from '../config.ts';
import { agreeOnConnectionIds, connectionIdAnswer } from '../connection-ids.ts';
import { type Established, establish } from '../established.ts';
import { identityByPsk } from '../peer-identity.ts';
import type { HandshakeFlow } from '../receive.ts';
import { sendMessage } from '../send.ts';
import type { HandshakeContext } from '../transport.ts';
import {
  type AuthenticationPlan,
  authenticateClient,
  authenticateOurselves,
  authenticationFacts,
  certificateTypeAnswers,
  planAuthentication,
} from './server-authentication.ts';
import { receiveHellos, type ServerHellos } from './server-hellos.ts';
import { type CheckedClientHello, clientHelloInfo, type ReceivedClientHello, sessionIdEcho } from './server-offer.ts';
import { type AcceptedPsk, acceptPsk } from './server-psk.ts';
import { sendTickets, ticketCount } from './server-resumption.ts';
import {
  type Agreement,
  applicationSecrets,
  finishSchedule,
  readApplicationTraffic,
  receiveFinished,
  sendFinished,
  startHandshakeTraffic,
  writeApplicationTraffic,
} from './traffic.ts';

export function* tls13ServerHandshake(
  context: HandshakeContext,
  config: ServerConfig,
  first: ReceivedClientHello,
): HandshakeFlow<Established> {
  const { transport } = context;
  const hellos = yield* receiveHellos(context, config, first);
  const { offer, suite, transcript } = hellos;
  const labelled = { hash: suite.hash, labelPrefix: transport.variant.labelPrefix };
  const agreement: Agreement = { context, role: 'server', suite, labelled, transcript, clientRandom: offer.hello.random };
  const alpnProtocol = yield* chooseAlpnProtocol(config, clientHelloInfo(offer));
  const psk = acceptPsk(agreement, offer, hellos.psk);
  const plan = psk === undefined ? planAuthentication(config, offer) : undefined;
  const agreed = agreedByExtensions(hellos);
  transcript.add(offer.bytes);

  const handshakeSecret = yield* sendServerHello(agreement, hellos, psk);
  const finishedKeys = startHandshakeTraffic(agreement, handshakeSecret);
  const resumed = psk?.session !== undefined;
  const tickets = ticketCount(config, offer, psk);
  sendEncryptedExtensions(agreement, hellos, plan, { alpnProtocol, tickets, ...agreed });
  if (plan !== undefined) yield* authenticateOurselves(agreement, config, plan);
  const serverFinished = sendFinished(agreement, finishedKeys);
  const mainSecret = handshakeSecret.mainSecret();
  const secrets = applicationSecrets(agreement, mainSecret);
  writeApplicationTraffic(agreement, secrets.server);

  const proved = psk === undefined ? yield* authenticateClient(agreement, config, plan?.clientKind) : undefined;
  const clientFinished = yield* receiveFinished(agreement, finishedKeys);
  const peer = proved?.identity ?? identityByPsk((psk as AcceptedPsk).client, clientFinished);
  readApplicationTraffic(agreement, secrets.client);
  const resumptionSecret = finishSchedule(agreement, finishedKeys, handshakeSecret, mainSecret);
  const serverName = offer.hello.extensions.values.server_name;
  const serverEndPoint = plan === undefined ? psk?.session?.serverEndPoint : plan.prepared.endPoint;
  const sessionFacts = { serverName, alpnProtocol, client: peer, serverEndPoint };
  yield* sendTickets(agreement, config, resumptionSecret, sessionFacts, tickets);
  const facts = {
    version: 'TLSv1.3' as const,
    suite,
    group: hellos.group?.id,
    helloRetryRequest: hellos.retried,
    ...authenticationFacts(plan, proved),
    serverName,
    alpnProtocol,
    ...agreed,
    resumed,
    ticketAgeSkew: psk?.ticketAgeSkew,
    expectedTickets: undefined,
    peer,
    clientFinished: clientFinished.verifyData,
    serverFinished,
    sharedSignatureSchemes: sharedSchemes(hellos),
    exporter: { kind: 'hkdf', secret: secrets.exporter } as const,
    extendedMasterSecret: true,
    session: undefined,
    serverEndPoint,
    resumptionSecret: undefined,
  };
  return establish(facts, clientFinished);
}

/** Agrees on the shared secret, sends ServerHello, enters the Handshake Secret. */
function* sendServerHello(
  agreement: Agreement,
  { config, offer, suite, group, retried }: ServerHellos,
  psk: AcceptedPsk | undefined,
): HandshakeFlow<HandshakeSecret> {
  const { labelled } = agreement;
  const { transport } = agreement.context;
  const random = config.provider.random(32);
  const exchange = group === undefined ? undefined : yield* respond(config, offer, group);
  const { values } = offer.hello.extensions;
  const echo = sessionIdEcho(transport.variant, offer.hello);
  const message = writeMessage(ServerHello, {
    kind: 'server_hello',
    legacyVersion: transport.variant.legacyVersion,
    random,
    legacySessionIdEcho: echo,
    cipherSuite: suite.id,
    legacyCompressionMethod: 0,
    extensions: extensionsOf('server_hello', {
      pre_shared_key: psk?.index,
      key_share: exchange?.keyShare,
      ...connectionIdAnswer(agreement.context, values),
      supported_versions: transport.variant.version,
    }),
  });
  sendMessage(agreement, message);
  agreeOnConnectionIds(agreement.context, values);
  // "The server sends a dummy change_cipher_spec record immediately after its first handshake message." (RFC 8446 §D.4)
  if (echo.length > 0 && !retried) transport.sendChangeCipherSpec();
  if (psk === undefined) return handshakeSecretWithoutPsk(labelled, exchange?.secret);
  const handshakeSecret = psk.earlySecret.handshakeSecret(exchange?.secret);
  psk.earlySecret.wipe();
  return handshakeSecret;
}

function* respond({ provider }: ServerConfig, { keyShares }: CheckedClientHello, group: KeyExchangeGroup) {
  const clientShare = keyShares.get(group.id) as Uint8Array;
  const { share, secret } = yield* settle(group.respond(clientShare, provider.random));
  return { keyShare: { group: group.id, keyExchange: share }, secret };
}

interface ExtensionFacts extends ReturnType<typeof agreedByExtensions> {
  readonly alpnProtocol: string | undefined;
  readonly tickets: number;
}

function sendEncryptedExtensions(
  agreement: Agreement,
  { config, offer, psk }: ServerHellos,
  plan: AuthenticationPlan | undefined,
  { alpnProtocol, tickets, maxFragmentLength, heartbeat, srtpProfile }: ExtensionFacts,
): void {
  const { transport } = agreement.context;
  const { record_size_limit: theirLimit, server_name: serverName, ticket_request: request } = offer.hello.extensions.values;
  const ourLimit = theirLimit === undefined ? undefined : (config.recordSizeLimit ?? MAX_RECORD_SIZE_LIMIT);
  const message = writeMessage(EncryptedExtensions, {
    extensions: extensionsOf('encrypted_extensions', {
      supported_groups: config.announceGroups ? config.tls13Groups.map((group) => group.id) : undefined,
      record_size_limit: ourLimit,
      heartbeat: heartbeat && HEARTBEAT_MODES[heartbeat.ours],
      ...srtpAnswer(srtpProfile),
      max_fragment_length: maxFragmentLength && maxFragmentLengthCode(maxFragmentLength),
      // "When resuming a session, the server MUST NOT include a server_name extension in the server hello." (RFC 6066 §3) Whether this
      // holds for EncryptedExtensions, no text says: in TLS 1.3 the name belongs to the connection and not to the session (RFC 8446
      // §4.2.11), and OpenSSL and the example of RFC 8448 §4 answer it. BoringSSL does not, and its runner refuses who does. A client
      // learns nothing from the answer, and none asks for it: so there is none, as in TLS 1.2. Our client takes both.
      server_name: serverName !== undefined && offer.guidedByName && psk?.session === undefined ? true : undefined,
      application_layer_protocol_negotiation: alpnProtocol,
      ...(plan !== undefined && certificateTypeAnswers(plan)),
      // "A server that supports and uses a client "ticket_request" extension MUST also send the "ticket_request" extension in the
      // EncryptedExtensions message." (RFC 9149 §3)
      ticket_request: request !== undefined && config.tickets > 0 ? tickets : undefined,
    }),
  });
  if (ourLimit !== undefined) transport.setRecordSizeLimits({ send: theirLimit, receive: ourLimit });
  if (maxFragmentLength !== undefined) transport.setMaxFragmentLength(maxFragmentLength);
  if (heartbeat !== undefined) transport.allowHeartbeats();
  sendMessage(agreement, message);
}

/** Before anything is sent, for the extensions may be wrong. */
function agreedByExtensions({ config, offer }: Pick<ServerHellos, 'config' | 'offer'>) {
  const { values } = offer.hello.extensions;
  return {
    maxFragmentLength: acceptedMaxFragmentLength(values),
    heartbeat: agreedHeartbeat(config.heartbeat, values.heartbeat),
    srtpProfile: chooseSrtpProfile(config.srtpProfiles, values),
  };
}

function sharedSchemes({ config, offer }: ServerHellos): readonly number[] {
  return config.signatureSchemes.map((scheme) => scheme.id).filter((id) => offer.signatureSchemes.includes(id));
}
