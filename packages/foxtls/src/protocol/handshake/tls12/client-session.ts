/**
 * The session that a client keeps after a handshake of TLS 1.2 (RFC 5246 §7.4.1.3, RFC 5077 §3.3, §3.4).
 */

import type { MasterSecret } from '../../keys/tls12-key-schedule.ts';
import { MAX_TICKET_LIFETIME } from '../../messages/new-session-ticket.ts';
import type { NewSessionTicket } from '../../messages/tls12/new-session-ticket.ts';
import type { Tls12ClientSession } from '../../session/client-session.ts';
import type { ClientRequest } from '../client-offer.ts';
import type { ClientConfig } from '../config.ts';
import type { Established } from '../established.ts';
import type { PeerIdentity } from '../peer-identity.ts';
import type { CheckedServerHello } from './checked-server-hello.ts';

/** "An upper limit of 24 hours is suggested for session ID lifetimes" (RFC 5246 §F.1.4). Seconds. */
const SESSION_ID_LIFETIME = 86400;
/** "A value of zero is reserved to indicate that the lifetime of the ticket is unspecified." (RFC 5077 §3.3) Then ours. Seconds. */
const UNSPECIFIED_LIFETIME = 7200;

interface Outcome {
  readonly master: MasterSecret;
  readonly ticket: NewSessionTicket | undefined;
  readonly peer: PeerIdentity;
}

/** The session of a full handshake; undefined when the server does not mean to go on with it, or when it would not be safe (RFC 7627 §5.3). */
export function newClientSession(
  config: ClientConfig,
  { serverName }: ClientRequest,
  { agreement, alpnProtocol, maxFragmentLength, sessionId }: CheckedServerHello,
  { master, ticket, peer }: Outcome,
): Established['session'] {
  const hasTicket = ticket !== undefined && ticket.ticket.length > 0;
  if (!agreement.extendedMasterSecret || (!hasTicket && sessionId.length === 0)) return undefined;
  const session: Tls12ClientSession = {
    version: agreement.version.name,
    protocol: agreement.context.transport.variant.sessionProtocol,
    suite: agreement.suite.id,
    masterSecret: master.bytes.slice(),
    extendedMasterSecret: true,
    // "If the client receives a session ticket from the server, then it discards any Session ID that was sent in the ServerHello."
    // (RFC 5077 §3.4)
    sessionId: hasTicket ? sessionId.slice(0, 0) : sessionId.slice(),
    ticket: hasTicket ? ticket.ticket.slice() : undefined,
    lifetime: hasTicket ? lifetimeOf(ticket) : SESSION_ID_LIFETIME,
    receivedAt: config.now(),
    serverName,
    alpnProtocol,
    maxFragmentLength:
      config.maxFragmentLength === undefined
        ? undefined
        : { asked: config.maxFragmentLength, agreed: maxFragmentLength !== undefined },
    peer,
  };
  return { isNew: true, session };
}

/** The session that was resumed: with another ticket if the server sent one. */
export function renewedClientSession(
  config: ClientConfig,
  session: Tls12ClientSession,
  ticket: NewSessionTicket | undefined,
): Established['session'] {
  if (ticket === undefined || ticket.ticket.length === 0) return { isNew: false, session };
  const renewed = { ticket: ticket.ticket.slice(), lifetime: lifetimeOf(ticket), receivedAt: config.now() };
  return { isNew: true, session: { ...session, ...renewed, sessionId: session.sessionId.slice(0, 0) } };
}

function lifetimeOf({ ticketLifetimeHint }: NewSessionTicket): number {
  return Math.min(ticketLifetimeHint === 0 ? UNSPECIFIED_LIFETIME : ticketLifetimeHint, MAX_TICKET_LIFETIME);
}
