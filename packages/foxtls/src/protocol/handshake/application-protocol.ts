/**
 * The application protocol as a server chooses it (RFC 7301 §3.2), and as a client checks the choice (RFC 7301 §3.1).
 */

import { ApiMisuse, PeerIncompatible, PeerMisbehaved } from '../../core/errors/errors.ts';
import { settle } from '../../core/flow/flow.ts';
import type { ClientHelloInfo } from './client-hello-info.ts';
import type { ClientConfig, ServerConfig } from './config.ts';
import type { HandshakeFlow } from './receive.ts';

/** A client that asks for none gets none. */
export function* chooseAlpnProtocol(config: ServerConfig, info: ClientHelloInfo): HandshakeFlow<string | undefined> {
  const offered = info.alpnProtocols;
  if (offered.length === 0) return undefined;
  if (config.chooseAlpnProtocol === undefined && config.alpnProtocols.length === 0) return undefined;
  const chosen =
    config.chooseAlpnProtocol === undefined
      ? config.alpnProtocols.find((protocol) => offered.includes(protocol))
      : yield* settle(config.chooseAlpnProtocol(info));
  // "In the event that the server supports no protocols that the client advertises, then the server SHALL respond with a fatal
  // "no_application_protocol" alert." (RFC 7301 §3.2)
  if (chosen === undefined) throw new PeerIncompatible('application_protocol', config.alpnProtocols, offered);
  if (offered.includes(chosen)) return chosen;
  const problem = `chooseAlpnProtocol chose ${JSON.stringify(chosen)}, which the client does not offer: undefined refuses`;
  throw new ApiMisuse('ERR_TLS_ALPN_CHOICE', problem, { alert: 'internal_error' });
}

/** The server's choice, which has to be one of ours. */
export function checkAlpnProtocol({ alpnProtocols }: ClientConfig, protocol: string | undefined): string | undefined {
  if (protocol === undefined || alpnProtocols.includes(protocol)) return protocol;
  throw new PeerMisbehaved('alpn_not_offered', `the server chose ${JSON.stringify(protocol)}, which was not offered`);
}
