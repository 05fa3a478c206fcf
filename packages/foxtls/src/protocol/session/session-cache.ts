/**
 * Where a server of TLS 1.2 keeps sessions under their ids (RFC 5246 §7.4.1.2), for clients that cannot keep tickets.
 */

import { ApiMisuse } from '../../core/errors/errors.ts';
import type { Eventually } from '../../core/flow/flow.ts';

/**
 * What `sessionCache` of a server's config has to be. The state is secret: whoever reads it can read and resume the session. What a cache
 * throws ends the connection; one that may fail should rather answer undefined.
 */
export interface SessionCache {
  /** Keeps `state` under `id` (hexadecimal) until `expires`, in milliseconds since the epoch. */
  put(id: string, state: Uint8Array, expires: number): Eventually<void>;
  /** The state, which stays: a session of TLS 1.2 may be resumed many times. */
  find(id: string): Eventually<Uint8Array | undefined>;
  /**
   * Forgets the state. Called when a connection with it ended by a fatal alert: "the session identifier MUST be invalidated, preventing the
   * failed session from being used to establish new connections." (RFC 5246 §7.2) What it throws is passed over.
   */
  remove?(id: string): Eventually<void>;
}

export interface SessionCacheOptions {
  /** Sessions kept; the oldest goes first. Default 10000. */
  readonly maxSessions?: number | undefined;
  /** The clock; default `Date.now`. Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

/**
 * A bounded cache in memory, for a server of one process. Throws `ApiMisuse` (`ERR_TLS_OPTION_RANGE`) for a limit below 1.
 *
 * ```ts
 * const config = defineServerConfig({ provider, credentials, sessionCache: createSessionCache() });
 * ```
 */
export function createSessionCache({ maxSessions = 10_000, now = Date.now }: SessionCacheOptions = {}): SessionCache {
  if (!Number.isInteger(maxSessions) || maxSessions < 1) {
    throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `maxSessions is ${maxSessions}: at least 1 is expected`);
  }
  const sessions = new Map<string, { readonly state: Uint8Array; readonly expires: number }>();
  return {
    put(id, state, expires) {
      sessions.set(id, { state, expires });
      if (sessions.size > maxSessions) sessions.delete(sessions.keys().next().value as string);
    },
    find(id) {
      const found = sessions.get(id);
      if (found !== undefined && now() < found.expires) return found.state;
      sessions.delete(id);
      return undefined;
    },
    remove(id) {
      sessions.delete(id);
    },
  };
}
