import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { writeElement } from '../core/asn1/der.ts';
import { readSubjectPublicKeyInfo } from './key-encoding.ts';
import { keys as nodeKeys } from './node/keys.ts';
import { keys as portableKeys } from './portable/keys.ts';

const message = new TextEncoder().encode('what is old');
const { privateKey, publicKey } = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 });
const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));

describe('DSA keys', () => {
  it('verify with the provider of Node', () => {
    const key = nodeKeys.importPublicKey(spki);
    expect(key.type).toEqual({ kind: 'dsa', bits: 1024 });
    for (const hash of ['sha1', 'sha256'] as const) {
      const signature = new Uint8Array(sign(hash, message, privateKey));
      expect(key.verify({ kind: 'dsa', hash }, message, signature)).toBe(true);
      expect(key.verify({ kind: 'dsa', hash }, message.subarray(1), signature)).toBe(false);
      expect(key.verify({ kind: 'ecdsa', hash }, message, signature)).toBe(false);
      expect(key.verify({ kind: 'dsa', hash }, message, signature.subarray(1))).toBe(false);
    }
  });

  it('sign with the provider of Node, and OpenSSL verifies it', () => {
    const pkcs8 = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }));
    const key = nodeKeys.importPrivateKey(pkcs8);
    expect(key.type).toEqual({ kind: 'dsa', bits: 1024 });
    expect(key.publicKey.spki).toEqual(spki);
    expect(key.exportPkcs8()).toEqual(pkcs8);
    for (const hash of ['sha1', 'sha224', 'sha256'] as const) {
      const signature = key.sign({ kind: 'dsa', hash }, message);
      expect(verify(hash, message, publicKey, signature)).toBe(true);
      expect(key.publicKey.verify({ kind: 'dsa', hash }, message, signature)).toBe(true);
      expect(verify(hash, message.subarray(1), publicKey, signature)).toBe(false);
    }
    expect(() => key.sign({ kind: 'ecdsa', hash: 'sha256' }, message)).toThrow('cannot sign with ecdsa');
    expect(() => key.sign({ kind: 'rsa-pkcs1', hash: 'sha1' }, message)).toThrow('cannot sign with rsa-pkcs1');
  });

  it('that are damaged are not imported', () => {
    const pkcs8 = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }));
    const refused = expect.objectContaining({ code: 'ERR_TLS_CRYPTO_FAILURE' });
    expect(() => nodeKeys.importPrivateKey(pkcs8.subarray(0, -1))).toThrow(refused);
    expect(() => nodeKeys.importPrivateKey(pkcs8.map((byte, at) => (at === 40 ? byte ^ 1 : byte)))).toThrow(refused);
  });

  it('are not what the portable provider has, and it says so', () => {
    expect(nodeKeys.verifies).toContain('dsa');
    expect(portableKeys.verifies).not.toContain('dsa');
    expect(() => portableKeys.importPublicKey(spki)).toThrow(expect.objectContaining({ code: 'ERR_TLS_CRYPTO_FAILURE' }));
  });

  it('without their parameters are not imported', () => {
    const { subjectPublicKey } = readSubjectPublicKeyInfo(spki);
    const algorithm = writeElement(0x30, Uint8Array.of(0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01));
    const bare = writeElement(0x30, algorithm, writeElement(0x03, Uint8Array.of(0), subjectPublicKey));
    expect(() => nodeKeys.importPublicKey(bare)).toThrow('inherits');
  });
});
