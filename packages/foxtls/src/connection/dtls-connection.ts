/**
 * A connection over datagrams: their sizes, timers, addresses and connection IDs; see datagram-connection.ts for the face, connection-engine.ts
 * for what it shares with streams.
 *
 * What is lost, late or doubled is the transport's affair (transport/dtls): what arrives here has opened under its keys, and handshake messages
 * are whole and in order.
 */

import { plain, wipe } from '../core/bytes/bytes.ts';
import { ApiMisuse, type TlsError } from '../core/errors/errors.ts';
import { ALERTS } from '../core/registry/alerts.ts';
import { HANDSHAKE_TYPES } from '../core/registry/handshake-types.ts';
import type { Established } from '../protocol/handshake/established.ts';
import type { HandshakeFlow } from '../protocol/handshake/receive.ts';
import type { HandshakeContext } from '../protocol/handshake/transport.ts';
import type { RawMessage } from '../protocol/messages/messages.ts';
import type { PathMessage } from '../protocol/messages/return-routability-check.ts';
import type { DatagramTransportOptions } from '../transport/dtls/datagram-seam.ts';
import type { DatagramTransport } from '../transport/dtls/datagram-transport.ts';
import {
  ConnectionEngine,
  type EngineOwner,
  type EngineParts,
  type EngineSetting,
  type OtherIncoming,
} from './connection-engine.ts';
import { ConnectionIdUpdates, isConnectionIdUpdate } from './connection-id-updates.ts';
import { describeConnection } from './continue-dtls.ts';
import { checkInitialTimeout, checkMtu } from './datagram-checks.ts';
import type { DatagramStats, DtlsConnection } from './datagram-connection.ts';
import { DatagramHeartbeats } from './datagram-heartbeats.ts';
import { DatagramKeyUpdates } from './datagram-key-updates.ts';
import { earliest } from './deadlines.ts';
import { noHeartbeat } from './heartbeat.ts';

const WARNING = 1;

/** Who has a connection. One that carries the datagrams of several is told what a listener of events is not: it has the optional methods. */
export interface DatagramOwner extends EngineOwner {
  /** Another connection ID for the peer. */
  readonly newConnectionId?: (() => Uint8Array) | undefined;
  /** The peer asks whether we are where it thinks: the answer goes to where the question came from. */
  pathChallenged?(answer: Uint8Array): void;
  /** The answer to a challenge of ours, or to another one's. */
  pathAnswered?(cookie: Uint8Array): void;
  /** Another time-out is next, although nothing was sent. */
  rescheduled?(): void;
  /** It is over, and every event was delivered; called once. */
  closed?(): void;
}

/** What all connections with a config have in common: an endpoint makes it once. */
export interface DatagramSetting extends DatagramTransportOptions, EngineSetting {}

/** What makes a connection a client's or a server's. */
export interface DatagramConnectionParts extends EngineParts<DatagramTransport> {
  readonly setting: DatagramSetting;
  readonly owner: DatagramOwner;
  readonly peerAddress?: Uint8Array | undefined;
  readonly connectionId?: Uint8Array | undefined;
  /** Makes the handshake, or what one was that was done elsewhere. */
  readonly flow: ((context: HandshakeContext) => HandshakeFlow<Established>) | Established;
}

export class DatagramConnection
  extends ConnectionEngine<DatagramTransport, DatagramSetting, DatagramOwner>
  implements DtlsConnection
{
  #heartbeats: DatagramHeartbeats | undefined;
  /** Made when they are needed: few connections do. */
  #keyUpdates: DatagramKeyUpdates | undefined;
  #connectionIdUpdates: ConnectionIdUpdates | undefined;
  /** Whether the owner knows of the end. */
  #isTold = false;

  constructor(parts: DatagramConnectionParts) {
    const { setting, owner, flow } = parts;
    super(setting, owner, parts);
    if (typeof flow === 'function') this.begin(flow, parts);
    else this.open(flow);
  }

  /** What the last datagram showed: that its sender has the keys, and that it is no old one that was kept back. */
  get heard(): DatagramTransport['heard'] {
    return this.transport.heard;
  }

  /** Whether the peer answers `challengePath`. */
  get checksRoutability(): boolean {
    return this.transport.checksRoutability;
  }

  /** A datagram that the peer answers if it is at the address that this is sent to; undefined for a peer that knows no such thing (RFC 9853). */
  challengePath(cookie: Uint8Array): Uint8Array | undefined {
    if (!this.isOpen || !this.checksRoutability) return undefined;
    return this.transport.writePathMessage({ type: 'path_challenge', cookie });
  }

  get stats(): DatagramStats {
    return this.transport.stats;
  }

  get maxData(): number {
    return this.transport.roomIn();
  }

  get mtu(): number {
    return this.transport.mtu;
  }

  setMtu(mtu: number): void {
    checkMtu(mtu);
    this.transport.setMtu(mtu);
  }

  setInitialTimeout(milliseconds: number): void {
    checkInitialTimeout(milliseconds);
    this.transport.setInitialTimeout(milliseconds);
    this.#heartbeats?.setInitialTimeout(milliseconds);
    if (this.state !== 'closed') this.owner.rescheduled?.();
  }

  receive(datagram: Uint8Array): void {
    if (this.state === 'closed') {
      this.stats.discarded.after_close++;
      return;
    }
    this.guarded(() => {
      this.transport.receive(plain(datagram));
      this.pump();
    });
  }

  nextTimeout(): number | undefined {
    const { deadline } = this;
    return deadline === undefined ? undefined : Math.max(0, deadline - this.setting.clock());
  }

  /** When `handleTimeout` wants to be called, by the clock. */
  get deadline(): number | undefined {
    return this.state === 'closed' ? undefined : earliest(this.transport.deadline, this.#heartbeatDeadline);
  }

  get #heartbeatDeadline(): number | undefined {
    return this.weClosed ? undefined : this.#heartbeats?.deadline;
  }

  handleTimeout(): void {
    if (this.state === 'closed') return;
    this.guarded(() => {
      this.transport.handleTimeout(this.isSuspended);
      if (!this.weClosed) this.#heartbeats?.handleTimeout();
    });
  }

  send(data: Uint8Array): void {
    if (!this.mayUse('send')) return;
    if (this.transport.writeKeyTired) this.#renewWriteKeys();
    if (!this.isOpen) return;
    this.transport.sendData(data);
    this.deliver();
  }

  /** As `abort`, with an `error` event. */
  fail(error: TlsError): void {
    this.failWith(error);
    this.deliver();
  }

  requestConnectionIds(count: number): void {
    if (!this.mayUse('requestConnectionIds')) return;
    if (!this.isTls13) throw new ApiMisuse('ERR_TLS_CONNECTION_ID', `in ${this.info?.version} connection IDs stay as they are`);
    this.#idUpdates.request(count);
    this.deliver();
  }

  changeConnectionId(): boolean {
    return this.#idUpdates.useNext();
  }

  get spareConnectionIds(): number {
    return this.#idUpdates.spare;
  }

  sendHeartbeat(payload?: Uint8Array): void {
    if (!this.mayUse('sendHeartbeat')) return;
    if (this.#heartbeats === undefined) throw noHeartbeat();
    this.#heartbeats.send(payload);
    this.deliver();
  }

  probeMtu(largest: number): void {
    checkMtu(largest);
    if (!this.mayUse('probeMtu')) return;
    if (this.#heartbeats === undefined) throw noHeartbeat();
    this.#heartbeats.probe(largest, () => this.tell({ type: 'mtu', mtu: this.mtu }));
    this.deliver();
  }

  exportState(): Uint8Array {
    const isIdle = this.isOpen && this.#heartbeatDeadline === undefined;
    const transport = isIdle ? this.transport.exportState() : undefined;
    const { established } = this;
    if (transport === undefined || established === undefined) {
      throw new ApiMisuse(
        'ERR_TLS_NOT_IDLE',
        'exportState in a handshake, after close, or while something waits to be acknowledged',
      );
    }
    const state = describeConnection(this.role, established, transport);
    this.finish();
    wipe(established.exporter?.secret);
    this.deliver();
    return state;
  }

  rest(): void {
    if (this.state === 'connected') this.transport.rest();
  }

  // ---- The handshake ----

  protected override agree({ heartbeat }: Established): void {
    if (heartbeat !== undefined) this.#heartbeats = new DatagramHeartbeats(this.setting, heartbeat, this.transport);
  }

  protected override afterHandshake(): void {
    this.transport.handshakeDone();
  }

  protected override afterReading(): void {
    if (this.isOpen) this.#keyUpdates?.sendWanted();
  }

  get #ourKeyUpdates(): DatagramKeyUpdates {
    this.#keyUpdates ??= new DatagramKeyUpdates(this.transport);
    return this.#keyUpdates;
  }

  get #idUpdates(): ConnectionIdUpdates {
    this.#connectionIdUpdates ??= new ConnectionIdUpdates(this.transport, this.owner);
    return this.#connectionIdUpdates;
  }

  // ---- After the handshake ----

  protected override readOther(incoming: OtherIncoming): void {
    if (incoming.kind === 'path') this.#readPathMessage(incoming.message);
    else this.readHeartbeat(this.#heartbeats?.receive(incoming.content, this.hasHandshake));
  }

  protected override writeHeartbeat(message: Uint8Array): void {
    this.transport.sendHeartbeat(message);
  }

  #readPathMessage({ type, cookie }: PathMessage): void {
    if (type === 'path_response') this.owner.pathAnswered?.(cookie);
    if (type !== 'path_challenge' || this.weClosed) return;
    const answer = { type: 'path_response', cookie } as const;
    if (this.owner.pathChallenged === undefined) this.transport.sendPathMessage(answer);
    else this.owner.pathChallenged(this.transport.writePathMessage(answer));
  }

  protected override readMessage(raw: RawMessage): void {
    if (this.hasHandshake) this.advance(raw);
    else if (this.#asksToRenegotiate(raw)) this.#refuseRenegotiation();
    else if (this.isTls13 && isConnectionIdUpdate(raw)) this.#idUpdates.read(raw);
    else this.readAfterHandshake(raw);
  }

  #asksToRenegotiate({ type }: RawMessage): boolean {
    return !this.isTls13 && type === (this.role === 'client' ? HANDSHAKE_TYPES.hello_request : HANDSHAKE_TYPES.client_hello);
  }

  /** DTLS 1.2: what would begin another handshake is answered by no_renegotiation, and the connection goes on (RFC 5246 §7.4.1.1). */
  #refuseRenegotiation(): void {
    this.patience.countIdle('requests to renegotiate');
    this.transport.sendAlert(WARNING, ALERTS.no_renegotiation_RESERVED);
  }

  protected override sendKeyUpdate(requestPeer: boolean): void {
    this.#ourKeyUpdates.send(requestPeer);
  }

  protected override answerKeyUpdate(): void {
    this.#ourKeyUpdates.sendIfNone();
  }

  /** Half of the records that one key is good for are sent: there is time for an ACK. DTLS 1.2 has no means for it but a new connection. */
  #renewWriteKeys(): void {
    if (this.isTls13) this.guarded(() => this.#ourKeyUpdates.sendIfNone());
    if (!this.transport.writeKeyExhausted) return;
    this.failByWornKey();
    this.deliver();
  }

  // ---- The end ----

  /** Nothing that we would send is sure to be read: the other end has gone, or will not answer (RFC 5246 §7.2.1). */
  protected override onPeerClosed(): void {
    super.onPeerClosed();
    this.sayClosed();
  }

  protected override deliver(): void {
    try {
      super.deliver();
    } finally {
      if (this.state === 'closed' && !this.isDelivering) this.#tellOwner();
    }
  }

  #tellOwner(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.owner.closed?.();
  }
}
