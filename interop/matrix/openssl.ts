/**
 * openssl s_server and s_client in the matrix. A configuration of our own lets them speak whatever they have.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import type { InteropPki } from '../harness/pki.ts';
import type { Cell, Suite } from './cells.ts';
import { ANSWER, type Command, isResumed, leafOf, literally, type MatrixPeer, SHARED_KEY } from './peer.ts';

const ALL = 'ALL:COMPLEMENTOFALL:@SECLEVEL=0';
const TLS13_SUITES = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_CCM_SHA256',
  'TLS_AES_128_CCM_8_SHA256',
];

const VERSION_OPTIONS = { 'TLSv1.3': '-tls1_3', 'TLSv1.2': '-tls1_2', 'TLSv1.1': '-tls1_1', TLSv1: '-tls1' } as const;

export function openSslInMatrix(pki: InteropPki, version: string): MatrixPeer {
  const names = readNames();
  const nameOf = ({ id, name }: Suite) => names.get(id) ?? name;
  const run = (parameters: readonly string[], cell: Cell): Command => ({
    command: 'openssl',
    arguments: parameters,
    folder: pki.folder,
    environment: { OPENSSL_CONF: configuration(pki, cell) },
  });
  // The version that it prints is the first one that has the suite.
  const says = (cell: Cell) => [
    new RegExp(`${isResumed(cell) ? 'Reused' : 'New'}, \\S+, Cipher is ${literally(nameOf(cell.suite))}\\s`),
  ];
  return {
    name: 'openssl',
    version,
    serverName: 's_server',
    clientName: 's_client',
    has: ({ id }) => names.has(id),
    serverLacks: () => undefined,
    clientLacks: () => undefined,
    server: (cell, port) => ({ ...run(serverOptions(pki, cell, port), cell), ready: /ACCEPT/ }),
    serverSays: says,
    client: (cell, port) => {
      const options = clientOptions(pki, cell, port, nameOf(cell.suite));
      if (!isResumed(cell)) return [{ ...run(options, cell), connections: 1 }];
      const file = pki.path(`session-${port}.pem`);
      return ['-sess_out', '-sess_in'].map((option) => ({ ...run([...options, option, file], cell), connections: 1 }));
    },
    clientSays: (cell) => [...says(cell), new RegExp(ANSWER), ...(cell.key === 'psk' ? [] : [/Verify return code: 0/])],
  };
}

/** Its names by IANA's numbers: `0xC0,0x2C - TLS_ECDHE_… - ECDHE-… TLSv1.2 Kx=…`. */
function readNames(): ReadonlyMap<number, string> {
  const lists = ['-ciphersuites', TLS13_SUITES.join(':'), ALL];
  const { stdout } = spawnSync('openssl', ['ciphers', '-V', '-stdname', ...lists], { encoding: 'utf8', timeout: 20_000 });
  const lines = [...stdout.matchAll(/0x(\w\w),0x(\w\w) - \S+ +- (\S+)/g)];
  return new Map(lines.map(([, high, low, name]) => [Number.parseInt(`${high}${low}`, 16), name ?? '']));
}

function serverOptions(pki: InteropPki, cell: Cell, port: number): string[] {
  const { certPath, keyPath } = leafOf(pki.servers, cell);
  const { key, mode } = cell;
  return [
    ...['s_server', '-www', '-accept', String(port), '-cert', certPath, '-key', keyPath],
    ...['-cipher', ALL, '-ciphersuites', TLS13_SUITES.join(':'), '-dhparam', dhParameters(pki)],
    ...(mode === 'resumed by id' ? ['-no_ticket'] : []),
    ...(key === 'psk' ? ['-psk_identity', SHARED_KEY.identity, '-psk', SHARED_KEY.hex] : []),
    ...(mode === 'client certificate' ? ['-Verify', '1', '-CAfile', pki.caPath, '-verify_return_error'] : []),
  ];
}

/** For suites without a certificate it would take a prime of 1024 bits, which no client of today accepts. */
function dhParameters(pki: InteropPki): string {
  const path = pki.path('ffdhe2048.pem');
  if (existsSync(path)) return path;
  const parameters = ['genpkey', '-genparam', '-algorithm', 'DH', '-pkeyopt', 'group:ffdhe2048', '-out', path];
  spawnSync('openssl', parameters, { timeout: 20_000 });
  return path;
}

function clientOptions(pki: InteropPki, cell: Cell, port: number, suite: string): string[] {
  const { certPath, keyPath } = leafOf(pki.clients, cell);
  const { version, key, mode } = cell;
  return [
    ...['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', VERSION_OPTIONS[version]],
    ...['-CAfile', pki.caPath, '-verify_return_error', '-verify_hostname', 'localhost'],
    ...(version === 'TLSv1.3' ? ['-ciphersuites', suite] : ['-cipher', `${suite}:@SECLEVEL=0`]),
    ...(mode === 'resumed by id' ? ['-no_ticket'] : []),
    ...(key === 'psk' ? ['-psk_identity', SHARED_KEY.identity, '-psk', SHARED_KEY.hex] : []),
    ...(mode === 'client certificate' ? ['-cert', certPath, '-key', keyPath] : []),
  ];
}

/** openssl has no option for extended_master_secret, but a word for its configuration. */
function configuration(pki: InteropPki, { mode }: Cell): string {
  const isWithout = mode === 'no extended master secret';
  const path = pki.path(isWithout ? 'openssl-without-ems.cnf' : 'openssl.cnf');
  const words = ['MinProtocol = TLSv1', ...(isWithout ? ['Options = -ExtendedMasterSecret'] : [])];
  const sections = ['openssl_conf = main', '[main]', 'ssl_conf = ssl', '[ssl]', 'system_default = settings', '[settings]'];
  writeFileSync(path, [...sections, ...words, ''].join('\n'));
  return path;
}
