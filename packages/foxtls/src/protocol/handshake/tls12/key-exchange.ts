/**
 * What a key exchange of TLS 1.2 is (RFC 5246 §7.4.3, §7.4.7): what ServerKeyExchange and ClientKeyExchange hold, and the premaster
 * secret that comes of them. The flows know no more of them than this.
 *
 * ```
 *   server: start ─▶ params ──────ServerKeyExchange──────▶ client: answer ─▶ body, premaster secret
 *   server: finish(body) ─▶ premaster secret ◀──ClientKeyExchange── body
 * ```
 */

import type { Reader } from '../../../core/wire/reader.ts';
import type { KeyExchangeGroup } from '../../../crypto/key-exchange.ts';
import type { CryptoProvider } from '../../../crypto/provider.ts';
import type { HandshakeFlow } from '../receive.ts';

/** What both sides have for a key exchange. */
export interface KeyExchangeParts {
  readonly provider: CryptoProvider;
  readonly groups: readonly KeyExchangeGroup[];
}

/** The server's half in progress. */
export interface ServerKeyExchange {
  /** The parameters, as they stand in ServerKeyExchange, and are signed. */
  readonly params: Uint8Array;
  /** IANA number of the group. */
  readonly group: number | undefined;
  /** The premaster secret, with the body of ClientKeyExchange. */
  finish(body: Uint8Array): HandshakeFlow<Uint8Array>;
}

/** The client's half. */
export interface ClientKeyExchange {
  readonly group: number | undefined;
  /** The body of ClientKeyExchange. */
  readonly body: Uint8Array;
  readonly premasterSecret: Uint8Array;
}

export interface KeyExchangeMethod<Params = unknown> {
  /** Server: begins, for a client with these groups (undefined when it said nothing of them). */
  start(parts: KeyExchangeParts, clientGroups: readonly number[] | undefined): HandshakeFlow<ServerKeyExchange>;
  /** Server: whether there is something to begin with. */
  isPossible(parts: KeyExchangeParts, clientGroups: readonly number[] | undefined): boolean;
  /** Client: reads the parameters, which are at the beginning of ServerKeyExchange. */
  readParams(reader: Reader): Params;
  /** Client: answers them. Throws `PeerMisbehaved` for those that were not offered, or are not valid. */
  answer(parts: KeyExchangeParts, params: Params): HandshakeFlow<ClientKeyExchange>;
}
