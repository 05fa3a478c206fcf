import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { next, open, openPair, PAIRINGS, type Pairing, readAll, type Socket } from './endpoints.fixture.ts';
import type { NodeTlsError } from './errors.ts';
import tls from './tls.ts';
import type { TLSSocket } from './tls-socket.ts';

const psk = Buffer.from('d731ef57be09e5204f0b205b60627028', 'hex');
const identity = 'Client_identity';
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** No certificates on either side. */
const bare = { key: undefined, cert: undefined, ca: undefined };
const ours = PAIRINGS[2] as Pairing;

async function connectPair(pairing: Pairing, serverOptions: object, clientOptions: object) {
  const pair = await openPair(pairing, { ...bare, ...serverOptions }, { ...bare, ...clientOptions });
  closers.push(pair.close);
  return pair;
}

/** A connection that fails: the errors of both sides. */
async function failPair(pairing: Pairing, serverOptions: object, clientOptions: object): Promise<[NodeTlsError, NodeTlsError]> {
  const { listener, connect, close } = await open(pairing, { ...bare, ...serverOptions });
  closers.push(close);
  const refused = next<NodeTlsError>(listener, 'tlsClientError');
  const failed = next<NodeTlsError>(connect({ ...bare, ...clientOptions }), 'error');
  return Promise.all([failed, refused]);
}

const bothSides = { server: { pskCallback: () => psk }, client: { pskCallback: () => ({ psk, identity }) } };

describe.each(PAIRINGS)('pskCallback between $title', (pairing) => {
  it('connects without certificates, and tells each side what node:tls tells', async () => {
    const asked: unknown[] = [];
    const { clientSocket, serverSocket } = await connectPair(
      pairing,
      {
        pskIdentityHint: 'who are you?',
        pskCallback(socket: Socket, name: string) {
          asked.push(socket.encrypted, name);
          return psk;
        },
      },
      {
        pskCallback(hint: string | null) {
          asked.push(hint);
          return { psk, identity };
        },
      },
    );
    expect(asked).toEqual([null, true, identity]);
    const facts = (socket: Socket) => [
      socket.authorized,
      socket.authorizationError,
      socket.getPeerCertificate(),
      socket.getProtocol(),
    ];
    expect(facts(clientSocket)).toEqual([true, null, {}, 'TLSv1.3']);
    expect(facts(serverSocket)).toEqual([false, null, {}, 'TLSv1.3']);
    expect([clientSocket.isSessionReused(), serverSocket.isSessionReused()]).toEqual([true, true]);
    const received = readAll(serverSocket);
    clientSocket.end('over a pre-shared key');
    expect(await received).toBe('over a pre-shared key');
  });

  it('connects over TLS 1.2, and takes that for no session that is resumed', async () => {
    const tls12 = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'PSK-AES128-GCM-SHA256' };
    // node:tls checks the name of a certificate that is not there.
    const client = { ...bothSides.client, checkServerIdentity: () => undefined };
    const pair = await connectPair(pairing, { ...tls12, ...bothSides.server }, { ...tls12, ...client });
    const { clientSocket, serverSocket } = pair;
    expect([clientSocket.getProtocol(), serverSocket.getProtocol()]).toEqual(['TLSv1.2', 'TLSv1.2']);
    expect([clientSocket.getCipher().name, serverSocket.getCipher().name]).toEqual([tls12.ciphers, tls12.ciphers]);
    expect([clientSocket.isSessionReused(), serverSocket.isSessionReused()]).toEqual([false, false]);
    const received = readAll(serverSocket);
    clientSocket.end('over a pre-shared key');
    expect(await received).toBe('over a pre-shared key');
  });

  it('authorizes the client where a certificate was requested', async () => {
    const { serverSocket } = await connectPair(pairing, { ...bothSides.server, requestCert: true }, bothSides.client);
    expect([serverSocket.authorized, serverSocket.authorizationError]).toEqual([true, null]);
  });

  it('goes on with certificates when a side has no key', async () => {
    const withCertificate = { key: undefined as unknown, cert: undefined as unknown };
    Reflect.deleteProperty(withCertificate, 'key');
    Reflect.deleteProperty(withCertificate, 'cert');
    for (const [serverKey, clientKey] of [
      [null, { psk, identity }],
      [psk, null],
    ]) {
      const pair = await openPair(pairing, { pskCallback: () => serverKey }, { pskCallback: () => clientKey });
      closers.push(pair.close);
      expect([pair.clientSocket.authorized, pair.clientSocket.isSessionReused()]).toEqual([true, false]);
      expect(pair.clientSocket.getPeerCertificate().subject.CN).toBe('localhost');
    }
  });

  it('ends when the keys differ', async () => {
    const [failed, refused] = await failPair(
      pairing,
      { pskCallback: () => psk },
      { pskCallback: () => ({ psk: Buffer.alloc(16), identity }) },
    );
    expect(refused).toMatchObject({ code: 'ERR_SSL_BINDER_DOES_NOT_VERIFY' });
    // OpenSSL says illegal_parameter where RFC 8446 §6.2 has decrypt_error.
    expect(['ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR', 'ERR_SSL_SSLV3_ALERT_ILLEGAL_PARAMETER']).toContain(failed.code);
  });
});

describe('pskCallback beyond node:tls', () => {
  it('may answer later, on both sides', async () => {
    const later = <T>(value: T) => new Promise<T>((resolve) => setTimeout(resolve, 5, value));
    const { clientSocket } = await connectPair(
      ours,
      { pskCallback: () => later(psk) },
      { pskCallback: () => later({ psk, identity }) },
    );
    const { peer, resumed } = (clientSocket as TLSSocket).connectionInfo ?? {};
    expect([peer, resumed]).toEqual([{ kind: 'psk', identity: new TextEncoder().encode(identity) }, false]);
  });

  it('says unknown_psk_identity when the server has nothing else', async () => {
    const [failed, refused] = await failPair(ours, { pskCallback: () => null }, bothSides.client);
    expect(failed.code).toBe('ERR_SSL_TLSV1_ALERT_UNKNOWN_PSK_IDENTITY');
    expect(refused.code).toBe('ERR_SSL_BAD_PSK');
  });

  it('that throws ends the connection with what it threw', async () => {
    const thrown = new Error('no keys today');
    const fail = () => {
      throw thrown;
    };
    const [, refused] = await failPair(ours, { pskCallback: fail }, bothSides.client);
    expect(refused).toBe(thrown);
    const { connect, close } = await open(ours, { ...bare, ...bothSides.server });
    closers.push(close);
    expect(await next(connect({ ...bare, pskCallback: fail }), 'error')).toBe(thrown);
    expect(await next(connect({ ...bare, pskCallback: async () => fail() }), 'error')).toBe(thrown);
  });

  const unusable: readonly [what: string, answer: unknown][] = [
    ['no key', { identity }],
    ['a key that is text', { psk: 'd731ef57be09e520', identity }],
    ['an identity that is no text', { psk, identity: 5 }],
  ];
  it.each(unusable)('ends the connection that it gives %s', async (_what, answer) => {
    const { connect, close } = await open(ours, { ...bare, ...bothSides.server });
    closers.push(close);
    const error = await next<NodeTlsError>(connect({ ...bare, pskCallback: () => answer }), 'error');
    expect(error.code).toBe('ERR_INVALID_ARG_TYPE');
  });

  it('refuses keys that are too short to be random', async () => {
    const { connect, close } = await open(ours, { ...bare, ...bothSides.server });
    closers.push(close);
    const error = await next<NodeTlsError>(
      connect({ ...bare, pskCallback: () => ({ psk: Buffer.alloc(15), identity }) }),
      'error',
    );
    expect(error.message).toMatch(/at least 16 bytes/);
  });

  it('takes them where the answer says so', async () => {
    const short = { psk: Buffer.alloc(4, 1), insecureShortKey: true };
    const { clientSocket } = await connectPair(
      ours,
      { ...bothSides.server, pskCallback: () => short },
      {
        ...bare,
        pskCallback: () => ({ ...short, identity }),
      },
    );
    expect(clientSocket.connectionInfo?.peer.kind).toBe('psk');
  });

  it('serves the contexts of SNI too', async () => {
    const { clientSocket, listener } = await connectPair(
      ours,
      {
        ...bothSides.server,
        SNICallback: (_name: string, answer: (error: null, context: unknown) => void) =>
          setImmediate(answer, null, tls.createSecureContext()),
      },
      bothSides.client,
    );
    expect(clientSocket.isSessionReused()).toBe(true);
    expect(listener.listening).toBe(true);
  });

  it('makes sessions that are resumed', async () => {
    const { clientSocket, connect } = await connectPair(ours, bothSides.server, bothSides.client);
    const [session] = (await once(clientSocket, 'session')) as [Buffer];
    const again = connect({ ...bare, ...bothSides.client, session });
    await once(again, 'secureConnect');
    expect((again as TLSSocket).connectionInfo).toMatchObject({ resumed: true, peer: { kind: 'psk' } });
  });

  it('is checked to be a function, and the hint to be text', () => {
    const wrong = expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' });
    expect(() => tls.createServer({ pskCallback: 1 } as never)).toThrow(wrong);
    expect(() => tls.createServer({ pskIdentityHint: 5 } as never)).toThrow(wrong);
    expect(() => tls.connect({ port: 1, pskCallback: 1 } as never)).toThrow(wrong);
  });
});
