/**
 * Tickets, taken up and given out (RFC 8446 §2.2, §4.2.11, §4.6.1).
 */

import { settle } from '../../../core/flow/flow.ts';
import { Reader } from '../../../core/wire/reader.ts';
import { resumptionPsk } from '../../keys/key-schedule.ts';
import { extensionsOf } from '../../messages/extensions/block.ts';
import { NewSessionTicket, writeMessage } from '../../messages/messages.ts';
import type { CipherSuite } from '../../negotiate/cipher-suites.ts';
import { sharedPskModes } from '../../negotiate/psk-key-exchange-modes.ts';
import { readTicketState, type TicketState, writeTicketState } from '../../session/ticket-state.ts';
import type { ServerConfig } from '../config.ts';
import { withGrease } from '../grease.ts';
import type { HandshakeFlow } from '../receive.ts';
import { admits, canBeCarried } from '../server-sessions.ts';
import type { HandshakeContext } from '../transport.ts';
import type { CheckedClientHello } from './server-offer.ts';
import type { Agreement } from './traffic.ts';

/** The state of a ticket that is ours and fits; undefined otherwise. */
export function* openTicket(
  { transport }: HandshakeContext,
  config: ServerConfig,
  offer: CheckedClientHello,
  suite: CipherSuite,
  ticket: Uint8Array,
): HandshakeFlow<TicketState | undefined> {
  if (config.tickets === 0) return undefined;
  const opened = yield* settle(config.ticketSealer.open(ticket));
  const state = opened === undefined ? undefined : readTicketState(opened);
  return state?.version === transport.variant.version && fits(config, offer, suite, state) ? state : undefined;
}

/** Whether a session may be continued under the present config and offer. */
function fits(config: ServerConfig, offer: CheckedClientHello, suite: CipherSuite, state: TicketState): boolean {
  const age = config.now() - state.created;
  const sessionSuite = config.suites.find(({ id }) => id === state.suite);
  return (
    age >= 0 &&
    age < state.lifetime * 1000 &&
    sessionSuite?.hash.name === suite.hash.name &&
    state.serverName === offer.hello.extensions.values.server_name &&
    admits(config, state.client)
  );
}

/**
 * How many tickets follow a handshake: what the client asked for, to our limit (RFC 9149 §3); else as many as configured, and one after a
 * resumption, which replaces the one used, or after an external PSK, as OpenSSL does: NSS 3.87 fails at a second. None that the client
 * could not use: psk_key_exchange_modes "also restricts the modes for use with PSK resumption" (RFC 8446 §4.2.9).
 */
export function ticketCount(
  config: ServerConfig,
  offer: CheckedClientHello,
  psk: { readonly session: TicketState | undefined } | undefined,
): number {
  if (config.tickets === 0 || sharedPskModes(config.pskKeyExchangeModes, offer.pskModes).length === 0) return 0;
  const { ticket_request: request } = offer.hello.extensions.values;
  if (request === undefined) return psk === undefined ? config.tickets : 1;
  return Math.min(psk?.session !== undefined ? request.resumptionCount : request.newSessionCount, config.maxRequestedTickets);
}

type TicketFacts = Pick<TicketState, 'serverName' | 'alpnProtocol' | 'client' | 'serverEndPoint'>;

/** Sends `count` NewSessionTicket messages. */
export function* sendTickets(
  { context, suite, labelled }: Agreement,
  config: ServerConfig,
  resumptionSecret: Uint8Array,
  facts: TicketFacts,
  count: number,
): HandshakeFlow<void> {
  if (count === 0 || !canBeCarried(facts.client)) return;
  for (let i = 0; i < count; i++) {
    const ticketNonce = Uint8Array.of(i >> 8, i & 0xff);
    const ticketAgeAdd = new Reader(config.provider.random(4), 'ticket_age_add').uint(4);
    const psk = resumptionPsk(labelled, resumptionSecret, ticketNonce);
    const { ticketLifetime: lifetime } = config;
    const { version } = context.transport.variant;
    const state = { version, suite: suite.id, psk, ticketAgeAdd, created: config.now(), lifetime, ...facts };
    const ticket = yield* settle(config.ticketSealer.seal(writeTicketState(state), lifetime));
    const none = extensionsOf('new_session_ticket', {});
    const extensions = config.grease ? withGrease(none, config.provider.random) : none;
    context.transport.send(
      writeMessage(NewSessionTicket, { ticketLifetime: lifetime, ticketAgeAdd, ticketNonce, ticket, extensions }),
    );
  }
  context.transport.endFlight();
}
