/**
 * The guide from UDP to DTLS, run: its programs written down, its commands run in their order, servers beside clients, and what they print
 * compared with what stands below them.
 */

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFreeUdpPort } from './harness/datagram-endpoint.ts';
import { type PeerProcess, runPeer, startPeer } from './harness/peer-process.ts';
import { waitUntil } from './harness/wait.ts';

interface Block {
  readonly language: string;
  readonly text: string;
}

interface Command {
  readonly script: string;
  readonly promised: string;
}

const folder = mkdtempSync(join(tmpdir(), 'foxtls-udp-guide-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sections = readFileSync('docs/guide/from-udp-to-dtls.md', 'utf8')
  .split(/^## /m)
  .map((part) => ({ title: part.slice(0, part.indexOf('\n')), commands: commandsOf(blocksOf(part)), programs: programsOf(part) }))
  .filter(({ commands }) => commands.length > 0);

beforeAll(() => {
  mkdirSync(join(folder, 'bin'));
  chmodSync('packages/foxtls-cli/bin/foxtls.js', 0o755);
  symlinkSync(resolve('packages/foxtls-cli/bin/foxtls.js'), join(folder, 'bin/foxtls'));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
});

const environment = { HOME: folder, PATH: `${join(folder, 'bin')}:${process.env['PATH']}` };

describe('docs/guide/from-udp-to-dtls.md', () => {
  it('has a promise below every command', () => {
    const guide = readFileSync('docs/guide/from-udp-to-dtls.md', 'utf8');
    expect(guide.match(/^```sh$/gm)).toHaveLength(sections.flatMap(({ commands }) => commands).length);
    expect(sections).toHaveLength(7);
  });

  // One after the other: later ones use what earlier ones have made.
  it.each(sections)('keeps its word: $title', async ({ commands }) => {
    let server: { readonly process: PeerProcess; readonly promised: string } | undefined;
    const endServer = async () => {
      if (server === undefined) return;
      const { process, promised } = server;
      server = undefined;
      // The farewell of the last client may still be on its way.
      const before = promised.replace(/\nSIGINT 2 handled\n$/, '');
      const hasAll = () => atPort(process.output, '11111').length >= before.length;
      await waitUntil(hasAll, () => process.output, 5000).catch(() => undefined);
      process.signal('SIGINT');
      expect(await process.exited()).toEqual({ code: 0, signal: null });
      expect(withoutRepetition(atPort(process.output, '11111'))).toBe(withoutRepetition(promised));
    };
    let port = '';
    const atPort = (text: string, to: string) => text.replaceAll(to === '11111' ? port : '11111', to);
    for (const { script, promised } of commands) {
      if (isServer(script)) {
        await endServer();
        port = String(await findFreeUdpPort());
        moveTo(port);
        const process = startPeer('bash', ['-c', `exec ${atPort(script, port)}`], { folder, environment });
        await process.prints(/waiting|Awaiting/);
        server = { process, promised };
        continue;
      }
      if (server === undefined) {
        port = String(await findFreeUdpPort());
        moveTo(port);
      }
      const client = await runPeer('bash', ['-u', '-o', 'pipefail', '-c', atPort(script, port)], { folder, environment });
      expect(withoutRepetition(atPort(client.bytes.toString(), '11111')), script).toBe(withoutRepetition(promised));
      expect(client.end?.code, client.errors).toBe(0);
    }
    await endServer();
  });
});

/** How often a handshake has to wait is up to the machine. */
function withoutRepetition(text: string): string {
  return text.replace(/^(\.\.\. .* block\.?\n)\1+/gm, '$1');
}

/** The programs name the port of the guide: a free one takes its place. */
function moveTo(port: string): void {
  for (const { programs } of sections) {
    for (const [name, text] of programs) writeFileSync(join(folder, name), text.replaceAll('11111', port));
  }
}

function isServer(script: string): boolean {
  return /^(foxtls (udp|dtls)-server|node \w+-server\.mjs)/.test(script);
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

function programsOf(text: string): [name: string, text: string][] {
  return blocksOf(text)
    .filter(({ language }) => language === 'js')
    .map(({ text: program }) => [/^\/\/ (\S+)\n/.exec(program)?.[1] as string, program]);
}
