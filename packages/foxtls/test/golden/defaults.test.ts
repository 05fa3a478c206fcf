/**
 * What a config is when nothing is said, and what a client says then.
 *
 * A difference here means that every user of the library gets another connection with the next version: offered more or less, waited longer,
 * held more. It belongs into the changelog, with the reason.
 */

import { expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { createTlsClient } from '../../src/connection/create.ts';
import { concat, toHex } from '../../src/core/bytes/bytes.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { portableProvider } from '../../src/crypto/portable/provider.ts';
import { trustWithoutVerification } from '../../src/pki/x509/verifier.ts';
import { counting } from './seeded-world.ts';

const verifier = trustWithoutVerification('nothing is sent anywhere');

/** A config with names in place of the parts that it holds. */
function summary(config: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, nameOf(value)]));
}

function nameOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(nameOf).join(' ');
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return value;
  if ('name' in value) return value.name;
  return Object.values(value).some((part) => typeof part === 'function') ? 'an object with functions' : value;
}

it('a client has these defaults', () => {
  expect(summary(defineClientConfig({ provider: nodeProvider, verifier }))).toMatchInlineSnapshot(`
    {
      "alpnProtocols": "",
      "certificateAuthorities": undefined,
      "certificateSchemes": undefined,
      "choosePreSharedKey": undefined,
      "clientCertificateTypes": "x509",
      "credentials": "",
      "fallbackScsv": false,
      "grease": false,
      "groups": "x25519 secp256r1 secp384r1",
      "heartbeat": undefined,
      "insecureMacThenEncrypt": false,
      "insecureNoExtendedMasterSecret": false,
      "keyShareGroups": "x25519",
      "limits": {
        "heartbeats": 16,
        "keyUpdatesInARow": 32,
        "maxEarlyDataSkipped": 32768,
        "maxEmptyRecords": 32,
        "maxHandshakeMessage": 131396,
        "queuedInput": 65536,
        "queuedInputOverrun": 1048576,
        "renegotiations": 3,
        "warningAlerts": 4,
      },
      "maxFragmentLength": undefined,
      "maxSendFragment": 16384,
      "middleboxCompatibility": true,
      "minDiffieHellmanBits": 2048,
      "now": "a function",
      "permuteExtensions": false,
      "preSharedKeys": "",
      "provider": "node",
      "pskKeyExchangeModes": "psk_dhe_ke",
      "recordPadding": undefined,
      "recordSizeLimit": undefined,
      "renegotiation": "refuse",
      "requestOcsp": false,
      "requestTimestamps": false,
      "role": "client",
      "serverCertificateTypes": "x509",
      "sessionStore": undefined,
      "shapeClientHello": undefined,
      "signatureSchemes": "ecdsa_secp256r1_sha256 ed25519 ecdsa_secp384r1_sha384 ed448 ecdsa_secp521r1_sha512 rsa_pss_rsae_sha256 rsa_pss_rsae_sha384 rsa_pss_rsae_sha512 rsa_pss_pss_sha256 rsa_pss_pss_sha384 rsa_pss_pss_sha512 rsa_pkcs1_sha256 rsa_pkcs1_sha384 rsa_pkcs1_sha512",
      "signingSchemes": "ecdsa_secp256r1_sha256 ed25519 ecdsa_secp384r1_sha384 ed448 ecdsa_secp521r1_sha512 rsa_pss_rsae_sha256 rsa_pss_rsae_sha384 rsa_pss_rsae_sha512 rsa_pss_pss_sha256 rsa_pss_pss_sha384 rsa_pss_pss_sha512 rsa_pkcs1_sha256 rsa_pkcs1_sha384 rsa_pkcs1_sha512",
      "srtpProfiles": "",
      "suites": "TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256",
      "ticketRequest": undefined,
      "tls12Suites": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
      "tls12Versions": "TLSv1.2",
      "tls13Groups": "x25519 secp256r1 secp384r1",
      "verifier": "an object with functions",
      "versions": "TLSv1.3 TLSv1.2",
      "warn": undefined,
    }
  `);
});

it('a server has these defaults', () => {
  expect(summary(defineServerConfig({ provider: nodeProvider, credentials: [] }))).toMatchInlineSnapshot(`
    {
      "alpnProtocols": "",
      "announceGroups": false,
      "certificateAuthorities": undefined,
      "certificateSchemes": undefined,
      "chooseAlpnProtocol": undefined,
      "clientCertificateTypes": "x509",
      "clientCertificates": "none",
      "cookieSealer": undefined,
      "credentials": "",
      "diffieHellmanParameters": undefined,
      "grease": false,
      "groups": "x25519 secp256r1 secp384r1",
      "heartbeat": undefined,
      "insecureMacThenEncrypt": false,
      "insecureNoExtendedMasterSecret": false,
      "limits": {
        "heartbeats": 16,
        "keyUpdatesInARow": 32,
        "maxEarlyDataSkipped": 32768,
        "maxEmptyRecords": 32,
        "maxHandshakeMessage": 131396,
        "queuedInput": 65536,
        "queuedInputOverrun": 1048576,
        "renegotiations": 3,
        "warningAlerts": 4,
      },
      "lookUpPreSharedKey": undefined,
      "maxRequestedTickets": 8,
      "maxSendFragment": 16384,
      "now": "a function",
      "provider": "node",
      "pskIdentityHint": undefined,
      "pskKeyExchangeModes": "psk_dhe_ke",
      "recordPadding": undefined,
      "recordSizeLimit": undefined,
      "renegotiation": "refuse",
      "requestOcsp": false,
      "requestTimestamps": false,
      "requireCookie": false,
      "role": "server",
      "selectConfig": undefined,
      "sessionCache": undefined,
      "signatureSchemes": "ecdsa_secp256r1_sha256 ed25519 ecdsa_secp384r1_sha384 ed448 ecdsa_secp521r1_sha512 rsa_pss_rsae_sha256 rsa_pss_rsae_sha384 rsa_pss_rsae_sha512 rsa_pss_pss_sha256 rsa_pss_pss_sha384 rsa_pss_pss_sha512 rsa_pkcs1_sha256 rsa_pkcs1_sha384 rsa_pkcs1_sha512",
      "signingSchemes": "ecdsa_secp256r1_sha256 ed25519 ecdsa_secp384r1_sha384 ed448 ecdsa_secp521r1_sha512 rsa_pss_rsae_sha256 rsa_pss_rsae_sha384 rsa_pss_rsae_sha512 rsa_pss_pss_sha256 rsa_pss_pss_sha384 rsa_pss_pss_sha512 rsa_pkcs1_sha256 rsa_pkcs1_sha384 rsa_pkcs1_sha512",
      "srtpProfiles": "",
      "suites": "TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256",
      "ticketLifetime": 7200,
      "ticketSealer": RotatingTicketKeys {},
      "tickets": 2,
      "tls12Suites": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
      "tls12Versions": "TLSv1.2",
      "tls13Groups": "x25519 secp256r1 secp384r1",
      "verifier": undefined,
      "versions": "TLSv1.3 TLSv1.2",
      "warn": undefined,
    }
  `);
});

/** Random bytes that count from 0: 32 of random, 32 of legacy_session_id, 32 of the X25519 key. */
function defaultClientHello(parts: typeof portableProvider): string {
  const config = defineClientConfig({ provider: { ...parts, random: counting() }, verifier });
  const client = createTlsClient(config, { serverName: 'fox.example', onEvent: () => {} });
  client.start();
  return toHex(concat(...client.takeOutput()));
}

it('a client says these bytes first', () => {
  expect(defaultClientHello(nodeProvider)).toMatchInlineSnapshot(
    `"16030100ed010000e90303000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f0012130113021303c02bc02fc02cc030cca9cca80100008e00000010000e00000b666f782e6578616d706c65000a00080006001d00170018000d001e001c040308070503080806030804080508060809080a080b040105010601000b000201000017000000230000ff01000100002b00050403040303002d00020101003300260024001d002079a631eede1bf9c98f12032cdeadd0e7a079398fc786b88cc846ec89af85a51a"`,
  );
});

it('a client says these bytes first with the portable provider, which verifies neither P-521 nor Ed448', () => {
  expect(defaultClientHello(portableProvider)).toMatchInlineSnapshot(
    `"16030100e9010000e50303000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f0012130113021303c02bc02fc02cc030cca9cca80100008a00000010000e00000b666f782e6578616d706c65000a00080006001d00170018000d001a00180403080705030804080508060809080a080b040105010601000b000201000017000000230000ff01000100002b00050403040303002d00020101003300260024001d002079a631eede1bf9c98f12032cdeadd0e7a079398fc786b88cc846ec89af85a51a"`,
  );
});
