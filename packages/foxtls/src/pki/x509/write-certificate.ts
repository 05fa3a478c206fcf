/**
 * Signing a certificate from its fields (RFC 5280 §4.1), and the extensions that certificates of ours carry (§4.2).
 *
 * Nothing here chooses: what is written is what the caller gave. `create-certificate.ts` has the sane defaults.
 */

import { any, encodeDer, sequence } from '../../core/asn1/schema.ts';
import { octetAlignedBitString } from '../../core/asn1/types.ts';
import { type Flow, settle } from '../../core/flow/flow.ts';
import type { SignatureAlgorithm, Signer } from '../../crypto/signature.ts';
import { writeSignatureAlgorithm } from './algorithms.ts';
import { tbsCertificate } from './certificate.ts';
import { createExtension } from './create-extension.ts';
import { createGeneralName } from './create-general-name.ts';
import type { Extension, KeyUsageName } from './extensions.ts';
import type { Name } from './name.ts';

export interface CertificateFields {
  /** 3 unless set; 1 and 2 are for tests of what is refused. */
  readonly version?: 1 | 2 | 3;
  /** The contents octets of the INTEGER. */
  readonly serialNumber: Uint8Array;
  readonly issuer: Name;
  readonly subject: Name;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly extensions: readonly Extension[];
}

const signedCertificate = sequence({ tbsCertificate: any, signatureAlgorithm: any, signatureValue: octetAlignedBitString });

/** A certificate, DER, signed by `signer`. Throws (or rejects with) what the signer does. */
export function* signCertificate(fields: CertificateFields, signer: Signer, algorithm: SignatureAlgorithm): Flow<Uint8Array> {
  const signatureAlgorithm = writeSignatureAlgorithm(algorithm);
  const tbs = encodeDer(tbsCertificate, {
    version: (fields.version ?? 3) - 1,
    serialNumber: fields.serialNumber,
    signature: signatureAlgorithm,
    issuer: fields.issuer,
    validity: { notBefore: fields.validFrom, notAfter: fields.validTo },
    subject: fields.subject,
    subjectPublicKeyInfo: fields.publicKey,
    extensions: fields.extensions.length === 0 ? undefined : fields.extensions,
  });
  const signatureValue = yield* settle(signer.sign(algorithm, tbs));
  return encodeDer(signedCertificate, { tbsCertificate: tbs, signatureAlgorithm, signatureValue });
}

/** Critical, as RFC 5280 §4.2.1.9 wants it for CAs; for end entities it may be. */
export function basicConstraintsExtension(cA: boolean, pathLenConstraint?: number): Extension {
  return createExtension('basicConstraints', { cA, pathLenConstraint });
}

export function keyUsageExtension(usages: readonly KeyUsageName[]): Extension {
  return createExtension('keyUsage', new Set(usages));
}

/** `purposes` are OBJECT IDENTIFIERs. */
export function extKeyUsageExtension(purposes: readonly string[]): Extension {
  return createExtension('extKeyUsage', purposes);
}

export function subjectKeyIdentifierExtension(keyIdentifier: Uint8Array): Extension {
  return createExtension('subjectKeyIdentifier', keyIdentifier);
}

export function authorityKeyIdentifierExtension(keyIdentifier: Uint8Array): Extension {
  return createExtension('authorityKeyIdentifier', { keyIdentifier });
}

/**
 * DNS names and IP addresses. Critical when the subject is empty, for then it is all the certificate says (RFC 5280 §4.2.1.6).
 * Throws `ApiMisuse` for a name that is neither.
 */
export function subjectAltNameExtension(
  dnsNames: readonly string[],
  ipAddresses: readonly string[],
  isCritical: boolean,
): Extension {
  const names = [
    ...dnsNames.map((name) => createGeneralName('dns', name)),
    ...ipAddresses.map((address) => createGeneralName('ip', address)),
  ];
  return createExtension('subjectAltName', names, { critical: isCritical });
}
