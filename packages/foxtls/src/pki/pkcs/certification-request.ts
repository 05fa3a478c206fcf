/**
 * Certification requests, PKCS#10 (RFC 2986): reading them, and making sure that the one who asks holds the key.
 *
 * ```
 * CertificationRequest ::= SEQUENCE {
 *      certificationRequestInfo CertificationRequestInfo,
 *      signatureAlgorithm AlgorithmIdentifier{{ SignatureAlgorithms }},
 *      signature          BIT STRING
 * }
 *
 * CertificationRequestInfo ::= SEQUENCE {
 *      version       INTEGER { v1(0) } (v1,...),
 *      subject       Name,
 *      subjectPKInfo SubjectPublicKeyInfo{{ PKInfoAlgorithms }},
 *      attributes    [0] Attributes{{ CRIAttributes }}
 * }
 * ```
 * What a request asks for is a wish: `issueRequested` takes nothing from it but the key, unless its caller says so.
 */

import type { DerLimits } from '../../core/asn1/der.ts';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { formatPem, parsePem } from '../../core/asn1/pem.ts';
import { any, decodeDer, implicit, optional, sequence, withEncoding } from '../../core/asn1/schema.ts';
import { CHARACTER_STRING_TAGS, readCharacters } from '../../core/asn1/strings.ts';
import { octetAlignedBitString, smallInteger } from '../../core/asn1/types.ts';
import { ApiMisuse, CryptoFailure, DecodeError, PkcsInvalid } from '../../core/errors/errors.ts';
import { type Flow, runAsync, runSync, settle } from '../../core/flow/flow.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';
import type { KeyType, PublicKey, SignatureAlgorithm } from '../../crypto/signature.ts';
import { readSignatureAlgorithm } from '../x509/algorithms.ts';
import { type Extension, extensions, type KnownExtensions, readExtensions } from '../x509/extensions.ts';
import { type Name, nameType } from '../x509/name.ts';
import { algorithmIdentifier } from './algorithm-identifier.ts';
import { type Attribute, attributes, readSingleValue } from './attributes.ts';
import { readSubjectPublicKeyInfo } from './public-key.ts';

export const certificationRequestInfo = sequence({
  version: smallInteger,
  subject: nameType,
  subjectPKInfo: any,
  // Requests without the field are common, although it is not OPTIONAL (RFC 2986 §4): an empty set has to be written.
  attributes: optional(implicit(0, attributes)),
});

const certificationRequestType = sequence({
  certificationRequestInfo: withEncoding(certificationRequestInfo),
  signatureAlgorithm: algorithmIdentifier,
  signature: octetAlignedBitString,
});

/** A certification request that has been read. All byte strings are views of `raw`. Nothing is verified yet. */
export interface CertificationRequest {
  /** The whole request, DER. */
  readonly raw: Uint8Array;
  /** What the signature covers. */
  readonly certificationRequestInfo: Uint8Array;
  readonly subject: Name;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** Undefined for keys that foxtls does not know. */
  readonly keyType: KeyType | undefined;
  readonly attributes: readonly Attribute[];
  /** The extensions that are asked for (extensionRequest), in order, undecoded. */
  readonly extensions: readonly Extension[];
  /** The contents of those that foxtls knows. */
  readonly known: KnownExtensions;
  /** PKCS#9's challengePassword, by which the one who asks can have the certificate revoked later: a secret. */
  readonly challengePassword: string | undefined;
  readonly unstructuredName: string | undefined;
  /** Undefined for algorithms that foxtls does not know. */
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  readonly signature: Uint8Array;
}

declare const verified: unique symbol;

/** A request whose signature was verified: whoever made it holds the private key. Only `verifyCertificationRequest` makes one. */
export type VerifiedCertificationRequest = CertificationRequest & { readonly [verified]: true };

/**
 * Reads a certification request, DER. Throws `DecodeError` (`ERR_TLS_DECODE`) with the path of the field for anything malformed.
 *
 * ```ts
 * const request = parseCertificationRequest(der);
 * request.subject.toString();            // CN=example.com
 * request.known.subjectAltName;          // what is asked for
 * ```
 */
export function parseCertificationRequest(der: Uint8Array, limits?: DerLimits): CertificationRequest {
  const path = 'certification_request';
  // A copy, so that nobody changes the bytes between verifying and using them.
  const raw = Uint8Array.from(der);
  const { certificationRequestInfo: info, ...outer } = decodeDer(certificationRequestType, raw, path, limits);
  const infoPath = `${path}.certification_request_info`;
  const { version, subject, subjectPKInfo, attributes: list = [] } = info.value;
  if (version !== 0) throw new DecodeError(`${infoPath}.version`, `version 0 is expected, ${version} is there`);
  const requested = readSingleValue(list, OID.extensionRequest, extensions, `${infoPath}.attributes`) ?? [];
  return Object.freeze({
    raw,
    certificationRequestInfo: info.encoded,
    subject,
    publicKey: subjectPKInfo,
    keyType: readSubjectPublicKeyInfo(subjectPKInfo, `${infoPath}.subject_pk_info`).type,
    attributes: list,
    extensions: requested,
    known: readExtensions(requested, `${infoPath}.extensions`),
    challengePassword: readSingleValue(list, OID.challengePassword, anyString, `${infoPath}.attributes`),
    unstructuredName: readSingleValue(list, OID.unstructuredName, anyString, `${infoPath}.attributes`),
    signatureAlgorithm: readSignatureAlgorithm(outer.signatureAlgorithm, `${path}.signature_algorithm`),
    signature: outer.signature,
  });
}

/**
 * The first certification request of a PEM text (`CERTIFICATE REQUEST`, or `NEW CERTIFICATE REQUEST` of old). Throws `DecodeError`
 * (`ERR_TLS_DECODE`), and `ApiMisuse` (`ERR_TLS_NO_CERTIFICATION_REQUEST`) when there is none.
 *
 * ```ts
 * const request = parseCertificationRequestPem(readFileSync('server.csr'));
 * ```
 */
export function parseCertificationRequestPem(pem: string | Uint8Array): CertificationRequest {
  const blocks = parsePem(pem);
  const block = blocks.find(({ label }) => label === PEM_LABEL || label === `NEW ${PEM_LABEL}`);
  if (block !== undefined) return parseCertificationRequest(block.data);
  const found = blocks.map(({ label }) => label).join(', ') || 'no PEM block at all';
  throw new ApiMisuse('ERR_TLS_NO_CERTIFICATION_REQUEST', `the PEM text has no certification request (found: ${found})`);
}

/** `BEGIN CERTIFICATE REQUEST` for a certification request, DER. */
export function formatCertificationRequestPem(der: Uint8Array): string {
  return formatPem(PEM_LABEL, der);
}

/**
 * Verifies the signature of a request with the key inside: proof that whoever made it holds the private key. It proves nothing else: not
 * the name, and no extension.
 *
 * Rejects with `PkcsInvalid` (`ERR_TLS_PKCS_INVALID`): `algorithm_unsupported` when the provider cannot tell, `signature_invalid`.
 *
 * ```ts
 * const verified = await verifyCertificationRequest(parseCertificationRequestPem(pem), provider);
 * ```
 */
export function verifyCertificationRequest(
  request: CertificationRequest,
  provider: Pick<CryptoProvider, 'keys'>,
): Promise<VerifiedCertificationRequest> {
  return runAsync(verifyRequest(request, provider));
}

/** `verifyCertificationRequest` for synchronous providers. */
export function verifyCertificationRequestSync(
  request: CertificationRequest,
  provider: Pick<CryptoProvider, 'keys'>,
): VerifiedCertificationRequest {
  return runSync(verifyRequest(request, provider));
}

const PEM_LABEL = 'CERTIFICATE REQUEST';

/** PKCS#9 has DirectoryString for one and a CHOICE of more for the other; both are read whichever string is there. */
const anyString = {
  tags: CHARACTER_STRING_TAGS,
  read: readCharacters,
  write: (): never => {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'a string of any type is only read');
  },
};

function* verifyRequest(
  request: CertificationRequest,
  { keys }: Pick<CryptoProvider, 'keys'>,
): Flow<VerifiedCertificationRequest> {
  const { signatureAlgorithm, publicKey, certificationRequestInfo: signed, signature } = request;
  if (signatureAlgorithm === undefined) {
    throw new PkcsInvalid('algorithm_unsupported', 'the request is signed with an algorithm that is not supported');
  }
  let key: PublicKey;
  try {
    key = yield* settle(keys.importPublicKey(publicKey));
  } catch (cause) {
    if (!(cause instanceof CryptoFailure)) throw cause;
    throw new PkcsInvalid('algorithm_unsupported', `the key of the request cannot be used: ${cause.message}`, { cause });
  }
  if (!(yield* settle(key.verify(signatureAlgorithm, signed, signature)))) {
    throw new PkcsInvalid('signature_invalid', 'the request is not signed by the key that it asks a certificate for');
  }
  return request as VerifiedCertificationRequest;
}
