/**
 * Drives the handshake flows over a link that passes whole handshake messages, without records: what the flows of DTLS 1.2 and 1.0 do by
 * themselves, before and beside any transport.
 */

import type { ClientConfig, ServerConfig } from '../../src/connection/config.ts';
import { toHex } from '../../src/core/bytes/bytes.ts';
import { asTlsError, type TlsError } from '../../src/core/errors/errors.ts';
import { isThenable } from '../../src/core/flow/flow.ts';
import type { VersionName } from '../../src/core/registry/protocol-versions.ts';
import { clientHandshake } from '../../src/protocol/handshake/client.ts';
import type { Established } from '../../src/protocol/handshake/established.ts';
import type { HandshakeFlow } from '../../src/protocol/handshake/receive.ts';
import { serverHandshake } from '../../src/protocol/handshake/server.ts';
import type { ConnectionIds, HandshakeContext, HandshakeTransport } from '../../src/protocol/handshake/transport.ts';
import { DTLS } from '../../src/protocol/handshake/variant.ts';
import { HEADER_SIZE, type RawMessage } from '../../src/protocol/messages/messages.ts';
import type { ClientSession } from '../../src/protocol/session/client-session.ts';

/** Hands messages over as they are, numbered. What is about records is taken, and has no effect. */
class LoopbackTransport implements HandshakeTransport {
  readonly variant = DTLS;
  version: VersionName | undefined;
  connectionIds: ConnectionIds | undefined;
  #sequence: number;
  #sent: RawMessage[] = [];

  constructor(firstSequence: number) {
    this.#sequence = firstSequence;
  }

  send(message: Uint8Array): number {
    const sequence = this.#sequence++;
    const bytes = message.slice();
    this.#sent.push({ type: bytes[0] as number, body: bytes.subarray(HEADER_SIZE), bytes, sequence });
    return sequence;
  }

  takeMessages(): RawMessage[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  setConnectionIds(ids: ConnectionIds): void {
    this.connectionIds = ids;
  }

  setVersion(version: VersionName): void {
    this.version = version;
  }

  sendChangeCipherSpec(): void {}
  endFlight(): void {}
  setReadProtection(): void {}
  setWriteProtection(): void {}
  expectChangeCipherSpec(): void {}
  openApplicationData(): void {}
  setRecordSizeLimits(): void {}
  setMaxFragmentLength(): void {}
  allowHeartbeats(): void {}
  skipEarlyData(): void {}
}

/** What a connection would put into the context of its flow. */
export type ContextParts = Partial<Omit<HandshakeContext, 'transport' | 'signal' | 'logSecret'>>;

export class LoopbackEnd {
  readonly transport: LoopbackTransport;
  readonly keyLog: string[] = [];
  established: Established | undefined;
  error: TlsError | undefined;
  #flow: HandshakeFlow<Established> | undefined;

  constructor(
    flow: (context: HandshakeContext) => HandshakeFlow<Established>,
    parts: ContextParts & { readonly firstSequence?: number | undefined } = {},
  ) {
    const { firstSequence = 0, ...context } = parts;
    this.transport = new LoopbackTransport(firstSequence);
    this.#flow = flow({
      ...context,
      transport: this.transport,
      signal: new AbortController().signal,
      logSecret: (label, random, secret) => this.keyLog.push(`${label} ${toHex(random)} ${toHex(secret)}`),
    });
    this.#step((running) => running.next());
  }

  receive(message: RawMessage): void {
    if (this.error === undefined) this.#step((flow) => flow.next(message));
  }

  #step(next: (flow: HandshakeFlow<Established>) => ReturnType<HandshakeFlow<Established>['next']>): void {
    if (this.#flow === undefined) return;
    try {
      const step = next(this.#flow);
      if (isThenable(step.value)) throw new Error('this driver does not wait');
      if (step.done !== true) return;
      this.established = step.value;
      this.#flow = undefined;
    } catch (thrown) {
      this.error = asTlsError(thrown);
    }
  }
}

/** A message and who sent it. */
export interface SentMessage extends RawMessage {
  readonly by: 'client' | 'server';
}

export interface LoopbackEnds {
  readonly client: LoopbackEnd;
  readonly server: LoopbackEnd;
  /** All messages, in the order of the link. */
  readonly sent: SentMessage[];
}

export interface LoopbackOptions {
  readonly session?: ClientSession | undefined;
  readonly client?: ContextParts;
  readonly server?: ContextParts;
}

export function clientEnd(config: ClientConfig, { session, client }: LoopbackOptions = {}): LoopbackEnd {
  return new LoopbackEnd((context) => clientHandshake(context, config, { serverName: 'localhost', session }), client);
}

export function serverEnd(config: ServerConfig, { server }: LoopbackOptions = {}, firstSequence?: number): LoopbackEnd {
  return new LoopbackEnd((context) => serverHandshake(context, config), { ...server, firstSequence });
}

/** Both ends after the handshake. */
export function connectLoopbackEnds(
  clientConfig: ClientConfig,
  serverConfig: ServerConfig,
  options: LoopbackOptions = {},
): LoopbackEnds {
  const ends = { client: clientEnd(clientConfig, options), server: serverEnd(serverConfig, options), sent: [] };
  carryMessages(ends);
  return ends;
}

/** Carries messages both ways until nothing moves. */
export function carryMessages({ client, server, sent }: LoopbackEnds): void {
  for (;;) {
    const toServer = client.transport.takeMessages();
    const toClient = server.transport.takeMessages();
    if (toServer.length + toClient.length === 0) return;
    sent.push(...toServer.map((message) => ({ ...message, by: 'client' as const })));
    sent.push(...toClient.map((message) => ({ ...message, by: 'server' as const })));
    for (const message of toServer) server.receive(message);
    for (const message of toClient) client.receive(message);
  }
}
