/**
 * The end of a TCP connection behind an alert (as RFC 9112 §9.6 has it for HTTP): the peer has to get to read it.
 *
 * Whoever closes a socket while the peer still sends answers it with RST, and TCP at the peer throws away what nobody read there yet: the
 * alert. So we say that we send no more, and go on reading, into nothing, until the peer ends the connection or has had time enough.
 */

import type { Socket } from 'node:net';

/** Milliseconds. */
const TIME_TO_READ = 1000;

/** Ends `transport` behind what was written, and destroys it when the peer ends it too, in a second at most. */
export function closeLingering(transport: Socket): void {
  // Who never sent anything is sending nothing now, either.
  if (transport.bytesRead === 0) {
    transport.destroySoon();
    return;
  }
  const timer = setTimeout(() => transport.destroy(), TIME_TO_READ);
  transport.once('end', () => transport.destroySoon());
  transport.once('close', () => clearTimeout(timer));
  transport.end();
  transport.resume();
}
