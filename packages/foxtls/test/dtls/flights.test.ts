/**
 * Timeout, retransmission and acknowledgement, case by case (RFC 6347 §4.2.4, RFC 9147 §5.8, §7): what the numbers of the laboratory come by only
 * now and then, or never.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { createTestPki, type TestPki } from '../../src/connection/pair.fixture.ts';
import { EMPTY, fromUtf8, utf8 } from '../../src/core/bytes/bytes.ts';
import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { type ClassicRecord, readDatagramRecord } from '../../src/transport/dtls/datagram-record.ts';
import { deferred } from '../matrix/asynchronous.ts';
import { type EndOptions, type Faults, Laboratory } from './laboratory.ts';

const OLD = ['TLSv1.2'] as const;
const BOTH = ['TLSv1.3', 'TLSv1.2'] as const;
const VERSIONS = ['TLSv1.3', 'TLSv1.2'] as const;
const MINUTE = 60_000;

let pki: TestPki;
beforeAll(async () => {
  pki = await createTestPki(provider);
});

const verifier = () => createX509Verifier({ provider, trustAnchors: pki.anchors });

interface Setting extends EndOptions {
  readonly faults?: Faults;
  readonly clientConfig?: Partial<ClientOptions>;
  readonly serverConfig?: Partial<ServerOptions>;
}

function laboratory({ faults = {}, clientConfig, serverConfig, ...options }: Setting): Laboratory {
  const ticketSealer = createSealer(provider, new Uint8Array(32).fill(2), 'ticket');
  const client = defineClientConfig({ provider, verifier: verifier(), ...clientConfig });
  const server = defineServerConfig({ provider, credentials: [pki.server], ticketSealer, ...serverConfig });
  const lab = new Laboratory(1, faults, client, server, options);
  lab.isRecording = true;
  lab.start();
  return lab;
}

const connected = (setting: Setting = {}): Laboratory => {
  const lab = laboratory(setting);
  lab.run();
  expect([lab.clientEvents.error, lab.serverEvents.error]).toEqual([undefined, undefined]);
  expect(lab.areConnected).toBe(true);
  return lab;
};

const errorsOf = (lab: Laboratory) => [lab.clientEvents.error, lab.serverEvents.error];
const textOf = (events: Laboratory['clientEvents']) => events.of('data').map(({ data }) => fromUtf8(data));
const to = (lab: Laboratory, whom: 'client' | 'server') => lab.recorded.filter((sent) => sent.to === whom);

describe('a peer that falls silent', () => {
  it.each(VERSIONS)('after the first datagram of its flight of %s is given up in the end', (version) => {
    const lab = laboratory({
      clientConfig: { versions: [version] },
      server: { mtu: 400 },
      faults: { meddle: (datagram, whom, index) => (whom === 'server' || index === 0 ? [datagram] : []) },
    });
    lab.run(() => lab.client.state === 'closed');
    expect(lab.clientEvents.error).toMatchObject({ name: 'ConnectionLost', reason: 'timed_out' });
    expect(lab.now).toBeLessThan(12 * MINUTE);
  });

  it('after the first fragment of its ClientHello is given up in the end', () => {
    const lab = laboratory({
      client: { mtu: 256 },
      clientConfig: { alpnProtocols: ['a'.repeat(200), 'b'.repeat(200)] },
      faults: { meddle: (datagram, whom, index) => (whom === 'server' && index === 0 ? [datagram] : []) },
    });
    lab.run(() => lab.server.state === 'closed');
    expect(lab.serverEvents.error).toMatchObject({ name: 'ConnectionLost', reason: 'timed_out' });
  });

  it('is not given up while it is our turn', async () => {
    for (const version of VERSIONS) {
      const verdict = deferred<never>();
      const right = verifier();
      const slow = { ...right, verify: () => verdict.promise };
      const lab = laboratory({ clientConfig: { versions: [version], verifier: slow } });
      lab.run(() => false, 10 * MINUTE);
      expect(lab.clientEvents.error).toBeUndefined();
      expect(lab.client.stats.retransmissions).toBe(0);
      lab.client.abort();
      verdict.reject(new Error('too late'));
    }
  });
});

describe('a path that is narrower than was thought', () => {
  it('is found out although what fits is acknowledged each time', () => {
    // The first datagram is lost always; the last one is small, arrives, and can't be read without the first.
    for (const pathMtu of [1199, 700, 300]) {
      const lab = connected({ faults: { pathMtu }, server: { mtu: 1500 }, serverConfig: { credentials: [longer()] } });
      expect(lab.server.mtu).toBeLessThanOrEqual(pathMtu);
    }
  });

  /** The same certificate three times: longer than a datagram. */
  const longer = () =>
    ({ ...pki.server, chain: [pki.server.chain[0], ...Array(3).fill(pki.root.certificate)] }) as TestPki['server'];
});

describe('what is sent again', () => {
  it('is not what is on its way: two tickets in several datagrams are acknowledged one by one', () => {
    const lab = connected({
      client: { mtu: 256 },
      server: { mtu: 256 },
      clientConfig: { credentials: [pki.client] },
      serverConfig: { clientCertificates: 'require', verifier: verifier() },
    });
    expect(lab.server.stats.retransmissions).toBe(0);
    expect(lab.clientEvents.of('session')).toHaveLength(2);
  });

  it('is a ticket in whose place a later one was acknowledged', () => {
    let lost = 0;
    const lab = connected({
      server: { mtu: 300 },
      faults: { meddle: (datagram, whom) => (whom === 'client' && datagram[0] === 0x2f && lost++ === 1 ? [] : [datagram]) },
    });
    expect(lab.clientEvents.of('session')).toHaveLength(2);
    expect(lab.server.stats.retransmissions).toBe(1);
    // Without waiting for the timer.
    expect(lab.now).toBeLessThan(1000);
  });

  it.each(VERSIONS)('is nothing of %s, where every datagram is doubled on the way', (version) => {
    const lab = connected({
      clientConfig: { versions: [version] },
      faults: { meddle: (datagram) => [datagram, datagram.slice()] },
    });
    expect([lab.client.stats.retransmissions, lab.server.stats.retransmissions]).toEqual([0, 0]);
  });

  it('is as large as before, where the path was said to take that', () => {
    const lab = laboratory({ faults: { meddle: () => [] } });
    lab.client.setMtu(700);
    lab.run(() => lab.client.state === 'closed');
    expect(lab.client.mtu).toBe(700);
  });

  it('begins with the first timeout in each flight, if the timer is not to learn', () => {
    const lab = connected({ client: { initialTimeout: 400, adaptTimeout: false }, serverConfig: { tickets: 0 } });
    lab.faults = { meddle: () => [] };
    lab.client.updateKeys();
    lab.collect();
    expect(lab.client.nextTimeout()).toBe(400);
  });

  it('is no HelloVerifyRequest, unless its ClientHello comes again', () => {
    const cookieSealer = createSealer(provider, new Uint8Array(32).fill(4), 'cookie');
    const lab = laboratory({
      clientConfig: { versions: OLD },
      serverConfig: { requireCookie: true, cookieSealer },
      server: { peerAddress: utf8('here') },
      faults: { meddle: (datagram, whom, index) => (whom === 'client' || index === 0 ? [datagram] : []) },
    });
    lab.run(() => lab.client.state === 'closed');
    expect(to(lab, 'client').filter(({ datagram }) => datagram[0] === CONTENT_TYPES.handshake)).toHaveLength(1);
    const again = laboratory({
      clientConfig: { versions: OLD },
      serverConfig: { requireCookie: true, cookieSealer },
      server: { peerAddress: utf8('here') },
      faults: { meddle: (datagram, whom, index) => (whom === 'client' && index === 0 ? [] : [datagram]) },
    });
    again.run();
    expect(again.areConnected).toBe(true);
  });

  it.each(VERSIONS)('is the last flight of %s, as often as the peer sends its own again', (version) => {
    let last = 0;
    const isLast = (datagram: Uint8Array, whom: string) =>
      version === 'TLSv1.3' ? whom === 'client' && datagram[0] === 0x2f : whom === 'client' && to(lab, 'client').length > 1;
    const lab: Laboratory = laboratory({
      clientConfig: { versions: [version] },
      faults: { meddle: (datagram, whom) => (isLast(datagram, whom) && last++ < 4 ? [] : [datagram]) },
    });
    lab.run();
    expect(errorsOf(lab)).toEqual([undefined, undefined]);
    expect(lab.areConnected).toBe(true);
    expect(lab.client.nextTimeout()).toBeUndefined();
    expect(lab.server.nextTimeout()).toBeUndefined();
  });
});

describe('an acknowledgement', () => {
  it('goes to no server that may be one of DTLS 1.2', () => {
    const lab = connected({
      clientConfig: { versions: BOTH },
      serverConfig: { versions: OLD },
      server: { mtu: 300 },
      faults: { meddle: (datagram, whom, index) => (whom === 'client' && index === 0 ? [] : [datagram]) },
    });
    expect(lab.client.info?.version).toBe('DTLSv1.2');
    expect(to(lab, 'server').filter(({ datagram }) => datagram[0] === CONTENT_TYPES.ack)).toEqual([]);
  });

  it('of nothing says that the ServerHello is missing', () => {
    const lab = connected({
      server: { mtu: 600 },
      faults: { meddle: (datagram, whom, index) => (whom === 'client' && index === 0 ? [] : [datagram]) },
    });
    const empty = to(lab, 'server').find(({ datagram }) => datagram[0] === CONTENT_TYPES.ack)?.datagram;
    expect(empty?.subarray(-2)).toEqual(Uint8Array.of(0, 0));
    // A quarter of the timer, not all of it.
    expect(lab.now).toBeLessThan(1000);
  });

  it('lets all but the lost datagram of a large flight be', () => {
    const lab = connected({
      clientConfig: { versions: ['TLSv1.3'] },
      server: { mtu: 256 },
      faults: { meddle: (datagram, whom, index) => (whom === 'client' && index === 2 ? [] : [datagram]) },
    });
    const whole = connected({ clientConfig: { versions: ['TLSv1.3'] }, server: { mtu: 256 } });
    expect(lab.sent.server).toBeLessThanOrEqual(whole.sent.server + 2);
    expect(lab.now).toBeLessThan(1000);
  });

  it('is not sent for a flight that is answered', () => {
    expect(connected({ serverConfig: { tickets: 0 } }).sent).toEqual({ client: 2, server: 2 });
  });
});

describe('the timer', () => {
  /** Between the first two transmissions of a datagram to `whom`. */
  function timerOf(lab: Laboratory, whom: 'client' | 'server'): number | undefined {
    return lab[whom].nextTimeout();
  }

  it('begins with a second, and takes no time of our own for a round trip', () => {
    const lab = laboratory({});
    expect(timerOf(lab, 'client')).toBe(1000);
    lab.run(() => lab.sent.server > 0);
    expect(timerOf(lab, 'server')).toBe(1000);
  });

  it('is one and a half round trips after a flight of DTLS 1.3 that was sent once', () => {
    const lab = laboratory({ faults: { delay: 100 } });
    lab.run(() => lab.client.state === 'connected');
    expect(timerOf(lab, 'client')).toBe(300);
  });

  it('stays longer after a flight that was sent twice', () => {
    const lab = laboratory({
      faults: { meddle: (datagram, whom, index) => (whom === 'server' && index === 0 ? [] : [datagram]) },
    });
    lab.run(() => lab.client.state === 'connected');
    expect(timerOf(lab, 'client')).toBe(2000);
  });

  it.each([
    ['stays longer after a flight that was sent twice', false, 3, 2000],
    ['begins anew after a flight that was sent once', true, 4, 1000],
  ])('of DTLS 1.2 %s', (_what, requireCookie, sent, duration) => {
    const cookieSealer = createSealer(provider, new Uint8Array(32).fill(4), 'cookie');
    const lab = laboratory({
      clientConfig: { versions: OLD },
      serverConfig: { requireCookie, cookieSealer },
      server: { peerAddress: utf8('here') },
      faults: { meddle: (datagram, whom, index) => (whom === 'server' && index === 0 ? [] : [datagram]) },
    });
    lab.run(() => lab.sent.client === sent);
    expect(timerOf(lab, 'client')).toBe(duration);
  });

  it('doubles up to a minute', () => {
    const lab = laboratory({ faults: { loss: 1 } });
    const times: number[] = [];
    for (let sent = 1; lab.client.state !== 'closed'; sent++) {
      lab.run(() => lab.client.state === 'closed' || lab.sent.client > sent);
      times.push(lab.now);
    }
    const waits = times.slice(0, 10).map((time, i) => (time - (times[i - 1] ?? 0)) / 1000);
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
  });
});

describe('the first timeout of a connection that is there', () => {
  it.each(VERSIONS)('counts for a flight of %s that waits already', (version) => {
    const lab = laboratory({ clientConfig: { versions: [version] }, faults: { loss: 1 } });
    expect(lab.client.nextTimeout()).toBe(1000);
    lab.now = 300;
    lab.client.setInitialTimeout(4000);
    expect(lab.client.nextTimeout()).toBe(3700);
    lab.client.setInitialTimeout(200);
    expect(lab.client.nextTimeout()).toBe(0);
    lab.client.handleTimeout();
    lab.collect();
    expect([lab.client.nextTimeout(), lab.sent.client]).toEqual([400, 2]);
  });

  it('is no time that no timer begins with', () => {
    const { client } = laboratory({});
    for (const wrong of [0, 60_001, 1.5, Number.NaN]) {
      expect(() => client.setInitialTimeout(wrong)).toThrow(expect.objectContaining({ code: 'ERR_TLS_OPTION_RANGE' }));
      expect(() => laboratory({ client: { initialTimeout: wrong } })).toThrow(
        expect.objectContaining({ code: 'ERR_TLS_OPTION_RANGE' }),
      );
    }
  });
});

describe('what anybody can send', () => {
  const CLEAR = 13;

  it('does not shut out what comes after it by a high number', () => {
    const lab = connected({
      faults: {
        meddle: (datagram, whom, index) => {
          if (whom !== 'client' || index !== 0) return [datagram];
          const forged = datagram.slice(0, CLEAR + 12);
          forged.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 12], 5);
          return [forged, datagram];
        },
      },
    });
    expect(lab.areConnected).toBe(true);
  });

  it.each(VERSIONS)('does not shut out a message of %s by a fragment that says that it is longer', (version) => {
    const lab = connected({
      clientConfig: { versions: [version] },
      faults: {
        meddle: (datagram, whom, index) => {
          if (whom !== 'client' || index !== 0) return [datagram];
          const forged = datagram.slice(0, CLEAR + 13);
          forged.set([0, 0, 0, 0, 99, 99, 0, 13], 5);
          forged.set([2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1], CLEAR);
          return [forged, datagram];
        },
      },
    });
    expect(lab.areConnected).toBe(true);
  });

  it('does not make a server send its flight for ever', () => {
    const lab = laboratory({ serverConfig: { credentials: [pki.server] }, faults: {} });
    const hello = lab.recorded[0]?.datagram as Uint8Array;
    lab.faults = { loss: 1 };
    for (let i = 0; i < 100; i++) {
      const again = hello.slice();
      again[10] = i + 1;
      lab.server.receive(again);
    }
    expect(lab.server.takeOutput().length).toBeLessThanOrEqual(12 * 4);
  });
});

describe('the record size limit', () => {
  it('is none of what is in the clear', () => {
    const lab = connected({ clientConfig: { versions: OLD, recordSizeLimit: 100 }, serverConfig: { versions: OLD } });
    // The server's certificate is in one record.
    const [flight = EMPTY] = to(lab, 'client').map(({ datagram }) => datagram);
    const hello = readDatagramRecord(flight, 0, 0);
    const certificate = readDatagramRecord(flight, hello?.end ?? 0, 0)?.record as ClassicRecord;
    expect(certificate.fragment.length).toBeGreaterThan(200);
    lab.server.send(new Uint8Array(lab.server.maxData));
    expect(lab.server.maxData).toBe(100);
  });
});

describe('after the handshake', () => {
  it('the keys of it are there until its last flight was acknowledged, though others follow', () => {
    let acks = 0;
    const lab = laboratory({
      serverConfig: { tickets: 0 },
      // The server's ACK of the client's Finished is lost.
      faults: { meddle: (datagram, whom) => (whom === 'client' && datagram[0] === 0x2f && acks++ === 0 ? [] : [datagram]) },
    });
    lab.run(() => lab.client.state === 'connected');
    lab.client.updateKeys();
    lab.collect();
    lab.run();
    expect(errorsOf(lab)).toEqual([undefined, undefined]);
    lab.client.send(utf8('under the next keys'));
    lab.collect();
    lab.run();
    expect(textOf(lab.serverEvents)).toEqual(['under the next keys']);
  });

  it('tickets are acknowledged later and at once, if that is wanted', () => {
    const timing = { initialTimeout: 400, adaptTimeout: false, delayAcknowledgements: true };
    const lab = laboratory({ client: timing, server: timing });
    lab.run(() => lab.clientEvents.of('session').length > 0);
    expect(lab.client.nextTimeout()).toBe(100);
    const before = lab.sent.client;
    lab.run(() => lab.client.nextTimeout() === undefined);
    expect(lab.sent.client - before).toBe(1);
    lab.run();
    expect([lab.server.nextTimeout(), lab.server.stats.retransmissions]).toEqual([undefined, 0]);
  });

  it.each([
    { delays: false, acknowledgements: 2 },
    { delays: true, acknowledgements: 1 },
  ])(
    'a last flight of more records than an ACK has place for takes two, later if that is wanted',
    ({ delays: delayAcknowledgements, acknowledgements }) => {
      const timing = { initialTimeout: 400, adaptTimeout: false, delayAcknowledgements };
      const longer = { ...pki.client, chain: [...pki.client.chain, pki.root.certificate] };
      const lab = laboratory({
        client: timing,
        server: { ...timing, mtu: 256 },
        clientConfig: { versions: ['TLSv1.3'], credentials: [longer], recordSizeLimit: 16_385 },
        serverConfig: { tickets: 0, clientCertificates: 'require', verifier: verifier(), recordSizeLimit: 64 },
      });
      lab.run(() => lab.server.state === 'connected');
      const sent = to(lab, 'client').filter(({ datagram }) => datagram[0] === 0x2f);
      expect([sent.length, lab.server.nextTimeout()]).toEqual([acknowledgements, delayAcknowledgements ? 100 : undefined]);
      lab.run();
      expect([lab.client.state, lab.client.nextTimeout(), lab.server.nextTimeout()]).toEqual(['connected', undefined, undefined]);
    },
  );

  it('KeyUpdates wait for what was sent under earlier keys, for it may have to be sent again under those', () => {
    const lab = connected({
      client: { connectionId: EMPTY },
      server: { connectionId: Uint8Array.of(1), newConnectionId: () => Uint8Array.of(2) },
    });
    let lost = 0;
    lab.faults = { meddle: (datagram, whom) => (whom === 'client' && lost++ < 2 ? [] : [datagram]) };
    lab.client.requestConnectionIds(1);
    lab.collect();
    lab.run(() => lost > 1);
    // The second is sent when the first is acknowledged, before what is missing is sent again.
    for (let i = 0; i < 2; i++) lab.client.updateKeys();
    lab.collect();
    lab.run();
    expect(errorsOf(lab)).toEqual([undefined, undefined]);
    expect(lab.client.spareConnectionIds).toBe(1);
  });

  it('KeyUpdates in a row are one, and one more when the peer is to send its own', () => {
    const lab = connected();
    const before = lab.sent.client;
    for (let i = 0; i < 5; i++) lab.client.updateKeys();
    lab.collect();
    lab.run();
    expect(lab.sent.client - before).toBe(1);
    lab.client.updateKeys();
    lab.client.updateKeys({ requestPeer: true });
    lab.collect();
    lab.run();
    // And the ACK of the peer's.
    expect(lab.sent.client - before).toBe(4);
    expect(lab.client.stats.retransmissions).toBe(0);
  });

  it('data of the keys before is taken after a KeyUpdate', () => {
    const lab = connected();
    lab.client.send(utf8('late'));
    const late = lab.client.takeOutput();
    lab.client.updateKeys();
    lab.collect();
    lab.run();
    lab.client.send(utf8('early'));
    lab.collect();
    lab.run();
    for (const datagram of late) lab.server.receive(datagram);
    expect(textOf(lab.serverEvents)).toEqual(['early', 'late']);
  });

  it('data of the keys before is dropped when a KeyUpdate is long ago', () => {
    const lab = connected();
    lab.client.send(utf8('much too late'));
    const late = lab.client.takeOutput();
    lab.client.updateKeys();
    lab.collect();
    lab.run();
    lab.now += 5 * MINUTE;
    for (const datagram of late) lab.server.receive(datagram);
    expect(textOf(lab.serverEvents)).toEqual([]);
    expect(lab.server.stats.discarded.unknown_epoch).toBe(1);
  });

  it.each([0.1, 0.3, 0.5])('KeyUpdates of both at once, over and over, get through where %f is lost', (loss) => {
    for (let seed = 1; seed <= 5; seed++) {
      const lab = connected();
      lab.faults = { loss, duplication: 0.2, reordering: 0.3 };
      for (let i = 0; i < 20; i++) {
        lab.client.updateKeys({ requestPeer: i % 3 === 0 });
        lab.server.updateKeys({ requestPeer: i % 4 === 0 });
        lab.client.send(utf8(`c${i}`));
        lab.server.send(utf8(`s${i}`));
        lab.collect();
        lab.run(() => false, lab.now + 500);
      }
      lab.run();
      if (loss < 0.5) expect(errorsOf(lab)).toEqual([undefined, undefined]);
      for (const received of [textOf(lab.clientEvents), textOf(lab.serverEvents)]) {
        expect(new Set(received).size).toBe(received.length);
      }
      if (errorsOf(lab).some((error) => error !== undefined)) continue;
      lab.faults = {};
      lab.client.send(utf8('ping'));
      lab.server.send(utf8('pong'));
      lab.collect();
      lab.run();
      expect([textOf(lab.serverEvents).at(-1), textOf(lab.clientEvents).at(-1)]).toEqual(['ping', 'pong']);
    }
  });

  it.each([0.1, 0.3])('every ticket comes once where %f is lost, and the server has peace', (loss) => {
    for (let seed = 1; seed <= 10; seed++) {
      const lab = laboratory({ serverConfig: { tickets: 4 }, server: { mtu: 300 } });
      lab.faults = { loss, duplication: 0.2 };
      lab.run();
      expect(errorsOf(lab)).toEqual([undefined, undefined]);
      expect(lab.clientEvents.of('session')).toHaveLength(4);
      expect(lab.server.nextTimeout()).toBeUndefined();
    }
  });

  it('a ticket that is never acknowledged ends nothing: the peer may be asleep', () => {
    const lab = laboratory({});
    lab.run(() => lab.server.state === 'connected');
    lab.faults = { loss: 1 };
    lab.run();
    expect(errorsOf(lab)).toEqual([undefined, undefined]);
    expect([lab.server.nextTimeout(), lab.server.stats.retransmissions]).toEqual([undefined, 10]);
    lab.faults = {};
    lab.client.send(utf8('awake'));
    lab.server.send(utf8('welcome'));
    lab.collect();
    lab.run();
    expect([textOf(lab.serverEvents), textOf(lab.clientEvents)]).toEqual([['awake'], ['welcome']]);
  });

  it.each(VERSIONS)('close of %s that is lost leaves the other end open, and one that comes closes it', (version) => {
    const lab = connected({ clientConfig: { versions: [version] } });
    lab.faults = { loss: 1 };
    lab.client.close();
    lab.collect();
    lab.run();
    expect([lab.client.state, lab.server.state]).toEqual(['connected', 'connected']);
    lab.faults = {};
    lab.server.close();
    lab.collect();
    lab.run();
    expect([lab.client.state, lab.server.state]).toEqual(['closed', 'connected']);
  });

  it('what comes behind a close_notify is counted', () => {
    const lab = connected();
    lab.client.send(utf8('late'));
    const late = lab.client.takeOutput();
    lab.client.close();
    lab.collect();
    lab.run();
    for (const datagram of late) lab.server.receive(datagram);
    expect(textOf(lab.serverEvents)).toEqual([]);
    expect(lab.server.stats.discarded.after_close).toBe(1);
  });

  it('a close_notify that overtakes the last flight of DTLS 1.2 waits for it', () => {
    const lab = laboratory({ clientConfig: { versions: OLD } });
    lab.run(() => lab.server.state === 'connected');
    lab.faults = { loss: 1 };
    lab.server.send(utf8('last words'));
    const words = lab.server.takeOutput();
    lab.server.close();
    const close = lab.server.takeOutput();
    for (const datagram of [...words, ...close]) lab.client.receive(datagram);
    lab.faults = {};
    lab.run();
    expect(lab.clientEvents.error).toBeUndefined();
    expect(textOf(lab.clientEvents)).toEqual(['last words']);
    expect(lab.clientEvents.of('end')).toHaveLength(1);
  });
});
