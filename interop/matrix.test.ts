/**
 * Every version × suite × way of a handshake with every peer, in both roles: docs/interop.md is the record.
 *
 * `npm test` takes a sample by seed (`FOXTLS_SEED`), `npm run test:long` everything, and compares what it saw with docs/interop.md;
 * `npm run interop` writes that file.
 */

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { findPeer, peerMissing } from '../packages/foxtls/test/peers.ts';
import { isLongTier, longTierOrSkip } from '../packages/foxtls/test/tiers.ts';
import { PeerProcess } from './harness/peer-process.ts';
import { createInteropPki, type InteropPki } from './harness/pki.ts';
import { findFreePort } from './harness/ports.ts';
import { buildWolfSsl } from './harness/wolfssl.ts';
import { type Cell, cellsOf, type Row, rows, titleOf } from './matrix/cells.ts';
import { gnuTlsInMatrix } from './matrix/gnutls.ts';
import { openSslInMatrix } from './matrix/openssl.ts';
import type { MatrixPeer, RunningServer } from './matrix/peer.ts';
import { type Column, formatTable } from './matrix/table.ts';
import { tryOurClient, tryOurServer } from './matrix/tried.ts';
import { wolfSslInMatrix } from './matrix/wolfssl.ts';

const pki: InteropPki = await createInteropPki();
afterAll(() => pki.remove());

const PEERS: readonly (readonly [peer: Parameters<typeof findPeer>[0], make: (version: string) => MatrixPeer])[] = [
  ['openssl', (version) => openSslInMatrix(pki, version)],
  ['gnutls-cli', (version) => gnuTlsInMatrix(pki, version)],
  ['wolfssl', (version) => wolfSslInMatrix(pki, buildWolfSsl(pki), version)],
];

const ROWS = rows();
const SEED = process.env['FOXTLS_SEED'] ?? '1';
/** Of each peer and role, in the short tier. */
const SAMPLE = 16;
const DOCUMENT = new URL('../docs/interop.md', import.meta.url);

const columns: Column[] = [];
const outcomes = new Map<string, { green: number; failed: string[]; lacking: string[] }>();
const outcomeOf = ({ version, suite }: Row, { peer, ourRole }: Column) => {
  const name = [version, suite.name, peer.name, ourRole].join('/');
  const outcome = outcomes.get(name) ?? { green: 0, failed: [], lacking: [] };
  outcomes.set(name, outcome);
  return outcome;
};

for (const [name, make] of PEERS) {
  const found = findPeer(name);
  if (found === undefined) it(`finds ${name}`, (context) => context.skip(peerMissing(name)));
  else {
    const peer = make(found.version);
    columns.push({ peer, ourRole: 'client' }, { peer, ourRole: 'server' });
  }
}

const titled = columns.map((column) => [`our ${column.ourRole} and ${column.peer.name} ${column.peer.version}`, column] as const);
describe.each(titled)('%s', (_title, column) => {
  const { peer, ourRole } = column;
  const servers = startedOnce(peer);
  afterAll(servers.stop);
  const lackOf = (cell: Cell) => (ourRole === 'client' ? peer.serverLacks(cell) : peer.clientLacks(cell));
  const all = ROWS.filter(({ suite }) => peer.has(suite)).flatMap(cellsOf);
  for (const cell of all) {
    const lack = lackOf(cell);
    if (lack !== undefined) outcomeOf(cell, column).lacking.push(lack);
  }
  const tried = sampleOf(all.filter((cell) => lackOf(cell) === undefined)).map((cell) => [titleOf(cell), cell] as const);

  it.each(tried)('agree on %s', async (_title, cell) => {
    const outcome = outcomeOf(cell, column);
    try {
      if (ourRole === 'client') await tryOurClient(pki, peer, await servers.of(cell), cell);
      else await tryOurServer(pki, peer, cell);
      outcome.green++;
    } catch (error) {
      outcome.failed.push(`${cell.mode} (${cell.key}): failed`);
      throw error;
    }
  });
});

it('is what docs/interop.md says', (context) => {
  longTierOrSkip(context);
  if (columns.length < PEERS.length * 2) context.skip('a peer is missing');
  const table = formatTable(ROWS, columns, outcomeOf);
  if (process.env['FOXTLS_INTEROP'] === 'write') writeFileSync(DOCUMENT, table);
  const written = readFileSync(DOCUMENT, 'utf8');
  const versions = /^Peers: .*?\. /m;
  if (versions.exec(written)?.[0] !== versions.exec(table)?.[0])
    context.skip('docs/interop.md is about other versions of the peers');
  expect(table).toBe(written);
});

/** In the short tier some, chosen by the seed; always the same of the same seed. */
function sampleOf(cells: readonly Cell[]): readonly Cell[] {
  if (isLongTier) return cells;
  const place = (cell: Cell) =>
    createHash('sha256')
      .update(`${SEED}/${titleOf(cell)}`)
      .digest('hex');
  return [...cells].sort((a, b) => (place(a) < place(b) ? -1 : 1)).slice(0, SAMPLE);
}

/** The servers of a peer, each started when the first cell needs it. */
function startedOnce(peer: MatrixPeer) {
  const running = new Map<string, RunningServer>();
  return {
    async of(cell: Cell): Promise<RunningServer> {
      const name = JSON.stringify(peer.server(cell, 0));
      const known = running.get(name);
      if (known !== undefined) return known;
      const port = await findFreePort();
      const { command, arguments: parameters, ready, ...options } = peer.server(cell, port);
      const server = { port, process: new PeerProcess(command, parameters, options) };
      running.set(name, server);
      await server.process.prints(ready);
      return server;
    },
    stop: async () => {
      await Promise.all([...running.values()].map(({ process }) => process.stop()));
    },
  };
}
