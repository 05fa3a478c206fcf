/**
 * Lines out, replies in: what the clients of datagrams do with standard input and output.
 *
 * A line goes out as one datagram, with its LF, and the next one waits until something has come back, or for so long. Whatever comes is
 * printed at once, each message with a line end.
 */

import type { OptionTable, OptionValues } from '../command/command.ts';
import type { LineReader } from '../command/lines.ts';
import { parseSeconds } from '../command/numbers.ts';
import { JSON_OPTION, shownText } from '../command/report.ts';
import type { Terminal } from '../command/terminal.ts';

const DEFAULT_SECONDS = 5;

export const TALK_OPTIONS = {
  timeout: { type: 'string', value: 'SECONDS', help: `how long to wait for each reply (${DEFAULT_SECONDS})` },
  ...JSON_OPTION,
} as const satisfies OptionTable;

/** How long to wait for each reply. */
export function patienceOf({ timeout }: OptionValues<typeof TALK_OPTIONS>): number {
  return parseSeconds(timeout, '--timeout', DEFAULT_SECONDS);
}

export interface ConversationOptions {
  readonly lines: LineReader;
  readonly json: boolean | undefined;
  readonly terminal: Terminal;
  readonly seconds: number;
}

const LF = 0x0a;

export class Conversation {
  readonly #options: ConversationOptions;
  #heard = 0;
  #isOver = false;
  #isWaiting = false;
  #failure: Error | undefined;
  #wake = () => {};

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  /** A message came. */
  hear(message: Uint8Array): void {
    const { terminal, json } = this.#options;
    this.#heard++;
    if (json) terminal.write(`${JSON.stringify({ event: 'reply', bytes: message.length, text: shownText(message) })}\n`);
    else terminal.write(message.at(-1) === LF ? message : Buffer.concat([message, Buffer.of(LF)]));
    this.#wake();
  }

  /** Ends it, with what went wrong if something did: `run` resolves or rejects soon. */
  stop(error?: Error): void {
    this.#isOver = true;
    this.#failure ??= error;
    this.#options.lines.close();
    this.#wake();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether a line has no reply yet. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** The next line, with its LF; undefined at the end. */
  async nextLine(): Promise<Uint8Array | undefined> {
    const line = this.#isOver ? undefined : await this.#options.lines.next();
    if (this.#failure !== undefined) throw this.#failure;
    return line && !this.#isOver ? Buffer.concat([line, Buffer.of(LF)]) : undefined;
  }

  /** Sends a line; resolves with whether there was a reply in time. */
  async exchange(line: Uint8Array, send: (line: Uint8Array) => void): Promise<boolean> {
    const before = this.#heard;
    this.#isWaiting = true;
    send(line);
    const deadline = performance.now() + this.#options.seconds * 1000;
    while (this.#heard === before && !this.#isOver && performance.now() < deadline) {
      await this.#sleep(deadline - performance.now());
    }
    this.#isWaiting = false;
    if (this.#failure !== undefined) throw this.#failure;
    return this.#heard > before;
  }

  /** All lines, to the end. Resolves with how many had no reply. */
  async run(send: (line: Uint8Array) => void): Promise<number> {
    let unanswered = 0;
    for (let line = await this.nextLine(); line !== undefined; line = await this.nextLine()) {
      if (!(await this.exchange(line, send)) && !this.#isOver) unanswered++;
    }
    return unanswered;
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
