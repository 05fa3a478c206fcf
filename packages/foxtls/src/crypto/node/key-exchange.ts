/**
 * X25519, X448, the NIST curves and those of Brainpool (RFC 8446 §4.2.8.2, §7.4.2; RFC 7748; RFC 7027, RFC 8734) by node:crypto.
 *
 * Measured on Node 20 (µs):
 * ```
 *          start                                         finish
 * X25519   generateKeyPairSync + JWK 28, own d as JWK 25     share as JWK 36, as DER 86
 * P-256    createECDH + setPrivateKey 17, KeyObject 47   computeSecret 70, KeyObject from DER 154
 * P-384    createECDH + setPrivateKey 515, KeyObject 542 computeSecret 1350, KeyObject from DER 885
 * ```
 * The montgomery curves take JWK, because DER goes through OpenSSL's decoders (60 µs a key). The others take the ECDH class,
 * best for P-256, which is the one in use. Both take their private key from the caller's random source, so that a run can be replayed
 * from a seed; that costs nothing against keys that OpenSSL draws.
 */

import { createECDH, createPrivateKey, createPublicKey, diffieHellman, type ECDH, type KeyObject } from 'node:crypto';
import { concat, fromHex, wipe } from '../../core/bytes/bytes.ts';
import type { KeyExchange, KeyExchangeGroup, RandomSource } from '../key-exchange.ts';
import {
  alreadyFinished,
  checkMontgomerySecret,
  checkMontgomeryShare,
  checkUncompressedPoint,
  drawScalar,
  shareInvalid,
} from '../key-share.ts';
import { asBuffer, ownBytes } from './own-bytes.ts';

export const x25519: KeyExchangeGroup = /* @__PURE__ */ montgomery('x25519', 0x001d, 'X25519', 32);
export const x448: KeyExchangeGroup = /* @__PURE__ */ montgomery('x448', 0x001e, 'X448', 56);
export const secp256r1: KeyExchangeGroup = /* @__PURE__ */ weierstrass('secp256r1', 0x0017, 'prime256v1', 32, 0xff);
export const secp384r1: KeyExchangeGroup = /* @__PURE__ */ weierstrass('secp384r1', 0x0018, 'secp384r1', 48, 0xff);
/** Its order has 521 bits: one in the first of 66 bytes. */
export const secp521r1: KeyExchangeGroup = /* @__PURE__ */ weierstrass('secp521r1', 0x0019, 'secp521r1', 66, 0x01);

/** Of TLS 1.2 (RFC 7027 §2). Some builds of OpenSSL leave the curves of Brainpool out. */
export const brainpoolP256r1: KeyExchangeGroup = /* @__PURE__ */ weierstrass(
  'brainpoolP256r1',
  0x001a,
  'brainpoolP256r1',
  32,
  0xff,
);
export const brainpoolP384r1: KeyExchangeGroup = /* @__PURE__ */ weierstrass(
  'brainpoolP384r1',
  0x001b,
  'brainpoolP384r1',
  48,
  0xff,
);
export const brainpoolP512r1: KeyExchangeGroup = /* @__PURE__ */ weierstrass(
  'brainpoolP512r1',
  0x001c,
  'brainpoolP512r1',
  64,
  0xff,
);
/** Of TLS 1.3 (RFC 8734 §3). */
export const brainpoolP256r1tls13: KeyExchangeGroup = /* @__PURE__ */ weierstrass(
  'brainpoolP256r1tls13',
  0x001f,
  'brainpoolP256r1',
  32,
  0xff,
);
export const brainpoolP384r1tls13: KeyExchangeGroup = /* @__PURE__ */ weierstrass(
  'brainpoolP384r1tls13',
  0x0020,
  'brainpoolP384r1',
  48,
  0xff,
);
export const brainpoolP512r1tls13: KeyExchangeGroup = /* @__PURE__ */ weierstrass(
  'brainpoolP512r1tls13',
  0x0021,
  'brainpoolP512r1',
  64,
  0xff,
);

type SynchronousExchange = Omit<KeyExchange, 'finish'> & { finish(peerShare: Uint8Array): Uint8Array };

function group(name: string, id: number, start: (random: RandomSource) => SynchronousExchange): KeyExchangeGroup {
  return {
    name,
    id,
    start,
    respond(peerShare, random) {
      const exchange = start(random);
      return { share: exchange.share, secret: exchange.finish(peerShare) };
    },
  };
}

function montgomery(name: string, id: number, crv: MontgomeryCurve, size: number): KeyExchangeGroup {
  return group(name, id, (random) => new MontgomeryExchange(name, crv, size, random));
}

function weierstrass(name: string, id: number, curve: string, coordinateSize: number, topMask: number): KeyExchangeGroup {
  return group(name, id, (random) => new WeierstrassExchange(name, curve, coordinateSize, topMask, random));
}

class MontgomeryExchange implements SynchronousExchange {
  readonly share: Uint8Array;
  readonly #name: string;
  readonly #crv: MontgomeryCurve;
  #privateKey: KeyObject | undefined;

  constructor(name: string, crv: MontgomeryCurve, size: number, random: RandomSource) {
    this.#name = name;
    this.#crv = crv;
    const scalar = random(size);
    this.#privateKey = PRIVATE_KEY_AS_JWK ? fromJwk(crv, scalar) : fromPkcs8(crv, scalar);
    scalar.fill(0);
    this.share = fromBase64Url(createPublicKey(this.#privateKey).export({ format: 'jwk' }).x as string);
  }

  finish(peerShare: Uint8Array): Uint8Array {
    const privateKey = this.#privateKey;
    if (privateKey === undefined) throw alreadyFinished(this.#name);
    checkMontgomeryShare(this.#name, peerShare, this.share.length);
    this.#privateKey = undefined;
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: this.#crv, x: toBase64Url(peerShare) }, format: 'jwk' });
    const secret = this.#agree(privateKey, publicKey);
    checkMontgomerySecret(this.#name, secret);
    return secret;
  }

  /** OpenSSL refuses a zero secret itself; BoringSSL-based runtimes leave that to us. */
  #agree(privateKey: KeyObject, publicKey: KeyObject): Uint8Array {
    try {
      return ownBytes(diffieHellman({ privateKey, publicKey }));
    } catch (cause) {
      throw shareInvalid(this.#name, 'a point of low order: the shared secret would be zero', cause);
    }
  }
}

/**
 * Node 20 to 24 take the `d` of a JWK alone, in 25 µs, where PKCS#8 takes 290 on Node 20. Node 26 wants to see the right `x` beside
 * it, and takes PKCS#8 in 25 µs.
 */
const PRIVATE_KEY_AS_JWK: boolean = /* @__PURE__ */ takesPrivateKeyAlone();

function takesPrivateKeyAlone(): boolean {
  try {
    fromJwk('X25519', new Uint8Array(32).fill(1));
    return true;
  } catch {
    return false;
  }
}

function fromJwk(crv: MontgomeryCurve, scalar: Uint8Array): KeyObject {
  return createPrivateKey({ key: { kty: 'OKP', crv, d: toBase64Url(scalar), x: '' }, format: 'jwk' });
}

function fromPkcs8(crv: MontgomeryCurve, scalar: Uint8Array): KeyObject {
  const pkcs8 = concat(PKCS8_PREFIX[crv], scalar);
  const key = createPrivateKey({ key: asBuffer(pkcs8), format: 'der', type: 'pkcs8' });
  wipe(pkcs8);
  return key;
}

/** What stands before the private key in its PrivateKeyInfo (RFC 8410 §7). */
const PKCS8_PREFIX: { readonly [crv in MontgomeryCurve]: Uint8Array } = {
  X25519: /* @__PURE__ */ fromHex('302e020100300506032b656e04220420'),
  X448: /* @__PURE__ */ fromHex('3046020100300506032b656f043a0438'),
};

type MontgomeryCurve = 'X25519' | 'X448';

class WeierstrassExchange implements SynchronousExchange {
  readonly share: Uint8Array;
  readonly #name: string;
  readonly #coordinateSize: number;
  #ecdh: ECDH | undefined;

  constructor(name: string, curve: string, coordinateSize: number, topMask: number, random: RandomSource) {
    this.#name = name;
    this.#coordinateSize = coordinateSize;
    const ecdh = createECDH(curve);
    const scalar = drawScalar(random, coordinateSize, topMask, (candidate) => acceptsPrivateKey(ecdh, candidate));
    scalar.fill(0);
    this.#ecdh = ecdh;
    this.share = ownBytes(ecdh.getPublicKey());
  }

  finish(peerShare: Uint8Array): Uint8Array {
    const ecdh = this.#ecdh;
    if (ecdh === undefined) throw alreadyFinished(this.#name);
    checkUncompressedPoint(this.#name, peerShare, this.#coordinateSize);
    this.#ecdh = undefined;
    try {
      return ownBytes(ecdh.computeSecret(peerShare));
    } catch (cause) {
      throw shareInvalid(this.#name, 'not a point of the curve', cause);
    }
  }
}

/** Sets the private key; false if it is not in 1 … n-1, which OpenSSL checks. */
function acceptsPrivateKey(ecdh: ECDH, scalar: Uint8Array): boolean {
  try {
    ecdh.setPrivateKey(scalar);
    return true;
  } catch {
    return false;
  }
}

function toBase64Url(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('base64url');
}

/** Copied out of Buffer's pool. */
function fromBase64Url(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64url'));
}
