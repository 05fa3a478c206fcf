import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../../connection/config.ts';
import { createTlsClient, createTlsServer } from '../../../connection/create.ts';
import { createTestPki, exchangeSync, Recorder, type TestPki } from '../../../connection/pair.fixture.ts';
import { concat } from '../../../core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../../crypto/node/provider.ts';
import { createX509Verifier, trustWithoutVerification } from '../../../pki/x509/verifier.ts';
import type { ClientSession } from '../../session/client-session.ts';
import { createSealer, SEALER_KEY_SIZE } from '../../session/sealer.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

const ticketSealer = createSealer(provider, new Uint8Array(SEALER_KEY_SIZE).fill(1), 'ticket');
const START = Date.UTC(2026, 0, 1);

interface Setting {
  readonly session?: ClientSession | undefined;
  readonly serverName?: string;
  /** Seconds after the beginning: for both, or for the server alone. */
  readonly seconds?: number;
  readonly serverSeconds?: number;
  readonly client?: Partial<ClientOptions>;
  readonly server?: Partial<ServerOptions>;
}

/** One connection; the info of both sides and the session that follows. */
function connect({ session, serverName = 'localhost', seconds = 0, serverSeconds = seconds, client, server }: Setting = {}) {
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  const [clientSide, serverSide] = [new Recorder(), new Recorder()];
  const clientConfig = defineClientConfig({ provider, verifier, now: () => START + 1000 * seconds, ...client });
  const serverConfig = defineServerConfig({
    provider,
    verifier,
    credentials: [pki.server],
    ticketSealer,
    ticketLifetime: 600,
    now: () => START + 1000 * serverSeconds,
    ...server,
  });
  const ours = createTlsClient(clientConfig, { onEvent: clientSide.onEvent, serverName, session });
  const theirs = createTlsServer(serverConfig, { onEvent: serverSide.onEvent });
  theirs.start();
  ours.start();
  exchangeSync(ours, theirs);
  const error = serverSide.error ?? clientSide.error;
  if (error !== undefined) throw error;
  return { client: clientSide.info, server: serverSide.info, sessions: clientSide.of('session').map((event) => event.session) };
}

/** Of a record under protection: header, content type, tag. */
const RECORD_OVERHEAD = 5 + 1 + 16;

/** Bytes of what a server sends under protection before the client's Finished. */
function flightSize(serverName: string, session: ClientSession | undefined): number {
  const now = () => START;
  const verifier = trustWithoutVerification('only lengths are looked at');
  const client = createTlsClient(defineClientConfig({ provider, verifier, now, middleboxCompatibility: false }), {
    onEvent() {},
    serverName,
    session,
  });
  const server = createTlsServer(defineServerConfig({ provider, credentials: [pki.server], ticketSealer, now }), {
    onEvent() {},
  });
  server.start();
  client.start();
  for (const bytes of client.takeOutput()) server.receive(bytes);
  const sent = concat(...server.takeOutput());
  const helloSize = 5 + (((sent[3] as number) << 8) | (sent[4] as number));
  return sent.length - helloSize;
}

describe('a session', () => {
  it('is resumed, with who the server was, and a ticket to go on with', () => {
    const first = connect();
    expect([first.client?.resumed, first.sessions.length]).toEqual([false, 2]);
    const second = connect({ session: first.sessions[0], seconds: 10 });
    expect([second.client?.resumed, second.server?.resumed]).toEqual([true, true]);
    expect(second.client?.peer).toEqual(first.client?.peer);
    expect(second.client?.signatureScheme).toBeUndefined();
    expect(second.sessions).toHaveLength(1);
    expect(connect({ session: second.sessions[0], seconds: 20 }).client?.resumed).toBe(true);
  });

  it('is resumed without an answer to server_name', () => {
    const [session] = connect().sessions;
    // EncryptedExtensions that are empty, and Finished.
    expect(flightSize('localhost', session)).toBe(RECORD_OVERHEAD + 4 + 2 + 4 + 32);
  });

  it('is resumed behind a HelloRetryRequest too', () => {
    const { sessions } = connect();
    const again = connect({
      session: sessions[0],
      client: { groups: ['x25519', 'secp256r1'] },
      server: { groups: ['secp256r1'] },
    });
    expect([again.client?.resumed, again.client?.group?.name]).toEqual([true, 'secp256r1']);
  });

  it('is resumed with another suite of the same hash, and not with one of another', () => {
    const { sessions } = connect({ server: { cipherSuites: ['TLS_AES_128_GCM_SHA256'] } });
    const suites = ['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_256_GCM_SHA384'];
    const resumedWith = (suite: string) => {
      const cipherSuites = [suite, ...suites.filter((other) => other !== suite)];
      return connect({ session: sessions[0], server: { cipherSuites } }).client?.resumed;
    };
    expect(suites.map(resumedWith)).toEqual([true, true, false]);
  });

  const refused: readonly [what: string, first: Setting, second: Setting][] = [
    ['when its lifetime is over', {}, { seconds: 600 }],
    ['when its lifetime is over by the clock of the server', {}, { serverSeconds: 600 }],
    ['when its lifetime is over by the clock of the client', {}, { seconds: 600, serverSeconds: 1 }],
    ['from the future of the server', {}, { serverSeconds: -1 }],
    ['under another name', {}, { serverName: 'a.example.test' }],
    [
      'with another key for tickets',
      {},
      { server: { ticketSealer: createSealer(provider, new Uint8Array(SEALER_KEY_SIZE), 'ticket') } },
    ],
    ['by a server that gives no tickets', {}, { server: { tickets: 0 } }],
  ];
  it.each(refused)('is not resumed %s, but the connection is made', (_what, first, second) => {
    const { sessions } = connect(first);
    expect(connect({ session: sessions[0], seconds: 1, ...second }).client?.resumed).toBe(false);
  });

  it('is not resumed by a client that changed its name, for the server knows it', () => {
    const session = { ...(connect().sessions[0] as ClientSession), serverName: 'a.example.test' };
    expect(connect({ session, serverName: 'a.example.test' }).client?.resumed).toBe(false);
  });

  it('ends the connection when its secret is another than that of the ticket', () => {
    const session = { ...(connect().sessions[0] as ClientSession), psk: new Uint8Array(32) };
    expect(() => connect({ session })).toThrow('psk_binder_invalid');
  });

  it('is resumed until the last second of its lifetime', () => {
    const { sessions } = connect();
    expect(connect({ session: sessions[0], seconds: 599 }).client?.resumed).toBe(true);
  });

  it('of an anonymous client does not get past a demand for a certificate, that of a known one does', () => {
    const client = { credentials: [pki.client] };
    const demanding = { server: { clientCertificates: 'require' as const }, client };
    const anonymous = connect().sessions[0];
    expect(connect({ session: anonymous, ...demanding }).server).toMatchObject({ resumed: false, peer: { kind: 'verified' } });
    const known = connect(demanding).sessions[0];
    const resumed = connect({ session: known, ...demanding }).server;
    expect(resumed).toMatchObject({ resumed: true, peer: { kind: 'verified', certificates: pki.client.chain } });
  });
});
