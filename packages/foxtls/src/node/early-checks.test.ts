/** Options that would fail the first connection fail where they are given, with the same code. */

import { describe, expect, it } from 'vitest';
import { legacy } from '../legacy.ts';
import { connect as connectDtls, listen } from './dtls.ts';
import { server } from './endpoints.fixture.ts';
import * as https from './https.ts';
import tls from './tls.ts';

/** 1024 bits, which nobody takes any more: from RFC 2409 §6.2. */
const SHORT_GROUP = `-----BEGIN DH PARAMETERS-----
MIGHAoGBAP//////////yQ/aoiFowjTExmKLgNwc0SkCTgiKZ8x0Agu+pjsTmyJR
Sgh5jjQE3e+VGbPNOkMbMCsKbfJfFDdP4TVtbVHCReSFtXZiXn7G9ExC6aY37WsL
/1y29Aa37e44a/taiZ+lrp8kEXxLH+ZJKGZR7OZTgf//////////AgEC
-----END DH PARAMETERS-----
`;

const verify = () => {
  throw new Error('not asked here');
};

/** Of a context, whoever makes it. */
const OF_CONTEXTS: readonly (readonly [title: string, options: object, code: string])[] = [
  ['a group that we do not have', { ecdhCurve: 'x25519:secp224r1' }, 'ERR_TLS_UNKNOWN_NAME'],
  ['no groups', { ecdhCurve: null }, 'ERR_INVALID_ARG_TYPE'],
  ['a scheme that we do not have', { sigalgs: 'ed25519:sm2sig_sm3' }, 'ERR_TLS_UNKNOWN_NAME'],
  ['a scheme of foxtls/legacy, without it', { sigalgs: 'rsa_pkcs1_sha1' }, 'ERR_TLS_UNKNOWN_NAME'],
  [
    'a key share for a group that is not among ours',
    { keyShareGroups: 'secp521r1', ecdhCurve: 'x25519' },
    'ERR_TLS_UNKNOWN_NAME',
  ],
  ['a length of fragments that there is not', { maxFragmentLength: 3 }, 'ERR_TLS_OPTION_RANGE'],
  ['a length of primes that is none', { minDHSize: 'a' }, 'ERR_TLS_OPTION_RANGE'],
  ['parameters of Diffie-Hellman that are too short', { dhparam: SHORT_GROUP }, 'ERR_TLS_OPTION_RANGE'],
  [
    'a verifier that names an authority without a name',
    { verifier: { verify, authorities: [new Uint8Array(0)] } },
    'ERR_TLS_OPTION_RANGE',
  ],
  ['a warning that goes nowhere', { warn: 5 }, 'ERR_INVALID_ARG_TYPE'],
];

/** Of versions, which DTLS has other names for. */
const OF_VERSIONS: typeof OF_CONTEXTS = [
  ['an old version without one of its suites', { minVersion: 'TLSv1', legacy }, 'ERR_TLS_UNKNOWN_NAME'],
  ['suites of TLS 1.3 alone below it', { maxVersion: 'TLSv1.2', ciphers: 'TLS_AES_128_GCM_SHA256' }, 'ERR_TLS_UNKNOWN_NAME'],
  ['suites of TLS 1.2 alone above it', { minVersion: 'TLSv1.3', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }, 'ERR_TLS_UNKNOWN_NAME'],
];

const OF_SERVERS: typeof OF_CONTEXTS = [
  ['a hint that is too long', { pskIdentityHint: 'x'.repeat(65536), pskCallback: () => null }, 'ERR_TLS_OPTION_RANGE'],
];

const refusal = (code: string) => expect.objectContaining({ code });

describe('is refused where it is given:', () => {
  it.each([...OF_CONTEXTS, ...OF_VERSIONS])('%s, of a context', (_title, options, code) => {
    expect(() => tls.createSecureContext(options)).toThrow(refusal(code));
    expect(() => tls.connect({ ...options, port: 1 })).toThrow(refusal(code));
    expect(() => tls.createServer().addContext('name', options)).toThrow(refusal(code));
    expect(() => tls.createServer().setSecureContext(options)).toThrow(refusal(code));
  });

  it.each([...OF_CONTEXTS, ...OF_VERSIONS, ...OF_SERVERS])('%s, of a server', (_title, options, code) => {
    expect(() => tls.createServer({ ...server, ...options })).toThrow(refusal(code));
    expect(() => https.createServer({ ...server, ...options })).toThrow(refusal(code));
  });

  it.each(OF_CONTEXTS)('%s, of an endpoint of DTLS', (_title, options, code) => {
    expect(() => listen(() => {}, { ...server, host: '127.0.0.1', port: 0, ...options })).toThrow(refusal(code));
    expect(() => connectDtls('127.0.0.1', 1, options)).toThrow(refusal(code));
  });

  it('a key of a kind that does not sign', () => {
    const signer = { type: { kind: 'dsa' }, sign: verify } as never;
    expect(() => tls.createSecureContext({ key: signer, cert: server.cert })).toThrow(refusal('ERR_TLS_CREDENTIAL'));
  });

  it.each(['x', -1, 1.5])('a buffer of %s bytes', (highWaterMark) => {
    expect(() => tls.createServer({ ...server, highWaterMark: highWaterMark as number })).toThrow(
      refusal('ERR_INVALID_ARG_VALUE'),
    );
  });

  it('a pre-shared key that is too short', () => {
    const key = Buffer.alloc(15, 7);
    const options = { host: '127.0.0.1', port: 0, psk: { device: key } };
    expect(() => listen(() => {}, options)).toThrow(refusal('ERR_TLS_PSK'));
    expect(() => connectDtls('127.0.0.1', 1, { psk: { identity: 'device', key } })).toThrow(refusal('ERR_TLS_PSK'));
  });

  it('what a socket of DTLS is to do', () => {
    for (const options of [{ mtu: 5 }, { initialTimeout: -1 }, { maxRetransmissions: -1 }, { handshakeTimeout: -1 }]) {
      expect(() => connectDtls('127.0.0.1', 1, options)).toThrow(refusal('ERR_TLS_OPTION_RANGE'));
      expect(() => connectDtls('host.invalid', 1, options)).toThrow(refusal('ERR_TLS_OPTION_RANGE'));
    }
  });
});
