// The server's process of a DTLS benchmark: `node --expose-gc dtls-server.mjs IMPLEMENTATION SETTING SCENARIO`, talking to the runner over IPC.
import { load } from './dtls-implementations.mjs';

const [name, setting, scenario] = process.argv.slice(2);
const { serve } = await load(name);
let opened = 0;
/** Sessions that sleep, by their clients' addresses. */
const asleep = new Map();
/** Messages that one answer is for, in one direction. */
const BURST = 32;

/** What a server does with a session, by scenario. */
const SCENARIOS = {
  // One message is echoed: then both ends have done all of their handshake.
  handshake: (session) =>
    session.onMessage((message) => {
      session.send(message);
      session.forget();
    }),
  echo: (session) => session.onMessage((message) => session.send(message)),
  sink(session) {
    let count = 0;
    const answer = Buffer.of(1);
    session.onMessage(() => {
      if (++count % BURST === 0) session.send(answer);
    });
  },
  idle(session) {
    opened++;
    session.onMessage((message) => session.send(message));
  },
  // Says something when it is spoken to, and goes to sleep when no more comes.
  sleeper(session) {
    asleep.delete(session.address);
    session.onMessage((message) => {
      session.send(message);
      setTimeout(async () => asleep.set(session.address, await session.sleep()), 100);
    });
  },
};

const findSleeping = scenario === 'sleeper' ? ({ address, port }) => asleep.get(`${address}:${port}`) : undefined;
const port = await serve(setting, JSON.parse(process.env.BENCH_PKI).ecdsa, SCENARIOS[scenario], findSleeping);
process.send({ port });

process.on('message', async (message) => {
  const { user, system } = process.cpuUsage();
  if (message === 'cpu') return process.send({ cpu: user + system });
  if (message !== 'memory') return process.exit(0);
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send({ rss, heap: heapUsed + external, connections: scenario === 'sleeper' ? asleep.size : opened });
});
