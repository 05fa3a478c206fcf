/**
 * The handshake of a client: one ClientHello for all versions, and then the handshake of the version that the server answers with.
 */

import { PeerMisbehaved } from '../../core/errors/errors.ts';
import type { VersionName } from '../../core/registry/protocol-versions.ts';
import { Transcript } from '../keys/transcript.ts';
import { ServerHello } from '../messages/messages.ts';
import type { HelloRetryRequest, ServerHello as ServerHelloMessage, Tls12ServerHello } from '../messages/server-hello.ts';
import { type ClientOffer, type ClientRequest, firstOffer, verifiedOffer } from './client-offer.ts';
import type { ClientConfig } from './config.ts';
import type { Established } from './established.ts';
import { type HandshakeFlow, receiveOneOfWithBytes } from './receive.ts';
import { spokenConfig } from './spoken-config.ts';
import { tls12ClientHandshake } from './tls12/client.ts';
import { checkVersionKept, renegotiationConfig } from './tls12/renegotiation.ts';
import { tls13ClientHandshake } from './tls13/client.ts';
import type { HandshakeContext } from './transport.ts';
import type { ProtocolVariant } from './variant.ts';
import { answeredVersion, tls12Version } from './versions.ts';

export function* clientHandshake(
  context: HandshakeContext,
  usualConfig: ClientConfig,
  request: ClientRequest,
): HandshakeFlow<Established> {
  const { transport } = context;
  const spoken = spokenConfig(transport.variant, usualConfig);
  const config = request.previous === undefined ? spoken : renegotiationConfig(spoken, request.previous);
  const { offer, sequences, wasVerified, message: hello, bytes } = yield* exchangeHellos(context, config, request);
  checkVersionKept(request.previous, hello);
  const version = answeredVersion(transport.variant, offer.versions, hello);
  if (wasVerified) checkVersionOfVerifier(version);
  transport.setVersion(version);
  return hello.kind === 'server_hello_tls12'
    ? yield* tls12ClientHandshake(context, config, request, {
        sequences,
        ...{ offer, version: tls12Version(config, version), hello, bytes },
      })
    : yield* tls13ClientHandshake(context, config, request, { offer, hello, bytes });
}

/** A ServerHello, and the ClientHello that it answers. */
interface Hellos {
  readonly offer: ClientOffer;
  readonly message: ServerHelloMessage | HelloRetryRequest | Tls12ServerHello;
  readonly bytes: Uint8Array;
  /** message_seq of each. */
  readonly sequences: { readonly ours: number; readonly theirs: number };
  /** Whether a HelloVerifyRequest came before. */
  readonly wasVerified: boolean;
}

/**
 * "This may result in clients receiving multiple HelloVerifyRequest messages with different cookies. Clients SHOULD handle this by sending a
 * new ClientHello with a cookie in response to the new HelloVerifyRequest." (RFC 6347 §4.2.1) That happens when a server changes its keys;
 * as many as this do not happen by that.
 */
const MAX_HELLO_VERIFY_REQUESTS = 4;

function* exchangeHellos(context: HandshakeContext, config: ClientConfig, request: ClientRequest): HandshakeFlow<Hellos> {
  const { transport } = context;
  let offer = yield* firstOffer(context, config, request, new Transcript());
  const answers = expectedAnswers(transport.variant, offer);
  for (let verifications = 0; ; verifications++) {
    const ours = transport.send(offer.bytes);
    transport.endFlight();
    const { name, message, bytes, sequence: theirs } = yield* receiveOneOfWithBytes(answers);
    if (name === 'server_hello') return { offer, message, bytes, sequences: { ours, theirs }, wasVerified: verifications > 0 };
    if (verifications === MAX_HELLO_VERIFY_REQUESTS) {
      throw new PeerMisbehaved('hello_verify_request_repeated', `the server asked for a cookie ${verifications + 1} times`);
    }
    offer = verifiedOffer(context, config, request, offer, message.cookie.slice());
  }
}

/** A server that asks for a cookie by HelloVerifyRequest speaks a version before 1.3: who offers none has nothing to say to it. */
function expectedAnswers({ helloVerifyRequest }: ProtocolVariant, { versions }: ClientOffer) {
  const mayVerify = versions.some((version) => version !== 'TLSv1.3');
  return helloVerifyRequest !== undefined && mayVerify ? [ServerHello, helloVerifyRequest] : [ServerHello];
}

/** "DTLS 1.3-compliant implementations MUST NOT use the HelloVerifyRequest to execute a return-routability check." (RFC 9147 §5.2) */
function checkVersionOfVerifier(version: VersionName): void {
  if (version !== 'TLSv1.3') return;
  throw new PeerMisbehaved('version_after_hello_verify_request', 'the server speaks DTLS 1.3, which has no HelloVerifyRequest');
}
