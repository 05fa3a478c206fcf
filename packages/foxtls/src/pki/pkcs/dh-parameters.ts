/**
 * Parameters of Diffie-Hellman over a finite field, PKCS#3: what `openssl dhparam` writes. With `-dsaparam` OpenSSL 3 writes those of
 * X9.42 (RFC 3279 §2.3.3), which are read too.
 *
 * ```
 * DHParameter ::= SEQUENCE {
 *   prime INTEGER, -- p
 *   base INTEGER, -- g
 *   privateValueLength INTEGER OPTIONAL }
 *
 * DomainParameters ::= SEQUENCE {                               of X9.42
 *   p       INTEGER, -- odd prime, p=jq +1
 *   g       INTEGER, -- generator, g
 *   q       INTEGER, -- factor of p-1
 *   j       INTEGER OPTIONAL, -- subgroup factor
 *   validationParms  ValidationParms OPTIONAL }
 * ```
 * Whether p is prime, and safe, is not checked here: whoever computes with it knows its group, or does not trust it.
 */

import { formatPem, parsePem } from '../../core/asn1/pem.ts';
import { any, decodeDer, encodeDer, optional, sequence } from '../../core/asn1/schema.ts';
import { smallInteger, unsignedInteger } from '../../core/asn1/types.ts';
import { ApiMisuse, DecodeError } from '../../core/errors/errors.ts';

const dhParameter = sequence({
  prime: unsignedInteger,
  base: unsignedInteger,
  privateValueLength: optional(smallInteger),
});

const domainParameters = sequence({
  p: unsignedInteger,
  g: unsignedInteger,
  q: unsignedInteger,
  j: optional(unsignedInteger),
  validationParms: optional(any),
});

export interface DhParameters {
  /** p, big-endian, without leading zeros. */
  readonly prime: Uint8Array;
  /** g, likewise. */
  readonly generator: Uint8Array;
  /** Bits of a private value, where the parameters say so. */
  readonly privateValueLength: number | undefined;
}

/** Larger primes take seconds. */
const MAX_PRIME_BYTES = 2048;

/**
 * Reads DHParameter, DER. Throws `DecodeError` (`ERR_TLS_DECODE`), also for a prime of more than 16384 bits.
 *
 * ```ts
 * const { prime, generator } = parseDhParameters(der);
 * ```
 */
export function parseDhParameters(der: Uint8Array): DhParameters {
  const { prime, base, privateValueLength } = decodeDer(dhParameter, der, 'dh_parameter');
  checkSize('dh_parameter.prime', prime);
  return { prime, generator: base, privateValueLength };
}

/**
 * The first `DH PARAMETERS` or `X9.42 DH PARAMETERS` of a PEM text. Throws `DecodeError` (`ERR_TLS_DECODE`), and `ApiMisuse`
 * (`ERR_TLS_NO_DH_PARAMETERS`) when there is none.
 *
 * ```ts
 * const { prime } = parseDhParametersPem(readFileSync('dhparam.pem'));
 * ```
 */
export function parseDhParametersPem(pem: string | Uint8Array): DhParameters {
  const block = parsePem(pem).find(({ label }) => label === 'DH PARAMETERS' || label === 'X9.42 DH PARAMETERS');
  if (block === undefined) throw new ApiMisuse('ERR_TLS_NO_DH_PARAMETERS', 'the PEM text has no DH PARAMETERS');
  return block.label === 'DH PARAMETERS' ? parseDhParameters(block.data) : parseDomainParameters(block.data);
}

function parseDomainParameters(der: Uint8Array): DhParameters {
  const { p, g } = decodeDer(domainParameters, der, 'domain_parameters');
  checkSize('domain_parameters.p', p);
  return { prime: p, generator: g, privateValueLength: undefined };
}

function checkSize(path: string, prime: Uint8Array): void {
  if (prime.length > MAX_PRIME_BYTES) throw new DecodeError(path, `${prime.length} octets are too many`);
}

/** `BEGIN DH PARAMETERS`. */
export function formatDhParametersPem({ prime, generator, privateValueLength }: DhParameters): string {
  return formatPem('DH PARAMETERS', encodeDer(dhParameter, { prime, base: generator, privateValueLength }));
}
