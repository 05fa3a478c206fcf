// The client's process of a DTLS benchmark: `node dtls-client.mjs IMPLEMENTATION SETTING SCENARIO PORT ARGUMENTS-AS-JSON`; sends its figure over IPC.
import { randomBytes } from 'node:crypto';
import { load } from './dtls-implementations.mjs';

const [name, setting, scenario, portText, text] = process.argv.slice(2);
const port = Number(portText);
const options = JSON.parse(text);
const pki = JSON.parse(process.env.BENCH_PKI).ecdsa;
const { connect, wake } = await load(name);
/** As in dtls-server.mjs. */
const BURST = 32;
/** Milliseconds without an answer after which messages count as lost. */
const STALLED = 50;
/** Milliseconds after the end in which a handshake that has begun can be over. */
const STUCK = 2000;
/** Ports of clients that vanish, of each address: below those that the system gives out. */
const FIRST_PORT = 10_000;
const PORTS = 20_000;
/** Of the loopback, another one for each benchmark that runs. */
const NETWORK = `127.1.${process.ppid % 256}`;

/** What this process had used of the processor when counting began, in microseconds. */
let usedBefore = 0;

function used() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** What follows counts: the runner asks the server what it has used so far. */
function begin() {
  process.send({ begun: true });
  usedBefore = used();
  return performance.now();
}

/**
 * Handshakes a second, `concurrency` at a time, for `seconds`, after `warmUpCount` of them, or `warmUp` seconds, in which compilers and caches
 * settle.
 */
async function handshakes({ concurrency, seconds, warmUp, warmUpCount }) {
  let count = 0;
  let isOver = false;
  const worker = async () => {
    while (!isOver) {
      const session = await connect(setting, pki, port);
      await echoed(session);
      count++;
      await session.close();
    }
  };
  const workers = Array.from({ length: concurrency }, worker);
  const latest = performance.now() + warmUp * 1000;
  while (count < warmUpCount && performance.now() < latest) await new Promise((resolve) => setTimeout(resolve, 20));
  count = 0;
  const started = begin();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  isOver = true;
  // An end that never answers has cost what it did.
  await Promise.race([Promise.all(workers), new Promise((resolve) => setTimeout(resolve, STUCK))]);
  if (count === 0) throw new Error(`${name}: no handshake came to its end`);
  return { figure: (1000 * count) / (performance.now() - started), count, cpu: used() - usedBefore };
}

function echoed(session, message = Buffer.of(1)) {
  return new Promise((resolve) => {
    session.onMessage(resolve);
    session.send(message);
  });
}

/** Messages a second that came back, `window` of them under way. */
function echo({ size, window, seconds, warmUp }) {
  return messages({ size, window, seconds, warmUp, answers: 1 });
}

/** Messages a second that arrived, in one direction: the server answers each `BURST` of them. */
function oneWay({ size, window, seconds, warmUp }) {
  return messages({ size, window, seconds, warmUp, answers: BURST });
}

async function messages({ size, window, seconds, warmUp, answers }) {
  const session = await connect(setting, pki, port);
  const message = Buffer.alloc(size, 0x66);
  let underWay = 0;
  let count = 0;
  let lastAnswer = performance.now();
  const fill = () => {
    for (; underWay < window; underWay++) session.send(message);
  };
  session.onMessage(() => {
    lastAnswer = performance.now();
    count += answers;
    underWay = Math.max(0, underWay - answers);
    fill();
  });
  const stalled = setInterval(() => {
    if (performance.now() - lastAnswer < STALLED) return;
    underWay = 0;
    fill();
  }, STALLED);
  fill();
  await new Promise((resolve) => setTimeout(resolve, warmUp * 1000));
  count = 0;
  const started = begin();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const figure = (1000 * count) / (performance.now() - started);
  clearInterval(stalled);
  if (count === 0) throw new Error(`${name}: no message came back`);
  return { figure, count, cpu: used() - usedBefore };
}

/** Of clients that sleep, when they are kept. */
const asleep = [];

/** Opens sessions from addresses of their own, has a message of each echoed, and leaves them to the server. */
async function sessions({ count, from, keeps }) {
  let next = from;
  const worker = async () => {
    for (let number = next++; number < from + count; number = next++) {
      const bindHost = `${NETWORK}.${2 + Math.floor(number / PORTS)}`;
      const session = await connect(setting, pki, port, { bindHost, bindPort: FIRST_PORT + (number % PORTS) });
      await echoed(session);
      if (keeps) asleep.push(await session.sleep());
      else session.vanish();
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  // Acknowledgements arrive.
  await new Promise((resolve) => setTimeout(resolve, 200));
  return { figure: count };
}

const SCENARIOS = { handshakes, echo, oneWay, sessions };
/** Wakes clients drawn at random, one after another, and has a message of each echoed. How many were answered. */
async function draw(count) {
  let answered = 0;
  for (let drawn = 0; drawn < count; drawn++) {
    const at = Math.floor(Math.random() * asleep.length);
    const session = wake(setting, pki, asleep[at]);
    const message = randomBytes(16);
    const answer = await Promise.race([echoed(session, message), new Promise((resolve) => setTimeout(resolve, STUCK))]);
    if (answer !== undefined && message.equals(answer)) answered++;
    asleep[at] = await session.sleep();
  }
  return answered;
}

const figures = await SCENARIOS[scenario](options);
process.send(figures, () => options.keeps || process.exit(0));
process.on('message', async (count) => process.send({ figure: await draw(count) }));
