/**
 * The guide to WWEP, run: its programs written down, its commands run in their order, servers beside clients, and what they print compared with what
 * stands below them.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guideFolder } from './harness/guide-folder.ts';
import { type PeerProcess, runPeer, startPeer } from './harness/peer-process.ts';
import { findFreePort } from './harness/ports.ts';
import { waitUntil } from './harness/wait.ts';

interface Command {
  readonly script: string;
  readonly promised: string;
}

const { folder, environment } = guideFolder();

const sections = readFileSync('docs/guide/wwep.md', 'utf8')
  .split(/^## /m)
  .map((part) => ({ title: part.slice(0, part.indexOf('\n')), blocks: blocksOf(part) }))
  .map(({ title, blocks }) => ({
    title,
    commands: commandsOf(blocks),
    programs: blocks.filter(({ language }) => language === 'js'),
  }))
  .filter(({ commands }) => commands.length > 0);

describe('docs/guide/wwep.md', () => {
  it('has a promise below every command', () => {
    const guide = readFileSync('docs/guide/wwep.md', 'utf8');
    expect(guide.match(/^```sh$/gm)).toHaveLength(sections.flatMap(({ commands }) => commands).length);
    expect(sections).toHaveLength(6);
  });

  // One after the other: later ones use what earlier ones have made.
  it.each(sections)('keeps its word: $title', async ({ commands }) => {
    const ports = new Map([
      ['27708', String(await findFreePort())],
      ['40508', String(await findFreePort())],
    ]);
    const moved = (text: string) => text.replace(/27708|40508/g, (port) => ports.get(port) as string);
    const back = (text: string) => [...ports].reduce((all, [port, free]) => all.replaceAll(free, port), text);
    // Of earlier sections, too: the ports are others now.
    for (const { text } of sections.flatMap(({ programs }) => programs))
      writeFileSync(join(folder, /^\/\/ (\S+)\n/.exec(text)?.[1] as string), moved(text));
    let server: { readonly process: PeerProcess; readonly promised: string } | undefined;
    const endServer = async () => {
      if (server === undefined) return;
      const { process, promised } = server;
      server = undefined;
      const before = promised.replace(/\nSIGINT 2 handled\n$/, '');
      await waitUntil(
        () => steady(back(process.output)).length >= before.length,
        () => process.output,
        5000,
      ).catch(() => undefined);
      process.signal('SIGINT');
      expect(await process.exited()).toEqual({ code: 0, signal: null });
      expect(steady(back(process.bytes.toString()))).toBe(promised);
    };
    for (const { script, promised } of commands) {
      if (/^(foxtls wwep-server|node wwep-server\.mjs)/.test(script)) {
        await endServer();
        const atFreePorts = moved(
          script.replace('foxtls wwep-server', 'foxtls wwep-server --port 27708 --secure-port 40508 --request-time 400'),
        );
        const process = startPeer('bash', ['-c', `exec ${atFreePorts}`], { folder, environment });
        await process.prints(/waiting|Message\n/);
        server = { process, promised };
        continue;
      }
      const atFreePorts = moved(script).replaceAll(
        'foxtls wwep-client',
        `foxtls wwep-client -p ${moved('27708')} --secure-port ${moved('40508')}`,
      );
      const client = await runPeer('bash', ['-u', '-o', 'pipefail', '-c', atFreePorts], { folder, environment });
      expect(steady(back(client.bytes.toString())), script).toBe(promised);
      expect(client.end?.code, client.errors).toBe(script.includes('| sed') ? 1 : 0);
    }
    await endServer();
  });
});

/** What is another each time is called by a word. */
function steady(text: string): string {
  return text
    .replace(/\t\d+\t(?=[WR])/g, '\tPORT\t')
    .replace(/(-----BEGIN CERTIFICATE-----\n)[^-]*/g, '$1…\n')
    .replace(/Certificate Length = \d+/g, 'Certificate Length = N')
    .replace(/sha256\/\/\S+=/g, 'sha256//PIN');
}

interface Block {
  readonly language: string;
  readonly text: string;
}

function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', block = '']) => ({ language, text: block }));
}

function commandsOf(blocks: readonly Block[]): Command[] {
  return blocks.flatMap((block, i) => {
    const next = blocks[i + 1];
    return block.language === 'sh' && next?.language === '' ? [{ script: block.text, promised: next.text }] : [];
  });
}
