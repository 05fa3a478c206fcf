import { describe, expect, it } from 'vitest';
import { decodeDer } from '../../core/asn1/schema.ts';
import { fromHex, toHex } from '../../core/bytes/bytes.ts';
import type { HashName } from '../../crypto/hash.ts';
import type { SignatureAlgorithm } from '../../crypto/signature.ts';
import { algorithmIdentifier } from '../pkcs/algorithm-identifier.ts';
import { defaultSignatureAlgorithm, readSignatureAlgorithm, writeSignatureAlgorithm } from './algorithms.ts';

const read = (der: Uint8Array) => readSignatureAlgorithm(decodeDer(algorithmIdentifier, der, 'algorithm'), 'algorithm');

const HASHES: readonly HashName[] = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
const ALL: readonly SignatureAlgorithm[] = [
  { kind: 'rsa-pkcs1', hash: 'md5' },
  ...HASHES.map((hash) => ({ kind: 'rsa-pkcs1', hash }) as const),
  ...HASHES.map((hash) => ({ kind: 'ecdsa', hash }) as const),
  ...HASHES.flatMap((hash) => HASHES.map((mgfHash) => ({ kind: 'rsa-pss', hash, mgfHash, saltLength: 32 }) as const)),
  { kind: 'rsa-pss', hash: 'sha1', mgfHash: 'sha1', saltLength: 20 },
  { kind: 'ed25519' },
  { kind: 'ed448' },
];

describe('signature algorithm identifiers', () => {
  it.each(ALL)('are read as they were written: %j', (algorithm) => {
    expect(read(writeSignatureAlgorithm(algorithm))).toEqual(algorithm);
  });

  it('are written with NULL for RSA and without parameters for the others', () => {
    expect(toHex(writeSignatureAlgorithm({ kind: 'rsa-pkcs1', hash: 'sha256' }))).toBe('300d06092a864886f70d01010b0500');
    expect(toHex(writeSignatureAlgorithm({ kind: 'ecdsa', hash: 'sha256' }))).toBe('300a06082a8648ce3d040302');
    expect(toHex(writeSignatureAlgorithm({ kind: 'ed25519' }))).toBe('300506032b6570');
  });

  it('are read without parameters for RSA too', () => {
    expect(read(fromHex('300b06092a864886f70d01010b'))).toEqual({ kind: 'rsa-pkcs1', hash: 'sha256' });
  });

  it('of RSASSA-PSS leave the defaults out, and are read with them written out', () => {
    const defaults = { kind: 'rsa-pss', hash: 'sha1', mgfHash: 'sha1', saltLength: 20 } as const;
    expect(toHex(writeSignatureAlgorithm(defaults))).toBe('300d06092a864886f70d01010a3000');
    expect(read(fromHex('301706092a864886f70d01010a300aa203020114a303020101'))).toEqual(defaults);
  });

  it.each([
    ['of an unknown algorithm', '300506032a0304'],
    ['of RSASSA-PSS with an unknown hash', '301606092a864886f70d01010a3009a007300506032a0304'],
    ['of RSASSA-PSS with an unknown mask', '301606092a864886f70d01010a3009a107300506032a0304'],
  ])('mean nothing when %s', (_title, hex) => {
    expect(read(fromHex(hex))).toBeUndefined();
  });

  it('of RSASSA-PSS with another trailer are refused', () => {
    expect(() => read(fromHex('301206092a864886f70d01010a3005a303020102'))).toThrow('algorithm.parameters.trailer_field');
  });

  it('have a default for each kind of key', () => {
    expect(defaultSignatureAlgorithm({ kind: 'ec', curve: 'secp384r1' })).toEqual({ kind: 'ecdsa', hash: 'sha384' });
    expect(defaultSignatureAlgorithm({ kind: 'ec', curve: 'secp521r1' })).toEqual({ kind: 'ecdsa', hash: 'sha512' });
    expect(defaultSignatureAlgorithm({ kind: 'rsa', bits: 2048 })).toEqual({ kind: 'rsa-pkcs1', hash: 'sha256' });
    expect(defaultSignatureAlgorithm({ kind: 'rsa-pss', bits: 2048 })).toMatchObject({ kind: 'rsa-pss', saltLength: 32 });
    expect(defaultSignatureAlgorithm({ kind: 'ed448' })).toEqual({ kind: 'ed448' });
  });
});
