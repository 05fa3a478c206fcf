/**
 * The handshake of a server: the ClientHello, the config and the version that it leads to, and then the handshake of that version.
 */

import { settle } from '../../core/flow/flow.ts';
import { checkPlaces } from '../messages/extensions/block.ts';
import { describeClientHello } from './client-hello-info.ts';
import type { ServerConfig } from './config.ts';
import type { Established } from './established.ts';
import { type HandshakeFlow, receiveWithBytes } from './receive.ts';
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
  const { message: hello, bytes, sequence } = yield* receiveWithBytes(transport.variant.clientHello);
  refuseSsl3(transport.variant, hello.legacyVersion);
  checkPlaces(hello.extensions);
  const selected = (yield* settle(initialConfig.selectConfig?.(describeClientHello(hello, bytes)))) ?? initialConfig;
  const config = previous === undefined ? selected : renegotiationConfig(selected, previous);
  const version = chooseVersion(transport.variant, config.versions, hello);
  transport.setVersion(version);
  return version === 'TLSv1.3'
    ? yield* tls13ServerHandshake(context, config, { hello, bytes })
    : yield* tls12ServerHandshake(context, config, { version: tls12Version(config, version), hello, bytes, sequence, previous });
}
