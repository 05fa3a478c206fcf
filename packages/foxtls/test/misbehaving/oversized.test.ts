/**
 * Peers that send too much: chains of 16 MB are refused when they are announced, and what may come without end is not kept.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { createTlsClient, createTlsServer } from '../../src/connection/create.ts';
import { LIMITS } from '../../src/connection/limits.ts';
import { createTestPki, exchangeSync, Recorder, type TestPki } from '../../src/connection/pair.fixture.ts';
import { concat } from '../../src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { trustWithoutVerification } from '../../src/pki/x509/verifier.ts';
import type { X509Credential } from '../../src/protocol/handshake/credential.ts';
import { messageOf } from './edits.ts';
import { carry, createPeer, createVictim, createWorld, type World } from './world.ts';

/** As a segment of TCP brings it. */
const CHUNK = 1400;
/** Certificate is a message of at most 2^24 - 1 bytes; the rest is room for the leaf and lengths. */
const CHAIN = 2 ** 24 - 4096;
/** The hellos and the head of the record that announces the chain: what may have come when it is refused. */
const ANNOUNCED = 4096;
const RECORD = 5 + 16384 + 256;

let world: World;
let pki: TestPki;
beforeAll(async () => {
  world = await createWorld();
  pki = await createTestPki(provider);
});

/** Two ends of which each asks for the other's certificate; the offender's chain is long, and sent in records of `maxSendFragment`. */
function ends(version: 'TLSv1.3' | 'TLSv1.2', offender: 'client' | 'server', maxSendFragment: number, length = CHAIN) {
  const verifier = trustWithoutVerification('the test does not look at certificates');
  const long = (credential: X509Credential) => ({ ...credential, chain: [...credential.chain, new Uint8Array(length)] });
  const common = { provider, verifier, versions: [version] };
  const client = defineClientConfig({
    ...common,
    credentials: [pki.client],
    ...(offender === 'client' ? { maxSendFragment, credentials: [long(pki.client)] } : {}),
  });
  const server = defineServerConfig({
    ...common,
    clientCertificates: 'require',
    ...(offender === 'server' ? { maxSendFragment, credentials: [long(pki.server)] } : { credentials: [pki.server] }),
  });
  const [clientSide, serverSide] = [new Recorder(), new Recorder()];
  const ours = createTlsClient(client, { serverName: 'localhost', onEvent: clientSide.onEvent });
  const theirs = createTlsServer(server, { onEvent: serverSide.onEvent });
  theirs.start();
  ours.start();
  return offender === 'client'
    ? { offending: ours, offended: theirs, offendedSide: serverSide }
    : { offending: theirs, offended: ours, offendedSide: clientSide };
}

describe.each(['TLSv1.3', 'TLSv1.2'] as const)('a chain of 16 MB in %s', (version) => {
  it.each([
    ['server', 'in full records', 16384],
    ['server', 'in records of 1000 bytes', 1000],
    ['client', 'in full records', 16384],
    ['client', 'in records of 1000 bytes', 1000],
  ] as const)('of a %s, %s, is refused when it is announced', (offender, _how, fragment) => {
    const { offending, offended, offendedSide } = ends(version, offender, fragment);
    let taken = 0;
    for (let turn = 0; turn < 4 && offendedSide.error === undefined; turn++) {
      offending.receive(concat(...offended.takeOutput()));
      const sent = concat(...offending.takeOutput());
      for (let at = 0; at < sent.length && offendedSide.error === undefined; at += CHUNK) {
        offended.receive(sent.slice(at, at + CHUNK));
        taken += Math.min(CHUNK, sent.length - at);
      }
    }
    expect(offendedSide.error).toMatchObject({ name: 'LimitExceeded', limit: 'maxHandshakeMessage', alert: 'illegal_parameter' });
    // Of a protected record nothing can be seen before it is whole.
    expect(taken).toBeLessThanOrEqual(ANNOUNCED + Math.min(fragment + 300, RECORD) + CHUNK);
    expect(concat(...offended.takeOutput()).length).toBeGreaterThan(0);
  });
});

describe('a message in records of one byte', () => {
  it.each(['TLSv1.3', 'TLSv1.2'] as const)('is taken whole in %s while it is no larger than the limit', (version) => {
    const { offending, offended, offendedSide } = ends(version, 'server', 1, LIMITS.maxHandshakeMessage - 2048);
    exchangeSync(offended, offending);
    expect(offendedSide.error).toBeUndefined();
    expect(offendedSide.info?.version).toBe(version);
  });
});

describe('tickets without end', () => {
  it('are handed on one by one, and nothing of them is kept', () => {
    const victim = createVictim(world, { victim: 'client' });
    const { peer, run } = createPeer(world, { victim: 'client' });
    victim.connection.start();
    run();
    carry(victim, peer);
    const before = victim.recorder.of('session').length;
    const ticket = messageOf('new_session_ticket', 0, 0, 14, 16, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0);
    for (let i = 0; i < 2000; i++) peer.sendHandshake(ticket);
    expect(carry(victim, peer)).toBe(0);
    expect(victim.recorder.of('session').length).toBe(before + 2000);
    peer.sendData('still here');
    carry(victim, peer);
    expect(new TextDecoder().decode(victim.recorder.data)).toBe('still here');
  });
});
