/**
 * Tickets that hold nothing: the state stays with the server, and the ticket is the random number that it is kept under.
 *
 * "The ticket itself is an opaque label. It MAY be either a database lookup key or a self-encrypted and self-authenticated value."
 * (RFC 8446 §4.6.1) Taking removes, so that a ticket is good for one resumption; and "connections established using PSKs enjoy forward
 * secrecy" (RFC 8446 §8.1), without a key exchange too.
 */

import { toHex } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { type Eventually, isThenable } from '../../core/flow/flow.ts';
import type { RandomSource } from '../../crypto/key-exchange.ts';
import { MAX_TICKET_LIFETIME } from '../messages/new-session-ticket.ts';
import type { Sealer } from './sealer.ts';

/**
 * What `ticketStore` of a server's config has to be. The state is secret: whoever reads it can resume the session.
 * What a store throws ends the connection; one that may fail should rather answer undefined.
 */
export interface TicketStore {
  /** Keeps `state` under `id` (hexadecimal) until `expires`, in milliseconds since the epoch. */
  put(id: string, state: Uint8Array, expires: number): Eventually<void>;
  /** Removes a state and returns it; at once, so that two connections never get the same. */
  take(id: string): Eventually<Uint8Array | undefined>;
}

const ID_SIZE = 32;

/** A sealer whose "sealed" texts are numbers in a store. */
export function storeAsSealer(store: TicketStore, random: RandomSource, now: () => number): Sealer {
  return {
    seal(plaintext, lifetime = MAX_TICKET_LIFETIME) {
      const id = random(ID_SIZE);
      const kept = store.put(toHex(id), plaintext, now() + lifetime * 1000);
      return isThenable(kept) ? kept.then(() => id) : id;
    },
    open: (ticket) => (ticket.length === ID_SIZE ? store.take(toHex(ticket)) : undefined),
  };
}

export interface TicketStoreOptions {
  /** States kept; the oldest goes first. Default 10000. */
  readonly maxTickets?: number | undefined;
  /** The clock; default `Date.now`. Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

/**
 * A bounded store in memory, for a server of one process.
 *
 * ```ts
 * const config = defineServerConfig({ provider, credentials, ticketStore: createTicketStore() });
 * ```
 */
export function createTicketStore({ maxTickets = 10_000, now = Date.now }: TicketStoreOptions = {}): TicketStore {
  if (!Number.isInteger(maxTickets) || maxTickets < 1) {
    throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `maxTickets is ${maxTickets}: at least 1 is expected`);
  }
  const states = new Map<string, { readonly state: Uint8Array; readonly expires: number }>();
  return {
    put(id, state, expires) {
      states.set(id, { state, expires });
      if (states.size > maxTickets) states.delete(states.keys().next().value as string);
    },
    take(id) {
      const found = states.get(id);
      states.delete(id);
      return found !== undefined && now() < found.expires ? found.state : undefined;
    },
  };
}
