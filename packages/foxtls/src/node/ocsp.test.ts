import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { ca, next, open, PAIRINGS, type Socket, server, wildcard } from './endpoints.fixture.ts';

const RESPONSE = Buffer.from([0x30, 3, 0x0a, 1, 6]);

type Answer = (error: Error | null, response: Buffer | null) => void;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function openClosing(...parameters: Parameters<typeof open>) {
  const opened = await open(...parameters);
  closers.push(opened.close);
  return opened;
}

/** What a client is told, in order, until it is secure. */
async function tellings(socket: Socket): Promise<unknown[]> {
  const told: unknown[] = [];
  socket.on('OCSPResponse', (response: Buffer | null) => told.push(response));
  await once(socket, 'secureConnect');
  told.push('secure');
  return told;
}

describe.each(PAIRINGS)('$title', (pairing) => {
  it('carry an OCSP response that the server is asked for', async () => {
    const { listener, connect } = await openClosing(pairing, { cert: server.cert + ca });
    const asked: (Buffer | null)[][] = [];
    listener.on('OCSPRequest', (certificate: Buffer, issuer: Buffer | null, answer: Answer) => {
      asked.push([certificate, issuer]);
      setImmediate(answer, null, RESPONSE);
    });
    expect(await tellings(connect({ requestOCSP: true }))).toEqual([RESPONSE, 'secure']);
    expect(asked).toEqual([[new X509Certificate(server.cert).raw, new X509Certificate(ca).raw]]);
  });

  it('go on without a response that the server does not have', async () => {
    const { listener, connect } = await openClosing(pairing);
    listener.on('OCSPRequest', (_certificate: Buffer, _issuer: Buffer | null, answer: Answer) => answer(null, null));
    expect(await tellings(connect({ requestOCSP: true }))).toEqual([null, 'secure']);
  });

  it('go on without a response when nobody listens', async () => {
    const { connect } = await openClosing(pairing);
    expect(await tellings(connect({ requestOCSP: true }))).toEqual([null, 'secure']);
  });

  it('say nothing of it when nobody asks', async () => {
    const { listener, connect } = await openClosing(pairing);
    let asked = 0;
    listener.on('OCSPRequest', () => asked++);
    expect(await tellings(connect())).toEqual(['secure']);
    expect(asked).toBe(0);
  });

  it('break off when the server fails to find a response', async () => {
    const { listener, connect } = await openClosing(pairing);
    const failure = next<Error>(listener, 'tlsClientError');
    listener.on('OCSPRequest', (_certificate: Buffer, _issuer: Buffer | null, answer: Answer) =>
      answer(new Error('the responder is down'), null),
    );
    const socket = connect({ requestOCSP: true });
    await next(socket, 'error');
    expect(await failure).toMatchObject({ message: 'the responder is down' });
  });

  it('are not secure where the client destroys its socket at the response', async () => {
    const { connect } = await openClosing(pairing);
    const socket = connect({ requestOCSP: true });
    let secured = false;
    socket.on('secureConnect', () => {
      secured = true;
    });
    socket.on('OCSPResponse', () => socket.destroy());
    await once(socket, 'close');
    expect(secured).toBe(false);
  });
});

describe('a server with several certificates', () => {
  it('shows the one for the name, the first without a name', async () => {
    const pairing = PAIRINGS[2];
    const both = { cert: [server.cert, wildcard.cert], key: [server.key, wildcard.key] };
    const { connect } = await openClosing(pairing, both);
    const shown = async (servername: string) => {
      const socket = connect({ servername, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      return socket.getPeerCertificate().subject.CN;
    };
    expect(await shown('a.wild.test')).toBe('*.wild.test');
    expect(await shown('localhost')).toBe('localhost');
    expect(await shown('elsewhere.test')).toBe('localhost');
  });
});
