/**
 * Ports for programs that cannot say which one they took.
 */

import { type AddressInfo, createServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { pause } from './wait.ts';

/** A port of 127.0.0.1 that was free a moment ago. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** The port of the tutorials, to be had by one test at a time, whichever file it is in: given back when the running test is over. */
export async function takeTutorialPort(): Promise<string> {
  const lock = createServer();
  onTestFinished(() => void lock.close());
  for (;;) {
    const isTaken = await new Promise<boolean>((resolve) => {
      lock.once('error', () => resolve(false));
      lock.listen(TUTORIAL_LOCK, '127.0.0.1', () => resolve(true));
    });
    lock.removeAllListeners('error');
    if (isTaken) return '11111';
    await pause(LOCK_POLL);
  }
}

/** Who listens there has the other one. */
const TUTORIAL_LOCK = 11109;
const LOCK_POLL = 100;
