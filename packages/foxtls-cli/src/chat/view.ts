/** What a chat shows, and what is typed: a screen (screen/screen.ts), or lines, for pipes, scripts and terminals that are read by other programs. */

import type { LineReader } from '../command/lines.ts';
import type { Facts, Report } from '../command/report.ts';
import type { Terminal } from '../command/terminal.ts';
import { readText } from './words.ts';

export interface ChatView {
  readonly isScreen: boolean;
  /** `[who] text`. */
  say(who: string, text: string): void;
  /** A line of our own, which has just been sent. */
  echo(who: string, text: string): void;
  /** A line that nobody says. */
  note(line: string, facts: Facts): void;
  /**
   * The next line that was typed, cleaned; undefined when there is none any more, and when the signal comes first: the line is then for
   * whoever asks next. One call at a time.
   */
  next(signal?: AbortSignal): Promise<string | undefined>;
  /** When somebody ended it: by Ctrl-C on a screen, or by `close`. */
  readonly ended: Promise<void>;
  /** Keeps what is shown until a key is pressed, where it would be gone otherwise. */
  hold(): Promise<void>;
  /** Ends input and gives the terminal back. */
  close(): void;
}

/** Lines in, lines out. What is typed at a terminal is there already, and not repeated. */
export function lineView(terminal: Terminal, report: Report, lines: LineReader): ChatView {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const say = (who: string, text: string) => report.say(`[${who}] ${text}`, { event: 'line', who, text });
  return {
    isScreen: false,
    say,
    echo: (who, text) => {
      if (!terminal.isInteractive) say(who, text);
    },
    note: (line, facts) => report.say(line, facts),
    next: cancellable(async () => {
      const line = await lines.next();
      return line && readText(line);
    }),
    ended,
    hold: async () => {},
    close: () => {
      lines.close();
      end();
    },
  };
}

/** Nothing that was read is lost when nobody wants it any more: it is there at the next call. */
export function cancellable<T>(read: () => Promise<T>): (signal?: AbortSignal) => Promise<T | undefined> {
  let pending: Promise<T> | undefined;
  return async (signal) => {
    const reading = pending ?? read();
    pending = reading;
    const onAbort = new AbortController();
    const aborted = new Promise<'aborted'>((resolve) => {
      if (signal?.aborted) resolve('aborted');
      signal?.addEventListener('abort', () => resolve('aborted'), { signal: onAbort.signal });
    });
    try {
      const first = await Promise.race([reading.then((value) => ({ value })), aborted]);
      if (first === 'aborted') return undefined;
      pending = undefined;
      return first.value;
    } finally {
      onAbort.abort();
    }
  };
}
