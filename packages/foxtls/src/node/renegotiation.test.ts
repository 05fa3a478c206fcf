/** Renegotiation over TLS 1.2: ours and node:tls in every combination. */

import { afterEach, describe, expect, it } from 'vitest';
import { ca, client, next, open, openPair, other, PAIRINGS, type Pairing, type Socket, selfSigned } from './endpoints.fixture.ts';
import ourTls from './tls.ts';

interface Coded extends Error {
  readonly code?: string;
}

const tls12 = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
const accepting = { ...tls12, renegotiation: 'accept' } as const;
const [ourClient, ourServer, ours] = PAIRINGS;

const toClose: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0)) await close();
});

async function pair(pairing: Pairing, serverOptions: object = accepting, clientOptions: object = accepting) {
  const opened = await openPair(pairing, { ca, ...serverOptions }, clientOptions);
  toClose.push(opened.close);
  for (const socket of [opened.clientSocket, opened.serverSocket]) socket.on('error', () => undefined);
  return opened;
}

const renegotiated = (socket: Socket, options = {}): Promise<Coded | null> =>
  new Promise((resolve) => {
    expect(socket.renegotiate(options, resolve)).toBe(true);
  });

async function expectData({ clientSocket, serverSocket }: { readonly clientSocket: Socket; readonly serverSocket: Socket }) {
  clientSocket.write('ping');
  expect(String(await next(serverSocket, 'data'))).toBe('ping');
  serverSocket.write('pong');
  expect(String(await next(clientSocket, 'data'))).toBe('pong');
}

describe.each(PAIRINGS)('$title', (pairing) => {
  it('renegotiate when the client wants to', async () => {
    const { clientSocket, serverSocket } = await pair(pairing);
    const finished = clientSocket.getFinished();
    const told: string[] = [];
    for (const event of ['secureConnect', 'secure']) clientSocket.on(event, () => told.push(event));
    expect(await renegotiated(clientSocket)).toBeNull();
    expect(told).toEqual(['secureConnect', 'secure']);
    expect(clientSocket.getFinished()).not.toEqual(finished);
    await expectData({ clientSocket, serverSocket });
    expect(serverSocket.getPeerFinished()).toEqual(clientSocket.getFinished());
  });

  it('renegotiate when the server wants to, and again', async () => {
    const { clientSocket, serverSocket } = await pair(pairing);
    for (let i = 0; i < 2; i++) {
      const finished = clientSocket.getFinished();
      expect(await renegotiated(serverSocket)).toBeNull();
      await expectData({ clientSocket, serverSocket });
      expect(clientSocket.getFinished()).not.toEqual(finished);
      expect(serverSocket.getPeerFinished()).toEqual(clientSocket.getFinished());
    }
  });
});

describe.each([ourServer, ours])('$title', (pairing) => {
  it('show a certificate that the server asks for late', async () => {
    const { clientSocket, serverSocket } = await pair(pairing, accepting, { ...accepting, ...client });
    expect([serverSocket.authorized, serverSocket.getPeerCertificate()]).toEqual([false, {}]);
    expect(await renegotiated(serverSocket, { requestCert: true, rejectUnauthorized: true })).toBeNull();
    expect(serverSocket.authorized).toBe(true);
    expect(serverSocket.authorizationError).toBeNull();
    expect(serverSocket.getPeerCertificate().subject).toMatchObject({ CN: 'client.test' });
    await expectData({ clientSocket, serverSocket });
  });

  it('end where such a certificate is missing, and the callback hears of it', async () => {
    const { serverSocket } = await pair(pairing);
    const error = await renegotiated(serverSocket, { requestCert: true, rejectUnauthorized: true });
    expect(error?.code).toBe('ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE');
    expect(serverSocket.destroyed).toBe(true);
  });

  it('go on where it was only requested', async () => {
    const { clientSocket, serverSocket } = await pair(pairing);
    expect(await renegotiated(serverSocket, { requestCert: true, rejectUnauthorized: false })).toBeNull();
    expect([serverSocket.authorized, serverSocket.authorizationError]).toEqual([false, 'UNABLE_TO_GET_ISSUER_CERT']);
    await expectData({ clientSocket, serverSocket });
  });

  it('do not let the client begin one by default, which its own side takes for the end', async () => {
    const { clientSocket } = await pair(pairing, tls12);
    const refused = next<Coded>(clientSocket, 'error');
    clientSocket.renegotiate({}, () => undefined);
    expect((await refused).code).toBe('ERR_SSL_NO_RENEGOTIATION');
  });

  it('do not let it after disableRenegotiation() either', async () => {
    const { clientSocket, serverSocket } = await pair(pairing);
    serverSocket.disableRenegotiation();
    const refused = next<Coded>(clientSocket, 'error');
    clientSocket.renegotiate({}, () => undefined);
    expect((await refused).code).toBe('ERR_SSL_NO_RENEGOTIATION');
    const own = await new Promise<Coded | null>((resolve) => expect(serverSocket.renegotiate({}, resolve)).toBe(false));
    expect(own?.code).toBe('ERR_TLS_RENEGOTIATION_DISABLED');
  });

  it('end when the client begins more than CLIENT_RENEG_LIMIT', async () => {
    const { clientSocket, serverSocket } = await pair(pairing);
    const failed = next<Coded>(serverSocket, 'error');
    for (let i = 0; i < ourTls.CLIENT_RENEG_LIMIT; i++) expect(await renegotiated(clientSocket)).toBeNull();
    clientSocket.renegotiate({}, () => undefined);
    expect((await failed).code).toBe('ERR_TLS_SESSION_ATTACK');
  });
});

describe.each([ourClient, ours])('$title', (pairing) => {
  // A client of node:tls fails (EPROTO) when data of the server is on the way as its ClientHello leaves, with a server of node:tls too.
  it('carry what was written before, meanwhile and after', async () => {
    const { clientSocket, serverSocket } = await pair(pairing);
    const received = { client: '', server: '' };
    clientSocket.on('data', (chunk) => (received.client += chunk));
    serverSocket.on('data', (chunk) => (received.server += chunk));
    const large = 'x'.repeat(100_000);
    clientSocket.write(`1${large}`);
    serverSocket.write('a');
    const done = renegotiated(clientSocket);
    clientSocket.write('2');
    serverSocket.write(`b${large}`);
    expect(await done).toBeNull();
    clientSocket.end('3');
    serverSocket.end('c');
    await Promise.all([next(clientSocket, 'close'), next(serverSocket, 'close')]);
    expect(received.server).toBe(`1${large}23`);
    expect(received.client).toBe(`ab${large}c`);
  });

  it('are refused by a client that was not told to accept, which goes on', async () => {
    const { clientSocket, serverSocket } = await pair(pairing, accepting, tls12);
    const refused = next<Coded>(serverSocket, 'error');
    serverSocket.renegotiate({}, () => undefined);
    expect((await refused).code).toBe('ERR_SSL_NO_RENEGOTIATION');
    expect(clientSocket.authorized).toBe(true);
  });

  it('tell the callback what cannot be', async () => {
    const { clientSocket } = await pair(pairing, { minVersion: 'TLSv1.3' }, { minVersion: 'TLSv1.3' });
    const error = await new Promise<Coded | null>((resolve) => expect(clientSocket.renegotiate({}, resolve)).toBe(false));
    expect(error?.code).toBe('ERR_SSL_WRONG_SSL_VERSION');
    for (const [options, callback] of [[], [null], [{}, 3]]) {
      expect(() => clientSocket.renegotiate(options as never, callback as never)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
      );
    }
    clientSocket.destroy();
    expect(clientSocket.renegotiate({})).toBeUndefined();
  });
});

describe('a renegotiation of ours', () => {
  it('keeps the certificate of the connection, though the server has another by then', async () => {
    const { listener, clientSocket, serverSocket } = await pair(ours, accepting, { ...accepting, ...client });
    listener.setSecureContext({ ...selfSigned, ...tls12 });
    expect(await renegotiated(serverSocket, { requestCert: true, rejectUnauthorized: false })).toBeNull();
    await expectData({ clientSocket, serverSocket });
  });

  it('keeps to the context that the name led to', async () => {
    const { listener, connect, close } = await open(ours, { ...accepting, ca });
    toClose.push(close);
    listener.addContext('other.test', { ...other, ca, ...tls12 });
    const accepted = next<Socket>(listener, 'secureConnection');
    const clientSocket = connect({ ...accepting, ...client, servername: 'other.test' });
    const serverSocket = await accepted;
    expect(await renegotiated(serverSocket, { requestCert: true })).toBeNull();
    expect(serverSocket.authorized).toBe(true);
    expect(clientSocket.getPeerCertificate().subject).toMatchObject({ CN: 'other.test' });
  });

  it('tells the callback when the connection ends first', async () => {
    const { clientSocket } = await pair(ours);
    const done = renegotiated(clientSocket);
    clientSocket.destroy();
    expect((await done)?.code).toBe('ECONNRESET');
  });

  it('is told of one that is on its way', async () => {
    const { clientSocket } = await pair(ours);
    const first = renegotiated(clientSocket);
    const second = await new Promise<Coded | null>((resolve) => expect(clientSocket.renegotiate({}, resolve)).toBe(false));
    expect(second?.code).toBe('ERR_TLS_RENEGOTIATING');
    expect(await first).toBeNull();
  });

  it.each([
    () => ourTls.connect({ port: 1, renegotiation: 'yes' as never }),
    () => ourTls.createServer({ renegotiation: 'yes' as never }),
  ])('takes no other word for the option', (make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
  });
});
