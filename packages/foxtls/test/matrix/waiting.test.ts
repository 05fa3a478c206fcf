import { beforeAll, describe, expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { createTlsClient } from '../../src/connection/create.ts';
import { LIMITS } from '../../src/connection/limits.ts';
import { createTestPki, exchangeSync, Recorder, type TestPki } from '../../src/connection/pair.fixture.ts';
import { CertificateInvalid, ConnectionLost } from '../../src/core/errors/errors.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import type { PeerUnverified, PeerVerified, PeerVerifier } from '../../src/crypto/peer-verifier.ts';
import type { Signer } from '../../src/crypto/signature.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import type { Peer } from '../misbehaving/peer.ts';
import { createPeer, createWorld, type World } from '../misbehaving/world.ts';
import { asynchronousCredential, deferred, later } from './asynchronous.ts';
import { carryLater, expectAgreement, expectData, outputOf, SERVER_NAME, startEnds } from './ends.ts';

const provider = nodeProvider;
let pki: TestPki;
let world: World;
beforeAll(async () => {
  pki = await createTestPki(provider);
  world = await createWorld();
});

const verifier = () => createX509Verifier({ provider, trustAnchors: pki.anchors });
const clientConfig = () => defineClientConfig({ provider, verifier: verifier() });

/** A signer that signs when it is told to, and shows the signal that it was given. */
function heldSigner(signer: Signer): {
  signer: Signer;
  release: () => void;
  fail: (error: Error) => void;
  signals: AbortSignal[];
} {
  const signals: AbortSignal[] = [];
  const held = deferred<void>();
  return {
    signals,
    release: () => held.resolve(undefined),
    fail: (error) => held.reject(error),
    signer: {
      type: signer.type,
      async sign(algorithm, message, signal) {
        if (signal !== undefined) signals.push(signal);
        await held.promise;
        return signer.sign(algorithm, message);
      },
    },
  };
}

describe('a server whose key signs elsewhere', () => {
  it('waits 50 ms for the signature and goes on', async () => {
    const ends = startEnds(
      clientConfig(),
      defineServerConfig({ provider, credentials: [asynchronousCredential(pki.server, 50)] }),
    );
    exchangeSync(ends.client, ends.server);
    expect(ends.server.state).toBe('handshaking');
    await later(60);
    await carryLater(ends);
    expectAgreement(ends);
    expectData(ends);
  });

  it('drops the signature that comes after it was aborted, and aborts the signing', async () => {
    const { signer, release, signals } = heldSigner(pki.server.signer);
    const ends = startEnds(clientConfig(), defineServerConfig({ provider, credentials: [{ ...pki.server, signer }] }));
    exchangeSync(ends.client, ends.server);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    ends.server.abort(new ConnectionLost('aborted', 'the test has seen enough'));
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    outputOf(ends.server);
    const events = ends.serverSide.events.length;
    release();
    await later(5);
    expect(ends.serverSide.events.slice(events)).toEqual([]);
    expect(outputOf(ends.server)).toHaveLength(0);
    expect(ends.server.state).toBe('closed');
  });

  // RFC 8446 §6.2: "internal_error: An internal error unrelated to the peer or the correctness of the protocol"
  // RFC 5246 §7.2.2: "internal_error An internal error unrelated to the peer or the correctness of the protocol"
  it('says internal_error when the key refuses', async () => {
    const { signer, fail } = heldSigner(pki.server.signer);
    const ends = startEnds(clientConfig(), defineServerConfig({ provider, credentials: [{ ...pki.server, signer }] }));
    exchangeSync(ends.client, ends.server);
    fail(new Error('the HSM is on fire'));
    await carryLater(ends);
    expect(ends.serverSide.error).toMatchObject({ name: 'CryptoFailure', alert: 'internal_error' });
    expect(ends.serverSide.error?.cause).toMatchObject({ message: 'the HSM is on fire' });
    expect(ends.clientSide.error).toMatchObject({ name: 'AlertReceived', description: 'internal_error' });
  });

  it('finds out that the input ended when it goes on', async () => {
    const { signer, release } = heldSigner(pki.server.signer);
    const ends = startEnds(clientConfig(), defineServerConfig({ provider, credentials: [{ ...pki.server, signer }] }));
    exchangeSync(ends.client, ends.server);
    ends.server.receiveEnd();
    expect(ends.serverSide.error).toBeUndefined();
    release();
    await carryLater(ends);
    expect(ends.serverSide.error).toMatchObject({ name: 'ConnectionLost', reason: 'truncated' });
  });
});

/** A client that waits for its verifier, against the test peer, which has sent its whole flight and may send data. */
async function waitingClient() {
  const verdict = deferred<PeerVerified | PeerUnverified>();
  const x509 = createX509Verifier({ provider, trustAnchors: world.pki.anchors });
  const requests: Parameters<PeerVerifier['verify']>[0][] = [];
  const held: PeerVerifier = {
    verify: (request) => {
      requests.push(request);
      return verdict.promise;
    },
  };
  const recorder = new Recorder();
  const client = createTlsClient(defineClientConfig({ provider, verifier: held }), {
    serverName: SERVER_NAME,
    onEvent: recorder.onEvent,
  });
  const { peer, run } = createPeer(world, { victim: 'client' });
  client.start();
  run();
  peer.receive(outputOf(client));
  feed(peer, client);
  await later();
  const accept = () => verdict.resolve(x509.verify(requests[0] as (typeof requests)[0]));
  return { client, recorder, peer, accept, refuse: (error: Error) => verdict.reject(error) };
}

function feed(peer: Peer, client: { receive(bytes: Uint8Array): void }): void {
  for (const piece of peer.takeOutput()) client.receive(piece);
}

describe('input that comes while a step is pending', () => {
  it('is queued to the limit, then not wanted, then delivered in order, and wanted again', async () => {
    const { client, recorder, peer, accept } = await waitingClient();
    const chunks = [...'abcdef'];
    for (const letter of chunks) {
      peer.sendData(letter.repeat(16000));
      feed(peer, client);
    }
    expect(client.wantsInput).toBe(false);
    expect(recorder.of('data')).toEqual([]);
    accept();
    await later(1);
    expect(recorder.error).toBeUndefined();
    expect(client.wantsInput).toBe(true);
    expect(recorder.of('drain')).toHaveLength(1);
    expect(new TextDecoder().decode(recorder.data)).toBe(chunks.map((letter) => letter.repeat(16000)).join(''));
    expect(recorder.events.findIndex(({ type }) => type === 'connected')).toBeLessThan(
      recorder.events.findIndex(({ type }) => type === 'data'),
    );
  });

  it('is still wanted below the limit', async () => {
    const { client, recorder, peer, accept } = await waitingClient();
    peer.sendData('a little');
    feed(peer, client);
    expect(client.wantsInput).toBe(true);
    accept();
    await later(1);
    expect(recorder.of('drain')).toEqual([]);
    expect(new TextDecoder().decode(recorder.data)).toBe('a little');
  });

  it('ends the connection when nobody stops it', async () => {
    const { client, recorder } = await waitingClient();
    const total = LIMITS.queuedInput + LIMITS.queuedInputOverrun;
    for (let sent = 0; sent <= total; sent += 65536) client.receive(new Uint8Array(65536));
    expect(recorder.of('error').map(({ error }) => error)).toMatchObject([{ name: 'LimitExceeded', limit: 'queuedInput' }]);
    expect(client.state).toBe('closed');
  });

  it('is not wanted again when the connection was aborted meanwhile', async () => {
    const { client, recorder, peer, accept } = await waitingClient();
    for (let i = 0; i < 6; i++) peer.sendData('x'.repeat(16000));
    feed(peer, client);
    expect(client.wantsInput).toBe(false);
    client.abort();
    const events = recorder.events.length;
    accept();
    await later(1);
    expect(recorder.events.slice(events)).toEqual([]);
  });

  it('is dropped when the verdict is no', async () => {
    const { client, recorder, peer, refuse } = await waitingClient();
    peer.sendData('never seen');
    feed(peer, client);
    refuse(new CertificateInvalid('rejected_by_application', 'not today'));
    await later(1);
    expect(recorder.error).toMatchObject({ name: 'CertificateInvalid', alert: 'certificate_unknown' });
    expect(recorder.data).toHaveLength(0);
    peer.receive(outputOf(client));
    expect(peer.alerts).toEqual([{ level: 2, description: 'certificate_unknown' }]);
  });
});

describe('a hook that ends the connection it is called for', () => {
  it('may abort in the midst of the flow: the flow ends, and nothing goes out in the clear', () => {
    const serverConfig = defineServerConfig({
      provider,
      credentials: [pki.server],
      clientCertificates: 'request',
      verifier: verifier(),
    });
    const x509 = verifier();
    const hooks: { abort?: () => void } = {};
    const aborting: PeerVerifier = {
      verify: (request) => {
        hooks.abort?.();
        return x509.verify(request);
      },
    };
    const ends = startEnds(defineClientConfig({ provider, verifier: aborting, credentials: [pki.client] }), serverConfig);
    ends.server.receive(outputOf(ends.client));
    hooks.abort = () => ends.client.abort();
    ends.client.receive(outputOf(ends.server));
    expect(ends.client.state).toBe('closed');
    expect(ends.clientSide.of('connected')).toEqual([]);
    expect(ends.clientSide.of('error')).toEqual([]);
    // What is left is the change_cipher_spec that was written before.
    expect(outputOf(ends.client)).toHaveLength(6);
  });

  it('may abort while it signs: neither the certificate before nor the Finished after goes out', () => {
    const hooks: { abort?: () => void } = {};
    const signer: Signer = {
      type: pki.client.signer.type,
      sign: (algorithm, message) => {
        hooks.abort?.();
        return pki.client.signer.sign(algorithm, message);
      },
    };
    const client = defineClientConfig({ provider, verifier: verifier(), credentials: [{ ...pki.client, signer }] });
    const ends = startEnds(
      client,
      defineServerConfig({ provider, credentials: [pki.server], clientCertificates: 'request', verifier: verifier() }),
    );
    const thrown: unknown[] = [];
    hooks.abort = () => {
      try {
        ends.client.abort();
      } catch (error) {
        thrown.push(error);
      }
    };
    ends.server.receive(outputOf(ends.client));
    ends.client.receive(outputOf(ends.server));
    expect(thrown).toEqual([]);
    expect(ends.client.state).toBe('closed');
    expect(outputOf(ends.client)).toHaveLength(6);
    expect(ends.clientSide.of('connected')).toEqual([]);
  });

  it('may close a server from selectConfig, and the client is told', () => {
    const hooks: { close?: () => void } = {};
    const serverConfig = defineServerConfig({
      provider,
      credentials: [pki.server],
      selectConfig: () => {
        hooks.close?.();
        return undefined;
      },
    });
    const ends = startEnds(clientConfig(), serverConfig);
    hooks.close = () => ends.server.close();
    ends.server.receive(outputOf(ends.client));
    const output = outputOf(ends.server);
    // Two alerts in the clear, and no ServerHello behind them.
    expect(output).toHaveLength(2 * 7);
    ends.client.receive(output);
    expect(ends.server.state).toBe('closed');
    expect(ends.serverSide.of('error')).toEqual([]);
    expect(ends.clientSide.error).toMatchObject({ name: 'AlertReceived', description: 'user_canceled' });
  });

  it('may hand over input, which waits for its turn', () => {
    const hooks: { more?: () => void } = {};
    const serverConfig = defineServerConfig({
      provider,
      credentials: [pki.server],
      selectConfig: () => {
        hooks.more?.();
        return undefined;
      },
    });
    const ends = startEnds(clientConfig(), serverConfig);
    hooks.more = () => ends.server.receive(Uint8Array.of(20, 3, 3, 0, 1, 1));
    exchangeSync(ends.client, ends.server);
    expectAgreement(ends);
  });
});
