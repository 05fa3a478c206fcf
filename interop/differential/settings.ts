/**
 * What two servers are both told, for the differential test: drawn at random, as a configuration of foxtls and as arguments of `openssl s_server`.
 *
 * Only what both can have is drawn. Where foxtls wants a word for something old or weak, the word is said here: the question is what two
 * servers do that may do the same.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { defineServerConfig, type ServerConfig } from '../../packages/foxtls/src/connection/config.ts';
import { CIPHER_SUITES } from '../../packages/foxtls/src/core/registry/cipher-suites.ts';
import type { VersionName } from '../../packages/foxtls/src/core/registry/protocol-versions.ts';
import { FFDHE2048 } from '../../packages/foxtls/src/crypto/finite-field.ts';
import { nodeProvider as provider } from '../../packages/foxtls/src/crypto/node/provider.ts';
import { legacy } from '../../packages/foxtls/src/legacy.ts';
import { openSslSuite } from '../../packages/foxtls/src/node/openssl-suites.ts';
import type { X509Credential } from '../../packages/foxtls/src/protocol/handshake/credential.ts';
import type { InteropPki, KeyName } from '../harness/pki.ts';

export interface Settings {
  /** The newest first, without gaps. */
  readonly versions: readonly VersionName[];
  /** In order of preference, as all lists here. */
  readonly tls13Suites: readonly string[];
  /** Of TLS 1.2 and older. */
  readonly suites: readonly string[];
  /** Of s_server alone: foxtls has no other order than its own. */
  readonly serverPreference: boolean;
  readonly groups: readonly string[];
  readonly schemes: readonly string[];
  /** One or two certificates. */
  readonly keys: readonly KeyName[];
  readonly alpn: readonly string[];
  readonly tickets: boolean;
}

export const TLS13_SUITES = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_CCM_SHA256',
  'TLS_AES_128_CCM_8_SHA256',
] as const;

/** Those that versions before TLS 1.2 have, too. */
const OLD_SUITES = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_DHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_RSA_WITH_AES_128_CBC_SHA',
] as const;

export const SUITES = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CCM',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384',
  'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_RSA_WITH_AES_256_GCM_SHA384',
  ...OLD_SUITES,
] as const;

/** IANA's names; openssl knows them under these, too, but for the first four. */
export const GROUPS = ['x25519', 'secp256r1', 'secp384r1', 'secp521r1', 'x448', 'ffdhe2048', 'ffdhe3072'] as const;
const OPENSSL_GROUPS: Readonly<Record<string, string>> = {
  x25519: 'X25519',
  secp256r1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
  x448: 'X448',
};

export const SCHEMES = [
  'ecdsa_secp256r1_sha256',
  'ecdsa_secp384r1_sha384',
  'ecdsa_secp521r1_sha512',
  'ed25519',
  'rsa_pss_rsae_sha256',
  'rsa_pss_rsae_sha384',
  'rsa_pss_rsae_sha512',
  'rsa_pkcs1_sha256',
  'rsa_pkcs1_sha384',
  'rsa_pkcs1_sha512',
  'rsa_pkcs1_sha1',
  'ecdsa_sha1',
] as const;

export const PROTOCOLS = ['h2', 'http/1.1', 'foo', 'bar'] as const;

const VERSIONS: readonly (readonly VersionName[])[] = [
  ['TLSv1.3', 'TLSv1.2'],
  ['TLSv1.3'],
  ['TLSv1.2'],
  ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1'],
  ['TLSv1.2', 'TLSv1.1'],
];

/** Of the curves that ECDSA is with, openssl keeps one certificate. */
const KEYS: readonly (readonly KeyName[])[] = [
  ...[['rsa'], ['p256'], ['p384'], ['ed25519']],
  ...[
    ['p256', 'rsa'],
    ['rsa', 'p256'],
    ['rsa', 'p384'],
    ['ed25519', 'rsa'],
    ['p256', 'ed25519'],
  ],
] as readonly (readonly KeyName[])[];

/** Most of a list, or little of it, in any order; `likely` of the time as it stands. */
export function some<T>(pool: readonly T[], likely = 1): fc.Arbitrary<T[]> {
  return fc.oneof(
    { arbitrary: fc.shuffledSubarray<T>([...pool], { minLength: 1 }), weight: 3 },
    { arbitrary: fc.shuffledSubarray<T>([...pool], { minLength: Math.ceil(pool.length * 0.7) }), weight: 2 },
    { arbitrary: fc.constant<T[]>([...pool]), weight: likely },
  );
}

export const settings: fc.Arbitrary<Settings> = fc
  .record({
    versions: fc.oneof(
      { arbitrary: fc.constant(VERSIONS[0] ?? []), weight: 2 },
      { arbitrary: fc.constantFrom(...VERSIONS), weight: 3 },
    ),
    tls13Suites: some(TLS13_SUITES, 3),
    suites: some(SUITES, 4),
    oldSuite: fc.constantFrom(...OLD_SUITES),
    serverPreference: fc.integer({ min: 0, max: 3 }).map((drawn) => drawn > 0),
    groups: some(GROUPS, 4),
    schemes: some(SCHEMES, 8),
    keys: fc.constantFrom(...KEYS),
    alpn: fc.oneof(fc.constant([]), fc.shuffledSubarray([...PROTOCOLS], { minLength: 1, maxLength: 3 })),
    tickets: fc.boolean(),
  })
  .map(({ oldSuite, ...drawn }) => {
    const needsOld = drawn.versions.includes('TLSv1.1') && !OLD_SUITES.some((suite) => drawn.suites.includes(suite));
    return needsOld ? { ...drawn, suites: [...drawn.suites, oldSuite] } : drawn;
  });

/** Of foxtls. */
export async function foxtlsConfig(
  pki: InteropPki,
  { tls13Suites, suites, tickets, ...chosen }: Settings,
): Promise<ServerConfig> {
  return defineServerConfig({
    provider,
    legacy,
    versions: chosen.versions,
    cipherSuites: [...tls13Suites, ...suites],
    groups: chosen.groups,
    signatureSchemes: chosen.schemes,
    credentials: await Promise.all(chosen.keys.map((key) => credentialOf(pki, key))),
    alpnProtocols: chosen.alpn,
    tickets: tickets ? 2 : 0,
    insecureMacThenEncrypt: true,
    diffieHellmanParameters: FFDHE2048,
  });
}

/** With what decrypts, for static RSA. */
async function credentialOf(pki: InteropPki, key: KeyName): Promise<X509Credential> {
  const { credential, created } = pki.servers[key];
  if (key !== 'rsa') return credential;
  return { ...credential, decrypter: await provider.keyEncryption?.importDecrypter(created.key.exportPkcs8()) };
}

/** Of s_server, behind its name. */
export function openSslArguments(pki: InteropPki, settings: Settings, port: number): string[] {
  const { versions, suites, tls13Suites, groups, schemes, alpn } = settings;
  const [first, second] = settings.keys.map((key) => pki.servers[key]);
  const ciphers = suites.map((suite) => openSslSuite(suite)?.name ?? suite);
  return [
    ...['s_server', '-www', '-accept', `127.0.0.1:${port}`],
    ...(first === undefined ? [] : ['-cert', first.certPath, '-key', first.keyPath]),
    ...(second === undefined ? [] : ['-dcert', second.certPath, '-dkey', second.keyPath]),
    ...['-min_protocol', versions.at(-1) ?? '', '-max_protocol', versions[0] ?? ''],
    ...['-cipher', `${ciphers.join(':')}:@SECLEVEL=0`, '-ciphersuites', tls13Suites.join(':')],
    ...[
      '-groups',
      groups.map((group) => OPENSSL_GROUPS[group] ?? group).join(':'),
      '-sigalgs',
      schemes.map((name) => (name === 'ecdsa_sha1' ? 'ECDSA+SHA1' : name)).join(':'),
    ],
    ...['-dhparam', dhParameters(pki)],
    ...(settings.serverPreference ? ['-serverpref'] : []),
    ...(alpn.length > 0 ? ['-alpn', alpn.join(',')] : []),
    ...(settings.tickets ? [] : ['-no_ticket']),
  ];
}

function dhParameters(pki: InteropPki): string {
  const path = pki.path('ffdhe2048.pem');
  if (existsSync(path)) return path;
  const parameters = ['genpkey', '-genparam', '-algorithm', 'DH', '-pkeyopt', 'group:ffdhe2048', '-out', path];
  spawnSync('openssl', parameters, { timeout: 20_000 });
  return path;
}

/** The number of a suite of IANA's name. */
export function suiteId(name: string): number {
  return CIPHER_SUITES[name as keyof typeof CIPHER_SUITES];
}
