/**
 * Handshakes by number: a mode, a version, sizes of datagrams, connection IDs and a bad link, the same for the same number; and what has to come
 * of them whatever the link does.
 */

import { expect } from 'vitest';
import type { Recorder } from '../../src/connection/pair.fixture.ts';
import { fromUtf8, utf8 } from '../../src/core/bytes/bytes.ts';
import { AlertReceived, ConnectionLost, InternalError, type TlsError } from '../../src/core/errors/errors.ts';
import { type Faults, Laboratory, seededRandom } from './laboratory.ts';
import { EVERY_MODE, type ModeName, type Modes, modeOf, type Version } from './modes.ts';

export interface Scenario {
  readonly seed: number;
  readonly name: ModeName;
  readonly version: Version;
  readonly mtu: { readonly client: number; readonly server: number };
  readonly connectionIds: { readonly client: Uint8Array | undefined; readonly server: Uint8Array | undefined };
  readonly faults: Faults;
}

const MTUS = [256, 300, 400, 548, 800, 1200, 1232, 1400, 1500];
const LOSSES = [0, 0, 0.05, 0.1, 0.2, 0.3, 0.5];
const SOME = [0, 0, 0.1, 0.3];
const CORRUPTIONS = [0, 0, 0, 0, 0.02, 0.1];

/** `name` and `version` are taken in turn. */
export function scenarioOf(seed: number): Scenario {
  const random = seededRandom(seed * 7919);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const id = () => pick([undefined, undefined, new Uint8Array(0), Uint8Array.of(7), new Uint8Array(20).fill(seed)]);
  const { name, version } = EVERY_MODE[seed % EVERY_MODE.length] as (typeof EVERY_MODE)[0];
  return {
    ...{ seed, name, version },
    mtu: { client: pick(MTUS), server: pick(MTUS) },
    connectionIds: { client: id(), server: id() },
    faults: {
      loss: pick(LOSSES),
      duplication: pick(SOME),
      reordering: pick(SOME),
      corruption: pick(CORRUPTIONS),
      ...(random() < 0.2 && { pathMtu: pick(MTUS) }),
    },
  };
}

/** A laboratory in which the handshake has begun. */
export function startScenario(modes: Modes, { seed, name, version, mtu, connectionIds, faults }: Scenario): Laboratory {
  const { client, server, session } = modes.setting(name, version);
  const lab = new Laboratory(seed, faults, client, server, {
    client: { mtu: mtu.client, connectionId: connectionIds.client, session },
    server: { mtu: mtu.server, connectionId: connectionIds.server, peerAddress: Uint8Array.of(127, 0, 0, 1) },
  });
  lab.start();
  return lab;
}

export type Outcome = 'connected' | 'timed_out' | 'damaged';

/** Runs the handshake to its end, and a conversation after it; every rule of every run is checked here. */
export async function runScenario(modes: Modes, scenario: Scenario): Promise<{ outcome: Outcome; lab: Laboratory }> {
  const lab = startScenario(modes, scenario);
  const until = () => lab.areConnected || (lab.client.state === 'closed' && lab.server.state === 'closed');
  if (modeOf(scenario.name).isLater === true) await lab.runLater(until);
  else lab.run(until);
  if (!lab.areConnected) {
    const outcome = outcomeOf(lab.clientEvents, lab.serverEvents);
    if (scenario.faults.corruption === 0) expect(outcome).toBe('timed_out');
    expect([lab.clientEvents.data.length, lab.serverEvents.data.length]).toEqual([0, 0]);
    return { outcome, lab };
  }
  lab.faults = {};
  if (modeOf(scenario.name).isLater === true) await lab.runLater();
  else lab.run();
  expect([lab.clientEvents.error, lab.serverEvents.error]).toEqual([undefined, undefined]);
  expectAgreement(lab, scenario);
  expectConversation(lab, scenario);
  return { outcome: 'connected', lab };
}

/** What an end says that gives up: both, of which one may be lost. */
const FAREWELLS: readonly string[] = ['user_canceled', 'close_notify'];

/** Somebody gave up waiting, or found something damaged; the other end may have been told. */
function outcomeOf(client: Recorder, server: Recorder): Outcome {
  const errors = [client.error, server.error].filter((error) => error !== undefined);
  const isTimeout = (error: TlsError) => error instanceof ConnectionLost && error.reason === 'timed_out';
  const isTold = (error: TlsError) => error instanceof AlertReceived && FAREWELLS.includes(error.description);
  expect(errors.length).toBeGreaterThan(0);
  expect(errors.filter((error) => error instanceof InternalError)).toEqual([]);
  return errors.some(isTimeout) && errors.every((error) => isTimeout(error) || isTold(error)) ? 'timed_out' : 'damaged';
}

function expectAgreement(lab: Laboratory, { name }: Scenario): void {
  const [client, server] = [lab.client.info, lab.server.info];
  expect(client?.clientFinished).toEqual(server?.clientFinished);
  expect(client?.serverFinished).toEqual(server?.serverFinished);
  expect(client?.resumed).toBe(modeOf(name).resumes !== undefined);
}

const MESSAGES = 5;

/** What was sent comes once where nothing is lost; else at most once; and nothing else comes. */
function expectConversation(lab: Laboratory, { seed, faults }: Scenario): void {
  const { loss: _loss, pathMtu: _mtu, corruption: _corruption, ...lossless } = faults;
  for (const [round, current] of [lossless, { ...lossless, loss: 0.3, corruption: 0.2 }].entries()) {
    lab.faults = current;
    const sent = { client: new Set<string>(), server: new Set<string>() };
    const before = { client: lab.clientEvents.of('data').length, server: lab.serverEvents.of('data').length };
    for (let i = 0; i < MESSAGES; i++) {
      for (const end of ['client', 'server'] as const) {
        const message = `${seed} ${round} ${end} ${i}`;
        sent[end].add(message);
        lab[end].send(utf8(message));
      }
      lab.collect();
    }
    lab.run();
    for (const [events, whose, from] of [
      [lab.clientEvents, 'client', 'server'],
      [lab.serverEvents, 'server', 'client'],
    ] as const) {
      expect(events.error).toBeUndefined();
      const received = events
        .of('data')
        .slice(before[whose])
        .map(({ data }) => fromUtf8(data));
      expect(new Set(received).size).toBe(received.length);
      expect(received.filter((message) => !sent[from].has(message))).toEqual([]);
      if (round === 0) expect(received.length).toBe(MESSAGES);
    }
  }
}
