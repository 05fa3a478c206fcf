import { legacy } from 'foxtls/legacy';
import { createSecureContext } from 'foxtls/tls';
import { describe, expect, it } from 'vitest';
import {
  hasShortName,
  KNOWN_SUITES,
  readSuiteList,
  wolfSslGroup,
  wolfSslShortName,
  wolfSslSuite,
  wolfSslVersion,
} from './wolfssl-names.ts';

describe("wolfSSL's names", () => {
  it.each([
    ['TLS_AES_128_GCM_SHA256', 'TLS13-AES128-GCM-SHA256'],
    ['TLS_CHACHA20_POLY1305_SHA256', 'TLS13-CHACHA20-POLY1305-SHA256'],
    ['TLS_AES_128_CCM_8_SHA256', 'TLS13-AES128-CCM-8-SHA256'],
    ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
    ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
    ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', 'ECDHE-ECDSA-AES128-CCM-8'],
    ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 'ECDHE-RSA-AES128-SHA256'],
    ['TLS_DHE_RSA_WITH_AES_256_CBC_SHA', 'DHE-RSA-AES256-SHA'],
    ['TLS_RSA_WITH_AES_128_CBC_SHA', 'AES128-SHA'],
    ['TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'DES-CBC3-SHA'],
    ['TLS_RSA_WITH_RC4_128_SHA', 'RC4-SHA'],
    ['TLS_DHE_PSK_WITH_AES_128_GCM_SHA256', 'DHE-PSK-AES128-GCM-SHA256'],
    ['TLS_PSK_WITH_AES_128_CBC_SHA256', 'PSK-AES128-CBC-SHA256'],
  ])('of the suite %s is %s', (name, short) => {
    expect(wolfSslShortName(name)).toBe(short);
  });

  it('of suites are understood where a list is given', () => {
    expect(readSuiteList('TLS13-AES128-GCM-SHA256:TLS13-AES128-CCM-8-SHA256:TLS13-AES128-CCM8-SHA256')).toBe(
      'TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_8_SHA256:TLS_AES_128_CCM_8_SHA256',
    );
    expect(readSuiteList('ECDHE-ECDSA-AES128-CCM-8:HIGH:!aNULL')).toBe('ECDHE-ECDSA-AES128-CCM8:HIGH:!aNULL');
  });

  const all = [...KNOWN_SUITES, ...legacy.cipherSuites.map(({ name }) => name)].filter(hasShortName);
  it.each(all)('of all suites that are listed mean a suite: %s', (name) => {
    const short = wolfSslShortName(name);
    // A list that names none throws.
    expect(() => createSecureContext({ ciphers: readSuiteList(short), legacy })).not.toThrow();
    expect(all.filter((other) => wolfSslShortName(other) === short)).toEqual([name]);
  });

  it.each([
    ['x25519', 'X25519'],
    ['secp256r1', 'SECP256R1'],
    ['ffdhe2048', 'FFDHE_2048'],
    ['x448', 'X448'],
    ['brainpoolP256r1tls13', 'BRAINPOOLP256R1'],
  ])('of the group %s is %s', (name, theirs) => {
    expect(wolfSslGroup(name)).toBe(theirs);
  });

  it('of versions and old suites differ a little', () => {
    expect(['TLSv1.3', 'TLSv1', 'DTLSv1.2', 'DTLSv1'].map(wolfSslVersion)).toEqual(['TLSv1.3', 'TLSv1', 'DTLSv1.2', 'DTLS']);
    expect(wolfSslSuite('TLS_RSA_WITH_RC4_128_SHA')).toBe('SSL_RSA_WITH_RC4_128_SHA');
    expect(wolfSslSuite('TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384')).toBe('TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384');
  });
});
