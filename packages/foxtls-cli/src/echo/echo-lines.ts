/**
 * What an echo server makes of the bytes of one client: all go back but a line that is a command. Commands stand at the beginning of a line, and are all of
 * it: `quit`, `break`.
 *
 * ```
 *   bytes in   │ he │ llo\nbre │ ak\n │            "ak" is not at a beginning: no command, as nothing is held back to see what becomes of it
 *   echo       │ he │ llo\nbre │ ak\n │
 * ```
 */

export type EchoCommand = 'quit' | 'break';

export interface EchoStep {
  /** To be sent back. */
  readonly echo: Uint8Array;
  /** Lines that are complete now, without their ends. */
  readonly lines: readonly string[];
  /** What is behind it is not looked at. */
  readonly command: EchoCommand | undefined;
}

const LF = 0x0a;
/** A longer line is shown in parts. */
const MAX_LINE = 4096;
const COMMANDS: readonly EchoCommand[] = ['quit', 'break'];

export class EchoLines {
  /** Of the line that is not complete. */
  #begun: Buffer = Buffer.alloc(0);
  #isAtBegin = true;

  receive(bytes: Uint8Array): EchoStep {
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const lines: string[] = [];
    for (let at = 0; at < data.length; ) {
      const found = data.indexOf(LF, at);
      const end = found < 0 ? data.length : found + 1;
      const part = data.subarray(at, end);
      const command = this.#isAtBegin ? commandOf(part) : undefined;
      if (command !== undefined) return { echo: data.subarray(0, at), lines, command };
      this.#begun = Buffer.concat([this.#begun, part]);
      this.#isAtBegin = found >= 0;
      if (found >= 0 || this.#begun.length >= MAX_LINE) lines.push(this.#takeLine());
      at = end;
    }
    return { echo: data, lines, command: undefined };
  }

  /** What is left of a line at the end; undefined for nothing. */
  end(): string | undefined {
    return this.#begun.length === 0 ? undefined : this.#takeLine();
  }

  #takeLine(): string {
    const line = this.#begun.toString().replace(/\r?\n$/, '');
    this.#begun = Buffer.alloc(0);
    return line;
  }
}

/** Of a line, with its end or not. */
export function commandOf(line: Uint8Array): EchoCommand | undefined {
  const text = Buffer.from(line.buffer, line.byteOffset, line.length)
    .toString('latin1')
    .replace(/\r?\n$/, '');
  return COMMANDS.find((command) => command === text);
}
