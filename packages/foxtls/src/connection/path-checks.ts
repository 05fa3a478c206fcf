/**
 * Where a peer is that is known by its connection ID: a new address is taken when it was shown to be the peer's (RFC 9146 §6, RFC 9853).
 *
 * ```
 *   newest record from another address ─▶ path_challenge(cookie) to that address ─▶ path_response(cookie) ─▶ that is the address
 *                                          again after a second, three times          everything else goes to the old one until then
 * ```
 * A record that an attacker sends on from an address of his choice is as authentic as it was: it shows that the peer has sent it, not from where.
 * A challenge is sent for a record that is newer than all others, is smaller than three times what came, and there is one check at a time.
 */

import { constantTimeEqual } from '../core/bytes/bytes.ts';
import { PATH_COOKIE_SIZE } from '../protocol/messages/return-routability-check.ts';
import { AMPLIFICATION, type EndpointSession, type PathCheck } from './endpoint-session.ts';
import type { EndpointStats } from './endpoint-stats.ts';

/** Milliseconds: what RFC 9853 has for ends that don't know how long the way is. */
const TIMEOUT = 1000;
const MAX_CHALLENGES = 3;

/** What checks need of their endpoint. */
export interface PathKeeper {
  readonly stats: EndpointStats;
  readonly clock: () => number;
  /** Whether a new address is taken for proven where the peer knows no checks. */
  readonly trustsNewAddresses: boolean;
  send(to: string, datagrams: readonly Uint8Array[]): void;
  /** From now on, all goes there. */
  move(session: EndpointSession, to: string): void;
}

export class PathChecks {
  readonly #keeper: PathKeeper;

  constructor(keeper: PathKeeper) {
    this.#keeper = keeper;
  }

  /** The newest record of a session came from another address, in a datagram of that size. */
  onNewAddress(session: EndpointSession, from: string, size: number): void {
    if (session.path?.address === from) return;
    const challenged = this.#challenge(session, from, [], size);
    if (challenged) return;
    if (this.#keeper.trustsNewAddresses && !session.connection.checksRoutability) this.#keeper.move(session, from);
    else this.#keeper.stats.addressChangesRefused++;
  }

  onAnswer(session: EndpointSession, cookie: Uint8Array): void {
    const { path } = session;
    if (path === undefined || !path.cookies.some((sent) => constantTimeEqual(sent, cookie))) return;
    session.path = undefined;
    this.#keeper.move(session, path.address);
  }

  onTimeout(session: EndpointSession, { address, cookies }: PathCheck): void {
    session.path = undefined;
    if (cookies.length < MAX_CHALLENGES) this.#challenge(session, address, cookies, Number.POSITIVE_INFINITY);
    else this.#keeper.stats.addressChangesRefused++;
  }

  #challenge(session: EndpointSession, to: string, before: readonly Uint8Array[], size: number): boolean {
    const cookie = session.drawRandom(PATH_COOKIE_SIZE);
    const datagram = session.connection.challengePath(cookie);
    if (datagram === undefined || datagram.length > AMPLIFICATION * size) return false;
    session.path = { address: to, cookies: [...before, cookie], expiresAt: this.#keeper.clock() + TIMEOUT };
    this.#keeper.send(to, [datagram]);
    return true;
  }
}
