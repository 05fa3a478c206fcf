import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BOTH } from './dtls.fixture.ts';
import { connect, type DatagramSocket, type DtlsConnectOptions, listen } from './dtls.ts';
import { ca, server } from './endpoints.fixture.ts';

let now = 0;
beforeEach(() => {
  now = 1000;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function pass(milliseconds: number): void {
  for (let passed = 0; passed < milliseconds; passed += 10) {
    now += 10;
    vi.advanceTimersByTime(10);
  }
}

/** One end of a wire: what it sends is the other's at once. */
class WireEnd implements DatagramSocket {
  other!: WireEnd;
  sent = 0;
  /** Those that arrive. */
  most = Number.POSITIVE_INFINITY;
  readonly #port: number;
  #listener: (message: Uint8Array, from: { address: string; port: number }) => void = () => {};

  constructor(port: number) {
    this.#port = port;
  }

  address() {
    return { address: '127.0.0.1', family: 'IPv4', port: this.#port };
  }

  on(event: string, listener: (...args: never[]) => void): void {
    if (event === 'message') this.#listener = listener as never;
  }

  send(datagram: Uint8Array, _port: number, _address: string, callback: (error: Error | null) => void): void {
    this.sent++;
    callback(null);
    if (this.sent <= this.most) queueMicrotask(() => this.other.#listener(datagram.slice(), this.address()));
  }

  close(callback: () => void): void {
    callback();
  }

  ref(): void {}
  unref(): void {}
}

function wire(): readonly [WireEnd, WireEnd] {
  const [one, other] = [new WireEnd(1), new WireEnd(2)];
  one.other = other;
  other.other = one;
  return [one, other];
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

function start(options: DtlsConnectOptions) {
  const [theirs, ours] = wire();
  const endpoint = listen(() => {}, { ...server, socket: theirs });
  const session = connect('127.0.0.1', 1, { ca, servername: 'localhost', socket: ours, ...options });
  return { endpoint, session, theirs, ours };
}

describe('the timer of a client of DTLS 1.3', () => {
  it.each([
    { adaptTimeout: true, again: 1 },
    { adaptTimeout: false, again: 0 },
  ])('follows the path, or not: adaptTimeout is $adaptTimeout', async ({ adaptTimeout, again }) => {
    const { endpoint, session, ours, theirs } = start({ minVersion: 'DTLSv1.3', adaptTimeout });
    // The server's first answer is the last.
    theirs.most = 1;
    while (ours.sent < 2) await turn();
    // A round trip takes no time here: then it is the least that a timer is, 100 ms.
    pass(250);
    expect(ours.sent - 2).toBe(again);
    pass(1000);
    expect(ours.sent - 2).toBeGreaterThan(again);
    session.destroy();
    endpoint.destroy();
  });
});

describe.each(BOTH)('a client of %s', (version) => {
  it('gives up after as many retransmissions as it is told', async () => {
    const { endpoint, session, ours } = start({
      minVersion: version,
      maxVersion: version,
      maxRetransmissions: 2,
      adaptTimeout: false,
    });
    ours.most = 0;
    pass(7000);
    await expect(session.opened).rejects.toMatchObject({ code: 'ERR_TLS_HANDSHAKE_TIMEOUT' });
    expect(session.stats.retransmitCount).toBe(2n);
    endpoint.destroy();
  });
});

describe('tickets of DTLS 1.3', () => {
  it.each([
    { delayAcknowledgements: false, later: 0 },
    { delayAcknowledgements: true, later: 1 },
  ])(
    'are acknowledged at once, or later: delayAcknowledgements is $delayAcknowledgements',
    async ({ delayAcknowledgements, later }) => {
      const { endpoint, session, ours } = start({ delayAcknowledgements, adaptTimeout: false });
      let tickets = 0;
      session.on('session', () => tickets++);
      await session.opened;
      while (tickets === 0) await turn();
      for (let turns = 0; turns < 5; turns++) await turn();
      const { sent } = ours;
      pass(300);
      expect(ours.sent - sent).toBe(later);
      session.destroy();
      endpoint.destroy();
    },
  );
});
