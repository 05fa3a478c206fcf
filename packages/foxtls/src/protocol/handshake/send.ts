/**
 * How a flow sends: what goes out enters the transcript, too.
 */

import type { Transcript } from '../keys/transcript.ts';
import type { HandshakeContext } from './transport.ts';

/** What a flow has at every step: where messages go, and where they are remembered. */
interface Sender {
  readonly context: HandshakeContext;
  readonly transcript: Transcript;
}

/** Sends a handshake message, header included, and adds it to the transcript. */
export function sendMessage({ context, transcript }: Sender, message: Uint8Array): void {
  transcript.add(message, context.transport.send(message));
}
