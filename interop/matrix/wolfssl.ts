/**
 * wolfSSL's example server and client in the matrix.
 */

import type { InteropPki } from '../harness/pki.ts';
import type { WolfSsl } from '../harness/wolfssl.ts';
import type { Cell, Suite } from './cells.ts';
import { ANSWER, type Command, isResumed, leafOf, literally, type MatrixPeer } from './peer.ts';

const VERSION_OPTIONS = { 'TLSv1.3': '4', 'TLSv1.2': '3', 'TLSv1.1': '2', TLSv1: '1' } as const;

export function wolfSslInMatrix(pki: InteropPki, wolfSsl: WolfSsl, version: string): MatrixPeer {
  const nameOf = ({ name }: Suite) => namesOf(name).find((candidate) => wolfSsl.suites.has(candidate)) ?? '';
  // What goes to a pipe waits in a buffer: not with stdbuf.
  const run = (program: string, parameters: readonly string[]): Command => ({
    command: 'stdbuf',
    arguments: ['-oL', program, ...parameters],
    folder: wolfSsl.home,
  });
  const says = ({ version: spoken, suite }: Cell) => [
    new RegExp(`SSL version is ${literally(spoken)}\\s`),
    // Of suites with two names it says either.
    new RegExp(`SSL cipher suite is (?:${namesOf(suite.name).map(literally).join('|')})\\s`),
  ];
  return {
    name: 'wolfSSL',
    version,
    serverName: 'server',
    clientName: 'client',
    has: (suite) => nameOf(suite) !== '',
    // That of its examples.
    sharedKey: { identity: 'Client_identity', hex: '1a2b3c4d' },
    serverLacks: (cell) =>
      versionLack(cell) ??
      refusal(cell) ??
      (cell.mode === 'no extended master secret' ? 'its server has no option to do without extended_master_secret' : undefined),
    clientLacks: (cell) =>
      versionLack(cell) ??
      (cell.suite.name.startsWith('TLS_ECDHE_PSK_') ? 'its client gives up in the suite, with s_server too' : undefined),
    server: (cell, port) => ({
      ...run(wolfSsl.server, serverOptions(pki, wolfSsl, cell, port)),
      // It prints nothing when it listens: a connection is tried until it is there.
      ready: /^/,
    }),
    serverSays: (cell) => [...says(cell), /Client message: GET/, ...(isResumed(cell) ? [/SSL reused session/] : [])],
    client: (cell, port) => [
      { ...run(wolfSsl.client, clientOptions(pki, cell, port, nameOf(cell.suite))), connections: isResumed(cell) ? 2 : 1 },
    ],
    clientSays: (cell) => [
      ...says(cell),
      ...(isResumed(cell) ? [/SSL reused session/, new RegExp(`Server resume: ${ANSWER}`)] : [new RegExp(ANSWER)]),
    ],
  };
}

function versionLack({ version }: Cell): string | undefined {
  return version === 'TLSv1' ? 'the library is built without TLS 1.0' : undefined;
}

function refusal({ suite }: Cell): string | undefined {
  const isRefused = /^TLS_DHE_RSA_WITH_(?:3DES|CAMELLIA)_/.test(suite.name);
  return isRefused ? 'its server refuses the suite, which it lists, to other clients too' : undefined;
}

/** Its names of a suite: OpenSSL's, mostly. */
function namesOf(suite: string): readonly string[] {
  const [, exchange, cipher] = /^TLS_(?:(\w+)_WITH_)?(\w+)$/.exec(suite) ?? [];
  const words = (cipher ?? '').replace(/(AES|CAMELLIA)_(\d)/, '$1$2').replaceAll('_', '-');
  if (exchange === undefined) return [`TLS13-${words}`];
  const prefix = exchange === 'RSA' ? '' : `${exchange.replace('DH_anon', 'ADH').replaceAll('_', '-')}-`;
  const isOld = words.startsWith('3DES');
  const plain = words
    .replace('CHACHA20-POLY1305-SHA256', 'CHACHA20-POLY1305')
    .replace('3DES-EDE-CBC', 'DES-CBC3')
    .replace('RC4-128', 'RC4');
  const isPsk = prefix.includes('PSK');
  const short = isPsk ? plain : plain.replace('-CBC-', '-');
  const names = [`${prefix}${short}`, `${prefix}${short}`.replace('CCM-8', 'CCM8')];
  return isOld && exchange === 'DHE_RSA' ? names.map((name) => name.replace('DHE', 'EDH')) : names;
}

function serverOptions(pki: InteropPki, { suites }: WolfSsl, cell: Cell, port: number): string[] {
  const { certPath, keyPath } = leafOf(pki.servers, cell);
  const { version, mode, key } = cell;
  return [
    // Again and again, whatever happens; no CRL.
    ...['-i', '-x', '-V', '-p', String(port), '-v', VERSION_OPTIONS[version]],
    ...['-l', [...suites].join(':'), '-c', certPath, '-k', keyPath],
    ...(key === 'psk' ? ['-s'] : []),
    ...(mode === 'resumed by id' ? ['-T', 'a'] : []),
    ...(mode === 'client certificate' ? ['-A', pki.caPath] : ['-d']),
  ];
}

function clientOptions(pki: InteropPki, cell: Cell, port: number, suite: string): string[] {
  const { certPath, keyPath } = leafOf(pki.clients, cell);
  const { version, mode, key } = cell;
  return [
    // No CRL; the name in our certificate has to be the host's.
    ...['-C', '-m', '-g', '-h', 'localhost', '-S', 'localhost', '-p', String(port), '-A', pki.caPath],
    ...['-v', VERSION_OPTIONS[version], '-l', suite],
    ...(key === 'psk' ? ['-s'] : []),
    ...(mode.startsWith('resumed') ? ['-r'] : []),
    ...(mode === 'no extended master secret' ? ['-n'] : []),
    ...(mode === 'client certificate' ? ['-c', certPath, '-k', keyPath] : ['-x']),
  ];
}
