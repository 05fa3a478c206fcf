/**
 * The suites that exist with `foxtls/legacy` alone: those that are weak by their key exchange, by their cipher, or by both, so far as IANA
 * has a name for them (RFC 5246 §A.5, RFC 4279, RFC 5288, RFC 5289, RFC 5487, RFC 5489, RFC 5932, RFC 6367, RFC 6655, RFC 8422 §6).
 */

import { CIPHER_SUITES } from '../core/registry/cipher-suites.ts';
import type { Tls12CipherSuiteParts } from '../protocol/handshake/tls12/cipher-suites.ts';
import { dhe } from '../protocol/handshake/tls12/dhe.ts';
import { ecdhe } from '../protocol/handshake/tls12/ecdhe.ts';
import type { KeyExchangeMethod } from '../protocol/handshake/tls12/key-exchange.ts';
import { dhePsk, ecdhePsk, psk } from '../protocol/handshake/tls12/psk.ts';
import { CIPHERS } from '../protocol/handshake/tls12/suite-ciphers.ts';
import type { AuthenticationName } from '../protocol/negotiate/tls12-cipher-suites.ts';
import { dhAnon, ecdhAnon } from './anonymous.ts';
import { CAMELLIA, NULL, OLD_CHACHA20, type OldCiphers, RC4, sound, TRIPLE_DES } from './ciphers.ts';
import { ecdh } from './ecdh.ts';
import { rsa, rsaPsk } from './rsa.ts';

/** The first half of a suite's name, and what stands for it. */
interface OldKeyExchange {
  readonly prefix: string;
  readonly method: KeyExchangeMethod;
  readonly authentication: AuthenticationName;
  readonly weakness?: string;
}

type Suites = readonly Tls12CipherSuiteParts[];

const NO_FORWARD_SECRECY = 'there is no forward secrecy: who gets the key of the server later reads all of it';
const ORACLE = `${NO_FORWARD_SECRECY}, and servers that decrypt by RSA have been decrypting for everybody (ROBOT)`;
const ANONYMOUS = 'nobody has proved to be anybody: whoever stands between the two reads and changes all of it';
const DSS = 'keys of DSA are given up, and one signature with a number that can be guessed gives them away';

const RSA: OldKeyExchange = { prefix: 'TLS_RSA', method: rsa, authentication: 'RSA', weakness: ORACLE };
const RSA_PSK: OldKeyExchange = { prefix: 'TLS_RSA_PSK', method: rsaPsk, authentication: 'RSA', weakness: ORACLE };
const ECDH: readonly OldKeyExchange[] = [
  { prefix: 'TLS_ECDH_ECDSA', method: ecdh, authentication: 'ECDSA', weakness: NO_FORWARD_SECRECY },
  { prefix: 'TLS_ECDH_RSA', method: ecdh, authentication: 'RSA', weakness: NO_FORWARD_SECRECY },
];
const ANON: readonly OldKeyExchange[] = [
  { prefix: 'TLS_ECDH_anon', method: ecdhAnon, authentication: 'none', weakness: ANONYMOUS },
  { prefix: 'TLS_DH_anon', method: dhAnon, authentication: 'none', weakness: ANONYMOUS },
];
const DHE_DSS: OldKeyExchange = { prefix: 'TLS_DHE_DSS', method: dhe as KeyExchangeMethod, authentication: 'DSS', weakness: DSS };

/** In these only the cipher is old. */
const SOUND: readonly OldKeyExchange[] = [
  { prefix: 'TLS_ECDHE_ECDSA', method: ecdhe as KeyExchangeMethod, authentication: 'ECDSA' },
  { prefix: 'TLS_ECDHE_RSA', method: ecdhe as KeyExchangeMethod, authentication: 'RSA' },
  { prefix: 'TLS_DHE_RSA', method: dhe as KeyExchangeMethod, authentication: 'RSA' },
  { prefix: 'TLS_ECDHE_PSK', method: ecdhePsk as KeyExchangeMethod, authentication: 'none' },
  { prefix: 'TLS_DHE_PSK', method: dhePsk as KeyExchangeMethod, authentication: 'none' },
  { prefix: 'TLS_PSK', method: psk as KeyExchangeMethod, authentication: 'none' },
];
/** Joined by a function: a bundler takes a spread for something that may do more. */
const ANY: readonly OldKeyExchange[] = /* @__PURE__ */ [SOUND, [RSA, RSA_PSK, DHE_DSS], ECDH, ANON].flat();

/** The key of the server's certificate decrypts (RFC 5246 §7.4.7.1); with AES. Needs `decrypter` in the credential. */
export const rsaCipherSuites: Suites = /* @__PURE__ */ suitesOf([RSA], /* @__PURE__ */ sound(CIPHERS));

/** The same with a pre-shared key (RFC 4279 §4). */
export const rsaPskCipherSuites: Suites = /* @__PURE__ */ suitesOf([RSA_PSK], /* @__PURE__ */ sound(CIPHERS));

/** The key of the server's certificate is its half of the exchange; with AES. Needs `decrypter` in the credential. */
export const ecdhCipherSuites: Suites = /* @__PURE__ */ suitesOf(ECDH, /* @__PURE__ */ sound(CIPHERS));

/** Without certificates (RFC 5246 §F.1.1.1); with AES. */
export const anonymousCipherSuites: Suites = /* @__PURE__ */ suitesOf(ANON, /* @__PURE__ */ sound(CIPHERS));

/** DHE with keys of DSA; with AES. Needs a scheme of DSA in `signatureSchemes`. */
export const dssCipherSuites: Suites = /* @__PURE__ */ suitesOf([DHE_DSS], /* @__PURE__ */ sound(CIPHERS));

/** Camellia, with any key exchange; as all below. */
export const camelliaCipherSuites: Suites = /* @__PURE__ */ suitesOf(ANY, CAMELLIA);
export const tripleDesCipherSuites: Suites = /* @__PURE__ */ suitesOf(ANY, TRIPLE_DES);
export const rc4CipherSuites: Suites = /* @__PURE__ */ suitesOf(ANY, RC4);
export const nullCipherSuites: Suites = /* @__PURE__ */ suitesOf(ANY, NULL);

/**
 * ChaCha20-Poly1305 as drafts had it. IANA knows neither number nor name: the numbers are those of the drafts, the names are wolfSSL's.
 */
export const oldChacha20CipherSuites: Suites = /* @__PURE__ */ suitesOf(SOUND, OLD_CHACHA20, {
  TLS_ECDHE_RSA_WITH_CHACHA20_OLD_POLY1305_SHA256: 0xcc13,
  TLS_ECDHE_ECDSA_WITH_CHACHA20_OLD_POLY1305_SHA256: 0xcc14,
  TLS_DHE_RSA_WITH_CHACHA20_OLD_POLY1305_SHA256: 0xcc15,
});

export const legacyCipherSuites: Suites = /* @__PURE__ */ [
  rsaCipherSuites,
  rsaPskCipherSuites,
  ecdhCipherSuites,
  dssCipherSuites,
  camelliaCipherSuites,
  oldChacha20CipherSuites,
  tripleDesCipherSuites,
  rc4CipherSuites,
  anonymousCipherSuites,
  nullCipherSuites,
].flat();

/** Those of the combinations that are registered. */
function suitesOf(
  keyExchanges: readonly OldKeyExchange[],
  ciphers: OldCiphers,
  ids: Readonly<Record<string, number>> = CIPHER_SUITES,
): Suites {
  return keyExchanges.flatMap(({ prefix, method, authentication, weakness }) =>
    Object.entries(ciphers).flatMap(([end, { cipher, weakness: weakCipher }]) => {
      const name = `${prefix}_WITH_${end}`;
      const id = ids[name];
      const reasons = [weakCipher, weakness].filter((reason) => reason !== undefined).join('; ');
      return id === undefined ? [] : [{ id, name, keyExchange: method, authentication, cipher, weakness: reasons }];
    }),
  );
}
