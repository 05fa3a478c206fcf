/**
 * The peers of interop/dtls.test.ts: each with what is tried with it, or why it is not here.
 */

import { findPeer, type PeerName, peerMissing } from '../../packages/foxtls/test/peers.ts';
import type { InteropPki } from '../harness/pki.ts';
import type { DtlsCase } from './case.ts';
import { openSslCases } from './openssl.ts';

export type FoundPeer = { readonly version: string; readonly cases: readonly DtlsCase[] } | { readonly missing: string };

export interface DtlsPeer {
  readonly name: string;
  find(): Promise<FoundPeer>;
}

export function dtlsPeers(pki: InteropPki): readonly DtlsPeer[] {
  return [{ name: 'openssl', find: installed('openssl', () => openSslCases(pki)) }];
}

/** Brought by interop/install-peers.sh. */
function installed(name: PeerName, cases: () => readonly DtlsCase[] | Promise<readonly DtlsCase[]>): DtlsPeer['find'] {
  return async () => {
    const peer = findPeer(name);
    return peer === undefined ? { missing: peerMissing(name) } : { version: peer.version, cases: await cases() };
  };
}
