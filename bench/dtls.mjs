/**
 * DTLS beside werift-dtls and lemon-tls, and what there is without any: server and client in two processes, over UDP on one machine, rounds interleaved.
 *
 *     npm install --prefix bench/peers --no-package-lock
 *     node bench/dtls.mjs [--rounds 5] [--only TEXT] [--quick] [--write]
 *
 * `--only` takes the lines whose title has the text in it. Every figure is a ratio against werift-dtls of the same round, where it has what is
 * measured: min / median / max over the rounds. Beside each rate stands the time of the processor that both ends take for one, which
 * other programs on the machine change far less; there the ratio says how many times less than werift-dtls. `--write` puts the table into
 * bench/results.md.
 */

import { loadavg } from 'node:os';
import { readArguments } from './arguments.mjs';
import { IMPLEMENTATIONS, isOffered } from './dtls-implementations.mjs';
import { makePki } from './pki.mjs';
import { message, start } from './processes.mjs';
import { addResults, figureWithRatios, median } from './results.mjs';

const args = readArguments();
const { rounds } = args;
const seconds = args.quick ? 0.5 : 2;
const warmUp = args.quick ? 0.5 : 2;
/** A handshake runs through far more code than a message does: V8 has compiled what it will after some thousands. Or after so many seconds. */
const handshakeWarmUp = args.quick ? { warmUpCount: 100, warmUp: 0.5 } : { warmUpCount: 3000, warmUp: 20 };

const SCENARIOS = [
  handshakes('DTLS 1.2', 1),
  handshakes('DTLS 1.2', 16),
  handshakes('DTLS 1.3', 1),
  handshakes('DTLS 1.3', 16),
  handshakes('DTLS 1.2 PSK', 16),
  ...['DTLS 1.2', 'DTLS 1.3'].flatMap((setting) =>
    [64, 1200].flatMap((size) => [
      messages(`${setting}: messages echoed/s, ${size} B`, setting, 'echo', 'echo', { size: fitting(size), window: 16 }),
      messages(`${setting}: messages/s to the server, ${size} B`, setting, 'sink', 'oneWay', {
        size: fitting(size),
        window: 128,
      }),
    ]),
  ),
].filter(({ title }) => title.includes(args.only));

/** Of the 1,200 bytes that a datagram has by default, some are the record's. */
function fitting(size) {
  return size === 1200 ? 1160 : size;
}

function handshakes(setting, concurrency) {
  const title = `${setting}: full handshakes/s, concurrency ${concurrency}`;
  return { title, setting, scenarios: ['handshake', 'handshakes'], options: { concurrency, seconds, ...handshakeWarmUp } };
}

function messages(title, setting, server, client, options) {
  return { title, setting, isOfMessages: true, scenarios: [server, client], options: { ...options, seconds, warmUp } };
}

async function measure(implementation, { setting, scenarios: [serverScenario, clientScenario], options }) {
  const environment = { BENCH_PKI: pki };
  const server = start('dtls-server.mjs', [implementation, setting, serverScenario], { environment });
  let client;
  try {
    const { port } = await message(server);
    const clientArguments = [implementation, setting, clientScenario, String(port), JSON.stringify(options)];
    client = start('dtls-client.mjs', clientArguments, { environment });
    await message(client);
    const before = await cpuOf(server);
    const { figure, count, cpu } = await message(client);
    return { rate: figure, cpu: (cpu + (await cpuOf(server)) - before) / count };
  } finally {
    server.kill();
    client?.kill();
  }
}

async function cpuOf(server) {
  const answer = message(server);
  server.send('cpu');
  return (await answer).cpu;
}

async function measureScenario(scenario) {
  const figures = new Map(IMPLEMENTATIONS.map((implementation) => [implementation, []]));
  for (let round = 0; round < rounds; round++) {
    for (const implementation of IMPLEMENTATIONS) {
      if (!isOffered(implementation, scenario.setting, scenario.isOfMessages ?? false)) continue;
      process.stderr.write(`\r\x1b[K${scenario.title}: round ${round + 1} of ${rounds}, ${implementation}`);
      try {
        figures.get(implementation).push(await measure(implementation, scenario));
      } catch (error) {
        console.error(`\n${scenario.title}: ${implementation}: ${error.message}`);
      }
    }
  }
  process.stderr.write('\r\x1b[K');
  const all = IMPLEMENTATIONS.map((implementation) => figures.get(implementation));
  const rates = all.map((measured) => measured.map(({ rate }) => rate));
  const times = all.map((measured) => measured.map(({ cpu }) => cpu));
  const what = scenario.isOfMessages ? 'message' : 'handshake';
  return [rowOf(scenario.title, rates, figureOf), rowOf(`… µs of CPU a ${what}`, times, timeOf)];
}

function rowOf(title, [base, ...others], write) {
  const cells = others.map((values) => (values.length === 0 ? '–' : write(values, base)));
  return `| ${[title, base.length === 0 ? '–' : Math.round(median(base)), ...cells].join(' | ')} |`;
}

/** With ratios, where there is what to compare with. */
function figureOf(values, base) {
  if (base.length === values.length) return figureWithRatios(values, base, 0);
  return `${[Math.min(...values), median(values), Math.max(...values)].map(Math.round).join(' / ')}`;
}

/** Of times, less is better. */
function timeOf(values, base) {
  if (base.length !== values.length) return figureOf(values, base);
  const ratios = base.map((value, round) => value / values[round]);
  const range = [Math.min(...ratios), median(ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2)).join(' / ');
  return `${median(values).toFixed(0)} (${range})`;
}
const pki = JSON.stringify({ ecdsa: await makePki() });
const header = [
  '| figure | werift-dtls | foxtls (ratio min / median / max) | with packMessages | lemon-tls | UDP and node:crypto | UDP alone |',
  '|---|---|---|---|---|---|---|',
];
const rows = [];
for (const line of header) console.log(line);
for (const scenario of SCENARIOS) {
  for (const row of await measureScenario(scenario)) {
    console.log(row);
    rows.push(row);
  }
}
const load = `Load average ${loadavg()
  .map((figure) => figure.toFixed(1))
  .join(', ')} at the end, of this and what else ran.`;
console.log(`\n${load}`);
if (args.write) addResults('bench/dtls.mjs', rounds, [...header, ...rows, '', load]);
