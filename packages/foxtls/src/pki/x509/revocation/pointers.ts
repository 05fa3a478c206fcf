/**
 * Where a certificate says that its status can be asked, and what it demands of servers that show it: cRLDistributionPoints, freshestCRL,
 * authorityInfoAccess (RFC 5280 §4.2), TLS features (RFC 7633) and id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1).
 *
 * ```
 * Features ::= SEQUENCE OF INTEGER
 * ```
 * They are read when the status of a certificate is asked, not when it is parsed: `DecodeError` comes then.
 */

import { OID } from '../../../core/asn1/object-identifiers.ts';
import { type DerType, decodeDer, sequenceOf } from '../../../core/asn1/schema.ts';
import { smallInteger } from '../../../core/asn1/types.ts';
import { EXTENSION_TYPES } from '../../../core/registry/extension-types.ts';
import type { Certificate } from '../certificate.ts';
import { crlDistributionPoints, type DistributionPoint, httpUrisOf } from './distribution-points.ts';

const features = sequenceOf(smallInteger);

export function distributionPointsOf(certificate: Certificate): readonly DistributionPoint[] {
  return readExtension(certificate, 'cRLDistributionPoints', crlDistributionPoints) ?? [];
}

export function freshestPointsOf(certificate: Certificate): readonly DistributionPoint[] {
  return readExtension(certificate, 'freshestCRL', crlDistributionPoints) ?? [];
}

/** Where OCSP responders are, by `http` and `https`. */
export function ocspUrisOf({ known: { authorityInfoAccess: access = [] } }: Certificate): readonly string[] {
  return httpUrisOf(
    access.filter(({ accessMethod }) => accessMethod === OID['id-ad-ocsp']).map(({ accessLocation }) => accessLocation),
  );
}

/** Whether a server that shows this certificate has to staple an OCSP response to it (RFC 7633 §4.2.3.1). */
export function mustBeStapled(certificate: Certificate): boolean {
  return readExtension(certificate, 'tlsFeature', features)?.includes(EXTENSION_TYPES.status_request) ?? false;
}

/** "an OCSP client can trust a responder for the lifetime of the responder's certificate" (RFC 6960 §4.2.2.2.1) */
export function isExemptFromChecks({ extensions }: Certificate): boolean {
  return extensions.some(({ extnID }) => extnID === OID['id-pkix-ocsp-nocheck']);
}

function readExtension<T>({ extensions }: Certificate, name: keyof typeof OID, type: DerType<T>): T | undefined {
  const found = extensions.find(({ extnID }) => extnID === OID[name]);
  return found && decodeDer(type, found.extnValue, `certificate.extensions.${name}`);
}
