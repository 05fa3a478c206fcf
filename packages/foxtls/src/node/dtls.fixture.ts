/** Servers and clients of foxtls/dtls on the loopback, which the end of a test ends. */

import { createSocket, type Socket } from 'node:dgram';
import { afterEach } from 'vitest';
import {
  connect,
  type DatagramSocket,
  type DTLSEndpoint,
  type DTLSSession,
  type DtlsConnectOptions,
  type DtlsListenOptions,
  listen,
} from './dtls.ts';
import { ca, server } from './endpoints.fixture.ts';

export const BOTH = ['DTLSv1.3', 'DTLSv1.2'] as const;

/** What is open, closed after each test. */
export function createLoopback() {
  const open = new Set<DTLSEndpoint>();
  afterEach(() => {
    for (const endpoint of open) endpoint.destroy();
    open.clear();
  });
  return {
    keep: (endpoint: DTLSEndpoint) => open.add(endpoint),
    serve(onsession: (session: DTLSSession) => void, options: Partial<DtlsListenOptions> = {}) {
      const endpoint = listen(onsession, { ...server, host: '127.0.0.1', port: 0, ...options });
      open.add(endpoint);
      return { endpoint, port: endpoint.address?.port ?? 0 };
    },
    /** A server that sends back what it gets, and the sessions that came. */
    echo(options: Partial<DtlsListenOptions> = {}) {
      const sessions: DTLSSession[] = [];
      const { endpoint, port } = this.serve((session) => {
        sessions.push(session);
        session.onmessage = (data) => session.send(data);
      }, options);
      return { endpoint, port, sessions };
    },
    client(port: number, options: DtlsConnectOptions = {}, host = '127.0.0.1'): DTLSSession {
      const session = connect(host, port, { ca, servername: 'localhost', ...options });
      open.add(session.endpoint);
      return session;
    },
  };
}

export function nextMessage(session: DTLSSession): Promise<string> {
  return new Promise((resolve) => {
    session.onmessage = (data) => resolve(data.toString());
  });
}

/** What comes back of a text. */
export async function askEcho(session: DTLSSession, text: string): Promise<string> {
  await session.opened;
  const answer = nextMessage(session);
  session.send(text);
  return answer;
}

/** The code of what a promise is rejected with. */
export async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

/** A socket whose address changes, as behind a NAT. */
export class Wanderer implements DatagramSocket {
  #socket: Socket | undefined;
  #listeners: ((message: Uint8Array, from: { address: string; port: number }) => void)[] = [];

  async move(): Promise<void> {
    const next = createSocket('udp4');
    await new Promise<void>((resolve) => next.bind(0, '127.0.0.1', resolve));
    for (const listener of this.#listeners) next.on('message', listener);
    this.#socket?.close();
    this.#socket = next;
  }

  on(event: string, listener: (...args: never[]) => void): this {
    if (event !== 'message') return this;
    this.#listeners.push(listener as never);
    this.#socket?.on('message', listener as never);
    return this;
  }

  address() {
    return (this.#socket as Socket).address();
  }

  send(datagram: Uint8Array, port: number, address: string, callback: (error: Error | null) => void): void {
    this.#socket?.send(datagram, port, address, callback);
  }

  close(callback: () => void): void {
    this.#socket?.close(callback);
  }

  ref(): void {}
  unref(): void {}
}
