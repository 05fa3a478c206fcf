/**
 * What a transport of datagrams is made with, and what comes out of it: the seam to the connection above.
 */

import type { RawMessage } from '../../protocol/messages/messages.ts';
import type { PathMessage } from '../../protocol/messages/return-routability-check.ts';
import type { FlightOptions } from './flight-machine.ts';

/** What comes out of records. */
export type IncomingDatagram =
  | { readonly kind: 'handshake'; readonly message: RawMessage }
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'heartbeat'; readonly content: Uint8Array }
  | { readonly kind: 'path'; readonly message: PathMessage }
  | { readonly kind: 'alert'; readonly level: number; readonly description: number };

export interface DatagramTransportOptions extends FlightOptions {
  /** The largest datagram to send, in bytes: what the path takes, less IP's and UDP's headers. */
  readonly mtu: number;
  /** Whether records of application data share datagrams with those that are written before they are taken. */
  readonly packsMessages: boolean;
  /** Records behind the newest that may still come (RFC 6347 §4.1.2.6). */
  readonly replayWindow: number;
  /** Bytes of a handshake message's body. */
  readonly maxHandshakeMessage: number;
  /** Bytes of datagrams that wait while an asynchronous step is pending. */
  readonly queuedInput: number;
}
