/**
 * Chromium loads the page of `npm start`, trusting our CA as its users would: imported as an authority, every check in force.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { projectRoot } from '../packages/foxtls/test/folders.ts';
import { describeWithPeer, peerOrSkip } from '../packages/foxtls/test/peers.ts';
import { browse, importAuthority } from './harness/chromium.ts';
import { type PeerProcess, startPeer } from './harness/peer-process.ts';
import { FOXTLS } from './harness/programs.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'foxtls-chromium-'));
});
// The browser writes into its profile until its last process is gone.
afterEach(() => rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));

async function startDemo(): Promise<{ demo: PeerProcess; url: string }> {
  const demo = startPeer(process.execPath, [FOXTLS, 'demo', '--port', '0'], { environment: { HOME: home } });
  await demo.prints(/Ctrl-C ends it/);
  const [url] = await demo.prints(/https:\/\/localhost:\d+\//);
  return { demo, url };
}

describeWithPeer('chromium and npm start', 'chromium', () => {
  it('load the page over TLS 1.3 once our CA is imported', async (context) => {
    peerOrSkip(context, 'certutil');
    const { url } = await startDemo();
    await importAuthority(home, join(home, '.foxtls/ca.pem'));
    const page = (await browse(home, '--dump-dom', url)).bytes.toString();
    expect(page).toContain('<h1>foxtls</h1>');
    expect(page).toContain('<th>version</th><td>TLSv1.3</td>');
    expect(page).toMatch(/<th>suite<\/th><td>TLS_(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305_SHA256)<\/td>/);
    const artifacts = join(projectRoot, 'artifacts');
    mkdirSync(artifacts, { recursive: true });
    const picture = join(artifacts, 'npm-start.png');
    rmSync(picture, { force: true });
    const shot = await browse(home, `--screenshot=${picture}`, '--window-size=1000,700', '--hide-scrollbars', url);
    expect(shot.output).toMatch(/bytes written to file/);
  });

  it('refuse the page while nobody vouches for our CA', async () => {
    const { demo, url } = await startDemo();
    const page = await browse(home, '--dump-dom', url);
    expect(page.bytes.toString()).not.toContain('TLSv1.3');
    await demo.prints(/a client failed: .*certificate unknown/);
  });
});
