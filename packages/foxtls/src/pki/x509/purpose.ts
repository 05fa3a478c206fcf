/**
 * What a certificate is to be good for: the key usages and the extended key usage that it needs (RFC 5280 §4.2.1.3, §4.2.1.12).
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import type { KeyUsageName } from './extensions.ts';

/** What a path is built for. */
export interface CertificatePurpose {
  /** A word for messages. */
  readonly name: string;
  /** The OBJECT IDENTIFIER that an extended key usage must have where there is one, on the whole path. Undefined: it is not looked at. */
  readonly extendedKeyUsage?: string;
  /** The end entity must have the extension, and this very purpose in it. */
  readonly mustBeExplicit?: boolean;
  /** Where the end entity has a keyUsage: all of these must be in it. */
  readonly keyUsage?: readonly KeyUsageName[];
}

/** The purposes by name. */
export const PURPOSES = {
  server: { name: 'serverAuth', extendedKeyUsage: OID.serverAuth },
  client: { name: 'clientAuth', extendedKeyUsage: OID.clientAuth },
  codeSigning: { name: 'codeSigning', extendedKeyUsage: OID.codeSigning },
  emailProtection: { name: 'emailProtection', extendedKeyUsage: OID.emailProtection },
  timeStamping: { name: 'timeStamping', extendedKeyUsage: OID.timeStamping, mustBeExplicit: true },
  /** A delegated OCSP responder (RFC 6960 §4.2.2.2): id-kp-OCSPSigning must be there in so many words. */
  ocspSigning: { name: 'OCSPSigning', extendedKeyUsage: OID.OCSPSigning, mustBeExplicit: true },
  /** A CRL's issuer: cRLSign is set in its keyUsage, if it has one (RFC 5280 §6.3.3 (f)). */
  crlSigning: { name: 'cRLSign', keyUsage: ['cRLSign'] },
  any: { name: 'any purpose' },
} as const satisfies Readonly<Record<string, CertificatePurpose>>;

export type PurposeName = keyof typeof PURPOSES;
