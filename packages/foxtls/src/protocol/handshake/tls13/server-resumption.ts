/**
 * Tickets, taken up and given out (RFC 8446 §2.2, §4.2.11, §4.6.1).
 */

import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { settle } from '../../../core/flow/flow.ts';
import { finishedVerifyData, verifyFinished } from '../../keys/finished.ts';
import { EarlySecret, resumptionPsk } from '../../keys/key-schedule.ts';
import type { Transcript } from '../../keys/transcript.ts';
import { extensionsOf } from '../../messages/extensions/block.ts';
import { bindersLength, type OfferedPsks } from '../../messages/extensions/pre-shared-key.ts';
import { NewSessionTicket, writeMessage } from '../../messages/messages.ts';
import { MAX_CARRIED_CHAIN, readTicketState, type TicketState, writeTicketState } from '../../session/ticket-state.ts';
import type { ServerConfig } from '../config.ts';
import type { PeerIdentity } from '../peer-identity.ts';
import type { HandshakeFlow } from '../receive.ts';
import type { ServerHellos } from './server-hellos.ts';
import type { Agreement } from './traffic.ts';

export interface ResumedSession {
  readonly state: TicketState;
  /** The index of its identity in the offer. */
  readonly index: number;
  readonly earlySecret: EarlySecret;
}

/** Opening a ticket costs work that a stranger can ask for: no more than this many are looked at. */
const MAX_IDENTITIES_TRIED = 8;

/** The first ticket offered that opens and fits, its binder checked; undefined makes a full handshake. */
export function* resumeSession(
  hellos: ServerHellos,
  agreement: Omit<Agreement, 'clientRandom'>,
): HandshakeFlow<ResumedSession | undefined> {
  const offered = hellos.offer.hello.extensions.values.pre_shared_key;
  if (offered === undefined || !hellos.offer.offersPskWithKeyExchange || hellos.config.tickets === 0) return undefined;
  const identities = offered.identities.slice(0, MAX_IDENTITIES_TRIED);
  for (const [index, { identity }] of identities.entries()) {
    const opened = yield* settle(hellos.config.ticketSealer.open(identity));
    const state = opened === undefined ? undefined : readTicketState(opened);
    if (state === undefined || !fits(hellos, state)) continue;
    const earlySecret = new EarlySecret(agreement.labelled, state.psk);
    checkBinder(hellos, agreement, earlySecret, offered, index);
    return { state, index, earlySecret };
  }
  return undefined;
}

/** Whether a session may be continued under the present config and offer. */
function fits({ config, offer, suite }: ServerHellos, state: TicketState): boolean {
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

/** Whether a full handshake under this config could have ended with this client: a ticket is no way around its demands. */
function admits({ clientCertificates, verifier }: ServerConfig, client: PeerIdentity): boolean {
  if (clientCertificates === 'none') return true;
  if (client.kind === 'anonymous') return clientCertificates !== 'require';
  return client.kind === 'verified' || verifier?.acceptsUnverified === true;
}

/**
 * "Prior to accepting PSK key establishment, the server MUST validate the corresponding binder value … If this value is not present or
 * does not validate, the server MUST abort the handshake." (RFC 8446 §4.2.11)
 */
function checkBinder(
  { offer, transcript }: { offer: ServerHellos['offer']; transcript: Transcript },
  { labelled, suite }: Pick<Agreement, 'labelled' | 'suite'>,
  earlySecret: EarlySecret,
  offered: OfferedPsks,
  index: number,
): void {
  const truncated = offer.bytes.subarray(0, offer.bytes.length - bindersLength(offered.binders));
  const transcriptHash = transcript.hashWith(suite.hash, truncated);
  const expected = finishedVerifyData(labelled, earlySecret.binderKey('resumption'), transcriptHash);
  const binder = offered.binders[index] as Uint8Array;
  if (verifyFinished(expected, binder) === undefined) {
    throw new PeerMisbehaved('psk_binder_invalid', `the binder of identity ${index} is wrong`);
  }
}

interface TicketFacts {
  readonly serverName: string | undefined;
  readonly alpnProtocol: string | undefined;
  readonly client: PeerIdentity;
  readonly resumed: boolean;
}

/** Sends NewSessionTicket messages: as many as configured after a full handshake, one after a resumption (it replaces the one used). */
export function* sendTickets(
  { context, suite, labelled }: Agreement,
  config: ServerConfig,
  resumptionSecret: Uint8Array,
  facts: TicketFacts,
): HandshakeFlow<void> {
  const count = facts.resumed ? Math.min(config.tickets, 1) : config.tickets;
  if (count === 0 || chainLength(facts.client) > MAX_CARRIED_CHAIN) return;
  for (let i = 0; i < count; i++) {
    const ticketNonce = Uint8Array.of(i >> 8, i & 0xff);
    const ticketAgeAdd = new DataView(config.provider.random(4).buffer).getUint32(0);
    const psk = resumptionPsk(labelled, resumptionSecret, ticketNonce);
    const { ticketLifetime: lifetime } = config;
    const state = { ...facts, suite: suite.id, psk, ticketAgeAdd, created: config.now(), lifetime };
    const ticket = yield* settle(config.ticketSealer.seal(writeTicketState(state)));
    const extensions = extensionsOf('new_session_ticket', {});
    context.transport.send(
      writeMessage(NewSessionTicket, { ticketLifetime: lifetime, ticketAgeAdd, ticketNonce, ticket, extensions }),
    );
  }
  context.transport.endFlight();
}

function chainLength(client: PeerIdentity): number {
  if (client.kind === 'anonymous') return 0;
  return client.certificates.reduce((total, certificate) => total + certificate.length, 0);
}
