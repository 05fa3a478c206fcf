/**
 * What a command sees of the world besides files: output, input, environment, the clock, and somebody who answers, types and interrupts.
 */

import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { CommandFailure } from './failure.ts';
import { type KeyReader, readKeys } from './keys.ts';
import { type LineReader, readLines } from './lines.ts';
import { printable, printableLines } from './printable.ts';
import { createStyle, type Style, takesColour } from './style.ts';

export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  /** Standard output. */
  write(data: string | Uint8Array): void;
  /** A line on standard error. */
  complain(line: string): void;
  /** All of standard input. */
  readInput(): Promise<Uint8Array>;
  /** Standard input as it comes. Whoever opens it destroys it. */
  openInput(): Readable;
  /** Standard input line by line, as it comes. */
  readLines(): LineReader;
  /** Keys as they are pressed; only where `isInteractive`. */
  readKeys(): KeyReader;
  /** Calls back at the first SIGINT or SIGTERM; a second one ends the process. Returns what undoes it. */
  onStop(listener: (signal: StopSignal) => void): () => void;
  /** Asks without showing what is typed. Rejects with `CommandFailure` when nobody is there. */
  askSecret(question: string): Promise<string>;
  now(): Date;
  /** Of what is written. */
  readonly style: Style;
  /** Whether what is written goes to a terminal, which controls would steer. */
  readonly writesToTerminal: boolean;
  /** Whether somebody sees what is written, and can be shown what changes. */
  readonly isInteractive: boolean;
  /** How wide a line may be; 80 where that is not known. */
  readonly columns: number;
  /** A line that is drawn over itself, on standard error. Undefined where that is no terminal. */
  readonly statusLine: StatusLine | undefined;
}

export interface StatusLine {
  readonly columns: number;
  /** In place of what was drawn before; an empty text takes it away. */
  draw(text: string): void;
}

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** The terminal of this process. */
export function processTerminal(): Terminal {
  // `foxtls … | head` closes the pipe; that is no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const statusLine = openStatusLine();
  return {
    environment: process.env,
    write(data) {
      statusLine?.draw('');
      process.stdout.write(data);
    },
    complain(line) {
      statusLine?.draw('');
      process.stderr.write(`${printableLines(line)}\n`);
    },
    readInput: readStandardInput,
    openInput: () => process.stdin,
    readLines: () => readLines(process.stdin),
    readKeys: () => readKeys(process.stdin),
    onStop,
    askSecret,
    now: () => new Date(),
    style: createStyle(takesColour(process.env, process.stdout.isTTY === true)),
    writesToTerminal: process.stdout.isTTY === true,
    isInteractive: process.stdin.isTTY === true && process.stdout.isTTY === true,
    get columns() {
      return process.stdout.columns ?? 80;
    },
    statusLine,
  };
}

const ERASE_LINE = '\r\x1b[K';

function openStatusLine(): StatusLine | undefined {
  if (process.stderr.isTTY !== true || process.env['TERM'] === 'dumb') return undefined;
  let drawn = '';
  return {
    get columns() {
      return process.stderr.columns ?? 80;
    },
    draw(text) {
      if (text !== drawn) process.stderr.write(`${ERASE_LINE}${printable(text)}`);
      drawn = text;
    },
  };
}

function onStop(listener: (signal: StopSignal) => void): () => void {
  const undo = () => {
    for (const signal of STOP_SIGNALS) process.off(signal, stop);
  };
  const stop = (signal: NodeJS.Signals) => {
    undo();
    listener(signal as StopSignal);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  return undo;
}

const STOP_SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];

/** More than any bundle of certificates has. */
const MAX_INPUT = 64 * 1024 * 1024;

async function readStandardInput(): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of process.stdin) {
    parts.push(part as Uint8Array);
    size += (part as Uint8Array).length;
    if (size > MAX_INPUT) throw new CommandFailure(`standard input has more than ${MAX_INPUT} bytes`);
  }
  return new Uint8Array(Buffer.concat(parts));
}

const CONTROL_C = '\x03';
const CONTROL_D = '\x04';
const CONTROL_U = '\x15';
const BACKSPACES = ['\x7f', '\b'];

/** From the terminal itself, for standard input may be a file. */
async function askSecret(question: string): Promise<string> {
  const input = openTerminal();
  // Before the question: whoever answers at once must not see the answer.
  input.setRawMode(true);
  process.stderr.write(question);
  input.setEncoding('utf8');
  let secret = '';
  try {
    for await (const text of input) {
      for (const character of text as string) {
        if (character === CONTROL_C) throw new CommandFailure('stopped');
        if (character === '\r' || character === '\n' || character === CONTROL_D) return secret;
        if (character === CONTROL_U) secret = '';
        else if (BACKSPACES.includes(character)) secret = [...secret].slice(0, -1).join('');
        else secret += character;
      }
    }
    return secret;
  } finally {
    if (!input.destroyed) input.setRawMode(false);
    input.destroy();
    process.stderr.write('\n');
  }
}

function openTerminal(): ReadStream {
  let descriptor: number | undefined;
  try {
    descriptor = openSync('/dev/tty', 'r');
    return new ReadStream(descriptor);
  } catch {
    if (descriptor !== undefined) closeSync(descriptor);
    // Where there is no /dev/tty, as on Windows.
    if (process.stdin.isTTY) return process.stdin;
    throw new CommandFailure('a password is needed and there is nobody to ask: give --pass env:NAME or --pass file:PATH');
  }
}
