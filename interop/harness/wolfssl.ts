/**
 * wolfSSL's own example client and server, built where the tests run from the sources that its package brings, and the folder that they
 * take for wolfSSL's home.
 *
 * ```
 * client, server            built here; nothing of theirs is kept
 * examples/*.h              empty: the examples include headers of their own name, which the package does not have
 * certs/dh2048.pem          what they look for to know that they are at home
 * certs/ocsp/…              roots that the server loads whether it needs them or not
 * ```
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InteropPki } from './pki.ts';

/** Where the package puts them: interop/install-peers.sh. */
const SOURCES = '/usr/share/doc/libwolfssl-dev/examples';

export interface WolfSsl {
  /** The working directory of both programs. */
  readonly home: string;
  readonly client: string;
  readonly server: string;
  /** Its own names of the suites that it has. */
  readonly suites: ReadonlySet<string>;
  /** For a server that has CRLs: not to look for them. */
  readonly withoutCrl: readonly string[];
}

/** Takes about a second. */
export function buildWolfSsl(pki: InteropPki): WolfSsl {
  const home = makeHome(pki, 'wolfssl');
  const [client, server] = [build(home, 'client'), build(home, 'server')];
  const suites = new Set(execute(client, ['-e'], home).trim().split(':'));
  return { home, client, server, suites, withoutCrl: ['-V'] };
}

/** Those that were built elsewhere, with what Debian's library lacks: a folder that has them both. */
export function givenWolfSsl(pki: InteropPki, folder: string): WolfSsl & { readonly version: string } {
  const home = makeHome(pki, 'given-wolfssl');
  const [client, server] = [join(folder, 'client'), join(folder, 'server')];
  const suites = new Set(execute(client, ['-e'], home).trim().split(':'));
  const [, version = ''] = /wolfSSL client (\S+)/.exec(execute(client, ['-?'], home)) ?? [];
  return { home, client, server, suites, withoutCrl: [], version };
}

/** Its echo programs, which take no options: what they load has names of its own. */
export interface WolfSslEcho {
  readonly home: string;
  readonly client: string;
  readonly server: string;
}

/** They read the certificates of wolfSSL's source tree, in whose place ours stand; their port, which is fixed, is taken from `ECHO_PORT`. */
export function buildWolfSslEcho(pki: InteropPki): WolfSslEcho {
  const home = makeHome(pki, 'wolfssl-echo');
  const { certPath, keyPath } = pki.servers.p256;
  for (const [name, path] of [
    ['ca-cert.pem', pki.caPath],
    ['ca-ecc-cert.pem', pki.caPath],
    ['server-cert.pem', certPath],
    ['server-key.pem', keyPath],
    ['server-ecc.pem', certPath],
    ['ecc-key.pem', keyPath],
  ] as const)
    copyFileSync(path, join(home, 'certs', name));
  return { home, client: build(home, 'echoclient', withPort), server: build(home, 'echoserver', withPort) };
}

function withPort(source: string): string {
  return source.replace(/port = (?:yassl|wolfSSL)Port;/, 'port = (word16)atoi(getenv("ECHO_PORT"));');
}

function makeHome(pki: InteropPki, name: string): string {
  const home = pki.path(name);
  mkdirSync(join(home, 'certs/ocsp'), { recursive: true });
  execute(
    'openssl',
    ['genpkey', '-genparam', '-algorithm', 'DH', '-pkeyopt', 'group:ffdhe2048', '-out', 'certs/dh2048.pem'],
    home,
  );
  for (const index of [1, 2, 3]) copyFileSync(pki.caPath, join(home, `certs/ocsp/intermediate${index}-ca-cert.pem`));
  return home;
}

function build(
  home: string,
  name: 'client' | 'server' | 'echoclient' | 'echoserver',
  change?: (source: string) => string,
): string {
  const headers = join(home, 'examples', name);
  mkdirSync(headers, { recursive: true });
  writeFileSync(join(headers, `${name}.h`), '');
  const program = join(home, name);
  const given = join(SOURCES, `${name}.c`);
  const changed = `${program}.c`;
  if (change !== undefined) writeFileSync(changed, change(readFileSync(given, 'latin1')), 'latin1');
  execute(
    'gcc',
    ['-w', '-I', home, change === undefined ? given : changed, '-o', program, '-lwolfssl', '-lpthread', '-lm'],
    home,
  );
  return program;
}

function execute(command: string, parameters: readonly string[], folder: string): string {
  const { status, stdout, stderr } = spawnSync(command, parameters, { cwd: folder, encoding: 'utf8', timeout: 30_000 });
  if (status !== 0) throw new Error(`${command} ${parameters.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}
