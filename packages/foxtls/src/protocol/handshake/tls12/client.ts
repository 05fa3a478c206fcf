/**
 * The TLS 1.2 handshake of a client (RFC 5246 §7.3), from the ServerHello on, read downward.
 *
 * ```
 *      Client                                               Server
 *
 *      ClientHello                  -------->
 *                                                      ServerHello
 *                                                     Certificate*
 *                                               CertificateStatus*
 *                                               ServerKeyExchange*
 *                                              CertificateRequest*
 *                                   <--------      ServerHelloDone
 *      Certificate*
 *      ClientKeyExchange
 *      CertificateVerify*
 *      [ChangeCipherSpec]
 *      Finished                     -------->
 *                                                NewSessionTicket*
 *                                               [ChangeCipherSpec]
 *                                   <--------             Finished
 * ```
 * and abbreviated, when the server goes on with a session:
 * ```
 *      ClientHello                  -------->
 *                                                      ServerHello
 *                                                NewSessionTicket*
 *                                               [ChangeCipherSpec]
 *                                   <--------             Finished
 *      [ChangeCipherSpec]
 *      Finished                     -------->
 * ```
 */

import { MasterSecret } from '../../keys/tls12-key-schedule.ts';
import { writeMessage } from '../../messages/messages.ts';
import { ClientKeyExchange, NewSessionTicket } from '../../messages/tls12/messages.ts';
import type { NewSessionTicket as NewSessionTicketMessage } from '../../messages/tls12/new-session-ticket.ts';
import type { Tls12ClientSession } from '../../session/client-session.ts';
import { localIdentity } from '../certificate-message.ts';
import type { ClientRequest } from '../client-offer.ts';
import type { ClientConfig } from '../config.ts';
import { type Established, establish } from '../established.ts';
import { identityByPsk } from '../peer-identity.ts';
import { type HandshakeFlow, receive } from '../receive.ts';
import { sendMessage } from '../send.ts';
import { staplesOf } from '../staples.ts';
import type { HandshakeContext } from '../transport.ts';
import { warnOfWeakness } from '../weakness.ts';
import {
  agreeOnMasterSecret,
  deriveProtections,
  exporterOf,
  isMacThenEncrypt,
  receiveFinished,
  sendFinished,
} from './agreement.ts';
import { type Answer, type CheckedServerHello, checkServerHello } from './checked-server-hello.ts';
import {
  authenticateServer,
  certificateWish,
  identityOf,
  keyExchangeParts,
  proveOurselves,
  sendCertificate,
} from './client-authentication.ts';
import { newClientSession, renewedClientSession } from './client-session.ts';
import { checkServerUnchanged } from './renegotiation.ts';
import { receiveServerFlight } from './server-flight.ts';

export function* tls12ClientHandshake(
  context: HandshakeContext,
  config: ClientConfig,
  request: ClientRequest,
  answer: Answer,
): HandshakeFlow<Established> {
  const checked = checkServerHello(context, config, request, answer);
  return checked.resumed === undefined
    ? yield* fullHandshake(config, request, checked)
    : yield* abbreviatedHandshake(config, request, checked, checked.resumed);
}

function* fullHandshake(config: ClientConfig, request: ClientRequest, checked: CheckedServerHello): HandshakeFlow<Established> {
  const { agreement } = checked;
  const flight = yield* receiveServerFlight(checked);
  checkServerUnchanged(request.previous, flight.presented);
  const server = yield* authenticateServer(config, request, checked, flight);
  const wish = certificateWish(config, checked, flight);
  const chosen = sendCertificate(agreement, config, wish, checked);
  const exchange = yield* agreement.suite.keyExchange.answer(keyExchangeParts(config, checked, server), server.params);
  sendMessage(agreement, writeMessage(ClientKeyExchange, { body: exchange.body }));
  const master = agreeOnMasterSecret(agreement, exchange.premasterSecret);
  yield* proveOurselves(agreement, chosen);

  const protections = deriveProtections(agreement, master, agreement.context.transport.pseudoHeaders);
  const clientFinished = sendFinished(agreement, master, protections.write);
  const ticket = yield* receiveTicket(checked);
  const serverFinished = yield* receiveFinished(agreement, master, protections.read);
  const peer = identityOf(server, exchange, serverFinished);
  const facts = {
    group: exchange.group,
    ...commonFacts(request, checked),
    signatureScheme: server.possession?.scheme.id,
    clientSignatureScheme: chosen?.scheme.id,
    certificateRequest: wish && {
      signatureSchemes: wish.signatureSchemes,
      authorities: wish.authorities ?? [],
      certificateTypes: wish.certificateTypes,
    },
    resumed: false,
    peer,
    ...staplesOf(flight.presented),
    ...localIdentity(chosen?.prepared.credential),
    clientFinished,
    serverFinished: serverFinished.verifyData,
    sharedSignatureSchemes: wish?.sharedSchemes ?? [],
    exporter: exporterOf(agreement, master),
    session: newClientSession(config, request, checked, { master, ticket, peer }),
  };
  warnOfWeakness(config, nameOfServer(request), [agreement.version, agreement.suite, server.possession?.scheme, chosen?.scheme]);
  return establish(facts, serverFinished);
}

function* abbreviatedHandshake(
  config: ClientConfig,
  request: ClientRequest,
  checked: CheckedServerHello,
  session: Tls12ClientSession,
): HandshakeFlow<Established> {
  const { agreement } = checked;
  // The session may be resumed again: its secret is not this connection's to wipe.
  const master = new MasterSecret(agreement.version.prf(agreement.suite), session.masterSecret.slice());
  agreement.context.logSecret('CLIENT_RANDOM', agreement.randoms.client, master.bytes);
  const protections = deriveProtections(agreement, master, agreement.context.transport.pseudoHeaders);
  const ticket = yield* receiveTicket(checked);
  const serverFinished = yield* receiveFinished(agreement, master, protections.read);
  const clientFinished = sendFinished(agreement, master, protections.write);
  const facts = {
    group: undefined,
    ...commonFacts(request, checked),
    signatureScheme: undefined,
    resumed: true,
    peer: identityByPsk(session.peer, serverFinished),
    ...staplesOf(undefined),
    ...localIdentity(undefined),
    clientFinished,
    serverFinished: serverFinished.verifyData,
    sharedSignatureSchemes: [],
    exporter: exporterOf(agreement, master),
    session: renewedClientSession(config, session, ticket),
  };
  warnOfWeakness(config, nameOfServer(request), [agreement.version, agreement.suite]);
  return establish(facts, serverFinished);
}

function nameOfServer({ serverName }: ClientRequest): string {
  return serverName ?? 'a server';
}

/** A server that acknowledges session_ticket sends one, if an empty one (RFC 5077 §3.3). */
function* receiveTicket({ agreement, ticketFollows }: CheckedServerHello): HandshakeFlow<NewSessionTicketMessage | undefined> {
  return ticketFollows ? yield* receive(NewSessionTicket, agreement.transcript) : undefined;
}

function commonFacts(
  { serverName }: ClientRequest,
  { agreement, alpnProtocol, maxFragmentLength, heartbeat, srtpProfile }: CheckedServerHello,
) {
  return {
    version: agreement.version.name,
    suite: agreement.suite,
    serverName,
    alpnProtocol,
    maxFragmentLength,
    heartbeat,
    srtpProfile,
    ticketAgeSkew: undefined,
    expectedTickets: undefined,
    extendedMasterSecret: agreement.extendedMasterSecret,
    secureRenegotiation: true,
    macThenEncrypt: isMacThenEncrypt(agreement),
    resumptionSecret: undefined,
  };
}
