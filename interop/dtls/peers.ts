/**
 * The peers of interop/dtls.test.ts: each with what is tried with it, or why it is not here.
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findPeer, type PeerName, peerMissing } from '../../packages/foxtls/test/peers.ts';
import type { InteropPki } from '../harness/pki.ts';
import { buildWolfSsl, givenWolfSsl } from '../harness/wolfssl.ts';
import type { DtlsCase } from './case.ts';
import { coapCases } from './coap.ts';
import { gnuTlsCases } from './gnutls.ts';
import { jsseCases } from './jsse.ts';
import { mbedTlsCases } from './mbedtls.ts';
import { nssCases } from './nss.ts';
import { openSslCases } from './openssl.ts';
import { wolfSslCases } from './wolfssl.ts';

export type FoundPeer = { readonly version: string; readonly cases: readonly DtlsCase[] } | { readonly missing: string };

export interface DtlsPeer {
  readonly name: string;
  find(): Promise<FoundPeer>;
}

/** Its version 5.5: that of 5.9 does. */
const LAST_FLIGHT = 'when its last flight is lost, the server does not send it again for a client that asks for it';

export function dtlsPeers(pki: InteropPki): readonly DtlsPeer[] {
  return [
    { name: 'openssl', find: installed('openssl', () => openSslCases(pki)) },
    { name: 'GnuTLS', find: installed('gnutls-cli', () => gnuTlsCases(pki)) },
    { name: 'wolfSSL', find: installed('wolfssl', () => wolfSslCases(pki, buildWolfSsl(pki), 'DTLSv1.2', LAST_FLIGHT)) },
    { name: 'libcoap with OpenSSL', find: installed('coap-client-openssl', () => coapCases(pki, 'openssl')) },
    { name: 'libcoap with GnuTLS', find: installed('coap-client-gnutls', () => coapCases(pki, 'gnutls')) },
    { name: 'JSSE', find: installed('javac', () => jsseCases(pki)) },
    {
      name: 'wolfSSL with DTLS 1.3',
      find: given('FOXTLS_WOLFSSL_DTLS13', 'a folder with the example client and server of wolfSSL 5.9 or later', (folder) => {
        const wolfSsl = givenWolfSsl(pki, folder);
        const cases = [...wolfSslCases(pki, wolfSsl, 'DTLSv1.3'), ...wolfSslCases(pki, wolfSsl, 'DTLSv1.2')];
        return { version: wolfSsl.version, cases };
      }),
    },
    {
      name: 'mbedTLS',
      find: given('FOXTLS_MBEDTLS', 'a folder with ssl_client2 and ssl_server2 of mbedTLS 3.6', (folder) => ({
        version: versionOf(join(folder, 'ssl_client2'), 'build_version=1'),
        cases: mbedTlsCases(pki, folder),
      })),
    },
    {
      name: 'NSS with DTLS 1.3',
      find: given('FOXTLS_NSS_DTLS13', 'the tstclnt of NSS 3.110 or later', (tstclnt) => ({
        version: '3.110 or later',
        cases: nssCases(pki, tstclnt),
      })),
    },
  ];
}

/** Brought by interop/install-peers.sh. */
function installed(name: PeerName, cases: () => readonly DtlsCase[] | Promise<readonly DtlsCase[]>): DtlsPeer['find'] {
  return async () => {
    const peer = findPeer(name);
    return peer === undefined ? { missing: peerMissing(name) } : { version: peer.version, cases: await cases() };
  };
}

/** Not in the distribution: where it is, a variable of the environment says. */
function given(variable: string, what: string, make: (path: string) => FoundPeer | Promise<FoundPeer>): DtlsPeer['find'] {
  return async () => {
    const path = process.env[variable];
    return path === undefined || path === '' ? { missing: `set ${variable}: ${what}` } : await make(path);
  };
}

function versionOf(command: string, ...options: readonly string[]): string {
  const { stdout = '' } = spawnSync(command, options, { encoding: 'utf8', timeout: 20_000 });
  return /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? '';
}
