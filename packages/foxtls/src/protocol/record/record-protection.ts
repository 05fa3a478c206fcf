/**
 * What every protection of records is to a transport: one direction under one set of keys (RFC 8446 §5.2, RFC 5246 §6.2.3).
 *
 * ```
 *   header[5] + plaintext ─▶ seal ─▶ fragment pieces        header[5] + fragment ─▶ open ─▶ plaintext
 * ```
 * Framing is the transport's: it writes and reads the header, of which a protection takes what it authenticates. A flow makes a
 * protection, hands it over, and forgets it: from then on it is the transport's to count with, and to wipe.
 */

import { ApiMisuse } from '../../core/errors/errors.ts';
import type { RecordNumberCipher } from '../../crypto/aead.ts';

export interface RecordProtection {
  /**
   * Whether the content type stands inside, behind the content, with zeros after it (RFC 8446 §5.2, RFC 9146 §4): then the outer type is
   * always the same. Otherwise the header's type is the content's.
   */
  readonly hidesType: boolean;
  /** Whether the initialization vector of a record is the end of the one before, which everybody has seen (RFC 2246 §6.2.3.2). */
  readonly chainsVectors?: boolean;
  /** The number of the next record; where the transport counts, how many were sealed. */
  readonly sequence: number;
  /** Whether so many records were sealed that only one more may be (RFC 8446 §5.5): a KeyUpdate, or a closing alert. */
  readonly exhausted: boolean;
  /** How many records may fail to open under these keys, where one that fails is not the end (RFC 9147 §4.5.3). The transport counts. */
  readonly openFailureLimit: number;
  /** The bytes that the fragment of a plaintext of `length` bytes has. */
  sealedLength(length: number): number;
  /** Seals the next record, the pieces of whose plaintext are given, under its whole header; appends the pieces of the fragment to `out`. */
  seal(header: Uint8Array, plaintext: readonly Uint8Array[], out: Uint8Array[]): void;
  /**
   * Seals the record of that number, where the transport counts, and never twice the same: in DTLS 1.3 within the epoch, before that
   * epoch · 2^48 + sequence_number. Such records count for `exhausted` like others.
   */
  sealAt(sequence: number, header: Uint8Array, plaintext: readonly Uint8Array[], out: Uint8Array[]): void;
  /** Opens the next record; undefined when it is not authentic, which changes nothing. The result is not shared with anything. */
  open(header: Uint8Array, fragment: Uint8Array): Uint8Array | undefined;
  /** Opens the record of that number, where records carry theirs; `sequence` stays. */
  openAt(sequence: number, header: Uint8Array, fragment: Uint8Array): Uint8Array | undefined;
  /** DTLS 1.3: what masks the numbers of these records (RFC 9147 §4.2.3); undefined elsewhere, and where the provider has no such part. */
  readonly recordNumberCipher?: RecordNumberCipher | undefined;
  /** The same direction under its next keys (RFC 8446 §4.6.3), where keys can be updated. */
  next?(): RecordProtection;
  /** Forgets what can be derived again, until it is used; where that is so. */
  rest?(): void;
  /** The secret that these keys derive from, and nothing but it: a copy; where there is one. */
  exportSecret?(): Uint8Array;
  wipe(): void;
}

/** To go on with the zeros of wiped keys would be a disaster. */
export function keysWiped(): ApiMisuse {
  return new ApiMisuse('ERR_TLS_KEY_WIPED', 'these keys were wiped and cannot be used any more');
}
