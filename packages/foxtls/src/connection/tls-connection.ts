/**
 * A TLS connection over a stream: bytes in order both ways, an end of input, and before TLS 1.3 renegotiation; see connection.ts for the face,
 * connection-engine.ts for what it shares with datagrams.
 *
 * ```
 *   receive ─▶ transport ─▶ pump          a flow that waits for a promise stops the reading; what arrives meanwhile is queued, to a limit
 *   send    ─▶ transport                  held while a renegotiation is going on
 * ```
 */

import { plain } from '../core/bytes/bytes.ts';
import { ApiMisuse, ConnectionLost, LimitExceeded } from '../core/errors/errors.ts';
import { ALERTS } from '../core/registry/alerts.ts';
import { HANDSHAKE_TYPES } from '../core/registry/handshake-types.ts';
import type { Established } from '../protocol/handshake/established.ts';
import type { HandshakeFlow } from '../protocol/handshake/receive.ts';
import type { HandshakeContext } from '../protocol/handshake/transport.ts';
import { KeyUpdate, type RawMessage, writeMessage } from '../protocol/messages/messages.ts';
import { HelloRequest } from '../protocol/messages/tls12/messages.ts';
import type { TlsTransport } from '../transport/tls/tls-transport.ts';
import type { ConnectionInfo, TlsConnection, TlsEventListener } from './connection.ts';
import { ConnectionEngine, type EngineParts, type EngineSetting, type OtherIncoming } from './connection-engine.ts';
import { Heartbeats, noHeartbeat } from './heartbeat.ts';
import { type NextHandshake, type RenegotiationOptions, type RenegotiationPolicy, Renegotiations } from './renegotiation.ts';

const WARNING = 1;

/** What makes a connection a client's or a server's. */
export interface ConnectionParts extends EngineSetting, EngineParts<TlsTransport> {
  readonly keyLog: boolean;
  readonly onEvent: TlsEventListener;
  readonly renegotiation: RenegotiationPolicy;
  /** Makes a handshake: the first, or the next one. */
  readonly flow: (context: HandshakeContext, next?: NextHandshake) => HandshakeFlow<Established>;
}

export class Connection extends ConnectionEngine<TlsTransport, ConnectionParts> implements TlsConnection {
  readonly #renegotiations: Renegotiations;
  #info: ConnectionInfo | undefined;
  #inputEnded = false;
  #starved = false;
  #keyUpdateDue = false;
  /** If both ends speak of them. */
  #heartbeats: Heartbeats | undefined;
  /** What waits for the end of a renegotiation: data, and our closure. */
  #held: Uint8Array[] = [];
  #closeHeld = false;

  constructor(parts: ConnectionParts) {
    super(parts, parts, parts);
    this.#renegotiations = new Renegotiations(parts.renegotiation, parts.limits, parts.now);
    parts.transport.mayRenegotiate = parts.renegotiation === 'accept';
    this.begin(parts.flow);
  }

  // Most connections are never asked; one of a socket is asked again and again.
  override get info(): ConnectionInfo | undefined {
    this.#info ??= super.info;
    return this.#info;
  }

  get wantsInput(): boolean {
    return !this.isSuspended || this.transport.pendingInput < this.setting.limits.queuedInput;
  }

  receive(bytes: Uint8Array): void {
    if (this.state === 'closed' || this.peerClosed) return;
    this.guarded(() => {
      this.transport.push(plain(bytes));
      this.pump();
      if (!this.wantsInput) this.#starve();
    });
  }

  receiveEnd(): void {
    if (this.state === 'closed' || this.#inputEnded) return;
    this.#inputEnded = true;
    this.guarded(() => this.pump());
  }

  send(data: Uint8Array): void {
    if (!this.mayUse('send')) return;
    if (this.#closeHeld) throw this.notConnected('send');
    if (this.renegotiating) this.#held.push(data);
    else this.#sendData(data);
    this.deliver();
  }

  #sendData(data: Uint8Array): void {
    let sent = 0;
    if (!(this.#keyUpdateDue || this.transport.writeKeyExhausted) || this.#renewWriteKeys()) sent = this.transport.sendData(data);
    while (sent < data.length && this.#renewWriteKeys()) sent += this.transport.sendData(data.subarray(sent));
  }

  protected override sayClosed(): void {
    if (this.renegotiating) this.#closeHeld = true;
    else super.sayClosed();
  }

  renegotiate(options: RenegotiationOptions = {}): void {
    if (this.peerClosed && this.isBehind) return;
    if (!this.mayUse('renegotiate')) return;
    if (this.peerClosed) throw this.notConnected('renegotiate');
    const established = this.established as Established;
    this.#renegotiations.check(this.role, established, this.renegotiating, options);
    this.transport.mayRenegotiate = true;
    this.guarded(() => {
      if (this.role === 'client') {
        this.#renegotiate(established, options);
        this.pump();
      } else {
        this.#renegotiations.asked = options;
        this.transport.send(writeMessage(HelloRequest, true));
        this.transport.endFlight();
      }
    });
  }

  refuseRenegotiation(): void {
    this.#renegotiations.policy = 'refuse';
  }

  sendHeartbeat(payload?: Uint8Array): void {
    if (!this.mayUse('sendHeartbeat')) return;
    // "However, a HeartbeatRequest message SHOULD NOT be sent during handshakes." (RFC 6520 §3)
    if (this.renegotiating) throw new ApiMisuse('ERR_TLS_NOT_CONNECTED', 'sendHeartbeat during a handshake');
    const message = this.#heartbeats?.request(payload, this.transport.maxHeartbeat);
    if (message === undefined) throw noHeartbeat();
    this.writeHeartbeat(message);
    this.deliver();
  }

  get maxSendFragment(): number {
    return this.transport.maxSendFragment;
  }

  setMaxSendFragment(size: number): void {
    this.transport.setMaxSendFragment(size);
  }

  // ---- The handshake ----

  protected override agree({ heartbeat }: Established): void {
    this.#info = undefined;
    const { provider, now, limits } = this.setting;
    if (heartbeat !== undefined) this.#heartbeats ??= new Heartbeats(provider.random, now, limits.heartbeats);
    this.#heartbeats?.agree(heartbeat);
  }

  protected override afterHandshake(): void {
    this.#release();
  }

  protected override readMessage(raw: RawMessage): void {
    if (this.#isRenegotiation(raw)) this.#readRenegotiation(raw);
    else if (this.hasHandshake) this.#readHandshake(raw);
    else this.readAfterHandshake(raw);
  }

  #readHandshake(message: RawMessage): void {
    this.#renegotiations.unanswered = false;
    this.advance(message);
  }

  protected override afterReading(): void {
    if (this.#inputEnded && this.mayRead) throw this.#truncation();
    this.#feed();
  }

  #truncation(): ConnectionLost {
    const when = this.state === 'handshaking' ? 'before the handshake was over' : 'without close_notify: data may be missing';
    return new ConnectionLost('truncated', `the transport ended ${when}`);
  }

  #starve(): void {
    this.#starved = true;
    if (this.transport.pendingInput > this.setting.limits.queuedInput + this.setting.limits.queuedInputOverrun) {
      throw new LimitExceeded('queuedInput', 'input goes on arriving although wantsInput is false', 'internal_error');
    }
  }

  #feed(): void {
    if (!this.#starved || !this.wantsInput) return;
    this.#starved = false;
    this.tell({ type: 'drain' });
  }

  /** Which TLS 1.3 does otherwise. False as long as it is not known. */
  get #isBeforeTls13(): boolean {
    return this.transport.version !== undefined && !this.isTls13;
  }

  // ---- Heartbeats ----

  protected override readOther(incoming: OtherIncoming): void {
    // A stream has no paths.
    if (incoming.kind !== 'heartbeat') return;
    this.readHeartbeat(this.#heartbeats?.receive(incoming.content, this.transport.maxHeartbeat, this.hasHandshake));
  }

  protected override writeHeartbeat(message: Uint8Array): void {
    if (!this.transport.writeKeyExhausted || this.#renewWriteKeys()) this.transport.sendHeartbeat(message);
  }

  // ---- Renegotiation (RFC 5246 §7.4.1.1) ----

  #isRenegotiation({ type, body }: RawMessage): boolean {
    if (!this.#isBeforeTls13) return false;
    if (this.role === 'client') return type === HANDSHAKE_TYPES.hello_request && body.length === 0;
    return type === HANDSHAKE_TYPES.client_hello && this.state === 'connected' && !this.hasHandshake;
  }

  /** A HelloRequest, or a ClientHello between handshakes. */
  #readRenegotiation(message: RawMessage): void {
    const { established } = this;
    // "This message will be ignored by the client if the client is currently negotiating a session." (RFC 5246 §7.4.1.1)
    if (established === undefined || this.hasHandshake || this.weClosed) {
      this.patience.countIdle('requests to renegotiate');
      return;
    }
    const { asked } = this.#renegotiations;
    if (asked === undefined && !this.#renegotiations.admits(established)) {
      // "… or the client may, if it wishes, respond with a no_renegotiation alert." (RFC 5246 §7.4.1.1)
      this.patience.countIdle('requests to renegotiate');
      this.transport.sendAlert(WARNING, ALERTS.no_renegotiation_RESERVED);
      return;
    }
    // Who is asked has nothing to prove by a session; who asks may have reasons to want one.
    this.#renegotiate(established, asked ?? { resume: this.role === 'server' });
    if (this.role === 'server') this.#readHandshake(message);
  }

  #renegotiate(established: Established, options: RenegotiationOptions): void {
    const next = this.#renegotiations.begin(established, options);
    this.begin((context) => this.setting.flow(context, next));
    this.#renegotiations.unanswered = this.role === 'client';
    this.advance();
  }

  protected override get mayRenegotiate(): boolean {
    return this.#renegotiations.isEnabled;
  }

  protected override readRefusal(): boolean {
    if (!this.#renegotiations.isUndecided) return false;
    this.#renegotiations.asked = undefined;
    this.#dropFlow();
    this.tell({ type: 'renegotiationRefused' });
    this.#release();
    return true;
  }

  #dropFlow(): void {
    this.#renegotiations.unanswered = false;
    this.drop();
  }

  /** Sends what waited for the end of a renegotiation. */
  #release(): void {
    const held = this.#held;
    this.#held = [];
    for (const data of held) if (this.state === 'connected') this.#sendData(data);
    if (this.#closeHeld) this.sayClosed();
    this.#closeHeld = false;
  }

  // ---- Keys ----

  protected override sendKeyUpdate(requestPeer: boolean): void {
    this.#keyUpdateDue = false;
    this.transport.send(writeMessage(KeyUpdate, { requestUpdate: requestPeer }));
    this.transport.updateWriteKeys();
  }

  /**
   * "… the receiver MUST send a KeyUpdate of its own with request_update set to "update_not_requested" prior to sending its next
   * Application Data record." (RFC 8446 §4.6.3) Not earlier, so that a peer that asks and asks gets one answer.
   */
  protected override answerKeyUpdate(): void {
    this.#keyUpdateDue = true;
  }

  /** Before the next data. TLS 1.2 has no means for it but a new connection: then this one is over, and the answer is false. */
  #renewWriteKeys(): boolean {
    if (this.#isBeforeTls13) this.failByWornKey();
    else this.sendKeyUpdate(false);
    return !this.#isBeforeTls13;
  }

  // ---- The end ----

  protected override onPeerClosed(): void {
    // "The other party MUST respond with a close_notify alert of its own and close down the connection immediately, discarding any pending
    // writes." (RFC 5246 §7.2.1) Of a handshake that will not end there is nothing else to do with them.
    if (this.renegotiating) {
      this.#dropFlow();
      this.#held = [];
      this.sayClosed();
    }
    super.onPeerClosed();
  }

  protected override finish(): void {
    this.#held = [];
    super.finish();
  }
}
