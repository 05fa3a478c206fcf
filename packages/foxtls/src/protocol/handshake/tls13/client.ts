/**
 * The TLS 1.3 handshake of a client (RFC 8446 §2, §A.1), read downward.
 *
 * ```
 *        Client                                           Server
 *   Key  ^ ClientHello
 *   Exch | + key_share*
 *        | + signature_algorithms*
 *        | + psk_key_exchange_modes*
 *        v + pre_shared_key*       -------->
 *                                                    ServerHello  ^ Key
 *                                                   + key_share*  | Exch
 *                                              + pre_shared_key*  v
 *                                          {EncryptedExtensions}  ^  Server
 *                                          {CertificateRequest*}  v  Params
 *                                                 {Certificate*}  ^
 *                                           {CertificateVerify*}  | Auth
 *                                  <--------          {Finished}  v
 *        ^ {Certificate*}
 *   Auth | {CertificateVerify*}
 *        v {Finished}              -------->
 * ```
 * The same flow speaks DTLS 1.3: what differs is in the transport and its `variant`.
 */

import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { settle } from '../../../core/flow/flow.ts';
import { namedGroupName } from '../../../core/registry/named-groups.ts';
import { type HandshakeSecret, handshakeSecretWithoutPsk } from '../../keys/key-schedule.ts';
import { Transcript, transcriptAfterRetry } from '../../keys/transcript.ts';
import type { KeyShareEntry } from '../../messages/extensions/key-share.ts';
import { EncryptedExtensions, ServerHello } from '../../messages/messages.ts';
import type { HelloRetryRequest, ServerHello as ServerHelloMessage } from '../../messages/server-hello.ts';
import type { CipherSuite } from '../../negotiate/cipher-suites.ts';
import { type ClientOffer, type ClientRequest, secondOffer } from '../client-offer.ts';
import type { ClientConfig } from '../config.ts';
import { agreeOnConnectionIds } from '../connection-ids.ts';
import { type Established, establish } from '../established.ts';
import { identityByPsk } from '../peer-identity.ts';
import { type HandshakeFlow, receive, receiveWithBytes } from '../receive.ts';
import { sendMessage } from '../send.ts';
import type { HandshakeContext } from '../transport.ts';
import { answeredVersion } from '../versions.ts';
import { authenticateServer, authenticationFacts, sendClientCertificate } from './client-authentication.ts';
import { checkEncryptedExtensions } from './client-encrypted-extensions.ts';
import { acceptedPsk, type OfferedPsk } from './client-psk.ts';
import { checkHello, checkRetry } from './client-retry.ts';
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

/** The first answer to our ClientHello. */
export interface Answer {
  readonly offer: ClientOffer;
  readonly hello: ServerHelloMessage | HelloRetryRequest;
  readonly bytes: Uint8Array;
}

export function* tls13ClientHandshake(
  context: HandshakeContext,
  config: ClientConfig,
  request: ClientRequest,
  answer: Answer,
): HandshakeFlow<Established> {
  const { transport } = context;
  const { offer, hello, suite, transcript, retried } = yield* exchangeHellos(context, config, request, answer);
  const labelled = { hash: suite.hash, labelPrefix: transport.variant.labelPrefix };
  const agreement: Agreement = { context, role: 'client', suite, labelled, transcript, clientRandom: offer.random };
  agreeOnConnectionIds(context, hello.extensions.values);
  const psk = acceptedPsk(config, offer.psks, hello, suite);
  const { handshakeSecret, group } = yield* agree(agreement, offer, hello, psk);

  const finishedKeys = startHandshakeTraffic(agreement, handshakeSecret);
  const { extensions } = yield* receive(EncryptedExtensions, transcript);
  const { kinds, ...parameters } = checkEncryptedExtensions(context, config, offer, extensions);
  const authentication = psk === undefined ? yield* authenticateServer(agreement, config, request, offer, kinds) : undefined;
  const serverFinished = yield* receiveFinished(agreement, finishedKeys);

  const mainSecret = handshakeSecret.mainSecret();
  const secrets = applicationSecrets(agreement, mainSecret);
  readApplicationTraffic(agreement, secrets.server);
  const shown = yield* sendClientCertificate(agreement, config, authentication?.request);
  const clientFinished = sendFinished(agreement, finishedKeys);
  writeApplicationTraffic(agreement, secrets.client);
  const resumptionSecret = finishSchedule(agreement, finishedKeys, handshakeSecret, mainSecret);

  const facts = {
    version: 'TLSv1.3' as const,
    suite,
    group,
    helloRetryRequest: retried,
    ...authenticationFacts(authentication, shown),
    serverName: request.serverName,
    ...parameters,
    ticketAgeSkew: undefined,
    resumed: psk?.session !== undefined,
    peer: authentication?.identity ?? identityByPsk((psk as OfferedPsk).peer, serverFinished),
    clientFinished,
    serverFinished: serverFinished.verifyData,
    exporter: { kind: 'hkdf', secret: secrets.exporter } as const,
    extendedMasterSecret: true,
    session: undefined,
    resumptionSecret,
  };
  return establish(facts, serverFinished);
}

interface Hellos {
  readonly offer: ClientOffer;
  readonly hello: ServerHelloMessage;
  readonly suite: CipherSuite;
  /** ClientHello...ServerHello. */
  readonly transcript: Transcript;
  readonly retried: boolean;
}

/** The ServerHello that was answered with, or the one after a HelloRetryRequest and a second ClientHello. */
function* exchangeHellos(
  context: HandshakeContext,
  config: ClientConfig,
  request: ClientRequest,
  { offer, hello, bytes }: Answer,
): HandshakeFlow<Hellos> {
  if (hello.kind === 'hello_retry_request') {
    const retry = checkRetry(context.transport.variant, config, offer, hello);
    sendCompatibilityChangeCipherSpec(context, offer);
    return yield* exchangeAfterRetry(context, config, request, { offer, retry, bytes });
  }
  const suite = checkHello(context.transport.variant, config, offer, hello);
  const transcript = new Transcript();
  transcript.start(suite.hash);
  transcript.add(offer.bytes);
  transcript.add(bytes);
  sendCompatibilityChangeCipherSpec(context, offer);
  return { offer, hello, suite, transcript, retried: false };
}

interface RetryReceived {
  readonly offer: ClientOffer;
  readonly retry: ReturnType<typeof checkRetry>;
  readonly bytes: Uint8Array;
}

function* exchangeAfterRetry(
  context: HandshakeContext,
  config: ClientConfig,
  request: ClientRequest,
  { offer: first, retry, bytes }: RetryReceived,
): HandshakeFlow<Hellos> {
  const { hash } = retry.suite;
  const transcript = transcriptAfterRetry(hash, hash.digest(first.bytes));
  transcript.add(bytes);
  const offer = yield* secondOffer(context, config, request, transcript, first, retry);
  sendMessage({ context, transcript }, offer.bytes);
  context.transport.endFlight();

  const { message: hello, bytes: helloBytes } = yield* receiveWithBytes(ServerHello);
  // "If a client receives a second HelloRetryRequest in the same connection …, it MUST abort the handshake with an
  // "unexpected_message" alert." (RFC 8446 §4.1.4)
  if (hello.kind === 'hello_retry_request') throw new PeerMisbehaved('retry_second', 'a second HelloRetryRequest');
  // "The value of selected_version in the HelloRetryRequest "supported_versions" extension MUST be retained in the ServerHello, and a client
  // MUST abort the handshake with an "illegal_parameter" alert if the value changes." (RFC 8446 §4.1.4)
  if (hello.kind !== 'server_hello') {
    throw new PeerMisbehaved('version_not_offered', 'TLS 1.3 in HelloRetryRequest, an older version in ServerHello');
  }
  answeredVersion(context.transport.variant, ['TLSv1.3'], hello);
  const suite = checkHello(context.transport.variant, config, offer, hello);
  // "Upon receiving the ServerHello, clients MUST check that the cipher suite supplied in the ServerHello is the same as that in the
  // HelloRetryRequest and otherwise abort the handshake with an "illegal_parameter" alert." (RFC 8446 §4.1.4)
  if (suite !== retry.suite) {
    throw new PeerMisbehaved(
      'suite_changed_after_retry',
      `${retry.suite.name} in HelloRetryRequest, ${suite.name} in ServerHello`,
    );
  }
  transcript.add(helloBytes);
  return { offer, hello, suite, transcript, retried: true };
}

/**
 * "If not offering early data, the client sends a dummy change_cipher_spec record … immediately before its second flight. This may
 * either be before its second ClientHello or before its encrypted handshake flight." (RFC 8446 §D.4)
 */
function sendCompatibilityChangeCipherSpec(context: HandshakeContext, offer: ClientOffer): void {
  if (offer.legacySessionId.length > 0) context.transport.sendChangeCipherSpec();
}

/** Finishes the key exchange and enters the Handshake Secret. */
function* agree(
  agreement: Agreement,
  offer: ClientOffer,
  hello: ServerHelloMessage,
  psk: OfferedPsk | undefined,
): HandshakeFlow<{ handshakeSecret: HandshakeSecret; group: number | undefined }> {
  const serverShare = hello.extensions.values.key_share;
  if (serverShare === undefined && psk === undefined)
    throw new PeerMisbehaved('extension_missing', 'ServerHello has neither key_share nor pre_shared_key');
  const sharedSecret = serverShare === undefined ? undefined : yield* finishKeyExchange(offer, serverShare);
  const handshakeSecret =
    psk?.earlySecret.handshakeSecret(sharedSecret) ?? handshakeSecretWithoutPsk(agreement.labelled, sharedSecret);
  for (const offered of offer.psks) offered.earlySecret.wipe();
  return { handshakeSecret, group: serverShare?.group };
}

function* finishKeyExchange(offer: ClientOffer, serverShare: KeyShareEntry): HandshakeFlow<Uint8Array> {
  const ours = offer.keyShares.find((share) => share.group.id === serverShare.group);
  if (ours === undefined) {
    const name = namedGroupName(serverShare.group) ?? `group ${serverShare.group}`;
    throw new PeerMisbehaved('group_not_offered', `the server's key_share is of ${name}, for which we sent none`);
  }
  return yield* settle(ours.exchange.finish(serverShare.keyExchange));
}
