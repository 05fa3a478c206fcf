/**
 * A cipher of TLS 1.2 as a suite names it: which keys it takes out of the key block, and the protection that it makes of them
 * (RFC 5246 §6.3). Implementations: AEAD (tls12-aead-protection.ts).
 */

import type { RecordPseudoHeader } from './pseudo-header.ts';
import type { RecordProtection } from './record-protection.ts';

/** The keys of one direction, each as long as the cipher says. */
export interface DirectionKeys {
  readonly macKey: Uint8Array;
  readonly key: Uint8Array;
  /** The implicit part of a nonce. */
  readonly iv: Uint8Array;
}

export interface RecordCipher {
  /** SecurityParameters.mac_key_length, enc_key_length and fixed_iv_length, in bytes. */
  readonly macKeySize: number;
  readonly keySize: number;
  readonly ivSize: number;
  /** The protection owns the keys. Its records have the usual pseudo-header, if no other is given: of a connection ID (RFC 9146 §5). */
  protect(keys: DirectionKeys, pseudoHeader?: RecordPseudoHeader): RecordProtection;
}
