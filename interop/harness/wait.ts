/**
 * Waiting for what another program does, with an end to it.
 */

const POLL = 5;
const DEFAULT_TIMEOUT = 20_000;

/** Resolves when `condition` holds; rejects with `describe()` when it does not in time. Times in milliseconds. */
export async function waitUntil(
  condition: () => boolean,
  describe: () => string,
  timeout = DEFAULT_TIMEOUT,
  poll = POLL,
): Promise<void> {
  const deadline = performance.now() + timeout;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${timeout} ms: ${describe()}`);
    await pause(poll);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
