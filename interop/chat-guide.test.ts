/**
 * The guide of the chat, run: its servers and clients started in their order, what its people type typed in theirs, and what each terminal shows
 * compared with what stands below its command.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { peerOrSkip } from '../packages/foxtls/test/peers.ts';
import { guideFolder } from './harness/guide-folder.ts';
import { type PeerProcess, runPeer, startPeer } from './harness/peer-process.ts';
import { findFreePort } from './harness/ports.ts';
import { waitUntil } from './harness/wait.ts';

const GUIDE = 'docs/guide/a-chat.md';
const PORTS = ['11111', '11112', '11113', '50000', '6379'];

interface Section {
  readonly title: string;
  /** Without a promise where it only has to run: `redis-server`. */
  readonly commands: readonly { readonly line: string; readonly promised: string | undefined }[];
  readonly programs: readonly (readonly [name: string, text: string])[];
  readonly conversation: readonly { readonly who: string; readonly text: string }[];
}

const { folder, environment } = guideFolder();

const guide = readFileSync(GUIDE, 'utf8');
const sections = guide
  .split(/^## /m)
  .map(readSection)
  .filter(({ commands }) => commands.length > 0);

describe(GUIDE, () => {
  it('has steps with commands and conversations', () => {
    expect(sections).toHaveLength(6);
    expect(sections.every(({ conversation }) => conversation.length > 0)).toBe(true);
  });

  for (const section of sections) {
    it(`keeps its word: ${section.title}`, async (context) => {
      if (section.commands.some(({ line }) => line.startsWith('redis-server'))) peerOrSkip(context, 'redis-server');
      await new Play(section).run();
    });
  }
});

/** A terminal of the guide. */
interface Terminal {
  readonly who: string;
  readonly line: string;
  readonly promised: string;
  readonly process: PeerProcess;
}

class Play {
  readonly #section: Section;
  readonly #terminals: Terminal[] = [];
  readonly #ports = new Map<string, string>();

  constructor(section: Section) {
    this.#section = section;
  }

  async run(): Promise<void> {
    const { commands, programs, conversation } = this.#section;
    for (const port of PORTS) this.#ports.set(port, String(await findFreePort()));
    for (const [name, text] of programs) writeFileSync(join(folder, name), this.#moved(text));
    for (const { line, promised } of commands) await this.#start(line, promised);
    for (const { who, text } of conversation) await this.#say(who, text);
    for (const terminal of this.#terminals) await this.#end(terminal);
    for (const { line, promised, process } of this.#terminals) expect(this.#shown(process), line).toBe(promised);
  }

  async #start(line: string, promised: string | undefined): Promise<void> {
    const words = this.#moved(line.trim());
    if (words.startsWith('foxtls cert')) {
      const done = await runPeer('bash', ['-c', words], { folder, environment });
      expect(done.output).toBe(promised);
      return;
    }
    const process = startPeer('bash', ['-c', `exec ${words}`], { folder, environment });
    const who = /--name (\w+)|\.mjs (\w+)$/.exec(words)?.slice(1).find(Boolean) ?? 'Server';
    if (promised === undefined) await process.prints(/Ready to accept connections/);
    else if (who === 'Server') await process.prints(/waiting|Waiting for a connection/);
    else await this.#comesIn(who);
    if (promised !== undefined) this.#terminals.push({ who, line, promised, process });
  }

  /** The server at which it is to be has said so. */
  async #comesIn(who: string): Promise<void> {
    const servers = this.#terminals.filter((one) => one.who === 'Server');
    await waitUntil(
      () => servers.some(({ process }) => new RegExp(`Client ${who} connected|^${who} is here`, 'm').test(process.output)),
      () => `${who} should come in: ${servers.map(({ process }) => process.output).join('\n')}`,
    );
  }

  /** Types a line, and waits until all terminals show what it leads to. */
  async #say(who: string, text: string): Promise<void> {
    if (who === 'Ctrl-C') {
      const server = this.#terminals.find(({ line }) => line.includes(text) && line.includes('chat-server')) as Terminal;
      server.process.signal('SIGINT');
      await server.process.exited();
      await this.#all((terminal) => lineAfter(terminal.promised, /The connection to .* is lost/));
      return;
    }
    const speaker = this.#terminals.find((one) => one.who === who) as Terminal;
    speaker.process.write(`${text}\n`);
    const isPrivate = text.startsWith('#');
    await this.#all((terminal) => {
      const own = `[${who}] ${text}`;
      if (text === 'list' && terminal === speaker) return lastOfList(terminal.promised);
      if (isPrivate)
        return terminal.promised
          .split('\n')
          .find((line) => line === `[private-${who}] ${text.replace(/^#\d+ ?/, '')}` || line === own);
      return terminal.promised.split('\n').find((line) => line === own || (text === 'quit' && line === `${who} has left`));
    });
    if (text !== 'quit') return;
    await speaker.process.exited();
    await this.#all(({ promised }) => promised.split('\n').find((line) => line === `[System] Client ${who} left`));
  }

  async #all(expectedOf: (terminal: Terminal) => string | undefined): Promise<void> {
    for (const terminal of this.#terminals) {
      const line = expectedOf(terminal);
      if (line === undefined) continue;
      await waitUntil(
        () => this.#shown(terminal.process).split('\n').includes(line),
        () => `${terminal.line} should show ${line}; it shows:\n${terminal.process.output}`,
      );
    }
  }

  async #end({ line, who, process }: Terminal): Promise<void> {
    // Clients of a server that ends see it by themselves.
    if (who === 'Server' && process.end === undefined) process.signal('SIGINT');
    const { code } = await process.exited();
    if (!line.startsWith('node')) expect(code, process.output).toBe(0);
  }

  #shown(process: PeerProcess): string {
    let text = process.bytes.toString();
    for (const [port, free] of this.#ports) text = text.replaceAll(free, port);
    return text;
  }

  #moved(text: string): string {
    // The default ports are named where they are left out.
    let line = text;
    if (/^foxtls chat-tcp/.test(line)) line += ' --port 50000';
    else if (/^foxtls chat(-server)? /.test(`${line} `) && !line.includes('1111')) line += ' --port 11111';
    if (line.includes('--public-in-clear')) line += ' --public-port 11112';
    for (const [port, free] of this.#ports) line = line.replaceAll(port, free);
    return line;
  }
}

function lineAfter(text: string, pattern: RegExp): string | undefined {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => pattern.test(line));
  return at < 0 ? undefined : lines[at + 1];
}

/** The last line of the answer to `list`. */
function lastOfList(promised: string): string | undefined {
  return promised
    .split('\n')
    .filter((line) => /^\[\d+\] /.test(line))
    .at(-1);
}

function readSection(part: string): Section {
  const blocks = [...part.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({ language, text }));
  return {
    title: part.slice(0, part.indexOf('\n')),
    commands: blocks.flatMap(({ language, text }, i) => {
      const next = blocks[i + 1];
      return language === 'sh' ? [{ line: text.trim(), promised: next?.language === '' ? next.text : undefined }] : [];
    }),
    programs: blocks
      .filter(({ language }) => language === 'js')
      .map(({ text }) => [/^\/\/ (\S+)\n/.exec(text)?.[1] as string, text] as const),
    conversation: blocks
      .filter(({ language }) => language === 'text')
      .flatMap(({ text }) => text.trim().split('\n'))
      .map((line) => {
        const [, who = '', text = ''] = /^([\w-]+): (.*)$/.exec(line) ?? [];
        return { who, text };
      }),
  };
}
