/**
 * `npm run bench`: foxtls beside node:tls and lemon-tls, server and client in two processes, rounds interleaved.
 *
 *     node bench/run.mjs [--rounds 5] [--only TEXT] [--quick] [--write]
 *
 * `--only` takes the lines whose title has the text in it: `--only 'TLS 1.2'` those of TLS 1.2; the others are of TLS 1.3.
 * Every figure is a ratio against node:tls of the same round: min / median / max over the rounds. For memory and import time less is
 * better, for the others more. `--write` puts the table into bench/results.md.
 */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readArguments } from './arguments.mjs';
import { bundleSizes } from './bundle.mjs';
import { IMPLEMENTATIONS, load } from './implementations.mjs';
import { makePkis } from './pki.mjs';
import { message, start } from './processes.mjs';
import { addResults, figureWithRatios, median } from './results.mjs';
import { isOffered } from './settings.mjs';

const args = readArguments();
const { rounds } = args;
const seconds = args.quick ? 0.5 : 1.5;
const warmUp = args.quick ? 0.5 : 3;
const megabytes = (count) => (args.quick ? count / 8 : count) * 1e6;

const SCENARIOS = [
  handshakes('full handshakes/s, concurrency 1', { concurrency: 1, resume: false }),
  handshakes('full handshakes/s, concurrency 16', { concurrency: 16, resume: false }),
  handshakes('resumed handshakes/s, concurrency 1', { concurrency: 1, resume: true }),
  handshakes('resumed handshakes/s, concurrency 16', { concurrency: 16, resume: true }),
  bulk('client to server MB/s, 64 KiB writes', 'upload', 65536, megabytes(600)),
  bulk('client to server MB/s, 1 KiB writes', 'upload', 1024, megabytes(200)),
  bulk('client to server MB/s, 64 B writes', 'upload', 64, megabytes(50)),
  bulk('server to client MB/s, 64 KiB writes', 'download', 65536, megabytes(600)),
  bulk('server to client MB/s, 1 KiB writes', 'download', 1024, megabytes(200)),
  bulk('server to client MB/s, 64 B writes', 'download', 64, megabytes(50)),
  ...memory(),
  ...tls12(),
  { title: 'import ms', digits: 0, measure: (implementation) => ({ 'import ms': importTime(implementation) }) },
].filter(({ title }) => title.includes(args.only));

function tls12() {
  const suites = ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305'];
  const full = (suite) =>
    handshakes(`TLS 1.2, ${suite}: full handshakes/s, concurrency 16`, { concurrency: 16, resume: false }, suite);
  return [
    full('ECDHE-ECDSA-AES128-GCM-SHA256'),
    full('ECDHE-RSA-AES128-GCM-SHA256'),
    full('PSK-AES128-GCM-SHA256'),
    handshakes(`TLS 1.2, ${suites[0]}: resumed handshakes/s, concurrency 16`, { concurrency: 16, resume: true }, suites[0]),
    ...suites.flatMap((suite) => [
      bulk(`TLS 1.2, ${suite}: client to server MB/s, 64 KiB writes`, 'upload', 65536, megabytes(600), suite),
      bulk(`TLS 1.2, ${suite}: server to client MB/s, 64 KiB writes`, 'download', 65536, megabytes(600), suite),
    ]),
  ];
}

function handshakes(title, options, setting) {
  return one(title, 0, 'handshake', 'handshakes', { ...options, seconds, warmUp }, setting);
}

function bulk(title, direction, size, total, setting) {
  return one(title, 1, direction, direction, { size, total }, setting);
}

function one(title, digits, serverScenario, clientScenario, options, setting = 'TLS 1.3') {
  const measure = async (implementation) => {
    if (!isOffered(implementation, await load(implementation), setting))
      throw new Error(`NOT MEASURED, it does not offer ${setting}`);
    return { [title]: await session(implementation, setting, serverScenario, clientScenario, options) };
  };
  return { title, digits, measure };
}

function memory() {
  const rss = 'server kB a connection, RSS';
  const heap = 'server kB a connection, heap and external';
  const connections = args.quick ? 200 : 1000;
  const measure = async (implementation) => {
    const grown = await session(implementation, 'TLS 1.3', 'idle', 'idle', { connections });
    return { [rss]: grown.rss / connections / 1000, [heap]: grown.heap / connections / 1000 };
  };
  return [{ title: `idle memory (${rss}; ${heap})`, digits: 1, measure }];
}

/** Runs a server and a client; gives the client's figure, or for `idle` the growth of the server's memory. */
async function session(implementation, setting, serverScenario, clientScenario, options) {
  const server = start('server.mjs', [implementation, setting, serverScenario], { environment, execArgv: ['--expose-gc'] });
  try {
    const { port } = await message(server);
    const clientArguments = [implementation, setting, clientScenario, String(port), JSON.stringify(options)];
    const client = start('client.mjs', clientArguments, { environment });
    const { figure, warm } = await message(client);
    if (!warm) return figure;
    const before = await askMemory(server);
    client.send('go');
    await message(client);
    const after = await askMemory(server);
    if (after.connections !== options.connections)
      throw new Error(`${implementation}: ${after.connections} connections are open`);
    client.send('end');
    return { rss: after.rss - before.rss, heap: after.heap - before.heap };
  } finally {
    server.kill();
  }
}

function askMemory(server) {
  server.send('memory');
  return message(server);
}

/** Milliseconds from the start of a process until the module is there, less those of an empty process. */
function importTime(implementation) {
  const specifier = implementation === 'foxtls' ? 'foxtls/tls' : implementation;
  const run = (code) => {
    const started = performance.now();
    execFileSync(process.execPath, ['--input-type=module', '-e', code], { cwd: fileURLToPath(new URL('.', import.meta.url)) });
    return performance.now() - started;
  };
  const time = run(`import '${specifier}'`);
  return time - run('');
}

/** A peer that fails is reported and leaves its column empty; it does not stop the others. */
async function measureOnce(measure, implementation, title) {
  try {
    return await measure(implementation);
  } catch (error) {
    console.error(`\n${title}: ${implementation}: ${error.message}`);
    return {};
  }
}

/** One line of the table for each figure of a scenario. */
async function measureScenario({ title, digits, measure }) {
  const figures = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const implementation of IMPLEMENTATIONS) {
      process.stderr.write(`\r\x1b[K${title}: round ${round + 1} of ${rounds}, ${implementation}`);
      const measured = await measureOnce(measure, implementation, title);
      for (const [name, value] of Object.entries(measured)) {
        const lists = figures.get(name) ?? new Map();
        lists.set(implementation, [...(lists.get(implementation) ?? []), value]);
        figures.set(name, lists);
      }
    }
  }
  process.stderr.write('\r\x1b[K');
  return [...figures].map(([name, lists]) => tableRow(name, lists, digits));
}

function tableRow(name, lists, digits) {
  const base = lists.get('node:tls') ?? [];
  const ours = (implementation) => {
    const values = lists.get(implementation) ?? [];
    if (values.length === 0) return 'failed, or not offered';
    return figureWithRatios(values, base, digits);
  };
  return `| ${name} | ${median(base).toFixed(digits)} | ${ours('foxtls')} | ${ours('lemon-tls')} |`;
}

const environment = { BENCH_PKI: JSON.stringify(await makePkis()) };
const header = ['| figure | node:tls | foxtls (ratio min / median / max) | lemon-tls (ratio) |', '|---|---|---|---|'];
const rows = [];
for (const line of header) console.log(line);
for (const scenario of SCENARIOS) {
  for (const row of await measureScenario(scenario)) {
    console.log(row);
    rows.push(row);
  }
}
const { whole, protocol } = await bundleSizes();
const size = ({ minified, gzipped }) => `${gzipped.toFixed(1)} kB gzipped (${minified.toFixed(1)} minified)`;
const bundle = `A TLS 1.3 client with X.509 in a bundle: ${size(whole)}; without its cryptography ${size(protocol)}.`;
console.log(`\n${bundle}`);
if (args.write) addResults('bench/run.mjs', rounds, [...header, ...rows]);
