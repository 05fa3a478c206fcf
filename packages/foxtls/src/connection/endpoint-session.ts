/**
 * One connection of an endpoint: where its datagrams go, and what may go there before the peer has shown that it is there
 * (RFC 9147 §5.1, RFC 6347 §4.2.1).
 *
 * ```
 *   stranger ──cookie──▶ accepted ──Finished──▶ connected ──▶ closed
 *      │ output, 3 × at most what came                            'closed' is the last event
 *      ▼
 *   forgotten
 * ```
 */

import { fromHex } from '../core/bytes/bytes.ts';
import type { TlsError } from '../core/errors/errors.ts';
import { ConnectionLost } from '../core/errors/errors.ts';
import type { TlsEvent } from './connection.ts';
import type { DtlsConnection } from './datagram-connection.ts';
import type { DatagramConnection, DatagramOwner } from './dtls-connection.ts';

/** What a session tells: the events of its connection, and those of its own. */
export type DtlsSessionEvent =
  | Exclude<TlsEvent, { type: 'output' }>
  /** The peer, known by its connection ID, has another address, as was shown. */
  | { readonly type: 'moved'; readonly address: string }
  /** It is over, whatever the reason: comes last, once. */
  | { readonly type: 'closed' };

/** A function, or what has one as its method: thousands of sessions do without a closure each. */
export type DtlsSessionListener =
  | ((event: DtlsSessionEvent) => void)
  | {
      onEvent(event: DtlsSessionEvent): void;
      /** Whether it wants `keylog` events, beside what the endpoint's option says; asked for each line. */
      readonly keyLog?: boolean | undefined;
    };

/** A connection of an endpoint. Its `takeOutput`, `receive` and timers are the endpoint's to call. */
export interface DtlsSession {
  readonly connection: Omit<DtlsConnection, 'start' | 'receive' | 'takeOutput' | 'nextTimeout' | 'handleTimeout'>;
  /** Where its datagrams go. It may change when connection IDs are used. */
  readonly address: string;
  /**
   * The session as bytes, for an endpoint's `continue` or `findSleeping`, in this process or in another; it is over here, without a word to the peer.
   * Throws `ApiMisuse` as `DtlsConnection.exportState`.
   */
  sleep(): SleepingSession;
}

/** A session between two datagrams: what a device that sleeps for hours costs. */
export interface SleepingSession {
  /** As secret as keys. To go on from it twice is to use numbers twice under the same keys: forget it when it goes on. */
  readonly state: Uint8Array;
  readonly address: string;
  /** What the peer's records bear, if connection IDs are spoken. */
  readonly connectionId: Uint8Array | undefined;
}

/** The endpoint, as its sessions see it. */
export interface SessionKeeper {
  /** A stranger's cookie came back. Throws when there is no place. */
  accept(session: EndpointSession): void;
  /** There is output. */
  hasOutput(session: EndpointSession): void;
  /** There may be output, and another deadline. */
  collect(session: EndpointSession): void;
  /** A stranger was answered, or failed. */
  judge(session: EndpointSession, error: TlsError | undefined): void;
  connected(session: EndpointSession): void;
  pathAnswered(session: EndpointSession, cookie: Uint8Array): void;
  send(to: string, datagrams: readonly Uint8Array[]): void;
  closed(session: EndpointSession): void;
  /** Whether its `keylog` events are told. */
  wantsKeyLog(session: EndpointSession): boolean;
  newConnectionId(session: EndpointSession): Uint8Array;
}

/** Bytes that may go to an address that was not proven, for each that came from there: as QUIC has it, and RFC 9147 §5.1 asks for. */
export const AMPLIFICATION = 3;

/** A check of a new address that is going on. */
export interface PathCheck {
  readonly address: string;
  /** Those that were sent, each of which may be answered. */
  readonly cookies: readonly Uint8Array[];
  readonly expiresAt: number;
}

/** Most sessions have nothing of what others have several of. */
const NONE: readonly never[] = [];

export class EndpointSession implements DtlsSession, DatagramOwner {
  readonly #keeper: SessionKeeper;
  connection!: DatagramConnection;
  address: string;
  isAccepted = false;
  /** A stranger that was answered, or will not be. */
  isJudged = false;
  /** Whether the peer was heard to be at its address. */
  isProven = false;
  /** The mark of its ClientHello (see first-hello.ts). */
  helloMark: number | undefined;
  /** Of the config's provider. */
  readonly drawRandom: (length: number) => Uint8Array;
  /** What the peer may put on its records, in hexadecimal, the newest last. */
  ids: readonly string[] = NONE;
  /** When the handshake, or the wait for the peer's close_notify, has lasted too long. */
  giveUpAt: number | undefined;
  /** Bytes that came, before the address was proven. */
  received = 0;
  #sent = 0;
  #held: readonly Uint8Array[] = NONE;
  #listener: DtlsSessionListener = throwErrors;
  #asleep: { readonly events: TlsEvent[]; isClosed: boolean } | undefined;

  /** Of the datagram that is looked at. */
  heardFrom: string;
  path: PathCheck | undefined;

  constructor(keeper: SessionKeeper, address: string, drawRandom: (length: number) => Uint8Array) {
    this.#keeper = keeper;
    this.address = address;
    this.heardFrom = address;
    this.drawRandom = drawRandom;
  }

  /** The peer is at another address. */
  moved(to: string): void {
    this.address = to;
    this.#tell({ type: 'moved', address: to });
  }

  listen(listener: DtlsSessionListener): void {
    this.#listener = listener;
  }

  sleep(): SleepingSession {
    const { address } = this;
    const id = this.ids.at(-1);
    const state = this.connection.exportState();
    return { state, address, connectionId: id === undefined ? undefined : fromHex(id) };
  }

  /** Nobody is told of anything before `wake`: what comes may be of somebody else. */
  listenInSleep(): void {
    this.#asleep = { events: [], isClosed: false };
  }

  /** The peer was heard: tells what came. */
  wake(): void {
    const { events, isClosed } = this.#asleep ?? { events: [], isClosed: false };
    this.#asleep = undefined;
    for (const event of events) this.onEvent(event);
    if (isClosed) this.closed();
  }

  onEvent(event: TlsEvent): void {
    if (this.#asleep !== undefined) {
      this.#asleep.events.push(event);
      return;
    }
    if (!this.isAccepted) {
      this.#onStrangersEvent(event);
      return;
    }
    if (event.type === 'output') {
      this.#keeper.hasOutput(this);
      return;
    }
    if (event.type === 'connected') this.#keeper.connected(this);
    this.#tell(event);
  }

  #tell(event: DtlsSessionEvent): void {
    const listener = this.#listener;
    if (typeof listener === 'function') listener(event);
    else listener.onEvent(event);
  }

  #onStrangersEvent(event: TlsEvent): void {
    // An alert is output, too: whether it is sent, its error says, which comes next.
    if (event.type === 'output' && this.connection.state !== 'closed') this.#keeper.judge(this, undefined);
    else if (event.type === 'error') this.#keeper.judge(this, event.error);
  }

  get keyLog(): boolean {
    return (typeof this.#listener === 'object' && this.#listener.keyLog === true) || this.#keeper.wantsKeyLog(this);
  }

  newConnectionId(): Uint8Array {
    return this.#keeper.newConnectionId(this);
  }

  addressProven(): void {
    this.isProven = true;
    if (!this.isAccepted) this.#keeper.accept(this);
  }

  pathChallenged(answer: Uint8Array): void {
    this.#keeper.send(this.heardFrom, [answer]);
  }

  pathAnswered(cookie: Uint8Array): void {
    this.#keeper.pathAnswered(this, cookie);
  }

  rescheduled(): void {
    this.#keeper.collect(this);
  }

  closed(): void {
    this.#held = NONE;
    if (this.#asleep !== undefined) this.#asleep.isClosed = true;
    if (this.#asleep !== undefined || !this.isAccepted) return;
    this.#keeper.closed(this);
    this.#tell({ type: 'closed' });
  }

  /** Ends it without a word to the peer, who has begun anew. */
  replace(): void {
    const error = new ConnectionLost('aborted', 'the client has begun another connection from the same address');
    this.#tell({ type: 'error', error });
    this.connection.abort();
  }

  /**
   * What may be sent now. Beyond what an unproven address may get, datagrams wait for more of the peer's, and what is made meanwhile is dropped: it
   * is the same flight again.
   */
  takeOutput(): readonly Uint8Array[] {
    const made = this.connection.takeOutput();
    const held = this.#held;
    if (this.isProven) {
      this.#held = NONE;
      return held.length === 0 ? made : [...held, ...made];
    }
    const waiting = held.length === 0 ? made : held;
    const allowed = AMPLIFICATION * this.received;
    let count = 0;
    for (const { length } of waiting) {
      if (this.#sent + length > allowed) break;
      this.#sent += length;
      count++;
    }
    this.#held = waiting.slice(count);
    return waiting.slice(0, count);
  }
}

/** Nobody listens yet: what the endpoint's `onSession` threw goes to who called the endpoint. */
function throwErrors(event: DtlsSessionEvent): void {
  if (event.type === 'error') throw event.error.cause ?? event.error;
}
