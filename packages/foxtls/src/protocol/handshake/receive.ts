/**
 * How a flow receives: it yields the message types that it accepts, and is resumed with a whole message of any type.
 */

import { PeerMisbehaved } from '../../core/errors/errors.ts';
import type { Flow } from '../../core/flow/flow.ts';
import { handshakeTypeName } from '../../core/registry/handshake-types.ts';
import type { Transcript } from '../keys/transcript.ts';
import { type MessageKind, type RawMessage, readMessage } from '../messages/messages.ts';

/** A request to the driver: resume me with the next handshake message, a `RawMessage`. */
export class ReceiveRequest {
  readonly expected: readonly string[];

  constructor(expected: readonly string[]) {
    this.expected = expected;
  }
}

/** A flow of the handshake: it waits for promises and for messages. */
export type HandshakeFlow<T> = Flow<T, ReceiveRequest>;

/** Receives the one message that may come now, and adds it to the transcript. */
export function* receive<Name extends string, T>(kind: MessageKind<Name, T>, transcript: Transcript): HandshakeFlow<T> {
  const { message, bytes, sequence } = yield* receiveWithBytes(kind);
  transcript.add(bytes, sequence);
  return message;
}

/** A message with what enters the transcript of it. */
export interface ReceivedMessage<T> {
  readonly message: T;
  readonly bytes: Uint8Array;
  readonly sequence: number;
}

/** Receives the one message that may come now, with its bytes. */
export function* receiveWithBytes<Name extends string, T>(kind: MessageKind<Name, T>): HandshakeFlow<ReceivedMessage<T>> {
  const raw = (yield new ReceiveRequest([kind.name])) as RawMessage;
  if (raw.type !== kind.type) throw unexpected(raw, [kind.name]);
  return { message: readMessage(kind, raw), bytes: raw.bytes, sequence: raw.sequence };
}

type Kinds = readonly MessageKind<string, unknown>[];
/** What is received of one kind; of several, a union. */
type Received<K> = K extends MessageKind<infer N, infer T> ? ReceivedMessage<T> & { readonly name: N } : never;

/** Receives one of several messages, and adds it to the transcript. */
export function* receiveOneOf<const K extends Kinds>(kinds: K, transcript: Transcript): HandshakeFlow<Received<K[number]>> {
  const received = yield* receiveOneOfWithBytes(kinds);
  transcript.add(received.bytes, received.sequence);
  return received;
}

/** Receives one of several messages, with its bytes. */
export function* receiveOneOfWithBytes<const K extends Kinds>(kinds: K): HandshakeFlow<Received<K[number]>> {
  const names = kinds.map((kind) => kind.name);
  const raw = (yield new ReceiveRequest(names)) as RawMessage;
  const kind = kinds.find((candidate) => candidate.type === raw.type);
  if (kind === undefined) throw unexpected(raw, names);
  const { bytes, sequence } = raw;
  return { name: kind.name, message: readMessage(kind, raw), bytes, sequence } as Received<K[number]>;
}

function unexpected(raw: RawMessage, expected: readonly string[]): PeerMisbehaved {
  const name = handshakeTypeName(raw.type) ?? `handshake message ${raw.type}`;
  return new PeerMisbehaved('message_unexpected', `${name} received where ${expected.join(' or ')} is expected`);
}
