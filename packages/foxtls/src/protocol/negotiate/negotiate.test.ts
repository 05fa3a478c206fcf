import { describe, expect, it } from 'vitest';
import { PeerMisbehaved } from '../../core/errors/errors.ts';
import { SIGNATURE_SCHEMES } from '../../core/registry/signature-schemes.ts';
import { nodeProvider } from '../../crypto/node/provider.ts';
import { portableProvider } from '../../crypto/portable/provider.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';
import type { KeyType } from '../../crypto/signature.ts';
import { availableCipherSuites, defaultCipherSuites } from './cipher-suites.ts';
import { defaultGroups, GROUP_POLICY } from './groups.ts';
import { checkRecordSizeLimit } from './record-size-limit.ts';
import { chooseSignatureScheme, schemeFitsKey, TLS13_SIGNATURE_SCHEMES } from './signature-schemes.ts';

const RSA_2048: KeyType = { kind: 'rsa', bits: 2048 };
const P256: KeyType = { kind: 'ec', curve: 'secp256r1' };

describe('the suites of a provider', () => {
  const without = (part: Partial<CryptoProvider>) => defaultCipherSuites({ ...nodeProvider, ...part }).map(({ name }) => name);

  it('are those of TLS 1.3, AES-128 first', () => {
    expect(availableCipherSuites(nodeProvider).map(({ id }) => id)).toEqual([0x1301, 0x1302, 0x1303, 0x1304, 0x1305]);
  });

  it('are used without being named, but for the CCM suites', () => {
    const expected = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
    expect(defaultCipherSuites(nodeProvider).map(({ name }) => name)).toEqual(expected);
    expect(defaultCipherSuites(portableProvider).map(({ name }) => name)).toEqual(expected);
    expect(availableCipherSuites(portableProvider).map(({ name }) => name)).toEqual(expected);
  });

  it('are those that it has an AEAD and a hash for', () => {
    const gcmOnly = nodeProvider.aeads.filter(({ name }) => name !== 'chacha20-poly1305');
    expect(without({ aeads: gcmOnly })).toEqual(['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384']);
    const noSha384 = nodeProvider.hashes.filter(({ name }) => name !== 'sha384');
    expect(without({ hashes: noSha384 })).toEqual(['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256']);
    expect(without({ aeads: [] })).toEqual([]);
  });

  it('have the record limits of RFC 8446 §5.5 and RFC 9147 §4.5.3', () => {
    const limits = Object.fromEntries(availableCipherSuites(nodeProvider).map(({ name, recordLimit }) => [name, recordLimit]));
    expect(limits).toEqual({
      TLS_AES_128_GCM_SHA256: 23_726_566,
      TLS_AES_256_GCM_SHA384: 23_726_566,
      TLS_CHACHA20_POLY1305_SHA256: 2 ** 48,
      TLS_AES_128_CCM_SHA256: 8_388_608,
      TLS_AES_128_CCM_8_SHA256: 8_388_608,
    });
  });
});

describe('the groups of a provider', () => {
  it('are used without being named where the policy says so, in its order', () => {
    const expected = ['x25519', 'secp256r1', 'secp384r1'];
    expect(defaultGroups(nodeProvider).map(({ name }) => name)).toEqual(expected);
    const reversed = { ...nodeProvider, groups: [...nodeProvider.groups].reverse() };
    expect(defaultGroups(reversed).map(({ name }) => name)).toEqual(expected);
    expect(defaultGroups({ ...nodeProvider, groups: nodeProvider.groups.slice(1, 2) }).map(({ name }) => name)).toEqual([
      'secp256r1',
    ]);
  });

  it('all have a policy', () => {
    expect(nodeProvider.groups.map(({ name }) => name)).toEqual(GROUP_POLICY.map(({ name }) => name));
  });
});

describe('a signature scheme', () => {
  const fitting = (type: KeyType) =>
    TLS13_SIGNATURE_SCHEMES.filter((scheme) => schemeFitsKey(scheme, type)).map(({ name }) => name);

  const fits: readonly [what: string, type: KeyType, names: readonly string[]][] = [
    ['P-256', P256, ['ecdsa_secp256r1_sha256']],
    ['P-384', { kind: 'ec', curve: 'secp384r1' }, ['ecdsa_secp384r1_sha384']],
    ['P-521', { kind: 'ec', curve: 'secp521r1' }, ['ecdsa_secp521r1_sha512']],
    ['Ed25519', { kind: 'ed25519' }, ['ed25519']],
    ['Ed448', { kind: 'ed448' }, ['ed448']],
    [
      'RSA',
      RSA_2048,
      [
        'rsa_pss_rsae_sha256',
        'rsa_pss_rsae_sha384',
        'rsa_pss_rsae_sha512',
        'rsa_pkcs1_sha256',
        'rsa_pkcs1_sha384',
        'rsa_pkcs1_sha512',
      ],
    ],
    ['RSASSA-PSS', { kind: 'rsa-pss', bits: 2048 }, ['rsa_pss_pss_sha256', 'rsa_pss_pss_sha384', 'rsa_pss_pss_sha512']],
    // 1024 bits have 128 bytes; PSS with SHA-512 wants 64 + 64 + 2.
    ['RSASSA-PSS of 1024 bits', { kind: 'rsa-pss', bits: 1024 }, ['rsa_pss_pss_sha256', 'rsa_pss_pss_sha384']],
    // emBits is one less than the modulus has: 1034 bits make an encoded message of 130 bytes, 1033 make 129.
    [
      'RSASSA-PSS of 1034 bits',
      { kind: 'rsa-pss', bits: 1034 },
      ['rsa_pss_pss_sha256', 'rsa_pss_pss_sha384', 'rsa_pss_pss_sha512'],
    ],
    ['RSASSA-PSS of 1033 bits', { kind: 'rsa-pss', bits: 1033 }, ['rsa_pss_pss_sha256', 'rsa_pss_pss_sha384']],
  ];
  it.each(fits)('fits a key: %s', (_what, type, names) => {
    expect(fitting(type)).toEqual(names);
  });

  it('is the first of ours that the peer offers and the key fits', () => {
    const offered = [SIGNATURE_SCHEMES.rsa_pss_rsae_sha512, SIGNATURE_SCHEMES.rsa_pss_rsae_sha384, SIGNATURE_SCHEMES.ed25519];
    expect(chooseSignatureScheme(TLS13_SIGNATURE_SCHEMES, RSA_2048, offered)?.name).toBe('rsa_pss_rsae_sha384');
    expect(chooseSignatureScheme(TLS13_SIGNATURE_SCHEMES, P256, offered)).toBeUndefined();
    expect(chooseSignatureScheme([], RSA_2048, offered)).toBeUndefined();
  });

  it('is never one that is for certificates only', () => {
    const offered = [SIGNATURE_SCHEMES.rsa_pkcs1_sha256, SIGNATURE_SCHEMES.rsa_pkcs1_sha384];
    expect(chooseSignatureScheme(TLS13_SIGNATURE_SCHEMES, RSA_2048, offered)).toBeUndefined();
  });

  it('for PSS has a salt as long as its hash', () => {
    const sizes = { sha256: 32, sha384: 48, sha512: 64 } as Record<string, number>;
    for (const { algorithm } of TLS13_SIGNATURE_SCHEMES) {
      if (algorithm.kind === 'rsa-pss')
        expect([algorithm.saltLength, algorithm.mgfHash]).toEqual([sizes[algorithm.hash], algorithm.hash]);
    }
  });
});

describe('record_size_limit', () => {
  it('is refused below 64', () => {
    expect(() => checkRecordSizeLimit(63)).toThrow(PeerMisbehaved);
    expect(() => checkRecordSizeLimit(64)).not.toThrow();
    // RFC 8449 §4: more than a protocol allows is no error, for the peer may know a later one.
    expect(() => checkRecordSizeLimit(65535)).not.toThrow();
  });
});
