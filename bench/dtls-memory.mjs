/**
 * Memory of a DTLS server with thousands of sessions on one socket, that say nothing or sleep: beside werift-dtls, lemon-tls, and a process of
 * `openssl s_server` for each.
 *
 *     node bench/dtls-memory.mjs [--sessions 10000] [--peers 1000] [--rounds 3] [--held 0] [--only TEXT] [--write]
 *
 * Clients are another process. Each does its handshake, has one message echoed, and vanishes without a word: the server can't know. What is
 * measured is the growth of the server's memory, after garbage collection, from the `--peers` sessions (those of other implementations, too) that
 * came first to the end: what a server takes once is not a session's. Figures are bytes a session: RSS, which has garbage in it that the system
 * was not given back, and heap and external memory. Idle sessions have objects, with a listener each; those that sleep are a state, an address,
 * and an entry of the server's table (`session.sleep()`, `findSleeping`).
 *
 * `--held N`: once, N idle sessions of foxtls in one process, whose clients are drawn at random in the end, and say something again.
 */

import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { isOffered } from './dtls-implementations.mjs';
import { measureOpenssl } from './openssl-process.mjs';
import { makePki } from './pki.mjs';
import { message, start } from './processes.mjs';
import { addResults, median } from './results.mjs';

const { values: args } = parseArgs({
  options: {
    sessions: { type: 'string', default: '10000' },
    peers: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    held: { type: 'string', default: '0' },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
});
const rounds = Number(args.rounds);
const first = Number(args.peers);
const held = Number(args.held);
const pki = await makePki();
const environment = { BENCH_PKI: JSON.stringify({ ecdsa: pki }) };
/** Clients that say something again, at the end. */
const DRAWN = 500;
/** Milliseconds in which sessions that were used last come to rest, and sleepers fall asleep. */
const SETTLED = 3000;

const WORDS = { idle: 'idle sessions', sleeper: 'sessions asleep' };
const LINES = [
  ['foxtls', 'DTLS 1.3', 'idle', Number(args.sessions)],
  ['foxtls', 'DTLS 1.2', 'idle', Number(args.sessions)],
  ['foxtls', 'DTLS 1.3', 'sleeper', Number(args.sessions)],
  ['foxtls', 'DTLS 1.2', 'sleeper', Number(args.sessions)],
  ['werift-dtls', 'DTLS 1.2', 'idle', first],
  ['lemon-tls', 'DTLS 1.3', 'idle', first],
  ['lemon-tls', 'DTLS 1.2', 'idle', first],
].filter(([name, setting]) => isOffered(name, setting) && `${name} ${setting}`.includes(args.only));

/** Opens the sessions. With `drawn`, so many clients say something again. */
async function measure([name, setting, scenario, sessions], drawn = 0) {
  const processOptions = { environment, timeout: 1_800_000 };
  const server = start('dtls-server.mjs', [name, setting, scenario], { ...processOptions, execArgv: ['--expose-gc'] });
  const clients = [];
  const open = async (count, from) => {
    const clientArguments = [name, setting, 'sessions', String(port), JSON.stringify({ count, from, keeps: drawn > 0 })];
    const client = start('dtls-client.mjs', clientArguments, processOptions);
    clients.push(client);
    await message(client);
    await new Promise((resolve) => setTimeout(resolve, SETTLED));
    return ask(server);
  };
  const { port } = await message(server);
  try {
    const before = await open(first, 0);
    const started = performance.now();
    const after = await open(sessions, first);
    const seconds = (performance.now() - started) / 1000;
    const opened = after.connections - before.connections;
    if (opened !== sessions) throw new Error(`${name}: ${opened} sessions are there`);
    const answered = drawn > 0 ? await draw(clients.at(-1), drawn) : 0;
    const [rss, heap] = [after.rss - before.rss, after.heap - before.heap];
    return { rss: rss / sessions, heap: heap / sessions, wholeRss: after.rss, seconds, answered };
  } finally {
    for (const child of [server, ...clients]) child.kill();
  }
}

function ask(server) {
  server.send('memory');
  return message(server);
}

async function draw(client, count) {
  client.send(count);
  return (await message(client)).figure;
}

const range = (values) => [Math.min(...values), median(values), Math.max(...values)].map(Math.round).join(' / ');
const print = (line) => {
  console.log(line);
  return line;
};

const table = [
  print('| figure | bytes a session: RSS, min / median / max | heap and external, min / median / max |'),
  print('|---|---|---|'),
];
for (const line of LINES) {
  const [name, setting, scenario, sessions] = line;
  const measured = [];
  for (let round = 0; round < rounds; round++) {
    try {
      measured.push(await measure(line));
    } catch (error) {
      console.error(`${name}, ${setting}: ${error.message}`);
    }
  }
  const cell = (what) => (measured.length === 0 ? 'failed' : range(measured.map((figures) => figures[what])));
  table.push(print(`| ${name}, ${setting}: ${sessions} ${WORDS[scenario]} on one socket | ${cell('rss')} | ${cell('heap')} |`));
}
if ('openssl'.includes(args.only)) {
  const measured = [];
  for (let round = 0; round < rounds; round++) measured.push(await measureOpenssl(pki));
  const cell = (what) => range(measured.map((figures) => figures[what]));
  table.push(
    print(`| \`openssl s_server -dtls1_2\`, a process for one session | ${cell('rss')}, of it its own ${cell('own')} | – |`),
  );
}

if (held > 0) {
  table.push(
    '',
    print(
      '| held in one process | opened in, s | RSS of the process, MB | bytes a session: RSS | heap and external | answered, of those drawn |',
    ),
    print('|---|---|---|---|---|---|'),
  );
  for (const [name, setting, scenario] of LINES.filter(([name, , scenario]) => name === 'foxtls' && scenario === 'idle')) {
    const { rss, heap, wholeRss, seconds, answered } = await measure([name, setting, scenario, held], DRAWN);
    const whole = `${seconds.toFixed(0)} | ${(wholeRss / 2 ** 20).toFixed(0)}`;
    const cells = `${whole} | ${Math.round(rss)} | ${Math.round(heap)} | ${answered} of ${DRAWN}`;
    table.push(print(`| ${setting}: ${held} ${WORDS[scenario]} | ${cells} |`));
  }
}
console.log(`\nLoad average ${loadavg()[0].toFixed(1)} at the end.`);
if (args.write) addResults('bench/dtls-memory.mjs', rounds, table);
