/**
 * A guide whose commands run in terminals: its programs written down, its commands run in their order, servers beside clients, and what they print
 * compared with what stands below them. A free port takes the place of the guide's.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guideFolder } from './guide-folder.ts';
import { type PeerProcess, runPeer, startPeer } from './peer-process.ts';
import { waitUntil } from './wait.ts';

export interface TerminalGuide {
  readonly path: string;
  /** Those with commands. */
  readonly sections: number;
  /** What runs beside the commands that follow it. */
  readonly isServer: RegExp;
  /** Of these, what ends when its clients are done; the others end by Ctrl-C. */
  readonly endsByItself?: RegExp;
  readonly findPort: () => Promise<number>;
  /** When the commands that follow a server may begin. */
  readonly isReady: (server: PeerProcess, port: number) => Promise<unknown>;
  /** What differs from run to run, made equal. */
  readonly normalise?: (printed: string) => string;
}

interface Block {
  readonly language: string;
  readonly text: string;
}

interface Command {
  readonly script: string;
  readonly promised: string;
}

const GUIDE_PORT = '11111';

/** Defines the tests. To be called once in a file. */
export function testTerminalGuide({
  path,
  sections: count,
  isServer,
  endsByItself,
  findPort,
  isReady,
  normalise = same,
}: TerminalGuide): void {
  const { folder, environment } = guideFolder();
  const guide = readFileSync(path, 'utf8');
  const sections = guide
    .split(/^## /m)
    .map((part) => ({ title: part.slice(0, part.indexOf('\n')), commands: commandsOf(part), programs: programsOf(part) }))
    .filter(({ commands }) => commands.length > 0);
  const moveTo = (port: string) => {
    for (const { programs } of sections) {
      for (const [name, text] of programs) writeFileSync(join(folder, name), text.replaceAll(GUIDE_PORT, port));
    }
  };

  describe(path, () => {
    it('has a promise below every command', () => {
      expect(guide.match(/^```sh$/gm)).toHaveLength(sections.flatMap(({ commands }) => commands).length);
      expect(sections).toHaveLength(count);
    });

    // One after the other: later ones use what earlier ones have made.
    it.each(sections)('keeps its word: $title', async ({ commands }) => {
      let server: (Command & { readonly process: PeerProcess }) | undefined;
      let port = '';
      const atPort = (text: string, to: string) => text.replaceAll(to === GUIDE_PORT ? port : GUIDE_PORT, to);
      const endServer = async () => {
        if (server === undefined) return;
        const { process, promised, script } = server;
        server = undefined;
        // The farewell of the last client may still be on its way.
        const before = promised.replace(/\nSIGINT 2 handled\n$/, '');
        const hasAll = () => process.end !== undefined || normalise(atPort(process.output, GUIDE_PORT)).length >= before.length;
        await waitUntil(hasAll, () => process.output, 5000).catch(() => undefined);
        if (endsByItself?.test(script) !== true) process.signal('SIGINT');
        expect(await process.exited()).toEqual({ code: 0, signal: null });
        expect(normalise(atPort(process.output, GUIDE_PORT))).toBe(normalise(promised));
      };
      const move = async () => {
        port = String(await findPort());
        moveTo(port);
      };
      for (const { script, promised } of commands) {
        if (isServer.test(script)) {
          await endServer();
          await move();
          const process = startPeer('bash', ['-c', `exec ${atPort(script, port)}`], { folder, environment });
          await isReady(process, Number(port));
          server = { process, promised, script };
          continue;
        }
        if (server === undefined) await move();
        const client = await runPeer('bash', ['-u', '-o', 'pipefail', '-c', atPort(script, port)], { folder, environment });
        expect(normalise(atPort(client.bytes.toString(), GUIDE_PORT)), script).toBe(normalise(promised));
        expect(client.end?.code, client.errors).toBe(0);
      }
      await endServer();
    });
  });
}

/** Whether something listens on a TCP port of 127.0.0.1, without connecting to it (Linux). */
export function isListening(port: number): boolean {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .some((line) => line.includes(` ${local} `) && / 0A /.test(line));
}

function same(text: string): string {
  return text;
}

function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', block = '']) => ({ language, text: block }));
}

function commandsOf(text: string): Command[] {
  const blocks = blocksOf(text);
  return blocks.flatMap((block, i) => {
    const next = blocks[i + 1];
    return block.language === 'sh' && next?.language === '' ? [{ script: block.text, promised: next.text }] : [];
  });
}

function programsOf(text: string): [name: string, text: string][] {
  return blocksOf(text)
    .filter(({ language }) => language === 'js')
    .map(({ text: program }) => [/^\/\/ (\S+)\n/.exec(program)?.[1] as string, program]);
}
