/**
 * ECDSA P-256 and P-384, Ed25519 by @noble/curves; RSA for verifying only (`rsa.ts`).
 *
 * Invariant: a malformed signature or an algorithm that is not for the key makes `verify` say false; nothing there throws.
 */

import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384 } from '@noble/curves/nist.js';
import { equal } from '../../core/bytes/bytes.ts';
import { CryptoFailure } from '../../core/errors/errors.ts';
import type { Hash } from '../hash.ts';
import {
  type CurveKeyType,
  ED25519_SPKI,
  type FixedEncoding,
  readFixed,
  SECP256R1_SPKI,
  SECP384R1_SPKI,
  writeFixed,
} from '../key-encoding.ts';
import { drawScalar } from '../key-share.ts';
import type { KeyGenerationRequest, KeyProvider, KeyType, PrivateKey, PublicKey, SignatureAlgorithm } from '../signature.ts';
import { signatureFits } from '../signature-fits.ts';
import { sha1, sha256, sha384, sha512 } from './hash.ts';
import { readPkcs8, writePkcs8 } from './pkcs8.ts';
import { random } from './random.ts';
import { type RsaPublicKey, readRsaPublicKey, verifyPkcs1, verifyPss } from './rsa.ts';

/** A key provider whose public keys are there at once. */
interface PortableKeyProvider extends KeyProvider {
  importPublicKey(spki: Uint8Array): PublicKey;
}

/** ECDSA P-256 and P-384 and Ed25519; of RSA the public keys. Nothing waits. */
export const keys: PortableKeyProvider = {
  verifies: ['secp256r1', 'secp384r1', 'ed25519', 'rsa', 'rsa-pss'],
  importPublicKey,
  importPrivateKey,
  generateKey,
};

function importPublicKey(spki: Uint8Array): PublicKey {
  for (const scheme of SCHEMES) {
    const point = readFixed(scheme.encoding, spki);
    if (point === undefined) continue;
    if (!scheme.isPublicKey(point)) throw new CryptoFailure(`this ${nameOf(scheme.type)} key is not a point of its curve`);
    return new CurvePublicKey(scheme, point);
  }
  return new RsaVerifier(readRsaPublicKey(spki), spki.slice());
}

function importPrivateKey(pkcs8: Uint8Array): PrivateKey {
  const { type, secret, publicKey } = readPkcs8(pkcs8);
  const scheme = schemeFor(type);
  if (secret.length !== scheme.secretSize || !scheme.isSecretKey(secret)) {
    throw new CryptoFailure(`this ${nameOf(type)} private key is not valid`);
  }
  if (publicKey !== undefined && !equal(publicKey, scheme.publicKey(secret))) {
    throw new CryptoFailure('this private key does not sign for the public key that came with it');
  }
  return new CurvePrivateKey(scheme, secret);
}

function generateKey(request: KeyGenerationRequest): PrivateKey {
  if (request.kind === 'rsa') throw new CryptoFailure('the portable provider does not make RSA keys');
  const scheme = schemeFor(request);
  return new CurvePrivateKey(scheme, drawScalar(random, scheme.secretSize, 0xff, scheme.isSecretKey));
}

/** What a kind of elliptic curve key can do. */
interface CurveScheme {
  readonly type: CurveKeyType;
  readonly encoding: FixedEncoding;
  readonly secretSize: number;
  isSecretKey(secret: Uint8Array): boolean;
  isPublicKey(point: Uint8Array): boolean;
  publicKey(secret: Uint8Array): Uint8Array;
  /** Undefined when the hash is not known here. */
  sign(algorithm: SignatureAlgorithm, message: Uint8Array, secret: Uint8Array): Uint8Array | undefined;
  /** May throw for malformed signatures. */
  verify(algorithm: SignatureAlgorithm, message: Uint8Array, signature: Uint8Array, point: Uint8Array): boolean;
}

const SCHEMES: readonly CurveScheme[] = [
  /* @__PURE__ */ ecdsaScheme(SECP256R1_SPKI, p256, 32),
  /* @__PURE__ */ ecdsaScheme(SECP384R1_SPKI, p384, 48),
  {
    type: ED25519_SPKI.type,
    encoding: ED25519_SPKI,
    secretSize: 32,
    isSecretKey: () => true,
    // RFC 8032 §5.1.7, not ZIP 215: points and scalars in their one encoding.
    isPublicKey: (point) => ed25519.utils.isValidPublicKey(point, false),
    publicKey: (secret) => ed25519.getPublicKey(secret),
    sign: (_, message, secret) => ed25519.sign(message, secret),
    verify: (_, message, signature, point) => ed25519.verify(signature, message, point, { zip215: false }),
  },
];

/** ECDSA with any hash; TLS and X.509 take both halves of the range of s. */
function ecdsaScheme(encoding: FixedEncoding, curve: typeof p256, size: number): CurveScheme {
  const options = { prehash: false, lowS: false, format: 'der' } as const;
  return {
    type: encoding.type,
    encoding,
    secretSize: size,
    isSecretKey: (secret) => curve.utils.isValidSecretKey(secret),
    isPublicKey: (point) => curve.utils.isValidPublicKey(point, false),
    publicKey: (secret) => curve.getPublicKey(secret, false),
    sign(algorithm, message, secret) {
      const digest = hashOf(algorithm)?.digest(message);
      // Deterministic by RFC 6979, with fresh randomness mixed in (§3.6), which makes faults and side channels harder to use.
      return digest && curve.sign(digest, secret, { ...options, extraEntropy: random(size) });
    },
    verify(algorithm, message, signature, point) {
      const digest = hashOf(algorithm)?.digest(message);
      return digest !== undefined && curve.verify(signature, digest, point, options);
    },
  };
}

class CurvePublicKey implements PublicKey {
  readonly type: KeyType;
  readonly spki: Uint8Array;
  readonly #scheme: CurveScheme;
  readonly #point: Uint8Array;

  constructor(scheme: CurveScheme, point: Uint8Array) {
    this.type = scheme.type;
    this.spki = writeFixed(scheme.encoding, point);
    this.#scheme = scheme;
    this.#point = point;
  }

  verify(algorithm: SignatureAlgorithm, message: Uint8Array, signature: Uint8Array): boolean {
    if (!signatureFits(algorithm, this.type)) return false;
    try {
      return this.#scheme.verify(algorithm, message, signature, this.#point);
    } catch {
      return false;
    }
  }
}

class CurvePrivateKey implements PrivateKey {
  readonly type: CurveKeyType;
  readonly publicKey: PublicKey;
  readonly #scheme: CurveScheme;
  readonly #secret: Uint8Array;
  readonly #point: Uint8Array;

  constructor(scheme: CurveScheme, secret: Uint8Array) {
    this.type = scheme.type;
    this.#scheme = scheme;
    this.#secret = secret;
    this.#point = scheme.publicKey(secret);
    this.publicKey = new CurvePublicKey(scheme, this.#point);
  }

  sign(algorithm: SignatureAlgorithm, message: Uint8Array): Uint8Array {
    const fits = signatureFits(algorithm, this.type);
    const signature = fits ? this.#scheme.sign(algorithm, message, this.#secret) : undefined;
    if (signature === undefined)
      throw new CryptoFailure(`this ${nameOf(this.type)} key cannot sign with ${algorithm.kind} as asked`);
    return signature;
  }

  exportPkcs8(): Uint8Array {
    return writePkcs8(this.type, this.#secret, this.#point);
  }
}

class RsaVerifier implements PublicKey {
  readonly type: KeyType;
  readonly spki: Uint8Array;
  readonly #key: RsaPublicKey;

  constructor(key: RsaPublicKey, spki: Uint8Array) {
    this.type = key.type;
    this.spki = spki;
    this.#key = key;
  }

  verify(algorithm: SignatureAlgorithm, message: Uint8Array, signature: Uint8Array): boolean {
    const hash = hashOf(algorithm);
    if (!signatureFits(algorithm, this.type) || hash === undefined) return false;
    if (algorithm.kind === 'rsa-pkcs1') return verifyPkcs1(this.#key, hash, message, signature);
    if (algorithm.kind !== 'rsa-pss') return false;
    const mgfHash = findHash(algorithm.mgfHash);
    if (mgfHash === undefined) return false;
    return verifyPss(this.#key, { hash, mgfHash, saltLength: algorithm.saltLength }, message, signature);
  }
}

function schemeFor(type: KeyType | KeyGenerationRequest): CurveScheme {
  const scheme = SCHEMES.find((candidate) => nameOf(candidate.type) === nameOf(type));
  if (scheme === undefined) throw new CryptoFailure(`the portable provider has no ${nameOf(type)} keys`);
  return scheme;
}

function nameOf(type: KeyType | KeyGenerationRequest): string {
  return type.kind === 'ec' ? type.curve : type.kind;
}

function hashOf(algorithm: SignatureAlgorithm): Hash | undefined {
  return 'hash' in algorithm ? findHash(algorithm.hash) : undefined;
}

function findHash(name: string): Hash | undefined {
  return [sha256, sha384, sha512, sha1].find((hash) => hash.name === name);
}
