/**
 * RSA encryption (RFC 8017 §7) and static elliptic curve Diffie-Hellman (RFC 5753 §3.1) by node:crypto.
 *
 * RSA's paddings are ours (`rsa-padding.ts`) around OpenSSL's bare operation: Node 20 refuses to decrypt with PKCS#1 v1.5, later ones
 * answer with bytes of their own choice for wrong padding, and none lets MGF1 have another hash than OAEP.
 */

import { constants, createPublicKey, diffieHellman, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import { CryptoFailure } from '../../core/errors/errors.ts';
import type { HashName } from '../hash.ts';
import { type FixedEncoding, readFixed, SECP256R1_SPKI, SECP384R1_SPKI, SECP521R1_SPKI, writeFixed } from '../key-encoding.ts';
import type { KeyAgreer, KeyEncryptionProvider, OaepParameters, RsaDecrypter } from '../key-encryption.ts';
import { checkUncompressedPoint, shareInvalid } from '../key-share.ts';
import { decodeOaep, decodePkcs1, encodeOaep, encodePkcs1, type OaepHashes } from '../rsa-padding.ts';
import { sha1, sha256, sha384, sha512 } from './hash.ts';
import { asBuffer, ownBytes } from './own-bytes.ts';
import { checkPair, readPrivateKeyObject } from './private-key-object.ts';
import { readPublicKeyObject } from './public-key-object.ts';

/** RSA with both paddings; ECDH on P-256, P-384 and P-521. Nothing waits. */
export const keyEncryption: KeyEncryptionProvider = {
  encryptPkcs1(spki, message, random) {
    const { key, size } = readRsaPublicKey(spki);
    return publicOperation(key, encodePkcs1(message, size, random));
  },
  encryptOaep(spki, message, parameters, random) {
    const { key, size } = readRsaPublicKey(spki);
    return publicOperation(key, encodeOaep(message, findHashes(parameters), size, random));
  },
  importDecrypter(pkcs8) {
    const key = readPrivateKeyObject(pkcs8);
    if (key.asymmetricKeyType !== 'rsa' && key.asymmetricKeyType !== 'ec') {
      throw new CryptoFailure(`keys of the kind ${key.asymmetricKeyType} decrypt nothing`);
    }
    checkPair(key);
    return key.asymmetricKeyType === 'rsa' ? new OpenSslRsaDecrypter(key) : new OpenSslKeyAgreer(key);
  },
};

class OpenSslRsaDecrypter implements RsaDecrypter {
  readonly type: RsaDecrypter['type'];
  readonly #key: KeyObject;

  constructor(key: KeyObject) {
    this.#key = key;
    this.type = { kind: 'rsa', bits: key.asymmetricKeyDetails?.modulusLength ?? 0 };
  }

  decryptPkcs1(ciphertext: Uint8Array, substitute: Uint8Array): Uint8Array {
    const encoded = this.#privateOperation(ciphertext);
    return encoded === undefined ? substitute.slice() : decodePkcs1(encoded, substitute);
  }

  decryptOaep(ciphertext: Uint8Array, parameters: OaepParameters): Uint8Array | undefined {
    const hashes = findHashes(parameters);
    const encoded = this.#privateOperation(ciphertext);
    return encoded && decodeOaep(encoded, hashes);
  }

  /** RSADP (RFC 8017 §5.1.2); undefined for a ciphertext that is not below the modulus, which everybody can see. */
  #privateOperation(ciphertext: Uint8Array): Uint8Array | undefined {
    if (ciphertext.length !== Math.ceil(this.type.bits / 8)) return undefined;
    try {
      return ownBytes(privateDecrypt({ key: this.#key, padding: constants.RSA_NO_PADDING }, ciphertext));
    } catch {
      return undefined;
    }
  }
}

const CURVES: Readonly<Record<string, { readonly encoding: FixedEncoding; readonly coordinateSize: number }>> = {
  prime256v1: { encoding: SECP256R1_SPKI, coordinateSize: 32 },
  secp384r1: { encoding: SECP384R1_SPKI, coordinateSize: 48 },
  secp521r1: { encoding: SECP521R1_SPKI, coordinateSize: 66 },
};

class OpenSslKeyAgreer implements KeyAgreer {
  readonly type: KeyAgreer['type'];
  readonly #key: KeyObject;
  readonly #encoding: FixedEncoding;
  readonly #coordinateSize: number;

  constructor(key: KeyObject) {
    const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
    const known = CURVES[curve];
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
    // A key with explicit parameters has the name of its curve here all the same.
    if (known === undefined || readFixed(known.encoding, ownBytes(spki)) === undefined) {
      throw new CryptoFailure(`private keys on the curve ${curve}, or in this encoding, are not supported`);
    }
    this.#key = key;
    this.#encoding = known.encoding;
    this.#coordinateSize = known.coordinateSize;
    this.type = known.encoding.type as KeyAgreer['type'];
  }

  agree(peerPoint: Uint8Array): Uint8Array {
    const { curve } = this.type;
    checkUncompressedPoint(curve, peerPoint, this.#coordinateSize);
    try {
      const { key: publicKey } = readPublicKeyObject(writeFixed(this.#encoding, peerPoint));
      return ownBytes(diffieHellman({ privateKey: this.#key, publicKey }));
    } catch (cause) {
      throw shareInvalid(curve, 'not a point of the curve', cause);
    }
  }
}

function readRsaPublicKey(spki: Uint8Array): { readonly key: KeyObject; readonly size: number } {
  const { key, type } = readPublicKeyObject(spki);
  // RFC 4055 §1.2: a key of id-RSASSA-PSS signs, and nothing else.
  if (type.kind !== 'rsa') throw new CryptoFailure(`a key of the kind ${type.kind} does not encrypt: an RSA key is expected`);
  return { key, size: Math.ceil(type.bits / 8) };
}

function publicOperation(key: KeyObject, encoded: Uint8Array): Uint8Array {
  return ownBytes(publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, asBuffer(encoded)));
}

function findHashes({ hash, mgfHash, label }: OaepParameters): OaepHashes {
  return { hash: findHash(hash), mgfHash: findHash(mgfHash), label };
}

function findHash(name: HashName) {
  const found = [sha256, sha384, sha512, sha1].find((hash) => hash.name === name);
  if (found === undefined) throw new CryptoFailure(`RSAES-OAEP with ${name} is not supported`);
  return found;
}
