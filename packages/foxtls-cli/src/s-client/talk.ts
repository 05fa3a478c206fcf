/** What is typed goes to the server, what it says comes out; letters in a line of their own are commands, as openssl s_client has them. */

import { printableLines } from '../command/printable.ts';
import type { Terminal } from '../command/terminal.ts';
import type { Link } from './link.ts';

export interface TalkOptions {
  readonly takesCommands: boolean;
  readonly staysAtEnd: boolean;
  readonly sendsCrlf: boolean;
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export type Command = 'quit' | 'renegotiate' | 'update_keys' | 'update_both_keys';

const COMMANDS: Readonly<Record<string, Command>> = {
  Q: 'quit',
  R: 'renegotiate',
  K: 'update_both_keys',
  k: 'update_keys',
};

/** The command that a part of the input is; undefined for what is sent. */
export function commandOf(part: Uint8Array): Command | undefined {
  const text = Buffer.from(part)
    .toString('latin1')
    .replace(/\r?\n$/, '');
  return Object.hasOwn(COMMANDS, text) ? COMMANDS[text] : undefined;
}

/** Line ends as CR LF, once. */
function withCrlf(part: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(part).toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
}

/** Resolves when one of the two has had enough, to who it was. */
export async function talk(link: Link, options: TalkOptions, terminal: Terminal): Promise<'we' | 'server'> {
  const input = terminal.openInput();
  const stop = new Promise<'we'>((resolve) => {
    if (options.signal.aborted) resolve('we');
    options.signal.addEventListener('abort', () => resolve('we'), { once: true });
  });
  try {
    return await Promise.race([sendAll(input, link, options), showAll(link, options, terminal), stop]);
  } finally {
    input.destroy();
  }
}

async function sendAll(input: AsyncIterable<Uint8Array>, link: Link, options: TalkOptions): Promise<'we'> {
  const { takesCommands, sendsCrlf, say } = options;
  for await (const part of input) {
    const command = takesCommands ? commandOf(part) : undefined;
    if (command === 'quit') return 'we';
    if (command === undefined) link.send(sendsCrlf ? withCrlf(part) : part);
    else await obey(command, link, say);
  }
  // Until the server ends.
  if (options.staysAtEnd) await new Promise(() => {});
  return 'we';
}

async function obey(command: Command, link: Link, say: (line: string) => void): Promise<void> {
  try {
    if (command === 'renegotiate') {
      say('RENEGOTIATING');
      await link.renegotiate();
    } else {
      say('KEYUPDATE');
      link.updateKeys(command === 'update_both_keys');
    }
  } catch (error) {
    say(`it cannot: ${(error as Error).message}`);
  }
}

async function showAll(link: Link, { json }: TalkOptions, terminal: Terminal): Promise<'server'> {
  const decoder = new TextDecoder();
  for await (const part of link.received()) {
    if (json)
      terminal.write(`${JSON.stringify({ event: 'data', bytes: part.length, text: decoder.decode(part, { stream: true }) })}\n`);
    else if (terminal.writesToTerminal)
      terminal.write(printableLines(decoder.decode(part, { stream: true }).replaceAll('\r\n', '\n')));
    else terminal.write(part);
  }
  return 'server';
}
