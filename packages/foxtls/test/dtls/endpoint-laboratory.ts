/**
 * Endpoints on a network in virtual time: what each sends arrives at the address it was sent to, unless the test says otherwise.
 */

import {
  type ClientConfig,
  type ClientOptions,
  defineClientConfig,
  defineServerConfig,
  type ServerConfig,
  type ServerOptions,
} from '../../src/connection/config.ts';
import type {
  DtlsEndpoint,
  DtlsEndpointOptions,
  DtlsSession,
  DtlsSessionEvent,
  EndpointConnectOptions,
} from '../../src/connection/datagram-endpoint.ts';
import { createDtlsEndpoint } from '../../src/connection/dtls-endpoint.ts';
import { createTestPki } from '../../src/connection/pair.fixture.ts';
import { concat } from '../../src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';

export const VERSIONS = ['TLSv1.3', 'TLSv1.2'] as const;
export type Version = (typeof VERSIONS)[number];

/** The address that clients connect to. */
export const SERVER = 'server:5684';

/** Configs of both ends, with what has to be there. */
export interface Configs {
  client(options?: Partial<ClientOptions>): ClientConfig;
  server(options?: Partial<ServerOptions>): ServerConfig;
}

export async function createConfigs(): Promise<Configs> {
  const pki = await createTestPki(provider);
  const verifier = createX509Verifier({ provider, trustAnchors: pki.anchors });
  return {
    client: (options) => defineClientConfig({ provider, verifier, ...options }),
    server: (options) => defineServerConfig({ provider, credentials: [pki.server], ...options }),
  };
}

/** What happened to one session. */
export class SessionRecord {
  session!: DtlsSession;
  readonly events: DtlsSessionEvent[] = [];
  readonly onEvent = (event: DtlsSessionEvent): void => {
    this.events.push(event);
  };

  get types(): string[] {
    return this.events.map(({ type }) => type).filter((type) => type !== 'session');
  }

  get data(): Uint8Array {
    return concat(...this.events.flatMap((event) => (event.type === 'data' ? [event.data] : [])));
  }

  get error(): Error | undefined {
    return this.events.find((event) => event.type === 'error')?.error;
  }

  get isConnected(): boolean {
    return this.session.connection.state === 'connected';
  }
}

/** An endpoint that has an address, or another one later. */
export class Host {
  readonly endpoint: DtlsEndpoint;
  /** Those that came. */
  readonly accepted: SessionRecord[] = [];
  address: string;
  /** Others at which it is still reached. */
  readonly formerAddresses = new Set<string>();

  constructor(address: string, options: Omit<DtlsEndpointOptions, 'onSession'>) {
    this.address = address;
    this.endpoint = createDtlsEndpoint({
      ...options,
      onSession: (session) => {
        const record = new SessionRecord();
        record.session = session;
        this.accepted.push(record);
        return record.onEvent;
      },
    });
  }

  isAt(address: string): boolean {
    return address === this.address || this.formerAddresses.has(address);
  }

  connect(config: ClientConfig, to: string, options: Omit<EndpointConnectOptions, 'onEvent'> = {}): SessionRecord {
    const record = new SessionRecord();
    record.session = this.endpoint.connect(config, to, { serverName: 'localhost', ...options, onEvent: record.onEvent });
    return record;
  }
}

export interface Carried {
  readonly from: string;
  readonly to: string;
  readonly datagram: Uint8Array;
}

interface Flying extends Carried {
  readonly at: number;
}

/** Milliseconds one way, where nothing else is said. */
export const DELAY = 20;

export class Network {
  /** Milliseconds. */
  now = 0;
  readonly hosts: Host[] = [];
  /** All that was sent. */
  readonly sent: Carried[] = [];
  /** False: it is lost. */
  passes: (carried: Carried) => boolean = () => true;
  /** Milliseconds one way, for each time that it arrives. */
  delays: (carried: Carried) => readonly number[] = () => [DELAY];
  #flying: Flying[] = [];

  readonly clock = (): number => this.now;

  host(address: string, options: Omit<DtlsEndpointOptions, 'onSession' | 'clock'> = {}): Host {
    const host = new Host(address, { ...options, clock: this.clock });
    this.hosts.push(host);
    return host;
  }

  /** A host is gone without a word. */
  remove(host: Host): void {
    this.hosts.splice(this.hosts.indexOf(host), 1);
  }

  collect(): void {
    for (const { endpoint, address } of this.hosts) {
      for (const { to, datagram } of endpoint.takeOutput()) {
        const carried = { from: address, to, datagram };
        this.sent.push(carried);
        if (!this.passes(carried)) continue;
        for (const delay of this.delays(carried)) this.#flying.push({ ...carried, at: this.now + delay });
      }
    }
  }

  /** Lets time pass until nothing is under way and nobody waits, or `until` says so, or so many milliseconds are over. */
  run(until: () => boolean = () => false, milliseconds = 600_000): void {
    const latest = this.now + milliseconds;
    this.collect();
    while (!until()) {
      const next = this.#next();
      if (next === undefined || next > latest) {
        this.now = latest;
        return;
      }
      this.now = Math.max(this.now, next);
      const due = this.#flying.filter(({ at }) => at <= this.now);
      this.#flying = this.#flying.filter(({ at }) => at > this.now);
      for (const { from, to, datagram } of due) {
        this.hosts.find((host) => host.isAt(to))?.endpoint.receive(datagram.slice(), from);
      }
      for (const { endpoint } of this.hosts) if (endpoint.nextTimeout() === 0) endpoint.handleTimeout();
      this.collect();
    }
  }

  #next(): number | undefined {
    const times = this.#flying.map(({ at }) => at);
    for (const { endpoint } of this.hosts) {
      const wait = endpoint.nextTimeout();
      if (wait !== undefined) times.push(this.now + wait);
    }
    return times.length === 0 ? undefined : Math.min(...times);
  }
}
