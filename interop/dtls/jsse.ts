/**
 * JSSE, the TLS of Java, over datagrams: a small program (interop/harness/DtlsPeer.java) drives its SSLEngine. Its server asks every client for a
 * cookie.
 */

import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { createSessionCache } from '../../packages/foxtls/src/protocol/session/session-cache.ts';
import { clientConfig, serverConfig } from '../harness/configs.ts';
import { connectDatagrams, findFreeUdpPort, listenDatagrams } from '../harness/datagram-endpoint.ts';
import { startPeer } from '../harness/peer-process.ts';
import type { InteropPki, KeyName } from '../harness/pki.ts';
import { connectedOver, type DtlsCase, sessionOf, talk } from './case.ts';
import { cookiesOfOurs, demandCertificate, inBothRoles, type Programs, SERVES_ONE, type Tried } from './tried.ts';

interface JsseTried extends Tried {
  /** The key of its client. */
  readonly clientKey?: KeyName;
}

const VERSION = 'DTLSv1.2';
/** The suites have IANA's names in JSSE, too. */
const SUITES: readonly (readonly [suite: string, key: KeyName])[] = [
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'p256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'p384'],
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'rsa'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'rsa'],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'p256'],
  ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', 'rsa'],
];

function tried(pki: InteropPki): readonly JsseTried[] {
  const demand = demandCertificate(pki);
  const cbc = 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256';
  return [
    { feature: 'the defaults of both', info: { extendedMasterSecret: true } },
    ...SUITES.map(([suite, key]) => ({
      feature: suite,
      key,
      options: [`suite=${suite}`],
      common: { cipherSuites: [suite] },
      info: { suite: { name: suite } },
      ...(suite.includes('CHACHA20') ? { faultyLack: 'JSSE fails at a record with ChaCha20-Poly1305 that comes twice' } : {}),
    })),
    {
      feature: `${cbc}, MAC-then-encrypt where we allow it`,
      options: [`suite=${cbc}`],
      common: { cipherSuites: [cbc], insecureMacThenEncrypt: true },
    },
    ...cookiesOfOurs(),
    { feature: 'messages in fragments: ours, in datagrams of 256 bytes', key: 'rsa', datagrams: { mtu: 256 } },
    { feature: 'messages in fragments: theirs, in datagrams of 512 bytes', key: 'rsa', options: ['mtu=512'] },
    {
      feature: 'application protocol',
      options: ['alpn=coap'],
      common: { alpnProtocols: ['coap'] },
      info: { alpnProtocol: 'coap' },
    },
    ...(['p256', 'rsa'] as const).map((key) => ({
      feature: `client certificate (${key})`,
      serverOptions: ['auth=need'],
      clientKey: key,
      client: { credentials: [pki.clients[key].credential] },
      server: demand,
    })),
  ];
}

/** Compiles the program, and makes its key stores. */
export function jsseCases(pki: InteropPki): readonly DtlsCase[] {
  run('javac', '-d', pki.folder, new URL('../harness/DtlsPeer.java', import.meta.url).pathname);
  const trust = ['-importcert', '-noprompt', '-alias', 'root', '-file', pki.caPath, '-keystore', pki.path('trust.p12')];
  run('keytool', ...trust, '-storetype', 'PKCS12', '-storepass', 'secret');
  for (const key of ['p256', 'p384', 'rsa'] as const) {
    for (const [role, { certPath, keyPath }] of [
      ['servers', pki.servers[key]],
      ['clients', pki.clients[key]],
    ] as const) {
      const files = ['-in', certPath, '-inkey', keyPath, '-out', pki.path(`${role}-${key}.p12`)];
      run('openssl', 'pkcs12', '-export', '-name', 'leaf', '-passout', 'pass:secret', ...files);
    }
  }
  return [...inBothRoles(pki, programs(pki), tried(pki)), ...resumptions(pki), ...lacks()];
}

function run(command: string, ...parameters: readonly string[]): void {
  const { status, stderr, stdout } = spawnSync(command, parameters, { encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(`${command} ${parameters.join(' ')} failed:\n${stdout}${stderr}`);
}

async function start(pki: InteropPki, role: 'client' | 'server', port: number, options: readonly string[]) {
  const program = ['-XX:TieredStopAtLevel=1', '-cp', pki.folder, 'DtlsPeer', `role=${role}`, `port=${port}`];
  const process = startPeer('java', [...program, `trust=${pki.path('trust.p12')}`, ...options]);
  await process.prints(/READY/);
  return process;
}

async function startServer(pki: InteropPki, { key = 'p256', options = [], serverOptions = [] }: JsseTried) {
  const port = await findFreeUdpPort();
  const parameters = [`keys=${pki.path(`servers-${key}.p12`)}`, ...options, ...serverOptions];
  return { port, process: await start(pki, 'server', port, parameters) };
}

const startClient = (pki: InteropPki, port: number, { clientKey, options = [] }: JsseTried) =>
  start(pki, 'client', port, [...(clientKey === undefined ? [] : [`keys=${pki.path(`clients-${clientKey}.p12`)}`]), ...options]);

function programs(pki: InteropPki): Programs<JsseTried> {
  return {
    version: VERSION,
    startServer: (one) => startServer(pki, one),
    startClient: (port, one) => startClient(pki, port, one),
    talkToServer: talk,
    talkToClient: talk,
  };
}

function resumptions(pki: InteropPki): readonly DtlsCase[] {
  const feature = 'resumption';
  return [
    {
      version: VERSION,
      ourRole: 'client',
      feature,
      faultyLack: SERVES_ONE,
      async run(link) {
        const { port, process: server } = await startServer(pki, { feature, options: ['times=2'] });
        const first = await connectDatagrams(await link.to(port), clientConfig(pki));
        const session = await sessionOf(link, first);
        await talk(first, server, link);
        first.close();
        await server.prints(/CLOSED/);
        const second = await connectDatagrams(await link.to(port), clientConfig(pki), { session });
        expect(await connectedOver(link, second)).toMatchObject({ version: VERSION, resumed: true });
        await talk(second, server, link);
      },
    },
    {
      version: VERSION,
      ourRole: 'server',
      feature,
      async run(link) {
        const server = await listenDatagrams(serverConfig(pki, { sessionCache: createSessionCache() }));
        const client = await startClient(pki, await link.to(server.port), { feature, options: ['times=2'] });
        const first = await server.accepted();
        await connectedOver(link, first);
        await talk(first, client, link);
        client.write('close\n');
        const second = await server.accepted(1);
        expect(await connectedOver(link, second)).toMatchObject({ version: VERSION, resumed: true });
        await talk(second, client, link);
      },
    },
  ];
}

function lacks(): readonly DtlsCase[] {
  const features = ['pre-shared keys', 'AES-CCM', 'connection IDs', 'encrypt_then_mac', 'SRTP profile'];
  return features.flatMap((feature) =>
    (['client', 'server'] as const).map((ourRole): DtlsCase => ({ version: VERSION, ourRole, feature, lack: 'JSSE has none' })),
  );
}
