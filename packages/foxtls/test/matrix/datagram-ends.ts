/**
 * Both ends of a connection over datagrams, on a link that loses nothing and takes no time; for links that do, see test/dtls/laboratory.ts.
 */

import type { ClientConfig, ServerConfig } from '../../src/connection/config.ts';
import { createDtlsClient, createDtlsServer, type DatagramOptions as EndOptions } from '../../src/connection/create-dtls.ts';
import type { DtlsConnection } from '../../src/connection/datagram-connection.ts';
import { Recorder } from '../../src/connection/pair.fixture.ts';
import type { TlsError } from '../../src/core/errors/errors.ts';
import type { ClientSession } from '../../src/protocol/session/client-session.ts';

import { later } from './asynchronous.ts';
import { IDLE_TURNS } from './ends.ts';

export interface DatagramOptions extends EndOptions {
  readonly session?: ClientSession | undefined;
}

export class DatagramEnd {
  readonly connection: DtlsConnection;
  readonly #recorder: Recorder;

  constructor(connection: DtlsConnection, recorder: Recorder) {
    this.connection = connection;
    this.#recorder = recorder;
  }

  get info() {
    return this.connection.info;
  }

  get error(): TlsError | undefined {
    return this.#recorder.error;
  }

  get data(): Uint8Array {
    return this.#recorder.data;
  }

  get keyLog(): string[] {
    return this.#recorder.of('keylog').map(({ line }) => line);
  }

  get sessions(): ClientSession[] {
    return this.#recorder.of('session').map(({ session }) => session);
  }

  /** Records, fragments and datagrams that were dropped. */
  get discarded(): number {
    return Object.values(this.connection.stats.discarded).reduce((total, count) => total + count, 0);
  }
}

export interface DatagramEnds {
  readonly client: DatagramEnd;
  readonly server: DatagramEnd;
  /** All datagrams of the handshake, in the order of the link. */
  readonly sent: { readonly by: 'client' | 'server'; readonly datagram: Uint8Array }[];
}

export function startServer(config: ServerConfig, options: EndOptions = {}): DatagramEnd {
  const recorder = new Recorder();
  const connection = createDtlsServer(config, { ...options, keyLog: true, onEvent: recorder.onEvent });
  connection.start();
  return new DatagramEnd(connection, recorder);
}

/** Both ends after the handshake. */
export function connectDatagramEnds(
  clientConfig: ClientConfig,
  serverConfig: ServerConfig,
  options: DatagramOptions = {},
): DatagramEnds {
  const ends = startDatagramEnds(clientConfig, serverConfig, options);
  carryDatagrams(ends);
  return ends;
}

/** Both ends after the handshake, waiting for whatever the configs wait for. */
export async function connectDatagramEndsLater(clientConfig: ClientConfig, serverConfig: ServerConfig): Promise<DatagramEnds> {
  const ends = startDatagramEnds(clientConfig, serverConfig);
  for (let idle = 0; idle < IDLE_TURNS; idle++) {
    if (carryDatagrams(ends)) idle = 0;
    await later();
  }
  return ends;
}

function startDatagramEnds(
  clientConfig: ClientConfig,
  serverConfig: ServerConfig,
  { session, ...options }: DatagramOptions = {},
): DatagramEnds {
  const server = startServer(serverConfig, options);
  const recorder = new Recorder();
  const onEvent = recorder.onEvent;
  const connection = createDtlsClient(clientConfig, { ...options, serverName: 'localhost', session, keyLog: true, onEvent });
  connection.start();
  return { client: new DatagramEnd(connection, recorder), server, sent: [] };
}

/** Carries datagrams both ways until nothing moves, and says whether anything did. */
export function carryDatagrams({ client, server, sent }: DatagramEnds): boolean {
  for (let hasMoved = false; ; hasMoved = true) {
    const toServer = client.connection.takeOutput();
    const toClient = server.connection.takeOutput();
    if (toServer.length + toClient.length === 0) return hasMoved;
    sent.push(...toServer.map((datagram) => ({ by: 'client' as const, datagram })));
    sent.push(...toClient.map((datagram) => ({ by: 'server' as const, datagram })));
    for (const datagram of toServer) server.connection.receive(datagram.slice());
    for (const datagram of toClient) client.connection.receive(datagram.slice());
  }
}
