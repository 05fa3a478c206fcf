/**
 * A peer over datagrams that keeps every rule until it is told to break one. Its handshake is that of our own flows; its transport is a small one
 * of its own, without timers, that sends each message in a datagram by itself, and lets a case put anything before, in place of, or after it.
 */

import { concat, EMPTY, utf8 } from '../../src/core/bytes/bytes.ts';
import { ALERTS, type AlertName, alertName } from '../../src/core/registry/alerts.ts';
import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import { HANDSHAKE_TYPES, type HandshakeTypeName } from '../../src/core/registry/handshake-types.ts';
import type { VersionName } from '../../src/core/registry/protocol-versions.ts';
import type { HandshakeFlow } from '../../src/protocol/handshake/receive.ts';
import type { ConnectionIds, Epoch, HandshakeContext, HandshakeTransport } from '../../src/protocol/handshake/transport.ts';
import { DTLS } from '../../src/protocol/handshake/variant.ts';
import { connectionIdPseudoHeader } from '../../src/protocol/record/pseudo-header.ts';
import type { RecordProtection } from '../../src/protocol/record/record-protection.ts';
import { DatagramInput } from '../../src/transport/dtls/datagram-input.ts';
import { newStats } from '../../src/transport/dtls/datagram-stats.ts';
import { FRAGMENT_HEADER_SIZE, fragmentMessage } from '../../src/transport/dtls/message-fragments.ts';
import { MessageReassembly } from '../../src/transport/dtls/message-reassembly.ts';
import { ReadEpoch } from '../../src/transport/dtls/read-epoch.ts';
import { WriteEpoch } from '../../src/transport/dtls/write-epoch.ts';
import type { ReceivedAlert } from '../misbehaving/scripted-peer.ts';

/** A message about to be sent: with the header of TLS. */
export interface Outgoing {
  readonly bytes: Uint8Array;
  readonly sequence: number;
}

const EPOCHS = { handshake: 2, application: 3 } as const;
const WHOLE = 2 ** 24;
const MAX_QUEUED = 2 ** 24;

export class DatagramPeer implements HandshakeTransport {
  readonly variant = DTLS;
  readonly alerts: ReceivedAlert[] = [];
  receivedData: Uint8Array = EMPTY;
  connected = false;
  version: VersionName | undefined;
  /** message_seq of the next message. */
  sequence = 0;
  ids: ConnectionIds = { receive: EMPTY, send: EMPTY, checksRoutability: false };

  readonly #writes = new Map<number, WriteEpoch>([[0, new WriteEpoch(0)]]);
  #writeNumber = 0;
  readonly #input = new DatagramInput(new ReadEpoch(0, 64), MAX_QUEUED, { stats: newStats(), expects: () => true });
  readonly #reassembly = new MessageReassembly({ maxHandshakeMessage: 2 ** 20 });
  readonly #hooks = new Map<number, ((message: Outgoing) => void)[]>();
  readonly #onConnected: (() => void)[] = [];
  #fragmentSize = WHOLE;
  #flow: HandshakeFlow<unknown> | undefined;
  #output: Uint8Array[] = [];
  #repeated = { times: 0, act: (): void => {} };

  // ---- What a case says ----

  /** In place of sending the message. `send` is what would have been done. */
  instead(type: HandshakeTypeName, act: (message: Outgoing) => void): void {
    const code = HANDSHAKE_TYPES[type];
    this.#hooks.set(code, [...(this.#hooks.get(code) ?? []), act]);
  }

  before(type: HandshakeTypeName, act: (message: Outgoing) => void): void {
    this.instead(type, (message) => {
      act(message);
      this.sendMessage(message);
    });
  }

  change(type: HandshakeTypeName, edit: (bytes: Uint8Array) => Uint8Array): void {
    this.instead(type, ({ bytes, sequence }) => this.sendMessage({ bytes: edit(bytes), sequence }));
  }

  whenConnected(act: () => void): void {
    this.#onConnected.push(act);
  }

  // ---- Sending ----

  get epoch(): number {
    return this.#writeNumber;
  }

  /** A record under the keys of that epoch; the latest unless set. */
  record(type: number, content: Uint8Array, epoch = this.#writeNumber, connectionId = this.ids.send): Uint8Array {
    const keys = this.#writes.get(epoch) as WriteEpoch;
    return keys.write({ version: 0xfefd, connectionId: epoch === 0 ? EMPTY : connectionId }, type, content).bytes;
  }

  sendRecord(type: number, content: Uint8Array, epoch = this.#writeNumber): void {
    this.sendRaw(this.record(type, content, epoch));
  }

  sendMessage({ bytes, sequence }: Outgoing, epoch = this.#writeNumber): void {
    for (const fragment of fragmentMessage(bytes, sequence, epoch === 0 ? WHOLE : this.#fragmentSize)) {
      this.sendRecord(CONTENT_TYPES.handshake, fragment, epoch);
    }
  }

  /** A message that is in nobody's flow. */
  sendHandshake(type: HandshakeTypeName, ...body: number[]): void {
    this.sendMessage({ bytes: message(type, ...body), sequence: this.sequence++ });
  }

  /** A message that takes the number of the one in whose place it stands. */
  sendHandshakeAt(type: HandshakeTypeName, ...body: number[]): void {
    this.sendMessage({ bytes: message(type, ...body), sequence: this.sequence - 1 });
  }

  /** Now, and each time that the victim has answered. */
  repeatedly(times: number, act: () => void): void {
    this.#repeated = { times: times - 1, act };
    act();
  }

  sendData(text: string): void {
    this.sendRecord(CONTENT_TYPES.application_data, utf8(text));
  }

  sendAlert(level: number, description: AlertName | number, epoch = this.#writeNumber): void {
    const code = typeof description === 'number' ? description : ALERTS[description];
    this.sendRecord(CONTENT_TYPES.alert, Uint8Array.of(level, code), epoch);
  }

  /** A datagram. */
  sendRaw(datagram: Uint8Array): void {
    this.#output.push(datagram);
  }

  takeOutput(): Uint8Array[] {
    if (this.#output.length === 0 && this.#repeated.times > 0) {
      this.#repeated.times--;
      this.#repeated.act();
    }
    const output = this.#output;
    this.#output = [];
    return output;
  }

  // ---- Receiving ----

  run(flow: (context: HandshakeContext) => HandshakeFlow<unknown>, context: Partial<HandshakeContext>): void {
    this.#flow = flow({ transport: this, signal: new AbortController().signal, logSecret: () => {}, ...context });
    this.#advance(undefined);
  }

  #advance(received: unknown): void {
    let step: IteratorResult<unknown, unknown> | undefined;
    try {
      step = this.#flow?.next(received as never);
    } catch {
      // The victim answers what this flow did not send.
      this.#flow = undefined;
    }
    if (step?.done !== true) return;
    this.#flow = undefined;
    this.connected = true;
    for (const act of this.#onConnected) act();
  }

  /** A datagram. What the victim says once it has ended, or in answer to what was broken, is not this flow's to understand. */
  receive(datagram: Uint8Array): void {
    this.#input.push(datagram);
    for (let record = this.#input.next(); record !== undefined; record = this.#input.next()) {
      const { type, content, epoch } = record;
      if (type === CONTENT_TYPES.alert) {
        this.alerts.push({ level: content[0] as number, description: alertName(content[1] as number) });
      } else if (type === CONTENT_TYPES.application_data) {
        this.receivedData = concat(this.receivedData, content);
      } else if (type === CONTENT_TYPES.handshake) {
        this.#reassembly.push(content, epoch);
        for (let next = this.#reassembly.next(); next !== undefined; next = this.#reassembly.next()) {
          this.#acknowledge(epoch, record.sequence);
          this.#advance(next);
        }
      }
    }
  }

  /** What comes after the handshake. */
  #acknowledge(epoch: number, sequence: number): void {
    if (this.connected && this.version === 'TLSv1.3') this.sendRecord(CONTENT_TYPES.ack, acknowledgement([epoch, sequence]));
  }

  // ---- What flows do ----

  send(bytes: Uint8Array): number {
    const sequence = this.sequence++;
    const outgoing = { bytes: bytes.slice(), sequence };
    const hooks = this.#hooks.get(bytes[0] as number);
    if (hooks === undefined) this.sendMessage(outgoing);
    for (const act of hooks ?? []) act(outgoing);
    return sequence;
  }

  sendChangeCipherSpec(): void {
    if (this.version !== 'TLSv1.3') this.sendRecord(CONTENT_TYPES.change_cipher_spec, Uint8Array.of(1), 0);
  }

  setVersion(version: VersionName): void {
    this.version = version;
  }

  endFlight(): void {}

  setReadProtection(epoch: Epoch, protection: RecordProtection): void {
    this.#input.install(new ReadEpoch(EPOCHS[epoch], 64, protection));
  }

  setWriteProtection(epoch: Epoch, protection: RecordProtection): void {
    this.#writeNumber = this.version === 'TLSv1.3' ? EPOCHS[epoch] : 1;
    this.#writes.set(this.#writeNumber, new WriteEpoch(this.#writeNumber, protection));
  }

  /** As after a KeyUpdate. */
  nextKeys(): void {
    const next = (this.#writes.get(this.#writeNumber) as WriteEpoch).next();
    this.#writes.set(++this.#writeNumber, next);
  }

  /** Goes on under older keys. */
  backTo(epoch: number): void {
    this.#writeNumber = epoch;
  }

  expectChangeCipherSpec(protection: RecordProtection): void {
    this.#input.install(new ReadEpoch(1, 64, protection));
  }

  openApplicationData(): void {}
  setRecordSizeLimits({ send = this.#fragmentSize }: { readonly send?: number | undefined }): void {
    this.#fragmentSize = send - FRAGMENT_HEADER_SIZE - 1;
  }

  setMaxFragmentLength(): void {}
  allowHeartbeats(): void {}
  skipEarlyData(): void {}

  setConnectionIds(ids: ConnectionIds): void {
    this.ids = ids;
    this.#input.connectionIds = ids.receive.length > 0 ? [ids.receive] : [];
  }

  get pseudoHeaders() {
    const of = ({ length }: Uint8Array) => (length === 0 ? undefined : connectionIdPseudoHeader(length));
    return { read: of(this.ids.receive), write: of(this.ids.send) };
  }
}

export function message(type: HandshakeTypeName, ...body: number[]): Uint8Array {
  return Uint8Array.of(HANDSHAKE_TYPES[type], 0, body.length >> 8, body.length & 0xff, ...body);
}

/** The content of an ACK. */
export function acknowledgement(...numbers: readonly (readonly [epoch: number, sequence: number])[]): Uint8Array {
  const content = new Uint8Array(2 + 16 * numbers.length);
  const view = new DataView(content.buffer);
  view.setUint16(0, 16 * numbers.length);
  numbers.forEach(([epoch, sequence], i) => {
    view.setBigUint64(2 + 16 * i, BigInt(epoch));
    view.setBigUint64(10 + 16 * i, BigInt(sequence));
  });
  return content;
}
