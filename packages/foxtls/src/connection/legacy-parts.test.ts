import { describe, expect, it } from 'vitest';
import { nodeProvider } from '../crypto/node/provider.ts';
import { trustWithoutVerification } from '../pki/x509/verifier.ts';
import { TLS12_CIPHER_SUITES, type Tls12CipherSuiteParts } from '../protocol/handshake/tls12/cipher-suites.ts';
import { TLS13_SIGNATURE_SCHEMES } from '../protocol/negotiate/signature-schemes.ts';
import { defineClientConfig } from './config.ts';
import { type LegacyParts, NO_LEGACY } from './legacy-parts.ts';

const common = { provider: nodeProvider, verifier: trustWithoutVerification('nothing is sent anywhere') };
const [suite] = TLS12_CIPHER_SUITES as [Tls12CipherSuiteParts];
const [scheme] = TLS13_SIGNATURE_SCHEMES as [(typeof TLS13_SIGNATURE_SCHEMES)[number]];
const legacy: LegacyParts = {
  ...NO_LEGACY,
  cipherSuites: [{ ...suite, id: 0xfefe, name: 'TLS_OLD' }],
  signatureSchemes: [{ ...scheme, id: 0x0203, name: 'old_sha1' }],
};
const namesOf = (parts: readonly { readonly name: string }[]) => parts.map(({ name }) => name);

describe('legacy parts of a config', () => {
  it('are not used without being named', () => {
    const plain = defineClientConfig(common);
    const config = defineClientConfig({ ...common, legacy });
    expect(namesOf(config.tls12Suites)).toEqual(namesOf(plain.tls12Suites));
    expect(namesOf(config.signatureSchemes)).toEqual(namesOf(plain.signatureSchemes));
    expect(namesOf(config.signingSchemes)).toEqual(namesOf(plain.signingSchemes));
  });

  it('are used when they are named', () => {
    const config = defineClientConfig({
      ...common,
      legacy,
      cipherSuites: ['TLS_OLD'],
      signatureSchemes: ['old_sha1', scheme.name],
    });
    expect(namesOf(config.tls12Suites)).toEqual(['TLS_OLD']);
    expect(namesOf(config.signatureSchemes)).toEqual(['old_sha1', scheme.name]);
    expect(namesOf(config.signingSchemes)).toEqual(['old_sha1', scheme.name]);
  });

  it.each([
    ['a suite', { cipherSuites: ['TLS_RSA_WITH_RC4_128_SHA'] }],
    ['a signature scheme', { signatureSchemes: ['rsa_pkcs1_sha1'] }],
    ['a scheme of certificates', { certificateSignatureSchemes: ['rsa_pkcs1_sha1'] }],
    ['a version', { versions: ['TLSv1'] as unknown as ['TLSv1.2'] }],
  ])('are unknown without the import: %s', (_what, options) => {
    const error = expect.objectContaining({ code: 'ERR_TLS_UNKNOWN_NAME', message: expect.stringContaining("'foxtls/legacy'") });
    expect(() => defineClientConfig({ ...common, ...options })).toThrow(error);
  });
});
