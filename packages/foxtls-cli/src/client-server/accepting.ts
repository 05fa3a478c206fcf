/** How the server comes to its clients, over TCP or UDP: each arrives, and is opened or turned away. */

import { readFileSync } from 'node:fs';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { PeerIncompatible } from 'foxtls';
import { type DTLSEndpoint, type DTLSSession, listen } from 'foxtls/dtls';
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'foxtls/tls';
import type { Report } from '../command/report.ts';
import { watchSteps } from '../datagram/watched-socket.ts';
import { formatAddress, type ListenAddress } from '../network/addresses.ts';
import { appendKeyLog } from '../network/credential-options.ts';
import { listenTcp } from '../network/tcp.ts';
import { serverOptions, type TlsPlan } from '../network/tls-options.ts';
import { bindServer } from '../network/udp.ts';
import type { Channel } from './channel.ts';
import { DtlsChannel } from './dtls-channel.ts';
import { type Alpn, type ContextExtras, dtlsVersions } from './shared-options.ts';
import { peerOf, TlsChannel } from './tls-channel.ts';
import { watchTransport } from './watched-transport.ts';

export interface AcceptPlan {
  readonly plan: TlsPlan;
  readonly isDatagram: boolean;
  readonly where: ListenAddress;
  readonly asksForCertificate: boolean;
  /** The only name that is served. */
  readonly serverName: string | undefined;
  readonly alpn: Alpn | undefined;
  readonly requireCookie: boolean;
  readonly allowsRenegotiation: boolean;
  /** Bytes of our records. */
  readonly maxSendFragment: number | undefined;
  /** A file, read for each client that wants it. */
  readonly staple: string | undefined;
  readonly pskHint: boolean;
  /** Whether any identity that begins with that of the key is meant: wolfSSL's clients of TLS 1.3 add the hash to it. */
  readonly takesIdentityPrefix: boolean;
  readonly nonblocking: boolean;
  readonly seconds: number;
  readonly extras: ContextExtras;
}

/** A client that has come, and whose handshake has not begun (TCP) or has (UDP). */
export interface Arrival {
  readonly name: string;
  /** The handshake, to its end. Called once. */
  open(): Promise<Channel>;
  /** At once, without a word. */
  refuse(): void;
}

export interface Acceptor {
  readonly address: string;
  readonly port: number;
  /** No more clients; those that have come stay. */
  stop(): void;
  /** When the socket is free. */
  close(): Promise<void>;
}

/** Listens; `onArrival` is called for each client. Throws `CommandFailure` when it cannot listen, and for options that make no server. */
export function accept(plan: AcceptPlan, onArrival: (arrival: Arrival) => void, report: Report): Promise<Acceptor> {
  return plan.isDatagram ? acceptDtls(plan, onArrival, report) : acceptTls(plan, onArrival, report);
}

// ---- TCP ----

async function acceptTls(plan: AcceptPlan, onArrival: (arrival: Arrival) => void, report: Report): Promise<Acceptor> {
  const secure = createServer(tlsOptions(plan));
  const { keylog } = plan.plan;
  if (keylog !== undefined) secure.on('keylog', (line: Buffer) => appendKeyLog(keylog, line));
  const { staple } = plan;
  if (staple !== undefined) secure.on('OCSPRequest', (_certificate, _issuer, done) => answerWithFile(staple, done));
  const opening = new Openings(secure);
  // Not the server of TLS itself: whoever has to wait for his turn must not begin a handshake.
  const doors = createTcpServer({ pauseOnConnect: true, allowHalfOpen: true }, (transport) => {
    transport.on('error', () => {});
    const name = peerOf(transport);
    onArrival({ name, open: () => opening.open(transport, name, plan, report), refuse: () => void transport.destroy() });
  });
  const { address, port } = await listenTcp(doors, plan.where);
  const closed = new Promise<void>((resolve) => doors.once('close', resolve));
  return { address, port, stop: () => void doors.close(), close: () => closed };
}

function tlsOptions({ plan, ...given }: AcceptPlan): TlsOptions {
  const { serverName } = given;
  const base = serverOptions(plan);
  const { psk } = plan;
  return {
    ...base,
    ...given.extras,
    allowHalfOpen: true,
    handshakeTimeout: given.seconds * 1000,
    requestCert: given.asksForCertificate,
    rejectUnauthorized: given.asksForCertificate,
    requireCookie: given.requireCookie,
    renegotiation: given.allowsRenegotiation ? 'accept' : 'refuse',
    ...(!given.pskHint && { pskIdentityHint: undefined }),
    ...(psk !== undefined &&
      given.takesIdentityPrefix && {
        pskCallback: (_socket, identity) =>
          identity.startsWith(psk.identity) ? { psk: psk.key, insecureShortKey: psk.insecureShortKey } : null,
      }),
    ...(given.alpn !== undefined && { ALPNProtocols: [...given.alpn.protocols] }),
    ...(serverName !== undefined && {
      SNICallback: (name, done) =>
        done(isSameName(name, serverName) ? null : new PeerIncompatible('server_name', [serverName], [name])),
    }),
  };
}

function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function answerWithFile(path: string, done: (error: Error | null, response: Buffer) => void): void {
  try {
    done(null, readFileSync(path));
  } catch (error) {
    done(error as Error, Buffer.alloc(0));
  }
}

/** Handshakes under way on one server of TLS, by where the client is. */
class Openings {
  readonly #server: Server;
  readonly #waiting = new Map<string, { resolve(socket: TLSSocket): void; reject(error: Error): void }>();

  constructor(server: Server) {
    this.#server = server;
    server.on('secureConnection', (socket: TLSSocket) => this.#take(peerOf(socket))?.resolve(socket));
    server.on('tlsClientError', (error: Error, socket: TLSSocket) => this.#take(peerOf(socket))?.reject(error));
  }

  open(transport: Socket, name: string, plan: AcceptPlan, report: Report): Promise<Channel> {
    return new Promise((resolve, reject) => {
      const settle = (socket: TLSSocket) => {
        if (plan.maxSendFragment !== undefined) socket.setMaxSendFragment(plan.maxSendFragment);
        resolve(new TlsChannel(socket));
      };
      const entry = { resolve: settle, reject };
      this.#waiting.set(name, entry);
      transport.once('close', () =>
        // Behind the error that says more, if there is one.
        setImmediate(() => {
          if (this.#waiting.get(name) === entry) this.#take(name)?.reject(new Error('the client has closed the connection'));
        }),
      );
      this.#server.emit('connection', transport);
      if (plan.nonblocking) this.#watch(transport, report);
    });
  }

  #take(name: string) {
    const found = this.#waiting.get(name);
    this.#waiting.delete(name);
    return found;
  }

  #watch(transport: Socket, report: Report): void {
    const name = peerOf(transport);
    const waiting = this.#waiting;
    watchTransport(
      transport,
      {
        get secureConnecting() {
          return waiting.has(name);
        },
        destroyed: false,
      },
      'server',
      report,
    );
  }
}

// ---- UDP ----

async function acceptDtls(given: AcceptPlan, onArrival: (arrival: Arrival) => void, report: Report): Promise<Acceptor> {
  const own = await bindServer(given.where);
  const handshaking = new Set<DTLSSession>();
  const watched = watchSteps(own, (wouldWrite) => {
    if (handshaking.size > 0 && wouldWrite) report.say('... server would write block', { event: 'would-write' });
    else if (handshaking.size > 0) report.say('... server would read block', { event: 'would-read' });
  });
  const { address, port } = own.address();
  let endpoint: DTLSEndpoint;
  try {
    endpoint = listen((session) => onArrival(arrivalOf(session, given, handshaking)), {
      ...dtlsOptions(given),
      socket: given.nonblocking ? watched : own,
    });
  } catch (error) {
    // It would keep the process alive.
    own.close();
    throw error;
  }
  endpoint.onrefused = (error, from) =>
    onArrival({ name: formatAddress(from), open: () => Promise.reject(error), refuse: () => {} });
  const stop = () => {
    endpoint.busy = true;
  };
  return { address, port, stop, close: () => endpoint.close() };
}

function arrivalOf(session: DTLSSession, { plan: { keylog } }: AcceptPlan, handshaking: Set<DTLSSession>): Arrival {
  if (keylog !== undefined) session.onkeylog = (line) => appendKeyLog(keylog, line);
  session.closed.catch(() => {});
  session.opened.catch(() => {});
  const name = session.remoteAddress === undefined ? 'unknown' : formatAddress(session.remoteAddress);
  return {
    name,
    async open() {
      handshaking.add(session);
      try {
        await session.opened;
        return new DtlsChannel(session);
      } finally {
        handshaking.delete(session);
      }
    },
    refuse: () => session.destroy(),
  };
}

function dtlsOptions({ plan, ...given }: AcceptPlan) {
  const { psk, cert, key, ca, ciphers, legacy } = plan;
  const { serverName } = given;
  const isMeant = (identity: string) =>
    psk !== undefined && (given.takesIdentityPrefix ? identity.startsWith(psk.identity) : identity === psk.identity);
  return {
    ...dtlsVersions(plan),
    ...{ ciphers, legacy },
    ...(psk === undefined && { cert, key, ca, requestCert: given.asksForCertificate }),
    ...(psk !== undefined && {
      psk: (identity: string) => (isMeant(identity) ? psk : undefined),
      ...(given.pskHint && { pskIdentityHint: 'foxtls server' }),
    }),
    ...given.extras,
    ...(given.alpn !== undefined && { alpn: [...given.alpn.protocols] }),
    ...(serverName !== undefined && {
      sni: (name: string | undefined) =>
        name === undefined || isSameName(name, serverName) ? { cert, key, ca, ciphers, legacy, ...given.extras } : undefined,
    }),
    handshakeTimeout: given.seconds * 1000,
  };
}
