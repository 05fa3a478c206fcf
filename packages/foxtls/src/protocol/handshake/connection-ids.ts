/**
 * Connection IDs, offered and agreed on: the same in DTLS 1.2 and 1.3 (RFC 9146 §3, RFC 9147 §9).
 */

import type { HandshakeContext } from './transport.ts';

/** What a hello says of them: what we want on the records that come to us. */
export function connectionIdOffer({ connectionId }: HandshakeContext): { readonly connection_id?: Uint8Array } {
  return connectionId === undefined ? {} : { connection_id: connectionId };
}

/** Server: the answer to what the ClientHello says; nothing when one of the two does not speak of them. */
export function connectionIdAnswer(
  context: HandshakeContext,
  theirs: Uint8Array | undefined,
): { readonly connection_id?: Uint8Array } {
  return theirs === undefined ? {} : connectionIdOffer(context);
}

/** Puts them to use when both hellos have one. */
export function agreeOnConnectionIds({ transport, connectionId }: HandshakeContext, theirs: Uint8Array | undefined): void {
  if (connectionId === undefined || theirs === undefined) return;
  // A view would keep the whole message alive for as long as the connection.
  transport.setConnectionIds({ receive: connectionId, send: theirs.slice() });
}
