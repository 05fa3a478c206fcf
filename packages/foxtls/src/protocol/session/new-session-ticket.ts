/**
 * NewSessionTicket as the client takes it (RFC 8446 §4.6.1).
 */

import type { Established } from '../handshake/established.ts';
import type { ProtocolVariant } from '../handshake/variant.ts';
import { resumptionPsk } from '../keys/key-schedule.ts';
import { checkPlaces } from '../messages/extensions/block.ts';
import { MAX_TICKET_LIFETIME, type NewSessionTicket } from '../messages/new-session-ticket.ts';
import type { Tls13ClientSession } from './client-session.ts';

/** The session of a ticket; undefined for one that is to be discarded. `now` in milliseconds since the epoch. */
export function sessionOfTicket(
  established: Established,
  { labelPrefix, sessionProtocol }: Pick<ProtocolVariant, 'labelPrefix' | 'sessionProtocol'>,
  message: NewSessionTicket,
  now: number,
): Tls13ClientSession | undefined {
  checkPlaces(message.extensions);
  const { suite, resumptionSecret, serverName, alpnProtocol, peer } = established;
  // "The value of zero indicates that the ticket should be discarded immediately." (RFC 8446 §4.6.1)
  if (message.ticketLifetime === 0 || resumptionSecret === undefined) return undefined;
  return {
    version: 'TLSv1.3',
    protocol: sessionProtocol,
    suite: suite.id,
    psk: resumptionPsk({ hash: suite.hash, labelPrefix }, resumptionSecret, message.ticketNonce),
    ticket: message.ticket.slice(),
    ticketAgeAdd: message.ticketAgeAdd,
    // "Clients MUST NOT cache tickets for longer than 7 days, regardless of the ticket_lifetime" (RFC 8446 §4.6.1)
    lifetime: Math.min(message.ticketLifetime, MAX_TICKET_LIFETIME),
    receivedAt: now,
    serverName,
    alpnProtocol,
    peer,
  };
}
