/**
 * Finite field Diffie-Hellman with any parameters (RFC 5246 §7.4.3) by node:crypto.
 *
 * There are two ways. Measured on Node 20 (ms; `modp14` is the 2048-bit group of RFC 3526):
 * ```
 *                      createDiffieHellman   its exchange   key objects: start, finish
 * ffdhe2048, modp14    0.01                  0.5            1.1, 2.5 (the peer's order is tested anew)
 * another, 2048 bits   103                   0.5            1.1, 0.5
 * another, 1024 bits   14                    0.15
 * ```
 * The class tests a p that OpenSSL does not know for being prime, and one cannot ask it not to; nobody is to keep a client busy so with
 * one message (`checkFiniteFieldParameters` says what that leaves open). So the primes that OpenSSL knows take the class, all others key
 * objects. Both exponentiate in constant time.
 */

import { createPrivateKey, createPublicKey, diffieHellman, getDiffieHellman, type KeyObject } from 'node:crypto';
import { decodeDer, encodeDer, sequence } from '../../core/asn1/schema.ts';
import { octetString, smallInteger, unsignedInteger } from '../../core/asn1/types.ts';
import { equal, wipe } from '../../core/bytes/bytes.ts';
import { CryptoFailure } from '../../core/errors/errors.ts';
import {
  checkFiniteFieldParameters,
  drawExponent,
  FINITE_FIELD_GROUPS,
  type FiniteField,
  type FiniteFieldParameters,
  findFiniteFieldGroup,
  finiteFieldBits,
  padToPrime,
  readFiniteFieldShare,
  stripZeros,
} from '../finite-field.ts';
import type { FiniteFieldProvider } from '../finite-field-provider.ts';
import { algorithmIdentifier, readSubjectPublicKeyInfo, subjectPublicKeyInfo } from '../key-encoding.ts';
import type { KeyExchange, RandomSource } from '../key-exchange.ts';
import { alreadyFinished, shareInvalid } from '../key-share.ts';
import { FiniteFieldExchange } from './finite-field-key-exchange.ts';
import { asBuffer, ownBytes } from './own-bytes.ts';

/** Any parameters; those of RFC 7919 and RFC 3526 are known by value, and are the fastest. Nothing waits. */
export const finiteField: FiniteFieldProvider = {
  start(parameters, random) {
    const known = findFiniteFieldGroup(parameters) ?? findModpField(parameters);
    if (known === undefined) return new UnknownFieldExchange(parameters, random);
    const exchange = new FiniteFieldExchange(known, random);
    return { share: exchange.share, finish: (peerShare) => exchange.finish(readFiniteFieldShare(known, peerShare)) };
  },
};

/** The groups of RFC 3526 (generator 2, safe primes) as OpenSSL holds them: what many servers have had for their DHE suites. */
const MODP_NAMES: { readonly [bits: number]: string } = {
  1536: 'modp5',
  2048: 'modp14',
  3072: 'modp15',
  4096: 'modp16',
  6144: 'modp17',
  8192: 'modp18',
};

function findModpField(parameters: FiniteFieldParameters): FiniteField | undefined {
  const bits = finiteFieldBits(parameters);
  const name = MODP_NAMES[bits];
  if (name === undefined || !equal(stripZeros(parameters.generator), Uint8Array.of(2))) return undefined;
  const prime = ownBytes(getDiffieHellman(name).getPrime());
  if (!equal(prime, stripZeros(parameters.prime))) return undefined;
  // Safe primes of the same sizes as those of RFC 7919 are as strong.
  const { exponentBits } = FINITE_FIELD_GROUPS.find((group) => group.prime.length >= prime.length) as FiniteField;
  return { name, prime, exponentBits };
}

/**
 * The exponent for a p of which we know nothing. If p-1 has small factors, an exponent gives its remainders by them away (RFC 7919 §5.1
 * names them); for a random p these make some hundred bits. What is left has still twice the bits of any strength in use.
 */
const EXPONENT_BITS = 512;

/** What OpenSSL computes with; what is strong enough, the caller knows. */
const OPENSSL_RANGE = { minBits: 512, maxBits: 10_000 };

class UnknownFieldExchange implements KeyExchange {
  readonly share: Uint8Array;
  readonly #field: FiniteField;
  /** The AlgorithmIdentifier of both keys. */
  readonly #algorithm: { readonly algorithm: string; readonly parameters: Uint8Array };
  #privateKey: KeyObject | undefined;

  constructor(parameters: FiniteFieldParameters, random: RandomSource) {
    const problem = checkFiniteFieldParameters(parameters, OPENSSL_RANGE);
    if (problem !== undefined) throw new CryptoFailure(`these Diffie-Hellman parameters are not usable: ${problem}`);
    const prime = stripZeros(parameters.prime).slice();
    const bits = finiteFieldBits({ prime });
    this.#field = { name: `${bits}-bit Diffie-Hellman`, prime, exponentBits: Math.min(bits - 1, EXPONENT_BITS) };
    this.#algorithm = {
      algorithm: DH_KEY_AGREEMENT,
      parameters: encodeDer(dhParameter, { prime, base: parameters.generator }),
    };
    this.#privateKey = makePrivateKey(this.#algorithm, drawExponent(this.#field, random));
    this.share = padToPrime(this.#field, readShare(this.#privateKey));
  }

  finish(peerShare: Uint8Array): Uint8Array {
    const privateKey = this.#privateKey;
    if (privateKey === undefined) throw alreadyFinished(this.#field.name);
    const share = readFiniteFieldShare(this.#field, peerShare);
    this.#privateKey = undefined;
    const spki = encodeDer(subjectPublicKeyInfo, {
      algorithm: this.#algorithm,
      subjectPublicKey: encodeDer(unsignedInteger, stripZeros(share)),
    });
    try {
      const publicKey = createPublicKey({ key: asBuffer(spki), format: 'der', type: 'spki' });
      return padToPrime(this.#field, ownBytes(diffieHellman({ privateKey, publicKey })));
    } catch (cause) {
      throw shareInvalid(this.#field.name, 'OpenSSL refused it', cause);
    }
  }
}

/** dhKeyAgreement of PKCS#3, whose parameters are a DHParameter (`pki/pkcs/dh-parameters.ts`). */
const DH_KEY_AGREEMENT = '1.2.840.113549.1.3.1';

const dhParameter = /* @__PURE__ */ sequence({ prime: unsignedInteger, base: unsignedInteger });

/** PrivateKeyInfo (RFC 5958 §2): the exponent as an INTEGER in an OCTET STRING. */
const privateKeyInfo = /* @__PURE__ */ sequence({
  version: smallInteger,
  privateKeyAlgorithm: algorithmIdentifier,
  privateKey: octetString,
});

/** A private key of `exponent`, which is wiped. OpenSSL computes the public one. */
function makePrivateKey(privateKeyAlgorithm: { algorithm: string; parameters: Uint8Array }, exponent: Uint8Array): KeyObject {
  const privateKey = encodeDer(unsignedInteger, exponent);
  const pkcs8 = encodeDer(privateKeyInfo, { version: 0, privateKeyAlgorithm, privateKey });
  try {
    return createPrivateKey({ key: asBuffer(pkcs8), format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new CryptoFailure('OpenSSL does not compute with these Diffie-Hellman parameters', { cause });
  } finally {
    wipe(exponent, privateKey, pkcs8);
  }
}

function readShare(privateKey: KeyObject): Uint8Array {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return decodeDer(unsignedInteger, readSubjectPublicKeyInfo(ownBytes(spki)).subjectPublicKey, 'dh_public_key');
}
