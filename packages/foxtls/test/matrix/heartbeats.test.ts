/**
 * Heartbeats between both of our ends (RFC 6520): who may ask whom, answers, keep-alives of hours, floods.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import type { TlsConnection } from '../../src/connection/connection.ts';
import { createTestPki, exchangeSync, type TestPki } from '../../src/connection/pair.fixture.ts';
import type { RenegotiationOptions } from '../../src/connection/renegotiation.ts';
import { utf8 } from '../../src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import type { HeartbeatMode } from '../../src/protocol/negotiate/heartbeat.ts';
import { connectEnds, type Ends, expectAgreement, expectData, startEnds } from './ends.ts';

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

const ALLOWED = 'peer_allowed_to_send';
const NOT_ALLOWED = 'peer_not_allowed_to_send';
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

function configs(client: Partial<ClientOptions> = {}, server: Partial<ServerOptions> = {}) {
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  return [
    defineClientConfig({ provider, verifier, heartbeat: ALLOWED, ...client }),
    defineServerConfig({ provider, credentials: [pki.server], heartbeat: ALLOWED, ...server }),
  ] as const;
}

const connect = (client: Partial<ClientOptions> = {}, server: Partial<ServerOptions> = {}) =>
  connectEnds(...configs(client, server));
const code = (name: string) => expect.objectContaining({ code: name });

/** Asks, and carries until nothing moves; the payloads that came back. */
function ask(ends: Ends, asker: 'client' | 'server', payload?: Uint8Array): Uint8Array[] {
  const side = asker === 'client' ? ends.clientSide : ends.serverSide;
  const before = side.of('heartbeat').length;
  ends[asker].sendHeartbeat(payload);
  exchangeSync(ends.client, ends.server);
  return side
    .of('heartbeat')
    .slice(before)
    .map((event) => event.payload);
}

describe.each(VERSIONS)('heartbeats in %s', (version) => {
  const versions = [version];

  it.each(['client', 'server'] as const)('of a %s are answered with the same payload', (asker) => {
    const ends = connect({ versions });
    expectAgreement(ends);
    for (const payload of [utf8('are you there'), new Uint8Array(0), new Uint8Array(16384 - 19).fill(7)]) {
      expect(ask(ends, asker, payload)).toEqual([payload]);
    }
    const [first] = ask(ends, asker);
    const [second] = ask(ends, asker);
    expect([first?.length, second?.length]).toEqual([16, 16]);
    expect(first).not.toEqual(second);
    expectData(ends);
  });

  it.each<[HeartbeatMode | undefined, HeartbeatMode | undefined]>([
    [ALLOWED, NOT_ALLOWED],
    [NOT_ALLOWED, ALLOWED],
    [NOT_ALLOWED, NOT_ALLOWED],
    [ALLOWED, undefined],
    [undefined, ALLOWED],
    [undefined, undefined],
  ])('with a client that says %s and a server that says %s', (ours, theirs) => {
    const ends = connect({ versions, heartbeat: ours }, { heartbeat: theirs });
    expectAgreement(ends);
    const agreed = ours !== undefined && theirs !== undefined;
    expect(ends.client.info?.heartbeatMode).toBe(agreed ? theirs : undefined);
    expect(ends.server.info?.heartbeatMode).toBe(agreed ? ours : undefined);
    for (const [asker, said] of [
      ['client', theirs],
      ['server', ours],
    ] as const) {
      if (agreed && said === ALLOWED) expect(ask(ends, asker, utf8('x'))).toEqual([utf8('x')]);
      else expect(() => ends[asker].sendHeartbeat()).toThrow(code('ERR_TLS_NO_HEARTBEAT'));
    }
    expectData(ends);
  });

  it('are one at a time', () => {
    const ends = connect({ versions });
    ends.client.sendHeartbeat();
    expect(() => ends.client.sendHeartbeat()).toThrow(code('ERR_TLS_HEARTBEAT_IN_FLIGHT'));
    exchangeSync(ends.client, ends.server);
    expect(ends.clientSide.of('heartbeat')).toHaveLength(1);
    expect(() => ends.client.sendHeartbeat()).not.toThrow();
  });

  it('fit into max_fragment_length, or are not sent', () => {
    const ends = connect({ versions, maxFragmentLength: 512 });
    const most = (version === 'TLSv1.2' ? 512 : 511) - 19;
    expect(() => ends.client.sendHeartbeat(new Uint8Array(most + 1))).toThrow(code('ERR_TLS_OPTION_RANGE'));
    expect(ask(ends, 'client', new Uint8Array(most))).toEqual([new Uint8Array(most)]);
    expect(ask(ends, 'server', new Uint8Array(most))).toEqual([new Uint8Array(most)]);
  });

  it('are sent whole, whatever setMaxSendFragment says', () => {
    const ends = connect({ versions });
    ends.client.setMaxSendFragment(10);
    ends.server.setMaxSendFragment(10);
    expect(ask(ends, 'client', new Uint8Array(1000))).toEqual([new Uint8Array(1000)]);
  });

  it('are not answered where the answer is more than the asker takes', () => {
    const ends = connect({ versions, recordSizeLimit: 100 });
    expect(ask(ends, 'client', new Uint8Array(1000))).toEqual([]);
    expectData(ends);
  });

  it('keep a connection for hours', () => {
    const clock = { now: Date.parse('2026-01-01') };
    const now = () => clock.now;
    const ends = connect({ versions, now }, { now });
    // Once a second for some minutes, then once a minute for some hours.
    for (let i = 0; i < 400; i++) {
      clock.now += i < 200 ? 1000 : 60_000;
      expect(ask(ends, 'client')).toHaveLength(1);
      expect(ask(ends, 'server')).toHaveLength(1);
    }
    expectData(ends);
  });

  it.each(['client', 'server'] as const)('in a flood are the end of a connection: of a %s', (asker) => {
    const now = () => 1_700_000_000_000;
    const ends = connect({ versions, now }, { now, limits: { heartbeats: 20 } });
    const allowed = asker === 'client' ? 20 : 16;
    for (let i = 0; i < allowed; i++) expect(ask(ends, asker)).toHaveLength(1);
    ask(ends, asker);
    const [victim, side] = asker === 'client' ? [ends.serverSide, ends.clientSide] : [ends.clientSide, ends.serverSide];
    expect(victim.error).toMatchObject({ name: 'LimitExceeded', limit: 'heartbeats' });
    expect(side.error).toMatchObject({ description: 'unexpected_message' });
  });

  it('are neither sent before the handshake is over, nor after close', () => {
    const ends = startEnds(...configs({ versions }));
    const refused = (end: TlsConnection) => expect(() => end.sendHeartbeat()).toThrow(code('ERR_TLS_NOT_CONNECTED'));
    refused(ends.client);
    exchangeSync(ends.client, ends.server);
    ends.client.close();
    refused(ends.client);
  });

  it('are not answered after close', () => {
    const ends = connect({ versions });
    ends.server.close();
    expect(ask(ends, 'client')).toEqual([]);
    expect(ends.serverSide.error).toBeUndefined();
  });
});

describe('heartbeats in a session of TLS 1.2 that is resumed', () => {
  it('are agreed on anew', () => {
    const [client, server] = configs({ versions: ['TLSv1.2'] });
    const session = connectEnds(client, server).clientSide.of('session')[0]?.session;
    const resumed = connectEnds(client, server, { session });
    expect(resumed.client.info?.resumed).toBe(true);
    expect(ask(resumed, 'client')).toHaveLength(1);
    const [without] = configs({ versions: ['TLSv1.2'], heartbeat: undefined });
    expect(connectEnds(without, server, { session }).client.info).toMatchObject({ resumed: true, heartbeatMode: undefined });
  });
});

describe('heartbeats and renegotiation', () => {
  const renegotiable = { versions: ['TLSv1.2'], renegotiation: 'accept' } as const;
  const renegotiate = (ends: Ends, options: RenegotiationOptions = {}) => {
    ends.client.renegotiate(options);
    exchangeSync(ends.client, ends.server);
    expect([ends.clientSide.of('renegotiated').length, ends.clientSide.error]).toEqual([1, undefined]);
  };

  it('go together: one that was asked for before is answered, or another can be sent after', () => {
    const ends = connect(renegotiable, { renegotiation: 'accept' });
    renegotiate(ends);
    expect(ask(ends, 'client')).toHaveLength(1);
    expect(ask(ends, 'server')).toHaveLength(1);
  });

  it('are not sent in its handshake, nor answered', () => {
    const ends = connect(renegotiable, { renegotiation: 'accept' });
    ends.client.renegotiate();
    expect(() => ends.client.sendHeartbeat()).toThrow(code('ERR_TLS_NOT_CONNECTED'));
    // It crosses the client's ClientHello, and is dropped.
    ends.server.sendHeartbeat();
    exchangeSync(ends.client, ends.server);
    expect([ends.clientSide.error, ends.serverSide.error]).toEqual([undefined, undefined]);
    expect(ends.serverSide.of('heartbeat')).toEqual([]);
    expect(ask(ends, 'server')).toHaveLength(1);
    expectData(ends);
  });

  it('are over where the next handshake does not speak of them', () => {
    const ends = connect(renegotiable, { renegotiation: 'accept' });
    const [config] = configs({ ...renegotiable, heartbeat: undefined });
    renegotiate(ends, { config });
    expect(ends.client.info?.heartbeatMode).toBeUndefined();
    expect(() => ends.client.sendHeartbeat()).toThrow(code('ERR_TLS_NO_HEARTBEAT'));
    expect(() => ends.server.sendHeartbeat()).toThrow(code('ERR_TLS_NO_HEARTBEAT'));
  });
});

it('a heartbeat mode that there is not is refused', () => {
  expect(() => configs({ heartbeat: 'always' as HeartbeatMode })).toThrow(code('ERR_TLS_UNKNOWN_NAME'));
});
