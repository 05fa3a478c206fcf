/**
 * What hostile peers cost a server and a client, of foxtls and of node:tls: hundreds or thousands that stop somewhere, or send what is dear to take.
 *
 *     node bench/hostile.mjs [--connections 500] [--silent 10000] [--timeout 60000] [--only TEXT] [--write]
 *
 * Who is attacked is a process of its own, with a file descriptor a connection: `ulimit -n` has to be above their number. What is measured is the
 * growth of its memory a connection, after garbage collection, when all have come as far as they go; its CPU time a connection until then; the
 * longest that its event loop was there for nobody else; how long a connection takes that comes then; and what became of the hostile ones in the
 * end, when the time for handshakes (`--timeout`) is over. The peers are those of hostile-clients.mjs and hostile-servers.mjs.
 */

import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import tls from 'node:tls';
import { parseArgs } from 'node:util';
import { attackServer, HOSTILE_CLIENTS } from './hostile-clients.mjs';
import { SETTLED } from './hostile-peers.mjs';
import { HOSTILE_SERVERS, openServer } from './hostile-servers.mjs';
import { makePkis } from './pki.mjs';
import { message, start } from './processes.mjs';
import { addResults } from './results.mjs';

const { values: args } = parseArgs({
  options: {
    connections: { type: 'string', default: '500' },
    silent: { type: 'string', default: '10000' },
    timeout: { type: 'string', default: '60000' },
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
});
const timeout = Number(args.timeout);
const environment = { BENCH_PKI: JSON.stringify(await makePkis()) };
const { ecdsa } = JSON.parse(environment.BENCH_PKI);
const HEAD = ['peers', 'attacked', 'RSS, kB', 'heap, kB', 'CPU, ms', 'longest pause, ms', 'another is served in', 'in the end'];

const lines = [HEAD, HEAD.map(() => '---')];
const ATTACKS = [
  ...Object.entries(HOSTILE_CLIENTS).map(([title, settings]) => [`client: ${title}`, settings, measureServer]),
  ...Object.entries(HOSTILE_SERVERS).map(([title, settings]) => [`server: ${title}`, settings, measureClient]),
];
for (const [title, settings, measure] of ATTACKS) {
  if (!title.includes(args.only)) continue;
  for (const name of [...(settings.withNet ? ['net'] : []), 'node:tls', 'foxtls']) {
    const { count, figures } = await measure(name, settings);
    lines.push([`${count}, ${title}`, name, ...figures]);
    console.log(lines.at(-1).join(' | '));
  }
}
if (args.write)
  addResults(
    'bench/hostile.mjs',
    1,
    lines.map((line) => `| ${line.join(' | ')} |`),
  );
process.exit(0);

async function measureServer(name, settings) {
  const { before = false, isMany = false, server = 'echo', share = 1 } = settings;
  const count = isMany ? Number(args.silent) : Math.ceil(Number(args.connections) * share);
  const subject = startSubject(name, server);
  try {
    const { port } = await message(subject);
    // What a server takes once for such a load is not a connection's.
    await closeAll(await attackServer(settings, port, Math.ceil(count / 10)));
    const started = await ask(subject);
    const peers = await attackServer(settings, port, count);
    const reached = await ask(subject);
    const served = name === 'net' || server !== 'echo' ? '' : `${await serve(port)} ms`;
    if (before && name !== 'net') await Promise.all(peers.map(({ closed }) => closed));
    const after = await ask(subject);
    await closeAll(peers);
    return { count, figures: figuresOf(started, reached, after, count, served) };
  } finally {
    subject.kill();
  }
}

async function measureClient(name, settings) {
  const { before = false, share = 1 } = settings;
  const count = Math.ceil(Number(args.connections) * share);
  const { port, ca } = await openServer(settings);
  const subject = startSubject(name, 'client');
  try {
    await message(subject);
    const open = async (number) => {
      subject.send({ port, ca, count: number });
      await pause(4 * SETTLED + 10 * number);
    };
    await open(Math.ceil(count / 10));
    const started = await ask(subject);
    await open(count);
    const reached = await ask(subject);
    if (before) await pause(timeout);
    return { count, figures: figuresOf(started, reached, await ask(subject), count, '') };
  } finally {
    subject.kill();
  }
}

function figuresOf(started, reached, after, count, served) {
  const each = (what) => ((reached[what] - started[what]) / count / 1000).toFixed(1);
  const cpu = ((reached.cpu - started.cpu) / count).toFixed(2);
  const end = `${after.refused - started.refused} given up, ${after.connections} open`;
  return [each('rss'), each('heap'), cpu, reached.pause.toFixed(0), served, after.lastError ? `${end}, ${after.lastError}` : end];
}

function startSubject(name, behaviour) {
  const options = { environment, execArgv: ['--expose-gc'], timeout: 300_000 };
  return start('hostile-subject.mjs', [name, behaviour, args.timeout], options);
}

async function closeAll(peers) {
  for (const peer of peers) peer.destroy();
  await Promise.all(peers.map(({ closed }) => closed));
  await pause(SETTLED);
}

/** Milliseconds of a whole connection beside the hostile ones. */
async function serve(port) {
  const begun = performance.now();
  const socket = tls.connect({ port, host: '127.0.0.1', ca: ecdsa.ca, servername: 'localhost' });
  socket.write('.');
  await once(socket, 'data');
  socket.destroy();
  return Math.round(performance.now() - begun);
}

function ask(subject) {
  subject.send('figures');
  return message(subject);
}
