/**
 * Heartbeats of one connection over datagrams: as in heartbeat.ts, and one of ours is sent again until it is answered. "HeartbeatRequest messages
 * MUST be retransmitted using the simple timeout and retransmission scheme DTLS uses for flights … In particular, after a number of retransmissions
 * without receiving a corresponding HeartbeatResponse message having the expected payload, the DTLS connection SHOULD be terminated." (RFC 6520 §3)
 *
 * Those by which we look for the path's MTU end nothing: "HeartbeatRequest messages containing padding can be used as probe packets" (RFC 6520 §1.1).
 */

import { ConnectionLost } from '../core/errors/errors.ts';
import type { CryptoProvider } from '../crypto/provider.ts';
import type { Limits } from '../protocol/handshake/config.ts';
import type { AgreedHeartbeat } from '../protocol/negotiate/heartbeat.ts';
import { RetransmissionTimer, type TimerOptions } from '../transport/dtls/retransmission-timer.ts';
import { type HeartbeatOutcome, Heartbeats, inFlight } from './heartbeat.ts';
import { MtuSearch } from './mtu-search.ts';

export interface HeartbeatSetting {
  readonly now: () => number;
  /** Milliseconds that only grow. */
  readonly clock: () => number;
  readonly limits: Pick<Limits, 'heartbeats'>;
  readonly provider: Pick<CryptoProvider, 'random'>;
  readonly timer: TimerOptions;
  readonly maxRetransmissions: number;
}

/** Where heartbeats leave. */
export interface HeartbeatCarrier {
  readonly mtu: number;
  setMtu(mtu: number): void;
  /** The longest message that fits into a datagram of that size. */
  roomIn(size?: number): number;
  sendHeartbeat(message: Uint8Array): void;
}

/** How often a probe is sent: what is lost three times is too large. */
const PROBES = 3;

export class DatagramHeartbeats {
  readonly #setting: HeartbeatSetting;
  readonly #carrier: HeartbeatCarrier;
  readonly #heartbeats: Heartbeats;
  readonly #timer: RetransmissionTimer;
  /** Ours that waits for its answer. */
  #request: Uint8Array | undefined;
  #search: { readonly sizes: MtuSearch; readonly onFound: () => void } | undefined;

  constructor(setting: HeartbeatSetting, agreed: AgreedHeartbeat, carrier: HeartbeatCarrier) {
    this.#setting = setting;
    this.#carrier = carrier;
    this.#heartbeats = new Heartbeats(setting.provider.random, setting.now, setting.limits.heartbeats);
    this.#heartbeats.agree(agreed);
    this.#timer = new RetransmissionTimer(setting.timer);
  }

  /** When ours is to be sent again, by the clock; undefined when none waits for its answer. */
  get deadline(): number | undefined {
    return this.#timer.deadline;
  }

  setInitialTimeout(milliseconds: number): void {
    this.#timer.setInitial(milliseconds);
  }

  /** Sends a request. Throws as `Heartbeats.request`. */
  send(payload: Uint8Array | undefined): void {
    this.#begin(this.#heartbeats.request(payload, this.#carrier.roomIn()));
  }

  /**
   * Looks for the largest datagram that the path takes, from the MTU up to `largest`; what has arrived is the MTU. `onFound` is told when it is over. Throws as
   * `Heartbeats.request`.
   */
  probe(largest: number, onFound: () => void): void {
    if (this.#request !== undefined) throw inFlight();
    const { mtu } = this.#carrier;
    // Where the peer takes no larger records, there are no larger datagrams.
    const gains = this.#carrier.roomIn(largest) > this.#carrier.roomIn();
    const sizes = new MtuSearch(mtu, gains ? largest : mtu);
    this.#probeNext({ sizes, onFound });
  }

  #probeNext(search: { readonly sizes: MtuSearch; readonly onFound: () => void }): void {
    const { size } = search.sizes;
    if (size === undefined) {
      this.#search = undefined;
      search.onFound();
      return;
    }
    const request = this.#heartbeats.probe(this.#carrier.roomIn(size));
    this.#search = search;
    this.#begin(request);
  }

  #begin(request: Uint8Array): void {
    this.#request = request;
    this.#timer.start(this.#setting.clock());
    this.#carrier.sendHeartbeat(request);
  }

  /** As `Heartbeats.receive`; the answer to a request that it returns is to be sent. Nothing for the answer to a probe. */
  receive(message: Uint8Array, isHandshaking: boolean): HeartbeatOutcome {
    const outcome = this.#heartbeats.receive(message, this.#carrier.roomIn(), isHandshaking);
    if (outcome?.kind !== 'answered') return outcome;
    // "If it does contain the expected payload, the retransmission timer MUST be stopped." (RFC 6520 §4)
    this.#request = undefined;
    this.#timer.answered(this.#setting.clock());
    const search = this.#search;
    if (search === undefined) return outcome;
    this.#carrier.setMtu(search.sizes.size as number);
    search.sizes.arrived();
    this.#probeNext(search);
    return undefined;
  }

  /** Sends again what is due. Throws `ConnectionLost` (`timed_out`) when it was sent often enough. */
  handleTimeout(): void {
    if (!this.#timer.expire(this.#setting.clock())) return;
    const { timeouts } = this.#timer;
    const search = this.#search;
    if (search !== undefined && timeouts >= PROBES) {
      this.#heartbeats.giveUp();
      this.#request = undefined;
      this.#timer.stop();
      search.sizes.lost();
      this.#probeNext(search);
    } else if (timeouts <= this.#setting.maxRetransmissions) {
      if (this.#request !== undefined) this.#carrier.sendHeartbeat(this.#request);
    } else {
      throw new ConnectionLost('timed_out', `the peer did not answer a heartbeat that was sent ${timeouts} times`);
    }
  }
}
