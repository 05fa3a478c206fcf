/** Connections that a signal may stop: at once while they are made, and with a farewell afterwards, which is for the program to say. */

import type { Socket } from 'node:net';
import type { Target } from './addresses.ts';
import { connectTcp } from './tcp.ts';

/** As `connectTcp`; the signal cuts the connection until `secured` is called, and no longer. */
export async function connectStoppable(
  target: Target,
  seconds: number,
  stop: AbortSignal,
): Promise<{ readonly transport: Socket; readonly secured: () => void }> {
  const cut = new AbortController();
  const abort = () => cut.abort();
  if (stop.aborted) abort();
  stop.addEventListener('abort', abort, { once: true });
  const transport = await connectTcp(target, { seconds, signal: cut.signal });
  return { transport, secured: () => stop.removeEventListener('abort', abort) };
}
