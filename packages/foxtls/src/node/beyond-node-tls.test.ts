import { afterEach, describe, expect, it } from 'vitest';
import { PeerIncompatible } from '../core/errors/errors.ts';
import { nodeProvider as provider } from '../crypto/node/provider.ts';
import { createRevocationChecker } from '../pki/x509/revocation/checker.ts';
import { createX509Verifier } from '../pki/x509/verifier.ts';
import { authority, next, open, openPair, PAIRINGS, type Pairing, readAll } from './endpoints.fixture.ts';
import tls from './tls.ts';
import type { TLSSocket } from './tls-socket.ts';

const ours = PAIRINGS[2] as Pairing;
const [ourClient, ourServer] = [PAIRINGS[0] as Pairing, PAIRINGS[1] as Pairing];
const tls12 = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' };
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function connectPair(pairing: Pairing, serverOptions: object, clientOptions: object) {
  const pair = await openPair(pairing, serverOptions, clientOptions);
  closers.push(pair.close);
  return { client: pair.clientSocket as TLSSocket, server: pair.serverSocket as TLSSocket };
}

describe('an option that node:tls does not have', () => {
  it.each([ours, ourClient])('keyShareGroups leaves the group to the server when it is empty ($title)', async (pairing) => {
    const { client } = await connectPair(pairing, { ecdhCurve: 'P-384' }, { keyShareGroups: '' });
    expect(client.connectionInfo).toMatchObject({ helloRetryRequest: true, group: { name: 'secp384r1' } });
  });

  it('keyShareGroups names what is sent at once', async () => {
    const options = { ecdhCurve: 'X25519:P-256', keyShareGroups: 'P-256' };
    const { client } = await connectPair(ours, { ecdhCurve: 'P-256' }, options);
    expect(client.connectionInfo).toMatchObject({ helloRetryRequest: false, group: { name: 'secp256r1' } });
  });

  it.each([
    [ours, 'TLSv1.3'],
    [ours, 'TLSv1.2'],
    [ourClient, 'TLSv1.2'],
  ] as const)('maxFragmentLength is agreed on ($0.title, $1)', async (pairing, version) => {
    const { client, server } = await connectPair(
      pairing,
      { minVersion: 'TLSv1.2' },
      { minVersion: version, maxVersion: version, maxFragmentLength: 1024 },
    );
    expect(client.connectionInfo?.maxFragmentLength).toBe(1024);
    const received = readAll(server);
    client.end('x'.repeat(5000));
    expect((await received).length).toBe(5000);
  });

  it.each([
    ['client', ourClient, {}, { insecureNoExtendedMasterSecret: true }],
    ['server', ourServer, { insecureNoExtendedMasterSecret: true }, {}],
    ['client', ours, {}, { insecureNoExtendedMasterSecret: true }],
  ] as const)(
    'insecureNoExtendedMasterSecret: the %s does without it, and without resumption',
    async (role, pairing, one, other) => {
      const ends = await connectPair(pairing, { ...tls12, ...one }, { ...tls12, ...other });
      expect(ends[role].connectionInfo).toMatchObject({ version: 'TLSv1.2', extendedMasterSecret: false });
      expect(() => ends[role].exportKeyingMaterial(16, 'EXPERIMENTAL')).toThrow('extended_master_secret');
      if (pairing !== ourServer) expect(ends.client.getSession()).toBeUndefined();
      const received = readAll(ends.server);
      ends.client.end('by an old secret');
      expect(await received).toBe('by an old secret');
    },
  );

  it('insecureNoExtendedMasterSecret: a session that has it is not asked for, and not gone on with', async () => {
    const first = await connectPair(ours, tls12, tls12);
    const session = first.client.getSession();
    expect(session).toBeDefined();
    const ticketKeys = Buffer.alloc(48, 7);
    const strict = await connectPair(ours, { ...tls12, ticketKeys }, tls12);
    const options = { ...tls12, session: strict.client.getSession(), insecureNoExtendedMasterSecret: true };
    const client = await connectPair(ours, { ...tls12, ticketKeys }, options);
    expect(client.client.connectionInfo).toMatchObject({ resumed: false, extendedMasterSecret: false });
    const lax = { ...tls12, ticketKeys, insecureNoExtendedMasterSecret: true };
    const server = await connectPair(ours, lax, { ...tls12, session: strict.client.getSession() });
    expect(server.client.connectionInfo).toMatchObject({ resumed: false, extendedMasterSecret: false });
  });

  it.each([ours, ourServer])('requireCookie makes every client come twice ($title)', async (pairing) => {
    const { client, server } = await connectPair(pairing, { requireCookie: true }, {});
    expect(server.connectionInfo?.helloRetryRequest).toBe(true);
    const received = readAll(server);
    client.end('a cookie later');
    expect(await received).toBe('a cookie later');
  });

  it('verifier asks for a response that is stapled, if it wants one', async () => {
    const pathCheck = createRevocationChecker({ provider, policy: 'staple-only' });
    const verifier = createX509Verifier({ provider, trustAnchors: [authority.certificate], pathCheck });
    const { listener, connect, close } = await open(ours);
    closers.push(close);
    let asked = 0;
    listener.on('OCSPRequest', (_certificate, _issuer, callback) => {
      asked++;
      callback(null, null);
    });
    await next(connect({ ca: undefined, verifier }), 'error');
    expect(asked).toBe(1);
  });
});

describe('updateKeys of a socket', () => {
  it('gives both directions new keys, between what is written', async () => {
    const { client, server } = await connectPair(ours, {}, {});
    server.updateKeys();
    server.write('hello');
    expect(String(await next(client, 'data'))).toBe('hello');
    const received = readAll(server);
    client.write('before, ');
    client.updateKeys({ requestPeer: true });
    client.end('behind');
    expect(await received).toBe('before, behind');
  });

  it('needs TLS 1.3, and a connection', async () => {
    const { client } = await connectPair(ours, tls12, tls12);
    expect(() => client.updateKeys()).toThrow('no KeyUpdate');
    const fresh = tls.connect({ host: '127.0.0.1', port: 1 });
    fresh.on('error', () => {});
    expect(() => fresh.updateKeys()).toThrow('before the handshake');
  });
});

// RFC 5246 §7.2.1: "The other party MUST respond with a close_notify alert of its own and close down the connection immediately"
it('a server answers close_notify by its own, unless it is told to stay half open', async () => {
  const { client, server } = await connectPair(ours, tls12, { ...tls12, allowHalfOpen: true });
  expect(client.getProtocol()).toBe('TLSv1.2');
  server.resume();
  client.end();
  expect(await readAll(client)).toBe('');
  expect(client.truncated).toBe(false);
});

describe('an SNICallback that refuses', () => {
  // RFC 6066 §3: "either abort the handshake by sending a fatal-level unrecognized_name(112) alert or continue the handshake"
  // RFC 8446 §6.2: "unrecognized_name: Sent by servers when no server exists identified by the name provided by the client"
  it('says unrecognized_name by a PeerIncompatible', async () => {
    const refuse = new PeerIncompatible('server_name', ['localhost'], ['other.test']);
    const { listener, connect, close } = await open(ours, {
      SNICallback: (name: string, done: (error: Error | null) => void) => done(name === 'localhost' ? null : refuse),
    });
    closers.push(close);
    await next(connect(), 'secureConnect');
    const refused = next<Error & { code: string }>(listener, 'tlsClientError');
    const error = await next<Error & { code: string }>(connect({ servername: 'other.test' }), 'error');
    expect(error.code).toBe('ERR_SSL_TLSV1_UNRECOGNIZED_NAME');
    expect((await refused).message).not.toBe('');
  });
});
