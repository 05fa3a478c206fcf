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
