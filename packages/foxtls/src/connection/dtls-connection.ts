/**
 * The engine of a connection over datagrams: drives the handshake flow, then reads records with plain functions; see datagram-connection.ts.
 *
 * What is lost, late or doubled is the transport's affair (transport/dtls): what arrives here has opened under its keys, and handshake messages
 * are whole and in order.
 */

import { plain, wipe } from '../core/bytes/bytes.ts';
import {
  AlertReceived,
  ApiMisuse,
  asTlsError,
  ConnectionLost,
  LimitExceeded,
  PeerMisbehaved,
  type TlsError,
} from '../core/errors/errors.ts';
import { ALERTS, alertName } from '../core/registry/alerts.ts';
import { HANDSHAKE_TYPES, handshakeTypeName } from '../core/registry/handshake-types.ts';
import type { CryptoProvider } from '../crypto/provider.ts';
import type { Limits } from '../protocol/handshake/config.ts';
import type { Established } from '../protocol/handshake/established.ts';
import type { HandshakeFlow } from '../protocol/handshake/receive.ts';
import type { HandshakeContext } from '../protocol/handshake/transport.ts';
import { exportFrom } from '../protocol/keys/exporter.ts';
import { KeyUpdate, NewSessionTicket, type RawMessage, readMessage } from '../protocol/messages/messages.ts';
import type { PathMessage } from '../protocol/messages/return-routability-check.ts';
import type { ClientSession } from '../protocol/session/client-session.ts';
import { sessionOfTicket } from '../protocol/session/new-session-ticket.ts';
import type { DatagramTransportOptions } from '../transport/dtls/datagram-seam.ts';
import type { DatagramTransport } from '../transport/dtls/datagram-transport.ts';
import { adviceForAlert, WARNINGS } from './alert-advice.ts';
import { type ChannelBindingType, channelBinding } from './channel-binding.ts';
import type { ConnectionInfo, TlsEventListener } from './connection.ts';
import { ConnectionIdUpdates } from './connection-id-updates.ts';
import { describeConnection } from './continue-dtls.ts';
import { checkInitialTimeout, checkMtu } from './datagram-checks.ts';
import type { DatagramStats, DtlsConnection } from './datagram-connection.ts';
import { DatagramHeartbeats } from './datagram-heartbeats.ts';
import { DatagramKeyUpdates } from './datagram-key-updates.ts';
import { earliest } from './deadlines.ts';
import { EventQueue } from './event-queue.ts';
import { ConnectionContext } from './handshake-context.ts';
import { HandshakeDriver, type HandshakeHooks } from './handshake-driver.ts';
import { noHeartbeat } from './heartbeat.ts';
import { connectionInfo } from './info.ts';
import { sendLastAlert } from './last-alert.ts';
import { Patience } from './patience.ts';
import { tapOf } from './traced-message.ts';

const WARNING = 1;

/** Who has a connection. One that carries the datagrams of several is told what a listener of events is not: it has the optional methods. */
export interface DatagramOwner {
  readonly onEvent: TlsEventListener;
  /** Whether `keylog` events are told; asked for each line. */
  readonly keyLog?: boolean | undefined;
  /** Another connection ID for the peer. */
  readonly newConnectionId?: (() => Uint8Array) | undefined;
  /** Server: a cookie of ours came back. What it throws ends the handshake. */
  addressProven?(): void;
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
export interface DatagramSetting extends DatagramTransportOptions {
  /** Milliseconds since the epoch; `clock` only grows. */
  readonly now: () => number;
  readonly limits: Limits;
  readonly provider: Pick<CryptoProvider, 'hashes' | 'random'>;
}

/** What makes a connection a client's or a server's. */
export interface DatagramConnectionParts {
  readonly setting: DatagramSetting;
  readonly transport: DatagramTransport;
  readonly owner: DatagramOwner;
  readonly peerAddress?: Uint8Array | undefined;
  readonly connectionId?: Uint8Array | undefined;
  /** Makes the handshake, or what one was that was done elsewhere. */
  readonly flow: ((context: HandshakeContext) => HandshakeFlow<Established>) | Established;
  /** Client: told of each session, before the application is. */
  readonly keepSession?: ((session: ClientSession) => void) | undefined;
}

export class DatagramConnection implements DtlsConnection {
  static readonly #hooks: HandshakeHooks<DatagramConnection> = {
    onDone: (connection, established) => connection.#connect(established),
    guarded: (connection, work) => connection.#guarded(work),
    afterResume: (connection) => connection.#pump(),
  };

  readonly #setting: DatagramSetting;
  readonly #transport: DatagramTransport;
  readonly #owner: DatagramOwner;
  readonly #keepSession: DatagramConnectionParts['keepSession'];
  readonly #events: EventQueue;
  /** Until the handshake is over. */
  #handshake: HandshakeDriver<DatagramConnection> | undefined;
  #state: 'handshaking' | 'connected' | 'closed' = 'handshaking';
  #established: Established | undefined;
  #peerClosed = false;
  #weClosed = false;
  #heartbeats: DatagramHeartbeats | undefined;
  /** Made when they are needed: few connections do. */
  #patience: Patience | undefined;
  #keyUpdates: DatagramKeyUpdates | undefined;
  #connectionIdUpdates: ConnectionIdUpdates | undefined;
  /** Whether the owner knows of the end. */
  #isTold = false;

  constructor(parts: DatagramConnectionParts) {
    const { setting, transport, owner, flow, peerAddress, connectionId } = parts;
    this.#setting = setting;
    this.#transport = transport;
    this.#owner = owner;
    this.#keepSession = parts.keepSession;
    this.#events = new EventQueue(owner, transport);
    if (typeof flow !== 'function') {
      this.#continue(flow);
      return;
    }
    this.#handshake = new HandshakeDriver<DatagramConnection>(this, DatagramConnection.#hooks);
    const [driver, events] = [this.#handshake, this.#events];
    this.#handshake.begin(flow(new ConnectionContext({ transport, driver, events, owner, peerAddress, connectionId })));
  }

  get role(): 'client' | 'server' {
    return this.#setting.role;
  }

  get state(): 'handshaking' | 'connected' | 'closed' {
    return this.#state;
  }

  /** Made each time: most connections are asked once, and live long. */
  get info(): ConnectionInfo | undefined {
    return this.#established === undefined ? undefined : connectionInfo(this.#established, this.#transport.variant);
  }

  /** Whether an asynchronous step is pending. */
  get isSuspended(): boolean {
    return this.#handshake?.isWaiting === true;
  }

  /** Whether we have said that we send nothing more, and the peer has not. */
  get isClosing(): boolean {
    return this.#weClosed && this.#state !== 'closed';
  }

  /** What the last datagram showed: that its sender has the keys, and that it is no old one that was kept back. */
  get heard(): DatagramTransport['heard'] {
    return this.#transport.heard;
  }

  /** Whether the peer answers `challengePath`. */
  get checksRoutability(): boolean {
    return this.#transport.checksRoutability;
  }

  /** A datagram that the peer answers if it is at the address that this is sent to; undefined for a peer that knows no such thing (RFC 9853). */
  challengePath(cookie: Uint8Array): Uint8Array | undefined {
    if (this.#state !== 'connected' || this.#weClosed || !this.checksRoutability) return undefined;
    return this.#transport.writePathMessage({ type: 'path_challenge', cookie });
  }

  get stats(): DatagramStats {
    return this.#transport.stats;
  }

  get maxData(): number {
    return this.#transport.roomIn();
  }

  get mtu(): number {
    return this.#transport.mtu;
  }

  setMtu(mtu: number): void {
    checkMtu(mtu);
    this.#transport.setMtu(mtu);
  }

  setInitialTimeout(milliseconds: number): void {
    checkInitialTimeout(milliseconds);
    this.#transport.setInitialTimeout(milliseconds);
    this.#heartbeats?.setInitialTimeout(milliseconds);
    if (this.#state !== 'closed') this.#owner.rescheduled?.();
  }

  start(): void {
    this.#guarded(() => {
      this.#handshake?.advance();
      this.#pump();
    });
  }

  receive(datagram: Uint8Array): void {
    if (this.#state === 'closed') {
      this.stats.discarded.after_close++;
      return;
    }
    this.#guarded(() => {
      this.#transport.receive(plain(datagram));
      this.#pump();
    });
  }

  nextTimeout(): number | undefined {
    const { deadline } = this;
    return deadline === undefined ? undefined : Math.max(0, deadline - this.#setting.clock());
  }

  /** When `handleTimeout` wants to be called, by the clock. */
  get deadline(): number | undefined {
    return this.#state === 'closed' ? undefined : earliest(this.#transport.deadline, this.#heartbeatDeadline);
  }

  get #heartbeatDeadline(): number | undefined {
    return this.#weClosed ? undefined : this.#heartbeats?.deadline;
  }

  handleTimeout(): void {
    if (this.#state === 'closed') return;
    this.#guarded(() => {
      this.#transport.handleTimeout(this.isSuspended);
      if (!this.#weClosed) this.#heartbeats?.handleTimeout();
    });
  }

  send(data: Uint8Array): void {
    if (this.#state !== 'connected' || this.#weClosed) {
      const when = this.#state === 'handshaking' ? 'before the handshake is over' : 'after close';
      throw new ApiMisuse('ERR_TLS_NOT_CONNECTED', `send ${when}`);
    }
    if (this.#transport.writeKeyTired) this.#renewWriteKeys();
    if (this.#state !== 'connected') return;
    this.#transport.sendData(data);
    this.#deliver();
  }

  close(): void {
    if (this.#state === 'closed' || this.#weClosed) return;
    if (this.#state === 'handshaking') {
      this.abort(new ConnectionLost('aborted', 'closed before the handshake was over'));
      return;
    }
    this.#weClosed = true;
    this.#transport.sendAlert(WARNING, ALERTS.close_notify);
    if (this.#peerClosed) this.#finish();
    this.#deliver();
  }

  abort(error?: TlsError): void {
    if (this.#state === 'closed') return;
    this.#end(error);
    this.#deliver();
  }

  /** As `abort`, with an `error` event. */
  fail(error: TlsError): void {
    this.#fail(error);
    this.#deliver();
  }

  updateKeys({ requestPeer = false }: { readonly requestPeer?: boolean } = {}): void {
    if (this.#state !== 'connected' || this.#weClosed)
      throw new ApiMisuse('ERR_TLS_NOT_CONNECTED', 'updateKeys without a connection');
    if (!this.#isTls13) throw new ApiMisuse('ERR_TLS_NO_KEY_UPDATE', `${this.info?.version} has no KeyUpdate`);
    this.#guarded(() => this.#ourKeyUpdates.send(requestPeer));
  }

  requestConnectionIds(count: number): void {
    if (this.#state !== 'connected' || this.#weClosed)
      throw new ApiMisuse('ERR_TLS_NOT_CONNECTED', 'requestConnectionIds without a connection');
    if (!this.#isTls13) throw new ApiMisuse('ERR_TLS_CONNECTION_ID', `in ${this.info?.version} connection IDs stay as they are`);
    this.#idUpdates.request(count);
    this.#deliver();
  }

  changeConnectionId(): boolean {
    return this.#idUpdates.useNext();
  }

  get spareConnectionIds(): number {
    return this.#idUpdates.spare;
  }

  sendHeartbeat(payload?: Uint8Array): void {
    if (this.#state !== 'connected' || this.#weClosed)
      throw new ApiMisuse('ERR_TLS_NOT_CONNECTED', 'sendHeartbeat without a connection');
    if (this.#heartbeats === undefined) throw noHeartbeat();
    this.#heartbeats.send(payload);
    this.#deliver();
  }

  probeMtu(largest: number): void {
    checkMtu(largest);
    if (this.#state !== 'connected' || this.#weClosed)
      throw new ApiMisuse('ERR_TLS_NOT_CONNECTED', 'probeMtu without a connection');
    if (this.#heartbeats === undefined) throw noHeartbeat();
    this.#heartbeats.probe(largest, () => this.#events.push({ type: 'mtu', mtu: this.mtu }));
    this.#deliver();
  }

  enableTrace(): void {
    this.#transport.tap = tapOf(this.#transport, (message) => this.#events.push({ type: 'message', message }));
  }

  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Uint8Array {
    if (this.#established === undefined)
      throw new ApiMisuse('ERR_TLS_NOT_CONNECTED', 'exportKeyingMaterial before the handshake is over');
    return exportFrom(this.#established, this.#transport.variant.labelPrefix, label, context, length);
  }

  exportChannelBinding(type: ChannelBindingType = 'tls-exporter'): Uint8Array {
    if (this.#established === undefined)
      throw new ApiMisuse('ERR_TLS_NOT_CONNECTED', 'exportChannelBinding before the handshake is over');
    const { labelPrefix } = this.#transport.variant;
    const end = { role: this.role, labelPrefix, hashes: this.#setting.provider.hashes, renegotiates: false };
    return channelBinding(this.#established, end, type);
  }

  exportState(): Uint8Array {
    const isIdle = this.#state === 'connected' && !this.#weClosed && this.#heartbeatDeadline === undefined;
    const transport = isIdle ? this.#transport.exportState() : undefined;
    if (transport === undefined || this.#established === undefined) {
      throw new ApiMisuse(
        'ERR_TLS_NOT_IDLE',
        'exportState in a handshake, after close, or while something waits to be acknowledged',
      );
    }
    const state = describeConnection(this.role, this.#established, transport);
    this.#finish();
    wipe(this.#established.exporter?.secret);
    this.#deliver();
    return state;
  }

  rest(): void {
    if (this.#state === 'connected') this.#transport.rest();
  }

  takeOutput(): Uint8Array[] {
    this.#events.outputTaken();
    return this.#transport.takeDatagrams();
  }

  // ---- The handshake ----

  /** Runs `work`; what it throws ends the connection. Then delivers the events. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.#fail(asTlsError(thrown));
    }
    this.#deliver();
  }

  #continue(established: Established): void {
    this.#established = established;
    this.#state = 'connected';
    const { heartbeat } = established;
    if (heartbeat !== undefined) this.#heartbeats = new DatagramHeartbeats(this.#setting, heartbeat, this.#transport);
  }

  #connect(established: Established): void {
    this.#handshake = undefined;
    this.#continue(established);
    this.#transport.handshakeDone();
    const { session } = established;
    if (session !== undefined) this.#keep(session.session, session.isNew);
    this.#events.push({ type: 'connected', info: this.info as ConnectionInfo });
  }

  #keep(session: ClientSession, isNew: boolean): void {
    this.#keepSession?.(session);
    if (isNew) this.#events.push({ type: 'session', session });
  }

  /** Reads records while there are any and nothing is pending. */
  #pump(): void {
    this.#readAll();
    if (this.#state === 'connected' && !this.#weClosed) this.#keyUpdates?.sendWanted();
  }

  #readAll(): void {
    while (this.#handshake?.mayRead !== false && this.#state !== 'closed' && !this.#peerClosed) {
      const incoming = this.#transport.next();
      if (incoming === undefined) return;
      if (incoming.kind === 'alert') this.#readAlert(incoming.level, incoming.description);
      else if (incoming.kind === 'data') this.#readData(incoming.data);
      else if (incoming.kind === 'heartbeat') this.#readHeartbeat(incoming.content);
      else if (incoming.kind === 'path') this.#readPathMessage(incoming.message);
      else if (this.#handshake !== undefined) this.#handshake.advance(incoming.message);
      else this.#readPostHandshake(incoming.message);
    }
  }

  get #counted(): Patience {
    this.#patience ??= new Patience(this.#setting.limits);
    return this.#patience;
  }

  get #ourKeyUpdates(): DatagramKeyUpdates {
    this.#keyUpdates ??= new DatagramKeyUpdates(this.#transport);
    return this.#keyUpdates;
  }

  get #idUpdates(): ConnectionIdUpdates {
    this.#connectionIdUpdates ??= new ConnectionIdUpdates(this.#transport, this.#owner);
    return this.#connectionIdUpdates;
  }

  get #isTls13(): boolean {
    return this.#transport.version === 'TLSv1.3';
  }

  // ---- After the handshake ----

  #readData(data: Uint8Array): void {
    this.#patience?.onData();
    this.#events.push({ type: 'data', data });
  }

  #readHeartbeat(message: Uint8Array): void {
    const outcome = this.#heartbeats?.receive(message, this.#handshake !== undefined);
    if (outcome?.kind === 'answered') this.#events.push({ type: 'heartbeat', payload: outcome.payload });
    else if (outcome?.kind === 'answer' && !this.#weClosed) this.#transport.sendHeartbeat(outcome.message);
  }

  #readPathMessage({ type, cookie }: PathMessage): void {
    if (type === 'path_response') this.#owner.pathAnswered?.(cookie);
    if (type !== 'path_challenge' || this.#weClosed) return;
    const answer = { type: 'path_response', cookie } as const;
    if (this.#owner.pathChallenged === undefined) this.#transport.sendPathMessage(answer);
    else this.#owner.pathChallenged(this.#transport.writePathMessage(answer));
  }

  #readPostHandshake(raw: RawMessage): void {
    if (!this.#isTls13) this.#refuseRenegotiation(raw);
    else if (raw.type === HANDSHAKE_TYPES.key_update) this.#readKeyUpdate(raw);
    else if (raw.type === HANDSHAKE_TYPES.new_session_ticket && this.role === 'client') this.#readTicket(raw);
    else if (this.#idUpdates.reads(raw)) this.#idUpdates.read(raw);
    else throw unexpected(raw);
  }

  #readTicket(raw: RawMessage): void {
    const { variant } = this.#transport;
    const message = readMessage(NewSessionTicket, raw);
    const session = sessionOfTicket(this.#established as Established, variant, message, this.#setting.now());
    if (session !== undefined) this.#keep(session, true);
  }

  /** DTLS 1.2: what would begin another handshake is answered by no_renegotiation, and the connection goes on (RFC 5246 §7.4.1.1). */
  #refuseRenegotiation(raw: RawMessage): void {
    const asks = this.role === 'client' ? HANDSHAKE_TYPES.hello_request : HANDSHAKE_TYPES.client_hello;
    if (raw.type !== asks) throw unexpected(raw);
    this.#counted.countIdle('requests to renegotiate');
    this.#transport.sendAlert(WARNING, ALERTS.no_renegotiation_RESERVED);
  }

  #readKeyUpdate(raw: RawMessage): void {
    const { requestUpdate } = readMessage(KeyUpdate, raw);
    this.#counted.countKeyUpdate();
    this.#transport.updateReadKeys();
    if (requestUpdate) this.#ourKeyUpdates.sendIfNone();
  }

  /** Half of the records that one key is good for are sent: there is time for an ACK. DTLS 1.2 has no means for it but a new connection. */
  #renewWriteKeys(): void {
    if (this.#isTls13) this.#guarded(() => this.#ourKeyUpdates.sendIfNone());
    if (!this.#transport.writeKeyExhausted) return;
    const problem = 'so many records were sent under one key that no more may be: open another connection';
    this.#fail(new LimitExceeded('recordsUnderOneKey', problem, 'internal_error'));
    this.#deliver();
  }

  // ---- Alerts and the end ----

  #readAlert(level: number, description: number): void {
    const isWarning = level === WARNING && !this.#isTls13 && WARNINGS.includes(description);
    if (description === ALERTS.user_canceled || isWarning) {
      this.#counted.countIdle('alerts that change nothing');
      return;
    }
    if (description !== ALERTS.close_notify || this.#state === 'handshaking') {
      const name = alertName(description);
      throw new AlertReceived(name ?? `unknown_${description}`, adviceForAlert(name));
    }
    this.#peerClosed = true;
    this.#transport.clearInput();
    this.#events.push({ type: 'end' });
    // Nothing that we would send is sure to be read: the other end has gone, or will not answer (RFC 5246 §7.2.1).
    if (!this.#weClosed) this.#transport.sendAlert(WARNING, ALERTS.close_notify);
    this.#weClosed = true;
    this.#finish();
  }

  #fail(error: TlsError): void {
    if (this.#state === 'closed') return;
    this.#end(error);
    this.#events.push({ type: 'error', error });
  }

  /** Ends at once, with the alert of `error` if it has one. */
  #end(error: TlsError | undefined): void {
    if (error?.alert !== undefined && !this.#weClosed) sendLastAlert(this.#transport, error.alert);
    this.#finish();
    this.#handshake?.abort(error);
  }

  #finish(): void {
    this.#state = 'closed';
    this.#transport.close();
    wipe(this.#established?.resumptionSecret);
  }

  #deliver(): void {
    try {
      this.#events.deliver();
    } finally {
      if (this.#state === 'closed' && !this.#events.isDelivering) this.#tellOwner();
    }
  }

  #tellOwner(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#owner.closed?.();
  }
}

function unexpected(raw: RawMessage): PeerMisbehaved {
  const name = handshakeTypeName(raw.type) ?? `handshake message ${raw.type}`;
  return new PeerMisbehaved('message_unexpected', `${name} received after the handshake`);
}
