/**
 * What is trusted beforehand (RFC 5280 §6.1.1 (d)): a certificate, and what a relying party wants to hold it to (after RFC 5937, whose
 * text is not at hand).
 */

import { DecodeError } from '../../core/errors/errors.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import type { GeneralName } from './general-name.ts';
import type { PolicyInputs } from './policy-graph.ts';

/** A trusted certificate with constraints of the relying party's own, beside those that it carries. */
export interface TrustAnchor {
  /** DER. */
  readonly certificate: Uint8Array;
  /** Names below it lie in one of these subtrees of their form, in the form of name constraints (RFC 5280 §4.2.1.10). */
  readonly permittedNames?: readonly GeneralName[];
  /** Names below it lie in none of these. */
  readonly excludedNames?: readonly GeneralName[];
  /** Certificates that are not self-issued, between it and the end entity. */
  readonly maxIntermediates?: number;
  /** Only these policies are acceptable below it, whatever others would be; the flags are added to those of the validation. */
  readonly policies?: PolicyInputs;
}

/** An anchor that has been read. */
export interface Anchor extends Omit<TrustAnchor, 'certificate'> {
  readonly certificate: Certificate;
}

/** Reads anchors; those that cannot be read are told of and left out. */
export function readAnchors(
  trustAnchors: readonly (Uint8Array | TrustAnchor)[],
  onUnreadable: (error: DecodeError, index: number) => void,
): Anchor[] {
  return trustAnchors.flatMap((given, i) => {
    const anchor = given instanceof Uint8Array ? { certificate: given } : given;
    try {
      return [{ ...anchor, certificate: parseCertificate(anchor.certificate) }];
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      onUnreadable(error, i);
      return [];
    }
  });
}

/** The policies that are wanted of a path below an anchor. */
export function policyInputsBelow({ policies: own = {} }: Anchor, wanted: PolicyInputs): PolicyInputs {
  const acceptable =
    own.acceptable === undefined || wanted.acceptable === undefined
      ? (own.acceptable ?? wanted.acceptable)
      : wanted.acceptable.filter((policy) => own.acceptable?.includes(policy));
  return {
    ...(acceptable === undefined ? {} : { acceptable }),
    requireExplicit: (own.requireExplicit ?? false) || (wanted.requireExplicit ?? false),
    inhibitMapping: (own.inhibitMapping ?? false) || (wanted.inhibitMapping ?? false),
    inhibitAny: (own.inhibitAny ?? false) || (wanted.inhibitAny ?? false),
  };
}
