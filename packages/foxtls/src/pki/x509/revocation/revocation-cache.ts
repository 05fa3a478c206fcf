/**
 * What was fetched and found to be right, kept until its next update.
 *
 * What comes out of a cache is judged again like anything else, so a cache can be anywhere and need not be trusted.
 */

import type { Eventually } from '../../../core/flow/flow.ts';

/** CRLs and OCSP responses, DER, by a key that says what they are. */
export interface RevocationCache {
  /** Throwing (or rejecting) fails the verification: a cache that is out of order should say that it has nothing. */
  find(key: string): Eventually<Uint8Array | undefined>;
  /** `until`: when there will be a newer one. */
  keep(key: string, evidence: Uint8Array, until: Date): Eventually<void>;
}

export interface RevocationCacheLimits {
  /** 1000 unless set. */
  readonly maxEntries?: number;
  /** 64 MiB unless set. */
  readonly maxBytes?: number;
}

/**
 * A cache in memory: the entry that was not used for longest goes first. Share it between checkers.
 *
 * ```ts
 * const cache = createRevocationCache({ maxBytes: 1 << 24 });
 * ```
 */
export function createRevocationCache({ maxEntries = 1000, maxBytes = 1 << 26 }: RevocationCacheLimits = {}): RevocationCache {
  const entries = new Map<string, Uint8Array>();
  let bytes = 0;
  const drop = (key: string) => {
    bytes -= entries.get(key)?.length ?? 0;
    entries.delete(key);
  };
  return {
    find(key) {
      const found = entries.get(key);
      if (found === undefined) return undefined;
      entries.delete(key);
      entries.set(key, found);
      return found;
    },
    keep(key, evidence) {
      drop(key);
      if (evidence.length > maxBytes) return;
      entries.set(key, evidence);
      bytes += evidence.length;
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && bytes <= maxBytes) break;
        drop(oldest);
      }
    },
  };
}
