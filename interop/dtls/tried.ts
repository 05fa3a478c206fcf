/**
 * What is tried with the programs of a peer, in both roles: what they are told, what we are told, and what has to come of it. How they are started,
 * and what can be said with them, the peer's own file knows.
 */

import { expect } from 'vitest';
import type { ClientOptions, ServerOptions } from '../../packages/foxtls/src/connection/config.ts';
import type { DatagramOptions } from '../../packages/foxtls/src/connection/create-dtls.ts';
import { nodeProvider as provider } from '../../packages/foxtls/src/crypto/node/provider.ts';
import { createSealer, SEALER_KEY_SIZE } from '../../packages/foxtls/src/protocol/session/sealer.ts';
import { clientConfig, serverConfig, trusting } from '../harness/configs.ts';
import {
  connectDatagrams,
  type DatagramEndpoint,
  type DatagramListenerOptions,
  listenDatagrams,
} from '../harness/datagram-endpoint.ts';
import type { PeerProcess } from '../harness/peer-process.ts';
import type { InteropPki, KeyName } from '../harness/pki.ts';
import { connectedOver, type DtlsCase, type Link, sessionOf } from './case.ts';

export interface Tried {
  /** That of the programs, unless set. */
  readonly version?: DtlsCase['version'];
  readonly feature: string;
  /** The server's: P-256 unless set. */
  readonly key?: KeyName;
  /** Of the programs, of both, and of one. */
  readonly options?: readonly string[];
  readonly serverOptions?: readonly string[];
  readonly clientOptions?: readonly string[];
  /** Of ours, in both roles, and in one. */
  readonly common?: Partial<ClientOptions & ServerOptions>;
  readonly client?: Partial<ClientOptions>;
  readonly server?: Partial<ServerOptions>;
  readonly datagrams?: DatagramListenerOptions & DatagramOptions;
  /** What we have to know once connected, beside the version. */
  readonly info?: object;
  /** Why it can't be tried: with their client, with their server, or over a faulty link. */
  readonly clientLack?: string;
  readonly serverLack?: string;
  readonly faultyLack?: string;
}

/** The server and the client of one make. */
export interface Programs<T extends Tried> {
  readonly version: DtlsCase['version'];
  startServer(one: T): Promise<{ readonly port: number; readonly process: PeerProcess }>;
  startClient(port: number, one: T): PeerProcess | Promise<PeerProcess>;
  /** What both say when they are connected. */
  talkToServer(ours: DatagramEndpoint, server: PeerProcess, link: Link, one: T): Promise<void>;
  talkToClient(ours: DatagramEndpoint, client: PeerProcess, link: Link, one: T): Promise<void>;
  /** Ours as a server: that of the PKI, unless there is more to it. */
  credentialOf?(key: KeyName): Promise<InteropPki['servers'][KeyName]['credential']>;
}

export function inBothRoles<T extends Tried>(pki: InteropPki, programs: Programs<T>, tried: readonly T[]): readonly DtlsCase[] {
  return tried.flatMap((one) => [ourClient(pki, programs, one), ourServer(pki, programs, one)]);
}

export function ourClient<T extends Tried>(pki: InteropPki, programs: Programs<T>, one: T): DtlsCase {
  const { version = programs.version, feature, common, client: options, datagrams, info, serverLack, faultyLack } = one;
  const row = { version, ourRole: 'client', feature } as const;
  if (serverLack !== undefined) return { ...row, lack: serverLack };
  return {
    ...row,
    ...(faultyLack === undefined ? {} : { faultyLack }),
    async run(link) {
      const { port, process } = await programs.startServer(one);
      const config = clientConfig(pki, { ...common, ...options });
      const { mtu, connectionId } = datagrams ?? {};
      const client = await connectDatagrams(await link.to(port), config, { mtu, connectionId });
      expect(await connectedOver(link, client)).toMatchObject({ version, resumed: false, ...info });
      await programs.talkToServer(client, process, link, one);
    },
  };
}

export function ourServer<T extends Tried>(pki: InteropPki, programs: Programs<T>, one: T): DtlsCase {
  const { version = programs.version, feature, key = 'p256', common, server: options, datagrams, info } = one;
  const { clientLack, faultyLack } = one;
  const row = { version, ourRole: 'server', feature } as const;
  if (clientLack !== undefined) return { ...row, lack: clientLack };
  return {
    ...row,
    ...(faultyLack === undefined ? {} : { faultyLack }),
    async run(link) {
      const credential = (await programs.credentialOf?.(key)) ?? pki.servers[key].credential;
      const config = serverConfig(pki, { credentials: [credential], ...common, ...options });
      const server = await listenDatagrams(config, datagrams);
      const process = await programs.startClient(await link.to(server.port), one);
      const endpoint = await server.accepted();
      expect(await connectedOver(link, endpoint)).toMatchObject({ version, resumed: false, ...info });
      await programs.talkToClient(endpoint, process, link, one);
    },
  };
}

/** Of servers that serve one client after the other, and go on with the next when told by close_notify. */
export const SERVES_ONE = 'without the close_notify that may be lost, the server stays with its first client';

/** Two connections to one server, the second with the session of the first. */
export function ourResumption<T extends Tried>(pki: InteropPki, programs: Programs<T>, one: T): DtlsCase {
  const { version = programs.version, feature } = one;
  return {
    version,
    ourRole: 'client',
    feature,
    faultyLack: SERVES_ONE,
    async run(link) {
      const server = await programs.startServer(one);
      const port = await link.to(server.port);
      const first = await connectDatagrams(port, clientConfig(pki));
      const session = await sessionOf(link, first);
      await programs.talkToServer(first, server.process, link, one);
      first.close();
      const second = await connectDatagrams(port, clientConfig(pki), { session });
      expect(await connectedOver(link, second)).toMatchObject({ version, resumed: true });
      await programs.talkToServer(second, server.process, link, one);
    },
  };
}

/** Our server asks for certificates. */
export const demandCertificate = (pki: InteropPki) =>
  ({ verifier: trusting(pki.anchors), clientCertificates: 'require' }) as const;

/** Our server asks for cookies. */
export const demandCookie = () => ({
  requireCookie: true,
  cookieSealer: createSealer(provider, provider.random(SEALER_KEY_SIZE), 'cookie'),
});

/** Both ways in which our server asks; what theirs does when it asks is the same for our client each time. */
export function cookiesOfOurs(): readonly Tried[] {
  const server = demandCookie();
  return [
    { feature: 'cookie', server },
    {
      feature: 'cookie, without memory of the first ClientHello',
      server,
      datagrams: { stateless: true },
      serverLack: 'the same for our client as a cookie',
    },
  ];
}

/** Both ends know the key, and the server has nothing else. */
export const sharing = (psk: { readonly identity: Uint8Array; readonly key: Uint8Array }) => ({
  client: { preSharedKeys: [psk] },
  server: { credentials: [], lookUpPreSharedKey: () => ({ key: psk.key }) },
});
