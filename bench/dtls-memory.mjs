/**
 * Memory of a DTLS server with thousands of sessions on one socket, that say nothing: beside werift-dtls and lemon-tls.
 *
 *     node bench/dtls-memory.mjs [--sessions 10000] [--peers 1000] [--rounds 3] [--only TEXT] [--write]
 *
 * Clients are another process. Each does its handshake, has one message echoed, and vanishes without a word: the server can't know. What is
 * measured is the growth of the server's memory, after garbage collection, from the `--peers` sessions (those of other implementations, too) that
 * came first to the end: what a server takes once is not a session's. Figures are bytes a session: RSS, which has garbage in it that the system
 * was not given back, and heap and external memory.
 */

import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { isOffered } from './dtls-implementations.mjs';
import { makePki } from './pki.mjs';
import { message, start } from './processes.mjs';
import { addResults, median } from './results.mjs';

const { values: args } = parseArgs({
  options: {
    sessions: { type: 'string', default: '10000' },
    peers: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
});
const rounds = Number(args.rounds);
const first = Number(args.peers);
const environment = { BENCH_PKI: JSON.stringify({ ecdsa: await makePki() }) };

const LINES = [
  ['foxtls', 'DTLS 1.3', Number(args.sessions)],
  ['foxtls', 'DTLS 1.2', Number(args.sessions)],
  ['werift-dtls', 'DTLS 1.2', first],
  ['lemon-tls', 'DTLS 1.3', first],
  ['lemon-tls', 'DTLS 1.2', first],
].filter(([name, setting]) => isOffered(name, setting) && `${name} ${setting}`.includes(args.only));

async function measure(name, setting, sessions) {
  const processOptions = { environment, timeout: 600_000 };
  const server = start('dtls-server.mjs', [name, setting, 'idle'], { ...processOptions, execArgv: ['--expose-gc'] });
  const clients = [];
  const open = async (count, from) => {
    const clientArguments = [name, setting, 'sessions', String(port), JSON.stringify({ count, from })];
    const client = start('dtls-client.mjs', clientArguments, processOptions);
    clients.push(client);
    await message(client);
    return ask(server);
  };
  const { port } = await message(server);
  try {
    const before = await open(first, 0);
    const after = await open(sessions, first);
    const opened = after.connections - before.connections;
    if (opened !== sessions) throw new Error(`${name}: ${opened} sessions are open`);
    return { rss: (after.rss - before.rss) / sessions, heap: (after.heap - before.heap) / sessions };
  } finally {
    for (const child of [server, ...clients]) child.kill();
  }
}

function ask(server) {
  server.send('memory');
  return message(server);
}

const header = ['| figure | bytes a session: RSS, min / median / max | heap and external, min / median / max |', '|---|---|---|'];
const rows = [];
for (const line of header) console.log(line);
for (const [name, setting, sessions] of LINES) {
  const measured = [];
  for (let round = 0; round < rounds; round++) {
    try {
      measured.push(await measure(name, setting, sessions));
    } catch (error) {
      console.error(`${name}, ${setting}: ${error.message}`);
    }
  }
  const cell = (what) => {
    const values = measured.map((figures) => figures[what]);
    return values.length === 0
      ? 'failed'
      : [Math.min(...values), median(values), Math.max(...values)].map(Math.round).join(' / ');
  };
  const row = `| ${name}, ${setting}: ${sessions} idle sessions on one socket | ${cell('rss')} | ${cell('heap')} |`;
  console.log(row);
  rows.push(row);
}
console.log(`\nLoad average ${loadavg()[0].toFixed(1)} at the end.`);
if (args.write) addResults('bench/dtls-memory.mjs', rounds, [...header, ...rows]);
