/**
 * The provider of Node: everything by node:crypto (RC2 excepted, which is ours), all synchronous but the derivation of keys from passwords.
 *
 * A program whose size matters takes the parts by name instead of this record, which keeps them all.
 */

import { getCurves } from 'node:crypto';
import { rc2Cbc40, rc2Cbc64, rc2Cbc128 } from '../legacy/rc2.ts';
import type { PkcsProvider } from '../pkcs-provider.ts';
import { mlKem768, mlKem1024 } from '../post-quantum/ml-kem.ts';
import { mlKemHybrids } from '../post-quantum/ml-kem-hybrids.ts';
import { aes128Ccm, aes128Ccm8, aes128Gcm, aes256Ccm, aes256Ccm8, aes256Gcm, chacha20Poly1305 } from './aead.ts';
import { aes128Cbc, aes192Cbc, aes256Cbc, camellia128Cbc, camellia256Cbc, desEde3Cbc } from './cipher.ts';
import { ffdhe2048, ffdhe3072, ffdhe4096, ffdhe6144, ffdhe8192 } from './finite-field-key-exchange.ts';
import { finiteField } from './finite-field-provider.ts';
import { sha1, sha224, sha256, sha384, sha512 } from './hash.ts';
import { keyEncryption } from './key-encryption.ts';
import {
  brainpoolP256r1,
  brainpoolP256r1tls13,
  brainpoolP384r1,
  brainpoolP384r1tls13,
  brainpoolP512r1,
  brainpoolP512r1tls13,
  secp256r1,
  secp384r1,
  secp521r1,
  x448,
  x25519,
} from './key-exchange.ts';
import { aes128Wrap, aes192Wrap, aes256Wrap } from './key-wrap.ts';
import { keys } from './keys.ts';
import { passwordHashes } from './password-hash.ts';
import { random } from './random.ts';

/** Some builds of OpenSSL leave them out. */
const BRAINPOOL = [
  ...[brainpoolP256r1, brainpoolP384r1, brainpoolP512r1],
  ...[brainpoolP256r1tls13, brainpoolP384r1tls13, brainpoolP512r1tls13],
];

/**
 * What Node's OpenSSL offers.
 *
 * @example
 * const sha256 = nodeProvider.hashes.find((hash) => hash.name === 'sha256');
 */
export const nodeProvider: PkcsProvider = {
  name: 'node',
  random,
  hashes: [sha256, sha384, sha512, sha224, sha1],
  aeads: [aes128Gcm, aes256Gcm, chacha20Poly1305, aes128Ccm, aes128Ccm8, aes256Ccm, aes256Ccm8],
  // The fastest first: P-256 has assembly, the larger NIST curves have none (1.9 ms an exchange and more). Which of them are used
  // unless a config says more is in protocol/negotiate/groups.ts.
  groups: [
    ...[x25519, secp256r1, secp384r1, x448, secp521r1, ffdhe2048, ffdhe3072, ffdhe4096, ffdhe6144, ffdhe8192],
    ...BRAINPOOL.filter(({ name }) => getCurves().includes(name.replace('tls13', ''))),
    // Node has ML-KEM from version 24 on only.
    ...[...mlKemHybrids({ x25519, secp256r1, secp384r1 }), mlKem768, mlKem1024],
  ],
  keys,
  finiteField,
  ciphers: [aes128Cbc, aes192Cbc, aes256Cbc, camellia128Cbc, camellia256Cbc, desEde3Cbc, rc2Cbc40, rc2Cbc64, rc2Cbc128],
  passwordHashes,
  keyEncryption,
  keyWraps: [aes128Wrap, aes192Wrap, aes256Wrap],
};
