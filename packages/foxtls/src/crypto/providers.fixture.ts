/**
 * The providers that every test of this folder runs over, and small ways to ask them.
 */

import { isPostQuantum } from '../core/registry/named-groups.ts';
import type { Aead, AeadName } from './aead.ts';
import type { Hash, HashName } from './hash.ts';
import type { KeyExchangeGroup } from './key-exchange.ts';
import { nodeProvider } from './node/provider.ts';
import { portableProvider } from './portable/provider.ts';
import type { CryptoProvider } from './provider.ts';
import type { KeyGenerationRequest, SignatureAlgorithm } from './signature.ts';

export const providers: readonly CryptoProvider[] = [nodeProvider, portableProvider];

/** Groups that answer at once: all but those with ML-KEM, which is loaded when it is asked for. */
export function synchronousGroups({ groups }: CryptoProvider): readonly KeyExchangeGroup[] {
  return groups.filter(({ id }) => !isPostQuantum(id));
}

export function hashNamed(provider: CryptoProvider, name: HashName): Hash {
  return named(provider.hashes, name);
}

export function aeadNamed(provider: CryptoProvider, name: AeadName): Aead {
  return named(provider.aeads, name);
}

export function groupNamed(provider: CryptoProvider, name: string): KeyExchangeGroup {
  return named(provider.groups, name);
}

function named<T extends { readonly name: string }>(parts: readonly T[], name: string): T {
  const part = parts.find((candidate) => candidate.name === name);
  if (part === undefined) throw new Error(`no ${name}`);
  return part;
}

/** Keys to make, and with what they sign, the algorithm that TLS 1.3 uses first. `portable`: whether that provider signs with them. */
export const signingCases: readonly {
  readonly title: string;
  readonly request: KeyGenerationRequest;
  readonly algorithm: SignatureAlgorithm;
  readonly portable: boolean;
}[] = [
  {
    title: 'ECDSA P-256',
    request: { kind: 'ec', curve: 'secp256r1' },
    algorithm: { kind: 'ecdsa', hash: 'sha256' },
    portable: true,
  },
  {
    title: 'ECDSA P-384',
    request: { kind: 'ec', curve: 'secp384r1' },
    algorithm: { kind: 'ecdsa', hash: 'sha384' },
    portable: true,
  },
  {
    title: 'ECDSA P-256 with SHA-512',
    request: { kind: 'ec', curve: 'secp256r1' },
    algorithm: { kind: 'ecdsa', hash: 'sha512' },
    portable: true,
  },
  {
    title: 'ECDSA P-384 with SHA-256',
    request: { kind: 'ec', curve: 'secp384r1' },
    algorithm: { kind: 'ecdsa', hash: 'sha256' },
    portable: true,
  },
  { title: 'Ed25519', request: { kind: 'ed25519' }, algorithm: { kind: 'ed25519' }, portable: true },
  {
    title: 'ECDSA P-521',
    request: { kind: 'ec', curve: 'secp521r1' },
    algorithm: { kind: 'ecdsa', hash: 'sha512' },
    portable: false,
  },
  { title: 'Ed448', request: { kind: 'ed448' }, algorithm: { kind: 'ed448' }, portable: false },
  {
    title: 'RSA-PSS',
    request: { kind: 'rsa', bits: 2048 },
    algorithm: { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 },
    portable: false,
  },
  {
    title: 'RSA PKCS#1',
    request: { kind: 'rsa', bits: 2048 },
    algorithm: { kind: 'rsa-pkcs1', hash: 'sha256' },
    portable: false,
  },
];
