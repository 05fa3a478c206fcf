/**
 * Verifying signed messages (RFC 5652 §5.4, §5.6): that whoever holds a certificate's key signed this content.
 *
 * Whether the certificate is to be trusted, and for this, is another question: it is handed back, with all others of the message, for a
 * verifier of paths.
 */

import { TAG } from '../../../core/asn1/der.ts';
import { OID } from '../../../core/asn1/object-identifiers.ts';
import { decodeDer } from '../../../core/asn1/schema.ts';
import { time } from '../../../core/asn1/time.ts';
import { objectIdentifier, octetString } from '../../../core/asn1/types.ts';
import { concat, equal } from '../../../core/bytes/bytes.ts';
import { ApiMisuse, CryptoFailure, DecodeError, LimitExceeded, PkcsInvalid } from '../../../core/errors/errors.ts';
import { type Flow, runAsync, runSync, settle } from '../../../core/flow/flow.ts';
import type { HashName } from '../../../crypto/hash.ts';
import type { CryptoProvider } from '../../../crypto/provider.ts';
import type { SignatureAlgorithm } from '../../../crypto/signature.ts';
import { type Certificate, parseCertificate } from '../../x509/certificate.ts';
import { type Attribute, attributes, readSingleValue } from '../attributes.ts';
import { identifies } from './identifiers.ts';
import { hashOf, readSignerAlgorithm } from './signature-algorithms.ts';
import type { SignedData, SignerInfo } from './signed-data.ts';

export interface VerifySignedDataOptions {
  readonly provider: Pick<CryptoProvider, 'keys' | 'hashes'>;
  /** The content, where it is detached. */
  readonly content?: Uint8Array;
  /** Certificates, DER, of signers who did not bring theirs along. */
  readonly certificates?: readonly Uint8Array[];
  /** The hashes that a signature may rest on; the SHA-2 family unless set. */
  readonly hashes?: readonly HashName[];
  /** Whether each signer has to be right, or one of them is enough (the others are told in `refused`); `all` unless set. */
  readonly signers?: 'all' | 'any';
}

/** Somebody whose signature is right. */
export interface VerifiedSigner {
  /** Not verified itself: give it to a verifier of paths, with `certificates` of the message beside it. */
  readonly certificate: Certificate;
  readonly signatureAlgorithm: SignatureAlgorithm;
  /** Undefined when nothing but the content is signed. */
  readonly signedAttributes: readonly Attribute[] | undefined;
  /** When the signer claims to have signed. */
  readonly signingTime: Date | undefined;
  /** Attributes that nobody signed. */
  readonly unsignedAttributes: readonly Attribute[];
}

/** A signed message whose signatures are right. */
export interface VerifiedSignedData {
  readonly contentType: string;
  readonly content: Uint8Array;
  /** All X.509 certificates of the message, DER. */
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  /** At least one. */
  readonly signers: readonly VerifiedSigner[];
  /** With `signers: 'any'`, those whose signature is not right, by their place in `signerInfos`. */
  readonly refused: readonly { readonly index: number; readonly problem: PkcsInvalid }[];
}

/**
 * Verifies the signatures of a message. The signer's certificate is looked for in the message and in `certificates`.
 *
 * Rejects with `PkcsInvalid` (`ERR_TLS_PKCS_INVALID`): `signature_invalid`; `digest_mismatch`, for another content; `attributes_invalid`;
 * `signer_unknown`, without a certificate or any signer at all; `certificate_unsuitable`, whose key is not for signing; `content_missing`;
 * `algorithm_unsupported`, which MD5 and SHA-1 are unless `hashes` has them. Rejects with `DecodeError` for malformed attributes, and with
 * `LimitExceeded` for more than 64 signers or 1000 certificates.
 *
 * ```ts
 * const { content, signers, certificates } = await verifySignedData(parseSignedData(bytes), { provider });
 * const chain = [signers[0].certificate.raw, ...certificates];   // now verify the path of the certificate
 * ```
 */
export function verifySignedData(message: SignedData, options: VerifySignedDataOptions): Promise<VerifiedSignedData> {
  return runAsync(verify(message, options));
}

/** `verifySignedData` for synchronous providers. */
export function verifySignedDataSync(message: SignedData, options: VerifySignedDataOptions): VerifiedSignedData {
  return runSync(verify(message, options));
}

const SHA2: readonly HashName[] = ['sha256', 'sha384', 'sha512', 'sha224'];

/** More than any message has. Each signer costs a signature, each certificate is read. */
const MAX_SIGNERS = 64;
const MAX_CERTIFICATES = 1000;

function* verify(message: SignedData, options: VerifySignedDataOptions): Flow<VerifiedSignedData> {
  const { contentType, certificates, crls, signerInfos } = message;
  if (message.content !== undefined && options.content !== undefined && !equal(message.content, options.content)) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'the message has a content of its own, which is not the one that is given');
  }
  const content = message.content ?? options.content;
  if (content === undefined) throw new PkcsInvalid('content_missing', 'the content is detached: give it beside the message');
  if (signerInfos.length === 0) throw new PkcsInvalid('signer_unknown', 'nobody signed this message');
  if (signerInfos.length > MAX_SIGNERS) {
    throw new LimitExceeded('signers', `${signerInfos.length} signers are more than ${MAX_SIGNERS}`);
  }
  const known = readCertificates(certificates, options.certificates ?? []);
  const signed = { contentType, content, digests: new Map<HashName, Uint8Array>() };
  const signers: VerifiedSigner[] = [];
  const refused: { readonly index: number; readonly problem: PkcsInvalid }[] = [];
  for (const [index, signer] of signerInfos.entries()) {
    try {
      signers.push(yield* verifySigner(signer, signed, known, options));
    } catch (problem) {
      if (options.signers !== 'any' || !(problem instanceof PkcsInvalid)) throw problem;
      refused.push({ index, problem });
    }
  }
  const [first] = refused;
  if (signers.length === 0 && first !== undefined) throw first.problem;
  return { contentType, content, certificates, crls, signers, refused };
}

/** A certificate of the message that cannot be read is nobody's. */
function readCertificates(ofMessage: readonly Uint8Array[], ofCaller: readonly Uint8Array[]): readonly Certificate[] {
  if (ofMessage.length > MAX_CERTIFICATES) {
    throw new LimitExceeded(
      'certificates',
      `${ofMessage.length} certificates are in the message, ${MAX_CERTIFICATES} at most are read`,
    );
  }
  return [...ofMessage, ...ofCaller].flatMap((der) => {
    try {
      return [parseCertificate(der)];
    } catch (error) {
      if (error instanceof DecodeError) return [];
      throw error;
    }
  });
}

interface Signed {
  readonly contentType: string;
  readonly content: Uint8Array;
  /** Of the content: many signers, one pass. */
  readonly digests: Map<HashName, Uint8Array>;
}

function* verifySigner(
  signer: SignerInfo,
  signed: Signed,
  known: readonly Certificate[],
  { provider, hashes = SHA2 }: VerifySignedDataOptions,
): Flow<VerifiedSigner> {
  const path = 'signed_data.signer_info';
  const digest = hashOf(signer.digestAlgorithm);
  const hash = provider.hashes.find(({ name }) => name === digest);
  if (digest === undefined || hash === undefined || !hashes.includes(digest)) {
    const name = digest ?? signer.digestAlgorithm.algorithm;
    throw new PkcsInvalid('algorithm_unsupported', `a digest by ${name} is not accepted (hashes: ${hashes.join(', ')})`);
  }
  const signatureAlgorithm = readSignerAlgorithm(signer.signatureAlgorithm, digest, `${path}.signature_algorithm`);
  const certificate = findCertificate(signer, known);
  const contentDigest = signed.digests.get(digest) ?? hash.digest(signed.content);
  signed.digests.set(digest, contentDigest);
  const signedBytes = bytesSigned(signer, signed, contentDigest, path);
  yield* checkSignature(provider, certificate, signatureAlgorithm, signedBytes, signer.signature);
  const signedAttributes = signer.signedAttrs?.value;
  return {
    certificate,
    signatureAlgorithm,
    signedAttributes,
    signingTime: signedAttributes && readSingleValue(signedAttributes, OID.signingTime, time, `${path}.signed_attrs`),
    unsignedAttributes: signer.unsignedAttrs ?? [],
  };
}

function findCertificate({ sid }: SignerInfo, known: readonly Certificate[]): Certificate {
  const certificate = known.find((candidate) => identifies(sid, candidate));
  if (certificate === undefined) throw new PkcsInvalid('signer_unknown', "the signer's certificate is not in the message");
  const { keyUsage } = certificate.known;
  if (keyUsage !== undefined && !keyUsage.has('digitalSignature') && !keyUsage.has('nonRepudiation')) {
    throw new PkcsInvalid('certificate_unsuitable', `the certificate of ${certificate.subject} is not for signing (keyUsage)`);
  }
  return certificate;
}

/** What the signature covers: the attributes when there are any, else the content. */
function bytesSigned(
  { signedAttrs }: SignerInfo,
  { contentType, content }: Signed,
  digest: Uint8Array,
  path: string,
): Uint8Array {
  if (signedAttrs === undefined) {
    // RFC 5652 §5.3: the attributes "MUST be present if the content type of the EncapsulatedContentInfo value being signed is not id-data"
    if (contentType !== OID['id-data']) {
      throw new PkcsInvalid('attributes_invalid', 'a content that is not plain data is signed with attributes');
    }
    if (looksLikeAttributes(content)) {
      throw new PkcsInvalid('attributes_invalid', 'the content is the signed attributes of another message');
    }
    return content;
  }
  const attributesPath = `${path}.signed_attrs`;
  const signedType = readSingleValue(signedAttrs.value, OID.contentType, objectIdentifier, attributesPath);
  // RFC 5652 §5.6: "the content-type attribute value MUST match the SignedData encapContentInfo eContentType value."
  if (signedType !== contentType)
    throw new PkcsInvalid('attributes_invalid', 'the signed content type is not that of the message');
  const signedDigest = readSingleValue(signedAttrs.value, OID.messageDigest, octetString, attributesPath);
  if (signedDigest === undefined) throw new PkcsInvalid('attributes_invalid', 'no digest of the content is signed');
  if (!equal(signedDigest, digest)) throw new PkcsInvalid('digest_mismatch', 'the content is not the one that was signed');
  // RFC 5652 §5.4: "the DER encoding of the EXPLICIT SET OF tag, rather than of the IMPLICIT [0] tag" is what is signed.
  return concat(Uint8Array.of(TAG.SET), signedAttrs.encoded.subarray(1));
}

/**
 * Without signed attributes, a signature over the attributes of one message is also one over a content of the same bytes: whoever leaves
 * the attributes out can pass them off as a content that was signed. No honest content looks so.
 */
function looksLikeAttributes(content: Uint8Array): boolean {
  if (content[0] !== TAG.SET) return false;
  try {
    return decodeDer(attributes, content, 'content').some(({ type }) => type === OID.messageDigest);
  } catch {
    return false;
  }
}

function* checkSignature(
  { keys }: Pick<CryptoProvider, 'keys'>,
  { publicKey, subject }: Certificate,
  algorithm: SignatureAlgorithm,
  message: Uint8Array,
  signature: Uint8Array,
): Flow<void> {
  let isRight: boolean;
  try {
    const key = yield* settle(keys.importPublicKey(publicKey));
    isRight = yield* settle(key.verify(algorithm, message, signature));
  } catch (cause) {
    if (!(cause instanceof CryptoFailure)) throw cause;
    throw new PkcsInvalid('algorithm_unsupported', `the key of ${subject} cannot be used: ${cause.message}`, { cause });
  }
  if (!isRight) throw new PkcsInvalid('signature_invalid', `the signature of ${subject} is not right`);
}
