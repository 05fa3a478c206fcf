/**
 * A connection of `s-client`, over a stream or over datagrams: what the program does with it, whichever it is.
 */

import { isIP } from 'node:net';
import type { ConnectionInfo, TracedMessage } from 'foxtls';
import { connect as connectDatagrams, type DTLSSession, type DtlsVersion } from 'foxtls/dtls';
import { connect, type TLSSocket } from 'foxtls/tls';
import { CommandFailure, describeFailure } from '../command/failure.ts';
import { printable } from '../command/printable.ts';
import { resolveHost, type Target } from '../network/addresses.ts';
import { appendKeyLog } from '../network/credential-options.ts';
import { connectStoppable } from '../network/stoppable.ts';
import { clientOptions } from '../network/tls-options.ts';
import { upgrade } from '../starttls/upgrade.ts';
import type { Plan } from './options.ts';
import type { Verification } from './verification.ts';

export interface Link {
  readonly info: ConnectionInfo | undefined;
  /** OpenSSL's name of the suite. */
  readonly cipher: string;
  /** Of the handshake. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  send(data: Uint8Array): void;
  /** What the server says; ends with it, throws when it breaks off. */
  received(): AsyncIterable<Uint8Array>;
  updateKeys(requestPeer: boolean): void;
  renegotiate(): Promise<void>;
  exportKeyingMaterial(length: number, label: string): Uint8Array;
  /** For `-sess_in`. Undefined until there is one. */
  session(): Uint8Array | undefined;
  /** Says farewell. Resolves when all is over. */
  close(): Promise<void>;
  /** Whether the server ended without saying so. */
  readonly truncated: boolean;
}

export interface LinkOptions {
  readonly plan: Plan;
  readonly verification: Verification;
  readonly session: Uint8Array | undefined;
  readonly asksForStatus: boolean;
  readonly signal: AbortSignal;
  /** When the transport is there, before the handshake. */
  readonly onConnected: () => void;
  readonly onMessage: (message: TracedMessage) => void;
  readonly onStatus: (response: Uint8Array | null) => void;
  readonly onSession: () => void;
}

/** The handshake failed: how many bytes went to and fro. */
export class HandshakeFailure extends CommandFailure {
  readonly bytesRead: number;
  readonly bytesWritten: number;

  constructor(message: string, bytesRead: number, bytesWritten: number) {
    super(message);
    this.bytesRead = bytesRead;
    this.bytesWritten = bytesWritten;
  }
}

export async function openLink(options: LinkOptions): Promise<Link> {
  const { endPoint, family } = options.plan;
  const target: Target = { name: endPoint.host, port: endPoint.port, ...(await resolveHost(endPoint.host, family === 6)) };
  if (family !== undefined && target.family !== family) throw new CommandFailure(`${target.name} has no address of IPv${family}`);
  return options.plan.isDatagram ? openDatagrams(target, options) : openStream(target, options);
}

async function openStream(target: Target, options: LinkOptions): Promise<Link> {
  const { plan, verification, session, signal, onMessage } = options;
  const { seconds, starttls, serverName, groups, sigalgs, alpn } = plan;
  const { transport, secured: keep } = await connectStoppable(target, seconds, signal);
  options.onConnected();
  if (starttls !== undefined)
    await upgrade(transport, starttls.protocol, { serverName: starttls.name, timeout: seconds * 1000 }).catch(
      failWith(() => transport.destroy()),
    );
  const [readBefore, writtenBefore] = [transport.bytesRead, transport.bytesWritten];
  const { ca: _, ...tls } = clientOptions(plan.tls);
  const socket = connect({
    ...tls,
    socket: transport,
    host: plan.endPoint.host,
    ...(serverName !== undefined && { servername: serverName }),
    verifier: verification.verifier,
    enableTrace: true,
    requestOCSP: options.asksForStatus,
    ...(groups !== undefined && { ecdhCurve: groups }),
    ...(sigalgs !== undefined && { sigalgs }),
    ...(alpn !== undefined && { ALPNProtocols: [...alpn] }),
    ...(session !== undefined && { session }),
  });
  socket.on('trace', onMessage);
  socket.on('OCSPResponse', options.onStatus);
  socket.on('session', options.onSession);
  const { keylog } = plan.tls;
  if (keylog !== undefined) socket.on('keylog', (line: Buffer) => appendKeyLog(keylog, line));
  const count = () => [transport.bytesRead - readBefore, transport.bytesWritten - writtenBefore] as const;
  await secured(socket, seconds, count);
  keep();
  const [bytesRead, bytesWritten] = count();
  return streamLink(socket, { bytesRead, bytesWritten });
}

function secured(socket: TLSSocket, seconds: number, count: () => readonly [number, number]): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => socket.destroy(new CommandFailure(`the handshake was not over in ${seconds} s`)),
      seconds * 1000,
    );
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(new HandshakeFailure(printable(describeFailure(error)), ...count()));
    };
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve();
    });
  });
}

function streamLink(socket: TLSSocket, counts: { readonly bytesRead: number; readonly bytesWritten: number }): Link {
  return {
    ...counts,
    get info() {
      return socket.connectionInfo;
    },
    cipher: socket.getCipher().name,
    send: (data) => void socket.write(data),
    received: () => socket as AsyncIterable<Uint8Array>,
    updateKeys: (requestPeer) => socket.updateKeys({ requestPeer }),
    renegotiate: () =>
      new Promise((resolve, reject) => {
        socket.renegotiate({}, (error) => (error === null ? resolve() : reject(error)));
      }),
    exportKeyingMaterial: (length, label) => socket.exportKeyingMaterial(length, label),
    session: () => socket.getSession(),
    close: () => farewell(socket),
    get truncated() {
      return socket.truncated;
    },
  };
}

/** Milliseconds that the server has to answer our close_notify. */
const FAREWELL = 500;

function farewell(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed || socket.destroyed) return resolve();
    const timer = setTimeout(() => socket.destroy(), FAREWELL);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    socket.on('error', () => {});
    socket.resume();
    socket.end();
  });
}

async function openDatagrams(target: Target, options: LinkOptions): Promise<Link> {
  const { plan, verification, session } = options;
  const { serverName, groups, sigalgs, alpn, mtu, seconds } = plan;
  const { ca: _, pskCallback: __, minVersion, maxVersion, ...tls } = clientOptions(plan.tls);
  const { psk } = plan.tls;
  const host = isIP(plan.endPoint.host) === 0 ? target.address : plan.endPoint.host;
  const made = connectDatagrams(host, target.port, {
    ...(tls as object),
    minVersion: asDtls(minVersion as string),
    maxVersion: asDtls(maxVersion as string),
    servername: serverName ?? '',
    verifier: verification.verifier,
    handshakeTimeout: seconds * 1000,
    ...(psk !== undefined && { psk: { identity: psk.identity, key: psk.key, insecureShortKey: psk.insecureShortKey } }),
    ...(groups !== undefined && { ecdhCurve: groups }),
    ...(sigalgs !== undefined && { sigalgs }),
    ...(alpn !== undefined && { alpn: [...alpn] }),
    ...(mtu !== undefined && { mtu }),
    ...(session !== undefined && { session }),
  });
  const { keylog } = plan.tls;
  if (keylog !== undefined) made.on('keylog', (line) => appendKeyLog(keylog, line));
  made.on('session', options.onSession);
  // The errors of the session are those of `opened` and `closed`.
  made.onerror = () => {};
  made.closed.catch(() => {});
  options.onConnected();
  const count = () => {
    const { bytesReceived = 0, bytesSent = 0 } = made.stats.transport ?? {};
    return [bytesReceived, bytesSent] as const;
  };
  await made.opened.catch((error: Error) => {
    throw new HandshakeFailure(printable(describeFailure(error)), ...count());
  });
  const [bytesRead, bytesWritten] = count();
  return datagramLink(made, { bytesRead, bytesWritten });
}

function datagramLink(session: DTLSSession, counts: { readonly bytesRead: number; readonly bytesWritten: number }): Link {
  return {
    ...counts,
    get info() {
      return session.connectionInfo;
    },
    cipher: session.cipher?.name ?? '',
    send: (data) => void session.send(data),
    received: () => session,
    updateKeys: (requestPeer) => session.updateKeys({ requestPeer }),
    renegotiate: () => Promise.reject(new CommandFailure('there is no renegotiation over datagrams')),
    exportKeyingMaterial: (length, label) => session.exportKeyingMaterial(length, label),
    session: () => session.session,
    close: () => session.close(),
    truncated: false,
  };
}

function asDtls(version: string): DtlsVersion {
  return version === 'TLSv1.3' ? 'DTLSv1.3' : 'DTLSv1.2';
}

function failWith(undo: () => void): (error: Error) => never {
  return (error) => {
    undo();
    throw new CommandFailure(printable(describeFailure(error)));
  };
}
