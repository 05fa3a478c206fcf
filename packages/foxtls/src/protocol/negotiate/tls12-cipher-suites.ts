/**
 * What a cipher suite of TLS 1.2 and older is (RFC 5246 §A.5): its number and name, and the parts that it names.
 */

import type { VersionName } from '../../core/registry/protocol-versions.ts';
import type { Hash } from '../../crypto/hash.ts';
import type { KeyType } from '../../crypto/signature.ts';
import type { KeyExchangeMethod } from '../handshake/tls12/key-exchange.ts';
import type { RecordCipher } from '../record/record-cipher.ts';

/** What the server's certificate has to hold: a key of ECDSA or EdDSA (RFC 8422 §5.3), of RSA, of DSA; or there is none. */
export type AuthenticationName = 'ECDSA' | 'RSA' | 'DSS' | 'none';

/** What the hellos agree on beside the suite, and records depend on. */
export interface RecordParameters {
  readonly version: VersionName;
  /** RFC 7366. Of block ciphers alone. */
  readonly encryptThenMac: boolean;
}

/** The cipher of a suite with a provider's parts. */
export interface SuiteCipher {
  /** Whether it is a block cipher in CBC mode: then encrypt_then_mac matters. */
  readonly isBlockCipher: boolean;
  /** Whether a record opens only behind all those before it: of a stream cipher, which no datagrams can carry (RFC 6347 §4.1.2.2). */
  readonly needsOrder?: boolean | undefined;
  create(parameters: RecordParameters): RecordCipher;
}

/** A suite that can be used: IANA's number and name, with the provider's parts. */
export interface Tls12CipherSuite {
  readonly id: number;
  readonly name: string;
  readonly keyExchange: KeyExchangeMethod;
  readonly authentication: AuthenticationName;
  readonly cipher: SuiteCipher;
  /** Of the PRF in TLS 1.2. */
  readonly hash: Hash;
  /** Whether versions before TLS 1.2 have it too: those with an AEAD, and with a hash after SHA-1, they have not. */
  readonly beforeTls12: boolean;
  /** Why it should not be used, of those of `foxtls/legacy`. */
  readonly weakness?: string | undefined;
}

/** The kinds of keys that authenticate the server of a suite. */
const KEYS: Readonly<Record<AuthenticationName, readonly KeyType['kind'][]>> = {
  // RFC 8422 §5.3: a certificate with a key of EdDSA goes with these suites too.
  ECDSA: ['ec', 'ed25519', 'ed448'],
  RSA: ['rsa', 'rsa-pss'],
  DSS: ['dsa'],
  none: [],
};

/** Whether a key of this type authenticates the server of the suite. */
export function suiteFitsKey(
  { authentication, keyExchange }: Pick<Tls12CipherSuite, 'authentication' | 'keyExchange'>,
  type: KeyType,
): boolean {
  // RFC 4055 §1.2: a key of id-RSASSA-PSS signs, and nothing else.
  if (keyExchange.certificateKey === 'decrypts') return type.kind === 'rsa';
  // "The names DH_DSS, DH_RSA, ECDH_ECDSA, and ECDH_RSA are historical." (RFC 5246 §7.4.2) Of both the key is one of elliptic curves; who
  // signed the certificate, TLS 1.2 does not ask.
  if (keyExchange.certificateKey === 'agrees') return type.kind === 'ec';
  return KEYS[authentication].includes(type.kind);
}

/** Whether nobody proves to be anybody: anyone between the two can be both. */
export function isAnonymous({ keyExchange }: Pick<Tls12CipherSuite, 'keyExchange'>): boolean {
  return keyExchange.certificateKey === 'unused' && !keyExchange.usesPreSharedKey;
}
