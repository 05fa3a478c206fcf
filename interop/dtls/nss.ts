/**
 * NSS's tstclnt over datagrams, as a client and as a server (`-P`): a library with DTLS 1.3 as its RFC has it, 3.110 or later.
 */

import { expect } from 'vitest';
import { toHex, utf8 } from '../../packages/foxtls/src/core/bytes/bytes.ts';
import { clientConfig, serverConfig } from '../harness/configs.ts';
import { connectDatagrams, type DatagramEndpoint, findFreeUdpPort, listenDatagrams } from '../harness/datagram-endpoint.ts';
import { createNssDatabase, NSS_KEYS, NSS_LEAF } from '../harness/nss-database.ts';
import { type PeerProcess, startPeer } from '../harness/peer-process.ts';
import type { InteropPki } from '../harness/pki.ts';
import { pause } from '../harness/wait.ts';
import { connectedOver, type DtlsCase, type Link, talk } from './case.ts';
import { demandCertificate, demandCookie, inBothRoles, type Programs, sharing, type Tried } from './tried.ts';

type Version = 'DTLSv1.3' | 'DTLSv1.2';

interface NssTried extends Tried {
  readonly version?: Version;
  readonly afterwards?: (ours: DatagramEndpoint, link: Link) => void | Promise<void>;
  /** What both speak, where it is more than `version`. */
  readonly versions?: string;
}

/** NSS's name of a suite for `-c`, and the key that it takes. */
const SUITES = [
  ['DTLSv1.3', 'TLS_AES_128_GCM_SHA256', ':1301', 'p256'],
  ['DTLSv1.3', 'TLS_AES_256_GCM_SHA384', ':1302', 'p256'],
  ['DTLSv1.3', 'TLS_CHACHA20_POLY1305_SHA256', ':1303', 'p256'],
  ['DTLSv1.2', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', ':C02B', 'p256'],
  ['DTLSv1.2', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', ':C030', 'rsa'],
  ['DTLSv1.2', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', ':CCA9', 'p256'],
] as const;
const GROUPS = [
  { name: 'x25519', nss: 'x25519', other: { name: 'secp256r1', nss: 'P256' } },
  { name: 'secp256r1', nss: 'P256', other: { name: 'x25519', nss: 'x25519' } },
  { name: 'secp384r1', nss: 'P384', other: { name: 'x25519', nss: 'x25519' } },
  { name: 'secp521r1', nss: 'P521', other: { name: 'x25519', nss: 'x25519' } },
] as const;
const PSK = { identity: utf8('sensor-17'), key: new Uint8Array(32).fill(0x5a) };

export function nssCases(pki: InteropPki, tstclnt: string): readonly DtlsCase[] {
  const databases = new Map<string, string>();
  for (const key of NSS_KEYS) {
    databases.set(`server-${key}`, createNssDatabase(pki, `dtls-server-${key}`, pki.servers[key]));
    databases.set(`client-${key}`, createNssDatabase(pki, `dtls-client-${key}`, pki.clients[key]));
  }
  const nss: Nss = { tstclnt, databases };
  const cases = tried(pki).map((one) => ({ ...one, common: { versions: [OURS[one.version ?? 'DTLSv1.3']], ...one.common } }));
  return [...inBothRoles(pki, programs(nss), cases), ...exporters(pki, nss)];
}

interface Nss {
  readonly tstclnt: string;
  readonly databases: ReadonlyMap<string, string>;
}

function tried(pki: InteropPki): readonly NssTried[] {
  const demand = demandCertificate(pki);
  const versions = ['DTLSv1.3', 'DTLSv1.2'] as const;
  return [
    ...SUITES.map(([version, suite, option, key]) => ({
      version,
      feature: suite,
      key,
      clientOptions: ['-c', option],
      common: { cipherSuites: [suite] },
      info: { suite: { name: suite } },
    })),
    ...GROUPS.map(({ name, nss }) => ({
      feature: `group ${name}`,
      options: ['-I', nss],
      common: { groups: [name] },
      info: { group: { name } },
    })),
    ...GROUPS.map(({ name, nss, other }) => ({
      feature: `HelloRetryRequest for ${name}`,
      clientOptions: ['-I', `${other.nss},${nss}`],
      serverOptions: ['-I', nss],
      client: { groups: [other.name, name], keyShareGroups: [other.name] },
      server: { groups: [name] },
      info: { group: { name } },
    })),
    ...versions.flatMap((version) =>
      NSS_KEYS.map((key) => ({
        version,
        feature: `server certificate (${key})`,
        key,
      })),
    ),
    ...versions.flatMap((version) =>
      (['p256', 'rsa'] as const).map((key) => ({
        version,
        feature: `client certificate (${key})`,
        key,
        clientOptions: ['-n', NSS_LEAF],
        server: demand,
        serverLack: 'tstclnt asks for none as a server',
      })),
    ),
    ...versions.map((version) => ({
      version,
      feature: 'messages in fragments: ours, in datagrams of 256 bytes',
      key: 'rsa' as const,
      datagrams: { mtu: 256 },
    })),
    ...versions.map((version) => ({
      version,
      feature: 'cookie',
      server: demandCookie(),
      serverLack: 'tstclnt asks for none as a server',
    })),
    ...versions.map((version) => ({
      version,
      feature: 'cookie, without memory of the first ClientHello',
      server: demandCookie(),
      datagrams: { stateless: true },
      serverLack: 'the same for our client as a cookie',
    })),
    {
      feature: 'pre-shared key with (EC)DHE',
      options: ['-z', `0x${toHex(PSK.key)}:sensor-17`],
      client: sharing(PSK).client,
      server: { ...sharing(PSK).server, tickets: 1 },
    },
    { feature: 'the newest of two versions', versions: 'tls1.2:tls1.3', common: { versions: ['TLSv1.3', 'TLSv1.2'] } },
    {
      version: 'DTLSv1.2',
      feature: 'the only version in common',
      versions: 'tls1.2:tls1.2',
      common: { versions: ['TLSv1.3', 'TLSv1.2'] },
    },
    {
      feature: 'a ClientHello in several datagrams, for its hybrid key share',
      clientOptions: ['-I', 'x25519mlkem768,x25519'],
      serverLack: 'foxtls has no hybrid groups yet',
    },
    { feature: 'KeyUpdate of ours', afterwards: (ours) => ours.updateKeys() },
    {
      feature: 'ten KeyUpdates of ours, one after the other',
      afterwards: async (ours, link) => {
        for (let update = 0; update < 10; update++) {
          ours.updateKeys();
          await pause(link.isFaulty ? 600 : 40);
        }
      },
    },
    { feature: 'KeyUpdate of both', afterwards: (ours) => ours.updateKeys({ requestPeer: true }) },
  ];
}

const OURS = { 'DTLSv1.3': 'TLSv1.3', 'DTLSv1.2': 'TLSv1.2' } as const;
const THEIRS = { 'DTLSv1.3': 'tls1.3:tls1.3', 'DTLSv1.2': 'tls1.2:tls1.2' } as const;

function start({ tstclnt, databases }: Nss, role: 'client' | 'server', port: number, one: NssTried) {
  const { version = 'DTLSv1.3', key = 'p256', options = [], clientOptions = [], serverOptions = [] } = one;
  const all = [...options, ...(role === 'client' ? clientOptions : ['-n', NSS_LEAF, ...serverOptions])];
  const target = ['-4', '-h', '127.0.0.1', '-a', 'localhost', '-p', String(port), '-P', role];
  const groups = all.includes('-I') ? [] : ['-I', 'x25519,P256,P384'];
  const parameters = [...target, '-d', databases.get(`${role}-${key}`) ?? '', '-V', THEIRS[version], '-v', ...groups, ...all];
  return startPeer(tstclnt, parameters);
}

async function startServer(nss: Nss, one: NssTried) {
  const port = await findFreeUdpPort();
  const process = start(nss, 'server', port, one);
  await pause(300);
  return { port, process };
}

function programs(nss: Nss): Programs<NssTried> {
  const talkAfterwards: Programs<NssTried>['talkToServer'] = async (ours, peer, link, { afterwards }) => {
    await afterwards?.(ours, link);
    await talk(ours, peer, link);
  };
  return {
    version: 'DTLSv1.3',
    startServer: (one) => startServer(nss, one),
    startClient: (port, one) => start(nss, 'client', port, one),
    talkToServer: talkAfterwards,
    talkToClient: talkAfterwards,
  };
}

function exporters(pki: InteropPki, nss: Nss): readonly DtlsCase[] {
  const feature = 'exported keying material';
  const label = 'EXPERIMENTAL foxtls';
  // It prints them only when it ends with the handshake.
  const exporting = ['-Q', '-x', `${label}:24`];
  const faultyLack = 'tstclnt has gone when its last flight is lost';
  const expectSame = async (ours: DatagramEndpoint, peer: PeerProcess) => {
    const bytes = [...ours.connection.exportKeyingMaterial(24, label)].map((byte) => byte.toString(16).padStart(2, '0'));
    const [, printed = ''] = await peer.prints(/Keying Material:\n((?:\s+(?:[0-9a-f]{2}:?)+\n)+)/);
    expect(printed.match(/[0-9a-f]{2}/g)).toEqual(bytes);
  };
  return (['DTLSv1.3', 'DTLSv1.2'] as const).flatMap((version): DtlsCase[] => [
    {
      version,
      ourRole: 'client',
      feature,
      faultyLack,
      async run(link) {
        const { port, process: server } = await startServer(nss, { version, feature, options: exporting });
        const client = await connectDatagrams(await link.to(port), clientConfig(pki, { versions: [OURS[version]] }));
        await connectedOver(link, client);
        await expectSame(client, server);
      },
    },
    {
      version,
      ourRole: 'server',
      feature,
      faultyLack,
      async run(link) {
        const server = await listenDatagrams(serverConfig(pki, { versions: [OURS[version]] }));
        const client = start(nss, 'client', await link.to(server.port), { version, feature, options: exporting });
        const endpoint = await server.accepted();
        await connectedOver(link, endpoint);
        await expectSame(endpoint, client);
      },
    },
  ]);
}
