/**
 * The handshake of a server: the ClientHello, the config and the version that it leads to, and then the handshake of that version.
 */

import { settle } from '../../core/flow/flow.ts';
import { checkPlaces } from '../messages/extensions/block.ts';
import { describeClientHello } from './client-hello-info.ts';
import type { ServerConfig } from './config.ts';
import type { Established } from './established.ts';
import { type HandshakeFlow, receiveWithBytes } from './receive.ts';
import { spokenConfig } from './spoken-config.ts';
import { helloVerifyRequest } from './tls12/hello-verify.ts';
import { type PreviousHandshake, renegotiationConfig } from './tls12/renegotiation.ts';
import { tls12ServerHandshake } from './tls12/server.ts';
import { tls13ServerHandshake } from './tls13/server.ts';
import type { HandshakeContext } from './transport.ts';
import { refuseSsl3 } from './variant.ts';
import { chooseVersion, tls12Version } from './versions.ts';

/** With `previous` it is a renegotiation. */
export function* serverHandshake(
  context: HandshakeContext,
  initialConfig: ServerConfig,
  previous?: PreviousHandshake,
): HandshakeFlow<Established> {
  const { transport } = context;
  for (;;) {
    const { message: hello, bytes, sequence } = yield* receiveWithBytes(transport.variant.clientHello);
    refuseSsl3(transport.variant, hello.legacyVersion);
    checkPlaces(hello.extensions);
    const selected = yield* settle(initialConfig.selectConfig?.(describeClientHello(hello, bytes)));
    const spoken = spokenConfig(transport.variant, selected ?? initialConfig);
    const guidedByName = selected !== undefined || spoken.credentials.length > 1;
    const config = previous === undefined ? spoken : renegotiationConfig(spoken, previous);
    const version = chooseVersion(transport.variant, config.versions, hello);
    if (version === 'TLSv1.3') {
      transport.setVersion(version);
      return yield* tls13ServerHandshake(context, config, { hello, bytes, guidedByName });
    }
    const verifyRequest = yield* helloVerifyRequest(context, config, hello);
    if (verifyRequest === undefined) {
      transport.setVersion(version);
      const received = { version: tls12Version(config, version), hello, bytes, guidedByName, sequence, previous };
      return yield* tls12ServerHandshake(context, config, received);
    }
    // Neither this ClientHello nor the answer enters the transcript (RFC 6347 §4.2.1): nothing of them is kept.
    transport.send(verifyRequest);
    transport.endFlight();
  }
}
