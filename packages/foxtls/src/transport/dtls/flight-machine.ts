/**
 * Timeout and retransmission, and what is acknowledged when: the state machine (RFC 6347 §4.2.4, RFC 9147 §5.8, §7).
 *
 * ```
 *   flightSent ─▶ WAITING ─┬ timer, the peer's last flight again, an ACK of a part ─▶ what is missing again ─▶ WAITING
 *                          ├ the first of the peer's next flight ─▶ (1.3) ours is forgotten; ACK after a while, until all of it is there
 *                          └ an ACK of all ─▶ forgotten
 * ```
 * There is always a time at which the peer counts as gone while something is expected of it, whichever end has to send again.
 */

import { ConnectionLost } from '../../core/errors/errors.ts';
import { Acknowledgements, type RecordNumber } from './acknowledgements.ts';
import type { DatagramOutput } from './datagram-output.ts';
import { RetransmissionTimer, type TimerOptions } from './retransmission-timer.ts';

export interface FlightOptions {
  readonly role: 'client' | 'server';
  /** Milliseconds, of a clock that only grows. */
  readonly clock: () => number;
  readonly timer: TimerOptions;
  /** How often a flight is sent again before the peer counts as gone. */
  readonly maxRetransmissions: number;
  /** Whether messages after the handshake are acknowledged together, and later, as those of an incomplete flight are; and one ACK is sent at a time. */
  readonly delaysAcknowledgements: boolean;
}

/** Of the retransmission timer, the part that an incomplete flight is acknowledged after (RFC 9147 §7.1). */
const ACK_DELAY = 1 / 4;
/** What a path takes that loses what is larger: of IPv6 at least, of IPv4 at least, and of both with little sense (RFC 9147 §4.4). */
const SMALLER_MTUS = [1232, 548, 256];
/** Transmissions without news after which a flight is tried in smaller datagrams. */
const ATTEMPTS_PER_MTU = 2;

export class FlightMachine {
  readonly #options: FlightOptions;
  readonly #output: DatagramOutput;
  readonly #timer: RetransmissionTimer;
  readonly #acknowledgements = new Acknowledgements();
  /** When an incomplete flight of the peer's is acknowledged. */
  #acknowledgeAt: number | undefined;
  /** Whether there are ACKs: as long as the version is open, maybe. */
  #hasAcks: boolean | undefined;
  /** The last message of the handshake was sent, or received. */
  #isDone = false;
  /** Of the peer, something came since our flight ended: in DTLS 1.3 that is its acknowledgement. */
  #isAnswered = false;
  /** Times that the flight was sent again since the peer gave a sign of having more of it. */
  #attempts = 0;

  constructor(options: FlightOptions, output: DatagramOutput) {
    this.#options = options;
    this.#output = output;
    this.#timer = new RetransmissionTimer(options.timer);
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  get #now(): number {
    return this.#options.clock();
  }

  /** The version is chosen: is there ACK in it? */
  setVersion(hasAcks: boolean): void {
    this.#hasAcks = hasAcks;
    if (!hasAcks) this.#acknowledgeAt = undefined;
    else if (this.#isAnswered) {
      this.#forgetFlight();
      this.acknowledgeSoon();
    }
  }

  // ---- What we send ----

  /** All of a flight has left. */
  flightSent(): void {
    // Of DTLS 1.2: "Implementations SHOULD retain the current timer value until a transmission without loss occurs, at which time the value may be
    // reset to the initial value." (RFC 6347 §4.2.4.1)
    if (this.#hasAcks === false && this.#isAnswered) this.#timer.resetUnlessLost();
    this.#isAnswered = false;
    this.#acknowledgeAt = undefined;
    // A flight of ours answers all of the peer's.
    this.#acknowledgements.clear();
    this.#attempts = 0;
    if (!this.#isDone) this.#timer.start(this.#now);
  }

  /** DTLS 1.3: a message after the handshake has left. */
  messageSent(): void {
    this.#acknowledgements.forgetSent();
    if (this.#timer.deadline !== undefined) return;
    this.#attempts = 0;
    this.#timer.start(this.#now);
  }

  /** The handshake is over, as far as we are concerned. */
  handshakeDone(): void {
    this.#isDone = true;
    this.#acknowledgeAt = undefined;
    if (this.#hasAcks === true) {
      // What we sent last, the peer acknowledges; of a server that sent no ticket, the client's Finished was the acknowledgement.
      if (!this.#output.isPending) this.#timer.stop();
      return;
    }
    // Who was last to send keeps it, for a peer that sends its own last flight again.
    if (this.#isAnswered) this.#output.forget();
    this.#timer.stop();
  }

  // ---- What comes ----

  /** Something new of the peer's flight, or of what comes after the handshake. `mayBeAcknowledged`: if there are ACKs at all. */
  onMessages(number: RecordNumber, mayBeAcknowledged: boolean): void {
    if (!this.#isDone && !this.#isAnswered) this.#onAnswer();
    if (mayBeAcknowledged) this.#note(number);
  }

  #onAnswer(): void {
    this.#isAnswered = true;
    this.#acknowledgements.clear();
    // "… the receipt of any record responding to a given flight MUST be taken as an implicit acknowledgement for the entire flight to which it
    // is responding." (RFC 9147 §7.2) In DTLS 1.2 "Partial reads … do not cause state transitions or timer resets." (RFC 6347 §4.2.4)
    if (this.#hasAcks === true) this.#forgetFlight();
    else if (this.#timer.deadline === undefined) this.#timer.start(this.#now);
  }

  /** The peer has our flight; now it is for the rest of its own that we wait. */
  #forgetFlight(): void {
    if (this.#output.isPending) this.#timer.answered(this.#now);
    this.#output.forget();
    this.#timer.start(this.#now);
  }

  #note(number: RecordNumber): void {
    if (this.#hasAcks === false) return;
    this.#acknowledgements.add(number.epoch, number.sequence);
    // Ends of DTLS 1.2 close a connection for a content type that they don't know (OpenSSL does): nothing before the version is certain.
    if (this.#hasAcks === true && !this.#isDone) this.acknowledgeSoon();
  }

  /** The peer knows of ACKs. "… set a timer for 1/4 the current retransmit timer value when the first record in the flight is received" (RFC 9147 §7.1). */
  acknowledgeSoon(): void {
    if (this.#hasAcks === false) return;
    this.#acknowledgeAt ??= this.#now + ACK_DELAY * this.#timer.duration;
  }

  /**
   * The peer sends what we have. "The rationale here is that the receipt of a duplicate message is the likely result of timer expiry on the
   * peer and therefore suggests that part of one's previous flight was lost." (RFC 9147 §5.8.1) Once for each time that its flight comes: when
   * the end of its last message does.
   */
  onRepetition(number: RecordNumber, isEndOfFlight: boolean): void {
    const isHandshake = number.epoch < APPLICATION_EPOCH;
    if (this.#isDone) {
      // After the handshake, only what is under keys is worth an answer. To a server's flight, a client's is one.
      if (this.#hasAcks === true && !(isHandshake && this.#options.role === 'client')) this.#note(number);
      if (number.epoch === 0 || !isHandshake) return;
    } else if (this.#isAnswered) {
      // It does not know what we have of its flight.
      if (this.#hasAcks === true) this.acknowledgeSoon();
      return;
    }
    if (isEndOfFlight && !this.#output.hasProgress && !this.#hasJustSent) this.#sendAgain();
  }

  /** Sooner than this, no timer of the peer's has run out: a datagram was doubled on the way. */
  get #hasJustSent(): boolean {
    const { deadline, duration } = this.#timer;
    return deadline !== undefined && this.#now < deadline - duration + ACK_DELAY * duration;
  }

  /** The peer has those records. */
  onAcknowledgement(numbers: readonly RecordNumber[]): void {
    const isNews = this.#output.acknowledge(numbers);
    if (isNews) this.#attempts = 0;
    if (!this.#output.isPending) {
      if (isNews) this.#onAllAcknowledged();
    } else if (this.#isDone) {
      // Each of these messages is acknowledged by itself, as it comes: what was sent later is on its way.
      if (!isNews) return;
      this.#output.retransmitOlder();
      this.#timer.restart(this.#now);
    } else if (isNews || numbers.length === 0) {
      // "Upon receipt of an ACK that leaves it with only some messages from a flight having been acknowledged, an implementation SHOULD
      // retransmit the unacknowledged messages or fragments." (RFC 9147 §7.2)
      this.#sendAgain();
    }
  }

  #onAllAcknowledged(): void {
    this.#timer.answered(this.#now);
    // The peer has all of our flight, and the next one is its own.
    if (!this.#isDone) this.#timer.start(this.#now);
  }

  /** Because of something that the peer sent: it may be anybody, so this has an end. */
  #sendAgain(): void {
    if (!this.#isDone && this.#attempts >= this.#options.maxRetransmissions) return;
    if (this.#retransmit() && this.#timer.deadline !== undefined) this.#timer.restart(this.#now);
  }

  #retransmit(): boolean {
    if (!this.#output.isPending) return false;
    this.#attempts++;
    if (this.#attempts % ATTEMPTS_PER_MTU === 0) this.#reduceMtu();
    return this.#output.retransmit();
  }

  /**
   * "If repeated retransmissions do not result in a response, and the PMTU is unknown, subsequent retransmissions SHOULD back off to a smaller
   * record size, fragmenting the handshake message as appropriate." (RFC 9147 §4.4)
   */
  #reduceMtu(): void {
    const { packer } = this.#output;
    if (packer.knowsMtu) return;
    // A size that changes nothing about the flight is no attempt.
    const lost = Math.min(packer.mtu, packer.largest);
    packer.mtu = SMALLER_MTUS.find((mtu) => mtu < lost) ?? packer.mtu;
    packer.largest = 0;
  }

  /** Sends an ACK of all that is to be acknowledged; of nothing, too: that says that something is missing. */
  #acknowledge(): void {
    this.#acknowledgeAt = undefined;
    if (this.#options.delaysAcknowledgements) {
      this.#output.writeAcknowledgement(this.#acknowledgements.writeNewest(this.#output.contentLimit));
      if (this.#acknowledgements.hasNews) this.acknowledgeSoon();
      return;
    }
    for (const content of this.#acknowledgements.write(this.#output.contentLimit)) this.#output.writeAcknowledgement(content);
  }

  /** What is to be acknowledged is no part of a flight that we answer. */
  acknowledgeAll(): void {
    if (this.#hasAcks === true && this.#acknowledgements.hasNews) this.#acknowledge();
  }

  /** All that came was looked at. */
  onEndOfInput(): void {
    if (!this.#isDone || !this.#acknowledgements.hasNews) return;
    if (this.#options.delaysAcknowledgements) this.acknowledgeSoon();
    else this.acknowledgeAll();
  }

  // ---- Time ----

  /** Milliseconds that a flight waits for the first time, from now on; a wait that goes on is made as long, by as much as it was doubled. */
  setInitialTimeout(milliseconds: number): void {
    const before = this.#timer.duration;
    this.#timer.setInitial(milliseconds);
    if (this.#acknowledgeAt !== undefined) this.#acknowledgeAt += ACK_DELAY * (this.#timer.duration - before);
  }

  /** When `handleTimeout` has something to do, by the clock; undefined when nothing is waited for. */
  get deadline(): number | undefined {
    const { deadline } = this.#timer;
    if (this.#acknowledgeAt === undefined || deadline === undefined) return this.#acknowledgeAt ?? deadline;
    return Math.min(this.#acknowledgeAt, deadline);
  }

  /**
   * Sends again, or acknowledges, what is due. With `isBusy` it is our turn: nothing is held against the peer. Throws `ConnectionLost`
   * (`timed_out`) when the peer was silent for too long.
   */
  handleTimeout(isBusy: boolean): void {
    const now = this.#now;
    if (this.#acknowledgeAt !== undefined && now >= this.#acknowledgeAt) this.#acknowledge();
    if (isBusy && this.#timer.postpone(now)) return;
    if (!this.#timer.expire(now)) return;
    const { timeouts } = this.#timer;
    if (timeouts > this.#options.maxRetransmissions) {
      this.#giveUp(timeouts);
      return;
    }
    // "Note that timeout and retransmission do not apply to the HelloVerifyRequest" (RFC 6347 §3.2.1): nothing else leaves a server before
    // the version is chosen.
    if (this.#hasAcks === undefined && this.#options.role === 'server') return;
    if (this.#output.isPending) this.#retransmit();
    else if (this.#hasAcks === true && !this.#isDone) this.#acknowledge();
  }

  /** A peer that takes a ticket no more may be asleep, or elsewhere: that it is gone is for the application to say. What else was sent, both ends have to know of. */
  #giveUp(timeouts: number): void {
    if (this.#isDone) this.#output.forgetTickets();
    if (!this.#isDone || this.#output.isPending) throw silent(timeouts);
    this.#timer.stop();
  }

  stop(): void {
    this.#timer.stop();
    this.#acknowledgeAt = undefined;
  }
}

/** RFC 9147 §6.1: what comes under it, and under later ones, is no part of the handshake. In DTLS 1.2 nothing does. */
const APPLICATION_EPOCH = 3;

function silent(timeouts: number): ConnectionLost {
  return new ConnectionLost('timed_out', `the peer did not answer, although it was waited for ${timeouts} times`);
}
