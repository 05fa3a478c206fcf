/**
 * Sessions of TLS 1.2 under their ids, kept by the listeners of a server: `'newSession'` and `'resumeSession'` of node:tls.
 */

import type { EventEmitter } from 'node:events';
import type { SessionCache } from '../protocol/session/session-cache.ts';
import { callbackFailed } from './errors.ts';

/** The oldest goes first: those who end connections by fatal alerts, and have long been gone. */
const MAX_FORGOTTEN = 10_000;

/** A cache that asks the listeners of a server; without both of them it keeps nothing. */
export function sessionsOfListeners(server: EventEmitter): SessionCache {
  // No event of Node's says that a session is to be forgotten: the listeners go on having it.
  const forgotten = new Set<string>();
  return {
    remove: (id) => {
      forgotten.add(id);
      if (forgotten.size > MAX_FORGOTTEN) forgotten.delete(forgotten.values().next().value as string);
    },
    put: (id, state) => {
      if (server.listenerCount('newSession') === 0) return;
      return new Promise<void>((resolve) => {
        server.emit('newSession', Buffer.from(id, 'hex'), Buffer.from(state), () => resolve());
      });
    },
    find: (id) => {
      if (server.listenerCount('resumeSession') === 0 || forgotten.has(id)) return undefined;
      return new Promise<Uint8Array | undefined>((resolve, reject) => {
        const answer = (error: Error | null, state?: Uint8Array | null) => {
          if (error) reject(callbackFailed('resumeSession', error));
          else resolve(state ? Uint8Array.from(state) : undefined);
        };
        server.emit('resumeSession', Buffer.from(id, 'hex'), answer);
      });
    },
  };
}
