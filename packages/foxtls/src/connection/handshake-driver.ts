/**
 * Drives the handshakes of a connection, one at a time: lets a flow go on with a message, or with what a promise that it waits for came to.
 *
 * ```
 *   begin ─▶ advance(message) ─▶ wants a message       ─▶ nothing: the owner reads on
 *                             ├▶ waits for a promise   ─▶ isWaiting … advances, then afterResume
 *                             └▶ over                  ─▶ onDone
 *   drop, abort: the flow ends where it stands, by `.return()`, and a result that comes later is dropped
 * ```
 * A flow calls hooks of the configuration, which may call the connection and end it: a flow that runs is ended when it comes back.
 */

import { isThenable } from '../core/flow/flow.ts';
import type { Established } from '../protocol/handshake/established.ts';
import type { HandshakeFlow, ReceiveRequest } from '../protocol/handshake/receive.ts';
import type { RawMessage } from '../protocol/messages/messages.ts';

type Flow = HandshakeFlow<Established>;
type Step = IteratorResult<PromiseLike<unknown> | ReceiveRequest, Established>;

/** What a connection does about its handshakes. One value for all connections of a kind: each would be some closures larger otherwise. */
export interface HandshakeHooks<Owner> {
  /** The handshake is over; the driver has forgotten its flow. What it throws goes to who called `advance`. */
  onDone(owner: Owner, established: Established): void;
  /** Runs what a promise set off, there being no caller: what it throws ends the connection. Then delivers the events. */
  guarded(owner: Owner, work: () => void): void;
  /** The flow went on after it had waited, inside `guarded`: what arrived meanwhile can be read. */
  afterResume(owner: Owner): void;
}

export class HandshakeDriver<Owner> {
  readonly #owner: Owner;
  readonly #hooks: HandshakeHooks<Owner>;
  /** The handshake in progress; nothing between exchanges. */
  #flow: Flow | undefined;
  /** The flow is on the stack: a hook of the configuration that it calls may call us. */
  #running = false;
  #pending: PromiseLike<unknown> | undefined;
  #abortController: AbortController | undefined;

  constructor(owner: Owner, hooks: HandshakeHooks<Owner>) {
    this.#owner = owner;
    this.#hooks = hooks;
  }

  /** Whether a handshake is in progress. */
  get hasFlow(): boolean {
    return this.#flow !== undefined;
  }

  /** Whether the flow waits for a promise: nothing is read meanwhile. */
  get isWaiting(): boolean {
    return this.#pending !== undefined;
  }

  /** Whether what the peer sent may be read now: the flow, if there is one, neither waits nor runs. */
  get mayRead(): boolean {
    return this.#pending === undefined && !this.#running;
  }

  /** Aborted by `abort`. Of the handshake in progress; made when somebody asks. */
  get signal(): AbortSignal {
    this.#abortController ??= new AbortController();
    return this.#abortController.signal;
  }

  /** Takes a flow on, which does nothing before the first `advance`. */
  begin(flow: Flow): void {
    this.#flow = flow;
  }

  /** Lets the flow go on, with the message that it asked for, if it did. Nothing happens without a flow, and inside a flow. */
  advance(message?: RawMessage): void {
    this.#advance((flow) => flow.next(message));
  }

  /** Ends the handshake, if there is one; the connection goes on. */
  drop(): void {
    const flow = this.#forget();
    this.#abortController = undefined;
    if (!this.#running) flow?.return(undefined as never);
  }

  /** Ends the handshake, if there is one, with its connection: whoever works for it is told why. */
  abort(reason: unknown): void {
    const flow = this.#forget();
    this.#abortController?.abort(reason);
    if (!this.#running) flow?.return(undefined as never);
  }

  #forget(): Flow | undefined {
    const flow = this.#flow;
    this.#flow = undefined;
    this.#pending = undefined;
    return flow;
  }

  /** Lets the flow go on. It may find that it was ended when it comes back: then it is ended indeed. */
  #advance(continueFlow: (flow: Flow) => Step): void {
    const flow = this.#flow;
    if (flow === undefined || this.#running) return;
    this.#running = true;
    let step: Step;
    try {
      step = continueFlow(flow);
    } finally {
      this.#running = false;
    }
    if (this.#flow === undefined) {
      flow.return(undefined as never);
    } else if (step.done === true) {
      this.#flow = undefined;
      this.#abortController = undefined;
      this.#hooks.onDone(this.#owner, step.value);
    } else if (isThenable(step.value)) {
      this.#await(step.value);
    }
  }

  #await(promise: PromiseLike<unknown>): void {
    this.#pending = promise;
    const resume = (continueFlow: (flow: Flow) => Step) => {
      // A result that comes after the handshake was ended is dropped.
      if (this.#pending !== promise || this.#flow === undefined) return;
      this.#pending = undefined;
      this.#hooks.guarded(this.#owner, () => {
        this.#advance(continueFlow);
        this.#hooks.afterResume(this.#owner);
      });
    };
    promise.then(
      (value) => resume((flow) => flow.next(value)),
      (reason: unknown) => resume((flow) => flow.throw(reason)),
    );
  }
}
