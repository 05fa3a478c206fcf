/**
 * Rules on how CRLs are to be written (RFC 5280 §5), for those who hold authorities to them. None of them protects who relies on the CRL, and
 * common software breaks them, so that they are not asked for unless somebody says so.
 */

import { OID } from '../../../core/asn1/object-identifiers.ts';
import type { CertificateRevocationList } from './certificate-list.ts';

/** `compatible`: what protects the relying party. `rfc5280`: CRLs must also be written as RFC 5280 tells their issuers to. */
export type CrlProfile = 'compatible' | 'rfc5280';

interface Rule {
  /** Follows “the CRL”. */
  readonly problem: string;
  isBroken(crl: CertificateRevocationList): boolean;
}

const RULES: readonly Rule[] = [
  {
    // "When extensions are used, as required by this profile, this field MUST be present and MUST specify version 2" (RFC 5280 §5.1.2.1)
    problem: 'is of version 1',
    isBroken: ({ version }) => version === 1,
  },
  {
    // "Conforming CRL issuers MUST include the nextUpdate field in all CRLs." (RFC 5280 §5.1.2.5)
    problem: 'does not say when the next one comes',
    isBroken: ({ nextUpdate }) => nextUpdate === undefined,
  },
  {
    // "Conforming CRL issuers MUST use the key identifier method, and MUST include this extension in all CRLs issued." (RFC 5280 §5.2.1)
    problem: 'has no authority key identifier',
    isBroken: ({ known }) => known.authorityKeyIdentifier?.keyIdentifier === undefined,
  },
  {
    // "CRL issuers conforming to this profile MUST include this extension in all CRLs" (RFC 5280 §5.2.3)
    problem: 'has no number',
    isBroken: ({ known }) => known.cRLNumber === undefined,
  },
  {
    // "and MUST mark this extension as non-critical" (RFC 5280 §5.2.3)
    problem: 'has a critical number',
    isBroken: (crl) => isCritical(crl, 'cRLNumber') === true,
  },
  {
    // "the delta CRL MUST include a critical delta CRL indicator extension" (RFC 5280 §5.2.4)
    problem: 'has a delta CRL indicator that is not critical',
    isBroken: (crl) => isCritical(crl, 'deltaCRLIndicator') === false,
  },
  {
    // "The issuing distribution point is a critical CRL extension" (RFC 5280 §5.2.5)
    problem: 'has an issuing distribution point that is not critical',
    isBroken: (crl) => isCritical(crl, 'issuingDistributionPoint') === false,
  },
  {
    // "Conforming CRL issuers MUST mark this extension as non-critical. This extension MUST NOT appear in delta CRLs." (RFC 5280 §5.2.6)
    problem: 'has a freshest CRL extension that is critical, or of a delta',
    isBroken: (crl) =>
      isCritical(crl, 'freshestCRL') === true ||
      (crl.known.freshestCRL !== undefined && crl.known.deltaCRLIndicator !== undefined),
  },
];

/** What a CRL does against its profile, or undefined. */
export function findCrlProfileProblem(crl: CertificateRevocationList, profile: CrlProfile): string | undefined {
  return profile === 'compatible' ? undefined : RULES.find(({ isBroken }) => isBroken(crl))?.problem;
}

/** Undefined for an extension that is not there. */
function isCritical({ extensions }: CertificateRevocationList, name: keyof typeof OID): boolean | undefined {
  return extensions.find(({ extnID }) => extnID === OID[name])?.critical;
}
