/**
 * What every connection is, over a stream or over datagrams: its life from the first handshake to the last alert, what it reads, whom it tells.
 *
 * ```
 *   handshaking ─▶ connected ─▶ closed         close, abort, the peer's closure, a fault
 *   pump: transport.next() ─▶ handshake message ─▶ the flow, or what may come after it
 *                          ├▶ data, alert       ─▶ events
 *                          └▶ all else          ─▶ readOther
 * ```
 * What streams and datagrams differ in stands in methods of tls-connection.ts and dtls-connection.ts: nothing here asks which of them it is. What
 * they share is here alone, so that a rule about alerts, closing or events holds for both.
 *
 * Fields are private, with protected accessors where they are needed: whoever prints a connection must not print its secrets.
 */

import { wipe } from '../core/bytes/bytes.ts';
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
import type { VersionName } from '../core/registry/protocol-versions.ts';
import type { CryptoProvider } from '../crypto/provider.ts';
import type { Limits } from '../protocol/handshake/config.ts';
import type { Established } from '../protocol/handshake/established.ts';
import type { HandshakeFlow } from '../protocol/handshake/receive.ts';
import type { HandshakeContext, HandshakeTransport, MessageTap } from '../protocol/handshake/transport.ts';
import { exportFrom } from '../protocol/keys/exporter.ts';
import { KeyUpdate, NewSessionTicket, type RawMessage, readMessage } from '../protocol/messages/messages.ts';
import type { ClientSession } from '../protocol/session/client-session.ts';
import { sessionOfTicket } from '../protocol/session/new-session-ticket.ts';
import type { IncomingDatagram } from '../transport/dtls/datagram-seam.ts';
import { adviceForAlert, WARNINGS } from './alert-advice.ts';
import { type ChannelBindingType, channelBinding } from './channel-binding.ts';
import type { ConnectionInfo, TlsEvent, TlsEventListener } from './connection.ts';
import { EventQueue } from './event-queue.ts';
import { ConnectionContext, type ContextParts } from './handshake-context.ts';
import { HandshakeDriver, type HandshakeHooks } from './handshake-driver.ts';
import type { HeartbeatOutcome } from './heartbeat.ts';
import { connectionInfo } from './info.ts';
import { isFatal, sendLastAlert } from './last-alert.ts';
import { Patience } from './patience.ts';
import { tapOf } from './traced-message.ts';

const WARNING = 1;

/** What comes out of the records of some transports only. */
export type OtherIncoming = Extract<IncomingDatagram, { kind: 'heartbeat' | 'path' }>;

/** What a connection asks of its transport, whatever that runs over. */
export interface EngineTransport extends HandshakeTransport {
  readonly version: VersionName | undefined;
  readonly hasOutput: boolean;
  tap: MessageTap | undefined;
  next(): IncomingDatagram | undefined;
  clearInput(): void;
  takeOutput(): Uint8Array[];
  sendAlert(level: number, description: number): void;
  updateReadKeys(): void;
  close(): void;
}

/** What all connections with a config have in common. */
export interface EngineSetting {
  readonly role: 'client' | 'server';
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly limits: Limits;
  readonly provider: Pick<CryptoProvider, 'hashes' | 'random'>;
}

/** Who has a connection, and is told. */
export interface EngineOwner {
  readonly onEvent: TlsEventListener;
  /** Whether `keylog` events are told; asked for each line. */
  readonly keyLog?: boolean | undefined;
  /** Server of datagrams: a cookie of ours came back. What it throws ends the handshake. */
  addressProven?(): void;
}

export interface EngineParts<Transport> {
  readonly transport: Transport;
  /** Client: told of each session, before the application is. */
  readonly keepSession?: ((session: ClientSession) => void) | undefined;
}

export abstract class ConnectionEngine<
  Transport extends EngineTransport = EngineTransport,
  Setting extends EngineSetting = EngineSetting,
  Owner extends EngineOwner = EngineOwner,
> {
  static readonly #hooks: HandshakeHooks<ConnectionEngine> = {
    onDone: (connection, established) => connection.#connect(established),
    guarded: (connection, work) => connection.guarded(work),
    afterResume: (connection) => connection.pump(),
  };

  readonly #transport: Transport;
  readonly #setting: Setting;
  readonly #owner: Owner;
  readonly #keepSession: EngineParts<Transport>['keepSession'];
  readonly #events: EventQueue;
  /** While there is a handshake. */
  #handshake: HandshakeDriver<ConnectionEngine> | undefined;
  #state: 'handshaking' | 'connected' | 'closed' = 'handshaking';
  #established: Established | undefined;
  /** What the peer said of its going; after user_canceled, close_notify is to follow. */
  #peer: 'open' | 'canceled' | 'closed' = 'open';
  #weClosed = false;
  /** The application wants no more of it. */
  #closeAsked = false;
  /** Made when it is needed: most peers never try it. */
  #patience: Patience | undefined;

  constructor(setting: Setting, owner: Owner, { transport, keepSession }: EngineParts<Transport>) {
    this.#transport = transport;
    this.#setting = setting;
    this.#owner = owner;
    this.#keepSession = keepSession;
    this.#events = new EventQueue(owner, transport);
  }

  // ---- What streams and datagrams differ in ----

  /** Another handshake message than those of `readAfterHandshake`, which it falls back to. */
  protected abstract readMessage(raw: RawMessage): void;
  protected abstract readOther(incoming: OtherIncoming): void;
  protected abstract writeHeartbeat(message: Uint8Array): void;
  /** Ours: new keys for what we send. */
  protected abstract sendKeyUpdate(requestPeer: boolean): void;
  /** The peer asks for it. */
  protected abstract answerKeyUpdate(): void;
  /** All was read that can be read now. What it throws ends the connection. */
  protected abstract afterReading(): void;
  /** A handshake is over, or was done elsewhere: nobody was told yet. */
  protected abstract agree(established: Established): void;

  /** A handshake is over, and told. */
  protected afterHandshake(): void {}

  /** A no_renegotiation came as a warning: whether it answers anything of ours. */
  protected readRefusal(): boolean {
    return false;
  }

  /** Whether another handshake was, or may be: for what does not go with that. */
  protected get mayRenegotiate(): boolean {
    return false;
  }

  /** The peer's close_notify came, and was told. */
  protected onPeerClosed(): void {
    if (this.#weClosed) this.finish();
  }

  // ---- What is known ----

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

  /** Whether a handshake is going on that is not the first. */
  get renegotiating(): boolean {
    return this.#state === 'connected' && this.#handshake !== undefined;
  }

  /** Whether an asynchronous step is pending. */
  get isSuspended(): boolean {
    return this.#handshake?.isWaiting === true;
  }

  /** Whether we have said that we send nothing more, and the peer has not. */
  get isClosing(): boolean {
    return this.#weClosed && this.#state !== 'closed';
  }

  protected get transport(): Transport {
    return this.#transport;
  }

  protected get setting(): Setting {
    return this.#setting;
  }

  protected get owner(): Owner {
    return this.#owner;
  }

  protected get established(): Established | undefined {
    return this.#established;
  }

  protected get isTls13(): boolean {
    return this.#transport.version === 'TLSv1.3';
  }

  protected get hasHandshake(): boolean {
    return this.#handshake !== undefined;
  }

  /** Whether both ends are there, as far as we are concerned: what is sent may arrive. */
  protected get isOpen(): boolean {
    return this.#state === 'connected' && !this.#weClosed;
  }

  protected get weClosed(): boolean {
    return this.#weClosed;
  }

  protected get peerClosed(): boolean {
    return this.#peer === 'closed';
  }

  /** Whether what the peer sent may be read now. */
  protected get mayRead(): boolean {
    return this.#handshake?.mayRead !== false && this.#state !== 'closed' && this.#peer !== 'closed';
  }

  /** Whether the listener is to be told of something yet. */
  protected get isBehind(): boolean {
    return this.#events.isBehind;
  }

  /** Whether a listener runs. */
  protected get isDelivering(): boolean {
    return this.#events.isDelivering;
  }

  protected get patience(): Patience {
    this.#patience ??= new Patience(this.#setting.limits);
    return this.#patience;
  }

  // ---- What the application does ----

  start(): void {
    this.guarded(() => {
      this.#handshake?.advance();
      this.pump();
    });
  }

  close(): void {
    this.#closeAsked = true;
    if (this.#state === 'closed' || this.#weClosed) return;
    if (this.#state === 'handshaking') {
      this.abort(new ConnectionLost('aborted', 'closed before the handshake was over'));
      return;
    }
    this.sayClosed();
    this.deliver();
  }

  abort(error?: TlsError): void {
    this.#closeAsked = true;
    this.#events.clear();
    if (this.#state === 'closed') return;
    this.#end(error);
    this.deliver();
  }

  updateKeys({ requestPeer = false }: { readonly requestPeer?: boolean } = {}): void {
    if (!this.mayUse('updateKeys')) return;
    if (!this.isTls13) throw new ApiMisuse('ERR_TLS_NO_KEY_UPDATE', `${this.info?.version} has no KeyUpdate`);
    this.guarded(() => this.sendKeyUpdate(requestPeer));
  }

  enableTrace(): void {
    this.#transport.tap = tapOf(this.#transport, (message) => this.tell({ type: 'message', message }));
  }

  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Uint8Array {
    const established = this.#settled('exportKeyingMaterial');
    return exportFrom(established, this.#transport.variant.labelPrefix, label, context, length);
  }

  exportChannelBinding(type: ChannelBindingType = 'tls-exporter'): Uint8Array {
    const established = this.#settled('exportChannelBinding');
    const { role, provider } = this.#setting;
    const { labelPrefix } = this.#transport.variant;
    return channelBinding(established, { role, labelPrefix, hashes: provider.hashes, renegotiates: this.mayRenegotiate }, type);
  }

  takeOutput(): Uint8Array[] {
    this.#events.outputTaken();
    return this.#transport.takeOutput();
  }

  /** The handshake that both ends are at: during a renegotiation the peer may be at another than we are. */
  #settled(method: string): Established {
    if (this.#established === undefined) throw this.notConnected(method);
    if (!this.renegotiating) return this.#established;
    throw new ApiMisuse('ERR_TLS_RENEGOTIATING', `${method} during a renegotiation: wait for its end`);
  }

  /** Whether what the application asks for goes anywhere. Throws `ApiMisuse` (`ERR_TLS_NOT_CONNECTED`) where it could have known that it does not. */
  protected mayUse(method: string): boolean {
    if (this.isOpen) return true;
    if (this.endIsUntold) return false;
    throw this.notConnected(method);
  }

  /** The peer ended it, and the listener, which is some events behind, cannot know: what it asks for is no mistake, and goes nowhere. */
  protected get endIsUntold(): boolean {
    return this.#state === 'closed' && this.#events.isBehind && !this.#closeAsked;
  }

  protected notConnected(method: string): ApiMisuse {
    const when = this.#state === 'handshaking' ? 'before the handshake is over' : 'after close';
    return new ApiMisuse('ERR_TLS_NOT_CONNECTED', `${method} ${when}`);
  }

  // ---- Handshakes ----

  /** Takes a handshake on, which does nothing before it is advanced. */
  protected begin(
    makeFlow: (context: HandshakeContext) => HandshakeFlow<Established>,
    { peerAddress, connectionId }: Pick<ContextParts, 'peerAddress' | 'connectionId'> = {},
  ): void {
    const driver = new HandshakeDriver<ConnectionEngine>(this, ConnectionEngine.#hooks);
    const around = { transport: this.#transport, driver, events: this.#events, owner: this.#owner, peerAddress, connectionId };
    driver.begin(makeFlow(new ConnectionContext(around)));
    this.#handshake = driver;
  }

  /** Lets the flow go on, with the message that it asked for, if it did. */
  protected advance(message?: RawMessage): void {
    this.#handshake?.advance(message);
  }

  /** Ends the handshake; the connection goes on. */
  protected drop(): void {
    this.#handshake?.drop();
    this.#handshake = undefined;
  }

  /** What was agreed on holds from now on. */
  protected open(established: Established): void {
    this.#established = established;
    this.#state = 'connected';
    this.agree(established);
  }

  #connect(established: Established): void {
    const previous = this.#established;
    this.#handshake = undefined;
    this.open(established);
    const { session } = established;
    if (session !== undefined) this.#keep(session.session, session.isNew);
    this.tell({ type: previous === undefined ? 'connected' : 'renegotiated', info: this.info as ConnectionInfo });
    wipe(previous?.exporter?.secret);
    this.afterHandshake();
  }

  /** A session that was resumed goes back where it came from: of TLS 1.2 it is good for more than one time. */
  #keep(session: ClientSession, isNew: boolean): void {
    this.#keepSession?.(session);
    if (isNew) this.tell({ type: 'session', session });
  }

  // ---- Reading ----

  /** Reads records while there are any and nothing is pending. */
  protected pump(): void {
    while (this.mayRead) {
      const incoming = this.#transport.next();
      if (incoming === undefined) break;
      if (incoming.kind === 'data') this.#readData(incoming.data);
      else if (incoming.kind === 'handshake') this.readMessage(incoming.message);
      else if (incoming.kind === 'alert') this.#readAlert(incoming.level, incoming.description);
      else this.readOther(incoming);
    }
    this.afterReading();
  }

  #readData(data: Uint8Array): void {
    this.#patience?.onData();
    this.tell({ type: 'data', data });
  }

  /** `outcome` is what a heartbeat of the peer's led to. */
  protected readHeartbeat(outcome: HeartbeatOutcome): void {
    if (outcome?.kind === 'answered') this.tell({ type: 'heartbeat', payload: outcome.payload });
    else if (outcome?.kind === 'answer' && !this.#weClosed) this.writeHeartbeat(outcome.message);
  }

  /** A handshake message while there is no handshake: of TLS 1.3 there are some. */
  protected readAfterHandshake(raw: RawMessage): void {
    if (this.isTls13 && raw.type === HANDSHAKE_TYPES.key_update) this.#readKeyUpdate(raw);
    else if (this.isTls13 && raw.type === HANDSHAKE_TYPES.new_session_ticket && this.role === 'client') this.#readTicket(raw);
    else {
      const name = handshakeTypeName(raw.type) ?? raw.type;
      throw new PeerMisbehaved('message_unexpected', `handshake message ${name} after the handshake`);
    }
  }

  /** RFC 8446 §4.6.3 */
  #readKeyUpdate(raw: RawMessage): void {
    const { requestUpdate } = readMessage(KeyUpdate, raw);
    this.patience.countKeyUpdate();
    this.#transport.updateReadKeys();
    if (requestUpdate) this.answerKeyUpdate();
  }

  #readTicket(raw: RawMessage): void {
    const message = readMessage(NewSessionTicket, raw);
    const established = this.#established as Established;
    const session = sessionOfTicket(established, this.#transport.variant, message, this.#setting.now());
    if (session !== undefined) this.#keep(session, true);
  }

  /**
   * RFC 8446 §6: in TLS 1.3 the level is ignored; all alerts but the closure alerts are errors. In TLS 1.2, and before it is known which of
   * them it is, some may come as warnings (RFC 5246 §7.2.2).
   */
  #readAlert(level: number, description: number): void {
    if (description === ALERTS.no_renegotiation_RESERVED && level === WARNING && this.readRefusal()) return;
    const isWarning = level === WARNING && !this.isTls13 && WARNINGS.includes(description);
    // "This alert SHOULD be followed by a "close_notify"." (RFC 8446 §6.1)
    if (description === ALERTS.user_canceled || isWarning) {
      if (description === ALERTS.user_canceled) this.#peer = 'canceled';
      this.patience.countIdle('alerts that change nothing');
      return;
    }
    if (description !== ALERTS.close_notify || this.#state === 'handshaking') {
      // A close_notify that follows user_canceled only says the same.
      const isCanceled = this.#peer === 'canceled' && description === ALERTS.close_notify;
      const name = isCanceled ? 'user_canceled' : alertName(description);
      throw new AlertReceived(name ?? `unknown_${description}`, adviceForAlert(name));
    }
    // "Any data received after a closure alert has been received MUST be ignored." (RFC 8446 §6.1)
    this.#peer = 'closed';
    this.#transport.clearInput();
    this.tell({ type: 'end' });
    this.onPeerClosed();
  }

  // ---- Telling, and the end ----

  protected tell(event: TlsEvent): void {
    this.#events.push(event);
  }

  /** Delivers what was told. */
  protected deliver(): void {
    this.#events.deliver();
  }

  /** Runs `work`; what it throws ends the connection. Then delivers the events. */
  protected guarded(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.failWith(asTlsError(thrown));
    }
    this.deliver();
  }

  /** Sends close_notify; where the peer's has come, that is the end. */
  protected sayClosed(): void {
    if (this.#state !== 'connected') return;
    this.#weClosed = true;
    this.#transport.sendAlert(WARNING, ALERTS.close_notify);
    if (this.#peer === 'closed') this.finish();
  }

  /** Before TLS 1.3 there is no means against it but a new connection. */
  protected failByWornKey(): void {
    const problem = 'so many records were sent under one key that no more may be: open another connection';
    this.failWith(new LimitExceeded('recordsUnderOneKey', problem, 'internal_error'));
  }

  /** Ends with an `error` event. */
  protected failWith(error: TlsError): void {
    if (this.#state === 'closed') return;
    this.#end(error);
    this.tell({ type: 'error', error });
  }

  /** Ends at once, with the alert of `error` if it has one. */
  #end(error: TlsError | undefined): void {
    if (error?.alert !== undefined && !this.#weClosed) sendLastAlert(this.#transport, error.alert);
    if (isFatal(error)) this.#forgetSession();
    this.finish();
    this.#handshake?.abort(error);
  }

  /** "Thus, any connection terminated with a fatal alert MUST NOT be resumed." (RFC 5246 §7.2.2) Nobody is left to hear of a cache that fails. */
  #forgetSession(): void {
    const forget = this.#established?.forgetSession;
    if (forget !== undefined) (async () => forget())().catch(() => {});
  }

  /** Nothing comes or goes any more. */
  protected finish(): void {
    this.#state = 'closed';
    this.#transport.close();
    wipe(this.#established?.resumptionSecret);
  }
}
