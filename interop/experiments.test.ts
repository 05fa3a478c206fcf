/**
 * `foxtls mitm`, `mim-key` and `tamper`, as people run them: what they print, in its order, and what the exit code says.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { runPeer, startPeer } from './harness/peer-process.ts';
import { findFreePort } from './harness/ports.ts';
import { foxtlsPrograms } from './harness/programs.ts';

const { home, foxtls, inTerminal } = foxtlsPrograms();

async function run(...words: string[]) {
  const program = foxtls(...words);
  program.endInput();
  const { code } = await program.exited();
  return { code, output: program.bytes.toString().replace(/^( *)\d+(?=:error:)/gm, '$1N'), errors: program.errors };
}

async function events(...words: string[]): Promise<Record<string, unknown>[]> {
  const { output } = await run(...words, '--json');
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const ERROR = 'N:error:14090086:SSL routines:ssl3_get_server_certificate:certificate verify failed:';
const LEAF = 'subject= /C=US/O=Attacker32 Inc./CN=www.attacker32.com';
const PASSED = ['subject= /C=US/O=Model CA/CN=modelCA.com', 'Verification passed.', LEAF, 'Verification passed.'];
const CONNECTED = ['SSL connection is successful', 'SSL connection using TLS_AES_128_GCM_SHA256'];
const READ = '=> the impersonator has read "Cookie: session=4f2b9c"';

describe('mitm', () => {
  it('shows every client, one after the other', async () => {
    const { code, output, errors } = await run('mitm');
    expect([code, errors]).toEqual([0, '']);
    const parts = output.split(/^\d\. A client that .*\n/m).map((part) =>
      part
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    );
    expect(parts[0]).toEqual([
      expect.stringMatching(/^The client wants bank32\.com, and is led to 127\.0\.0\.1:\d+\.$/),
      'There it meets an impersonator: its certificate is valid, for www.attacker32.com.',
    ]);
    expect(parts[1]).toEqual([...PASSED, ...CONNECTED, READ]);
    expect(parts[2]).toEqual([LEAF, 'Verification failed: Hostname mismatch.', ...PASSED, ...CONNECTED, READ]);
    expect(parts[3]).toEqual([
      LEAF,
      'Verification failed: Hostname mismatch.',
      `${ERROR}Hostname mismatch`,
      '=> nothing was sent',
    ]);
    expect(parts[4]).toEqual([`${ERROR}Hostname mismatch`, '=> nothing was sent', expect.stringMatching(/^What prevents it: /)]);
  });

  it.each([
    ['no-check', 0, true],
    ['allow', 0, true],
    ['abort', 1, false],
    ['no-callback', 1, false],
  ])('ends as the client does: %s', async (client, code, connected) => {
    expect((await run('mitm', '--client', client)).code).toBe(code);
    const outcome = (await events('mitm', '--client', client)).find(({ event }) => event === 'outcome');
    const problem = client === 'no-check' ? {} : { problem: 'Hostname mismatch' };
    expect(outcome).toEqual({ event: 'outcome', client, connected, leaked: connected, ...problem });
  });

  it('is harmless where the impersonator has the right name', async () => {
    const { code, output } = await run('mitm', 'bank32.com', '--impostor', 'bank32.com', '--client', 'abort');
    expect([code, output.includes('Verification failed')]).toEqual([0, false]);
  });

  it('runs in a terminal', async () => {
    const program = inTerminal('mitm', '--client', 'abort');
    await program.prints(/Verification failed: Hostname mismatch\.\r\n {3}\d+:error:14090086:/);
    expect((await program.exited()).code).toBe(1);
  });

  it('is misused by what contradicts itself', async () => {
    expect(await run('mitm', '--ca', 'ca.pem')).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/--ca and --ca-path go with --connect-to/),
    });
    expect((await run('mitm', '--client', 'all-of-them')).code).toBe(2);
  });
});

describeWithPeer('mitm and an impersonator of another make', 'openssl', () => {
  it('leads there with --connect-to', async () => {
    const folder = join(home, 'openssl');
    mkdirSync(folder);
    const names = ['-subj', '/C=US/O=Example/CN=www.example.org', '-addext', 'subjectAltName=DNS:www.example.org'];
    const made = await runPeer(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        'key.pem',
        '-out',
        'cert.pem',
        ...names,
      ],
      { folder },
    );
    expect(made.end?.code, made.output).toBe(0);
    const port = await findFreePort();
    const server = startPeer(
      'openssl',
      ['s_server', '-accept', `127.0.0.1:${port}`, '-www', '-cert', 'cert.pem', '-key', 'key.pem'],
      { folder },
    );
    await server.prints(/ACCEPT/);
    const words = ['mitm', 'bank32.com', '--connect-to', `127.0.0.1:${port}`, '--ca', join(folder, 'cert.pem')];
    expect(await run(...words, '--client', 'no-check')).toMatchObject({
      code: 0,
      output: expect.stringContaining(`=> 127.0.0.1:${port} was taken for bank32.com`),
    });
    expect(await run(...words, '--client', 'abort')).toMatchObject({
      code: 1,
      output: expect.stringContaining(`${ERROR}Hostname mismatch`),
    });
  });
});

describe.each(['x25519', 'dh'])('mim-key by %s', (kind) => {
  it('draws what happens, and what a signature changes', async () => {
    const { code, output, errors } = await run('mim-key', '--kind', kind);
    expect([code, errors]).toEqual([0, '']);
    const [, substituted = '', computed = '', , signed = ''] = output.split(/^\d\. .*$/m);
    const [, fromMallory, , toAlice] = [...substituted.matchAll(/[AMB] = ([0-9a-f]{12})…/g)].map(([, hex]) => hex);
    expect(fromMallory).toBe(toAlice);
    const keys = [...computed.matchAll(/= ([0-9a-f]{12})…/g)].map(([, hex]) => hex);
    expect([keys[0] === keys[1], keys[2] === keys[3], keys[1] === keys[2]]).toEqual([true, true, false]);
    expect(output).toContain('Mallory read    "pay 100 to Bob"\nBob received    "pay 9100 to Mallory"');
    expect([...signed.matchAll(/=> Alice: (.*)/g)].map(([, words]) => words)).toEqual([
      'this signature is over other keys than those I have seen',
      'this certificate is not for bob.test',
      'nobody I trust has signed this certificate',
      'it is Bob, and the key is his',
    ]);
  });

  it('writes objects', async () => {
    const found = await events('mim-key', '--kind', kind);
    expect(found.filter(({ event }) => event === 'attempt').map(({ refused }) => refused)).toEqual([true, true, true, false]);
    expect(found.find(({ event }) => event === 'substituted')).toEqual({ event: 'substituted', isOwned: true });
  });
});

describe('tamper', () => {
  it('shows every certificate to a client, which takes the right one alone', async () => {
    const outcomes = (await events('tamper'))
      .filter(({ event }) => event === 'outcome')
      .map(({ case: name, problem }) => [name, problem]);
    const changed = 'certificate signature failure';
    expect(outcomes).toEqual([
      ['untouched', undefined],
      ['name', changed],
      ['key', changed],
      ['dates', changed],
      ['signature', changed],
      ['other-ca', changed],
      ['expired', 'certificate has expired'],
      ['missing-ca', 'unable to get local issuer certificate'],
    ]);
  });

  it('says what was changed, and how it was found', async () => {
    const { code, output } = await run('tamper', '--case', 'name');
    expect([code, output.split('\n').slice(0, 8)]).toEqual([
      1,
      [
        '1. Another name in it',
        expect.stringMatching(/^ {3}byte \d+: bank32\.com -> evil32\.com$/),
        '   subject= /C=US/O=Model CA/CN=modelCA.com',
        '   Verification passed.',
        '   subject= /C=US/O=Bank32 Inc./CN=evil32.com',
        '   Verification failed: certificate signature failure.',
        `   ${ERROR}certificate signature failure`,
        '   => refused: certificate signature failure',
      ],
    ]);
    expect((await run('tamper', '--case', 'untouched')).code).toBe(0);
  });
});
