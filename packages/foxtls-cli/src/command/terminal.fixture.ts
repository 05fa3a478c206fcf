/** A terminal for tests: remembers what was written, and has nobody in front of it unless answers are given. */

import { Readable } from 'node:stream';
import { CommandFailure } from './failure.ts';
import { readLines } from './lines.ts';
import { createStyle } from './style.ts';
import type { Terminal } from './terminal.ts';

export interface FakeTerminal extends Terminal {
  readonly output: () => string;
  readonly complaints: string[];
  /** Questions that were asked. */
  readonly questions: string[];
}

export function fakeTerminal({
  input = '',
  environment = {},
  answers = [],
  now = new Date('2026-11-21T12:00:00Z'),
}: {
  readonly input?: string | Uint8Array;
  readonly environment?: NodeJS.ProcessEnv;
  readonly answers?: readonly string[];
  readonly now?: Date;
} = {}): FakeTerminal {
  const written: Uint8Array[] = [];
  const complaints: string[] = [];
  const questions: string[] = [];
  const left = [...answers];
  return {
    environment,
    write: (data) => void written.push(Buffer.from(data)),
    complain: (line) => void complaints.push(line),
    readInput: async () => new Uint8Array(Buffer.from(input)),
    openInput: () => Readable.from([Buffer.from(input)]),
    readLines: () => readLines(Readable.from([Buffer.from(input)])),
    readKeys: () => {
      const keys = [...String(input)];
      return { next: async () => keys.shift(), close: () => keys.splice(0) };
    },
    onStop: () => () => {},
    askSecret: async (question) => {
      questions.push(question);
      const answer = left.shift();
      if (answer === undefined) throw new CommandFailure('nobody is there');
      return answer;
    },
    now: () => now,
    style: createStyle(false),
    writesToTerminal: false,
    isInteractive: false,
    columns: 80,
    statusLine: undefined,
    output: () => Buffer.concat(written).toString(),
    complaints,
    questions,
  };
}
