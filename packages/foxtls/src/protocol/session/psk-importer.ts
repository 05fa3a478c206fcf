/**
 * Importing external PSKs for TLS 1.3 (RFC 9258 §5).
 *
 * ```
 * struct {
 *    opaque external_identity<1...2^16-1>;
 *    opaque context<0..2^16-1>;
 *    uint16 target_protocol;
 *    uint16 target_kdf;
 * } ImportedIdentity;
 *
 * epskx = HKDF-Extract(0, epsk)
 * ipskx = HKDF-Expand-Label(epskx, "derived psk", Hash(ImportedIdentity), L)
 * ```
 * The HKDF is that of the external key's hash; L is the size of the target's. The serialised ImportedIdentity is the identity on the wire.
 */

import { EMPTY, wipe } from '../../core/bytes/bytes.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import { type Decoded, decode, encode, opaqueVector, struct, uint16 } from '../../core/wire/codec.ts';
import type { Hash } from '../../crypto/hash.ts';
import { expandLabel, extract, type LabelPrefix } from '../keys/hkdf.ts';

/** IANA's "TLS KDF Identifiers" (RFC 9258 §10). */
const TARGET_KDFS: Readonly<Record<string, number>> = { sha256: 0x0001, sha384: 0x0002 };

/** The target protocol: its number, and the prefix of its labels. */
export interface ProtocolVersion {
  readonly version: number;
  readonly labelPrefix: LabelPrefix;
}

export interface ExternalPsk {
  readonly externalIdentity: Uint8Array;
  readonly key: Uint8Array;
  readonly context?: Uint8Array | undefined;
}

const wire = struct({
  externalIdentity: opaqueVector(1, 0xffff),
  context: opaqueVector(0, 0xffff),
  targetProtocol: uint16,
  targetKdf: uint16,
});
export type ImportedIdentity = Decoded<typeof wire>;

/** The key of an external PSK for one target KDF, with its identity on the wire. `own` is the external key's hash. */
export function importPsk(
  own: Hash,
  target: Hash,
  { version, labelPrefix }: ProtocolVersion,
  { externalIdentity, key, context = EMPTY }: ExternalPsk,
): { readonly identity: Uint8Array; readonly secret: Uint8Array } {
  const targetKdf = TARGET_KDFS[target.name] as number;
  const identity = encode(wire, { externalIdentity, context, targetProtocol: version, targetKdf });
  const extracted = extract(own, new Uint8Array(own.size), key);
  const secret = expandLabel({ hash: own, labelPrefix }, extracted, 'derived psk', own.digest(identity), target.size);
  wipe(extracted);
  return { identity, secret };
}

/** Bytes on the wire. */
export function importedIdentitySize(externalIdentity: Uint8Array, context: Uint8Array = EMPTY): number {
  return externalIdentity.length + context.length + 8;
}

/** Reads an identity that was imported for this version; undefined for any other. */
export function readImportedIdentity(identity: Uint8Array, version: number): ImportedIdentity | undefined {
  try {
    const read = decode(wire, identity, 'imported_identity');
    return read.targetProtocol === version && Object.values(TARGET_KDFS).includes(read.targetKdf) ? read : undefined;
  } catch (error) {
    // Identities are anything: most are no ImportedIdentity.
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
