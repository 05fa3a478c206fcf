/**
 * What the flow of a handshake sees of its connection.
 *
 * A class, for an object literal with a getter has a hidden class of its own in V8: the engine's young generation would keep it, and with it all of a
 * connection that is long over, until the next full collection.
 */

import { toHex } from '../core/bytes/bytes.ts';
import type { HandshakeContext, HandshakeTransport, KeyLogLabel } from '../protocol/handshake/transport.ts';
import type { EventQueue } from './event-queue.ts';

export interface ContextParts {
  readonly transport: HandshakeTransport;
  /** Has the signal, which is made when somebody asks. */
  readonly driver: { readonly signal: AbortSignal };
  readonly events: EventQueue;
  readonly peerAddress?: Uint8Array | undefined;
  readonly connectionId?: Uint8Array | undefined;
  /** `keyLog` is asked for each line. */
  readonly owner: { readonly keyLog?: boolean | undefined; addressProven?(): void };
}

export class ConnectionContext implements HandshakeContext {
  readonly #parts: ContextParts;
  readonly transport: HandshakeTransport;
  readonly peerAddress: Uint8Array | undefined;
  readonly connectionId: Uint8Array | undefined;

  constructor(parts: ContextParts) {
    this.#parts = parts;
    this.transport = parts.transport;
    this.peerAddress = parts.peerAddress;
    this.connectionId = parts.connectionId;
  }

  addressProven(): void {
    this.#parts.owner.addressProven?.();
  }

  get signal(): AbortSignal {
    return this.#parts.driver.signal;
  }

  logSecret(label: KeyLogLabel, clientRandom: Uint8Array, secret: Uint8Array): void {
    const { owner, events } = this.#parts;
    if (owner.keyLog !== true) return;
    events.push({ type: 'keylog', line: `${label} ${toHex(clientRandom)} ${toHex(secret)}` });
  }
}
