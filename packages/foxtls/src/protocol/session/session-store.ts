/**
 * Where a client keeps sessions between connections: each is taken out to be used, so that no ticket is used twice (RFC 8446 §C.4).
 */

import { ApiMisuse } from '../../core/errors/errors.ts';
import type { Eventually } from '../../core/flow/flow.ts';
import type { ClientSession } from './client-session.ts';

/**
 * What `sessionStore` of a client's config has to be. `key` says which server: the server's name, unless the connection gave another.
 * Sessions hold secrets, and who the server was proved to be: a store belongs to one config. A store that fails costs a full handshake.
 */
export interface SessionStore {
  /** Removes a session and returns it: the best one left, if there is any. */
  take(key: string): Eventually<ClientSession | undefined>;
  put(key: string, session: ClientSession): Eventually<void>;
}

export interface SessionStoreOptions {
  /** Sessions kept for one server; the oldest goes first. Default 4. */
  readonly maxPerServer?: number | undefined;
  /** Servers that sessions are kept for; the one longest unused goes first. Default 256. */
  readonly maxServers?: number | undefined;
  /** The clock; default `Date.now`. Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

/**
 * A bounded store in memory. It hands out the newest session first, and none whose lifetime is over.
 *
 * "Clients SHOULD NOT reuse a ticket for multiple connections. Reuse of a ticket allows passive observers to correlate different
 * connections." (RFC 8446 §C.4) Throws `ApiMisuse` (`ERR_TLS_OPTION_RANGE`) for limits below 1.
 *
 * ```ts
 * const config = defineClientConfig({ provider, verifier, sessionStore: createSessionStore() });
 * ```
 */
export function createSessionStore(options: SessionStoreOptions = {}): SessionStore {
  const { maxPerServer = 4, maxServers = 256, now = Date.now } = options;
  for (const [name, value] of Object.entries({ maxPerServer, maxServers })) {
    if (!Number.isInteger(value) || value < 1)
      throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `${name} is ${value}: at least 1 is expected`);
  }
  return new MemorySessionStore(maxPerServer, maxServers, now);
}

class MemorySessionStore implements SessionStore {
  readonly #maxPerServer: number;
  readonly #maxServers: number;
  readonly #now: () => number;
  /** By server, the one used last at the end; a server's sessions in the order in which they came. */
  readonly #servers = new Map<string, ClientSession[]>();

  constructor(maxPerServer: number, maxServers: number, now: () => number) {
    this.#maxPerServer = maxPerServer;
    this.#maxServers = maxServers;
    this.#now = now;
  }

  take(key: string): ClientSession | undefined {
    const sessions = this.#removeServer(key);
    const session = sessions.pop();
    if (sessions.length > 0) this.#servers.set(key, sessions);
    return session;
  }

  put(key: string, session: ClientSession): void {
    const sessions = this.#removeServer(key);
    sessions.push(session);
    if (sessions.length > this.#maxPerServer) sessions.shift();
    this.#servers.set(key, sessions);
    if (this.#servers.size > this.#maxServers) this.#servers.delete(this.#servers.keys().next().value as string);
  }

  /** The sessions of a server that can still be used. */
  #removeServer(key: string): ClientSession[] {
    const sessions = this.#servers.get(key) ?? [];
    this.#servers.delete(key);
    const now = this.#now();
    return sessions.filter(({ receivedAt, lifetime }) => now < receivedAt + lifetime * 1000);
  }
}
