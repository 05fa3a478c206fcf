/**
 * Chromium loads the page of `npm start`, trusting our CA as its users would: imported as an authority, every check in force.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { projectRoot } from '../packages/foxtls/test/folders.ts';
import { describeWithPeer, peerOrSkip } from '../packages/foxtls/test/peers.ts';
import { type PeerProcess, runPeer, startPeer } from './harness/peer-process.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'foxtls-chromium-'));
});
// The browser writes into its profile until its last process is gone.
afterEach(() => rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));

const QUIET_AND_ALONE = [
  '--headless',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const BROWSER_PATIENCE = 45_000;

async function startDemo(): Promise<{ demo: PeerProcess; url: string }> {
  const demo = startPeer(process.execPath, [join(projectRoot, 'packages/foxtls-cli/dist/demo.js')], {
    folder: home,
    environment: { PORT: '0' },
  });
  await demo.prints(/Ctrl-C ends it/);
  const [url] = await demo.prints(/https:\/\/localhost:\d+\//);
  return { demo, url };
}

/** Imports the demo's CA into the user's NSS database, where Chromium on Linux looks for the user's own authorities. */
async function importAuthority(): Promise<void> {
  const database = join(home, '.pki/nssdb');
  mkdirSync(database, { recursive: true });
  const certutil = async (...options: string[]) => {
    const { end, output } = await runPeer('certutil', ['-d', `sql:${database}`, ...options]);
    expect(end?.code, output).toBe(0);
  };
  await certutil('-N', '--empty-password');
  await certutil('-A', '-n', 'foxtls demo CA', '-t', 'C,,', '-i', join(home, '.foxtls/ca.pem'));
}

function browse(...options: string[]): Promise<PeerProcess> {
  // Root may not use the sandbox.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const profile = `--user-data-dir=${join(home, 'profile')}`;
  const environment = { HOME: home, XDG_CONFIG_HOME: join(home, '.config') };
  return runPeer('chromium', [...QUIET_AND_ALONE, ...sandbox, profile, ...options], { environment, timeout: BROWSER_PATIENCE });
}

describeWithPeer('chromium and npm start', 'chromium', () => {
  it('load the page over TLS 1.3 once our CA is imported', async (context) => {
    peerOrSkip(context, 'certutil');
    const { url } = await startDemo();
    await importAuthority();
    const page = (await browse('--dump-dom', url)).bytes.toString();
    expect(page).toContain('<h1>foxtls</h1>');
    expect(page).toContain('<th>version</th><td>TLSv1.3</td>');
    expect(page).toMatch(/<th>suite<\/th><td>TLS_(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305_SHA256)<\/td>/);
    const artifacts = join(projectRoot, 'artifacts');
    mkdirSync(artifacts, { recursive: true });
    const picture = join(artifacts, 'npm-start.png');
    rmSync(picture, { force: true });
    const shot = await browse(`--screenshot=${picture}`, '--window-size=1000,700', '--hide-scrollbars', url);
    expect(shot.output).toMatch(/bytes written to file/);
  });

  it('refuse the page while nobody vouches for our CA', async () => {
    const { demo, url } = await startDemo();
    const page = await browse('--dump-dom', url);
    expect(page.bytes.toString()).not.toContain('TLSv1.3');
    await demo.prints(/a client failed: .*certificate unknown/);
  });
});
