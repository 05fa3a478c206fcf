/**
 * ContentInfo, the envelope of every message of CMS and PKCS#7 (RFC 5652 §3), and its PEM (RFC 7468 §8, §9).
 *
 * ```
 * ContentInfo ::= SEQUENCE {
 *   contentType ContentType,
 *   content [0] EXPLICIT ANY DEFINED BY contentType }
 *
 * ContentType ::= OBJECT IDENTIFIER
 * ```
 * Messages may be BER: they are brought into DER's form first, and that form is what all readers of this folder see.
 */

import { normalizeBer } from '../../../core/asn1/ber.ts';
import type { DerLimits } from '../../../core/asn1/der.ts';
import { OID, oidName } from '../../../core/asn1/object-identifiers.ts';
import { formatPem, parsePem } from '../../../core/asn1/pem.ts';
import { any, type DerType, decodeDer, encodeDer, explicit, sequence } from '../../../core/asn1/schema.ts';
import { objectIdentifier } from '../../../core/asn1/types.ts';
import { ApiMisuse, DecodeError } from '../../../core/errors/errors.ts';

const contentInfo = sequence({ contentType: objectIdentifier, content: explicit(0, any) });

/** The kinds of content that are read and written here. */
export type ContentKind = 'id-signedData' | 'id-envelopedData' | 'id-ct-authEnvelopedData';

/** What kind of message these bytes are (an OBJECT IDENTIFIER, dotted), and its content. BER or DER. Throws `DecodeError`. */
export function readContentInfo(
  message: Uint8Array,
  limits?: DerLimits,
): { readonly contentType: string; readonly content: Uint8Array } {
  return decodeDer(contentInfo, normalizeBer(message, 'content_info', limits), 'content_info', limits);
}

/** Reads a message of this kind, BER or DER. Throws `DecodeError`. */
export function readContent<T>(message: Uint8Array, kind: ContentKind, type: DerType<T>, path: string, limits?: DerLimits): T {
  const { contentType, content } = readContentInfo(message, limits);
  checkKind(contentType, [kind]);
  return decodeDer(type, content, path, limits);
}

/** Throws `DecodeError` for a message of another kind. */
export function checkKind(contentType: string, kinds: readonly ContentKind[]): void {
  if (kinds.some((kind) => OID[kind] === contentType)) return;
  const found = oidName(contentType) ?? contentType;
  throw new DecodeError('content_info.content_type', `${kinds.join(' or ')} is expected, ${found} is there`);
}

/** Writes a message, DER. */
export function writeContent<T>(kind: ContentKind, type: DerType<T>, content: T): Uint8Array {
  return encodeDer(contentInfo, { contentType: OID[kind], content: encodeDer(type, content) });
}

/**
 * The first message of a PEM text: `CMS`, or `PKCS7` as OpenSSL writes certificates without a signature. Throws `DecodeError`
 * (`ERR_TLS_DECODE`), and `ApiMisuse` (`ERR_TLS_NO_MESSAGE`) when there is none.
 *
 * ```ts
 * const { certificates } = parseCertificatesOnly(parseCmsPem(readFileSync('chain.p7b')));
 * ```
 */
export function parseCmsPem(pem: string | Uint8Array): Uint8Array {
  const blocks = parsePem(pem);
  const block = blocks.find(({ label }) => label === 'CMS' || label === 'PKCS7');
  if (block !== undefined) return block.data;
  const found = blocks.map(({ label }) => label).join(', ') || 'no PEM block at all';
  throw new ApiMisuse('ERR_TLS_NO_MESSAGE', `the PEM text has no message of CMS or PKCS#7 (found: ${found})`);
}

/** A message as PEM; `PKCS7` for programs that do not know `CMS`. */
export function formatCmsPem(message: Uint8Array, label: 'CMS' | 'PKCS7' = 'CMS'): string {
  return formatPem(label, message);
}
