/**
 * Paths that were verified, kept to be recognised: a client meets the same server again and again, and two signatures and two parsed
 * certificates are half of the work of its handshake.
 *
 * Only what does not depend on the request is kept: the path, for exactly these bytes, this role, these anchors and this policy (the
 * cache belongs to one verifier, which has one of each). The dates are compared at every use, and so are the names, by the verifier.
 * Bounded: the path that was not used for longest goes first.
 */

import { equal, toHex } from '../../core/bytes/bytes.ts';
import type { PublicKey } from '../../crypto/signature.ts';
import type { Certificate } from './certificate.ts';

export interface VerifiedPath {
  readonly leaf: Certificate;
  /** End entity first, anchor last. */
  readonly path: readonly Certificate[];
  readonly publicKey: PublicKey;
}

interface Entry extends VerifiedPath {
  readonly presented: readonly Uint8Array[];
  /** All certificates of the path are valid between these; milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
}

const MAX_PATHS = 256;
/** The end of a certificate is its signature: enough to tell certificates apart, the bytes themselves decide. */
const KEY_BYTES = 16;

export class VerifiedPaths {
  readonly #entries = new Map<string, Entry>();

  find(presented: readonly Uint8Array[], peerRole: string, now: Date): VerifiedPath | undefined {
    const key = keyOf(presented, peerRole);
    const entry = this.#entries.get(key);
    if (entry === undefined || !sameBytes(entry.presented, presented)) return undefined;
    this.#entries.delete(key);
    const time = now.getTime();
    if (time < entry.from || time > entry.until) return undefined;
    this.#entries.set(key, entry);
    return entry;
  }

  keep(presented: readonly Uint8Array[], peerRole: string, path: readonly Certificate[], publicKey: PublicKey): void {
    const [leaf] = path;
    if (leaf === undefined) return;
    const [oldest] = this.#entries.size >= MAX_PATHS ? this.#entries.keys() : [];
    if (oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(keyOf(presented, peerRole), {
      leaf,
      path,
      publicKey,
      presented,
      from: Math.max(...path.map(({ validFrom }) => validFrom.getTime())),
      // A certificate is valid through the whole last second that it names.
      until: Math.min(...path.map(({ validTo }) => validTo.getTime())) + 999,
    });
  }
}

function keyOf(presented: readonly Uint8Array[], peerRole: string): string {
  return `${peerRole} ${presented.map((certificate) => toHex(certificate.subarray(-KEY_BYTES))).join(' ')}`;
}

function sameBytes(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((bytes, i) => equal(bytes, b[i] as Uint8Array));
}
