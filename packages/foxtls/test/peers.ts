/**
 * Programs of other make that tests talk to: whether they are here, and which version.
 *
 * A missing peer skips the tests that need it, with the reason. `FOXTLS_PEERS=required` turns that into a failure for the peers that
 * interop/install-peers.sh installs; the others stay optional.
 */

import { spawnSync } from 'node:child_process';
import { describe, it } from 'vitest';
import type { Skippable } from './folders.ts';

/** How to ask a program for its version. `installed` says whether interop/install-peers.sh brings it. */
interface Probe {
  /** The program to ask, where it is not the peer itself. */
  readonly command?: string;
  readonly arguments: readonly string[];
  readonly version: RegExp;
  readonly installed: boolean;
}

const PROBES = {
  openssl: { arguments: ['version'], version: /^OpenSSL (\S+)/, installed: true },
  'gnutls-cli': { arguments: ['--version'], version: /^gnutls-cli (\S+)/, installed: true },
  'gnutls-serv': { arguments: ['--version'], version: /^gnutls-serv (\S+)/, installed: true },
  certtool: { arguments: ['--version'], version: /^certtool (\S+)/, installed: true },
  curl: { arguments: ['--version'], version: /^curl (\S+)/, installed: true },
  chromium: { arguments: ['--version'], version: /^Chromium (\S+)/, installed: true },
  // NSS's tools do not say their version: their names have to do, on standard error.
  certutil: { arguments: ['--version'], version: /^(certutil)/, installed: true },
  pk12util: { arguments: [], version: /^Usage:\s+(pk12util)/m, installed: true },
  selfserv: { arguments: [], version: /^Usage:\s+(selfserv)/m, installed: true },
  'softhsm2-util': { arguments: ['--version'], version: /^(\d+\.\S+)/, installed: true },
  tstclnt: { arguments: [], version: /^Usage:\s+(tstclnt)/m, installed: true },
  // Scanners.
  sslscan: { arguments: ['--version'], version: /(\d+\.\d+\.\d+)/, installed: true },
  nmap: { arguments: ['--version'], version: /^Nmap version (\S+)/, installed: true },
  testssl: { arguments: ['--version'], version: /testssl\S* +(?:version )?(\d+\.\S+)/, installed: true },
  zsh: { arguments: ['--version'], version: /^zsh (\d+\.\d+)/, installed: true },
  fish: { arguments: ['--version'], version: /^fish, version (\d+\.\d+)/, installed: true },
  'redis-server': { arguments: ['--version'], version: /v=(\d+\.\d+\.\d+)/, installed: true },
  tmux: { arguments: ['-V'], version: /^tmux (\d+\.\d+)/, installed: true },
  tshark: { arguments: ['--version'], version: /^TShark \(Wireshark\) (\d+\.\d+\.\d+)/, installed: true },
  // CoAP over DTLS, of two builds; the option is unknown, and so answered by the usage.
  'coap-client-openssl': { arguments: ['-?'], version: /^coap-client\S* v(\S+)/m, installed: true },
  'coap-client-gnutls': { arguments: ['-?'], version: /^coap-client\S* v(\S+)/m, installed: true },
  // JSSE, driven by a program that the compiler has to be there for.
  javac: { arguments: ['-version'], version: /^javac (\S+)/m, installed: true },
  // A library: its example programs are built by interop/harness/wolfssl.ts.
  wolfssl: {
    command: 'gcc',
    arguments: ['-E', '-dM', '-include', 'wolfssl/version.h', '-x', 'c', '/dev/null'],
    version: /LIBWOLFSSL_VERSION_STRING "(\S+)"/,
    installed: true,
  },
} as const satisfies Record<string, Probe>;

export type PeerName = keyof typeof PROBES;

export interface Peer {
  /** The command, to be found on the PATH, or a library. */
  readonly name: PeerName;
  /** As the program prints it: `3.0.19`. */
  readonly version: string;
}

/** A peer, or undefined when it is not installed. Throws when peers are required. */
export function findPeer(name: PeerName): Peer | undefined {
  const probe: Probe = PROBES[name];
  const result = spawnSync(probe.command ?? name, probe.arguments, {
    encoding: 'utf8',
    timeout: 20_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const version = (probe.version.exec(result.stdout ?? '') ?? probe.version.exec(result.stderr ?? ''))?.[1];
  if (version !== undefined) return { name, version };
  if (probe.installed && process.env['FOXTLS_PEERS'] === 'required') {
    throw new Error(`${peerMissing(name)}, but FOXTLS_PEERS=required`);
  }
  return undefined;
}

/** Why a test that needs this peer was skipped: for `context.skip(reason)`. */
export function peerMissing(name: PeerName): string {
  return `no ${name} on the PATH: run interop/install-peers.sh`;
}

/** A peer; skips the running test when it is not installed. */
export function peerOrSkip(context: Skippable, name: PeerName): Peer {
  return findPeer(name) ?? context.skip(peerMissing(name));
}

/** A suite of tests against a peer, named with its version; one skipped test when it is not installed. */
export function describeWithPeer(title: string, name: PeerName, define: (peer: Peer) => void): void {
  const peer = findPeer(name);
  describe(peer === undefined ? title : `${title} (${name} ${peer.version})`, () => {
    if (peer === undefined) it('finds its peer', (context) => context.skip(peerMissing(name)));
    else define(peer);
  });
}
