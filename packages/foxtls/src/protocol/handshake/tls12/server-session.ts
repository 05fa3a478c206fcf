/**
 * Sessions of TLS 1.2 at the server: found by id or ticket, and given (RFC 5246 §7.4.1.2, RFC 5077 §3, RFC 7627 §5.3).
 */

import { EMPTY, toHex } from '../../../core/bytes/bytes.ts';
import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { settle } from '../../../core/flow/flow.ts';
import type { MasterSecret } from '../../keys/tls12-key-schedule.ts';
import { writeMessage } from '../../messages/messages.ts';
import { NewSessionTicket } from '../../messages/tls12/messages.ts';
import { acceptedMaxFragmentLength } from '../../negotiate/max-fragment-length.ts';
import type { Tls12CipherSuite } from '../../negotiate/tls12-cipher-suites.ts';
import { readTls12SessionState, type Tls12SessionState, writeTls12SessionState } from '../../session/tls12-session-state.ts';
import type { ServerConfig } from '../config.ts';
import type { Established } from '../established.ts';
import type { HandshakeFlow } from '../receive.ts';
import { sendMessage } from '../send.ts';
import { admits, canBeCarried } from '../server-sessions.ts';
import type { HandshakeContext } from '../transport.ts';
import { versionNumber } from '../variant.ts';
import type { Agreement } from './agreement.ts';
import { type CheckedClientHello, canProtect } from './checked-client-hello.ts';
import { mayBecome } from './renegotiation.ts';

const SESSION_ID_SIZE = 32;

/** A session to go on with. */
export interface KeptSession {
  readonly state: Tls12SessionState;
  readonly suite: Tls12CipherSuite;
  readonly byTicket: boolean;
}

/** The session that the client asks for, if it is one of ours and fits; undefined otherwise: then a new one begins. */
export function* findSession(
  context: HandshakeContext,
  config: ServerConfig,
  offer: CheckedClientHello,
): HandshakeFlow<KeptSession | undefined> {
  if (offer.previous?.mayResume === false || config.insecureNoExtendedMasterSecret) return undefined;
  const { session_ticket: ticket } = offer.hello.extensions.values;
  // "If a ticket is presented by the client, the server MUST NOT attempt to use the Session ID in the ClientHello for stateful session
  // resumption." (RFC 5077 §3.4)
  const byTicket = ticket !== undefined && ticket.length > 0;
  const bytes = byTicket ? yield* openTicket(config, ticket) : yield* findById(config, offer.hello.legacySessionId);
  const state = bytes === undefined ? undefined : readTls12SessionState(bytes);
  const suite = config.tls12Suites.find(({ id }) => id === state?.suite);
  if (state === undefined || suite === undefined || !fits(context, config, offer, state) || !canProtect(config, offer, suite))
    return undefined;
  if (!offer.hello.cipherSuites.includes(suite.id)) {
    // "If the session_id field is not empty (implying a session resumption request), this vector MUST include at least the cipher_suite
    // from that session." (RFC 5246 §7.4.1.2) Beside a ticket the id implies nothing, and may be empty.
    if (byTicket) return undefined;
    throw new PeerMisbehaved('session_suite_missing', `the client asks for a session of ${suite.name}, which it does not offer`);
  }
  // "If the original session used the "extended_master_secret" extension but the new ClientHello does not contain it, the server MUST
  // abort the abbreviated handshake." (RFC 7627 §5.3)
  if (state.extendedMasterSecret && !offer.extendedMasterSecret) {
    throw new PeerMisbehaved('extended_master_secret_missing', 'the session has extended_master_secret, the client left it out');
  }
  // "If the original session did not use the "extended_master_secret" extension …" (RFC 7627 §5.3), it is not gone on with, ever.
  return state.extendedMasterSecret ? { state, suite, byTicket } : undefined;
}

function* openTicket(config: ServerConfig, ticket: Uint8Array): HandshakeFlow<Uint8Array | undefined> {
  return config.tickets === 0 ? undefined : yield* settle(config.ticketSealer.open(ticket));
}

function* findById({ sessionCache }: ServerConfig, id: Uint8Array): HandshakeFlow<Uint8Array | undefined> {
  return sessionCache === undefined || id.length === 0 ? undefined : yield* settle(sessionCache.find(toHex(id)));
}

/** Whether a session may be continued under the present config and offer. */
function fits(
  { transport }: HandshakeContext,
  config: ServerConfig,
  { version, hello, previous }: CheckedClientHello,
  state: Tls12SessionState,
): boolean {
  const age = config.now() - state.created;
  return (
    age >= 0 &&
    age < state.lifetime * 1000 &&
    // Its number says of which protocol the version is, too.
    state.version === versionNumber(transport.variant, version.name) &&
    state.serverName === hello.extensions.values.server_name &&
    // "The negotiated length applies for the duration of the session including session resumptions." (RFC 6066 §4)
    state.maxFragmentLength === acceptedMaxFragmentLength(hello.extensions.values) &&
    admits(config, state.client) &&
    mayBecome(previous, state.client)
  );
}

/** How a new session will be kept. */
export interface SessionPlan {
  readonly withTicket: boolean;
  /** Empty for none. */
  readonly sessionId: Uint8Array;
}

/** A ticket if the client can keep one, an id if we can keep the session; nothing for a session that could not be gone on with. */
export function planSession(config: ServerConfig, offer: CheckedClientHello): SessionPlan {
  const { session_ticket: ticket } = offer.hello.extensions.values;
  const withTicket = offer.extendedMasterSecret && ticket !== undefined && config.tickets > 0;
  const withId = offer.extendedMasterSecret && !withTicket && config.sessionCache !== undefined;
  return { withTicket, sessionId: withId ? config.provider.random(SESSION_ID_SIZE) : EMPTY };
}

/** Keeps the session as planned: sends the ticket, or stores it under its id. */
export function* keepSession(
  agreement: Agreement,
  config: ServerConfig,
  { hello }: CheckedClientHello,
  { withTicket, sessionId }: SessionPlan,
  master: MasterSecret,
  { client, serverEndPoint }: Pick<Tls12SessionState, 'client' | 'serverEndPoint'>,
): HandshakeFlow<void> {
  const { context, version, suite } = agreement;
  const state = {
    version: versionNumber(context.transport.variant, version.name),
    suite: suite.id,
    masterSecret: master.bytes,
    extendedMasterSecret: true,
    created: config.now(),
    lifetime: config.ticketLifetime,
    serverName: hello.extensions.values.server_name,
    client,
    serverEndPoint,
    maxFragmentLength: acceptedMaxFragmentLength(hello.extensions.values),
  };
  if (withTicket) yield* sendTicket(agreement, config, state);
  if (sessionId.length === 0 || !canBeCarried(client)) return;
  const expires = state.created + state.lifetime * 1000;
  yield* settle(config.sessionCache?.put(toHex(sessionId), writeTls12SessionState(state), expires));
}

/** What forgets the session that stands under `sessionId`; undefined where none does. */
export function forgetting({ sessionCache }: ServerConfig, sessionId: Uint8Array): Established['forgetSession'] {
  if (sessionCache?.remove === undefined || sessionId.length === 0) return undefined;
  const id = toHex(sessionId);
  return () => sessionCache.remove?.(id);
}

/** Another ticket for the same session, which does not live longer by it: a ticket may be good for one resumption. */
export function renewTicket(agreement: Agreement, config: ServerConfig, state: Tls12SessionState): HandshakeFlow<void> {
  return sendTicket(agreement, config, state);
}

function* sendTicket(agreement: Agreement, config: ServerConfig, state: Tls12SessionState): HandshakeFlow<void> {
  // At least a second: zero would leave it open (RFC 5077 §3.3).
  const left = Math.max(1, Math.ceil((state.created + state.lifetime * 1000 - config.now()) / 1000));
  const ticket = canBeCarried(state.client)
    ? yield* settle(config.ticketSealer.seal(writeTls12SessionState(state), left))
    : EMPTY;
  sendMessage(agreement, writeMessage(NewSessionTicket, { ticketLifetimeHint: left, ticket }));
}
