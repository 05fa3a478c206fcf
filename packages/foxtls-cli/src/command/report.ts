/**
 * What a program that talks says: lines as its tutorial has them, or with `--json` an object for each event.
 */

import type { OptionTable } from './command.ts';
import { printable } from './printable.ts';
import type { Terminal } from './terminal.ts';

/** For programs that say what happens, event by event. */
export const JSON_OPTION = {
  json: { type: 'boolean', help: 'an object of JSON for each event' },
} as const satisfies OptionTable;

/** Facts of an event, for `--json`. */
export type Facts = { readonly event: string } & Readonly<Record<string, string | number | boolean | undefined>>;

export interface Report {
  /** A line of text, and what it says as facts. */
  say(line: string, facts: Facts): void;
  /** On standard error, with `--verbose` only. */
  explain(line: string): void;
  /** On standard error. */
  complain(line: string): void;
}

export function createReport(
  { json = false, verbose = false }: { readonly json?: boolean | undefined; readonly verbose?: boolean | undefined },
  terminal: Terminal,
): Report {
  return {
    say: (line, facts) => terminal.write(`${json ? JSON.stringify(facts) : line}\n`),
    explain: (line) => {
      if (verbose) terminal.complain(line);
    },
    complain: (line) => terminal.complain(line),
  };
}

/** A message as text for a line: without a line end of its own, and without what would steer a terminal. */
export function shownText(message: Uint8Array): string {
  return printable(
    Buffer.from(message.buffer, message.byteOffset, message.length)
      .toString()
      .replace(/\r?\n$/, ''),
  );
}
