/**
 * Making signed messages (RFC 5652 §5): with the content inside or detached, by one signer or several.
 *
 * Each function exists twice: one returns a promise and works with every signer; the one whose name ends in `Sync` returns at once and
 * throws `ApiMisuse` (`ERR_TLS_ASYNC_REQUIRED`) when the signer does not.
 */

import { OID } from '../../../core/asn1/object-identifiers.ts';
import { decodeDer, encodeDer } from '../../../core/asn1/schema.ts';
import { time } from '../../../core/asn1/time.ts';
import { objectIdentifier, octetString } from '../../../core/asn1/types.ts';
import { equal } from '../../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../../core/errors/errors.ts';
import { type Flow, runAsync, runSync, settle } from '../../../core/flow/flow.ts';
import type { CryptoProvider } from '../../../crypto/provider.ts';
import type { PrivateKey, SignatureAlgorithm, Signer } from '../../../crypto/signature.ts';
import { defaultSignatureAlgorithm } from '../../x509/algorithms.ts';
import { parseCertificate } from '../../x509/certificate.ts';
import { algorithmIdentifier } from '../algorithm-identifier.ts';
import { type Attribute, attributes, createAttribute } from '../attributes.ts';
import { writeContent } from './content-info.ts';
import { type IdentifiedBy, identifierOf } from './identifiers.ts';
import { digestFor, hashIdentifier, writeSignerAlgorithm } from './signature-algorithms.ts';
import { type SignerInfo, signedData } from './signed-data.ts';

/** Somebody who signs a message. What the `create…` functions for certificates return fits. */
export interface MessageSigner {
  /** DER. It goes into the message, too. */
  readonly certificate: Uint8Array;
  readonly key: PrivateKey | Signer;
  /** By the key unless set. */
  readonly signatureAlgorithm?: SignatureAlgorithm;
  /** When it is signed, as the signer says; left out unless set. */
  readonly signingTime?: Date;
  /** More attributes to sign; false signs the bare content, with no attribute at all. */
  readonly signedAttributes?: readonly Attribute[] | false;
  readonly unsignedAttributes?: readonly Attribute[];
  /** How the message points to the certificate; by issuer and serial number unless set. */
  readonly identifiedBy?: IdentifiedBy;
}

export interface SignedDataOptions {
  /** Only its hashes are used. */
  readonly provider: Pick<CryptoProvider, 'hashes'>;
  readonly content: Uint8Array;
  /** Whether the content stays outside of the message; false unless set. */
  readonly detached?: boolean;
  /** What the content is: an OBJECT IDENTIFIER, dotted; plain data unless set. */
  readonly contentType?: string;
  readonly signers: readonly MessageSigner[];
  /** More certificates, DER: what a verifier needs for the paths of the signers. */
  readonly certificates?: readonly Uint8Array[];
  /** CRLs, DER. */
  readonly crls?: readonly Uint8Array[];
}

/**
 * A signed message, DER.
 *
 * Rejects with `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for no signer, for a key that is not its certificate's, and for Ed448, whose SHAKE256 no
 * provider has; and with what a signer throws.
 *
 * ```ts
 * const message = await createSignedData({ provider, content, detached: true, signers: [{ certificate, key, signingTime: new Date() }] });
 * writeFileSync('document.p7s', message);   // openssl cms -verify -inform DER -in document.p7s -content document
 * ```
 */
export function createSignedData(options: SignedDataOptions): Promise<Uint8Array> {
  return runAsync(make(options));
}

/** `createSignedData` for synchronous signers. */
export function createSignedDataSync(options: SignedDataOptions): Uint8Array {
  return runSync(make(options));
}

function* make(options: SignedDataOptions): Flow<Uint8Array> {
  const { content, detached = false, contentType = OID['id-data'], signers, certificates = [], crls = [] } = options;
  if (signers.length === 0) throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'a signed message needs a signer');
  const signerInfos: SignerInfo[] = [];
  for (const signer of signers) signerInfos.push(yield* sign(signer, { content, contentType, provider: options.provider }));
  const all = withoutDoubles([...signers.map(({ certificate }) => certificate), ...certificates]);
  const digests = new Map(signerInfos.map(({ digestAlgorithm }) => [digestAlgorithm.algorithm, digestAlgorithm]));
  return writeContent('id-signedData', signedData, {
    version: contentType === OID['id-data'] && signerInfos.every(({ version }) => version === 1) ? 1 : 3,
    digestAlgorithms: [...digests.values()],
    encapContentInfo: { eContentType: contentType, eContent: detached ? undefined : content },
    certificates: all,
    crls: crls.length === 0 ? undefined : crls,
    signerInfos,
  });
}

function* sign(
  signer: MessageSigner,
  { content, contentType, provider }: Pick<SignedDataOptions, 'content' | 'provider'> & { readonly contentType: string },
): Flow<SignerInfo> {
  const { key, identifiedBy = 'issuerAndSerialNumber', signedAttributes = [], unsignedAttributes = [] } = signer;
  const certificate = parseCertificate(signer.certificate);
  const { publicKey } = key as Partial<PrivateKey>;
  if (publicKey !== undefined && !equal(publicKey.spki, certificate.publicKey)) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `the key is not that of the certificate of ${certificate.subject}`);
  }
  if (signedAttributes === false && contentType !== OID['id-data']) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'a content that is not plain data is signed with attributes (RFC 5652 §5.3)');
  }
  const algorithm = signer.signatureAlgorithm ?? defaultSignatureAlgorithm(key.type);
  const digest = digestFor(algorithm);
  const hash = provider.hashes.find(({ name }) => name === digest);
  if (digest === undefined || hash === undefined) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `the provider has no hash for signing messages with ${algorithm.kind}`);
  }
  const signedAttrs =
    signedAttributes === false
      ? undefined
      : [
          createAttribute(OID.contentType, objectIdentifier, contentType),
          createAttribute(OID.messageDigest, octetString, hash.digest(content)),
          ...(signer.signingTime === undefined ? [] : [createAttribute(OID.signingTime, time, signer.signingTime)]),
          ...signedAttributes,
        ];
  const encoded = signedAttrs && encodeDer(attributes, signedAttrs);
  const signature = yield* settle(key.sign(algorithm, encoded ?? content));
  return {
    version: identifiedBy === 'issuerAndSerialNumber' ? 1 : 3,
    sid: identifierOf(certificate, identifiedBy),
    digestAlgorithm: hashIdentifier(digest),
    signedAttrs: signedAttrs && encoded && { value: signedAttrs, encoded: underTag(0xa0, encoded) },
    signatureAlgorithm: decodeDer(algorithmIdentifier, writeSignerAlgorithm(algorithm), 'signature_algorithm'),
    signature,
    unsignedAttrs: unsignedAttributes.length === 0 ? undefined : unsignedAttributes,
  };
}

/** The same element under another tag. */
function underTag(tag: number, encoded: Uint8Array): Uint8Array {
  const copy = encoded.slice();
  copy[0] = tag;
  return copy;
}

function withoutDoubles(certificates: readonly Uint8Array[]): readonly Uint8Array[] {
  return certificates.filter((der, i) => certificates.findIndex((other) => equal(der, other)) === i);
}
