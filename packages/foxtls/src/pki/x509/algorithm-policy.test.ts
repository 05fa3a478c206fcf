import { describe, expect, it } from 'vitest';
import type { KeyType, SignatureAlgorithm } from '../../crypto/signature.ts';
import { type AlgorithmPolicy, algorithmRules, judgeKey, weakHashOf } from './algorithm-policy.ts';

const rsa = (bits: number): KeyType => ({ kind: 'rsa', bits });
const dsa = (bits: number): KeyType => ({ kind: 'dsa', bits });
const P256: KeyType = { kind: 'ec', curve: 'secp256r1' };
const P521: KeyType = { kind: 'ec', curve: 'secp521r1' };

describe('a key', () => {
  it.each<[string, KeyType, AlgorithmPolicy, string | undefined]>([
    ['of RSA-2048', rsa(2048), {}, undefined],
    ['of RSA-2047', rsa(2047), {}, 'key_too_small'],
    ['of RSA-1024, below a limit that cannot be lowered by accident', rsa(1024), { minimumRsaBits: 1024 }, 'key_too_small'],
    ['of RSA-1024, in so many words', rsa(1024), { dangerouslyAllowRsaBits: 1024 }, undefined],
    ['of RSA-2048, when more is asked', rsa(2048), { minimumRsaBits: 3072 }, 'key_too_small'],
    ['of RSA-16392', rsa(16_392), {}, 'key_unsupported'],
    ['of RSA-4104, when less is asked', rsa(4104), { maximumRsaBits: 4096 }, 'key_unsupported'],
    ['of RSA-PSS', { kind: 'rsa-pss', bits: 1024 }, {}, 'key_too_small'],
    ['on P-256', P256, {}, undefined],
    ['on P-521, when it is not listed', P521, { curves: ['secp256r1'] }, 'key_unsupported'],
    ['of Ed25519', { kind: 'ed25519' }, {}, undefined],
    ['of Ed448, when it is not listed', { kind: 'ed448' }, { edwardsCurves: ['ed25519'] }, 'key_unsupported'],
    ['of DSA', dsa(2048), {}, 'key_unsupported'],
    ['of DSA-1024, in so many words', dsa(1024), { dangerouslyAllowDsa: true }, undefined],
    ['of DSA-512, however', dsa(512), { dangerouslyAllowDsa: true }, 'key_too_small'],
    ['of DSA-8192, however', dsa(8192), { dangerouslyAllowDsa: true }, 'key_unsupported'],
  ])('%s', (_title, type, policy, reason) => {
    expect(judgeKey(type, algorithmRules(policy))?.reason).toBe(reason);
  });
});

describe('a signature', () => {
  const pssOverSha1Mask: SignatureAlgorithm = { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha1', saltLength: 32 };

  it.each<[SignatureAlgorithm, AlgorithmPolicy, string | undefined]>([
    [{ kind: 'ecdsa', hash: 'sha256' }, {}, undefined],
    [{ kind: 'ecdsa', hash: 'sha1' }, {}, 'sha1'],
    [{ kind: 'rsa-pkcs1', hash: 'md5' }, {}, 'md5'],
    [pssOverSha1Mask, {}, 'sha1'],
    [pssOverSha1Mask, { dangerouslyAllowHashes: ['sha1'] }, undefined],
    [{ kind: 'rsa-pkcs1', hash: 'md5' }, { dangerouslyAllowHashes: ['sha1'] }, 'md5'],
    [{ kind: 'ed25519' }, {}, undefined],
  ])('%j under %j is weak for: %s', (algorithm, policy, weak) => {
    expect(weakHashOf(algorithm, algorithmRules(policy))).toBe(weak);
  });
});
