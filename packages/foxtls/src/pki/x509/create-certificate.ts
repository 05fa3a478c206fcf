/**
 * Making certificates: authorities, certificates that they issue, and self-signed ones (RFC 5280 §4), with sane defaults.
 *
 * Each function exists twice: one returns a promise and works with every provider; the one whose name ends in `Sync` returns at once
 * and throws `ApiMisuse` (`ERR_TLS_ASYNC_REQUIRED`) when the provider does not.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { formatPem } from '../../core/asn1/pem.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { type Flow, runAsync, runSync, settle } from '../../core/flow/flow.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';
import type { KeyGenerationRequest, KeyType, PrivateKey, SignatureAlgorithm } from '../../crypto/signature.ts';
import { createExtension } from './create-extension.ts';
import { createGeneralName } from './create-general-name.ts';
import type { Extension } from './extensions.ts';
import type { GeneralName } from './general-name.ts';
import { type CertificateIssuer, endEntityKeyUsage, issue, type KeyPurpose, replaceExtensions } from './issue-certificate.ts';
import { createName, Name, type NameFields } from './name.ts';

export type { CertificateIssuer } from './issue-certificate.ts';

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
  /** More extensions, after those that are made; they replace those of the same type. `createExtension` makes them. */
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
  /** More subject alternative names: mailboxes, URIs, and whatever else `createGeneralName` makes. */
  readonly alternativeNames?: readonly GeneralName[];
  /** What the certificate is for; `serverAuth` unless set. */
  readonly purposes?: readonly KeyPurpose[];
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
    createExtension('basicConstraints', { cA: true, pathLenConstraint: pathLength }),
    createExtension('keyUsage', new Set(['keyCertSign', 'cRLSign'])),
  ]);
}

function* makeEndEntity(options: EndEntityOptions, issuer: CertificateIssuer | undefined): Flow<CreatedCertificate> {
  const { dnsNames = [], ipAddresses = [], alternativeNames = [], purposes = ['serverAuth'] } = options;
  const subject = toName(options.subject ?? subjectFor(dnsNames, ipAddresses, alternativeNames));
  const names = [
    ...dnsNames.map((name) => createGeneralName('dns', name)),
    ...ipAddresses.map((address) => createGeneralName('ip', address)),
    ...alternativeNames,
  ];
  return yield* make(options, issuer, subject, (type) => [
    createExtension('basicConstraints', { cA: false }),
    createExtension('keyUsage', new Set(endEntityKeyUsage(type.kind))),
    ...(purposes.length === 0
      ? []
      : [
          createExtension(
            'extKeyUsage',
            purposes.map((purpose) => OID[purpose]),
          ),
        ]),
    // Critical when the subject is empty, for then it is all the certificate says (RFC 5280 §4.2.1.6).
    ...(names.length === 0 ? [] : [createExtension('subjectAltName', names, { critical: subject.isEmpty })]),
  ]);
}

/** What all certificates have in common: a key, and who signs. */
function* make(
  options: CommonOptions,
  issuer: CertificateIssuer | undefined,
  subject: Name,
  extensionsFor: (type: KeyType) => readonly Extension[],
): Flow<CreatedCertificate> {
  const { provider, key: requested = { kind: 'ec', curve: 'secp256r1' }, extensions = [] } = options;
  const key = 'sign' in requested ? requested : yield* settle(provider.keys.generateKey(requested));
  const certificate = yield* issue({
    ...options,
    issuer: issuer ?? key,
    subject,
    publicKey: key.publicKey.spki,
    extensions: replaceExtensions(extensionsFor(key.type), extensions),
  });
  return { certificate, key };
}

/** Without a common name that fits, the subject is empty, if there is another name. */
function subjectFor(
  dnsNames: readonly string[],
  ipAddresses: readonly string[],
  alternativeNames: readonly GeneralName[],
): NameFields {
  // 64 characters are the most that a common name may have (RFC 5280 Appendix A.1, ub-common-name).
  const name = [...dnsNames, ...ipAddresses].find((candidate) => candidate.length <= 64);
  if (name !== undefined) return { commonName: name };
  if (alternativeNames.length > 0) return {};
  throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'give a subject, dnsNames or ipAddresses');
}

function toName(subject: NameFields | Name): Name {
  return subject instanceof Name ? subject : createName(subject);
}
