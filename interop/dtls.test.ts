import { spawnSync } from 'node:child_process';
import { afterAll, describe, it } from 'vitest';
import { findPeer, peerMissing } from '../packages/foxtls/test/peers.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';
import { DIRECT, type DtlsCase, faulty } from './dtls/case.ts';
import { openSslCases } from './dtls/openssl.ts';

const pki: InteropPki = await createInteropPki();
afterAll(() => pki.remove());
spawnSync('openssl', ['genpkey', '-genparam', '-algorithm', 'DH', '-pkeyopt', 'group:ffdhe2048', '-out', pki.path('ffdhe2048.pem')]);

describe.each([['openssl', openSslCases(pki)]] as const)('%s', (_n, cases) => {
  for (const one of cases) {
    const title = `${one.version}, our ${one.ourRole}: ${one.feature}`;
    if (one.run === undefined) continue;
    if (process.env['LINK'] !== 'faulty') it(title, async () => { await one.run?.(DIRECT); });
    else if (one.faultyLack === undefined) for (const seed of [1]) it(`${title} (faulty ${seed})`, async () => { await one.run?.(faulty(seed)); });
  }
});
