/**
 * Both ends of a connection as the matrix needs them: made, carried through the handshake, and asked whether they agree.
 */

import { expect } from 'vitest';
import type { ClientConfig, ServerConfig } from '../../src/connection/config.ts';
import type { TlsConnection } from '../../src/connection/connection.ts';
import { createTlsClient, createTlsServer } from '../../src/connection/create.ts';
import { byteByByte, type Cut, exchangeSync, Recorder, whole } from '../../src/connection/pair.fixture.ts';
import { concat, toHex, utf8 } from '../../src/core/bytes/bytes.ts';
import type { ClientSession } from '../../src/protocol/session/client-session.ts';
import { later } from './asynchronous.ts';

export const SERVER_NAME = 'localhost';

export interface Ends {
  readonly client: TlsConnection;
  readonly server: TlsConnection;
  readonly clientSide: Recorder;
  readonly serverSide: Recorder;
}

export interface EndsOptions {
  readonly session?: ClientSession | readonly ClientSession[] | undefined;
  readonly serverName?: string | undefined;
}

/** Both ends, started; nothing is carried yet. */
export function startEnds(clientConfig: ClientConfig, serverConfig: ServerConfig, options: EndsOptions = {}): Ends {
  const clientSide = new Recorder();
  const serverSide = new Recorder();
  const { session, serverName = SERVER_NAME } = options;
  const client = createTlsClient(clientConfig, { serverName, session, keyLog: true, onEvent: clientSide.onEvent });
  const server = createTlsServer(serverConfig, { keyLog: true, onEvent: serverSide.onEvent });
  server.start();
  client.start();
  return { client, server, clientSide, serverSide };
}

/** Both ends after the handshake, of synchronous configs. */
export function connectEnds(
  clientConfig: ClientConfig,
  serverConfig: ServerConfig,
  options: EndsOptions = {},
  cut: Cut = whole,
): Ends {
  const ends = startEnds(clientConfig, serverConfig, options);
  exchangeSync(ends.client, ends.server, cut);
  return ends;
}

/** Both ends after the handshake, waiting for whatever the configs wait for. */
export async function connectEndsLater(
  clientConfig: ClientConfig,
  serverConfig: ServerConfig,
  options: EndsOptions = {},
  cut: Cut = whole,
): Promise<Ends> {
  const ends = startEnds(clientConfig, serverConfig, options);
  await carryLater(ends, cut);
  return ends;
}

/** Turns of the event loop in which nothing moves, after which nothing is expected to: a step waits for a few of them. */
export const IDLE_TURNS = 20;

/** Carries bytes both ways until nothing moves, waiting for steps that answer later. */
export async function carryLater({ client, server }: Ends, cut: Cut = whole): Promise<void> {
  for (let idle = 0; idle < IDLE_TURNS; idle++) {
    if (exchangeSync(client, server, cut)) idle = 0;
    await later();
  }
}

/** Both ends are connected, and each says of the connection what the other says. */
export function expectAgreement({ client, server, clientSide, serverSide }: Ends): void {
  expect([clientSide.error, serverSide.error]).toEqual([undefined, undefined]);
  expect([client.state, server.state]).toEqual(['connected', 'connected']);
  const ours = client.info;
  const theirs = server.info;
  for (const fact of ['version', 'suite', 'group', 'signatureScheme', 'alpnProtocol', 'resumed', 'serverName'] as const) {
    expect(theirs?.[fact], fact).toEqual(ours?.[fact]);
  }
  expect(theirs?.clientFinished).toEqual(ours?.clientFinished);
  expect(theirs?.serverFinished).toEqual(ours?.serverFinished);
  const exporter = (end: TlsConnection) => toHex(end.exportKeyingMaterial(40, 'EXPORTER-Matrix', utf8('context')));
  expect(exporter(server)).toBe(exporter(client));
  expect(toHex(server.exportKeyingMaterial(40, 'EXPORTER-Other'))).not.toBe(exporter(client));
  const lines = (side: Recorder) => side.of('keylog').map(({ line }) => line);
  expect(lines(serverSide)).toEqual(lines(clientSide));
  expect(lines(clientSide)).toHaveLength(ours?.version !== 'TLSv1.3' ? 1 : 5);
}

/** Data goes both ways and arrives as it was sent. */
export function expectData({ client, server, clientSide, serverSide }: Ends, cut: Cut = whole): void {
  const before = [clientSide.data.length, serverSide.data.length] as const;
  client.send(utf8('to the server'));
  server.send(utf8('to the client'));
  exchangeSync(client, server, cut);
  expect(new TextDecoder().decode(serverSide.data.subarray(before[1]))).toBe('to the server');
  expect(new TextDecoder().decode(clientSide.data.subarray(before[0]))).toBe('to the client');
}

/** A generator of numbers below a bound from a seed (mulberry32): the same cuts in every run. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Pieces of random lengths, mostly short. */
export function randomly(seed: number): Cut {
  const choose = seeded(seed);
  return (bytes) => {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + choose(choose(4) === 0 ? 2000 : 20);
      pieces.push(bytes.subarray(at, at + length));
      at += length;
    }
    return pieces;
  };
}

export const CUTS: Readonly<Record<string, (seed: number) => Cut>> = {
  whole: () => whole,
  'byte by byte': () => byteByByte,
  randomly: (seed) => randomly(seed),
  'in halves': () => (bytes) => [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)],
};

/** The cut for the `i`-th of many handshakes: all of them take turns. */
export function cutNumber(i: number): Cut {
  const cuts = Object.values(CUTS);
  return (cuts[i % cuts.length] as (seed: number) => Cut)(i);
}

/** All output of an end that was not taken yet, in one piece. */
export function outputOf(end: TlsConnection): Uint8Array {
  return concat(...end.takeOutput());
}
