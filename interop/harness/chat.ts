/** Chat servers and their clients, as processes. */

import { expect } from 'vitest';
import type { PeerProcess } from './peer-process.ts';
import type { Programs } from './programs.ts';
import { waitUntil } from './wait.ts';

export interface ChatServerProcess {
  readonly process: PeerProcess;
  /** The operand for clients. */
  readonly address: string;
  readonly port: number;
  /** Of plain connections, where there are any. */
  readonly publicPort: number;
  /** What it printed after it had begun to listen. */
  lines(): string[];
}

/** `foxtls chat-server` on free ports. */
export async function startChatServer({ foxtls }: Programs, ...given: string[]): Promise<ChatServerProcess> {
  const hasPublic = given.includes('--classic') || given.includes('--public-in-clear');
  const process = foxtls('chat-server', '--port', '0', ...(hasPublic ? ['--public-port', '0'] : []), ...given);
  const [, port, publicPort] = await process.prints(
    /^Listening on 127\.0\.0\.1:(\d+)(?: and (\d+))?\nWaiting for a connection\.\.\.\n/,
  );
  return {
    process,
    address: `localhost:${port}`,
    port: Number(port),
    publicPort: Number(publicPort ?? 0),
    lines: () => linesOf(process).slice(2),
  };
}

/** `foxtls chat` in lines, in the room when this resolves. `given`: options, and other servers. */
export async function startChatter(
  { foxtls }: Programs,
  server: ChatServerProcess,
  name: string,
  ...given: string[]
): Promise<Chatter> {
  const hasPublic = given.includes('--classic') || given.includes('--public-in-clear');
  const rules = hasPublic ? ['--public-port', String(server.publicPort)] : [];
  const process = foxtls('chat', '--name', name, ...rules, server.address, ...given);
  const isIn = new RegExp(`\\[System\\] Client( ${name})? connected successfully`, 'g');
  const before = server.process.output.match(isIn)?.length ?? 0;
  await waitUntil(
    () => (server.process.output.match(isIn)?.length ?? 0) > before || process.end !== undefined,
    () => `${name} should be in the room; it printed:\n${process.output}\nand the server:\n${server.process.output}`,
  );
  expect(process.end, process.output).toBeUndefined();
  return {
    process,
    lines: () => linesOf(process),
    say: (line) => process.write(`${line}\n`),
    sees: async (line) => {
      await waitUntil(
        () => linesOf(process).includes(line),
        () => `${name} should see ${JSON.stringify(line)}; it shows:\n${process.output}`,
      );
    },
  };
}

/** Somebody who types and reads. */
export interface Talker {
  lines(): string[];
  say(line: string): void;
  /** Waits for a whole line. */
  sees(line: string): Promise<void>;
}

export interface Chatter extends Talker {
  readonly process: PeerProcess;
}

function linesOf(process: PeerProcess): string[] {
  return process.bytes.toString().split('\n').slice(0, -1);
}

/** What all three of the tutorial see. */
export const PUBLIC = ['[Luca] Hi', '[Maria] Hi Luca!', '[Carlos] Hi everyone!', '[Luca] This message is public'];

/** What the three say in the tutorial, each line when the one before has arrived. */
export async function talkAsInTheTutorial([luca, maria, carlos]: readonly [Talker, Talker, Talker]): Promise<void> {
  const all = [luca, maria, carlos];
  for (const [i, speaker] of [luca, maria, carlos, luca].entries()) {
    const line = PUBLIC[i] as string;
    speaker.say(line.replace(/^\[\w+\] /, ''));
    for (const one of all) await one.sees(line);
  }
  luca.say('list');
  await luca.sees('[2] Carlos');
  luca.say('#1 this message is only for you, Maria!');
  await maria.sees('[private-Luca] this message is only for you, Maria!');
  maria.say('list');
  await maria.sees('[2] Carlos');
  maria.say('#0 Thank you Luca');
  await luca.sees('[private-Maria] Thank you Luca');
}

/** What two of them have seen then; Carlos has seen what is public. */
export const LUCAS = [
  ...PUBLIC,
  '[Luca] list',
  ...['[Server] Connected clients:', '[1] Maria', '[2] Carlos'],
  '[Luca] #1 this message is only for you, Maria!',
  '[private-Maria] Thank you Luca',
];
export const MARIAS = [
  ...PUBLIC,
  '[private-Luca] this message is only for you, Maria!',
  '[Maria] list',
  ...['[Server] Connected clients:', '[0] Luca', '[2] Carlos'],
  '[Maria] #0 Thank you Luca',
];
