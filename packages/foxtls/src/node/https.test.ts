import { once } from 'node:events';
import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import http2 from 'node:http2';
import nodeHttps from 'node:https';
import { connect as connectTcp } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { ca, listen, next, readAll, server } from './endpoints.fixture.ts';
import https from './https.ts';
import tls from './tls.ts';

const theirs = nodeHttps as unknown as typeof https;
const PAIRINGS = [
  { title: 'our client and node:https server', client: https, server: theirs },
  { title: 'node:https client and our server', client: theirs, server: https },
  { title: 'our client and our server', client: https, server: https },
] as const;

type Listener = Parameters<typeof https.createServer>[1];

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function open(pairing: (typeof PAIRINGS)[number], listener?: Listener, options: object = {}) {
  const listening = pairing.server.createServer({ ...server, minVersion: 'TLSv1.3', ...options } as never, listener);
  const port = await listen(listening);
  const agent = new pairing.client.Agent({ ca, keepAlive: true, maxSockets: 1, minVersion: 'TLSv1.3' });
  closers.push(async () => {
    agent.destroy();
    listening.closeAllConnections();
    await new Promise((resolve) => listening.close(resolve));
  });
  const request = (options: object, body?: Readable | string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const made = pairing.client.request({ host: 'localhost', family: 4, port, agent, ...options }, resolve);
      made.on('error', reject);
      if (body instanceof Readable) body.pipe(made);
      else made.end(body);
    });
  return { listening, port, agent, request };
}

describe.each(PAIRINGS)('$title', (pairing) => {
  it('get and answer, one request after the other on one connection', async () => {
    let connections = 0;
    const { listening, request } = await open(pairing, (message, response) => response.end(`you asked for ${message.url}`));
    listening.on('secureConnection', () => connections++);
    for (const path of ['/one', '/two', '/three']) expect(await readAll(await request({ path }))).toBe(`you asked for ${path}`);
    expect(connections).toBe(1);
  });

  it('stream bodies both ways', async () => {
    const { request } = await open(pairing, (message, response) => message.pipe(response));
    const data = Buffer.alloc(2_000_000, 'a body that is longer than any buffer, ');
    const parts = Array.from({ length: 100 }, (_, i) => data.subarray(i * 20_000, (i + 1) * 20_000));
    const response = await request({ method: 'POST' }, Readable.from(parts));
    expect(await readAll(response)).toBe(data.toString('latin1'));
  });

  it('upgrade to another protocol', async () => {
    const { listening, port, agent } = await open(pairing);
    listening.on('upgrade', (_message, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
      socket.pipe(socket);
    });
    const headers = { Connection: 'Upgrade', Upgrade: 'echo' };
    const made = pairing.client.request({ host: 'localhost', family: 4, port, agent, headers });
    made.end();
    const [, socket] = await once(made, 'upgrade');
    socket.write('hello');
    expect(String(await next(socket, 'data'))).toBe('hello');
    socket.destroy();
  });

  it('resume sessions for the next connection to the same place', async () => {
    const resumed: boolean[] = [];
    const { request, agent } = await open(pairing, (message, response) => {
      resumed.push((message.socket as unknown as { isSessionReused(): boolean }).isSessionReused());
      response.end();
    });
    for (let i = 0; i < 2; i++) {
      const response = await request({ headers: { Connection: 'close' } });
      response.resume();
      await once(response, 'close');
    }
    agent.destroy();
    expect(resumed).toEqual([false, true]);
  });

  it('tell the server what protocol, the client who did not prove itself', async () => {
    const protocols: unknown[] = [];
    const { request } = await open(pairing, (message, response) => {
      protocols.push((message.socket as unknown as { alpnProtocol: unknown }).alpnProtocol);
      response.end();
    });
    (await request({ ALPNProtocols: ['http/1.1'] })).resume();
    expect(protocols).toEqual(['http/1.1']);
    await expect(request({ ca: undefined, agent: new pairing.client.Agent() })).rejects.toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
  });

  it('answer without an agent, and by URL', async () => {
    const { port } = await open(pairing, (message, response) => response.end(message.url));
    const ask = (...args: unknown[]) =>
      new Promise<IncomingMessage>((resolve, reject) => {
        pairing.client.get(...(args as [string]), resolve as never).on('error', reject);
      });
    const options = { ca, agent: false, family: 4 };
    expect(await readAll(await ask(`https://localhost:${port}/a?b=c`, options))).toBe('/a?b=c');
    expect(await readAll(await ask(new URL(`https://localhost:${port}/`), options))).toBe('/');
  });

  it('stop when a request is destroyed', async () => {
    const { listening, request } = await open(pairing, (message) => message.resume());
    const aborted = once(listening, 'request');
    const controller = new AbortController();
    const endless = new Readable({ read() {} });
    endless.push('the beginning');
    const pending = request({ signal: controller.signal, method: 'POST' }, endless);
    await aborted;
    controller.abort();
    await expect(pending).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('our https server', () => {
  it('tells clientError of a failed handshake', async () => {
    const { listening, port } = await open(PAIRINGS[1]);
    const failed = once(listening, 'clientError');
    const plain = connectTcp(port, '127.0.0.1');
    plain.on('error', () => {});
    plain.end('GET / HTTP/1.1\r\n\r\n');
    const [error, socket] = await failed;
    expect(error.code).toMatch(/^ERR_SSL_/);
    socket.destroy();
  });

  it('closes idle connections like http.Server, and ends', async () => {
    const { listening, request } = await open(PAIRINGS[2], (_message, response) => response.end());
    const response = await request({});
    response.resume();
    await once(response, 'end');
    await new Promise((resolve) => setImmediate(resolve));
    const closed = once(listening, 'close');
    listening.close();
    listening.closeIdleConnections();
    await closed;
  });
});

describe('our agent', () => {
  it('is an Agent of http and of https', () => {
    expect(https.globalAgent).toBeInstanceOf(HttpAgent);
    expect(https.globalAgent).toBeInstanceOf(nodeHttps.Agent);
    expect(https.globalAgent).toMatchObject({ defaultPort: 443, protocol: 'https:' });
  });
});

describe('http2', () => {
  it('runs over our sockets', async () => {
    const listener = http2.createSecureServer({ ...server });
    listener.on('stream', (stream, headers) => {
      stream.respond({ ':status': 200 });
      stream.end(`h2 ${headers[':path']}`);
    });
    const port = await listen(listener);
    const session = http2.connect(`https://localhost:${port}`, {
      createConnection: () =>
        tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ALPNProtocols: ['h2'] }) as never,
    });
    const stream = session.request({ ':path': '/x' });
    expect(await readAll(stream)).toBe('h2 /x');
    session.close();
    await new Promise((resolve) => listener.close(resolve));
  });
});
