/**
 * The engine of an endpoint: which connection a datagram is for, who may have one, and what is sent to whom; see datagram-endpoint.ts.
 *
 * ```
 *   datagram ─▶ connection ID on its first record ─▶ that session, wherever it comes from
 *            ├▶ ClientHello in the clear: of a session by its random ─▶ that session
 *            │                            else ─▶ Strangers, of whom a cookie makes a session
 *            └▶ address ─▶ the session there; where a client begins anew, the old one first, then the new
 * ```
 * Invariants: a session is in `#sessions` from its cookie until `closed`. An address has one session, and one at most that may take its place.
 */

import { toHex, utf8 } from '../core/bytes/bytes.ts';
import { ApiMisuse, ConnectionLost, type TlsError } from '../core/errors/errors.ts';
import { readDatagramRecord } from '../transport/dtls/datagram-record.ts';
import type { ClientConfig, ServerConfig } from './config.ts';
import { MAX_SPARE } from './connection-id-updates.ts';
import {
  type CarriedOptions,
  continueCarried,
  createCarriedClient,
  createCarriedServer,
  datagramSetting,
} from './create-dtls.ts';
import { checkDatagramOptions } from './datagram-checks.ts';
import type { AddressedDatagram, DtlsEndpoint, DtlsEndpointOptions, EndpointConnectOptions } from './datagram-endpoint.ts';
import { Deadlines, earliest } from './deadlines.ts';
import type { DatagramConnection, DatagramSetting } from './dtls-connection.ts';
import { type DtlsSession, type DtlsSessionListener, EndpointSession, type SleepingSession } from './endpoint-session.ts';
import { type EndpointDiscardReason, newEndpointStats } from './endpoint-stats.ts';
import { type HelloFragment, readHelloFragment } from './first-hello.ts';
import { inRange } from './option-checks.ts';
import { PathChecks, type PathKeeper } from './path-checks.ts';
import { SessionTable } from './session-table.ts';
import { Strangers, type StrangersKeeper } from './strangers.ts';
import { WarmSessions } from './warm-sessions.ts';

const DEFAULTS = {
  maxSessions: 10_000,
  maxSessionsPerHost: 1000,
  handshakeTimeout: 60_000,
  closeTimeout: 1000,
  strangersMemory: 2 ** 20,
} as const;

/** Connection IDs that a peer may use: those that wait, the one in use, and the one before it (see ConnectionIdUpdates). */
const MAX_IDS = MAX_SPARE + 2;
/** Bytes of an address that fit into a cookie. */
const MAX_ADDRESS = 255;
const MAX_TIME = 2 ** 31 - 1;

/**
 * An endpoint. Throws `ApiMisuse`: `ERR_TLS_OPTION_RANGE`, `ERR_TLS_ENDPOINT` for a config without `onSession`.
 *
 * ```ts
 * const endpoint = createDtlsEndpoint({
 *   config: defineServerConfig({ provider, credentials }),
 *   clock: () => performance.now(),
 *   onSession: ({ connection }) => (event) => {
 *     if (event.type === 'data') connection.send(event.data);
 *   },
 * });
 * socket.on('message', (message, { address, port }) => {
 *   endpoint.receive(message, `${address}:${port}`);
 *   for (const { to, datagram } of endpoint.takeOutput()) send(datagram, to);
 * });
 * ```
 */
export function createDtlsEndpoint(options: DtlsEndpointOptions): DtlsEndpoint {
  return new Endpoint(options);
}

class Endpoint implements DtlsEndpoint, StrangersKeeper, PathKeeper {
  readonly stats = newEndpointStats();
  acceptsSessions: boolean;
  readonly #options: DtlsEndpointOptions;
  readonly #limits: { readonly [name in keyof typeof DEFAULTS]: number };
  readonly clock: () => number;
  readonly trustsNewAddresses: boolean;
  readonly #sessions: SessionTable;
  readonly #strangers: Strangers | undefined;
  readonly #paths = new PathChecks(this);
  readonly #settings = new WeakMap<ClientConfig | ServerConfig, DatagramSetting>();
  readonly #deadlines = new Deadlines<EndpointSession>();
  readonly #warm = new WarmSessions<EndpointSession>();
  #output: AddressedDatagram[] = [];
  /** Those whose messages may be more until the output is taken: with `packMessages`. */
  readonly #packing = new Set<EndpointSession>();
  #isAnnounced = false;
  /** Calls that are on the stack: output is announced when the last of them is over. */
  #depth = 0;

  constructor(options: DtlsEndpointOptions) {
    const { config, onSession, clock = config?.now ?? Date.now, connectionIdLength } = options;
    if (config !== undefined && onSession === undefined) {
      throw new ApiMisuse('ERR_TLS_ENDPOINT', 'a config for clients needs onSession: who takes their sessions otherwise?');
    }
    checkDatagramOptions(options);
    if (connectionIdLength !== undefined) inRange('connectionIdLength', connectionIdLength, 0, 255);
    this.#options = options;
    this.#limits = resolveLimits(options);
    this.clock = clock;
    this.trustsNewAddresses = options.insecureAddressChanges ?? false;
    this.#sessions = new SessionTable(this.#limits, options.hostOf ?? hostOfAddress);
    this.#strangers = config && this.#createStrangers(config);
    this.acceptsSessions = config !== undefined;
  }

  #createStrangers(config: ServerConfig): Strangers {
    const { requireCookie = true, onRefused } = this.#options;
    const { strangersMemory: memory, handshakeTimeout } = this.#limits;
    const patience = handshakeTimeout || DEFAULTS.handshakeTimeout;
    const [sessions, deadlines] = [this.#sessions, this.#deadlines];
    return new Strangers({ config, requireCookie, keeper: this, sessions, deadlines, memory, patience, onRefused });
  }

  get sessions(): Iterable<DtlsSession> {
    return this.#sessions.values();
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  receive(datagram: Uint8Array, from: string): void {
    this.stats.datagramsReceived++;
    this.stats.bytesReceived += datagram.length;
    this.#entered(() => this.#route(datagram, from));
  }

  connect(config: ClientConfig, to: string, options: EndpointConnectOptions): DtlsSession {
    if (this.#sessions.at(to) !== undefined)
      throw new ApiMisuse('ERR_TLS_ADDRESS_IN_USE', `there is a connection with ${to}: close it first`);
    const session = new EndpointSession(this, to, config.provider.random);
    session.isAccepted = true;
    session.isProven = true;
    const { onEvent, ...request } = options;
    session.connection = createCarriedClient(config, Object.assign(this.#carriedOptions(config, session), request));
    session.listen(onEvent);
    this.#keep(session);
    this.#entered(() => {
      session.connection.start();
      this.collect(session);
    });
    return session;
  }

  continue(
    config: ClientConfig | ServerConfig,
    sleeping: SleepingSession,
    onEvent: DtlsSessionListener,
    { sessionKey }: { readonly sessionKey?: string | undefined } = {},
  ): DtlsSession {
    const { address } = sleeping;
    if (this.#sessions.at(address) !== undefined)
      throw new ApiMisuse('ERR_TLS_ADDRESS_IN_USE', `there is a connection with ${address}: close it first`);
    const session = this.#continued(config, sleeping, sessionKey);
    session.isAccepted = true;
    session.listen(onEvent);
    this.#keepOn(session);
    return session;
  }

  #continued(
    config: ClientConfig | ServerConfig,
    { state, address, connectionId }: SleepingSession,
    sessionKey?: string,
  ): EndpointSession {
    const session = new EndpointSession(this, address, config.provider.random);
    session.isProven = true;
    if (connectionId !== undefined) session.ids = [toHex(connectionId)];
    session.connection = continueCarried(config, state, { setting: this.#settingOf(config), owner: session, sessionKey });
    return session;
  }

  #keepOn(session: EndpointSession): void {
    this.#sessions.add(session);
    this.collect(session);
  }

  takeOutput(): AddressedDatagram[] {
    // Nobody is to be told of what is taken just now.
    this.#isAnnounced = true;
    for (const session of this.#packing) this.collect(session);
    this.#packing.clear();
    const output = this.#output;
    this.#output = [];
    this.#isAnnounced = false;
    this.stats.datagramsSent += output.length;
    for (const { datagram } of output) this.stats.bytesSent += datagram.length;
    return output;
  }

  nextTimeout(): number | undefined {
    const next = earliest(this.#deadlines.next, this.#warm.next);
    return next === undefined ? undefined : Math.max(0, next - this.clock());
  }

  handleTimeout(): void {
    const now = this.clock();
    this.#entered(() => {
      for (let due = this.#deadlines.takeDue(now); due !== undefined; due = this.#deadlines.takeDue(now)) this.#wake(due, now);
      this.#warm.restIdle(now);
    });
  }

  close(): void {
    this.acceptsSessions = false;
    this.#entered(() => {
      this.#strangers?.forgetAll();
      for (const { connection } of [...this.#sessions.values()]) connection.close();
    });
  }

  // ---- Which connection a datagram is for ----

  #route(datagram: Uint8Array, from: string): void {
    const first = readDatagramRecord(datagram, 0, this.#options.connectionIdLength ?? 0)?.record;
    if (first?.connectionId !== undefined) {
      const { connectionId } = first;
      const session = this.#sessions.withId(toHex(connectionId));
      if (session !== undefined) this.#deliver(session, datagram, from);
      else if (!this.#wakeFor(datagram, from, connectionId)) this.#discard('unknown_connection_id');
      return;
    }
    const hello = first && readHelloFragment(first);
    const current = this.#sessions.at(from);
    const successor = this.#sessions.successorAt(from);
    if (hello !== undefined) this.#routeHello(datagram, hello, from);
    else if (first === undefined && current === undefined) this.#discard('malformed');
    else if (current === undefined) {
      if (!this.#wakeFor(datagram, from, undefined)) this.#discard('no_session');
    } else if (successor === undefined) this.#deliver(current, datagram, from);
    else if (first?.kind === 'classic' && first.epoch === 0) this.#deliver(successor, datagram, from);
    else this.#tryBoth(current, successor, datagram, from);
  }

  /** "In these cases, trial decryption may be necessary" (RFC 9147 §5.11). */
  #tryBoth(current: EndpointSession, successor: EndpointSession, datagram: Uint8Array, from: string): void {
    this.#deliver(current, datagram.slice(), from);
    if (current.connection.heard === 'nothing') this.#deliver(successor, datagram, from);
  }

  #deliver(session: EndpointSession, datagram: Uint8Array, from: string): void {
    const { connection } = session;
    const { length } = datagram;
    const isElsewhere = from !== session.address;
    if (!session.isProven && !isElsewhere) session.received += length;
    // An address that is the same is not kept twice.
    session.heardFrom = isElsewhere ? from : session.address;
    connection.receive(datagram);
    if (connection.heard !== 'nothing' && !isElsewhere) session.isProven = true;
    if (connection.heard === 'newest' && isElsewhere && from !== session.address) this.#onElsewhere(session, from, length);
    this.collect(session);
  }

  /** A datagram of nobody here: whether it is of a session that sleeps, which goes on then. One that does not open leaves it asleep. */
  #wakeFor(datagram: Uint8Array, from: string, connectionId: Uint8Array | undefined): boolean {
    const { config } = this.#options;
    const sleeping = config && this.#options.findSleeping?.(from, connectionId);
    if (config === undefined || sleeping === undefined) return false;
    const full = this.#sessions.whyFull(sleeping.address);
    if (full !== undefined) {
      this.#discard(full);
      return true;
    }
    const session = this.#continued(config, sleeping);
    const { length } = datagram;
    session.heardFrom = from;
    session.listenInSleep();
    session.connection.receive(datagram);
    if (session.connection.heard === 'nothing') {
      session.connection.abort();
      return false;
    }
    session.isAccepted = true;
    const { onSession } = this.#options;
    if (onSession !== undefined) session.listen(onSession(session));
    this.#keepOn(session);
    session.wake();
    if (session.connection.heard === 'newest' && from !== session.address) this.#onElsewhere(session, from, length);
    return true;
  }

  // ---- Peers whose address changes ----

  #onElsewhere(session: EndpointSession, from: string, length: number): void {
    if (session.connection.state === 'connected') this.#paths.onNewAddress(session, from, length);
  }

  pathAnswered(session: EndpointSession, cookie: Uint8Array): void {
    this.#paths.onAnswer(session, cookie);
  }

  move(session: EndpointSession, to: string): void {
    this.#sessions.move(session, to);
    this.stats.addressChanges++;
    session.path = undefined;
    session.moved(to);
  }

  // ---- ClientHellos ----

  #routeHello(datagram: Uint8Array, first: HelloFragment, from: string): void {
    const owner = this.#ownerOf(first, from);
    // Two that call each other from the ports that they are called at would have one address for two connections.
    const isCalled = this.#sessions.at(from)?.connection.role === 'client';
    if (owner !== undefined) this.#deliver(owner, datagram, from);
    else if (this.#strangers === undefined || !this.acceptsSessions || isCalled) this.#discard('not_accepting');
    else this.#strangers.receive(datagram, from);
  }

  /** The session whose handshake a ClientHello belongs to: what is sent again is no news. */
  #ownerOf({ isWhole, mark }: HelloFragment, from: string): EndpointSession | undefined {
    const candidates = [this.#sessions.successorAt(from), this.#sessions.at(from)];
    if (mark !== undefined) return candidates.find((session) => session?.helloMark === mark);
    const handshaking = candidates.find((session) => session?.connection.state === 'handshaking');
    return isWhole || this.#strangers?.hasBegun(from) ? undefined : handshaking;
  }

  createConnection(config: ServerConfig, session: EndpointSession): DatagramConnection {
    const peerAddress = utf8(session.address);
    if (peerAddress.length > MAX_ADDRESS) {
      throw new ApiMisuse(
        'ERR_TLS_OPTION_RANGE',
        `an address of ${peerAddress.length} bytes: at most ${MAX_ADDRESS} are expected`,
      );
    }
    return createCarriedServer(config, { peerAddress, ...this.#carriedOptions(config, session) });
  }

  #carriedOptions(config: ClientConfig | ServerConfig, session: EndpointSession): CarriedOptions {
    const { connectionIdLength } = this.#options;
    const connectionId = connectionIdLength === undefined ? undefined : this.#drawId(connectionIdLength, session.drawRandom);
    if (connectionId !== undefined && connectionId.length > 0) session.ids = [toHex(connectionId)];
    return { setting: this.#settingOf(config), owner: session, connectionId };
  }

  #settingOf(config: ClientConfig | ServerConfig): DatagramSetting {
    const known = this.#settings.get(config);
    if (known !== undefined) return known;
    const setting = datagramSetting(config, { ...this.#options, clock: this.clock });
    this.#settings.set(config, setting);
    return setting;
  }

  wantsKeyLog(session: EndpointSession): boolean {
    const { keyLog = false } = this.#options;
    return typeof keyLog === 'function' ? keyLog(session) : keyLog;
  }

  #drawId(length: number, random: (length: number) => Uint8Array): Uint8Array {
    const create = this.#options.createConnectionId ?? random;
    for (let attempts = 0; attempts < 32; attempts++) {
      const id = create(length);
      if (id.length !== length) {
        throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `createConnectionId made ${id.length} bytes: ${length} are expected`);
      }
      if (length === 0 || this.#sessions.withId(toHex(id)) === undefined) return id;
    }
    throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `there are no more connection IDs of ${length} bytes: let them be longer`);
  }

  /** Another one for a session that is there. Those that its peer cannot use any more are forgotten. */
  newConnectionId(session: EndpointSession): Uint8Array {
    const id = this.#drawId(this.#options.connectionIdLength ?? 0, session.drawRandom);
    this.#sessions.addId(session, toHex(id), MAX_IDS);
    return id;
  }

  // ---- Sessions ----

  accept(session: EndpointSession): void {
    this.#strangers?.accept(session);
  }

  judge(session: EndpointSession, error: TlsError | undefined): void {
    this.#strangers?.judge(session, error);
  }

  begin(session: EndpointSession): void {
    session.isAccepted = true;
    this.#keep(session);
    this.stats.sessionsAccepted++;
    const { onSession } = this.#options;
    if (onSession !== undefined) session.listen(onSession(session));
  }

  #keep(session: EndpointSession): void {
    this.#sessions.add(session);
    const { handshakeTimeout } = this.#limits;
    session.giveUpAt = handshakeTimeout === 0 ? undefined : this.clock() + handshakeTimeout;
  }

  connected(session: EndpointSession): void {
    session.giveUpAt = undefined;
    session.isProven = true;
    const previous = this.#sessions.promote(session);
    if (previous === undefined) return;
    // "After a correct Finished message is received, the server MUST abandon the previous association" (RFC 9147 §5.11).
    this.stats.sessionsReplaced++;
    previous.replace();
  }

  closed(session: EndpointSession): void {
    this.collect(session);
    this.#warm.delete(session);
    this.#deadlines.set(session, undefined);
    this.#sessions.remove(session);
  }

  // ---- Time and output ----

  hasOutput(session: EndpointSession): void {
    if (this.#options.packMessages !== true) {
      this.collect(session);
      return;
    }
    this.#packing.add(session);
    if (this.#depth === 0) this.#announce();
  }

  collect(session: EndpointSession): void {
    if (!session.isAccepted) return;
    const { connection } = session;
    this.send(session.address, session.takeOutput());
    if (connection.isClosing && connection.state === 'connected') {
      session.giveUpAt ??= this.clock() + this.#limits.closeTimeout;
    }
    const { state } = connection;
    if (state === 'connected') this.#warm.use(session, this.clock());
    const deadline = earliest(connection.deadline, earliest(session.giveUpAt, session.path?.expiresAt));
    this.#deadlines.set(session, state === 'closed' ? undefined : deadline);
  }

  #wake(session: EndpointSession, now: number): void {
    const { connection, giveUpAt, path } = session;
    if (giveUpAt === undefined || now < giveUpAt) {
      if (path !== undefined && now >= path.expiresAt) this.#paths.onTimeout(session, path);
      connection.handleTimeout();
      this.collect(session);
    } else if (!session.isAccepted) {
      this.#strangers?.forget(session);
    } else if (connection.state === 'handshaking') {
      connection.fail(new ConnectionLost('timed_out', `the handshake took longer than ${this.#limits.handshakeTimeout} ms`));
    } else {
      connection.abort();
    }
  }

  send(to: string, datagrams: readonly Uint8Array[]): void {
    for (const datagram of datagrams) this.#output.push({ to, datagram });
    if (this.#depth === 0) this.#announce();
  }

  #entered(work: () => void): void {
    this.#depth++;
    try {
      work();
    } finally {
      this.#depth--;
      if (this.#depth === 0) this.#announce();
    }
  }

  #announce(): void {
    if ((this.#output.length === 0 && this.#packing.size === 0) || this.#isAnnounced) return;
    this.#isAnnounced = true;
    this.#options.onOutput?.();
  }

  #discard(reason: EndpointDiscardReason): void {
    this.stats.discarded[reason]++;
  }
}

function resolveLimits(options: DtlsEndpointOptions): { readonly [name in keyof typeof DEFAULTS]: number } {
  const of = (name: keyof typeof DEFAULTS) => inRange(name, options[name] ?? DEFAULTS[name], 0, MAX_TIME);
  return {
    maxSessions: of('maxSessions'),
    maxSessionsPerHost: of('maxSessionsPerHost'),
    handshakeTimeout: of('handshakeTimeout'),
    closeTimeout: of('closeTimeout'),
    strangersMemory: of('strangersMemory'),
  };
}

/** `192.0.2.1` of `192.0.2.1:5684`, `[2001:db8::1]` of `[2001:db8::1]:5684`. */
function hostOfAddress(address: string): string {
  const colon = address.lastIndexOf(':');
  return colon < 0 ? address : address.slice(0, colon);
}
