/**
 * Who moves the files of the table: each is two command lines, for the receiving and for the sending end. All print the same lines of JSON.
 *
 * What is written in C (native/transfer.c) is compiled when it is asked for, if a compiler and the library are there.
 */

import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export interface Job {
  /** What is sent. */
  readonly file: string;
  /** Where it goes. */
  readonly folder: string;
  /** Under this name; of foxtls the sender chooses it, and it has to be that of the file. */
  readonly name: string;
  readonly certPath: string;
  readonly keyPath: string;
  readonly caPath: string;
  readonly version: '1.2' | '1.3';
  /** In OpenSSL's words. */
  readonly ciphers: string;
}

export interface Implementation {
  readonly name: ImplementationName;
  /** What it is made of, with versions. */
  readonly description: string;
  /** Runs without a virtual machine, so that valgrind can count what it allocates. */
  readonly isNative: boolean;
  readonly receiver: (job: Job) => readonly string[];
  readonly sender: (job: Job, port: number) => readonly string[];
}

export const IMPLEMENTATION_NAMES = ['foxtls', 'node:tls', 'OpenSSL', 'wolfSSL'] as const;
export type ImplementationName = (typeof IMPLEMENTATION_NAMES)[number];

/** One that can be used, or why it cannot. `folder` is for what is compiled. */
export async function findImplementation(
  name: ImplementationName,
  folder: string,
): Promise<Implementation | { readonly missing: string }> {
  const home = join(dirname(realpathSync(process.argv[1] as string)), '..');
  if (name === 'foxtls') return foxtls();
  if (name === 'node:tls') {
    const description = `node:tls of Node ${process.version} (OpenSSL ${process.versions.openssl})`;
    return { name, description, isNative: false, ...likeTutorial([process.execPath, join(home, 'dist/transfer-peer.js')]) };
  }
  return compile(name, join(home, 'native/transfer.c'), folder);
}

function foxtls(): Implementation {
  const program = [process.execPath, process.argv[1] as string];
  const common = ({ version, ciphers }: Job) => ['--json', '--plain', '--tls', version, '--ciphers', ciphers];
  return {
    name: 'foxtls',
    description: `foxtls on Node ${process.version}`,
    isNative: false,
    receiver: (job) => [
      ...program,
      'receive',
      '--port',
      '0',
      '--into',
      job.folder,
      '--cert',
      job.certPath,
      '--key',
      job.keyPath,
      ...common(job),
    ],
    sender: (job, port) => [
      ...program,
      'send',
      job.file,
      'localhost',
      '--port',
      String(port),
      '--ca',
      job.caPath,
      ...common(job),
    ],
  };
}

/** The arguments of native/transfer.c. */
function likeTutorial(program: readonly string[]): Pick<Implementation, 'receiver' | 'sender'> {
  return {
    receiver: ({ folder, name, certPath, keyPath, version, ciphers }) => [
      ...program,
      'receive',
      join(folder, name),
      certPath,
      version,
      ciphers,
      keyPath,
    ],
    sender: ({ file, caPath, version, ciphers }, port) => [...program, 'send', file, String(port), version, ciphers, caPath],
  };
}

const LIBRARIES = {
  OpenSSL: { flags: ['-lssl', '-lcrypto'], module: 'openssl', header: '/usr/include/openssl/ssl.h', package: 'libssl-dev' },
  wolfSSL: {
    flags: ['-DWITH_WOLFSSL', '-lwolfssl'],
    module: 'wolfssl',
    header: '/usr/include/wolfssl/ssl.h',
    package: 'libwolfssl-dev',
  },
} as const;

async function compile(
  name: 'OpenSSL' | 'wolfSSL',
  source: string,
  folder: string,
): Promise<Implementation | { readonly missing: string }> {
  const { flags, module, header, package: needed } = LIBRARIES[name];
  const run = promisify(execFile);
  const program = join(folder, `transfer-${module}`);
  try {
    const compiler = process.env['CC'] ?? 'gcc';
    await run(compiler, ['-O2', source, '-o', program, ...flags]);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { missing: 'there is no C compiler: install gcc, or name one in CC' };
    return { missing: existsSync(header) ? 'its program could not be compiled' : `there is no ${header}: install ${needed}` };
  }
  const version = await run('pkg-config', ['--modversion', module]).then(
    ({ stdout }) => stdout.trim(),
    () => '',
  );
  return { name, description: `${name} ${version} in C`.replace('  ', ' '), isNative: true, ...likeTutorial([program]) };
}
