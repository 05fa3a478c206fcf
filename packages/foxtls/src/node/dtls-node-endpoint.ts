/**
 * An endpoint of `foxtls/dtls`: a UDP socket, the core's endpoint, and one timer for all that waits.
 */

import { performance } from 'node:perf_hooks';
import type {
  DtlsEndpoint,
  DtlsEndpointOptions,
  DtlsSession,
  DtlsSessionListener,
  SleepingSession,
} from '../connection/datagram-endpoint.ts';
import { createDtlsEndpoint } from '../connection/dtls-endpoint.ts';
import type { ClientConfig, ServerConfig } from '../protocol/handshake/config.ts';
import type { ClientSession } from '../protocol/session/client-session.ts';
import { invalidState, NodeDtlsSession, type SessionTraits } from './dtls-session.ts';
import { SocketStats } from './dtls-stats.ts';
import type {
  DatagramSocket,
  DTLSEndpoint,
  DTLSSession,
  DtlsAddress,
  DtlsEndpointStats,
  DtlsListenOptions,
  SleepingDtlsSession,
} from './dtls-types.ts';
import { toNodeError } from './errors.ts';
import { readAddress, writeAddress } from './udp-socket.ts';

/** What an endpoint does for clients that come. */
export interface ServerSide {
  readonly onsession: (session: DTLSSession) => void;
  readonly asksForCertificate: boolean;
  readonly config: ServerConfig;
  readonly findSleeping: DtlsListenOptions['findSleeping'];
}

/** What it takes to connect. */
export interface ClientSide {
  readonly config: ClientConfig;
  readonly hostname: string;
  readonly serverName: string | undefined;
  readonly session: ClientSession | undefined;
}

export class NodeDtlsEndpoint implements DTLSEndpoint {
  readonly opened: Promise<DtlsAddress>;
  readonly closed: Promise<void>;
  onrefused: ((error: Error, from: DtlsAddress) => void) | undefined;
  readonly sessions = new Set<NodeDtlsSession>();
  readonly #core: DtlsEndpoint;
  readonly #stats: SocketStats;
  readonly #server: ServerSide | undefined;
  /** The same for all of a server's sessions. */
  #serverTraits: SessionTraits | undefined;
  #socket: DatagramSocket | undefined;
  #address: DtlsAddress | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #isReferenced = true;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #settleOpened!: { resolve(address: DtlsAddress): void; reject(error: Error): void };
  #settleClosed!: { resolve(): void; reject(error: Error): void };
  /** Undone when it is closed. */
  #release: (() => void)[] = [];

  constructor(
    options: Omit<DtlsEndpointOptions, 'onSession' | 'onRefused' | 'onOutput' | 'clock' | 'keyLog'>,
    server?: ServerSide,
  ) {
    this.#server = server;
    this.#core = createDtlsEndpoint({
      clock: () => performance.now(),
      onOutput: options.packMessages === true ? () => this.#flushSoon() : () => this.#flush(),
      onSession: (session) => this.#accept(session),
      onRefused: (error, from) => this.onrefused?.(toNodeError(error), readAddress(from)),
      ...(server?.findSleeping !== undefined && { findSleeping: finderOf(server.findSleeping) }),
      ...options,
    });
    this.#stats = new SocketStats(this.#core.stats);
    this.opened = new Promise((resolve, reject) => {
      this.#settleOpened = { resolve, reject };
    });
    this.closed = new Promise((resolve, reject) => {
      this.#settleClosed = { resolve, reject };
    });
    this.opened.catch(() => {});
    this.closed.catch(() => {});
  }

  get address(): DtlsAddress | undefined {
    return this.#address;
  }

  get stats(): DtlsEndpointStats {
    return this.#stats;
  }

  get busy(): boolean {
    return !this.#core.acceptsSessions;
  }

  set busy(busy: boolean) {
    this.#core.acceptsSessions = !busy && this.#server !== undefined && this.#state === 'open';
  }

  get destroyed(): boolean {
    return this.#state === 'closed';
  }

  /** Takes a bound socket over. */
  use(socket: DatagramSocket): void {
    if (this.#state !== 'open') {
      socket.close(() => {});
      return;
    }
    this.#socket = socket;
    if (!this.#isReferenced) socket.unref();
    socket.on('message', (message, { address, port }) => {
      this.#core.receive(new Uint8Array(message.buffer, message.byteOffset, message.length), writeAddress(address, port));
      this.#schedule();
    });
    // An ICMP message that everybody can send must end nothing.
    socket.on('error', () => {
      this.#stats.socketErrors++;
    });
    const { address, family, port } = socket.address();
    this.#address = { address, family: family as DtlsAddress['family'], port };
    this.#settleOpened.resolve(this.#address);
    this.#flush();
  }

  /** Calls `end` when the signal is aborted, unless this is closed before. */
  obey(signal: AbortSignal, end: () => void): void {
    if (signal.aborted) {
      end();
      return;
    }
    signal.addEventListener('abort', end, { once: true });
    this.#release.push(() => signal.removeEventListener('abort', end));
  }

  // ---- Sessions ----

  #accept(core: DtlsSession): DtlsSessionListener {
    const server = this.#server as ServerSide;
    const session = new NodeDtlsSession(this.#traitsOf(server));
    this.#adopt(session, core);
    try {
      server.onsession(session);
    } catch (thrown) {
      // It is the application's, and no affair of the handshake that it was called in.
      session.destroy(thrown as Error);
      process.nextTick(() => {
        throw thrown;
      });
    }
    return session;
  }

  #traitsOf({ asksForCertificate }: ServerSide): SessionTraits {
    this.#serverTraits ??= { ...this.#commonTraits, role: 'server', asksForCertificate };
    return this.#serverTraits;
  }

  wake(sleeping: SleepingDtlsSession): DTLSSession {
    if (this.#server === undefined || this.#state !== 'open') throw invalidState('wake without an open endpoint of listen');
    const session = new NodeDtlsSession(this.#traitsOf(this.#server));
    this.#adopt(session, this.#core.continue(this.#server.config, sleepingOf(sleeping), session));
    return session;
  }

  get #commonTraits() {
    return { endpoint: this, readAddress, onRescheduled: () => this.#schedule() };
  }

  prepare(traits: Pick<SessionTraits, 'asksForCertificate' | 'hostname'>): NodeDtlsSession {
    const session = new NodeDtlsSession({ role: 'client', ...this.#commonTraits, ...traits });
    this.sessions.add(session);
    // Its endpoint has no other reason to be.
    session.once('close', () => process.nextTick(() => this.close()));
    return session;
  }

  connect(session: NodeDtlsSession, to: DtlsAddress, { config, serverName, session: resumed }: ClientSide): void {
    this.#stats.clientSessions++;
    const options = { serverName, session: resumed, onEvent: session };
    this.#adopt(session, this.#core.connect(config, writeAddress(to.address, to.port), options));
    this.#schedule();
  }

  /** Goes on with a client's session that slept. */
  continue(session: NodeDtlsSession, sleeping: SleepingDtlsSession, to: Pick<ClientSide, 'config' | 'serverName'>): void {
    const { config, serverName: sessionKey } = to;
    this.#stats.clientSessions++;
    this.#adopt(session, this.#core.continue(config, sleepingOf(sleeping), session, { sessionKey }));
    this.#schedule();
  }

  #adopt(session: NodeDtlsSession, core: DtlsSession): void {
    this.sessions.add(session);
    session.attach(core);
  }

  sessionClosed(session: NodeDtlsSession): void {
    this.sessions.delete(session);
    this.#closeWhenEmpty();
  }

  // ---- The end ----

  close(): Promise<void> {
    if (this.#state !== 'open') return this.closed.catch(() => {});
    this.#state = 'closing';
    this.#core.close();
    this.#schedule();
    this.#closeWhenEmpty();
    return this.closed.catch(() => {});
  }

  #closeWhenEmpty(): void {
    if (this.#state === 'closing' && this.#core.sessionCount === 0) process.nextTick(() => this.#end(undefined));
  }

  destroy(error?: Error): void {
    if (this.#state === 'closed') return;
    this.#state = 'closing';
    this.busy = true;
    for (const session of [...this.sessions]) session.destroy(error);
    this.#end(error);
  }

  #end(error: Error | undefined): void {
    if (this.#state === 'closed') return;
    this.#flush();
    this.#state = 'closed';
    clearTimeout(this.#timer);
    for (const undo of this.#release.splice(0)) undo();
    this.sessions.clear();
    this.#stats.destroyedAt = process.hrtime.bigint();
    // An error costs more than a datagram.
    if (this.#address === undefined) this.#settleOpened.reject(error ?? new Error('the endpoint was closed'));
    const done = () => (error === undefined ? this.#settleClosed.resolve() : this.#settleClosed.reject(error));
    if (this.#socket === undefined) done();
    else this.#socket.close(done);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  ref(): this {
    this.#isReferenced = true;
    this.#socket?.ref();
    this.#timer?.ref();
    return this;
  }

  unref(): this {
    this.#isReferenced = false;
    this.#socket?.unref();
    this.#timer?.unref();
    return this;
  }

  // ---- Datagrams and time ----

  #flush(): void {
    const socket = this.#socket;
    if (socket === undefined || this.#state === 'closed') return;
    for (const { to, datagram } of this.#core.takeOutput()) {
      const { address, port } = readAddress(to);
      socket.send(datagram, port, address, this.#onSent);
    }
    this.#schedule();
  }

  /** At the end of this turn: there may be more till then. */
  #flushSoon(): void {
    setImmediate(() => this.#flush());
  }

  readonly #onSent = (error: Error | null): void => {
    if (error !== null) this.#stats.socketErrors++;
  };

  /** One timer, which may come too early: then it is set again. */
  #schedule(): void {
    const wait = this.#state === 'closed' ? undefined : this.#core.nextTimeout();
    if (wait === undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    const at = performance.now() + wait;
    if (this.#timer !== undefined && this.#timerAt <= at) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(this.#onTimer, Math.ceil(wait));
    if (!this.#isReferenced) this.#timer.unref();
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.#core.handleTimeout();
    this.#flush();
    this.#schedule();
  };
}

function finderOf(find: NonNullable<DtlsListenOptions['findSleeping']>): NonNullable<DtlsEndpointOptions['findSleeping']> {
  return (from, connectionId) => {
    const sleeping = find(readAddress(from), connectionId && Buffer.from(connectionId));
    return sleeping && sleepingOf(sleeping);
  };
}

function sleepingOf({ state, address, connectionId }: SleepingDtlsSession): SleepingSession {
  return { state: new Uint8Array(state), address: writeAddress(address.address, address.port), connectionId };
}
