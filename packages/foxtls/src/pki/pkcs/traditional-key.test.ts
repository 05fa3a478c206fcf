import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parsePem } from '../../core/asn1/pem.ts';
import { fromHex } from '../../core/bytes/bytes.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import { keys } from '../../crypto/node/keys.ts';
import type { KeyGenerationRequest } from '../../crypto/signature.ts';
import { formatDhParametersPem, parseDhParameters, parseDhParametersPem } from './dh-parameters.ts';
import { parsePrivateKeyPem } from './private-key.ts';
import { parsePublicKeyPem } from './public-key.ts';
import { formatTraditionalPrivateKeyPem, formatTraditionalPublicKeyPem } from './traditional-key.ts';

const invalid = expect.objectContaining({ code: 'ERR_TLS_INVALID_ARGUMENT' });

describe('keys in their old forms', () => {
  it.each<[string, 'pkcs1' | 'sec1', KeyGenerationRequest]>([
    ['RSA PRIVATE KEY', 'pkcs1', { kind: 'rsa', bits: 2048 }],
    ['EC PRIVATE KEY', 'sec1', { kind: 'ec', curve: 'secp256r1' }],
    ['EC PRIVATE KEY', 'sec1', { kind: 'ec', curve: 'secp521r1' }],
  ])('are what Node writes as %s (%s) for %o', (label, type, request) => {
    const pkcs8 = keys.generateKey(request).exportPkcs8();
    const pem = formatTraditionalPrivateKeyPem(pkcs8);
    const nodes = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
    expect(pem).toBe(nodes.export({ format: 'pem', type }));
    expect(parsePem(pem)[0]?.label).toBe(label);
    expect(parsePrivateKeyPem(pem)).toEqual(pkcs8);
  });

  it('are what Node writes for an RSA public key', () => {
    const { spki } = keys.generateKey({ kind: 'rsa', bits: 2048 }).publicKey;
    const pem = formatTraditionalPublicKeyPem(spki);
    expect(pem).toBe(
      createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).export({ format: 'pem', type: 'pkcs1' }),
    );
    expect(parsePublicKeyPem(pem)).toEqual(spki);
  });

  it('do not exist for other keys', () => {
    const key = keys.generateKey({ kind: 'ed25519' });
    expect(() => formatTraditionalPrivateKeyPem(key.exportPkcs8())).toThrow(invalid);
    expect(() => formatTraditionalPublicKeyPem(key.publicKey.spki)).toThrow(invalid);
    expect(() => formatTraditionalPrivateKeyPem(fromHex('3000'))).toThrow(DecodeError);
  });
});

describe('Diffie-Hellman parameters', () => {
  const parameters = { prime: fromHex('c7'), generator: fromHex('05'), privateValueLength: 7 };

  it('are read as they were written', () => {
    expect(parseDhParametersPem(formatDhParametersPem(parameters))).toEqual(parameters);
    const open = { ...parameters, privateValueLength: undefined };
    expect(parsePem(formatDhParametersPem(open))[0]?.data).toEqual(fromHex('3007020200c7020105'));
    expect(parseDhParametersPem(formatDhParametersPem(open))).toEqual(open);
  });

  it('are refused when they are negative, too large or not there', () => {
    expect(() => parseDhParameters(fromHex('30060201c7020105'))).toThrow('dh_parameter.prime');
    const large = formatDhParametersPem({ ...parameters, prime: new Uint8Array(2049).fill(1) });
    expect(() => parseDhParametersPem(large)).toThrow('dh_parameter.prime: 2049 octets are too many');
    expect(() => parseDhParametersPem('')).toThrow(expect.objectContaining({ code: 'ERR_TLS_NO_DH_PARAMETERS' }));
  });
});
