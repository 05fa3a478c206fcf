/**
 * What a PKCS#12 file holds, in the words of this library (RFC 7292 §4.2).
 *
 * A key and its certificate have the same `localKeyId`; that is all that ties them in the file.
 */

/** What stands beside every object in a file. */
export interface Pkcs12Attributes {
  /** A name for people. */
  readonly friendlyName?: string | undefined;
  /** Octets that a key and its certificate have in common. */
  readonly localKeyId?: Uint8Array | undefined;
  /** The others: OBJECT IDENTIFIER, dotted, and values, DER. */
  readonly attributes?: readonly { readonly type: string; readonly values: readonly Uint8Array[] }[];
}

export interface Pkcs12Key extends Pkcs12Attributes {
  /** PrivateKeyInfo, DER: a secret. */
  readonly pkcs8: Uint8Array;
  /** The certificate with the same `localKeyId`, DER. */
  readonly certificate?: Uint8Array | undefined;
  /**
   * The certificate, and after each the one of its issuer, as far as the file has them; without a root that signed itself. For
   * `credentialOf`. Empty without a certificate.
   */
  readonly chain?: readonly Uint8Array[];
}

export interface Pkcs12Certificate extends Pkcs12Attributes {
  /** DER. */
  readonly certificate: Uint8Array;
}

export interface Pkcs12Crl extends Pkcs12Attributes {
  /** CertificateList, DER. */
  readonly crl: Uint8Array;
}

/** Whatever else somebody keeps in a file. */
export interface Pkcs12Secret extends Pkcs12Attributes {
  /** What it is: an OBJECT IDENTIFIER, dotted. */
  readonly type: string;
  /** DER. */
  readonly value: Uint8Array;
}

/** A file that was read. */
export interface Pkcs12 {
  readonly keys: readonly Pkcs12Key[];
  /** All of them, those of the keys too, in the order of the file. */
  readonly certificates: readonly Pkcs12Certificate[];
  readonly crls: readonly Pkcs12Crl[];
  readonly secrets: readonly Pkcs12Secret[];
  /** Whether a MAC vouches for the whole of it. */
  readonly integrity: 'mac' | 'none';
  /** The kinds of bags, certificates and CRLs that were passed over: OBJECT IDENTIFIERs, dotted. */
  readonly unknown: readonly string[];
}
