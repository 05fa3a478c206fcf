/**
 * Drives the handshake flows over the seed of the DTLS transport, on a link that loses nothing: what a connection of DTLS will do, without
 * timers, without waiting, without anything after the handshake but data, tickets and alerts.
 */

import type { ClientConfig, ServerConfig } from '../../src/connection/config.ts';
import { LIMITS } from '../../src/connection/limits.ts';
import { concat, EMPTY, toHex } from '../../src/core/bytes/bytes.ts';
import { asTlsError, type TlsError } from '../../src/core/errors/errors.ts';
import { isThenable } from '../../src/core/flow/flow.ts';
import { ALERTS } from '../../src/core/registry/alerts.ts';
import { clientHandshake } from '../../src/protocol/handshake/client.ts';
import type { Established } from '../../src/protocol/handshake/established.ts';
import type { HandshakeFlow } from '../../src/protocol/handshake/receive.ts';
import { serverHandshake } from '../../src/protocol/handshake/server.ts';
import type { HandshakeContext } from '../../src/protocol/handshake/transport.ts';
import { NewSessionTicket, readMessage } from '../../src/protocol/messages/messages.ts';
import type { ClientSession } from '../../src/protocol/session/client-session.ts';
import { sessionOfTicket } from '../../src/protocol/session/new-session-ticket.ts';
import { DatagramTransport } from '../../src/transport/dtls/datagram-transport.ts';

const FATAL = 2;

export class DatagramEnd {
  readonly transport: DatagramTransport;
  readonly keyLog: string[] = [];
  readonly sessions: ClientSession[] = [];
  readonly alerts: number[] = [];
  established: Established | undefined;
  error: TlsError | undefined;
  data: Uint8Array = EMPTY;
  readonly #now: () => number;
  #flow: HandshakeFlow<Established> | undefined;

  constructor(now: () => number, mtu: number, flow: (context: HandshakeContext) => HandshakeFlow<Established>) {
    this.#now = now;
    this.transport = new DatagramTransport({ mtu, maxHandshakeMessage: LIMITS.maxHandshakeMessage, maxQueuedDatagrams: 64 });
    this.#flow = flow({
      transport: this.transport,
      signal: new AbortController().signal,
      logSecret: (label, random, secret) => this.keyLog.push(`${label} ${toHex(random)} ${toHex(secret)}`),
    });
  }

  start(): void {
    this.#guarded(() => this.#step((flow) => flow.next()));
  }

  receive(datagram: Uint8Array): void {
    if (this.error !== undefined) return;
    this.transport.receive(datagram);
    this.#guarded(() => this.#read());
  }

  #read(): void {
    for (let incoming = this.transport.next(); incoming !== undefined; incoming = this.transport.next()) {
      if (incoming.kind === 'alert') this.alerts.push(incoming.description);
      else if (incoming.kind === 'data') this.data = concat(this.data, incoming.data);
      else {
        const { message } = incoming;
        if (this.#flow !== undefined) this.#step((flow) => flow.next(message));
        else this.#takeTicket(readMessage(NewSessionTicket, message));
      }
    }
  }

  #takeTicket(message: Parameters<typeof sessionOfTicket>[2]): void {
    const session = sessionOfTicket(this.established as Established, this.transport.variant.labelPrefix, message, this.#now());
    if (session !== undefined) this.sessions.push(session);
  }

  #step(next: (flow: HandshakeFlow<Established>) => ReturnType<HandshakeFlow<Established>['next']>): void {
    if (this.#flow === undefined) return;
    const step = next(this.#flow);
    if (step.done === true) {
      this.established = step.value;
      this.#flow = undefined;
    } else if (isThenable(step.value)) {
      throw new Error('this driver does not wait');
    }
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.error = asTlsError(thrown);
      if (this.error.alert !== undefined) this.transport.sendAlert(FATAL, ALERTS[this.error.alert]);
    }
  }
}

export interface DatagramEnds {
  readonly client: DatagramEnd;
  readonly server: DatagramEnd;
  /** All datagrams of the handshake, in the order of the link. */
  readonly sent: { readonly by: 'client' | 'server'; readonly datagram: Uint8Array }[];
}

export interface DatagramOptions {
  readonly session?: ClientSession | undefined;
  readonly mtu?: number;
}

/** Both ends after the handshake. */
export function connectDatagramEnds(
  clientConfig: ClientConfig,
  serverConfig: ServerConfig,
  options: DatagramOptions = {},
): DatagramEnds {
  const { session, mtu = 1200 } = options;
  const client = new DatagramEnd(clientConfig.now, mtu, (context) =>
    clientHandshake(context, clientConfig, { serverName: 'localhost', session }),
  );
  const server = new DatagramEnd(serverConfig.now, mtu, (context) => serverHandshake(context, serverConfig));
  const ends: DatagramEnds = { client, server, sent: [] };
  server.start();
  client.start();
  carryDatagrams(ends);
  return ends;
}

/** Carries datagrams both ways until nothing moves. */
export function carryDatagrams({ client, server, sent }: DatagramEnds): void {
  for (;;) {
    const toServer = client.transport.takeDatagrams();
    const toClient = server.transport.takeDatagrams();
    if (toServer.length + toClient.length === 0) return;
    sent.push(...toServer.map((datagram) => ({ by: 'client' as const, datagram })));
    sent.push(...toClient.map((datagram) => ({ by: 'server' as const, datagram })));
    for (const datagram of toServer) server.receive(datagram.slice());
    for (const datagram of toClient) client.receive(datagram.slice());
  }
}
