/**
 * wolfSSL's example server and client over datagrams (`-u`): DTLS 1.2 of the library that Debian has, and DTLS 1.3 of one that was built
 * with it, elsewhere (`FOXTLS_WOLFSSL_DTLS13`).
 */

import { expect } from 'vitest';
import { fromHex, utf8 } from '../../packages/foxtls/src/core/bytes/bytes.ts';
import { clientConfig, serverConfig } from '../harness/configs.ts';
import { connectDatagrams, type DatagramEndpoint, findFreeUdpPort, listenDatagrams } from '../harness/datagram-endpoint.ts';
import { startPeer } from '../harness/peer-process.ts';
import type { InteropPki, KeyName } from '../harness/pki.ts';
import type { WolfSsl } from '../harness/wolfssl.ts';
import { connectedOver, type DtlsCase, hearEcho, type Link, say, sessionOf } from './case.ts';
import { demandCertificate, demandCookie, inBothRoles, type Programs, type Tried } from './tried.ts';

type Version = 'DTLSv1.3' | 'DTLSv1.2';

interface WolfSslTried extends Tried {
  /** Its server ends after the handshake. */
  readonly isSilent?: boolean;
  /** What we do once connected. */
  readonly afterwards?: (ours: DatagramEndpoint) => void;
}

/** That of its examples. */
const PSK = { identity: utf8('Client_identitySHA256'), key: fromHex('0123456789abcdef'.repeat(4)) };

/** `serverFaultyLack`: why its server cannot be tried over the faulty link. */
export function wolfSslCases(
  pki: InteropPki,
  wolfSsl: WolfSsl,
  version: Version,
  serverFaultyLack?: string,
): readonly DtlsCase[] {
  const versions = [OURS[version]];
  const all = [...both(pki), ...(version === 'DTLSv1.3' ? newest(pki) : older(pki))].map((one) => ({
    ...one,
    common: { versions, ...one.common },
  }));
  const cases = [...inBothRoles(pki, programs(pki, wolfSsl, version), all), ...resumptions(pki, wolfSsl, version)];
  if (serverFaultyLack === undefined) return cases;
  return cases.map((one) => (one.ourRole === 'client' ? { ...one, faultyLack: serverFaultyLack } : one));
}

function both(pki: InteropPki): readonly WolfSslTried[] {
  const identity = (key: KeyName) => ({ credentials: [pki.clients[key].credential] });
  const show = (key: KeyName) => ['-c', pki.clients[key].certPath, '-k', pki.clients[key].keyPath];
  const demand = demandCertificate(pki);
  return [
    { feature: 'the defaults of both' },
    { feature: 'cookie, asked for by us', server: demandCookie(), serverLack: 'it is the client that is asked' },
    {
      feature: 'cookie, asked for by us, without memory of the first ClientHello',
      server: demandCookie(),
      datagrams: { stateless: true },
      serverLack: 'it is the client that is asked',
    },
    { feature: 'RSA certificate', key: 'rsa' },
    { feature: 'P-384 certificate', key: 'p384' },
    { feature: 'messages in fragments: ours, in datagrams of 256 bytes', key: 'rsa', datagrams: { mtu: 256 } },
    {
      feature: 'application protocol',
      serverOptions: ['-L', 'C:coap'],
      clientOptions: ['-L', 'C:coap'],
      common: { alpnProtocols: ['coap'] },
      info: { alpnProtocol: 'coap' },
      isSilent: true,
    },
    ...(['p256', 'rsa'] as const).map((key) => ({
      feature: `client certificate (${key})`,
      // It asks for those of its own kind only.
      key,
      serverOptions: ['-A', pki.caPath],
      clientOptions: show(key),
      client: identity(key),
      server: demand,
    })),
  ];
}

function older(_pki: InteropPki): readonly WolfSslTried[] {
  const suites = [
    ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'p256'],
    ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305', 'rsa'],
    ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', 'ECDHE-ECDSA-AES128-CCM-8', 'p256'],
    ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 'ECDHE-RSA-AES128-SHA256', 'rsa'],
  ] as const;
  return suites.map(([suite, wolf, key]) => ({
    feature: suite,
    key,
    options: ['-l', wolf],
    common: { cipherSuites: [suite] },
    info: { suite: { name: suite } },
  }));
}

function newest(_pki: InteropPki): readonly WolfSslTried[] {
  const suites = [
    ['TLS_AES_128_GCM_SHA256', 'TLS13-AES128-GCM-SHA256'],
    ['TLS_AES_256_GCM_SHA384', 'TLS13-AES256-GCM-SHA384'],
    ['TLS_CHACHA20_POLY1305_SHA256', 'TLS13-CHACHA20-POLY1305-SHA256'],
    ['TLS_AES_128_CCM_SHA256', 'TLS13-AES128-CCM-SHA256'],
  ] as const;
  const cid = (theirs: string, ours: string) => ({
    options: ['--cid', theirs],
    datagrams: { connectionId: fromHex(ours) },
  });
  return [
    ...suites.map(([suite, wolf]) => ({
      feature: suite,
      options: ['-l', wolf],
      common: { cipherSuites: [suite] },
      info: { suite: { name: suite } },
    })),
    {
      feature: 'group x25519',
      clientOptions: ['-t'],
      serverOptions: ['-t'],
      common: { groups: ['x25519'] },
      info: { group: { name: 'x25519' } },
    },
    {
      feature: 'group secp256r1',
      clientOptions: ['-Y'],
      serverOptions: ['-Y'],
      common: { groups: ['secp256r1'] },
      info: { group: { name: 'secp256r1' } },
    },
    {
      feature: 'HelloRetryRequest for another group',
      clientOptions: ['-J'],
      serverOptions: ['--force-curve', 'SECP384R1'],
      common: { groups: ['x25519', 'secp384r1'] },
      server: { groups: ['secp384r1'] },
      info: { group: { name: 'secp384r1' } },
    },
    { feature: 'cookie', serverOptions: ['-J'] },
    { feature: 'connection IDs of both', ...cid('0a0b0c', '010203040506') },
    {
      feature: 'pre-shared key with (EC)DHE',
      options: ['-s'],
      common: { cipherSuites: ['TLS_AES_128_GCM_SHA256'] },
      client: { preSharedKeys: [PSK] },
      server: { credentials: [], lookUpPreSharedKey: () => PSK },
    },
    { feature: 'KeyUpdate of theirs', serverOptions: ['-U'], clientOptions: ['-I'] },
    { feature: 'KeyUpdate of ours', afterwards: (ours) => ours.updateKeys() },
    { feature: 'KeyUpdate of both', afterwards: (ours) => ours.updateKeys({ requestPeer: true }) },
    {
      feature: 'SRTP profile',
      options: ['--srtp', 'SRTP_AEAD_AES_128_GCM'],
      common: { srtpProfiles: ['SRTP_AEAD_AES_128_GCM'] },
      info: { srtpProfile: { name: 'SRTP_AEAD_AES_128_GCM' } },
    },
  ];
}

const OPTION = { 'DTLSv1.3': '4', 'DTLSv1.2': '3' } as const;
const OURS = { 'DTLSv1.3': 'TLSv1.3', 'DTLSv1.2': 'TLSv1.2' } as const;
const run = ({ home }: WolfSsl, program: string, parameters: readonly string[]) =>
  startPeer('stdbuf', ['-oL', program, ...parameters], { folder: home });

async function startServer(pki: InteropPki, wolfSsl: WolfSsl, version: Version, one: WolfSslTried) {
  const { key = 'p256', options = [], serverOptions = [] } = one;
  const { certPath, keyPath } = pki.servers[key];
  const port = await findFreeUdpPort();
  const trust = serverOptions.includes('-A') ? [] : ['-d'];
  const common = [
    '-u',
    '-v',
    OPTION[version],
    '-p',
    String(port),
    '-e',
    '-x',
    ...wolfSsl.withoutCrl,
    '-c',
    certPath,
    '-k',
    keyPath,
  ];
  const process = run(wolfSsl, wolfSsl.server, [...common, ...trust, ...options, ...serverOptions]);
  // It says nothing when it listens.
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { port, process };
}

function startClient(pki: InteropPki, wolfSsl: WolfSsl, version: Version, port: number, one: WolfSslTried) {
  const { options = [], clientOptions = [] } = one;
  const identity = clientOptions.includes('-c') || options.includes('-s') ? [] : ['-x'];
  const target = ['-u', '-v', OPTION[version], '-h', '127.0.0.1', '-p', String(port), '-S', 'localhost', '-C', '-A', pki.caPath];
  return run(wolfSsl, wolfSsl.client, [...target, ...identity, ...options, ...clientOptions]);
}

function programs(pki: InteropPki, wolfSsl: WolfSsl, version: Version): Programs<WolfSslTried> {
  return {
    version,
    startServer: (one) => startServer(pki, wolfSsl, version, one),
    startClient: (port, one) => startClient(pki, wolfSsl, version, port, one),
    async talkToServer(ours, _server, link, { isSilent, afterwards }) {
      if (isSilent === true) return;
      await hearEcho(ours, link);
      afterwards?.(ours);
      await hearEcho(ours, link, 'another echo');
    },
    async talkToClient(ours, client, link, { afterwards }) {
      afterwards?.(ours);
      await answer(ours, client, link);
    },
  };
}

/**
 * Its client says one thing, which may be lost, waits for one answer, and ends. It takes data that comes while it waits for the ACK of its
 * Finished for an error.
 */
async function answer(ours: DatagramEndpoint, client: ReturnType<typeof startClient>, link: Link): Promise<void> {
  const heard = ours.until('its words', () => Buffer.from(ours.data).includes('wolfssl!'), link.isFaulty ? 6000 : link.patience);
  await (link.isFaulty ? heard.catch(() => undefined) : heard);
  const stop = say(ours, 'I hear you', link);
  try {
    await client.prints(/I hear you/, link.patience);
  } finally {
    stop();
  }
}

function resumptions(pki: InteropPki, wolfSsl: WolfSsl, version: Version): readonly DtlsCase[] {
  const one = { feature: 'resumption by ticket' };
  const versions = [OURS[version]];
  // Of DTLS 1.2, a ticket is part of the handshake.
  const lost = (reason: string) => (version === 'DTLSv1.3' ? { faultyLack: reason } : {});
  return [
    {
      version,
      ourRole: 'client',
      feature: one.feature,
      ...lost('when its ticket is lost, the server does not send it again'),
      async run(link) {
        const server = await startServer(pki, wolfSsl, version, { ...one, serverOptions: ['-i'] });
        const port = await link.to(server.port);
        const first = await connectDatagrams(port, clientConfig(pki, { versions }));
        await connectedOver(link, first);
        await hearEcho(first, link);
        const session = await sessionOf(link, first);
        first.close();
        await new Promise((resolve) => setTimeout(resolve, 500));
        const second = await connectDatagrams(port, clientConfig(pki, { versions }), { session });
        expect(await connectedOver(link, second)).toMatchObject({ version, resumed: true });
        await hearEcho(second, link);
      },
    },
    {
      version,
      ourRole: 'server',
      feature: one.feature,
      ...lost('when our ticket is late, the client has gone'),
      async run(link) {
        const server = await listenDatagrams(serverConfig(pki, { versions }));
        const client = startClient(pki, wolfSsl, version, await link.to(server.port), { ...one, clientOptions: ['-r'] });
        const endpoint = await server.accepted();
        await connectedOver(link, endpoint);
        await answer(endpoint, client, link);
        const again = await server.accepted(1);
        expect(await connectedOver(link, again)).toMatchObject({ version, resumed: true });
        await answer(again, client, link);
      },
    },
  ];
}
