/**
 * gnutls-serv and gnutls-cli over datagrams (`--udp`). The server asks every client for a cookie.
 */

import { writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { toHex, utf8 } from '../../packages/foxtls/src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../packages/foxtls/src/crypto/node/provider.ts';
import { legacy } from '../../packages/foxtls/src/legacy.ts';
import { formatPublicKeyPem } from '../../packages/foxtls/src/pki/pkcs/public-key.ts';
import { rawPublicKeyCredential } from '../../packages/foxtls/src/pki/x509/credential.ts';
import { createRawPublicKeyVerifier } from '../../packages/foxtls/src/pki/x509/raw-public-key-verifier.ts';
import { createSessionCache } from '../../packages/foxtls/src/protocol/session/session-cache.ts';
import { clientConfig, serverConfig } from '../harness/configs.ts';
import { connectDatagrams, type DatagramEndpoint, findFreeUdpPort, listenDatagrams } from '../harness/datagram-endpoint.ts';
import { type PeerProcess, startPeer } from '../harness/peer-process.ts';
import type { InteropPki, KeyName } from '../harness/pki.ts';
import { connectedOver, type DtlsCase, hearEcho, type Link, repeat, talk } from './case.ts';
import {
  cookiesOfOurs,
  demandCertificate,
  demandCookie,
  inBothRoles,
  ourResumption,
  type Programs,
  sharing,
  type Tried,
} from './tried.ts';

interface GnuTlsTried extends Tried {
  /** What its priority string adds. */
  readonly priority?: string;
}

const ECDHE_ECDSA = ':-KX-ALL:+ECDHE-ECDSA';
const ECDHE_RSA = ':-KX-ALL:+ECDHE-RSA';
const only = (cipher: string, mac = 'AEAD') => `:-CIPHER-ALL:+${cipher}:-MAC-ALL:+${mac}`;

/** IANA's name, the words of the priority string, the server's key. */
const SUITES: readonly (readonly [suite: string, priority: string, key: KeyName])[] = [
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', ECDHE_ECDSA + only('AES-128-GCM'), 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', ECDHE_ECDSA + only('AES-256-GCM'), 'p384'],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', ECDHE_ECDSA + only('CHACHA20-POLY1305'), 'ed25519'],
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', ECDHE_RSA + only('AES-128-GCM'), 'rsa'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', ECDHE_RSA + only('CHACHA20-POLY1305'), 'rsa'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM', ECDHE_ECDSA + only('AES-128-CCM'), 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', ECDHE_ECDSA + only('AES-128-CCM-8'), 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8', ECDHE_ECDSA + only('AES-256-CCM-8'), 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', ECDHE_ECDSA + only('AES-128-CBC', 'SHA256'), 'p256'],
  ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', ECDHE_RSA + only('AES-256-CBC', 'SHA1'), 'rsa'],
  ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', `:-KX-ALL:+DHE-RSA${only('AES-128-GCM')}`, 'rsa'],
  ['TLS_DHE_RSA_WITH_AES_256_CCM_8', `:-KX-ALL:+DHE-RSA${only('AES-256-CCM-8')}`, 'rsa'],
];
const CRASH = 'gnutls-cli crashes when the handshake is over, with gnutls-serv too';
const PSK_SUITES: readonly (readonly [suite: string, priority: string, clientLack?: string])[] = [
  ['TLS_PSK_WITH_AES_128_CCM', `:-KX-ALL:+PSK${only('AES-128-CCM')}`],
  ['TLS_PSK_WITH_AES_128_CCM_8', `:-KX-ALL:+PSK${only('AES-128-CCM-8')}`],
  ['TLS_PSK_WITH_AES_256_GCM_SHA384', `:-KX-ALL:+PSK${only('AES-256-GCM')}`],
  ['TLS_PSK_WITH_AES_128_CBC_SHA256', `:-KX-ALL:+PSK${only('AES-128-CBC', 'SHA256')}`],
  ['TLS_DHE_PSK_WITH_AES_128_GCM_SHA256', `:-KX-ALL:+DHE-PSK${only('AES-128-GCM')}`, CRASH],
  ['TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256', `:-KX-ALL:+ECDHE-PSK${only('AES-128-CBC', 'SHA256')}`, CRASH],
  ['TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256', `:-KX-ALL:+ECDHE-PSK${only('CHACHA20-POLY1305')}`, CRASH],
];
const PSK = { identity: utf8('sensor-17'), key: new Uint8Array(16).fill(0x5a) };

function tried(pki: InteropPki): readonly GnuTlsTried[] {
  const demand = demandCertificate(pki);
  const ask = ['--require-client-cert', '--verify-client-cert', '--x509cafile', pki.caPath];
  const show = (key: KeyName) => ['--x509certfile', pki.clients[key].certPath, '--x509keyfile', pki.clients[key].keyPath];
  const keys = pki.path('gnutls-dtls-keys');
  writeFileSync(keys, `sensor-17:${toHex(PSK.key)}\n`);
  const old = { legacy, versions: ['TLSv1.1'], cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'] } as const;
  return [
    { feature: 'the defaults of both', info: { extendedMasterSecret: true } },
    ...SUITES.map(([suite, priority, key]) => ({
      feature: suite,
      key,
      priority,
      common: { cipherSuites: [suite] },
      info: { suite: { name: suite } },
    })),
    ...PSK_SUITES.map(([suite, priority, clientLack]) => ({
      feature: suite,
      priority,
      clientOptions: ['--pskusername', 'sensor-17', '--pskkey', toHex(PSK.key)],
      serverOptions: ['--pskpasswd', keys],
      ...sharing(PSK),
      common: { cipherSuites: [suite] },
      info: { suite: { name: suite } },
      ...(clientLack === undefined ? {} : { clientLack }),
    })),
    { feature: 'server without cookie', serverOptions: ['--nocookie'], clientLack: 'its server alone has the option' },
    ...cookiesOfOurs(),
    {
      feature: 'MAC-then-encrypt where we allow it',
      priority: `${ECDHE_ECDSA}${only('AES-128-CBC', 'SHA1')}:%NO_ETM`,
      common: { cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'], insecureMacThenEncrypt: true },
    },
    { feature: 'no extended_master_secret', priority: ':%NO_SESSION_HASH', info: { extendedMasterSecret: false } },
    { feature: 'messages in fragments: ours, in datagrams of 256 bytes', key: 'rsa', datagrams: { mtu: 256 } },
    { feature: 'messages in fragments: theirs, in datagrams of 300 bytes', key: 'rsa', options: ['--mtu', '300'] },
    {
      feature: 'application protocol',
      clientOptions: ['--alpn', 'coap'],
      serverOptions: ['--alpn', 'coap'],
      common: { alpnProtocols: ['coap'] },
      info: { alpnProtocol: 'coap' },
    },
    {
      feature: 'group x448',
      key: 'rsa',
      priority: ':-GROUP-ALL:+GROUP-X448',
      common: { groups: ['x448'] },
      info: { group: { name: 'x448' } },
    },
    {
      feature: 'maximum fragment length',
      client: { maxFragmentLength: 1024 },
      info: { maxFragmentLength: 1024 },
      clientLack: 'gnutls-cli asks for a record size limit, which takes its place',
    },
    {
      feature: 'record size limit',
      clientOptions: ['--recordsize', '1024'],
      common: { recordSizeLimit: 1000 },
      serverLack: 'gnutls-serv has no such option',
    },
    {
      feature: 'SRTP profile',
      options: ['--srtp-profiles', 'SRTP_AES128_CM_HMAC_SHA1_80'],
      common: { srtpProfiles: ['SRTP_AES128_CM_HMAC_SHA1_80'] },
      info: { srtpProfile: { name: 'SRTP_AES128_CM_HMAC_SHA1_80' } },
    },
    ...(['p256', 'rsa', 'ed25519'] as const).map((key) => ({
      feature: `client certificate (${key})`,
      serverOptions: ask,
      clientOptions: show(key),
      client: { credentials: [pki.clients[key].credential] },
      server: demand,
    })),
    rawKeys(pki),
    { version: 'DTLSv1', feature: 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', common: old },
    { version: 'DTLSv1', feature: 'cookie', common: old, server: demandCookie() },
  ];
}

/** Keys without certificates, of both ends (RFC 7250). */
function rawKeys(pki: InteropPki): GnuTlsTried {
  const pinning = (key: 'servers' | 'clients') =>
    createRawPublicKeyVerifier({ provider, trustedKeys: [pki[key].p256.created.key.publicKey.spki] });
  const files = (key: 'servers' | 'clients') => {
    const { created, keyPath } = pki[key].p256;
    const path = pki.path(`${key}-raw.pem`);
    writeFileSync(path, formatPublicKeyPem(created.key.publicKey.spki));
    return ['--rawpkfile', path, '--rawpkkeyfile', keyPath];
  };
  return {
    feature: 'raw public keys of both',
    priority: ':+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK',
    serverOptions: [...files('servers'), '--require-client-cert'],
    clientOptions: [...files('clients'), '--insecure'],
    client: {
      credentials: [rawPublicKeyCredential(pki.clients.p256.created.key)],
      serverCertificateTypes: ['raw-public-key'],
      verifier: pinning('servers'),
    },
    server: {
      credentials: [rawPublicKeyCredential(pki.servers.p256.created.key)],
      clientCertificates: 'require',
      clientCertificateTypes: ['raw-public-key'],
      verifier: pinning('clients'),
    },
  };
}

export function gnuTlsCases(pki: InteropPki): readonly DtlsCase[] {
  return [...inBothRoles(pki, programs(pki), tried(pki)), ...resumptions(pki), ...ends(pki), ...heartbeats(pki)];
}

const NAMES = { 'DTLSv1.3': 'DTLS1.3', 'DTLSv1.2': 'DTLS1.2', DTLSv1: 'DTLS1.0' } as const;
const run = (pki: InteropPki, parameters: readonly string[]) =>
  // What goes to a pipe waits in a buffer: not with stdbuf.
  startPeer('stdbuf', ['-oL', ...parameters], { folder: pki.folder });
const priorityOf = ({ version = 'DTLSv1.2', priority = '' }: GnuTlsTried) =>
  `NORMAL:-VERS-ALL:+VERS-${NAMES[version]}:+SHA256:+SHA384${priority}`;

async function startServer(pki: InteropPki, one: GnuTlsTried) {
  const { key = 'p256', options = [], serverOptions = [] } = one;
  const { certPath, keyPath } = pki.servers[key];
  const port = await findFreeUdpPort();
  const isBare = serverOptions.includes('--pskpasswd') || serverOptions.includes('--rawpkfile');
  const identity = isBare ? [] : ['--x509certfile', certPath, '--x509keyfile', keyPath];
  const asked = serverOptions.includes('--require-client-cert') ? [] : ['--disable-client-cert'];
  const target = ['gnutls-serv', '--udp', '--echo', '--port', String(port), '--priority', priorityOf(one)];
  const process = run(pki, [...target, ...identity, ...asked, ...options, ...serverOptions]);
  await process.prints(/listening on IPv4.*done/);
  return { port, process };
}

function startClient(pki: InteropPki, port: number, one: GnuTlsTried): PeerProcess {
  const { options = [], clientOptions = [] } = one;
  const trust = ['--x509cafile', pki.caPath, '--sni-hostname', 'localhost', '--verify-hostname', 'localhost'];
  const target = ['gnutls-cli', '--udp', '--priority', priorityOf(one), '--port', String(port)];
  return run(pki, [...target, ...trust, ...options, ...clientOptions, '127.0.0.1']);
}

function programs(pki: InteropPki): Programs<GnuTlsTried> {
  return {
    version: 'DTLSv1.2',
    startServer: (one) => startServer(pki, one),
    startClient: (port, one) => startClient(pki, port, one),
    talkToServer: (ours, _server, link) => hearEcho(ours, link),
    talkToClient: talk,
  };
}

function resumptions(pki: InteropPki): readonly DtlsCase[] {
  const version = 'DTLSv1.2';
  const ways = [
    ['ticket', []],
    ['id', ['--noticket']],
  ] as const;
  return ways.flatMap(([way, options]): DtlsCase[] => [
    ourResumption(pki, programs(pki), { feature: `resumption by ${way}`, options }),
    {
      version,
      ourRole: 'server',
      feature: `resumption by ${way}`,
      async run(link) {
        const server = await listenDatagrams(serverConfig(pki, { sessionCache: createSessionCache() }));
        const client = startClient(pki, await link.to(server.port), { feature: '', options: [...options, '--resume'] });
        await connectedOver(link, await server.accepted());
        const again = await server.accepted(1);
        expect(await connectedOver(link, again)).toMatchObject({ version, resumed: true });
        await talk(again, client, link);
      },
    },
  ]);
}

function ends(pki: InteropPki): readonly DtlsCase[] {
  const row = {
    version: 'DTLSv1.2',
    feature: 'close_notify ends both',
    faultyLack: 'close_notify may be lost, and is not sent again',
  } as const;
  const closing = async (ours: DatagramEndpoint, close: () => void, _link: Link) => {
    close();
    await ours.ended();
    expect(ours.error).toBeUndefined();
    expect(ours.connection.state).toBe('closed');
  };
  return [
    { version: 'DTLSv1.2', feature: row.feature, ourRole: 'client', lack: 'gnutls-serv answers ours with none' },
    {
      ...row,
      ourRole: 'server',
      async run(link) {
        const server = await listenDatagrams(serverConfig(pki));
        const client = startClient(pki, await link.to(server.port), { feature: '' });
        const endpoint = await server.accepted();
        await connectedOver(link, endpoint);
        await talk(endpoint, client, link);
        await closing(endpoint, () => client.endInput(), link);
      },
    },
  ];
}

function heartbeats(pki: InteropPki): readonly DtlsCase[] {
  const row = { version: 'DTLSv1.2', feature: 'heartbeats, answered by the other end' } as const;
  const heartbeat = 'peer_allowed_to_send' as const;
  /** One that is lost is not answered: we ask again. */
  const expectAnswer = async (ours: DatagramEndpoint, link: Link) => {
    expect(ours.connection.info?.heartbeatMode).toBe(heartbeat);
    const stop = repeat(() => ours.connection.sendHeartbeat(utf8('are you there')), link);
    try {
      await ours.until('an answer', () => ours.of('heartbeat').length > 0, link.patience);
    } finally {
      stop();
    }
    expect(ours.of('heartbeat')[0]?.payload).toEqual(utf8('are you there'));
  };
  return [
    {
      ...row,
      ourRole: 'client',
      async run(link) {
        const server = await startServer(pki, { feature: '', options: ['--heartbeat'] });
        const client = await connectDatagrams(await link.to(server.port), clientConfig(pki, { heartbeat }));
        await connectedOver(link, client);
        await hearEcho(client, link);
        await expectAnswer(client, link);
        await hearEcho(client, link, 'another echo');
      },
    },
    {
      ...row,
      ourRole: 'server',
      async run(link) {
        const server = await listenDatagrams(serverConfig(pki, { heartbeat }));
        const client = startClient(pki, await link.to(server.port), { feature: '', options: ['--heartbeat'] });
        const endpoint = await server.accepted();
        await connectedOver(link, endpoint);
        await talk(endpoint, client, link);
        await expectAnswer(endpoint, link);
      },
    },
  ];
}
