/**
 * openssl s_server and s_client over datagrams (`-dtls1_2`, `-dtls1`).
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { toHex, utf8 } from '../../packages/foxtls/src/core/bytes/bytes.ts';
import { keyEncryption } from '../../packages/foxtls/src/crypto/node/key-encryption.ts';
import { legacy } from '../../packages/foxtls/src/legacy.ts';
import { createSessionCache } from '../../packages/foxtls/src/protocol/session/session-cache.ts';
import { clientConfig, serverConfig } from '../harness/configs.ts';
import { connectDatagrams, findFreeUdpPort, listenDatagrams } from '../harness/datagram-endpoint.ts';
import { startPeer } from '../harness/peer-process.ts';
import type { InteropPki, KeyName } from '../harness/pki.ts';
import { waitUntil } from '../harness/wait.ts';
import { connectedOver, type DtlsCase, talk } from './case.ts';
import {
  demandCertificate,
  demandCookie,
  inBothRoles,
  ourClient,
  ourResumption,
  ourServer,
  type Programs,
  sharing,
  type Tried,
} from './tried.ts';

const SECLEVEL_0 = 'ALL:@SECLEVEL=0';
const PSK = { identity: utf8('sensor-17'), key: new Uint8Array(16).fill(0x5a) };
const PSK_OPTIONS = ['-psk_identity', 'sensor-17', '-psk', toHex(PSK.key)];

/** IANA's name, openssl's, the server's key. */
const SUITES: readonly (readonly [suite: string, openssl: string, key: KeyName])[] = [
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256', 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'p384'],
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'rsa'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305', 'rsa'],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM', 'ECDHE-ECDSA-AES128-CCM', 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', 'ECDHE-ECDSA-AES128-CCM8', 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 'ECDHE-ECDSA-AES128-SHA256', 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384', 'ECDHE-ECDSA-AES256-SHA384', 'p256'],
  ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', 'ECDHE-RSA-AES256-SHA', 'rsa'],
  ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', 'DHE-RSA-AES128-GCM-SHA256', 'rsa'],
];
const PSK_SUITES: readonly (readonly [suite: string, openssl: string])[] = [
  ['TLS_PSK_WITH_AES_128_CCM_8', 'PSK-AES128-CCM8'],
  ['TLS_PSK_WITH_AES_128_GCM_SHA256', 'PSK-AES128-GCM-SHA256'],
  ['TLS_DHE_PSK_WITH_AES_128_CCM', 'DHE-PSK-AES128-CCM'],
  ['TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-PSK-CHACHA20-POLY1305'],
  ['TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256', 'ECDHE-PSK-AES128-CBC-SHA256'],
];
const OLD_SUITES: readonly (readonly [suite: string, openssl: string, key: KeyName])[] = [
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'ECDHE-ECDSA-AES128-SHA', 'p256'],
  ['TLS_DHE_RSA_WITH_AES_256_CBC_SHA', 'DHE-RSA-AES256-SHA', 'rsa'],
  ['TLS_RSA_WITH_AES_128_CBC_SHA', 'AES128-SHA', 'rsa'],
];
const DHPARAM = ['-dhparam', 'ffdhe2048.pem'];

function tried(pki: InteropPki): readonly Tried[] {
  const identity = (key: KeyName) => ({ credentials: [pki.clients[key].credential] });
  const show = (key: KeyName) => ['-cert', pki.clients[key].certPath, '-key', pki.clients[key].keyPath];
  const ask = ['-Verify', '1', '-CAfile', pki.caPath, '-verify_return_error'];
  const demand = demandCertificate(pki);
  return [
    { feature: 'the defaults of both', options: [], info: { extendedMasterSecret: true } },
    ...SUITES.map(([suite, openssl, key]) => ({
      feature: suite,
      key,
      options: ['-cipher', `${openssl}:@SECLEVEL=0`],
      serverOptions: DHPARAM,
      common: { cipherSuites: [suite] },
      info: { suite: { name: suite } },
    })),
    ...PSK_SUITES.map(([suite, openssl]) => ({
      feature: suite,
      options: ['-cipher', `${openssl}:@SECLEVEL=0`, ...PSK_OPTIONS],
      serverOptions: ['-nocert', ...DHPARAM],
      common: { cipherSuites: [suite] },
      info: { suite: { name: suite } },
      ...sharing(PSK),
    })),
    {
      feature: 'MAC-then-encrypt where we allow it',
      options: ['-cipher', 'ECDHE-ECDSA-AES128-SHA', '-no_etm'],
      common: { cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'], insecureMacThenEncrypt: true },
    },
    { feature: 'messages in fragments: a chain in datagrams of 256 bytes of ours', key: 'rsa', datagrams: { mtu: 256 } },
    { feature: 'messages in fragments: theirs, in datagrams of 300 bytes', key: 'rsa', options: ['-mtu', '300'] },
    {
      feature: 'application protocol',
      options: ['-alpn', 'coap,h2'],
      common: { alpnProtocols: ['coap'] },
      info: { alpnProtocol: 'coap' },
    },
    {
      feature: 'group x448',
      key: 'rsa',
      options: ['-groups', 'X448'],
      common: { groups: ['x448'] },
      info: { group: { name: 'x448' } },
    },
    {
      feature: 'group secp521r1',
      key: 'rsa',
      options: ['-groups', 'P-521'],
      common: { groups: ['secp521r1'] },
      info: { group: { name: 'secp521r1' } },
    },
    ...(['p256', 'rsa', 'ed25519'] as const).map((key) => ({
      feature: `client certificate (${key})`,
      serverOptions: ask,
      clientOptions: show(key),
      client: identity(key),
      server: demand,
    })),
    {
      feature: 'SRTP profile',
      options: ['-use_srtp', 'SRTP_AEAD_AES_128_GCM'],
      common: { srtpProfiles: ['SRTP_AEAD_AES_128_GCM'] },
      info: { srtpProfile: { name: 'SRTP_AEAD_AES_128_GCM' } },
    },
    {
      feature: 'client certificate in fragments of both',
      key: 'rsa' as const,
      options: ['-mtu', '300'],
      serverOptions: ask,
      clientOptions: show('rsa'),
      client: identity('rsa'),
      server: demand,
      datagrams: { mtu: 300 },
    },
    ...OLD_SUITES.map(([suite, openssl, key]) => ({
      version: 'DTLSv1' as const,
      feature: suite,
      key,
      options: ['-cipher', `${openssl}:@SECLEVEL=0`],
      serverOptions: DHPARAM,
      common: { legacy, versions: ['TLSv1.1'] as const, cipherSuites: [suite] },
      info: { suite: { name: suite } },
    })),
  ];
}

export function openSslCases(pki: InteropPki): readonly DtlsCase[] {
  writeDhParameters(pki);
  const openssl = programs(pki);
  return [
    ...inBothRoles(pki, openssl, tried(pki)),
    {
      version: 'DTLSv1.2',
      ourRole: 'client',
      feature: 'server certificate (ed25519)',
      lack: 's_server finds no suite for it, for s_client neither',
    },
    ourServer(pki, openssl, { feature: 'server certificate (ed25519)', key: 'ed25519' }),
    ...cookies(pki),
    ...resumptions(pki),
    ...bindings(pki),
    { version: 'DTLSv1.2', ourRole: 'client', feature: 'connection IDs', lack: 'openssl 3.0 has none' },
    { version: 'DTLSv1.2', ourRole: 'server', feature: 'connection IDs', lack: 'openssl 3.0 has none' },
  ];
}

/** For suites without a certificate it would take a prime of 1024 bits, which no client of today accepts. */
function writeDhParameters(pki: InteropPki): void {
  const parameters = [
    'genpkey',
    '-genparam',
    '-algorithm',
    'DH',
    '-pkeyopt',
    'group:ffdhe2048',
    '-out',
    pki.path('ffdhe2048.pem'),
  ];
  spawnSync('openssl', parameters, { timeout: 20_000 });
}

const NAMES = { 'DTLSv1.3': '-dtls', 'DTLSv1.2': '-dtls1_2', DTLSv1: '-dtls1' } as const;
const run = (pki: InteropPki, parameters: readonly string[]) => startPeer('openssl', parameters, { folder: pki.folder });

async function startServer(pki: InteropPki, { version = 'DTLSv1.2', key = 'p256', options = [], serverOptions = [] }: Tried) {
  const { certPath, keyPath } = pki.servers[key];
  const port = await findFreeUdpPort();
  const all = [...options, ...serverOptions];
  const identity = all.includes('-nocert') ? [] : ['-cert', certPath, '-key', keyPath];
  const ciphers = all.includes('-cipher') ? [] : ['-cipher', SECLEVEL_0];
  const process = run(pki, ['s_server', NAMES[version], '-accept', `127.0.0.1:${port}`, ...identity, ...ciphers, ...all]);
  await process.prints(/ACCEPT/);
  return { port, process };
}

function startClient(pki: InteropPki, port: number, { version = 'DTLSv1.2', options = [], clientOptions = [] }: Tried) {
  const all = [...options, ...clientOptions];
  const trust = all.includes('-psk') ? [] : ['-CAfile', pki.caPath, '-verify_return_error', '-verify_hostname', 'localhost'];
  const ciphers = all.includes('-cipher') ? [] : ['-cipher', SECLEVEL_0];
  const target = ['-connect', `127.0.0.1:${port}`, '-servername', 'localhost'];
  return run(pki, ['s_client', NAMES[version], ...target, ...trust, ...ciphers, ...all]);
}

function programs(pki: InteropPki): Programs<Tried> {
  return {
    version: 'DTLSv1.2',
    startServer: (one) => startServer(pki, one),
    startClient: (port, one) => startClient(pki, port, one),
    talkToServer: talk,
    talkToClient: talk,
    async credentialOf(key) {
      const { credential, created } = pki.servers[key];
      // For key transport by RSA.
      const decrypter = key === 'rsa' ? await keyEncryption.importDecrypter(created.key.exportPkcs8()) : undefined;
      return { ...credential, decrypter };
    },
  };
}

function cookies(pki: InteropPki): readonly DtlsCase[] {
  const oldest = { legacy, versions: ['TLSv1.1'], cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'] } as const;
  return (['DTLSv1.2', 'DTLSv1'] as const).flatMap((version): DtlsCase[] => {
    const common = version === 'DTLSv1' ? oldest : {};
    const ours = (stateless: boolean) =>
      ourServer(pki, programs(pki), {
        version,
        feature: `cookie${stateless ? ', without memory of the first ClientHello' : ''}`,
        common,
        server: demandCookie(),
        datagrams: { stateless },
      });
    return [
      ourClient(pki, programs(pki), { version, feature: 'cookie', common, serverOptions: ['-listen'] }),
      ours(false),
      ours(true),
    ];
  });
}

function resumptions(pki: InteropPki): readonly DtlsCase[] {
  const ways = [
    ['ticket', []],
    ['id', ['-no_ticket']],
  ] as const;
  const version = 'DTLSv1.2';
  return ways.flatMap(([way, options]): DtlsCase[] => [
    ourResumption(pki, programs(pki), { feature: `resumption by ${way}`, options }),
    {
      version,
      ourRole: 'server',
      feature: `resumption by ${way}`,
      async run(link) {
        const server = await listenDatagrams(serverConfig(pki, { sessionCache: createSessionCache() }));
        const port = await link.to(server.port);
        const file = pki.path(`dtls-session-${port}.pem`);
        const first = startClient(pki, port, { feature: '', options: [...options, '-sess_out', file] });
        const firstEnd = await server.accepted();
        await connectedOver(link, firstEnd);
        await talk(firstEnd, first, link);
        first.write('Q\n');
        await first.exited();
        await waitUntil(
          () => existsSync(file) && readFileSync(file, 'utf8').includes('-----END'),
          () => `a session in ${file}`,
        );
        const again = startClient(pki, port, { feature: '', options: [...options, '-sess_in', file] });
        const endpoint = await server.accepted(1);
        expect(await connectedOver(link, endpoint)).toMatchObject({ version, resumed: true });
        await talk(endpoint, again, link);
      },
    },
  ]);
}

function bindings(pki: InteropPki): readonly DtlsCase[] {
  const version = 'DTLSv1.2';
  const exporter = ['-keymatexport', 'EXPORTER-Interop', '-keymatexportlen', '24'];
  return [
    {
      version,
      ourRole: 'client',
      feature: 'exported keying material',
      async run(link) {
        const server = await startServer(pki, { feature: '', options: exporter });
        const client = await connectDatagrams(await link.to(server.port), clientConfig(pki));
        await connectedOver(link, client);
        const ours = toHex(client.connection.exportKeyingMaterial(24, 'EXPORTER-Interop')).toUpperCase();
        await talk(client, server.process, link);
        await server.process.prints(new RegExp(`Keying material: ${ours}`));
      },
    },
    {
      version,
      ourRole: 'server',
      feature: 'exported keying material',
      async run(link) {
        const server = await listenDatagrams(serverConfig(pki));
        const client = startClient(pki, await link.to(server.port), { feature: '', options: exporter });
        const endpoint = await server.accepted();
        await connectedOver(link, endpoint);
        const ours = toHex(endpoint.connection.exportKeyingMaterial(24, 'EXPORTER-Interop')).toUpperCase();
        await talk(endpoint, client, link);
        await client.prints(new RegExp(`Keying material: ${ours}`));
      },
    },
    {
      version,
      ourRole: 'server',
      feature: 'a renegotiation that the client asks for is refused',
      faultyLack: 'the alert may be lost, and is not sent again',
      async run(link) {
        const server = await listenDatagrams(serverConfig(pki));
        const client = startClient(pki, await link.to(server.port), { feature: '' });
        const endpoint = await server.accepted();
        await connectedOver(link, endpoint);
        client.write('R\n');
        await client.prints(/RENEGOTIATING/);
        await client.prints(/no renegotiation/i);
      },
    },
    { version, ourRole: 'client', feature: 'close_notify ends both', lack: 's_server ends without one' },
    {
      version,
      ourRole: 'server',
      feature: 'close_notify ends both',
      faultyLack: 'close_notify may be lost, and is not sent again',
      async run(link) {
        const server = await listenDatagrams(serverConfig(pki));
        const client = startClient(pki, await link.to(server.port), { feature: '' });
        const endpoint = await server.accepted();
        await connectedOver(link, endpoint);
        await talk(endpoint, client, link);
        endpoint.close();
        await client.exited();
        await endpoint.ended();
        expect(endpoint.error).toBeUndefined();
      },
    },
  ];
}
