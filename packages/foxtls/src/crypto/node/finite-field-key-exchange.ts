/**
 * The groups of RFC 7919, ffdhe2048 to ffdhe8192 (RFC 7919; RFC 8446 §4.2.8.1, §7.4.1) by node:crypto.
 *
 * Measured on Node 20 (µs):
 * ```
 *            start                                                  finish
 * ffdhe2048  createDiffieHellman + own key 260, generateKeyPair 290   computeSecret 325, KeyObjects 1680
 * ffdhe3072  580, 860                                                 570, 5410
 * ffdhe4096  1580, 1190                                               1180, 12330
 * ffdhe6144  2500, 2830                                               2480, 64750
 * ffdhe8192  5230, 5350                                               5210, 149960
 * ```
 * The class is faster, because OpenSSL knows the primes of RFC 7919 there and neither tests them nor the peer's order anew. It takes
 * its private key from the caller's random source, and exponentiates in constant time (RFC 7919 §8.6), which BigInt does not: the
 * portable provider has none of these groups. An exchange of ffdhe4096 costs 40 times one of X25519, of ffdhe8192 150 times: they are for
 * those who name them (`protocol/negotiate/groups.ts`).
 */

import { createDiffieHellman, type DiffieHellman } from 'node:crypto';
import {
  checkFiniteFieldShare,
  drawExponent,
  FFDHE2048,
  FFDHE3072,
  FFDHE4096,
  FFDHE6144,
  FFDHE8192,
  type FiniteField,
  type FiniteFieldGroup,
  padToPrime,
} from '../finite-field.ts';
import type { KeyExchange, KeyExchangeGroup, RandomSource } from '../key-exchange.ts';
import { alreadyFinished, shareInvalid } from '../key-share.ts';
import { ownBytes } from './own-bytes.ts';

export const ffdhe2048: KeyExchangeGroup = /* @__PURE__ */ group(FFDHE2048);
export const ffdhe3072: KeyExchangeGroup = /* @__PURE__ */ group(FFDHE3072);
export const ffdhe4096: KeyExchangeGroup = /* @__PURE__ */ group(FFDHE4096);
export const ffdhe6144: KeyExchangeGroup = /* @__PURE__ */ group(FFDHE6144);
export const ffdhe8192: KeyExchangeGroup = /* @__PURE__ */ group(FFDHE8192);

function group(parameters: FiniteFieldGroup): KeyExchangeGroup {
  return {
    name: parameters.name,
    id: parameters.id,
    start: (random) => new FiniteFieldExchange(parameters, random),
    respond(peerShare, random) {
      // A bad share is refused before anything is computed for it.
      checkFiniteFieldShare(parameters, peerShare);
      const exchange = new FiniteFieldExchange(parameters, random);
      return { share: exchange.share, secret: exchange.finish(peerShare) };
    },
  };
}

/** g of every group that OpenSSL knows. */
const GENERATOR = 2;

/** An exchange in a field with generator 2 whose p OpenSSL knows; with any other, it would test p first, for long. */
export class FiniteFieldExchange implements KeyExchange {
  readonly share: Uint8Array;
  readonly #parameters: FiniteField;
  #diffieHellman: DiffieHellman | undefined;

  constructor(parameters: FiniteField, random: RandomSource) {
    const diffieHellman = createDiffieHellman(parameters.prime, GENERATOR);
    const exponent = drawExponent(parameters, random);
    diffieHellman.setPrivateKey(exponent);
    exponent.fill(0);
    // With a private key there, this computes the public one and draws nothing.
    this.share = padToPrime(parameters, ownBytes(diffieHellman.generateKeys()));
    this.#parameters = parameters;
    this.#diffieHellman = diffieHellman;
  }

  finish(peerShare: Uint8Array): Uint8Array {
    const diffieHellman = this.#diffieHellman;
    const { name } = this.#parameters;
    if (diffieHellman === undefined) throw alreadyFinished(name);
    checkFiniteFieldShare(this.#parameters, peerShare);
    this.#diffieHellman = undefined;
    try {
      // "… left-padded with zeros up to the size of the prime." (RFC 8446 §7.4.1)
      return padToPrime(this.#parameters, ownBytes(diffieHellman.computeSecret(peerShare)));
    } catch (cause) {
      throw shareInvalid(name, 'OpenSSL refused it', cause);
    }
  }
}
