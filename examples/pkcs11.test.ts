import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'foxtls-pkcs11-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Where Debian and Fedora put it. */
const module = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib64/pkcs11/libsofthsm2.so', '/usr/lib64/softhsm/libsofthsm.so'].find(
  (path) => existsSync(path),
);

describeWithPeer('a private key in a PKCS#11 token', 'softhsm2-util', () => {
  it('signs the handshakes of a TLS server, and is the same key the next time', async (context) => {
    if (module === undefined) return context.skip('SoftHSM is here, but not its libsofthsm2.so where it usually is');
    if (!canLoad('pkcs11js')) return context.skip('pkcs11js did not build here: it needs a C++ compiler and Python');
    mkdirSync(join(folder, 'tokens'));
    writeFileSync(join(folder, 'softhsm2.conf'), `directories.tokendir = ${join(folder, 'tokens')}\n`);
    const env = { ...process.env, SOFTHSM2_CONF: join(folder, 'softhsm2.conf'), PKCS11_MODULE: module, PKCS11_PIN: '1234' };
    const token = ['--init-token', '--free', '--label', 'foxtls', '--pin', '1234', '--so-pin', '5678'];
    await run('softhsm2-util', token, { env });
    for (let time = 0; time < 2; time++) {
      const { stdout } = await run(process.execPath, ['examples/pkcs11/server.mjs'], { env });
      expect(stdout).toBe('hello from a key that nobody can copy\nsignatures made in the token: 1\n');
    }
  });
});

function canLoad(name: string): boolean {
  try {
    createRequire(import.meta.url)(name);
    return true;
  } catch {
    return false;
  }
}
