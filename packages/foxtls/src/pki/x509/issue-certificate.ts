/**
 * Issuing certificates for keys that are somebody else's: with the extensions that are given, or those of a certification request that
 * its caller accepts (RFC 5280 §4.1, RFC 2986 §4).
 *
 * Each function exists twice: one returns a promise and works with every signer; the one whose name ends in `Sync` returns at once and
 * throws `ApiMisuse` (`ERR_TLS_ASYNC_REQUIRED`) when the signer does not.
 */

import { OID, type OidName } from '../../core/asn1/object-identifiers.ts';
import { equal } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { type Flow, runAsync, runSync } from '../../core/flow/flow.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';
import type { KeyType, PrivateKey, SignatureAlgorithm, Signer } from '../../crypto/signature.ts';
import type { VerifiedCertificationRequest } from '../pkcs/certification-request.ts';
import { readSubjectPublicKeyInfo } from '../pkcs/public-key.ts';
import { defaultSignatureAlgorithm } from './algorithms.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { createExtension } from './create-extension.ts';
import type { Extension, KeyUsageName } from './extensions.ts';
import { createName, Name, type NameFields } from './name.ts';
import { type CertificateFields, signCertificate } from './write-certificate.ts';

/** Who signs: a CA's certificate, DER, and its key, which may live elsewhere. What the `create…` functions return fits. */
export interface CertificateIssuer {
  readonly certificate: Uint8Array;
  readonly key: Signer;
}

/** What a certificate is for, in the words of RFC 5280 §4.2.1.12. */
export type KeyPurpose = 'serverAuth' | 'clientAuth' | 'codeSigning' | 'emailProtection' | 'timeStamping' | 'OCSPSigning';

export interface IssueOptions {
  readonly provider: Pick<CryptoProvider, 'random' | 'hashes'>;
  /** The authority; or the subject's own key, for a certificate that signs itself. */
  readonly issuer: CertificateIssuer | Signer;
  readonly subject: NameFields | Name;
  /** SubjectPublicKeyInfo, DER, of the subject. */
  readonly publicKey: Uint8Array;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** All of them, in order, but for the key identifiers, which are added unless they are among them. */
  readonly extensions: readonly Extension[];
  /** 1 to 20 octets, the first one below 80 hexadecimal; random unless set. */
  readonly serialNumber?: Uint8Array | undefined;
  /** By the signer's key unless set. */
  readonly signatureAlgorithm?: SignatureAlgorithm | undefined;
}

export interface IssueRequestedOptions extends Omit<IssueOptions, 'subject' | 'publicKey' | 'issuer' | 'extensions'> {
  readonly request: VerifiedCertificationRequest;
  readonly issuer: CertificateIssuer;
  /**
   * Which of the extensions that are asked for the certificate gets: those of these names or OBJECT IDENTIFIERs, as they were asked for; or
   * a function that gives the extension, another one in its place, or undefined. Whoever accepts `basicConstraints` unseen makes the
   * one who asks an authority.
   */
  readonly acceptedExtensions: readonly (OidName | (string & {}))[] | ((requested: Extension) => Extension | undefined);
  /** The name that was asked for, unless set. */
  readonly subject?: NameFields | Name;
  /** What the certificate is for, unless an accepted extKeyUsage says so; `serverAuth` unless set. */
  readonly purposes?: readonly KeyPurpose[];
  /** More extensions, which replace those of the same type. */
  readonly extensions?: readonly Extension[];
}

/**
 * A certificate, DER, for a public key. What it says, and nothing more, is in `extensions`; only the key identifiers are added.
 *
 * Rejects with `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for dates, a serial number or an issuer that cannot be, and with what the signer throws.
 *
 * ```ts
 * const certificate = await issueCertificate({
 *   provider,
 *   issuer: { certificate: caCertificate, key: hsmSigner },
 *   subject: { commonName: 'Example Code' },
 *   publicKey: parsePublicKeyPem(pem),
 *   validFrom,
 *   validTo,
 *   extensions: [
 *     createExtension('basicConstraints', { cA: false }),
 *     createExtension('keyUsage', new Set(['digitalSignature'])),
 *     createExtension('extKeyUsage', [OID.codeSigning], { critical: true }),
 *   ],
 * });
 * ```
 */
export function issueCertificate(options: IssueOptions): Promise<Uint8Array> {
  return runAsync(issue(options));
}

/** `issueCertificate` for synchronous signers. */
export function issueCertificateSync(options: IssueOptions): Uint8Array {
  return runSync(issue(options));
}

/**
 * A certificate, DER, for a server or a client that asked for one. From the request come the key, the subject (unless `subject` is set) and
 * the extensions that `acceptedExtensions` lets through. Rejects like `issueCertificate`.
 *
 * ```ts
 * const request = await verifyCertificationRequest(parseCertificationRequestPem(pem), provider);
 * // Whether the names are those of whoever asks is for you to find out first.
 * const acceptedExtensions = ['subjectAltName'];
 * const certificate = await issueRequested({ provider, issuer: ca, request, acceptedExtensions, validFrom, validTo });
 * ```
 */
export function issueRequested(options: IssueRequestedOptions): Promise<Uint8Array> {
  return runAsync(issue(requestedOptions(options)));
}

/** `issueRequested` for synchronous signers. */
export function issueRequestedSync(options: IssueRequestedOptions): Uint8Array {
  return runSync(issue(requestedOptions(options)));
}

/**
 * A certificate, DER, of exactly these fields: no check, no default, nothing added. For tests of what others refuse: dates the wrong way
 * round, serial numbers of zero, old versions, an issuer that is none.
 *
 * ```ts
 * const expired = await writeCertificate({ ...fields, validTo: new Date('1999-12-31') }, ca.key);
 * ```
 */
export function writeCertificate(
  fields: CertificateFields,
  signer: Signer,
  signatureAlgorithm: SignatureAlgorithm = defaultSignatureAlgorithm(signer.type),
): Promise<Uint8Array> {
  return runAsync(signCertificate(fields, signer, signatureAlgorithm));
}

/** `base`, and `others` behind it, which replace those of the same type. */
export function replaceExtensions(base: readonly Extension[], others: readonly Extension[]): readonly Extension[] {
  const replaced = new Set(others.map(({ extnID }) => extnID));
  return [...base.filter(({ extnID }) => !replaced.has(extnID)), ...others];
}

/** keyEncipherment is for the RSA key transport of TLS 1.2; the keys of other kinds only sign. */
export function endEntityKeyUsage(kind: KeyType['kind'] | undefined): readonly KeyUsageName[] {
  return kind === 'rsa' ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature'];
}

/** `issueCertificate` as a flow. */
export function* issue(options: IssueOptions): Flow<Uint8Array> {
  const { provider, issuer, validFrom, validTo, publicKey, serialNumber = randomSerialNumber(provider) } = options;
  checkDates(validFrom, validTo);
  checkSerialNumber(serialNumber);
  const subject = options.subject instanceof Name ? options.subject : createName(options.subject);
  const issuerCertificate = 'certificate' in issuer ? readIssuer(issuer) : undefined;
  const signer = 'certificate' in issuer ? issuer.key : issuer;
  const identifiers = [
    createExtension('subjectKeyIdentifier', keyIdentifier(publicKey, provider)),
    ...(issuerCertificate === undefined
      ? []
      : [createExtension('authorityKeyIdentifier', { keyIdentifier: identifierOf(issuerCertificate, provider) })]),
  ];
  const given = new Set(options.extensions.map(({ extnID }) => extnID));
  const fields: CertificateFields = {
    serialNumber,
    issuer: issuerCertificate?.subject ?? subject,
    subject,
    validFrom,
    validTo,
    publicKey,
    extensions: [...options.extensions, ...identifiers.filter(({ extnID }) => !given.has(extnID))],
  };
  return yield* signCertificate(fields, signer, options.signatureAlgorithm ?? defaultSignatureAlgorithm(signer.type));
}

function requestedOptions(options: IssueRequestedOptions): IssueOptions {
  const { request, purposes = ['serverAuth'], acceptedExtensions, subject = request.subject, extensions = [] } = options;
  const defaults = [
    createExtension('basicConstraints', { cA: false }),
    createExtension('keyUsage', new Set(endEntityKeyUsage(request.keyType?.kind))),
    ...(purposes.length === 0
      ? []
      : [
          createExtension(
            'extKeyUsage',
            purposes.map((purpose) => OID[purpose]),
          ),
        ]),
  ];
  const accepted = acceptExtensions(request.extensions, acceptedExtensions);
  return {
    ...options,
    subject,
    publicKey: request.publicKey,
    extensions: replaceExtensions(replaceExtensions(defaults, accepted), extensions),
  };
}

function acceptExtensions(
  requested: readonly Extension[],
  rule: IssueRequestedOptions['acceptedExtensions'],
): readonly Extension[] {
  if (typeof rule === 'function') return requested.flatMap((extension) => rule(extension) ?? []);
  const oids = new Set(rule.map((name) => (Object.hasOwn(OID, name) ? OID[name as OidName] : name)));
  return requested.filter(({ extnID }) => oids.has(extnID));
}

function readIssuer({ certificate, key }: CertificateIssuer): Certificate {
  const issuer = parseCertificate(certificate);
  if (!issuer.isCa)
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `the issuer (${issuer.subject}) is not a certificate authority`);
  const { publicKey } = key as Partial<PrivateKey>;
  if (publicKey !== undefined && !equal(publicKey.spki, issuer.publicKey)) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `the issuer's key is not that of its certificate (${issuer.subject})`);
  }
  return issuer;
}

function checkDates(validFrom: Date, validTo: Date): void {
  if (!(validFrom <= validTo)) throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'validFrom and validTo are dates, in this order');
}

/** RFC 5280 §4.1.2.2: positive, of at most 20 octets. */
function checkSerialNumber(serialNumber: Uint8Array): void {
  const [first = 0x80, second = 0] = serialNumber;
  const isShortest = serialNumber.length === 1 ? first !== 0 : first !== 0 || second >= 0x80;
  if (first >= 0x80 || serialNumber.length > 20 || !isShortest) {
    throw new ApiMisuse(
      'ERR_TLS_INVALID_ARGUMENT',
      'a serial number is a positive INTEGER of 1 to 20 octets in its shortest form',
    );
  }
}

/** 16 octets with 126 random bits; the two highest bits make it positive and of fixed length. */
function randomSerialNumber({ random }: Pick<CryptoProvider, 'random'>): Uint8Array {
  const serialNumber = random(16);
  serialNumber[0] = ((serialNumber[0] as number) & 0x3f) | 0x40;
  return serialNumber;
}

function identifierOf(issuer: Certificate, provider: Pick<CryptoProvider, 'hashes'>): Uint8Array {
  return issuer.known.subjectKeyIdentifier ?? keyIdentifier(issuer.publicKey, provider);
}

/** The left-most 160 bits of the SHA-256 of the key's BIT STRING (RFC 7093 method 1): RFC 5280 §4.2.1.2's SHA-1 is not everywhere. */
function keyIdentifier(spki: Uint8Array, { hashes }: Pick<CryptoProvider, 'hashes'>): Uint8Array {
  const sha256 = hashes.find(({ name }) => name === 'sha256');
  if (sha256 === undefined) throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'making certificates takes a provider with SHA-256');
  return sha256.digest(readSubjectPublicKeyInfo(spki).bits).slice(0, 20);
}
