/**
 * Configurations of our two roles for interop tests: the defaults, over the test PKI.
 */

import {
  type ClientConfig,
  type ClientOptions,
  defineClientConfig,
  defineServerConfig,
  type ServerConfig,
  type ServerOptions,
} from '../../packages/foxtls/src/connection/config.ts';
import { nodeProvider as provider } from '../../packages/foxtls/src/crypto/node/provider.ts';
import { createX509Verifier } from '../../packages/foxtls/src/pki/x509/verifier.ts';
import type { InteropPki } from './pki.ts';

export function clientConfig(pki: InteropPki, options: Partial<ClientOptions> = {}): ClientConfig {
  return defineClientConfig({ provider, verifier: trusting(pki.anchors), ...options });
}

export function serverConfig(pki: InteropPki, options: Partial<ServerOptions> = {}): ServerConfig {
  return defineServerConfig({ provider, credentials: [pki.servers.p256.credential], ...options });
}

export function trusting(trustAnchors: readonly Uint8Array[]) {
  return createX509Verifier({ provider, trustAnchors });
}

/** IANA's names, with what the peers call them. */
export const SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'] as const;

export const GROUPS = [
  { name: 'x25519', openssl: 'X25519', gnutls: 'X25519' },
  { name: 'secp256r1', openssl: 'P-256', gnutls: 'SECP256R1' },
  { name: 'secp384r1', openssl: 'P-384', gnutls: 'SECP384R1' },
  { name: 'secp521r1', openssl: 'P-521', gnutls: 'SECP521R1' },
  { name: 'x448', openssl: 'X448', gnutls: 'X448' },
] as const;

/** All of them: the default has fewer. */
export const GROUP_NAMES = GROUPS.map(({ name }) => name);

/** What both sides have only when it is named. */
export const NAMED_SUITES = [
  { suite: 'TLS_AES_128_CCM_SHA256', gnutls: 'AES-128-CCM' },
  { suite: 'TLS_AES_128_CCM_8_SHA256', gnutls: 'AES-128-CCM-8' },
] as const;
export const NAMED_GROUPS = ['ffdhe2048', 'ffdhe3072', 'ffdhe4096', 'ffdhe6144', 'ffdhe8192'] as const;

/** Which scheme each kind of key signs with, where the peer offers all. */
export const SCHEMES = [
  { key: 'p256', scheme: 'ecdsa_secp256r1_sha256', openssl: 'ECDSA+SHA256' },
  { key: 'p384', scheme: 'ecdsa_secp384r1_sha384', openssl: 'ECDSA+SHA384' },
  { key: 'rsa', scheme: 'rsa_pss_rsae_sha256', openssl: 'RSA-PSS+SHA256' },
  { key: 'rsa', scheme: 'rsa_pss_rsae_sha384', openssl: 'RSA-PSS+SHA384' },
  { key: 'rsa', scheme: 'rsa_pss_rsae_sha512', openssl: 'RSA-PSS+SHA512' },
  { key: 'ed25519', scheme: 'ed25519', openssl: 'ed25519' },
] as const;
