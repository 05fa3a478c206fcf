/**
 * Making certificates: authorities, certificates that they issue, and self-signed ones (RFC 5280 §4), with sane defaults.
 *
 * Each function exists twice: one returns a promise and works with every provider; the one whose name ends in `Sync` returns at once
 * and throws `ApiMisuse` (`ERR_TLS_ASYNC_REQUIRED`) when the provider does not.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { formatPem } from '../../core/asn1/pem.ts';
import { equal } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { type Flow, runAsync, runSync, settle } from '../../core/flow/flow.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';
import type { KeyGenerationRequest, KeyType, PrivateKey, SignatureAlgorithm, Signer } from '../../crypto/signature.ts';
import { readSubjectPublicKeyInfo } from '../pkcs/public-key.ts';
import { defaultSignatureAlgorithm } from './algorithms.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import type { Extension, KeyUsageName } from './extensions.ts';
import { createName, Name, type NameFields } from './name.ts';
import {
  authorityKeyIdentifierExtension,
  basicConstraintsExtension,
  extKeyUsageExtension,
  keyUsageExtension,
  signCertificate,
  subjectAltNameExtension,
  subjectKeyIdentifierExtension,
} from './write-certificate.ts';

/** Who signs: a CA's certificate, DER, and its key, which may live elsewhere. What the `create…` functions return fits. */
export interface CertificateIssuer {
  readonly certificate: Uint8Array;
  readonly key: Signer;
}

export interface CreatedCertificate {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly key: PrivateKey;
}

interface CommonOptions {
  readonly provider: Pick<CryptoProvider, 'keys' | 'random' | 'hashes'>;
  readonly subject?: NameFields | Name;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** The subject's key, or which one to make; an ECDSA P-256 key unless set. */
  readonly key?: PrivateKey | KeyGenerationRequest;
  /** 1 to 20 octets, the first one below 80 hexadecimal; random unless set. */
  readonly serialNumber?: Uint8Array;
  /** By the signer's key unless set. */
  readonly signatureAlgorithm?: SignatureAlgorithm;
  /** More extensions, after those that are made. */
  readonly extensions?: readonly Extension[];
}

export interface AuthorityOptions extends CommonOptions {
  readonly subject: NameFields | Name;
  /** The authority above; none for a root, which signs itself. */
  readonly issuer?: CertificateIssuer;
  /** How many authorities may follow below; unlimited unless set. */
  readonly pathLength?: number;
}

export interface EndEntityOptions extends CommonOptions {
  /** DNS names, also with a wildcard as the left-most label. */
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** What the certificate is for; `serverAuth` unless set. */
  readonly purposes?: readonly ('serverAuth' | 'clientAuth')[];
}

export interface IssuedOptions extends EndEntityOptions {
  readonly issuer: CertificateIssuer;
}

/**
 * A certificate authority: a root, or an intermediate one when `issuer` is given.
 *
 * Rejects with `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for dates, names or an issuer that cannot be.
 *
 * ```ts
 * const ca = await createCertificateAuthority({
 *   provider,
 *   subject: { commonName: 'Example CA' },
 *   validFrom: new Date('2026-01-01'),
 *   validTo: new Date('2036-01-01'),
 * });
 * ```
 */
export function createCertificateAuthority(options: AuthorityOptions): Promise<CreatedCertificate> {
  return runAsync(makeAuthority(options));
}

/** `createCertificateAuthority` for synchronous providers. */
export function createCertificateAuthoritySync(options: AuthorityOptions): CreatedCertificate {
  return runSync(makeAuthority(options));
}

/**
 * A certificate for a server or a client, issued by an authority. Rejects like `createCertificateAuthority`.
 *
 * ```ts
 * const { certificate, key } = await createCertificate({ provider, issuer: ca, dnsNames: ['example.com'], validFrom, validTo });
 * ```
 */
export function createCertificate(options: IssuedOptions): Promise<CreatedCertificate> {
  return runAsync(makeEndEntity(options, options.issuer));
}

/** `createCertificate` for synchronous providers. */
export function createCertificateSync(options: IssuedOptions): CreatedCertificate {
  return runSync(makeEndEntity(options, options.issuer));
}

/**
 * A certificate that signs itself, for tests and for peers that pin it. Rejects like `createCertificateAuthority`.
 *
 * ```ts
 * const { certificate, key } = await createSelfSigned({ provider, dnsNames: ['localhost'], ipAddresses: ['::1'], validFrom, validTo });
 * ```
 */
export function createSelfSigned(options: EndEntityOptions): Promise<CreatedCertificate> {
  return runAsync(makeEndEntity(options, undefined));
}

/** `createSelfSigned` for synchronous providers. */
export function createSelfSignedSync(options: EndEntityOptions): CreatedCertificate {
  return runSync(makeEndEntity(options, undefined));
}

/** A certificate as PEM text. */
export function formatCertificatePem(certificate: Uint8Array): string {
  return formatPem('CERTIFICATE', certificate);
}

function* makeAuthority(options: AuthorityOptions): Flow<CreatedCertificate> {
  const { pathLength } = options;
  if (pathLength !== undefined && !(Number.isInteger(pathLength) && pathLength >= 0)) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'pathLength is a whole number, 0 or more');
  }
  const subject = toName(options.subject);
  if (subject.isEmpty) throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'a certificate authority needs a subject');
  return yield* make(options, options.issuer, subject, () => [
    basicConstraintsExtension(true, pathLength),
    keyUsageExtension(['keyCertSign', 'cRLSign']),
  ]);
}

function* makeEndEntity(options: EndEntityOptions, issuer: CertificateIssuer | undefined): Flow<CreatedCertificate> {
  const { dnsNames = [], ipAddresses = [], purposes = ['serverAuth'] } = options;
  const subject = toName(options.subject ?? { commonName: commonNameFor(dnsNames, ipAddresses) });
  return yield* make(options, issuer, subject, (type) => [
    basicConstraintsExtension(false),
    keyUsageExtension(endEntityKeyUsage(type)),
    ...(purposes.length === 0 ? [] : [extKeyUsageExtension(purposes.map((purpose) => OID[purpose]))]),
    ...(dnsNames.length + ipAddresses.length === 0 ? [] : [subjectAltNameExtension(dnsNames, ipAddresses, subject.isEmpty)]),
  ]);
}

/** What all certificates have in common: key, serial number, key identifiers, signature. */
function* make(
  options: CommonOptions,
  issuer: CertificateIssuer | undefined,
  subject: Name,
  extensionsFor: (type: KeyType) => readonly Extension[],
): Flow<CreatedCertificate> {
  const { provider, validFrom, validTo, serialNumber = randomSerialNumber(provider) } = options;
  checkDates(validFrom, validTo);
  checkSerialNumber(serialNumber);
  const issuerCertificate = issuer && readIssuer(issuer);
  const requested = options.key ?? { kind: 'ec', curve: 'secp256r1' };
  const key = 'sign' in requested ? requested : yield* settle(provider.keys.generateKey(requested));
  const signer = issuer?.key ?? key;
  const publicKey = key.publicKey.spki;
  const fields = {
    serialNumber,
    issuer: issuerCertificate?.subject ?? subject,
    subject,
    validFrom,
    validTo,
    publicKey,
    extensions: [
      ...extensionsFor(key.type),
      subjectKeyIdentifierExtension(keyIdentifier(publicKey, provider)),
      ...(issuerCertificate === undefined ? [] : [authorityKeyIdentifierExtension(identifierOf(issuerCertificate, provider))]),
      ...(options.extensions ?? []),
    ],
  };
  const algorithm = options.signatureAlgorithm ?? defaultSignatureAlgorithm(signer.type);
  return { certificate: yield* signCertificate(fields, signer, algorithm), key };
}

/** keyEncipherment is for the RSA key transport of TLS 1.2; the keys of other kinds only sign. */
function endEntityKeyUsage({ kind }: KeyType): readonly KeyUsageName[] {
  return kind === 'rsa' ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature'];
}

function commonNameFor(dnsNames: readonly string[], ipAddresses: readonly string[]): string {
  // 64 characters are the most that a common name may have (RFC 5280 Appendix A.1, ub-common-name).
  const name = [...dnsNames, ...ipAddresses].find((candidate) => candidate.length <= 64);
  if (name === undefined) throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'give a subject, dnsNames or ipAddresses');
  return name;
}

function toName(subject: NameFields | Name): Name {
  return subject instanceof Name ? subject : createName(subject);
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
