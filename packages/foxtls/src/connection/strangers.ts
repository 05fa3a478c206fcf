/**
 * The clients of an endpoint that are not known yet: from their first ClientHello to a session, or to nothing (RFC 9147 §5.1, RFC 6347 §4.2.1).
 *
 * ```
 *   ClientHello, whole or from the pool ─▶ a connection for one answer ─▶ asks for a cookie ─▶ sent, and all of it forgotten
 *                                                                     ├▶ has a cookie, or needs none ─▶ a session
 *                                                                     ├▶ waits for an asynchronous step ─▶ kept until then
 *                                                                     └▶ is wrong ─▶ counted; answered, if that is no forgery
 * ```
 * Invariants: of strangers there is the pool, and at most `MAX_PENDING` who wait. Nobody is sent more than `AMPLIFICATION` times what he sent.
 */

import { AlertReceived, DecodeError, LimitExceeded, PeerMisbehaved, type TlsError } from '../core/errors/errors.ts';
import { run, settle } from '../core/flow/flow.ts';
import { DatagramPool } from '../transport/dtls/datagram-pool.ts';
import { readDatagramRecord } from '../transport/dtls/datagram-record.ts';
import type { ServerConfig } from './config.ts';
import { createCookieKeys } from './cookie-keys.ts';
import type { Deadlines } from './deadlines.ts';
import type { DatagramConnection } from './dtls-connection.ts';
import { AMPLIFICATION, EndpointSession, type SessionKeeper } from './endpoint-session.ts';
import type { EndpointDiscardReason, EndpointStats } from './endpoint-stats.ts';
import { type HelloFragment, helloDatagram, helloMark, readHelloFragment } from './first-hello.ts';
import type { SessionTable } from './session-table.ts';

/** Those whose ClientHello waits for an asynchronous step: a choice of config, a sealer. */
const MAX_PENDING = 1000;

/** What strangers need of their endpoint. */
export interface StrangersKeeper extends SessionKeeper {
  readonly stats: EndpointStats;
  readonly clock: () => number;
  createConnection(config: ServerConfig, session: EndpointSession): DatagramConnection;
  /** A stranger has become a session. */
  begin(session: EndpointSession): void;
}

export interface StrangersParts {
  readonly config: ServerConfig;
  readonly requireCookie: boolean;
  readonly keeper: StrangersKeeper;
  readonly sessions: SessionTable;
  readonly deadlines: Deadlines<EndpointSession>;
  /** Bytes of the pool. */
  readonly memory: number;
  /** Milliseconds that an asynchronous step may take. */
  readonly patience: number;
  readonly onRefused: ((error: TlsError, from: string) => void) | undefined;
}

export class Strangers {
  readonly #parts: StrangersParts;
  readonly #config: ServerConfig;
  readonly #pool: DatagramPool;
  readonly #pending = new Set<EndpointSession>();

  constructor(parts: StrangersParts) {
    this.#parts = parts;
    this.#config = withCookies(parts.config, parts.requireCookie);
    this.#pool = new DatagramPool({ maxBytes: parts.memory });
  }

  /** Whether a part of a ClientHello came from an address. */
  hasBegun(from: string): boolean {
    return this.#pool.has(from);
  }

  /** The first whole ClientHello of a datagram, or the pieces of one, each in a record of its own. */
  receive(datagram: Uint8Array, from: string): void {
    for (let at = 0; ; ) {
      const read = readDatagramRecord(datagram, at, 0);
      const hello = read && readHelloFragment(read.record);
      if (read === undefined || hello === undefined) return;
      if (this.#receiveHello(hello, from)) return;
      at = read.end;
    }
  }

  /** Whether that was all that a datagram can be good for. */
  #receiveHello(hello: HelloFragment, from: string): boolean {
    if (hello.isWhole) {
      this.#answer(hello, hello.content, from);
      return true;
    }
    const { refused } = this.#pool.stats;
    const content = this.#pool.push(from, hello.content);
    this.#parts.keeper.stats.discarded.fragment_refused += this.#pool.stats.refused - refused;
    if (content === undefined) return false;
    this.#answer({ ...hello, mark: helloMark(content) }, content, from);
    return true;
  }

  /** A connection for a whole ClientHello. It becomes a session when it brings a cookie, or none is required. */
  #answer(hello: HelloFragment, content: Uint8Array, from: string): void {
    const { keeper } = this.#parts;
    const config = this.#config;
    const why = hello.sequence > 0 || !config.requireCookie ? this.#whyNot(from) : undefined;
    if (why !== undefined) {
      this.#discard(why);
      return;
    }
    const session = new EndpointSession(keeper, from, config.provider.random);
    session.helloMark = hello.mark;
    session.received = content.length;
    session.connection = keeper.createConnection(config, session);
    if (!config.requireCookie) this.#acceptAtOnce(session);
    session.connection.start();
    session.connection.receive(helloDatagram(hello, content));
    if (session.isAccepted) keeper.collect(session);
    else if (session.connection.isSuspended) this.#await(session);
    else if (!session.isJudged) this.judge(session, new LimitExceeded('hello', 'nothing came of it'));
  }

  /** Without a cookie; what `onSession` throws leaves no session. */
  #acceptAtOnce(session: EndpointSession): void {
    let isDone = false;
    try {
      this.accept(session);
      isDone = true;
    } finally {
      if (!isDone) session.connection.abort();
    }
  }

  /** Why a ClientHello that would be a session's is not. */
  #whyNot(from: string): EndpointDiscardReason | undefined {
    const { sessions } = this.#parts;
    // What may be forged must not end somebody's handshake; with a cookie, it takes the place.
    const isTaken = !this.#config.requireCookie && sessions.at(from)?.connection.state === 'handshaking';
    return isTaken ? 'handshake_taken' : sessions.whyFull(from);
  }

  #await(session: EndpointSession): void {
    const { keeper, deadlines, patience } = this.#parts;
    if (this.#pending.size >= MAX_PENDING) {
      this.#discard('max_pending');
      this.forget(session);
      return;
    }
    this.#pending.add(session);
    session.giveUpAt = keeper.clock() + patience;
    deadlines.set(session, session.giveUpAt);
  }

  /** His cookie came back, or none is required. Throws when there is no place. */
  accept(session: EndpointSession): void {
    this.#pending.delete(session);
    const full = this.#parts.sessions.whyFull(session.address);
    if (full !== undefined) {
      this.#discard(full);
      throw new NoPlace(full, 'there is no place for another session');
    }
    this.#parts.keeper.begin(session);
  }

  /** He was answered, or failed. */
  judge(session: EndpointSession, error: TlsError | undefined): void {
    if (session.isJudged) return;
    session.isJudged = true;
    const { keeper, onRefused } = this.#parts;
    const output = session.connection.takeOutput();
    const bytes = output.reduce((sum, { length }) => sum + length, 0);
    const isAnswer = error === undefined || !isForgery(error);
    if (error !== undefined && !(error instanceof NoPlace)) {
      this.#discard('hello_refused');
      onRefused?.(error, session.address);
    }
    if (isAnswer && bytes > AMPLIFICATION * session.received) this.#discard('amplification');
    else if (isAnswer) keeper.send(session.address, output);
    if (error === undefined) keeper.stats.cookiesSent++;
    this.forget(session);
  }

  forget(session: EndpointSession): void {
    this.#pending.delete(session);
    this.#parts.deadlines.set(session, undefined);
    session.isJudged = true;
    session.connection.abort();
    session.connection.takeOutput();
  }

  forgetAll(): void {
    for (const session of [...this.#pending]) this.forget(session);
  }

  #discard(reason: EndpointDiscardReason): void {
    this.#parts.keeper.stats.discarded[reason]++;
  }
}

/** The endpoint has as many sessions as it may. */
class NoPlace extends LimitExceeded {}

/** What may be one, or a fault on the way. Who has nothing in common with us is told so, and who comes while we cannot serve him. */
function isForgery(error: TlsError): boolean {
  return [PeerMisbehaved, DecodeError, LimitExceeded, AlertReceived].some((kind) => error instanceof kind);
}

/** The config, and those that it selects, with cookies, or without. */
function withCookies(config: ServerConfig, requireCookie: boolean): ServerConfig {
  const cookieSealer = config.cookieSealer ?? createCookieKeys(config.provider, config.now);
  const cookies = { requireCookie, cookieSealer };
  const { selectConfig } = config;
  if (selectConfig === undefined) return { ...config, ...cookies };
  function* select(hello: Parameters<typeof selectConfig & object>[0]) {
    const selected = yield* settle(selectConfig?.(hello));
    return selected && { ...selected, ...cookies };
  }
  return { ...config, ...cookies, selectConfig: (hello) => run(select(hello)) };
}
