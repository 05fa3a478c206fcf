/**
 * gnutls-serv and gnutls-cli in the matrix. What they may negotiate is said by priority strings, which have words for the parts of a suite.
 */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { InteropPki } from '../harness/pki.ts';
import type { Cell, Mode, Suite } from './cells.ts';
import { ANSWER, isResumed, leafOf, literally, type MatrixPeer, SHARED_KEY } from './peer.ts';

const VERSIONS = { 'TLSv1.3': 'TLS1.3', 'TLSv1.2': 'TLS1.2', 'TLSv1.1': 'TLS1.1', TLSv1: 'TLS1.0' } as const;

/** For a server whose clients choose. NULL and RSA-PSK would turn TLS 1.3 off. */
const EVERYTHING = {
  newest: 'NORMAL:-VERS-ALL:+VERS-TLS1.3:+AES-128-CCM:+AES-128-CCM-8',
  older: [
    'NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.1:+VERS-TLS1.0',
    ':+AES-128-CCM:+AES-256-CCM:+AES-128-CCM-8:+AES-256-CCM-8:+CAMELLIA-128-CBC:+CAMELLIA-256-CBC:+CAMELLIA-128-GCM:+CAMELLIA-256-GCM',
    ':+3DES-CBC:+ARCFOUR-128:+NULL:+SHA256:+SHA384:+SHA1:+MD5:+RSA:+DHE-RSA:+PSK:+DHE-PSK:+ECDHE-PSK:+RSA-PSK',
  ].join(''),
} as const;

export function gnuTlsInMatrix(pki: InteropPki, version: string): MatrixPeer {
  const names = readNames();
  const nameOf = ({ id, name }: Suite) => names.get(id) ?? name;
  const folder = pki.folder;
  return {
    name: 'GnuTLS',
    version,
    serverName: 'gnutls-serv',
    clientName: 'gnutls-cli',
    has: ({ id }) => names.has(id),
    serverLacks: () => undefined,
    clientLacks: ({ suite }) =>
      /^TLS_(?:DHE_PSK|ECDHE_PSK|PSK_DHE)_/.test(suite.name)
        ? 'gnutls-cli crashes when the handshake is over, with gnutls-serv too'
        : undefined,
    server: (cell, port) => ({
      // What goes to a pipe waits in a buffer: not with stdbuf.
      command: 'stdbuf',
      arguments: ['-oL', 'gnutls-serv', ...serverOptions(pki, cell, port)],
      folder,
      ready: /listening on IPv4.*done/,
    }),
    serverSays: (cell) => [
      new RegExp(`Protocol version:</TD><TD>${VERSIONS[cell.version]}<`),
      // Of TLS 1.3 it tells the cipher only.
      cell.version === 'TLSv1.3'
        ? new RegExp(`Cipher</TD><TD>${literally(cipherOf(nameOf(cell.suite)))}<`)
        : new RegExp(`Ciphersuite</TD><TD>${literally(nameOf(cell.suite).replace(/^TLS_/, ''))}<`),
      ...(isResumed(cell) ? [/This is a resumed session/] : []),
    ],
    client: (cell, port) => {
      const parameters = clientOptions(pki, cell, port, nameOf(cell.suite));
      return [{ command: 'gnutls-cli', arguments: parameters, folder, connections: isResumed(cell) ? 2 : 1 }];
    },
    clientSays: (cell) => [
      new RegExp(`Description: \\(${literally(VERSIONS[cell.version])}`),
      /Handshake was completed/,
      new RegExp(ANSWER),
      ...(isResumed(cell) ? [/This is a resumed session/] : []),
      ...(isResumed(cell) || cell.key === 'psk' ? [] : [/The certificate is trusted/]),
    ],
  };
}

/** Its names by IANA's numbers: `TLS_ECDHE_ECDSA_AES_128_GCM_SHA256   0xc0, 0x2b   TLS1.2`. */
function readNames(): ReadonlyMap<number, string> {
  const { stdout } = spawnSync('gnutls-cli', ['-l'], { encoding: 'utf8', timeout: 20_000 });
  const lines = [...stdout.matchAll(/^(TLS_\w+)\s+0x(\w\w), 0x(\w\w)/gm)];
  return new Map(lines.map(([, name, high, low]) => [Number.parseInt(`${high}${low}`, 16), name ?? '']));
}

/** Of its names: the key exchange, which those of TLS 1.3 lack, the cipher, and the hash, which CCM lacks. */
const SUITE = /^TLS_(?:(.+?)_)??((?:AES|CHACHA20|CAMELLIA|3DES|ARCFOUR)_.+?|NULL)(?:_(SHA\d+|MD5))?$/;

/** As priority strings, and its reports, name it. */
function cipherOf(suite: string): string {
  return (SUITE.exec(suite)?.[2] ?? '').replace('_EDE', '').replaceAll('_', '-');
}

/** A priority string that leaves nothing but one suite of one version. */
function priorityOf({ version, mode }: Cell, suite: string): string {
  const [, exchange, , mac] = SUITE.exec(suite) ?? [];
  const cipher = cipherOf(suite);
  const macs = /CBC|ARCFOUR|NULL/.test(cipher) ? mac : 'AEAD';
  const older = `:-KX-ALL:+${exchange?.replaceAll('_', '-')}:-MAC-ALL:+${macs}`;
  return [
    `NORMAL:-VERS-ALL:+VERS-${VERSIONS[version]}:-CIPHER-ALL:+${cipher}`,
    version === 'TLSv1.3' ? '' : older,
    wordOf(mode),
  ].join('');
}

function wordOf(mode: Mode): string {
  return mode === 'no extended master secret' ? ':%NO_SESSION_HASH' : '';
}

function serverOptions(pki: InteropPki, cell: Cell, port: number): string[] {
  const { certPath, keyPath } = leafOf(pki.servers, cell);
  const { version, key, mode } = cell;
  const priority = EVERYTHING[version === 'TLSv1.3' ? 'newest' : 'older'] + wordOf(mode);
  return [
    ...['--http', '--port', String(port), '--x509certfile', certPath, '--x509keyfile', keyPath, '--priority', priority],
    ...(mode === 'resumed by id' ? ['--noticket'] : []),
    ...(key === 'psk' ? ['--pskpasswd', keyFile(pki)] : []),
    ...(mode === 'client certificate'
      ? ['--require-client-cert', '--verify-client-cert', '--x509cafile', pki.caPath]
      : ['--disable-client-cert']),
  ];
}

function keyFile(pki: InteropPki): string {
  const path = pki.path('gnutls-keys');
  writeFileSync(path, `${SHARED_KEY.identity}:${SHARED_KEY.hex}\n`);
  return path;
}

function clientOptions(pki: InteropPki, cell: Cell, port: number, suite: string): string[] {
  const { certPath, keyPath } = leafOf(pki.clients, cell);
  return [
    ...['--x509cafile', pki.caPath, '--sni-hostname', 'localhost', '--verify-hostname', 'localhost'],
    ...['--priority', priorityOf(cell, suite), '--port', String(port)],
    ...(isResumed(cell) ? ['--resume', ...(cell.version === 'TLSv1.3' ? ['--waitresumption'] : [])] : []),
    ...(cell.mode === 'resumed by id' ? ['--noticket'] : []),
    ...(cell.key === 'psk' ? ['--pskusername', SHARED_KEY.identity, '--pskkey', SHARED_KEY.hex] : []),
    ...(cell.mode === 'client certificate' ? ['--x509certfile', certPath, '--x509keyfile', keyPath] : []),
    '127.0.0.1',
  ];
}
