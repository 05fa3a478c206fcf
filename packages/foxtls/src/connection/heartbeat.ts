/**
 * Heartbeats of one connection (RFC 6520 §3, §4): answers to the peer's requests, one request of ours at a time, and a bound on floods.
 *
 * ```
 *   sendHeartbeat ─▶ request ─▶ peer          peer ─▶ request ─▶ answer: the same payload, other padding
 *   event 'heartbeat' ◀─ its payload ◀─ answer
 * ```
 */

import { equal } from '../core/bytes/bytes.ts';
import { ApiMisuse, LimitExceeded, PeerMisbehaved } from '../core/errors/errors.ts';
import type { RandomSource } from '../crypto/key-exchange.ts';
import { HEARTBEAT_OVERHEAD, readHeartbeat, writeHeartbeat } from '../protocol/messages/heartbeat.ts';
import type { AgreedHeartbeat } from '../protocol/negotiate/heartbeat.ts';

/** What a received message leads to. */
export type HeartbeatOutcome =
  /** To be sent back. */
  | { readonly kind: 'answer'; readonly message: Uint8Array }
  /** The answer to ours. */
  | { readonly kind: 'answered'; readonly payload: Uint8Array }
  | undefined;

/** Bytes of a payload that nobody asked for in particular: enough to know it again. */
const DEFAULT_PAYLOAD = 16;
/** Milliseconds: "… up to a period of multiple minutes and down to a period of one second." (RFC 6520 §5.2) */
const PERIOD = 1000;

export class Heartbeats {
  readonly #random: RandomSource;
  readonly #now: () => number;
  readonly #limit: number;
  #agreed: AgreedHeartbeat | undefined;
  #inFlight: Uint8Array | undefined;
  /** Messages that may come now; one more each second, up to the limit. */
  #allowance: number;
  #countedAt: number;

  /** `limit` is that of `LIMITS.heartbeats`. */
  constructor(random: RandomSource, now: () => number, limit: number) {
    this.#random = random;
    this.#now = now;
    this.#limit = limit;
    this.#allowance = limit;
    this.#countedAt = now();
  }

  /** By a handshake. "This decision can be changed with every renegotiation." (RFC 6520 §2) */
  agree(agreed: AgreedHeartbeat | undefined): void {
    this.#agreed = agreed;
    // What crossed the handshake was dropped by the peer; its answer, if there is one, was before.
    this.#inFlight = undefined;
  }

  /** The message of a request. `room` is the longest that a message may be. Throws `ApiMisuse`. */
  request(payload: Uint8Array | undefined, room: number): Uint8Array {
    if (this.#agreed === undefined) throw noHeartbeat();
    // "HeartbeatRequest messages MUST NOT be sent to a peer indicating peer_not_allowed_to_send." (RFC 6520 §2)
    if (this.#agreed.theirs !== 'peer_allowed_to_send') {
      throw new ApiMisuse('ERR_TLS_NO_HEARTBEAT', 'the peer does not want heartbeats');
    }
    // "There MUST NOT be more than one HeartbeatRequest message in flight at a time." (RFC 6520 §3)
    if (this.#inFlight !== undefined) throw inFlight();
    const ours = payload?.slice() ?? this.#random(DEFAULT_PAYLOAD);
    if (ours.length > room - HEARTBEAT_OVERHEAD) {
      const most = room - HEARTBEAT_OVERHEAD;
      throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `the payload of a heartbeat has ${ours.length} bytes: at most ${most} fit`);
    }
    this.#inFlight = ours;
    return writeHeartbeat({ type: 'heartbeat_request', payload: ours }, this.#random);
  }

  /** The message of a request that is as long as a message may be, by its padding. Throws as `request`. */
  probe(room: number): Uint8Array {
    const { length } = this.request(undefined, room);
    const payload = this.#inFlight as Uint8Array;
    return writeHeartbeat({ type: 'heartbeat_request', payload }, this.#random, Math.max(length, room));
  }

  /** The one in flight will not be answered. */
  giveUp(): void {
    this.#inFlight = undefined;
  }

  /** Throws `PeerMisbehaved` for a request that we did not allow, `LimitExceeded` for a flood. */
  receive(bytes: Uint8Array, room: number, isHandshaking: boolean): HeartbeatOutcome {
    if (this.#agreed === undefined) {
      throw new PeerMisbehaved('heartbeat_not_allowed', 'a heartbeat, of which the last handshake does not speak');
    }
    // "The receiving peer SHOULD discard the message silently, if it arrives during the handshake." (RFC 6520 §3)
    if (isHandshaking) {
      this.#count();
      return undefined;
    }
    const message = readHeartbeat(bytes);
    if (message?.type === 'heartbeat_response' && this.#isExpected(message.payload)) {
      this.#inFlight = undefined;
      return { kind: 'answered', payload: message.payload };
    }
    this.#count();
    // "If a received HeartbeatResponse message does not contain the expected payload, the message MUST be discarded silently." (RFC 6520 §4)
    if (message === undefined || message.type === 'heartbeat_response') return undefined;
    const { payload } = message;
    // "If an endpoint that has indicated peer_not_allowed_to_send receives a HeartbeatRequest message, the endpoint SHOULD drop the message
    // silently and MAY send an unexpected_message Alert message." (RFC 6520 §2)
    if (this.#agreed.ours !== 'peer_allowed_to_send') {
      throw new PeerMisbehaved('heartbeat_not_allowed', 'a heartbeat from a peer that was told not to send any');
    }
    // An answer is never cut, nor longer than the peer takes.
    if (payload.length > room - HEARTBEAT_OVERHEAD) return undefined;
    return { kind: 'answer', message: writeHeartbeat({ type: 'heartbeat_response', payload }, this.#random) };
  }

  #isExpected(payload: Uint8Array): boolean {
    return this.#inFlight !== undefined && equal(this.#inFlight, payload);
  }

  /** All but the answers that we asked for. A peer may have us answer, and not take the answers: what it sends is bounded by the clock. */
  #count(): void {
    const limit = this.#limit;
    const elapsed = Math.max(0, this.#now() - this.#countedAt);
    this.#allowance = Math.min(limit, this.#allowance + elapsed / PERIOD);
    this.#countedAt += elapsed;
    if (this.#allowance < 1) {
      throw new LimitExceeded('heartbeats', `more than ${limit} heartbeats at once, and one a second`, 'unexpected_message');
    }
    this.#allowance--;
  }
}

export function inFlight(): ApiMisuse {
  return new ApiMisuse('ERR_TLS_HEARTBEAT_IN_FLIGHT', 'the peer has not answered the heartbeat before');
}

export function noHeartbeat(): ApiMisuse {
  return new ApiMisuse('ERR_TLS_NO_HEARTBEAT', 'the peers did not agree on heartbeats: see the option heartbeat');
}
