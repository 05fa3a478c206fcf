/**
 * Connection IDs, and checks of where their peer is, offered and agreed on: the same in DTLS 1.2 and 1.3 (RFC 9146 §3, RFC 9147 §9; rrc: RFC 9853).
 *
 * Who offers connection IDs offers the checks, too, and answers those that come; a peer may know the ids alone.
 */

import type { HandshakeContext } from './transport.ts';

/** What a hello says of them. */
export interface ConnectionIdExtensions {
  /** What its sender wants on the records that come to him. */
  readonly connection_id?: Uint8Array | undefined;
  readonly rrc?: true | undefined;
}

interface OwnExtensions {
  readonly connection_id?: Uint8Array;
  readonly rrc?: true;
}

/** The client's. */
export function connectionIdOffer({ connectionId }: HandshakeContext): OwnExtensions {
  return connectionId === undefined ? {} : { connection_id: connectionId, rrc: true };
}

/** Server: the answer to what the ClientHello says; nothing when one of the two does not speak of them. */
export function connectionIdAnswer({ connectionId }: HandshakeContext, theirs: ConnectionIdExtensions): OwnExtensions {
  if (connectionId === undefined || theirs.connection_id === undefined) return {};
  return { connection_id: connectionId, ...(theirs.rrc && { rrc: true as const }) };
}

/** Puts them to use when both hellos have one. */
export function agreeOnConnectionIds({ transport, connectionId }: HandshakeContext, theirs: ConnectionIdExtensions): void {
  const { connection_id: theirId, rrc = false } = theirs;
  if (connectionId === undefined || theirId === undefined) return;
  // A view would keep the whole message alive for as long as the connection.
  transport.setConnectionIds({ receive: connectionId, send: theirId.slice(), checksRoutability: rrc });
}
