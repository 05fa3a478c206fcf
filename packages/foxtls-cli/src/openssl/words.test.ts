import { describe, expect, it } from 'vitest';
import { hexDump } from './hex-dump.ts';
import { groupWords, keyWords, listedScheme, schemeWords, signatureWords } from './key-words.ts';

// Each as openssl s_client 3.0.19 prints it.
describe('words of openssl s_client', () => {
  it('show bytes', () => {
    expect(hexDump(Uint8Array.of(3, 4))).toEqual(['0000 - 03 04                                             ..']);
    const bytes = Buffer.from('001d0020474daf3427fd6021a8b5e6c208', 'hex');
    expect(hexDump(bytes, '    ')).toEqual([
      "    0000 - 00 1d 00 20 47 4d af 34-27 fd 60 21 a8 b5 e6 c2   ... GM.4'.`!....",
      '    0010 - 08                                                .',
    ]);
    expect(hexDump(new Uint8Array(0))).toEqual([]);
  });

  it('name keys and signatures', () => {
    expect(keyWords({ kind: 'rsa', bits: 2048 })).toEqual({ name: 'rsaEncryption', bits: 2048 });
    expect(keyWords({ kind: 'ec', curve: 'secp256r1' })).toEqual({ name: 'id-ecPublicKey', bits: 256 });
    expect(signatureWords({ kind: 'rsa-pkcs1', hash: 'sha256' })).toBe('RSA-SHA256');
    expect(signatureWords({ kind: 'ecdsa', hash: 'sha384' })).toBe('ecdsa-with-SHA384');
    expect(signatureWords({ kind: 'ed25519' })).toBe('ED25519');
    expect(schemeWords('rsa_pss_rsae_sha256')).toEqual({ digest: 'SHA256', type: 'RSA-PSS' });
    expect(schemeWords('ecdsa_secp384r1_sha384')).toEqual({ digest: 'SHA384', type: 'ECDSA' });
    expect(schemeWords('rsa_pkcs1_sha1')).toEqual({ digest: 'SHA1', type: 'RSA' });
    expect(['ecdsa_secp256r1_sha256', 'rsa_pss_rsae_sha256', 'rsa_pss_pss_sha256', 'ed25519'].map(listedScheme).join(':')).toBe(
      'ECDSA+SHA256:RSA-PSS+SHA256:rsa_pss_pss_sha256:ed25519',
    );
    expect(schemeWords('ed25519')).toEqual({ digest: undefined, type: 'Ed25519' });
  });

  it('name groups', () => {
    expect([groupWords('x25519'), groupWords('secp256r1'), groupWords('ffdhe2048')]).toEqual([
      'X25519, 253 bits',
      'ECDH, prime256v1, 256 bits',
      'DH, 2048 bits',
    ]);
  });
});
