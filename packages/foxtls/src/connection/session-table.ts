/**
 * The sessions of an endpoint, by their addresses and by their connection IDs, and how many there may be.
 *
 * An address has one session, and one at most that takes its place when its handshake is over: a client that begins anew (RFC 9147 §5.11). A
 * session that is known by a connection ID may be at an address that another one has.
 */

import type { EndpointSession } from './endpoint-session.ts';

export interface SessionLimits {
  /** 0 for any number. */
  readonly maxSessions: number;
  readonly maxSessionsPerHost: number;
}

export class SessionTable {
  readonly #limits: SessionLimits;
  readonly #hostOf: (address: string) => string;
  readonly #all = new Set<EndpointSession>();
  readonly #byAddress = new Map<string, EndpointSession>();
  readonly #successors = new Map<string, EndpointSession>();
  readonly #byId = new Map<string, EndpointSession>();
  readonly #hosts = new Map<string, number>();

  constructor(limits: SessionLimits, hostOf: (address: string) => string) {
    this.#limits = limits;
    this.#hostOf = hostOf;
  }

  get size(): number {
    return this.#all.size;
  }

  values(): Iterable<EndpointSession> {
    return this.#all.values();
  }

  at(address: string): EndpointSession | undefined {
    return this.#byAddress.get(address);
  }

  /** Who takes the place of the session at an address, if his handshake comes to its end. */
  successorAt(address: string): EndpointSession | undefined {
    return this.#successors.get(address);
  }

  /** By the ID in hexadecimal. */
  withId(id: string): EndpointSession | undefined {
    return this.#byId.get(id);
  }

  /** Whether there is no place for a session at an address. */
  whyFull(address: string): 'max_sessions' | 'max_sessions_per_host' | undefined {
    const { maxSessions, maxSessionsPerHost } = this.#limits;
    // Who begins anew takes the place that he has.
    const own = this.#byAddress.has(address) ? 1 : 0;
    if (maxSessions > 0 && this.#all.size - own >= maxSessions) return 'max_sessions';
    const ofHost = this.#hosts.get(this.#hostOf(address)) ?? 0;
    return maxSessionsPerHost > 0 && ofHost - own >= maxSessionsPerHost ? 'max_sessions_per_host' : undefined;
  }

  /**
   * "… it SHOULD proceed with a new handshake but MUST NOT destroy the existing association until the client has demonstrated reachability"
   * (RFC 9147 §5.11). A cookie shows that; we wait for Finished all the same where there is a connection to lose.
   */
  add(session: EndpointSession): void {
    const { address } = session;
    const current = this.#byAddress.get(address);
    if (current?.connection.state === 'connected') {
      this.#successors.get(address)?.replace();
      this.#successors.set(address, session);
    } else {
      current?.replace();
      this.#byAddress.set(address, session);
    }
    this.#all.add(session);
    for (const id of session.ids) this.#byId.set(id, session);
    this.#count(address, 1);
  }

  /** Another ID for a session that is there; of those before, `most` are kept. */
  addId(session: EndpointSession, id: string, most: number): void {
    this.#byId.set(id, session);
    const ids = [...session.ids, id];
    for (const old of ids.slice(0, -most)) this.#byId.delete(old);
    session.ids = ids.slice(-most);
  }

  /** A session whose handshake is over takes the place that it waited for. Returns the one that had it. */
  promote(session: EndpointSession): EndpointSession | undefined {
    const { address } = session;
    if (this.#successors.get(address) !== session) return undefined;
    const previous = this.#byAddress.get(address);
    this.#successors.delete(address);
    this.#byAddress.set(address, session);
    return previous;
  }

  remove(session: EndpointSession): void {
    const { address } = session;
    if (!this.#all.delete(session)) return;
    for (const id of session.ids) this.#byId.delete(id);
    this.#count(address, -1);
    this.#leave(session, address);
  }

  /** The address of a session changes, which is for the caller to note. */
  move(session: EndpointSession, to: string): void {
    this.#count(session.address, -1);
    this.#count(to, 1);
    this.#leave(session, session.address);
    // Where somebody else is already, one of the two is known by its connection ID.
    if (!this.#byAddress.has(to)) this.#byAddress.set(to, session);
  }

  #leave(session: EndpointSession, address: string): void {
    const successor = this.#successors.get(address);
    if (successor === session) this.#successors.delete(address);
    if (this.#byAddress.get(address) !== session) return;
    this.#byAddress.delete(address);
    if (successor === undefined) return;
    // Who waited for the place has it.
    this.#successors.delete(address);
    this.#byAddress.set(address, successor);
  }

  #count(address: string, change: 1 | -1): void {
    const host = this.#hostOf(address);
    const count = (this.#hosts.get(host) ?? 0) + change;
    if (count > 0) this.#hosts.set(host, count);
    else this.#hosts.delete(host);
  }
}
