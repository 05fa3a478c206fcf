/**
 * The OBJECT IDENTIFIERs that certificates and keys use, by the names that their RFCs give them.
 *
 * RFC 5280 (attributes, extensions, key purposes), RFC 3279, RFC 4055, RFC 5480, RFC 5758, RFC 8410 (algorithms), RFC 8018, RFC 7292
 * (passwords, PKCS#12).
 */

export const OID = {
  // Public keys
  rsaEncryption: '1.2.840.113549.1.1.1',
  'id-RSASSA-PSS': '1.2.840.113549.1.1.10',
  'id-ecPublicKey': '1.2.840.10045.2.1',
  'id-Ed25519': '1.3.101.112',
  'id-Ed448': '1.3.101.113',
  'id-dsa': '1.2.840.10040.4.1',

  // Curves
  secp256r1: '1.2.840.10045.3.1.7',
  secp384r1: '1.3.132.0.34',
  secp521r1: '1.3.132.0.35',

  // Signatures
  md5WithRSAEncryption: '1.2.840.113549.1.1.4',
  sha1WithRSAEncryption: '1.2.840.113549.1.1.5',
  sha224WithRSAEncryption: '1.2.840.113549.1.1.14',
  sha256WithRSAEncryption: '1.2.840.113549.1.1.11',
  sha384WithRSAEncryption: '1.2.840.113549.1.1.12',
  sha512WithRSAEncryption: '1.2.840.113549.1.1.13',
  'ecdsa-with-SHA1': '1.2.840.10045.4.1',
  'ecdsa-with-SHA224': '1.2.840.10045.4.3.1',
  'ecdsa-with-SHA256': '1.2.840.10045.4.3.2',
  'ecdsa-with-SHA384': '1.2.840.10045.4.3.3',
  'ecdsa-with-SHA512': '1.2.840.10045.4.3.4',
  'dsa-with-sha1': '1.2.840.10040.4.3',
  'dsa-with-sha224': '2.16.840.1.101.3.4.3.1',
  'dsa-with-sha256': '2.16.840.1.101.3.4.3.2',

  // Hashes and mask generation
  'id-mgf1': '1.2.840.113549.1.1.8',
  'id-md5': '1.2.840.113549.2.5',
  'id-sha1': '1.3.14.3.2.26',
  'id-sha224': '2.16.840.1.101.3.4.2.4',
  'id-sha256': '2.16.840.1.101.3.4.2.1',
  'id-sha384': '2.16.840.1.101.3.4.2.2',
  'id-sha512': '2.16.840.1.101.3.4.2.3',

  // Encryption with passwords (RFC 8018 Appendix A, Appendix C; RFC 7914 §7; RFC 7292 Appendix C)
  'pbeWithMD5AndDES-CBC': '1.2.840.113549.1.5.3',
  'pbeWithMD5AndRC2-CBC': '1.2.840.113549.1.5.6',
  'pbeWithSHA1AndDES-CBC': '1.2.840.113549.1.5.10',
  'pbeWithSHA1AndRC2-CBC': '1.2.840.113549.1.5.11',
  'id-PBKDF2': '1.2.840.113549.1.5.12',
  'id-PBES2': '1.2.840.113549.1.5.13',
  'id-PBMAC1': '1.2.840.113549.1.5.14',
  'id-scrypt': '1.3.6.1.4.1.11591.4.11',
  'pbeWithSHAAnd3-KeyTripleDES-CBC': '1.2.840.113549.1.12.1.3',
  'pbeWithSHAAnd2-KeyTripleDES-CBC': '1.2.840.113549.1.12.1.4',
  'pbeWithSHAAnd128BitRC2-CBC': '1.2.840.113549.1.12.1.5',
  'pbewithSHAAnd40BitRC2-CBC': '1.2.840.113549.1.12.1.6',
  'id-hmacWithSHA1': '1.2.840.113549.2.7',
  'id-hmacWithSHA224': '1.2.840.113549.2.8',
  'id-hmacWithSHA256': '1.2.840.113549.2.9',
  'id-hmacWithSHA384': '1.2.840.113549.2.10',
  'id-hmacWithSHA512': '1.2.840.113549.2.11',

  // Ciphers in CBC mode (RFC 8018 Appendix B.2)
  desCBC: '1.3.14.3.2.7',
  rc2CBC: '1.2.840.113549.3.2',
  'des-EDE3-CBC': '1.2.840.113549.3.7',
  'aes128-CBC-PAD': '2.16.840.1.101.3.4.1.2',
  'aes192-CBC-PAD': '2.16.840.1.101.3.4.1.22',
  'aes256-CBC-PAD': '2.16.840.1.101.3.4.1.42',

  // Kinds of content (RFC 5652 §4, §5.1, §6.1, §8; RFC 5083 §2.1)
  'id-data': '1.2.840.113549.1.7.1',
  'id-signedData': '1.2.840.113549.1.7.2',
  'id-envelopedData': '1.2.840.113549.1.7.3',
  'id-encryptedData': '1.2.840.113549.1.7.6',
  'id-ct-authEnvelopedData': '1.2.840.113549.1.9.16.1.23',

  // Attributes of messages and requests (RFC 5652 §11; RFC 2986 and PKCS#9)
  unstructuredName: '1.2.840.113549.1.9.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  countersignature: '1.2.840.113549.1.9.6',
  challengePassword: '1.2.840.113549.1.9.7',
  extensionRequest: '1.2.840.113549.1.9.14',

  // Encrypting keys (RFC 8017 Appendix C; RFC 5753 §7.1.4; RFC 3394 §3)
  'id-RSAES-OAEP': '1.2.840.113549.1.1.7',
  'id-pSpecified': '1.2.840.113549.1.1.9',
  'dhSinglePass-stdDH-sha1kdf-scheme': '1.3.133.16.840.63.0.2',
  'dhSinglePass-stdDH-sha224kdf-scheme': '1.3.132.1.11.0',
  'dhSinglePass-stdDH-sha256kdf-scheme': '1.3.132.1.11.1',
  'dhSinglePass-stdDH-sha384kdf-scheme': '1.3.132.1.11.2',
  'dhSinglePass-stdDH-sha512kdf-scheme': '1.3.132.1.11.3',
  'id-aes128-wrap': '2.16.840.1.101.3.4.1.5',
  'id-aes192-wrap': '2.16.840.1.101.3.4.1.25',
  'id-aes256-wrap': '2.16.840.1.101.3.4.1.45',
  'id-aes128-GCM': '2.16.840.1.101.3.4.1.6',
  'id-aes256-GCM': '2.16.840.1.101.3.4.1.46',

  // PKCS#12 (RFC 7292 §4.2)
  keyBag: '1.2.840.113549.1.12.10.1.1',
  pkcs8ShroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  crlBag: '1.2.840.113549.1.12.10.1.4',
  secretBag: '1.2.840.113549.1.12.10.1.5',
  safeContentsBag: '1.2.840.113549.1.12.10.1.6',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  x509CRL: '1.2.840.113549.1.9.23.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',

  // Attributes of names
  commonName: '2.5.4.3',
  surname: '2.5.4.4',
  serialNumber: '2.5.4.5',
  countryName: '2.5.4.6',
  localityName: '2.5.4.7',
  stateOrProvinceName: '2.5.4.8',
  streetAddress: '2.5.4.9',
  organizationName: '2.5.4.10',
  organizationalUnitName: '2.5.4.11',
  title: '2.5.4.12',
  givenName: '2.5.4.42',
  userId: '0.9.2342.19200300.100.1.1',
  domainComponent: '0.9.2342.19200300.100.1.25',
  emailAddress: '1.2.840.113549.1.9.1',

  // Certificate extensions
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  issuerAltName: '2.5.29.18',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  cRLDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extKeyUsage: '2.5.29.37',
  freshestCRL: '2.5.29.46',
  inhibitAnyPolicy: '2.5.29.54',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  subjectInfoAccess: '1.3.6.1.5.5.7.1.11',
  tlsFeature: '1.3.6.1.5.5.7.1.24',

  // Extensions of CRLs and of their entries
  cRLNumber: '2.5.29.20',
  cRLReasons: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  deltaCRLIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  certificateIssuer: '2.5.29.29',

  // OCSP (RFC 6960)
  'id-pkix-ocsp-basic': '1.3.6.1.5.5.7.48.1.1',
  'id-pkix-ocsp-nonce': '1.3.6.1.5.5.7.48.1.2',
  'id-pkix-ocsp-nocheck': '1.3.6.1.5.5.7.48.1.5',

  // Policies, access methods, other names
  anyPolicy: '2.5.29.32.0',
  'id-qt-cps': '1.3.6.1.5.5.7.2.1',
  'id-qt-unotice': '1.3.6.1.5.5.7.2.2',
  'id-ad-ocsp': '1.3.6.1.5.5.7.48.1',
  'id-ad-caIssuers': '1.3.6.1.5.5.7.48.2',
  'id-ad-timeStamping': '1.3.6.1.5.5.7.48.3',
  'id-ad-caRepository': '1.3.6.1.5.5.7.48.5',
  'id-on-dnsSRV': '1.3.6.1.5.5.7.8.7',
  'id-on-SmtpUTF8Mailbox': '1.3.6.1.5.5.7.8.9',

  // Extended key usages
  anyExtendedKeyUsage: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  OCSPSigning: '1.3.6.1.5.5.7.3.9',
} as const;

export type OidName = keyof typeof OID;

const NAMES: ReadonlyMap<string, OidName> = new Map(
  (Object.entries(OID) as [OidName, string][]).map(([name, oid]) => [oid, name]),
);

/** The registered name of an OBJECT IDENTIFIER, or undefined when it has none here. */
export function oidName(dotted: string): OidName | undefined {
  return NAMES.get(dotted);
}
