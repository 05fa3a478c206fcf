import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { writeElement } from '../../core/asn1/der.ts';
import { formatPem, parsePem } from '../../core/asn1/pem.ts';
import { fromHex, toHex } from '../../core/bytes/bytes.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import { FFDHE2048 } from '../../crypto/finite-field.ts';
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

/** `openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048` */
const FFDHE2048_PEM = [
  '-----BEGIN DH PARAMETERS-----',
  'MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz',
  '+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a',
  '87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7',
  'YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi',
  '7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD',
  'ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==',
  '-----END DH PARAMETERS-----',
].join('\n');

/** `openssl dhparam -dsaparam 1024` of OpenSSL 3 */
const X942_PEM = [
  '-----BEGIN X9.42 DH PARAMETERS-----',
  'MIIBJgKBgQCKeEQ5e7p7xVFraox9OiB7sZQhYlsGWqiNCn5d8LMfsQgfakl0Pgy5',
  'uesGsb7gDXVPDeO1YZKFjp3+aNVpkDfqzzueyd4NhV1jC9hScLAiNtxdApbmGGPU',
  'ftLCI+XKM8/KdqwXz2hmhNyer5zhEyJyPrLeWvY5RLb2x+14HMPKXwKBgENgwQRW',
  'Zdh+prxqFYJzCVQWeTTJ4uIIILbP85Vrv+C7abl6WYHiZc/BDsmPY9zesSxlMmvK',
  'EfbwZAYKnWvBlwHmMmqXFhnCFvgA7iDeyLnPCNobUTVXnH5U9XklToSmuFnS9+Uy',
  'tBuzz7ZfR4jo87b2bVsbAnE0sDlHCOTq+T8GAh0ArwYBdU1mky+tJFFZQ2soWQTp',
  'gU6I85+6q279Fw==',
  '-----END X9.42 DH PARAMETERS-----',
].join('\n');

describe('Diffie-Hellman parameters', () => {
  it('that OpenSSL wrote are read, in either form, from PEM and DER', () => {
    const read = { prime: FFDHE2048.prime, generator: Uint8Array.of(2), privateValueLength: undefined };
    expect(parseDhParametersPem(FFDHE2048_PEM)).toEqual(read);
    expect(parseDhParameters(parsePem(FFDHE2048_PEM)[0]?.data as Uint8Array)).toEqual(read);
    expect(formatDhParametersPem(read).trim()).toBe(FFDHE2048_PEM);
    const { prime, generator, privateValueLength } = parseDhParametersPem(X942_PEM);
    expect([prime.length, toHex(prime.subarray(0, 4)), toHex(prime.subarray(-4))]).toEqual([128, '8a784439', '1cc3ca5f']);
    expect([generator.length, toHex(generator.subarray(0, 4)), toHex(generator.subarray(-4))]).toEqual([
      128,
      '4360c104',
      'eaf93f06',
    ]);
    expect(privateValueLength).toBeUndefined();
  });

  it('of X9.42 are no less bounded', () => {
    const large = writeElement(0x30, writeElement(0x02, new Uint8Array(2049).fill(1)), fromHex('020102020103'));
    expect(() => parseDhParametersPem(formatPem('X9.42 DH PARAMETERS', large))).toThrow('domain_parameters.p: 2049 octets');
    expect(() => parseDhParametersPem(formatPem('X9.42 DH PARAMETERS', fromHex('3006020103020102')))).toThrow(DecodeError);
  });

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
