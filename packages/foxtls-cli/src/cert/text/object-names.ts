/**
 * What OpenSSL calls the objects that certificates name: its long names for extensions and purposes, its short names for attributes,
 * and its names for algorithms and curves. People search their logs for these words.
 */

import { OID } from 'foxtls/asn1';

const ATTRIBUTES: Readonly<Record<string, string>> = {
  [OID.commonName]: 'CN',
  [OID.surname]: 'SN',
  [OID.serialNumber]: 'serialNumber',
  [OID.countryName]: 'C',
  [OID.localityName]: 'L',
  [OID.stateOrProvinceName]: 'ST',
  [OID.streetAddress]: 'street',
  [OID.organizationName]: 'O',
  [OID.organizationalUnitName]: 'OU',
  [OID.title]: 'title',
  [OID.givenName]: 'GN',
  [OID.userId]: 'UID',
  [OID.domainComponent]: 'DC',
  [OID.emailAddress]: 'emailAddress',
  '2.5.4.13': 'description',
  '2.5.4.15': 'businessCategory',
  '2.5.4.16': 'postalAddress',
  '2.5.4.17': 'postalCode',
  '2.5.4.18': 'postOfficeBox',
  '2.5.4.20': 'telephoneNumber',
  '2.5.4.41': 'name',
  '2.5.4.43': 'initials',
  '2.5.4.44': 'generationQualifier',
  '2.5.4.45': 'x500UniqueIdentifier',
  '2.5.4.46': 'dnQualifier',
  '2.5.4.51': 'houseIdentifier',
  '2.5.4.65': 'pseudonym',
  '2.5.4.72': 'role',
  '2.5.4.97': 'organizationIdentifier',
  '1.2.840.113549.1.9.2': 'unstructuredName',
  '1.2.840.113549.1.9.8': 'unstructuredAddress',
  '0.9.2342.19200300.100.1.3': 'mail',
  '1.3.6.1.4.1.311.60.2.1.1': 'jurisdictionL',
  '1.3.6.1.4.1.311.60.2.1.2': 'jurisdictionST',
  '1.3.6.1.4.1.311.60.2.1.3': 'jurisdictionC',
};

const EXTENSIONS: Readonly<Record<string, string>> = {
  [OID.subjectKeyIdentifier]: 'X509v3 Subject Key Identifier',
  [OID.keyUsage]: 'X509v3 Key Usage',
  '2.5.29.16': 'X509v3 Private Key Usage Period',
  [OID.subjectAltName]: 'X509v3 Subject Alternative Name',
  [OID.issuerAltName]: 'X509v3 Issuer Alternative Name',
  [OID.basicConstraints]: 'X509v3 Basic Constraints',
  '2.5.29.20': 'X509v3 CRL Number',
  '2.5.29.21': 'X509v3 CRL Reason Code',
  '2.5.29.24': 'Invalidity Date',
  '2.5.29.27': 'X509v3 Delta CRL Indicator',
  '2.5.29.28': 'X509v3 Issuing Distribution Point',
  '2.5.29.29': 'X509v3 Certificate Issuer',
  [OID.nameConstraints]: 'X509v3 Name Constraints',
  [OID.cRLDistributionPoints]: 'X509v3 CRL Distribution Points',
  [OID.certificatePolicies]: 'X509v3 Certificate Policies',
  [OID.policyMappings]: 'X509v3 Policy Mappings',
  [OID.authorityKeyIdentifier]: 'X509v3 Authority Key Identifier',
  [OID.policyConstraints]: 'X509v3 Policy Constraints',
  [OID.extKeyUsage]: 'X509v3 Extended Key Usage',
  '2.5.29.46': 'X509v3 Freshest CRL',
  [OID.inhibitAnyPolicy]: 'X509v3 Inhibit Any Policy',
  [OID.authorityInfoAccess]: 'Authority Information Access',
  '1.3.6.1.5.5.7.1.11': 'Subject Information Access',
  '1.3.6.1.5.5.7.1.3': 'qcStatements',
  [OID.tlsFeature]: 'TLS Feature',
  '1.3.6.1.5.5.7.48.1.5': 'OCSP No Check',
  '1.3.6.1.4.1.11129.2.4.2': 'CT Precertificate SCTs',
  '1.3.6.1.4.1.11129.2.4.3': 'CT Precertificate Poison',
  '2.16.840.1.113730.1.1': 'Netscape Cert Type',
  '2.16.840.1.113730.1.13': 'Netscape Comment',
};

const PURPOSES: Readonly<Record<string, string>> = {
  [OID.anyExtendedKeyUsage]: 'Any Extended Key Usage',
  [OID.serverAuth]: 'TLS Web Server Authentication',
  [OID.clientAuth]: 'TLS Web Client Authentication',
  [OID.codeSigning]: 'Code Signing',
  [OID.emailProtection]: 'E-mail Protection',
  [OID.timeStamping]: 'Time Stamping',
  [OID.OCSPSigning]: 'OCSP Signing',
  '1.3.6.1.5.5.7.3.5': 'IPSec End System',
  '1.3.6.1.5.5.7.3.6': 'IPSec Tunnel',
  '1.3.6.1.5.5.7.3.7': 'IPSec User',
  '1.3.6.1.5.5.7.3.17': 'ipsec Internet Key Exchange',
  '1.3.6.1.4.1.311.10.3.4': 'Microsoft Encrypted File System',
  '1.3.6.1.4.1.311.20.2.2': 'Microsoft Smartcard Login',
};

const ALGORITHMS: Readonly<Record<string, string>> = {
  [OID['id-RSASSA-PSS']]: 'rsassaPss',
  [OID['ecdsa-with-SHA1']]: 'ecdsa-with-SHA1',
  [OID['id-Ed25519']]: 'ED25519',
  [OID['id-Ed448']]: 'ED448',
  [OID.rsaEncryption]: 'rsaEncryption',
  [OID['id-ecPublicKey']]: 'id-ecPublicKey',
  [OID.md5WithRSAEncryption]: 'md5WithRSAEncryption',
  [OID.sha1WithRSAEncryption]: 'sha1WithRSAEncryption',
  [OID.sha224WithRSAEncryption]: 'sha224WithRSAEncryption',
  [OID.sha256WithRSAEncryption]: 'sha256WithRSAEncryption',
  [OID.sha384WithRSAEncryption]: 'sha384WithRSAEncryption',
  [OID.sha512WithRSAEncryption]: 'sha512WithRSAEncryption',
  [OID['ecdsa-with-SHA224']]: 'ecdsa-with-SHA224',
  [OID['ecdsa-with-SHA256']]: 'ecdsa-with-SHA256',
  [OID['ecdsa-with-SHA384']]: 'ecdsa-with-SHA384',
  [OID['ecdsa-with-SHA512']]: 'ecdsa-with-SHA512',
  '1.2.840.10040.4.1': 'dsaEncryption',
  '1.2.840.10040.4.3': 'dsaWithSHA1',
  '2.16.840.1.101.3.4.3.1': 'dsa_with_SHA224',
  '2.16.840.1.101.3.4.3.2': 'dsa_with_SHA256',
  '1.2.840.113549.1.1.2': 'md2WithRSAEncryption',
  '1.3.101.110': 'X25519',
  '1.3.101.111': 'X448',
};

const OTHERS: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.48.1': 'OCSP',
  '1.3.6.1.5.5.7.48.2': 'CA Issuers',
  '1.3.6.1.5.5.7.48.3': 'AD Time Stamping',
  '1.3.6.1.5.5.7.48.5': 'CA Repository',
  '2.5.29.32.0': 'X509v3 Any Policy',
  '1.3.6.1.4.1.311.20.2.3': 'Microsoft User Principal Name',
  '1.3.6.1.5.5.7.8.9': 'id-on-SmtpUTF8Mailbox',
  '1.2.840.113549.1.9.2': 'unstructuredName',
  '1.2.840.113549.1.9.7': 'challengePassword',
};

/** A curve, by OpenSSL's name, NIST's and its size in bits. */
export interface CurveFacts {
  readonly name: string;
  readonly nist?: string;
  readonly bits: number;
}

export const CURVES: Readonly<Record<string, CurveFacts>> = {
  [OID.secp256r1]: { name: 'prime256v1', nist: 'P-256', bits: 256 },
  [OID.secp384r1]: { name: 'secp384r1', nist: 'P-384', bits: 384 },
  [OID.secp521r1]: { name: 'secp521r1', nist: 'P-521', bits: 521 },
  '1.3.132.0.33': { name: 'secp224r1', nist: 'P-224', bits: 224 },
  '1.3.132.0.10': { name: 'secp256k1', bits: 256 },
  '1.3.36.3.3.2.8.1.1.7': { name: 'brainpoolP256r1', bits: 256 },
  '1.3.36.3.3.2.8.1.1.11': { name: 'brainpoolP384r1', bits: 384 },
  '1.3.36.3.3.2.8.1.1.13': { name: 'brainpoolP512r1', bits: 512 },
};

export const attributeName = (oid: string): string => ATTRIBUTES[oid] ?? oid;
export const extensionName = (oid: string): string => EXTENSIONS[oid] ?? oid;
export const algorithmName = (oid: string): string => ALGORITHMS[oid] ?? oid;

/** Any other object, by its long name. */
export const objectName = (oid: string): string => OTHERS[oid] ?? PURPOSES[oid] ?? EXTENSIONS[oid] ?? oid;
