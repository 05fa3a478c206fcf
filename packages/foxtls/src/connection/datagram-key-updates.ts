/**
 * Key updates of our own in DTLS 1.3: one at a time, and new keys when the peer has acknowledged it (RFC 9147 §8).
 *
 * ```
 *   none ──send──▶ sent ──ACK──▶ new keys, none          wanted: earlier messages wait for their ACKs under the keys that we have
 *     └───────────▶ wanted ──nothing waits──▶ sent       sent_and_wanted: another one after the ACK
 * ```
 */

import { KeyUpdate, writeMessage } from '../protocol/messages/messages.ts';

/** Where they leave: the transport. */
export interface KeyUpdateCarrier {
  /** Whether something waits to be acknowledged that would be sent again under earlier keys. */
  readonly mustKeepKeys: boolean;
  sendAlone(message: Uint8Array, onAcknowledged: () => void): void;
  updateWriteKeys(): void;
}

export class DatagramKeyUpdates {
  readonly #carrier: KeyUpdateCarrier;
  /** Ours that waits for its ACK, and whether another one is wanted after it, or one is when earlier messages are acknowledged. */
  #state: 'none' | 'wanted' | 'sent' | 'sent_and_wanted' = 'none';
  #wantsPeerUpdate = false;

  constructor(carrier: KeyUpdateCarrier) {
    this.#carrier = carrier;
  }

  /** "… implementations MUST NOT send records with the new keys or send a new KeyUpdate until the previous KeyUpdate has been acknowledged" (RFC 9147 §8). */
  send(requestPeer: boolean): void {
    if (this.#state !== 'none' || this.#carrier.mustKeepKeys) {
      // The keys that are asked for are on their way: only the peer's may not be.
      if (this.#state === 'sent' && !requestPeer) return;
      this.#state = this.#state === 'none' || this.#state === 'wanted' ? 'wanted' : 'sent_and_wanted';
      this.#wantsPeerUpdate ||= requestPeer;
      return;
    }
    this.#state = 'sent';
    this.#carrier.sendAlone(writeMessage(KeyUpdate, { requestUpdate: requestPeer }), () => this.#onAcknowledged());
  }

  /** Sends one, unless one is on its way or will be: for whom any is good enough. */
  sendIfNone(): void {
    if (this.#state === 'none') this.send(false);
  }

  /** Sends what is wanted, if nothing is in its way any more. */
  sendWanted(): void {
    if (this.#state === 'wanted' && !this.#carrier.mustKeepKeys) this.#sendWanted();
  }

  #onAcknowledged(): void {
    this.#carrier.updateWriteKeys();
    const wantsAnother = this.#state === 'sent_and_wanted';
    this.#state = 'none';
    if (wantsAnother) this.#sendWanted();
  }

  #sendWanted(): void {
    const requestPeer = this.#wantsPeerUpdate;
    this.#state = 'none';
    this.#wantsPeerUpdate = false;
    this.send(requestPeer);
  }
}
