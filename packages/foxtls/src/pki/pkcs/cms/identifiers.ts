/**
 * How messages point to certificates (RFC 5652 §5.3, §6.2.1, §10.2.4): by issuer and serial number, or by key identifier.
 *
 * ```
 * IssuerAndSerialNumber ::= SEQUENCE {
 *   issuer Name,
 *   serialNumber CertificateSerialNumber }
 *
 * SignerIdentifier ::= CHOICE {
 *   issuerAndSerialNumber IssuerAndSerialNumber,
 *   subjectKeyIdentifier [0] SubjectKeyIdentifier }
 * ```
 */

import { choice, type DerValue, implicit, sequence } from '../../../core/asn1/schema.ts';
import { integerContent, octetString } from '../../../core/asn1/types.ts';
import { equal } from '../../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../../core/errors/errors.ts';
import type { Certificate } from '../../x509/certificate.ts';
import { nameType } from '../../x509/name.ts';
import { serialNumberOf } from '../../x509/revocation/serial-number.ts';

export const issuerAndSerialNumber = sequence({ issuer: nameType, serialNumber: integerContent });

/** SignerIdentifier, and RecipientIdentifier, which is the same. */
export const certificateIdentifier = choice({ issuerAndSerialNumber, subjectKeyIdentifier: implicit(0, octetString) });

export type CertificateIdentifier = DerValue<typeof certificateIdentifier>;

/** How to point to a certificate. */
export type IdentifiedBy = CertificateIdentifier['kind'];

/** Whether this is the certificate that is pointed to. */
export function identifies(identifier: CertificateIdentifier, certificate: Certificate): boolean {
  if (identifier.kind === 'subjectKeyIdentifier') {
    const { subjectKeyIdentifier } = certificate.known;
    return subjectKeyIdentifier !== undefined && equal(identifier.value, subjectKeyIdentifier);
  }
  const { issuer, serialNumber } = identifier.value;
  return equal(serialNumber, serialNumberOf(certificate)) && issuer.equals(certificate.issuer);
}

/** Points to a certificate. Throws `ApiMisuse` for one without a key identifier that is to be pointed to by it. */
export function identifierOf(certificate: Certificate, by: IdentifiedBy): CertificateIdentifier {
  if (by === 'issuerAndSerialNumber') {
    return { kind: by, value: { issuer: certificate.issuer, serialNumber: serialNumberOf(certificate) } };
  }
  const { subjectKeyIdentifier } = certificate.known;
  if (subjectKeyIdentifier === undefined) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `the certificate of ${certificate.subject} has no subjectKeyIdentifier`);
  }
  return { kind: by, value: subjectKeyIdentifier };
}
