/**
 * X25519, P-256 and P-384 (RFC 8446 §4.2.8.2, §7.4.2; RFC 7748) by @noble/curves.
 *
 * The private key is the caller's random bytes, as in the Node provider: the same bytes make the same share.
 * The finite field groups (RFC 7919) are not here: "Any implementation of finite field Diffie-Hellman key exchange should use
 * constant-time modular-exponentiation implementations." (RFC 7919 §8.6) JavaScript's BigInt has none.
 */

import { x25519 as nobleX25519 } from '@noble/curves/ed25519.js';
import { p256, p384 } from '@noble/curves/nist.js';
import { wipe } from '../../core/bytes/bytes.ts';
import type { KeyExchange, KeyExchangeGroup, RandomSource } from '../key-exchange.ts';
import {
  alreadyFinished,
  checkMontgomerySecret,
  checkMontgomeryShare,
  checkUncompressedPoint,
  drawScalar,
  shareInvalid,
} from '../key-share.ts';

/** What a group is made of. */
interface Curve {
  drawPrivateKey(random: RandomSource): Uint8Array;
  share(privateKey: Uint8Array): Uint8Array;
  /** Throws for a share of the wrong form. */
  checkShare(peerShare: Uint8Array): void;
  /** Throws for a share that is not a point of the curve, or of low order. */
  agree(privateKey: Uint8Array, peerShare: Uint8Array): Uint8Array;
}

export const x25519: KeyExchangeGroup = /* @__PURE__ */ portableGroup('x25519', 0x001d, {
  drawPrivateKey: (random) => random(32),
  share: (privateKey) => nobleX25519.getPublicKey(privateKey),
  checkShare: (peerShare) => checkMontgomeryShare('x25519', peerShare, 32),
  agree(privateKey, peerShare) {
    const secret = nobleX25519.getSharedSecret(privateKey, peerShare);
    checkMontgomerySecret('x25519', secret);
    return secret;
  },
});
export const secp256r1: KeyExchangeGroup = /* @__PURE__ */ portableGroup(
  'secp256r1',
  0x0017,
  /* @__PURE__ */ nist('secp256r1', p256, 32),
);
export const secp384r1: KeyExchangeGroup = /* @__PURE__ */ portableGroup(
  'secp384r1',
  0x0018,
  /* @__PURE__ */ nist('secp384r1', p384, 48),
);

function nist(name: string, curve: typeof p256, size: number): Curve {
  return {
    drawPrivateKey: (random) => drawScalar(random, size, 0xff, (scalar) => curve.utils.isValidSecretKey(scalar)),
    share: (privateKey) => curve.getPublicKey(privateKey, false),
    checkShare: (peerShare) => checkUncompressedPoint(name, peerShare, size),
    // The secret is the x coordinate alone (RFC 8446 §7.4.2).
    agree: (privateKey, peerShare) => curve.getSharedSecret(privateKey, peerShare, true).slice(1),
  };
}

function portableGroup(name: string, id: number, curve: Curve): KeyExchangeGroup {
  const start = (random: RandomSource) => new PortableExchange(name, curve, random);
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

class PortableExchange implements KeyExchange {
  readonly share: Uint8Array;
  readonly #name: string;
  readonly #curve: Curve;
  #privateKey: Uint8Array | undefined;

  constructor(name: string, curve: Curve, random: RandomSource) {
    this.#name = name;
    this.#curve = curve;
    this.#privateKey = curve.drawPrivateKey(random);
    this.share = curve.share(this.#privateKey);
  }

  finish(peerShare: Uint8Array): Uint8Array {
    const privateKey = this.#privateKey;
    if (privateKey === undefined) throw alreadyFinished(this.#name);
    this.#curve.checkShare(peerShare);
    this.#privateKey = undefined;
    try {
      return this.#curve.agree(privateKey, peerShare);
    } catch (cause) {
      throw shareInvalid(this.#name, 'not a point of the curve, or one of low order', cause);
    } finally {
      wipe(privateKey);
    }
  }
}
