/**
 * The handshake of a client: one ClientHello for all versions, and then the handshake of the version that the server answers with.
 */

import { Transcript } from '../keys/transcript.ts';
import { ServerHello } from '../messages/messages.ts';
import { type ClientRequest, firstOffer } from './client-offer.ts';
import type { ClientConfig } from './config.ts';
import type { Established } from './established.ts';
import { type HandshakeFlow, receiveWithBytes } from './receive.ts';
import { tls12ClientHandshake } from './tls12/client.ts';
import { checkVersionKept, renegotiationConfig } from './tls12/renegotiation.ts';
import { tls13ClientHandshake } from './tls13/client.ts';
import type { HandshakeContext } from './transport.ts';
import { answeredVersion, tls12Version } from './versions.ts';

export function* clientHandshake(
  context: HandshakeContext,
  usualConfig: ClientConfig,
  request: ClientRequest,
): HandshakeFlow<Established> {
  const { transport } = context;
  const config = request.previous === undefined ? usualConfig : renegotiationConfig(usualConfig, request.previous);
  const offer = yield* firstOffer(context, config, request, new Transcript());
  const ours = transport.send(offer.bytes);
  transport.endFlight();
  const { message: hello, bytes, sequence: theirs } = yield* receiveWithBytes(ServerHello);
  checkVersionKept(request.previous, hello);
  const version = answeredVersion(transport.variant, offer.versions, hello);
  transport.setVersion(version);
  return hello.kind === 'server_hello_tls12'
    ? yield* tls12ClientHandshake(context, config, request, {
        ...{ offer, version: tls12Version(config, version), hello, bytes },
        sequences: { ours, theirs },
      })
    : yield* tls13ClientHandshake(context, config, request, { offer, hello, bytes });
}
