/**
 * Heartbeats of one connection over datagrams: as in heartbeat.ts, and one of ours is sent again until it is answered. "HeartbeatRequest messages
 * MUST be retransmitted using the simple timeout and retransmission scheme DTLS uses for flights … In particular, after a number of retransmissions
 * without receiving a corresponding HeartbeatResponse message having the expected payload, the DTLS connection SHOULD be terminated." (RFC 6520 §3)
 */

import { ConnectionLost } from '../core/errors/errors.ts';
import type { CryptoProvider } from '../crypto/provider.ts';
import type { Limits } from '../protocol/handshake/config.ts';
import type { AgreedHeartbeat } from '../protocol/negotiate/heartbeat.ts';
import { RetransmissionTimer, type TimerOptions } from '../transport/dtls/retransmission-timer.ts';
import { type HeartbeatOutcome, Heartbeats } from './heartbeat.ts';

export interface HeartbeatSetting {
  readonly now: () => number;
  /** Milliseconds that only grow. */
  readonly clock: () => number;
  readonly limits: Pick<Limits, 'heartbeats'>;
  readonly provider: Pick<CryptoProvider, 'random'>;
  readonly timer: TimerOptions;
  readonly maxRetransmissions: number;
}

export class DatagramHeartbeats {
  readonly #setting: HeartbeatSetting;
  readonly #heartbeats: Heartbeats;
  readonly #timer: RetransmissionTimer;
  /** Ours that waits for its answer. */
  #request: Uint8Array | undefined;

  constructor(setting: HeartbeatSetting, agreed: AgreedHeartbeat) {
    this.#setting = setting;
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

  /** The message of a request, as `Heartbeats.request`. */
  request(payload: Uint8Array | undefined, room: number): Uint8Array {
    this.#request = this.#heartbeats.request(payload, room);
    this.#timer.start(this.#setting.clock());
    return this.#request;
  }

  /** As `Heartbeats.receive`. */
  receive(message: Uint8Array, room: number, isHandshaking: boolean): HeartbeatOutcome {
    const outcome = this.#heartbeats.receive(message, room, isHandshaking);
    if (outcome?.kind === 'answered') {
      // "If it does contain the expected payload, the retransmission timer MUST be stopped." (RFC 6520 §4)
      this.#request = undefined;
      this.#timer.answered(this.#setting.clock());
    }
    return outcome;
  }

  /** What is to be sent again by now. Throws `ConnectionLost` (`timed_out`) when it was sent often enough. */
  takeDue(): Uint8Array | undefined {
    if (!this.#timer.expire(this.#setting.clock())) return undefined;
    const { timeouts } = this.#timer;
    if (timeouts <= this.#setting.maxRetransmissions) return this.#request;
    throw new ConnectionLost('timed_out', `the peer did not answer a heartbeat that was sent ${timeouts} times`);
  }
}
