/**
 * mbedTLS's programs ssl_server2 and ssl_client2 over datagrams: DTLS 1.2 with connection IDs as RFC 9146 has them. Both speak HTTP: a request, an
 * answer.
 */

import { join } from 'node:path';
import { expect } from 'vitest';
import { fromHex, toHex, utf8 } from '../../packages/foxtls/src/core/bytes/bytes.ts';
import { createSessionCache } from '../../packages/foxtls/src/protocol/session/session-cache.ts';
import { serverConfig } from '../harness/configs.ts';
import { type DatagramEndpoint, findFreeUdpPort, listenDatagrams } from '../harness/datagram-endpoint.ts';
import { type PeerProcess, startPeer } from '../harness/peer-process.ts';
import type { InteropPki, KeyName } from '../harness/pki.ts';
import { waitUntil } from '../harness/wait.ts';
import { connectedOver, type DtlsCase, type Link, say } from './case.ts';
import { cookiesOfOurs, demandCertificate, inBothRoles, ourResumption, type Programs, sharing, type Tried } from './tried.ts';

interface MbedTlsTried extends Tried {
  /** What the peer prints. */
  readonly says?: RegExp;
}

/** IANA's name, mbedTLS's, the server's key. */
const SUITES: readonly (readonly [suite: string, mbed: string, key: KeyName])[] = [
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256', 'p256'],
  ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384', 'rsa'],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'TLS-ECDHE-ECDSA-WITH-CHACHA20-POLY1305-SHA256', 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM', 'TLS-ECDHE-ECDSA-WITH-AES-128-CCM', 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', 'TLS-ECDHE-ECDSA-WITH-AES-128-CCM-8', 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 'TLS-ECDHE-ECDSA-WITH-AES-128-CBC-SHA256', 'p256'],
];
const PSK_SUITES = [
  ['TLS_PSK_WITH_AES_128_CCM_8', 'TLS-PSK-WITH-AES-128-CCM-8'],
  ['TLS_PSK_WITH_AES_128_GCM_SHA256', 'TLS-PSK-WITH-AES-128-GCM-SHA256'],
  ['TLS_DHE_PSK_WITH_AES_128_CCM', 'TLS-DHE-PSK-WITH-AES-128-CCM'],
  ['TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256', 'TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256'],
] as const;
const PSK = { identity: utf8('sensor-17'), key: new Uint8Array(16).fill(0x5a) };

function tried(pki: InteropPki): readonly MbedTlsTried[] {
  const demand = demandCertificate(pki);
  const psk = (suite: string, mbed: string) => ({
    options: [`force_ciphersuite=${mbed}`, 'psk_identity=sensor-17', `psk=${toHex(PSK.key)}`],
    common: { cipherSuites: [suite] },
    ...sharing(PSK),
    info: { suite: { name: suite } },
  });
  const ids = (theirs: string, ours: string, suite?: string) => ({
    options: [
      'cid=1',
      ...(theirs === '' ? [] : [`cid_val=${theirs}`]),
      ...(suite === undefined ? [] : [`force_ciphersuite=${suite}`]),
    ],
    datagrams: { connectionId: fromHex(ours) },
    says: /Use of Connection ID has been negotiated/,
  });
  return [
    { feature: 'the defaults of both', info: { extendedMasterSecret: true } },
    ...SUITES.map(([suite, mbed, key]) => ({
      feature: suite,
      key,
      options: [`force_ciphersuite=${mbed}`],
      common: { cipherSuites: [suite] },
      info: { suite: { name: suite } },
    })),
    ...PSK_SUITES.map(([suite, mbed]) => ({ feature: suite, ...psk(suite, mbed) })),
    { feature: 'connection IDs of both', ...ids('0a0b0c', '010203040506') },
    { feature: 'connection ID of theirs', ...ids('0a0b0c', '') },
    { feature: 'connection ID of ours', ...ids('', '010203040506') },
    {
      feature: 'connection IDs of both, with AES-CCM and a pre-shared key',
      ...psk(...PSK_SUITES[0]),
      ...ids('0a0b0c', '010203040506'),
      options: [...psk(...PSK_SUITES[0]).options, 'cid=1', 'cid_val=0a0b0c'],
    },
    {
      feature: 'connection IDs of both, with AES-CBC and encrypt_then_mac',
      ...ids('0a0b0c', '010203040506', 'TLS-ECDHE-ECDSA-WITH-AES-128-CBC-SHA256'),
      common: { cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256'] },
    },
    {
      feature: 'MAC-then-encrypt where we allow it',
      options: ['force_ciphersuite=TLS-ECDHE-ECDSA-WITH-AES-128-CBC-SHA256', 'etm=0'],
      common: { cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256'], insecureMacThenEncrypt: true },
    },
    { feature: 'no extended_master_secret', options: ['extended_ms=0'], info: { extendedMasterSecret: false } },
    { feature: 'server without cookie', serverOptions: ['cookies=0'] },
    ...cookiesOfOurs(),
    { feature: 'messages in fragments: ours, in datagrams of 256 bytes', key: 'rsa', datagrams: { mtu: 256 } },
    { feature: 'messages in fragments: theirs, in datagrams of 508 bytes', key: 'rsa', options: ['mtu=508'] },
    { feature: 'records that are not packed', options: ['dgram_packing=0'] },
    {
      feature: 'application protocol',
      options: ['alpn=coap'],
      common: { alpnProtocols: ['coap'] },
      info: { alpnProtocol: 'coap' },
    },
    {
      feature: 'maximum fragment length',
      clientOptions: ['max_frag_len=1024'],
      client: { maxFragmentLength: 1024 },
      info: { maxFragmentLength: 1024 },
    },
    ...(['p256', 'rsa'] as const).map((key) => ({
      feature: `client certificate (${key})`,
      serverOptions: ['auth_mode=required', `ca_file=${pki.caPath}`],
      clientOptions: [`crt_file=${pki.clients[key].certPath}`, `key_file=${pki.clients[key].keyPath}`],
      client: { credentials: [pki.clients[key].credential] },
      server: demand,
    })),
  ];
}

/** `folder` holds both programs. */
export function mbedTlsCases(pki: InteropPki, folder: string): readonly DtlsCase[] {
  const cases = inBothRoles(pki, programs(pki, folder), tried(pki));
  const lack = 'as it comes, it is built without SRTP';
  const roles = ['client', 'server'] as const;
  const srtp = roles.map((ourRole): DtlsCase => ({ version: 'DTLSv1.2', ourRole, feature: 'SRTP profile', lack }));
  return [...cases, ...resumptions(pki, folder), ...srtp];
}

async function startServer(pki: InteropPki, folder: string, one: MbedTlsTried) {
  const { key = 'p256', options = [], serverOptions = [] } = one;
  const port = await findFreeUdpPort();
  const identity = [`crt_file=${pki.servers[key].certPath}`, `key_file=${pki.servers[key].keyPath}`];
  const asked = serverOptions.some((option) => option.startsWith('auth_mode')) ? [] : ['auth_mode=none'];
  const target = [
    '-oL',
    join(folder, 'ssl_server2'),
    'dtls=1',
    'server_addr=127.0.0.1',
    `server_port=${port}`,
    'hs_timeout=500-8000',
  ];
  const process = startPeer('stdbuf', [...target, ...identity, ...asked, ...options, ...serverOptions], { folder: pki.folder });
  await process.prints(/Waiting for a remote connection/);
  return { port, process };
}

function startClient(pki: InteropPki, folder: string, port: number, one: MbedTlsTried): PeerProcess {
  const { options = [], clientOptions = [] } = one;
  const target = [
    '-oL',
    join(folder, 'ssl_client2'),
    'dtls=1',
    'server_addr=127.0.0.1',
    `server_port=${port}`,
    'server_name=localhost',
  ];
  const trust = [`ca_file=${pki.caPath}`, 'auth_mode=required', 'hs_timeout=500-8000', 'read_timeout=1000', 'max_resend=20'];
  const identity = clientOptions.some((option) => option.startsWith('crt_file')) ? [] : ['crt_file=none', 'key_file=none'];
  return startPeer('stdbuf', [...target, ...trust, ...identity, ...options, ...clientOptions], { folder: pki.folder });
}

const ANSWER = 'HTTP/1.0 200 OK\r\n\r\nfoxtls has heard it\r\n';

/** Its server answers a request, once, and ends the connection: where the answer may be lost, that it read the request has to do. */
async function ask(ours: DatagramEndpoint, server: PeerProcess, link: Link): Promise<void> {
  const heard = server.bytes.length;
  const stop = say(ours, 'GET / HTTP/1.0\r\n\r', link);
  try {
    await waitUntil(
      () => server.output.slice(heard).includes('bytes read'),
      () => `a request at the server: ${ours.error ?? ''}`,
      link.patience,
    );
    if (!link.isFaulty) await ours.receivedText('HTTP/1.0 200 OK');
  } finally {
    stop();
  }
}

/** Its client sends a request, again and again, until there is an answer. */
async function answer(ours: DatagramEndpoint, client: PeerProcess, link: Link): Promise<void> {
  await ours.until('a request', () => Buffer.from(ours.data).includes('GET '), link.patience);
  const stop = say(ours, ANSWER, link);
  try {
    await client.prints(/foxtls has heard it/, link.patience);
  } finally {
    stop();
  }
}

function programs(pki: InteropPki, folder: string): Programs<MbedTlsTried> {
  return {
    version: 'DTLSv1.2',
    startServer: (one) => startServer(pki, folder, one),
    startClient: (port, one) => startClient(pki, folder, port, one),
    async talkToServer(ours, server, link, { says }) {
      await ask(ours, server, link);
      if (says !== undefined) await server.prints(says);
    },
    async talkToClient(ours, client, link, { says }) {
      await answer(ours, client, link);
      if (says !== undefined) await client.prints(says);
    },
  };
}

function resumptions(pki: InteropPki, folder: string): readonly DtlsCase[] {
  const ways = [
    ['ticket', []],
    ['id', ['tickets=0']],
  ] as const;
  return ways.flatMap(([way, options]): DtlsCase[] => [
    ourResumption(pki, programs(pki, folder), { feature: `resumption by ${way}`, options }),
    {
      version: 'DTLSv1.2',
      ourRole: 'server',
      feature: `resumption by ${way}`,
      async run(link) {
        const server = await listenDatagrams(serverConfig(pki, { sessionCache: createSessionCache() }));
        const clientOptions = [...options, 'reconnect=1', 'reco_delay=200', 'skip_close_notify=0'];
        const client = startClient(pki, folder, await link.to(server.port), { feature: '', clientOptions });
        const first = await server.accepted();
        await connectedOver(link, first);
        await answer(first, client, link);
        const again = await server.accepted(1);
        expect(await connectedOver(link, again)).toMatchObject({ version: 'DTLSv1.2', resumed: true });
        await answer(again, client, link);
      },
    },
  ]);
}
