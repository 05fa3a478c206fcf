/** How programs that run until they are told end. */

import { constants } from 'node:os';
import type { Report } from './report.ts';
import type { StopSignal, Terminal } from './terminal.ts';

/** Resolves at the first SIGINT or SIGTERM, having said so. */
export function stopped(terminal: Terminal, report: Report): Promise<void> {
  return new Promise((resolve) => {
    terminal.onStop((signal) => {
      sayStopped(signal, report);
      resolve();
    });
  });
}

/** Begins a new line: a terminal has just shown `^C`. */
export function sayStopped(signal: StopSignal, report: Report): void {
  const number = constants.signals[signal];
  report.say(`\n${signal} ${number} handled`, { event: 'signal', name: signal, number });
}

/** Runs what a signal may stop. What fails because of that is no failure: 0. */
export async function runUntilStopped(
  terminal: Terminal,
  say: (signal: StopSignal) => void,
  run: (stop: AbortSignal) => Promise<number | undefined>,
): Promise<number | undefined> {
  const stop = new AbortController();
  const undo = terminal.onStop((signal) => {
    say(signal);
    stop.abort();
  });
  try {
    return await run(stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return 0;
    throw error;
  } finally {
    undo();
  }
}
