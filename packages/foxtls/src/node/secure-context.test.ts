import { constants } from 'node:crypto';
import nodeTls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { legacy } from '../legacy.ts';
import { authorityNames } from '../pki/x509/credential.ts';
import { formatCipherSuite } from './cipher-list.ts';
import { ca, client, server } from './endpoints.fixture.ts';
import { PROVIDER_NAMES } from './secure-context.fixture.ts';
import tls from './tls.ts';
import { parseCertificates } from './trust.ts';

const SHOWN = (options: object) =>
  JSON.stringify(options, (_key, value) => (typeof value === 'string' ? value.slice(0, 40) : value));

/** What both refuse, with the same code. */
const REFUSED_BY_BOTH: readonly (readonly [object, string])[] = [
  [{ minVersion: 'x' }, 'ERR_TLS_INVALID_PROTOCOL_VERSION'],
  [{ secureProtocol: 'TLS_method', minVersion: 'TLSv1.3' }, 'ERR_TLS_PROTOCOL_VERSION_CONFLICT'],
  [{ ciphers: 'foo' }, 'ERR_SSL_NO_CIPHER_MATCH'],
  [{ ciphers: 'TLS_FOO' }, 'ERR_SSL_NO_CIPHER_MATCH'],
  [{ ciphers: 'TLS_AES_128_GCM_SHA256:foo' }, 'ERR_SSL_NO_CIPHER_MATCH'],
  [{ ciphers: ':' }, 'ERR_INVALID_ARG_VALUE'],
  [{ ciphers: 5 }, 'ERR_INVALID_ARG_TYPE'],
  [{ ecdhCurve: 'foo' }, 'ERR_CRYPTO_OPERATION_FAILED'],
  [{ ecdhCurve: 5 }, 'ERR_INVALID_ARG_TYPE'],
  [{ sigalgs: '' }, 'ERR_INVALID_ARG_VALUE'],
  [{ ca: 5 }, 'ERR_INVALID_ARG_TYPE'],
  [{ cert: 'foo' }, 'ERR_OSSL_PEM_NO_START_LINE'],
  [{ key: 'foo', cert: server.cert }, 'ERR_OSSL_UNSUPPORTED'],
  [{ key: server.key, cert: client.cert }, 'ERR_OSSL_X509_KEY_VALUES_MISMATCH'],
  [{ crl: 'x' }, 'ERR_CRYPTO_OPERATION_FAILED'],
  [{ crl: 5 }, 'ERR_INVALID_ARG_TYPE'],
  [{ ticketKeys: Buffer.alloc(3) }, 'ERR_INVALID_ARG_VALUE'],
  [{ sessionTimeout: -1 }, 'ERR_OUT_OF_RANGE'],
  [{ sessionTimeout: 'a' }, 'ERR_INVALID_ARG_TYPE'],
  [{ secureOptions: 'x' }, 'ERR_INVALID_ARG_TYPE'],
];

/** What would have to be obeyed and cannot be yet. */
const REFUSED_BY_US: readonly (readonly [object, string])[] = [
  [{ clientCertEngine: 'x' }, 'ERR_TLS_OPTION_UNSUPPORTED'],
  [{ privateKeyEngine: 'x', privateKeyIdentifier: 'y' }, 'ERR_TLS_OPTION_UNSUPPORTED'],
  [{ maxVersion: 'TLSv1.1' }, 'ERR_TLS_VERSION_UNSUPPORTED'],
  [{ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }, 'ERR_TLS_VERSION_UNSUPPORTED'],
  [{ secureProtocol: 'TLSv1_1_method' }, 'ERR_TLS_VERSION_UNSUPPORTED'],
  [{ secureOptions: constants.SSL_OP_NO_TLSv1_3 | constants.SSL_OP_NO_TLSv1_2 }, 'ERR_TLS_VERSION_UNSUPPORTED'],
  [{ sigalgs: 'foo' }, 'ERR_INVALID_ARG_VALUE'],
  [{ sigalgs: 'RSA+SHA1' }, 'ERR_INVALID_ARG_VALUE'],
  [{ ca: 'foo' }, 'ERR_OSSL_PEM_NO_START_LINE'],
];

const ACCEPTED: readonly object[] = [
  {},
  { minVersion: 'TLSv1.2' },
  { minVersion: 'TLSv1', maxVersion: 'TLSv1.3' },
  { secureProtocol: 'TLS_method' },
  { secureProtocol: 'TLSv1_2_method' },
  { maxVersion: 'TLSv1.2' },
  { secureOptions: constants.SSL_OP_NO_TLSv1_3 },
  { ciphers: 'ECDHE+AESGCM:!ECDSA' },
  { ciphers: '' },
  { ciphers: 'TLS_AES_128_GCM_SHA256' },
  { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:HIGH:!aNULL:@STRENGTH' },
  { ciphers: nodeTls.DEFAULT_CIPHERS },
  { ecdhCurve: 'auto' },
  { ecdhCurve: 'P-256:X25519' },
  { ecdhCurve: 'prime256v1:secp384r1' },
  { sigalgs: 'RSA+SHA256:ed25519:ecdsa_secp256r1_sha256' },
  { ca },
  { ca: [Buffer.from(ca), ca] },
  { cert: server.cert },
  { key: server.key },
  { key: [{ pem: server.key }], cert: server.cert },
  { ticketKeys: Buffer.alloc(48) },
  { sessionTimeout: 300 },
  { honorCipherOrder: true, sessionIdContext: 'id', dhparam: 'auto', secureOptions: constants.SSL_OP_NO_TLSv1_2 },
  { pfx: undefined, crl: undefined, somethingElse: true },
];

describe('createSecureContext', () => {
  it.each(REFUSED_BY_BOTH.map(([options, code]) => [SHOWN(options), options, code] as const))(
    'refuses %s as Node does',
    (_title, options, code) => {
      const refused = expect.objectContaining({ code });
      expect(() => nodeTls.createSecureContext(options)).toThrow(refused);
      expect(() => tls.createSecureContext(options)).toThrow(refused);
    },
  );

  it.each(REFUSED_BY_US.map(([options, code]) => [SHOWN(options), options, code] as const))(
    'refuses %s loudly',
    (_title, options, code) => {
      expect(() => tls.createSecureContext(options)).toThrow(expect.objectContaining({ code }));
    },
  );

  it.each(ACCEPTED.map((options) => [SHOWN(options), options] as const))('accepts %s as Node does', (_title, options) => {
    expect(() => nodeTls.createSecureContext(options)).not.toThrow();
    const context = tls.createSecureContext(options);
    expect(context.clientConfig(undefined, true).role).toBe('client');
    expect(context.serverConfig({}).role).toBe('server');
  });

  it('names every suite and group of the provider in OpenSSL’s words', () => {
    const { suites, tls12Suites, groups } = PROVIDER_NAMES;
    const config = tls
      .createSecureContext({ ciphers: [...suites, ...tls12Suites].join(':'), ecdhCurve: groups.join(':') })
      .clientConfig(undefined, true);
    expect(config.suites.map(({ name }) => name)).toEqual(suites);
    expect(config.tls12Suites.map(({ name }) => formatCipherSuite(name))).toEqual(tls12Suites);
    expect(config.groups.map(({ name }) => name)).toEqual(groups);
  });

  const versionsOf = (options: object) => tls.createSecureContext(options).clientConfig(undefined, true).versions;
  it.each([
    [{}, ['TLSv1.3', 'TLSv1.2']],
    [{ minVersion: 'TLSv1.3' }, ['TLSv1.3']],
    [{ maxVersion: 'TLSv1.2' }, ['TLSv1.2']],
    [{ minVersion: 'TLSv1', maxVersion: 'TLSv1.2' }, ['TLSv1.2']],
    [{ secureProtocol: 'TLSv1_2_client_method' }, ['TLSv1.2']],
    [{ secureOptions: constants.SSL_OP_NO_TLSv1_2 }, ['TLSv1.3']],
    [{ ciphers: 'TLS_AES_128_GCM_SHA256' }, ['TLSv1.3']],
    [{ ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }, ['TLSv1.2']],
  ])('speaks, with %o, %j', (options, versions) => {
    expect(versionsOf(options)).toEqual(versions);
  });

  it.each([
    ['RSA+SHA1:ECDSA+SHA1:DSA+SHA1:dsa+sha256', ['rsa_pkcs1_sha1', 'ecdsa_sha1', 'dsa_sha1_RESERVED', 'dsa_sha256_RESERVED']],
    ['dsa_sha256_RESERVED:ed25519', ['dsa_sha256_RESERVED', 'ed25519']],
    ['RSA+SHA224:RSA+SHA256', ['rsa_pkcs1_sha256']],
  ])('takes schemes of foxtls/legacy into sigalgs: %s', (sigalgs, schemes) => {
    const context = tls.createSecureContext({ sigalgs, legacy });
    expect(context.clientConfig(undefined, true).signatureSchemes.map(({ name }) => name)).toEqual(schemes);
  });

  it('shares one configuration between connections that ask for the same', () => {
    const context = tls.createSecureContext({ ca });
    expect(context.clientConfig(['h2'], true)).toBe(context.clientConfig(['h2'], true));
    expect(context.clientConfig(['h2'], true)).not.toBe(context.clientConfig(['h2'], false));
    expect(context.clientConfig(['h2'], true)).not.toBe(context.clientConfig(undefined, true));
  });

  it('gives each key the chain that it belongs to, in whatever order', () => {
    const context = tls.createSecureContext({ key: [client.key, server.key], cert: [server.cert, client.cert] });
    expect(context.chains).toHaveLength(2);
    expect(context.chains[0]).not.toEqual(context.chains[1]);
  });
});

describe('a server that asks for client certificates', () => {
  it('names the authorities of its ca, and none by default', () => {
    const authorities = (options: object, clientCertificates: 'request' | 'require') =>
      tls.createSecureContext(options).serverConfig({ clientCertificates }).certificateAuthorities;
    const named = authorityNames(parseCertificates([ca]));
    expect(authorities({ ...server, ca }, 'require')).toEqual(named);
    expect(authorities({ ...server, ca }, 'request')).toEqual(named);
    expect(authorities(server, 'require')).toBeUndefined();
  });
});

describe('connect and createServer', () => {
  it.each([
    ['clientCertEngine', { clientCertEngine: 'engine' }],
    ['onread', { onread: { buffer: Buffer.alloc(1), callback: () => true } }],
  ])('refuse %s instead of ignoring it', (_title, options) => {
    const refused = expect.objectContaining({ code: 'ERR_TLS_OPTION_UNSUPPORTED' });
    expect(() => tls.connect({ port: 1, ...options } as never)).toThrow(refused);
    expect(() => tls.createServer(options as never)).toThrow(refused);
  });

  it.each([
    ['no target', () => tls.connect({} as never), 'ERR_MISSING_ARGS'],
    ['a context of another make', () => tls.connect({ port: 1, secureContext: {} as never }), 'ERR_TLS_INVALID_CONTEXT'],
    ['a protocol that is too long', () => tls.connect({ port: 1, ALPNProtocols: ['x'.repeat(300)] }), 'ERR_OUT_OF_RANGE'],
    ['a servername that is no text', () => tls.connect({ port: 1, servername: 5 as never }), 'ERR_INVALID_ARG_TYPE'],
    ['options that are none', () => tls.createServer(5 as never), 'ERR_INVALID_ARG_TYPE'],
    [
      'both ways to choose a protocol',
      () => tls.createServer({ ALPNCallback: () => 'a', ALPNProtocols: ['a'] }),
      'ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS',
    ],
    ['an SNICallback that is no function', () => tls.createServer({ SNICallback: 5 as never }), 'ERR_INVALID_ARG_TYPE'],
    ['a handshakeTimeout that is no number', () => tls.createServer({ handshakeTimeout: 'x' as never }), 'ERR_INVALID_ARG_TYPE'],
    ['a context without a name', () => tls.createServer().addContext('', {}), 'ERR_TLS_REQUIRED_SERVER_NAME'],
  ])('throw for %s', (_title, call, code) => {
    expect(call).toThrow(expect.objectContaining({ code }));
  });

  it('have 48 bytes of ticket keys', () => {
    const server = tls.createServer();
    expect(server.getTicketKeys()).toHaveLength(48);
    server.setTicketKeys(Buffer.alloc(48, 7));
    expect(server.getTicketKeys()).toEqual(Buffer.alloc(48, 7));
  });
});

describe('the module', () => {
  it('has the names of node:tls', () => {
    // Made private, deprecated, or not of this library.
    const without = new Set(['createSecurePair', 'default', 'setDefaultCACertificates']);
    const names = Object.keys(nodeTls).filter((name) => !without.has(name));
    expect(names.filter((name) => !(name in tls))).toEqual([]);
  });

  it('lists roots and suites', () => {
    expect(tls.rootCertificates.length).toBeGreaterThan(100);
    expect(tls.getCACertificates('bundled')).toEqual(nodeTls.rootCertificates);
    expect(nodeTls.getCiphers()).toEqual(expect.arrayContaining(tls.getCiphers()));
  });

  it('reads roots without losing one', () => {
    expect(() => tls.createSecureContext().clientConfig(undefined, true)).not.toThrow();
  });
});
