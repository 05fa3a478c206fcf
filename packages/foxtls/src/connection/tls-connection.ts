/**
 * The engine of a TLS connection: drives the handshake flow, then reads records with plain functions; see connection.ts for the face.
 *
 * ```
 *   receive ─▶ transport.next() ─▶ flow (handshake)       ─▶ established
 *                              └▶ #afterHandshake         ─▶ data, session, KeyUpdate, closure
 *   a flow that waits for a promise stops the reading; what arrives meanwhile is queued, to a limit
 * ```
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
import { KeyUpdate, NewSessionTicket, type RawMessage, readMessage, writeMessage } from '../protocol/messages/messages.ts';
import { HelloRequest } from '../protocol/messages/tls12/messages.ts';
import type { ClientSession } from '../protocol/session/client-session.ts';
import { sessionOfTicket } from '../protocol/session/new-session-ticket.ts';
import type { TlsTransport } from '../transport/tls/tls-transport.ts';
import { adviceForAlert, WARNINGS } from './alert-advice.ts';
import { type ChannelBindingType, channelBinding } from './channel-binding.ts';
import type { ConnectionInfo, TlsConnection, TlsEventListener } from './connection.ts';
import { EventQueue } from './event-queue.ts';
import { ConnectionContext } from './handshake-context.ts';
import { HandshakeDriver, type HandshakeHooks } from './handshake-driver.ts';
import { Heartbeats, noHeartbeat } from './heartbeat.ts';
import { connectionInfo } from './info.ts';
import { sendLastAlert } from './last-alert.ts';
import { Patience } from './patience.ts';
import { type NextHandshake, type RenegotiationOptions, type RenegotiationPolicy, Renegotiations } from './renegotiation.ts';
import { tapOf } from './traced-message.ts';

const WARNING = 1;

/** What makes a connection a client's or a server's. */
export interface ConnectionParts {
  readonly role: 'client' | 'server';
  readonly transport: TlsTransport;
  readonly now: () => number;
  readonly limits: Limits;
  readonly provider: Pick<CryptoProvider, 'hashes' | 'random'>;
  readonly keyLog: boolean;
  readonly onEvent: TlsEventListener;
  readonly renegotiation: RenegotiationPolicy;
  /** Makes a handshake: the first, or the next one. */
  readonly flow: (context: HandshakeContext, next?: NextHandshake) => HandshakeFlow<Established>;
  /** Client: told of each session, before the application is. */
  readonly keepSession?: ((session: ClientSession) => void) | undefined;
}

export class Connection implements TlsConnection {
  static readonly #hooks: HandshakeHooks<Connection> = {
    onDone: (connection, established) => connection.#connect(established),
    guarded: (connection, work) => connection.#guarded(work),
    afterResume(connection) {
      connection.#pump();
      connection.#feed();
    },
  };

  readonly role: 'client' | 'server';
  readonly #transport: TlsTransport;
  readonly #now: () => number;
  readonly #events: EventQueue;
  readonly #keyLog: boolean;
  readonly #keepSession: ((session: ClientSession) => void) | undefined;
  readonly #limits: Limits;
  readonly #provider: ConnectionParts['provider'];

  readonly #makeFlow: ConnectionParts['flow'];
  readonly #renegotiations: Renegotiations;
  readonly #handshake: HandshakeDriver<Connection>;

  #state: 'handshaking' | 'connected' | 'closed' = 'handshaking';
  #established: Established | undefined;
  #info: ConnectionInfo | undefined;

  #inputEnded = false;
  #peerClosed = false;
  #weClosed = false;
  #starved = false;
  /** Made when it is needed. */
  #patience: Patience | undefined;
  #keyUpdateDue = false;
  /** If both ends speak of them. */
  #heartbeats: Heartbeats | undefined;
  /** What waits for the end of a renegotiation: data, and our closure. */
  #held: Uint8Array[] = [];
  #closeHeld = false;
  /** The application wants no more of it. */
  #closeAsked = false;
  /** The peer sent user_canceled. */
  #canceled = false;

  constructor(parts: ConnectionParts) {
    this.role = parts.role;
    this.#transport = parts.transport;
    this.#now = parts.now;
    this.#events = new EventQueue(parts, parts.transport);
    this.#keyLog = parts.keyLog;
    this.#keepSession = parts.keepSession;
    this.#limits = parts.limits;
    this.#provider = parts.provider;
    this.#makeFlow = parts.flow;
    this.#renegotiations = new Renegotiations(parts.renegotiation, parts.limits, parts.now);
    this.#handshake = new HandshakeDriver<Connection>(this, Connection.#hooks);
    this.#handshake.begin(parts.flow(this.#context()));
  }

  get state(): 'handshaking' | 'connected' | 'closed' {
    return this.#state;
  }

  get info(): ConnectionInfo | undefined {
    // Most connections are never asked.
    if (this.#info === undefined && this.#established !== undefined) this.#info = connectionInfo(this.#established);
    return this.#info;
  }

  get renegotiating(): boolean {
    return this.#state === 'connected' && this.#handshake.hasFlow;
  }

  get wantsInput(): boolean {
    return !this.#handshake.isWaiting || this.#transport.pendingInput < this.#limits.queuedInput;
  }

  start(): void {
    this.#guarded(() => {
      this.#handshake.advance();
      this.#pump();
    });
  }

  receive(bytes: Uint8Array): void {
    if (this.#state === 'closed' || this.#peerClosed) return;
    this.#guarded(() => {
      this.#transport.push(plain(bytes));
      this.#pump();
      if (!this.wantsInput) this.#starve();
    });
  }

  receiveEnd(): void {
    if (this.#state === 'closed' || this.#inputEnded) return;
    this.#inputEnded = true;
    this.#guarded(() => this.#pump());
  }

  /** The peer ended it, and the listener, which is some events behind, cannot know: what it asks for is no mistake, and goes nowhere. */
  get #endIsUntold(): boolean {
    return this.#state === 'closed' && this.#events.isBehind && !this.#closeAsked;
  }

  send(data: Uint8Array): void {
    if (this.#endIsUntold) return;
    if (this.#state !== 'connected' || this.#weClosed || this.#closeHeld) {
      const when = this.#state === 'handshaking' ? 'before the handshake is over' : 'after close';
      throw new ApiMisuse('ERR_TLS_NOT_CONNECTED', `send ${when}`);
    }
    if (this.renegotiating) this.#held.push(data);
    else this.#sendData(data);
    this.#events.deliver();
  }

  #sendData(data: Uint8Array): void {
    let sent = 0;
    if (!(this.#keyUpdateDue || this.#transport.writeKeyExhausted) || this.#renewWriteKeys())
      sent = this.#transport.sendData(data);
    while (sent < data.length && this.#renewWriteKeys()) sent += this.#transport.sendData(data.subarray(sent));
  }

  close(): void {
    this.#closeAsked = true;
    if (this.#state === 'closed' || this.#weClosed) return;
    if (this.#state === 'handshaking') {
      this.abort(new ConnectionLost('aborted', 'closed before the handshake was over'));
      return;
    }
    if (this.renegotiating) this.#closeHeld = true;
    else this.#close();
    this.#events.deliver();
  }

  abort(error?: TlsError): void {
    this.#closeAsked = true;
    this.#events.clear();
    if (this.#state === 'closed') return;
    this.#end(error);
    this.#events.deliver();
  }

  updateKeys({ requestPeer = false }: { readonly requestPeer?: boolean } = {}): void {
    if (this.#endIsUntold) return;
    if (this.#state !== 'connected' || this.#weClosed)
      throw new ApiMisuse('ERR_TLS_NOT_CONNECTED', 'updateKeys without a connection');
    if (this.#isBeforeTls13) throw new ApiMisuse('ERR_TLS_NO_KEY_UPDATE', `${this.#transport.version} has no KeyUpdate`);
    this.#sendKeyUpdate(requestPeer);
    this.#events.deliver();
  }

  renegotiate(options: RenegotiationOptions = {}): void {
    if (this.#endIsUntold || (this.#peerClosed && this.#events.isBehind)) return;
    const established = this.#established;
    if (established === undefined || this.#state !== 'connected' || this.#weClosed || this.#peerClosed)
      throw new ApiMisuse('ERR_TLS_NOT_CONNECTED', 'renegotiate without a connection');
    this.#renegotiations.check(this.role, established, this.renegotiating, options);
    this.#guarded(() => {
      if (this.role === 'client') {
        this.#renegotiate(established, options);
        this.#pump();
      } else {
        this.#renegotiations.asked = options;
        this.#transport.send(writeMessage(HelloRequest, true));
        this.#transport.endFlight();
      }
    });
  }

  refuseRenegotiation(): void {
    this.#renegotiations.policy = 'refuse';
  }

  sendHeartbeat(payload?: Uint8Array): void {
    if (this.#endIsUntold) return;
    // "However, a HeartbeatRequest message SHOULD NOT be sent during handshakes." (RFC 6520 §3)
    if (this.#state !== 'connected' || this.#weClosed || this.#handshake.hasFlow)
      throw new ApiMisuse('ERR_TLS_NOT_CONNECTED', 'sendHeartbeat without a connection, or during a handshake');
    const message = this.#heartbeats?.request(payload, this.#transport.maxHeartbeat);
    if (message === undefined) throw noHeartbeat();
    this.#writeHeartbeat(message);
    this.#events.deliver();
  }

  enableTrace(): void {
    this.#transport.tap = tapOf(this.#transport, (message) => this.#events.push({ type: 'message', message }));
  }

  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Uint8Array {
    const established = this.#settled('exportKeyingMaterial');
    return exportFrom(established, this.#transport.variant.labelPrefix, label, context, length);
  }

  exportChannelBinding(type: ChannelBindingType = 'tls-exporter'): Uint8Array {
    const established = this.#settled('exportChannelBinding');
    const { labelPrefix } = this.#transport.variant;
    const renegotiates = this.#renegotiations.isEnabled;
    const end = { role: this.role, labelPrefix, hashes: this.#provider.hashes, renegotiates };
    return channelBinding(established, end, type);
  }

  /** The handshake that both ends are at: during a renegotiation the peer may be at another than we are. */
  #settled(method: string): Established {
    if (this.#established === undefined) throw new ApiMisuse('ERR_TLS_NOT_CONNECTED', `${method} before the handshake is over`);
    if (!this.renegotiating) return this.#established;
    throw new ApiMisuse('ERR_TLS_RENEGOTIATING', `${method} during a renegotiation: wait for its end`);
  }

  get maxSendFragment(): number {
    return this.#transport.maxSendFragment;
  }

  setMaxSendFragment(size: number): void {
    this.#transport.setMaxSendFragment(size);
  }

  takeOutput(): Uint8Array[] {
    this.#events.outputTaken();
    return this.#transport.takeOutput();
  }

  // ---- The handshake ----

  #context(): HandshakeContext {
    const [driver, events] = [this.#handshake, this.#events];
    return new ConnectionContext({ transport: this.#transport, driver, events, owner: { keyLog: this.#keyLog } });
  }

  /** Runs `work`; what it throws ends the connection. Then delivers the events. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.#fail(asTlsError(thrown));
    }
    this.#events.deliver();
  }

  #connect(established: Established): void {
    const previous = this.#established;
    this.#established = established;
    this.#info = undefined;
    this.#state = 'connected';
    const { session, heartbeat } = established;
    const { random } = this.#provider;
    if (heartbeat !== undefined) this.#heartbeats ??= new Heartbeats(random, this.#now, this.#limits.heartbeats);
    this.#heartbeats?.agree(heartbeat);
    if (session !== undefined) this.#keep(session.session, session.isNew);
    this.#events.push({ type: previous === undefined ? 'connected' : 'renegotiated', info: this.info as ConnectionInfo });
    wipe(previous?.exporter?.secret);
    this.#release();
  }

  /** A session that was resumed goes back where it came from: of TLS 1.2 it is good for more than one time. */
  #keep(session: ClientSession, isNew: boolean): void {
    this.#keepSession?.(session);
    if (isNew) this.#events.push({ type: 'session', session });
  }

  /** Reads records while there are any and nothing is pending. */
  #pump(): void {
    while (this.#handshake.mayRead && this.#state !== 'closed' && !this.#peerClosed) {
      const incoming = this.#transport.next();
      if (incoming === undefined) {
        if (this.#inputEnded) throw this.#truncation();
        return;
      }
      if (incoming.kind === 'alert') this.#readAlert(incoming.level, incoming.description);
      else if (incoming.kind === 'data') this.#readData(incoming.data);
      else if (incoming.kind === 'heartbeat') this.#readHeartbeat(incoming.content);
      else if (this.#isRenegotiation(incoming.message)) this.#readRenegotiation(incoming.message);
      else if (this.#handshake.hasFlow) this.#readHandshake(incoming.message);
      else this.#readPostHandshake(incoming.message);
    }
  }

  #readHandshake(message: RawMessage): void {
    this.#renegotiations.unanswered = false;
    this.#handshake.advance(message);
  }

  #truncation(): ConnectionLost {
    const when = this.#state === 'handshaking' ? 'before the handshake was over' : 'without close_notify: data may be missing';
    return new ConnectionLost('truncated', `the transport ended ${when}`);
  }

  #starve(): void {
    this.#starved = true;
    if (this.#transport.pendingInput > this.#limits.queuedInput + this.#limits.queuedInputOverrun) {
      throw new LimitExceeded('queuedInput', 'input goes on arriving although wantsInput is false', 'internal_error');
    }
  }

  #feed(): void {
    if (!this.#starved || !this.wantsInput) return;
    this.#starved = false;
    this.#events.push({ type: 'drain' });
  }

  /** Which TLS 1.3 does otherwise. False as long as it is not known. */
  get #isBeforeTls13(): boolean {
    return this.#transport.version !== undefined && this.#transport.version !== 'TLSv1.3';
  }

  // ---- After the handshake ----

  #readData(data: Uint8Array): void {
    this.#patience?.onData();
    this.#events.push({ type: 'data', data });
  }

  #readHeartbeat(message: Uint8Array): void {
    const outcome = this.#heartbeats?.receive(message, this.#transport.maxHeartbeat, this.#handshake.hasFlow);
    if (outcome?.kind === 'answered') this.#events.push({ type: 'heartbeat', payload: outcome.payload });
    else if (outcome?.kind === 'answer' && !this.#weClosed) this.#writeHeartbeat(outcome.message);
  }

  #writeHeartbeat(message: Uint8Array): void {
    if (!this.#transport.writeKeyExhausted || this.#renewWriteKeys()) this.#transport.sendHeartbeat(message);
  }

  #readPostHandshake(raw: RawMessage): void {
    const isTls13 = this.#transport.version === 'TLSv1.3';
    if (isTls13 && raw.type === HANDSHAKE_TYPES.key_update) {
      this.#readKeyUpdate(raw);
    } else if (isTls13 && raw.type === HANDSHAKE_TYPES.new_session_ticket && this.role === 'client') {
      const message = readMessage(NewSessionTicket, raw);
      const session = sessionOfTicket(this.#established as Established, this.#transport.variant, message, this.#now());
      if (session !== undefined) this.#keep(session, true);
    } else {
      const name = handshakeTypeName(raw.type) ?? raw.type;
      throw new PeerMisbehaved('message_unexpected', `handshake message ${name} after the handshake`);
    }
  }

  // ---- Renegotiation (RFC 5246 §7.4.1.1) ----

  #isRenegotiation({ type, body }: RawMessage): boolean {
    if (!this.#isBeforeTls13) return false;
    if (this.role === 'client') return type === HANDSHAKE_TYPES.hello_request && body.length === 0;
    return type === HANDSHAKE_TYPES.client_hello && this.#state === 'connected' && !this.#handshake.hasFlow;
  }

  /** A HelloRequest, or a ClientHello between handshakes. */
  #readRenegotiation(message: RawMessage): void {
    const established = this.#established;
    // "This message will be ignored by the client if the client is currently negotiating a session." (RFC 5246 §7.4.1.1)
    if (established === undefined || this.#handshake.hasFlow || this.#weClosed) {
      this.#counted.countIdle('requests to renegotiate');
      return;
    }
    const { asked } = this.#renegotiations;
    if (asked === undefined && !this.#renegotiations.admits(established)) {
      // "… or the client may, if it wishes, respond with a no_renegotiation alert." (RFC 5246 §7.4.1.1)
      this.#counted.countIdle('requests to renegotiate');
      this.#transport.sendAlert(WARNING, ALERTS.no_renegotiation_RESERVED);
      return;
    }
    // Who is asked has nothing to prove by a session; who asks may have reasons to want one.
    this.#renegotiate(established, asked ?? { resume: this.role === 'server' });
    if (this.role === 'server') this.#readHandshake(message);
  }

  #renegotiate(established: Established, options: RenegotiationOptions): void {
    this.#handshake.begin(this.#makeFlow(this.#context(), this.#renegotiations.begin(established, options)));
    this.#renegotiations.unanswered = this.role === 'client';
    this.#handshake.advance();
  }

  #readRefusal(): void {
    this.#renegotiations.asked = undefined;
    this.#dropFlow();
    this.#events.push({ type: 'renegotiationRefused' });
    this.#release();
  }

  #dropFlow(): void {
    this.#renegotiations.unanswered = false;
    this.#handshake.drop();
  }

  /** Sends what waited for the end of a renegotiation. */
  #release(): void {
    const held = this.#held;
    this.#held = [];
    for (const data of held) if (this.#state === 'connected') this.#sendData(data);
    if (this.#closeHeld) this.#close();
    this.#closeHeld = false;
  }

  get #counted(): Patience {
    this.#patience ??= new Patience(this.#limits);
    return this.#patience;
  }

  /** RFC 8446 §4.6.3 */
  #readKeyUpdate(raw: RawMessage): void {
    const { requestUpdate } = readMessage(KeyUpdate, raw);
    this.#counted.countKeyUpdate();
    this.#transport.updateReadKeys();
    // "… the receiver MUST send a KeyUpdate of its own with request_update set to "update_not_requested" prior to sending its next
    // Application Data record." (RFC 8446 §4.6.3) Not earlier, so that a peer that asks and asks gets one answer.
    if (requestUpdate) this.#keyUpdateDue = true;
  }

  /** Before the next data. TLS 1.2 has no means for it but a new connection: then this one is over, and the answer is false. */
  #renewWriteKeys(): boolean {
    if (!this.#isBeforeTls13) {
      this.#sendKeyUpdate(false);
      return true;
    }
    const problem = 'so many records were sent under one key that no more may be: open another connection';
    this.#fail(new LimitExceeded('recordsUnderOneKey', problem, 'internal_error'));
    return false;
  }

  #sendKeyUpdate(requestUpdate: boolean): void {
    this.#keyUpdateDue = false;
    this.#transport.send(writeMessage(KeyUpdate, { requestUpdate }));
    this.#transport.updateWriteKeys();
  }

  /**
   * RFC 8446 §6: in TLS 1.3 the level is ignored; all alerts but the closure alerts are errors. In TLS 1.2, and before it is known which of
   * them it is, some may come as warnings (RFC 5246 §7.2.2).
   */
  #readAlert(level: number, description: number): void {
    if (description === ALERTS.no_renegotiation_RESERVED && level === WARNING && this.#renegotiations.isUndecided) {
      this.#readRefusal();
      return;
    }
    const isWarning = level === WARNING && this.#transport.version !== 'TLSv1.3' && WARNINGS.includes(description);
    // "This alert SHOULD be followed by a "close_notify"." (RFC 8446 §6.1)
    if (description === ALERTS.user_canceled || isWarning) {
      if (description === ALERTS.user_canceled) this.#canceled = true;
      this.#counted.countIdle('alerts that change nothing');
      return;
    }
    if (description !== ALERTS.close_notify || this.#state === 'handshaking') {
      // A close_notify that follows user_canceled only says the same.
      const name = this.#canceled && description === ALERTS.close_notify ? 'user_canceled' : alertName(description);
      throw new AlertReceived(name ?? `unknown_${description}`, adviceForAlert(name));
    }
    // "Any data received after a closure alert has been received MUST be ignored." (RFC 8446 §6.1)
    this.#peerClosed = true;
    this.#transport.clearInput();
    this.#events.push({ type: 'end' });
    // "The other party MUST respond with a close_notify alert of its own and close down the connection immediately, discarding any pending
    // writes." (RFC 5246 §7.2.1) Of a handshake that will not end there is nothing else to do with them.
    if (this.renegotiating) {
      this.#dropFlow();
      this.#held = [];
      this.#close();
    }
    if (this.#weClosed) this.#finish();
  }

  // ---- The end ----

  #fail(error: TlsError): void {
    if (this.#state === 'closed') return;
    this.#end(error);
    this.#events.push({ type: 'error', error });
  }

  /** Ends at once, with the alert of `error` if it has one. */
  #end(error: TlsError | undefined): void {
    if (error?.alert !== undefined && !this.#weClosed) sendLastAlert(this.#transport, error.alert);
    this.#finish();
    this.#handshake.abort(error);
  }

  #close(): void {
    if (this.#state !== 'connected') return;
    this.#weClosed = true;
    this.#transport.sendAlert(WARNING, ALERTS.close_notify);
    if (this.#peerClosed) this.#finish();
  }

  #finish(): void {
    this.#state = 'closed';
    this.#held = [];
    this.#transport.close();
    wipe(this.#established?.resumptionSecret);
  }
}
