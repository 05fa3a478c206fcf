/** `foxtls transfer-table`, with files that are small enough to wait for. */

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findPeer } from '../packages/foxtls/test/peers.ts';
import type { PeerProcess } from './harness/peer-process.ts';
import { foxtlsPrograms } from './harness/programs.ts';

const { home, foxtls } = foxtlsPrograms();
const { foxtls: withoutCompiler } = foxtlsPrograms({ CC: 'no-such-compiler' });

function facts(process: PeerProcess): Record<string, unknown>[] {
  const lines = process.bytes.toString().trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('foxtls transfer-table', () => {
  it.each([
    ['1.2', 4120, []],
    // Allocations have been counted by then: valgrind takes its time.
    ['1.3', 4113, ['--no-memory']],
  ])('measures every implementation that is here, TLS %s', async (version, recordLength, options) => {
    const table = foxtls(
      'transfer-table',
      '--sizes',
      '64KiB,100kB',
      '--runs',
      '2',
      '--tls',
      version,
      '--folder',
      home,
      '--json',
      ...options,
    );
    expect(await table.exited(60_000), table.errors).toEqual({ code: 0, signal: null });
    const all = facts(table);
    const skipped = all.filter(({ event }) => event === 'skipped').map(({ implementation }) => implementation);
    const names = ['foxtls', 'node:tls', 'OpenSSL', 'wolfSSL'].filter((name) => !skipped.includes(name));
    expect(names.slice(0, 2)).toEqual(['foxtls', 'node:tls']);
    if (findPeer('wolfssl') !== undefined) expect(names).toContain('wolfSSL');
    for (const implementation of names) {
      for (const direction of ['send', 'receive']) {
        const times = all.filter(
          (fact) => fact['event'] === 'time' && fact['implementation'] === implementation && fact['direction'] === direction,
        );
        expect(times.map(({ size }) => size)).toEqual([65_536, 100_000]);
        for (const { runs, cpuSeconds, wallSeconds } of times) {
          expect(String(runs).split(' ')).toHaveLength(2);
          expect(cpuSeconds).toBeGreaterThan(0);
          expect(wallSeconds).toBeGreaterThan(0);
        }
      }
      const needs = all.find((fact) => fact['event'] === 'needs' && fact['implementation'] === implementation);
      expect(needs).toMatchObject({ recordLength, residentBytes: expect.any(Number), virtualBytes: expect.any(Number) });
      expect(needs?.['residentBytes']).toBeGreaterThan(1_000_000);
    }
    // What it makes for itself is gone.
    expect(readdirSync(home).filter((name) => name.startsWith('foxtls-table'))).toEqual([]);
  });

  it('prints a row for each size, a column for each run, and what the receiver needs', async () => {
    const table = foxtls(
      'transfer-table',
      '--sizes',
      '10kB',
      '--runs',
      '3',
      '--only',
      'foxtls,node:tls',
      '--no-memory',
      '--folder',
      home,
    );
    expect(await table.exited(60_000), table.errors).toEqual({ code: 0, signal: null });
    const output = table.bytes.toString();
    expect(output).toMatch(/^TLS 1\.2, ECDHE-RSA-AES256-GCM-SHA384, records of 4096 bytes; .+, \d+ cores, \d{4}-\d\d-\d\d\n/);
    for (const heading of ['foxtls, send', 'foxtls, receive', 'node:tls, send', 'node:tls, receive']) {
      expect(output).toMatch(
        new RegExp(`\n\n${heading}  time 1  time 2  time 3  average\n10 kB +(\\d\\.\\d\\d +){3}\\d\\.\\d\\d\n`),
      );
    }
    expect(output).toMatch(
      /\n\nreceive +RSS +VSZ +heap +allocations +record +installed\nfoxtls .* 4120 \+ 5 .*\nnode:tls .* 4120 \+ 5 .*\n$/,
    );
  });

  it('says what is missing, and does without it', async () => {
    const table = withoutCompiler('transfer-table', '--sizes', '10kB', '--runs', '1', '--folder', home);
    expect((await table.exited(60_000)).code).toBe(0);
    for (const name of ['OpenSSL', 'wolfSSL']) {
      expect(table.output).toContain(`without ${name}: there is no C compiler: install gcc, or name one in CC\n`);
    }
    expect(table.output).toContain('\nfoxtls, send');
  });

  it('ends at SIGINT, with everything removed', async () => {
    const table = foxtls('transfer-table', '--sizes', '100MB', '--folder', home);
    await table.prints(/foxtls on Node/);
    table.signal('SIGINT');
    expect((await table.exited()).code).toBe(1);
    expect(table.errors).toMatch(/^foxtls transfer-table: stopped.*\n$/);
    expect(readdirSync(home).filter((name) => name.startsWith('foxtls-table'))).toEqual([]);
  });

  it('knows its options', async () => {
    for (const [option, value] of [
      ['--sizes', 'large'],
      ['--runs', '0'],
      ['--only', 'gnutls'],
    ] as const) {
      const table = foxtls('transfer-table', option, value);
      expect((await table.exited()).code).toBe(2);
      expect(table.errors).toMatch(new RegExp(`^foxtls transfer-table: ${option} .*\n$`));
    }
  });
});
