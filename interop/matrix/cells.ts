/**
 * What is tried with every peer: each version × suite that foxtls has × the ways in which a handshake of it can go.
 *
 * Nothing here lists suites: they are those of foxtls, so that a new one is a new row. What a suite needs is read from its name.
 */

import type { VersionName } from '../../packages/foxtls/src/core/registry/protocol-versions.ts';
import { nodeProvider } from '../../packages/foxtls/src/crypto/node/provider.ts';
import { legacyCipherSuites } from '../../packages/foxtls/src/legacy.ts';
import {
  availableTls12CipherSuites,
  TLS12_CIPHER_SUITES,
} from '../../packages/foxtls/src/protocol/handshake/tls12/cipher-suites.ts';
import { availableCipherSuites } from '../../packages/foxtls/src/protocol/negotiate/cipher-suites.ts';
import type { KeyName } from '../harness/pki.ts';

/** How a handshake goes. */
export type Mode = 'full' | 'resumed by ticket' | 'resumed by id' | 'client certificate' | 'no extended master secret';

export interface Suite {
  /** IANA's number and name. */
  readonly id: number;
  readonly name: string;
}

export interface Row {
  readonly version: VersionName;
  readonly suite: Suite;
}

export interface Cell extends Row {
  readonly mode: Mode;
  /** The key of the server's certificate, and that of the client's where it shows one; or that a pre-shared key has to do. */
  readonly key: KeyName | 'psk';
}

/** What the server shows for each key exchange: keys that its certificate may hold, the first for everything; or no certificate. */
const KEYS: Readonly<Record<string, readonly [Cell['key'], ...Cell['key'][]]>> = {
  ECDHE_ECDSA: ['p256', 'p384', 'ed25519'],
  ECDHE_RSA: ['rsa'],
  DHE_RSA: ['rsa'],
  RSA: ['rsa'],
  ECDH_ECDSA: ['p256'],
  PSK: ['psk'],
  DHE_PSK: ['psk'],
  PSK_DHE: ['psk'],
  ECDHE_PSK: ['psk'],
};
/** TLS 1.3 says nothing of keys in the names of its suites. */
const ANY_KEY = ['p256', 'rsa'] as const;

/** The suites by version, newest first, in our order of preference. */
export function rows(): readonly Row[] {
  return allRows().filter(({ suite }) => keysOf(suite.name) !== undefined);
}

/** Suites that foxtls has, and for which something is missing here: keys of DSS, fixed Diffie-Hellman, anonymity, RSA with a pre-shared key. */
export function untried(): readonly Suite[] {
  return allRows()
    .map(({ suite }) => suite)
    .filter(({ name }) => keysOf(name) === undefined);
}

function allRows(): readonly Row[] {
  const row = (version: VersionName) => (suite: Suite) => ({ version, suite: { id: suite.id, name: suite.name } });
  const tls12 = availableTls12CipherSuites(nodeProvider, [...TLS12_CIPHER_SUITES, ...legacyCipherSuites]);
  const older = tls12.filter(({ beforeTls12 }) => beforeTls12);
  return [
    ...availableCipherSuites(nodeProvider).map(row('TLSv1.3')),
    ...tls12.map(row('TLSv1.2')),
    ...older.map(row('TLSv1.1')),
    ...older.map(row('TLSv1')),
  ];
}

function keysOf(suite: string): (typeof KEYS)[string] | undefined {
  const [, exchange] = /^TLS_(\w+)_WITH_/.exec(suite) ?? [];
  return exchange === undefined ? ANY_KEY : KEYS[exchange];
}

const LEGACY: ReadonlySet<string> = new Set(legacyCipherSuites.map(({ name }) => name));

/** All that is tried of a row: full handshakes with each kind of key, the others with the first; of what is legacy less. */
export function cellsOf({ version, suite }: Row): readonly Cell[] {
  // EdDSA is agreed on by signature_algorithms, which came with TLS 1.2.
  const keys = (keysOf(suite.name) ?? []).filter((name) => name !== 'ed25519' || version === 'TLSv1.2');
  const [key = 'p256', ...others] = keys;
  const cell = (mode: Mode, which = key): Cell => ({ version, suite, mode, key: which });
  if (LEGACY.has(suite.name)) return [cell('full'), cell('resumed by ticket')];
  return [
    ...[key, ...others].map((which) => cell('full', which)),
    cell('resumed by ticket'),
    ...(version === 'TLSv1.3' ? [] : [cell('resumed by id'), cell('no extended master secret')]),
    ...(key === 'psk' ? [] : [cell('client certificate')]),
  ];
}

export function titleOf({ version, suite, mode, key }: Cell): string {
  return `${version} ${suite.name}, ${mode}, ${key}`;
}
