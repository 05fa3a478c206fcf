import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyExportOptions, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatPem, parsePem } from '../../core/asn1/pem.ts';
import { fromHex } from '../../core/bytes/bytes.ts';
import { ApiMisuse, DecodeError } from '../../core/errors/errors.ts';
import { formatPrivateKeyPem, parsePrivateKeyPem, readPrivateKeyDer } from './private-key.ts';
import { formatPublicKeyPem, parsePublicKeyPem, readSubjectPublicKeyInfo } from './public-key.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const p521 = generateKeyPairSync('ec', { namedCurve: 'secp521r1' });
const ed25519 = generateKeyPairSync('ed25519');

function pem(key: KeyObject, type: 'pkcs1' | 'sec1' | 'pkcs8' | 'spki'): string {
  const options: KeyExportOptions<'pem'> = { format: 'pem', type };
  return key.export(options).toString();
}

const firstBlock = (text: string) => (parsePem(text)[0] as { data: Uint8Array }).data;

function opened(pkcs8: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
}

describe('parsePrivateKeyPem', () => {
  const forms: readonly [string, KeyObject, 'pkcs1' | 'sec1' | 'pkcs8'][] = [
    ['RSA in PKCS#8', rsa.privateKey, 'pkcs8'],
    ['RSA in PKCS#1', rsa.privateKey, 'pkcs1'],
    ['P-256 in PKCS#8', p256.privateKey, 'pkcs8'],
    ['P-256 in SEC1', p256.privateKey, 'sec1'],
    ['P-521 in SEC1', p521.privateKey, 'sec1'],
    ['Ed25519 in PKCS#8', ed25519.privateKey, 'pkcs8'],
  ];
  it.each(forms)('reads %s into a PKCS#8 that Node reads as the same key', (_title, key, type) => {
    const pkcs8 = parsePrivateKeyPem(pem(key, type));
    expect(opened(pkcs8).equals(key)).toBe(true);
    expect(opened(readPrivateKeyDer(firstBlock(pem(key, type)))).equals(key)).toBe(true);
  });

  it.each(forms)('writes %s as PEM that Node reads', (_title, key, type) => {
    expect(createPrivateKey(formatPrivateKeyPem(parsePrivateKeyPem(pem(key, type)))).equals(key)).toBe(true);
  });

  it('gives the same bytes as Node for a wrapped RSA and EC key', () => {
    expect(parsePrivateKeyPem(pem(rsa.privateKey, 'pkcs1'))).toEqual(firstBlock(pem(rsa.privateKey, 'pkcs8')));
    expect(parsePrivateKeyPem(pem(p256.privateKey, 'sec1'))).toEqual(firstBlock(pem(p256.privateKey, 'pkcs8')));
  });

  it('passes over curve parameters and certificates before the key', () => {
    const text = `${formatPem('EC PARAMETERS', fromHex('06082a8648ce3d030107'))}${formatPem('CERTIFICATE', fromHex('3000'))}`;
    expect(opened(parsePrivateKeyPem(text + pem(p256.privateKey, 'sec1'))).equals(p256.privateKey)).toBe(true);
  });

  it('says that a password is missing for encrypted keys, in all their forms', () => {
    const encrypted = rsa.privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' }) as string;
    const old = rsa.privateKey.export({ format: 'pem', type: 'pkcs1', cipher: 'aes-256-cbc', passphrase: 'x' }) as string;
    for (const read of [
      () => parsePrivateKeyPem(encrypted),
      () => parsePrivateKeyPem(old),
      () => readPrivateKeyDer(firstBlock(encrypted)),
    ]) {
      expect(read).toThrow(expect.objectContaining({ code: 'ERR_TLS_PASSWORD_MISSING' }));
      expect(read).toThrow(ApiMisuse);
    }
  });

  it('says what it found when there is no private key', () => {
    const code = 'ERR_TLS_NO_PRIVATE_KEY';
    const text = pem(p256.publicKey, 'spki');
    expect(() => parsePrivateKeyPem(text)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining('PUBLIC KEY') }),
    );
    expect(() => parsePrivateKeyPem('')).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining('no PEM block') }),
    );
    expect(() => parsePrivateKeyPem(formatPem('DSA PRIVATE KEY', fromHex('3000')))).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    ['a SEC1 key without its curve', 'EC PRIVATE KEY', '30060201010401ff', 'ec_private_key.parameters'],
    ['a SEC1 key of another version', 'EC PRIVATE KEY', '30060201020401ff', 'ec_private_key.version'],
    ['a PKCS#1 key that is cut off', 'RSA PRIVATE KEY', '3006020100020101', 'rsa_private_key'],
    [
      'a PKCS#8 key of another version',
      'PRIVATE KEY',
      '300d02010230050603 2b6570 0401ff'.replaceAll(' ', ''),
      'private_key_info.version',
    ],
    ['a PKCS#8 key without a key', 'PRIVATE KEY', '300a020100300506032b6570', 'private_key_info'],
  ])('refuses %s and names the field', (_title, label, hex, path) => {
    const read = () => parsePrivateKeyPem(formatPem(label, fromHex(hex)));
    expect(read).toThrow(DecodeError);
    expect(read).toThrow(expect.objectContaining({ path }));
  });
});

describe('public keys', () => {
  it.each([
    ['RSA', rsa.publicKey, { kind: 'rsa', bits: 2048 }],
    ['P-256', p256.publicKey, { kind: 'ec', curve: 'secp256r1' }],
    ['P-521', p521.publicKey, { kind: 'ec', curve: 'secp521r1' }],
    ['Ed25519', ed25519.publicKey, { kind: 'ed25519' }],
    ['X25519, which does not sign', generateKeyPairSync('x25519').publicKey, undefined],
    ['secp256k1, which TLS does not have', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey, undefined],
    ['RSA-PSS', generateKeyPairSync('rsa-pss', { modulusLength: 1024 }).publicKey, { kind: 'rsa-pss', bits: 1024 }],
  ])('say what they are: %s', (_title, key, type) => {
    const spki = parsePublicKeyPem(pem(key, 'spki'));
    expect(readSubjectPublicKeyInfo(spki).type).toEqual(type);
    expect(createPublicKey(formatPublicKeyPem(spki)).equals(key)).toBe(true);
  });

  it('are read from PKCS#1 too', () => {
    expect(parsePublicKeyPem(pem(rsa.publicKey, 'pkcs1'))).toEqual(firstBlock(pem(rsa.publicKey, 'spki')));
  });

  it('are missed when they are not there', () => {
    expect(() => parsePublicKeyPem(pem(rsa.privateKey, 'pkcs8'))).toThrow(
      expect.objectContaining({ code: 'ERR_TLS_NO_PUBLIC_KEY' }),
    );
  });

  it('are refused when the key inside is malformed, with the path', () => {
    const spki = fromHex('3017300d06092a864886f70d01010105000306003003020101');
    expect(() => readSubjectPublicKeyInfo(spki)).toThrow(
      expect.objectContaining({ path: 'subject_public_key_info.subject_public_key' }),
    );
  });
});
