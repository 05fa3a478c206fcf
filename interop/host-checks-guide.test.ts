/**
 * The guide to certificates and host checks, run: its commands in their order in one folder, servers beside clients, and what they print compared with what
 * stands below them.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { guideFolder } from './harness/guide-folder.ts';
import { type PeerProcess, runPeer, startPeer } from './harness/peer-process.ts';
import { findFreePort } from './harness/ports.ts';
import { waitUntil } from './harness/wait.ts';

const GUIDE = 'docs/guide/certificates-and-host-checks.md';
const PORT = '4433';

const { folder, environment } = guideFolder();

interface Command {
  readonly script: string;
  readonly promised: string;
}

const guide = readFileSync(GUIDE, 'utf8');
const commands: readonly Command[] = [...guide.matchAll(/^```sh\n([\s\S]*?)^```\n```\n([\s\S]*?)^```$/gm)].map(
  ([, script = '', promised = '']) => ({ script, promised }),
);

describe(GUIDE, () => {
  it('has a promise below every command', () => {
    expect(commands).toHaveLength(guide.match(/^```sh$/gm)?.length ?? 0);
    expect(commands.length).toBeGreaterThan(8);
  });

  // One after the other: later ones use what earlier ones have made.
  it('keeps its word', { timeout: 60_000 }, async () => {
    const port = String(await findFreePort());
    const at = (text: string) => text.replaceAll(PORT, port);
    let server: { readonly process: PeerProcess; readonly promised: string } | undefined;
    const endServer = async () => {
      if (server === undefined) return;
      const { process, promised } = server;
      const before = at(promised).replace(/\n\nSIGINT 2 handled\n$/, '');
      await waitUntil(
        () => process.output.length >= before.length,
        () => process.output,
        5000,
      ).catch(() => undefined);
      process.signal('SIGINT');
      expect(await process.exited()).toEqual({ code: 0, signal: null });
      expect(process.bytes.toString()).toBe(at(promised));
    };
    for (const { script, promised } of commands) {
      if (script.startsWith('foxtls tls-server')) {
        await endServer();
        const process = startPeer('bash', ['-c', `exec ${script.trimEnd()} --port ${port}`], { folder, environment });
        await process.prints(/Waiting for browsers/);
        server = { process, promised };
        continue;
      }
      const client = await runPeer('bash', ['-c', at(script)], { folder, environment });
      expect(client.bytes.toString(), script).toBe(at(promised));
      expect(client.errors, script).toBe('');
    }
    await endServer();
  });
});
