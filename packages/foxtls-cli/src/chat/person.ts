/** Who sits at this end: a name, given or asked for, and a screen or lines. */

import { createInterface } from 'node:readline/promises';
import { CommandFailure } from '../command/failure.ts';
import type { LineReader } from '../command/lines.ts';
import type { Report } from '../command/report.ts';
import { sayStopped } from '../command/stopping.ts';
import { takesColour } from '../command/style.ts';
import type { Terminal } from '../command/terminal.ts';
import { type ChatView, lineView } from './view.ts';
import { NameRefused, readName } from './words.ts';

export const VIEW_OPTIONS = {
  plain: { type: 'boolean', help: 'lines in place of a screen, as there are where no terminal is' },
  json: { type: 'boolean', help: 'lines, and an object of JSON for each event' },
} as const;

export interface ViewOptions {
  readonly plain?: boolean | undefined;
  readonly json?: boolean | undefined;
}

export interface Person {
  readonly name: string;
  /** Whether to ask for another name, should this one be refused. */
  readonly canBeAsked: boolean;
  /** Where lines come from when there is no screen. */
  readonly lines: LineReader | undefined;
}

export function hasScreen({ plain, json }: ViewOptions, terminal: Terminal): boolean {
  return terminal.isInteractive && !plain && !json;
}

/** The name that is given or asked for; undefined when nobody answers. Throws `CommandFailure` for one that cannot be. */
export async function nameFrom(
  options: ViewOptions & { readonly name?: string | undefined },
  report: Report,
  terminal: Terminal,
): Promise<Person | undefined> {
  const lines = hasScreen(options, terminal) ? undefined : terminal.readLines();
  const { isInteractive: canBeAsked } = terminal;
  const given = options.name;
  if (given === undefined) {
    const name = await askName(report, terminal, { lines });
    return name === undefined ? undefined : { name, canBeAsked, lines };
  }
  try {
    return { name: readName(given), canBeAsked, lines };
  } catch (error) {
    lines?.close();
    if (error instanceof NameRefused) throw new CommandFailure(error.message);
    throw error;
  }
}

/** Asks until it is a name; without anybody there, the first line of input is it. Undefined when there is none. */
export async function askName(report: Report, terminal: Terminal, { lines }: Pick<Person, 'lines'>): Promise<string | undefined> {
  for (;;) {
    const answer = await ask('Set your username: ', terminal, lines);
    if (answer === undefined) return undefined;
    try {
      return readName(answer);
    } catch (error) {
      if (!(error instanceof NameRefused)) throw error;
      if (!terminal.isInteractive) {
        lines?.close();
        throw new CommandFailure(error.message);
      }
      report.complain(error.message);
    }
  }
}

async function ask(question: string, terminal: Terminal, lines: LineReader | undefined): Promise<string | undefined> {
  if (lines !== undefined) {
    if (terminal.isInteractive) terminal.write(question);
    const line = await lines.next();
    return line && Buffer.from(line).toString();
  }
  // It leaves standard input as it was, for the screen. The terminal itself edits the line, and makes a signal of Ctrl-C.
  const reader = createInterface({ input: process.stdin, output: process.stdout, terminal: false });
  try {
    return await new Promise<string | undefined>((resolve) => {
      reader.once('close', () => resolve(undefined));
      void reader.question(question).then(resolve);
    });
  } finally {
    reader.close();
  }
}

/** A screen where there is a terminal. */
export async function openView(
  title: string,
  options: ViewOptions,
  { lines }: Pick<Person, 'lines'>,
  report: Report,
  terminal: Terminal,
): Promise<ChatView> {
  if (lines !== undefined || !hasScreen(options, terminal)) return lineView(terminal, report, lines ?? terminal.readLines());
  // React and all that it needs: only for those who see it (docs/decisions/0031-screens-by-ink.md).
  // Where this is set, ink takes itself for a part of continuous integration, and draws nothing; but somebody sits at this terminal.
  process.env['CI'] = 'false';
  const { openScreen } = await import('./screen/screen.ts');
  return openScreen({ title, isColoured: takesColour(terminal.environment, true) });
}

/**
 * One end of a conversation of two: the name is asked for, `speak` connects, opens the view and talks. A signal closes what is shown, and with that the
 * conversation. Resolves with the exit code.
 */
export async function speakAs(
  title: string,
  options: ViewOptions & { readonly name?: string | undefined },
  report: Report,
  terminal: Terminal,
  speak: (name: string, open: () => Promise<ChatView>) => Promise<void>,
): Promise<number> {
  const person = await nameFrom(options, report, terminal);
  if (person === undefined) return 0;
  let view: ChatView | undefined;
  const undo = terminal.onStop((signal) => {
    if (!view?.isScreen) sayStopped(signal, report);
    view?.close();
    person.lines?.close();
  });
  try {
    await speak(person.name, async () => {
      view = await openView(title, options, person, report, terminal);
      return view;
    });
    return 0;
  } finally {
    undo();
    view?.close();
    person.lines?.close();
  }
}
