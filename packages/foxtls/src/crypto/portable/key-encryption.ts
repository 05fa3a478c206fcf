/**
 * RSA encryption (RFC 8017 §7) on JavaScript's big integers, and static elliptic curve Diffie-Hellman (RFC 5753 §3.1) by @noble/curves.
 *
 * There is no decrypting with RSA: a private operation has to take constant time, which big integers do not give. Encrypting computes
 * with the padded message, in which random bytes hide the secret.
 */

import { p256, p384 } from '@noble/curves/nist.js';
import { CryptoFailure } from '../../core/errors/errors.ts';
import type { HashName } from '../hash.ts';
import type { KeyAgreer, KeyEncryptionProvider, OaepParameters } from '../key-encryption.ts';
import { checkUncompressedPoint, shareInvalid } from '../key-share.ts';
import { encodeOaep, encodePkcs1, type OaepHashes } from '../rsa-padding.ts';
import { sha1, sha256, sha384, sha512 } from './hash.ts';
import { keys } from './keys.ts';
import { readPkcs8 } from './pkcs8.ts';
import { publicOperation, type RsaPublicKey, readRsaPublicKey } from './rsa.ts';

/** RSA encryption with both paddings; ECDH on P-256 and P-384. Nothing waits. */
export const keyEncryption: KeyEncryptionProvider = {
  encryptPkcs1(spki, message, random) {
    const key = readEncryptionKey(spki);
    return encrypt(key, encodePkcs1(message, key.size, random));
  },
  encryptOaep(spki, message, parameters, random) {
    const key = readEncryptionKey(spki);
    return encrypt(key, encodeOaep(message, findHashes(parameters), key.size, random));
  },
  importDecrypter,
};

function importDecrypter(pkcs8: Uint8Array): KeyAgreer {
  const { type, secret } = readPkcs8(pkcs8);
  const curve = type.kind === 'ec' ? CURVES[type.curve] : undefined;
  if (type.kind !== 'ec' || curve === undefined) {
    throw new CryptoFailure('the portable provider decrypts with keys on P-256 and P-384 only');
  }
  // Checks the scalar, and the public key that came with it.
  keys.importPrivateKey(pkcs8);
  return {
    type,
    agree(peerPoint) {
      checkUncompressedPoint(type.curve, peerPoint, curve.size);
      try {
        return curve.functions.getSharedSecret(secret, peerPoint, true).slice(1);
      } catch (cause) {
        throw shareInvalid(type.curve, 'not a point of the curve', cause);
      }
    },
  };
}

const CURVES: Readonly<Record<string, { readonly functions: typeof p256; readonly size: number }>> = {
  secp256r1: { functions: p256, size: 32 },
  secp384r1: { functions: p384, size: 48 },
};

function readEncryptionKey(spki: Uint8Array): RsaPublicKey {
  const key = readRsaPublicKey(spki);
  if (key.type.kind !== 'rsa') throw new CryptoFailure(`a key of the kind ${key.type.kind} does not encrypt`);
  return key;
}

function encrypt(key: RsaPublicKey, encoded: Uint8Array): Uint8Array {
  const ciphertext = publicOperation(key, encoded);
  if (ciphertext === undefined) throw new CryptoFailure('the encoded message is not below the modulus of this RSA key');
  return ciphertext;
}

function findHashes({ hash, mgfHash, label }: OaepParameters): OaepHashes {
  return { hash: findHash(hash), mgfHash: findHash(mgfHash), label };
}

function findHash(name: HashName) {
  const found = [sha256, sha384, sha512, sha1].find((hash) => hash.name === name);
  if (found === undefined) throw new CryptoFailure(`RSAES-OAEP with ${name} is not supported`);
  return found;
}
