/**
 * Where a certificate says that its status can be asked, and what it demands of servers that show it: reading and writing of
 * cRLDistributionPoints, freshestCRL, authorityInfoAccess (RFC 5280 §4.2), TLS features (RFC 7633) and id-pkix-ocsp-nocheck (RFC 6960).
 *
 * ```
 * AuthorityInfoAccessSyntax  ::= SEQUENCE SIZE (1..MAX) OF AccessDescription
 * AccessDescription  ::=  SEQUENCE {
 *      accessMethod          OBJECT IDENTIFIER,
 *      accessLocation        GeneralName  }
 *
 * Features ::= SEQUENCE OF INTEGER
 * ```
 * They are read when the status of a certificate is asked, not when it is parsed: `DecodeError` comes then.
 */

import { OID } from '../../../core/asn1/object-identifiers.ts';
import { type DerType, decodeDer, encodeDer, sequence, sequenceOf } from '../../../core/asn1/schema.ts';
import { nullValue, objectIdentifier, smallInteger } from '../../../core/asn1/types.ts';
import { EXTENSION_TYPES } from '../../../core/registry/extension-types.ts';
import type { Certificate } from '../certificate.ts';
import type { Extension } from '../extensions.ts';
import { generalName } from '../general-name.ts';
import { crlDistributionPoints, type DistributionPoint, httpUrisOf } from './distribution-points.ts';

const authorityInfoAccess = sequenceOf(sequence({ accessMethod: objectIdentifier, accessLocation: generalName }), 1);

const features = sequenceOf(smallInteger);

export function distributionPointsOf(certificate: Certificate): readonly DistributionPoint[] {
  return readExtension(certificate, 'cRLDistributionPoints', crlDistributionPoints) ?? [];
}

export function freshestPointsOf(certificate: Certificate): readonly DistributionPoint[] {
  return readExtension(certificate, 'freshestCRL', crlDistributionPoints) ?? [];
}

/** Where OCSP responders are, by `http` and `https`. */
export function ocspUrisOf(certificate: Certificate): readonly string[] {
  const access = readExtension(certificate, 'authorityInfoAccess', authorityInfoAccess) ?? [];
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

/**
 * For a certificate: where its issuer's CRL is. For more than one place, reasons and other issuers there is `distributionPointsExtension`.
 *
 * ```ts
 * createCertificate({ …, extensions: [crlDistributionPointsExtension(['http://ca.example/ca.crl'])] });
 * ```
 */
export function crlDistributionPointsExtension(uris: readonly string[]): Extension {
  return distributionPointsExtension('cRLDistributionPoints', [{ distributionPoint: fullName(uris) }]);
}

/** For a certificate: distribution points in all the words of RFC 5280 §4.2.1.13, of complete or of delta CRLs. */
export function distributionPointsExtension(
  name: 'cRLDistributionPoints' | 'freshestCRL',
  points: readonly DistributionPoint[],
): Extension {
  return { extnID: OID[name], critical: false, extnValue: encodeDer(crlDistributionPoints, points) };
}

/** For a certificate: where OCSP responders answer, and where its issuer's certificate is. */
export function authorityInfoAccessExtension(places: {
  readonly ocsp?: readonly string[];
  readonly caIssuers?: readonly string[];
}): Extension {
  const describe = (accessMethod: string, uris: readonly string[] = []) =>
    uris.map((value) => ({ accessMethod, accessLocation: { kind: 'uniformResourceIdentifier', value } as const }));
  const access = [...describe(OID['id-ad-ocsp'], places.ocsp), ...describe(OID['id-ad-caIssuers'], places.caIssuers)];
  return { extnID: OID.authorityInfoAccess, critical: false, extnValue: encodeDer(authorityInfoAccess, access) };
}

/** For a server's certificate: it is good only with a stapled OCSP response ("must-staple", RFC 7633). */
export function mustStapleExtension(): Extension {
  return { extnID: OID.tlsFeature, critical: false, extnValue: encodeDer(features, [EXTENSION_TYPES.status_request]) };
}

/** For the certificate of an OCSP responder: nobody has to ask whether it is revoked (RFC 6960 §4.2.2.2.1). */
export function ocspNoCheckExtension(): Extension {
  return { extnID: OID['id-pkix-ocsp-nocheck'], critical: false, extnValue: encodeDer(nullValue, null) };
}

function fullName(uris: readonly string[]) {
  return { kind: 'fullName', value: uris.map((value) => ({ kind: 'uniformResourceIdentifier', value }) as const) } as const;
}

function readExtension<T>({ extensions }: Certificate, name: keyof typeof OID, type: DerType<T>): T | undefined {
  const found = extensions.find(({ extnID }) => extnID === OID[name]);
  return found && decodeDer(type, found.extnValue, `certificate.extensions.${name}`);
}
