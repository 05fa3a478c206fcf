import { Duplex } from 'node:stream';
import { connect, createServer, type TLSSocket } from 'foxtls/tls';
import { describe, expect, it } from 'vitest';
import type { Report } from '../command/report.ts';
import { TokenPairing } from './pairing.ts';
import { Room } from './room.ts';
import { type House, ServedClient } from './served-client.ts';
import { serverPem } from './server-pem.fixture.ts';

/** Two ends of a pipe that holds little: nothing of the kernel's buffers is between a server and a client that does not read. */
function pipe(): [Duplex, Duplex] {
  const options = { highWaterMark: 4096, allowHalfOpen: true };
  const make = (other: () => Duplex): Duplex => {
    let waiting: (() => void) | undefined;
    return Object.assign(
      new Duplex({
        ...options,
        read() {
          const done = waiting;
          waiting = undefined;
          done?.();
        },
        write(chunk, _encoding, callback) {
          const peer = other();
          if (peer.push(chunk)) callback();
          else (peer as Duplex & { hold: (done: () => void) => void }).hold(callback);
        },
        final(callback) {
          other().push(null);
          callback();
        },
      }),
      {
        hold: (done: () => void) => {
          waiting = done;
        },
      },
    );
  };
  const a: Duplex = make(() => b);
  const b: Duplex = make(() => a);
  return [a, b];
}

const pem = serverPem();

function makeHouse(silence = 60_000) {
  const said: string[] = [];
  const report: Report = {
    say: (line) => void said.push(line),
    explain: (line) => void said.push(`(${line})`),
    complain: () => {},
  };
  let id = 0;
  const house: House = {
    room: new Room(),
    rules: 'all-tls',
    report,
    tokens: new TokenPairing(),
    nextId: async () => id++,
    stop: () => {},
    silence,
  };
  return { house, said };
}

async function enter(house: House, ...words: string[]): Promise<Entered> {
  const [near, far] = pipe();
  const server = createServer({ ...pem, ALPNProtocols: ['foxtls-chat'] });
  const accepted = new Promise<TLSSocket>((resolve) => server.once('secureConnection', resolve));
  server.emit('connection', near);
  const client = connect({ socket: far, servername: 'localhost', ca: pem.ca, ALPNProtocols: ['foxtls-chat'] });
  client.on('error', () => {});
  await new Promise((resolve) => client.once('secureConnect', resolve));
  for (const word of words) client.writeRecord(word);
  const served = new ServedClient(house, await accepted).run();
  expect(`${await client.readRecord()}`).toBe('@welcome');
  const [, id, token = ''] = /^(\d+) ([0-9a-f]{32})$/.exec(`${await client.readRecord()}`) ?? [];
  return { client, served, id: Number(id), token };
}

interface Entered {
  readonly client: TLSSocket;
  readonly served: Promise<void>;
  readonly id: number;
  readonly token: string;
}

describe('a client that is served', () => {
  it('is let go when it does not read, and the others go on', async () => {
    const { house, said } = makeHouse();
    const sleeper = await enter(house, 'Sleeper');
    const reader = await enter(house, 'Reader');
    const heard: string[] = [];
    const reading = (async () => {
      for await (const record of reader.client.records()) heard.push(`${record}`);
    })();
    const speaker = { id: 99, name: 'Speaker' };
    for (let i = 0; i < 600; i++) {
      house.room.say(speaker, `${i} ${'x'.repeat(900)}`);
      // The one that reads is given the time.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await sleeper.served;
    expect(said).toContain('(a client that does not read is let go)');
    expect(said).toContain('[System] Client Sleeper left');
    expect(house.room.members.map(({ name }) => name)).toEqual(['Reader']);
    reader.client.writeRecord('quit');
    await reader.served;
    await reading;
    expect(heard.filter((record) => record === 'Speaker')).toHaveLength(600);
  });

  it('has no more than the queue that there is for it', async () => {
    const { house } = makeHouse();
    const { client } = await enter(house, 'Sleeper');
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 20_000; i++) house.room.say({ id: 99, name: 'Speaker' }, 'x'.repeat(1000));
    // 20 MB were said at once.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000);
    client.destroy();
  });

  it('is told why when it is dismissed', async () => {
    const { house } = makeHouse();
    await house.nextId();
    const { client, served } = await enter(house, 'Luca');
    // Who took the name at another server at the same time has the smaller id.
    house.room.receive('other', { type: 'join', id: 0, name: 'Luca', key: '' }, 0);
    expect(`${await client.readRecord()} ${await client.readRecord()}`).toBe('@refused the name Luca is taken');
    expect(await client.readRecord()).toBeNull();
    await served;
  });

  it('may come back by another connection, as who it was', async () => {
    const { house, said } = makeHouse();
    const first = await enter(house, 'Luca');
    await enter(house, 'Maria');
    const again = await enter(house, `@resume ${first.token}`, 'anybody');
    expect([again.id, again.token]).toEqual([first.id, first.token]);
    expect(`${await first.client.readRecord()} ${await first.client.readRecord()}`).toBe(
      '@refused you are here twice: the newer connection stays',
    );
    expect(await first.client.readRecord()).toBeNull();
    await first.served;
    expect(house.room.members).toEqual([
      { id: 0, name: 'Luca' },
      { id: 1, name: 'Maria' },
    ]);
    expect(said.filter((line) => line.endsWith('left'))).toEqual([]);
    again.client.writeRecord('quit');
    await again.served;
    expect(said.at(-1)).toBe('[System] Client Luca left');
  });

  it('is let go when it gives no sign of life', async () => {
    const { house, said } = makeHouse(1000);
    const [silent, lively] = [await enter(house, 'Silent'), await enter(house, 'Lively')];
    const timer = setInterval(() => lively.client.writeRecord('@ping'), 50);
    const pongs: string[] = [];
    void (async () => {
      for await (const record of lively.client.records()) pongs.push(`${record}`);
    })().catch(() => {});
    await silent.served;
    expect(said).toContain('(Silent was not heard for 1 s)');
    expect(house.room.members.map(({ name }) => name)).toEqual(['Lively']);
    expect(pongs.slice(0, 4)).toEqual(['@pong', '-', '@pong', '-']);
    clearInterval(timer);
    await lively.served;
    expect(house.room.members).toEqual([]);
    lively.client.destroy();
  });

  it('harms nobody by records too small for a line', async () => {
    const { house, said } = makeHouse();
    const { client, served } = await enter(house, 'Luca');
    // As when it has agreed on records of less than a line: writeRecord throws.
    house.room.say({ id: 9, name: 'Maria' }, 'x'.repeat(20_000));
    await served;
    expect(said.join()).toContain('a record of 20000 bytes');
    client.destroy();
  });
});
