/**
 * The guide to moving files, run: its programs written down, its commands run in their order, receivers beside senders, and what they print compared
 * with what stands below them, but for what differs from run to run: seconds, sizes in memory, and the ports of senders.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guideFolder } from './harness/guide-folder.ts';
import { type PeerProcess, runPeer, startPeer } from './harness/peer-process.ts';
import { findFreePort } from './harness/ports.ts';

const GUIDE = 'docs/guide/file-transfer.md';
const GUIDE_PORT = '8877';

const { folder, environment } = guideFolder();

const blocks = [...readFileSync(GUIDE, 'utf8').matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
  language,
  text,
}));
const commands = blocks.flatMap(({ language, text }, i) => {
  const next = blocks[i + 1];
  return language === 'sh' && next?.language === '' ? [{ script: text, promised: next.text }] : [];
});

/** What is the machine's, or the moment's. */
function steady(text: string): string {
  return text
    .replace(/\d+\.\d+ seconds/g, '# seconds')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:#')
    .replace(/4096 bytes; .*/, '4096 bytes; #')
    .replace(/Node v[\d.]+/g, 'Node #')
    .replace(/OpenSSL [\d.]+/g, 'OpenSSL #')
    .replace(/[\d.]+ [MG]B/g, '#')
    .replace(/\d+\.\d\d(?= |$)/gm, '#')
    .replace(/ +/g, ' ');
}

describe(GUIDE, () => {
  it('has a promise below every command', () => {
    expect(commands.length).toBe(blocks.filter(({ language }) => language === 'sh').length);
    expect(commands.length).toBeGreaterThan(9);
  });

  it('keeps its word', async () => {
    let receiver: { readonly process: PeerProcess; readonly promised: string } | undefined;
    let port = GUIDE_PORT;
    const atPort = (text: string) =>
      text
        .replaceAll(GUIDE_PORT, port)
        .replace(/^foxtls receive /, `foxtls receive --port ${port} `)
        .replace(/^foxtls send /, `foxtls send --port ${port} `);
    for (const { script, promised } of commands) {
      const isReceiver = /^(foxtls receive|node receive\.mjs)/.test(script);
      if (isReceiver) {
        port = String(await findFreePort());
        for (const { language, text } of blocks) {
          if (language === 'js')
            writeFileSync(join(folder, /^\/\/ (\S+)\n/.exec(text)?.[1] as string), text.replaceAll(GUIDE_PORT, port));
        }
        const process = startPeer('bash', ['-c', `exec ${atPort(script)}`], { folder, environment });
        await process.prints(/waiting/);
        receiver = { process, promised };
        continue;
      }
      const done = await runPeer('bash', ['-u', '-c', atPort(script)], { folder, environment, timeout: 50_000 });
      expect(steady(done.output), script).toBe(steady(promised));
      if (receiver === undefined) continue;
      await receiver.process.exited();
      expect(steady(receiver.process.output)).toBe(steady(receiver.promised));
      receiver = undefined;
    }
  });
});
