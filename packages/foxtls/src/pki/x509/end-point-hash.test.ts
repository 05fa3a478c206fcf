import { describe, expect, it } from 'vitest';
import type { HashName } from '../../crypto/hash.ts';
import type { SignatureAlgorithm } from '../../crypto/signature.ts';
import { endPointHash } from './end-point-hash.ts';

const pss = (hash: HashName, mgfHash: HashName) => ({ kind: 'rsa-pss', hash, mgfHash, saltLength: 32 }) as const;

describe('the hash of tls-server-end-point', () => {
  it.each<[SignatureAlgorithm, HashName]>([
    [{ kind: 'rsa-pkcs1', hash: 'sha256' }, 'sha256'],
    [{ kind: 'rsa-pkcs1', hash: 'sha224' }, 'sha224'],
    [{ kind: 'ecdsa', hash: 'sha384' }, 'sha384'],
    [{ kind: 'ecdsa', hash: 'sha512' }, 'sha512'],
    [{ kind: 'dsa', hash: 'sha256' }, 'sha256'],
    [pss('sha384', 'sha384'), 'sha384'],
  ])('is that of the signature: %o', (signatureAlgorithm, hash) => {
    expect(endPointHash({ signatureAlgorithm })).toBe(hash);
  });

  it.each<SignatureAlgorithm>([
    { kind: 'rsa-pkcs1', hash: 'md5' },
    { kind: 'rsa-pkcs1', hash: 'sha1' },
    { kind: 'ecdsa', hash: 'sha1' },
    pss('sha1', 'sha1'),
  ])('is SHA-256 in place of what is broken: %o', (signatureAlgorithm) => {
    expect(endPointHash({ signatureAlgorithm })).toBe('sha256');
  });

  it.each<SignatureAlgorithm | undefined>([{ kind: 'ed25519' }, { kind: 'ed448' }, pss('sha256', 'sha1'), undefined])(
    'is not defined for a signature with no hash, with two, or of an unknown algorithm: %o',
    (signatureAlgorithm) => {
      expect(endPointHash({ signatureAlgorithm })).toBeUndefined();
    },
  );
});
