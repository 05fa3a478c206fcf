/**
 * verify_data of Finished, and the PSK binders that are computed the same way (RFC 8446 §4.4.4, §4.2.11.2).
 *
 * ```
 * finished_key = HKDF-Expand-Label(BaseKey, "finished", "", Hash.length)
 * verify_data  = HMAC(finished_key, Transcript-Hash(Handshake Context, Certificate*, CertificateVerify*))
 * ```
 */

import { constantTimeEqual, EMPTY, wipe } from '../../core/bytes/bytes.ts';
import { expandLabel, type LabelledHash } from './hkdf.ts';

export function finishedVerifyData(labelled: LabelledHash, baseKey: Uint8Array, transcriptHash: Uint8Array): Uint8Array {
  const finishedKey = expandLabel(labelled, baseKey, 'finished', EMPTY, labelled.hash.size);
  const verifyData = labelled.hash.hmac(finishedKey, transcriptHash);
  wipe(finishedKey);
  return verifyData;
}

const finishedProof = Symbol('finished');

/** Proof that the peer's Finished was right. Constructed by `verifyFinished` only. */
export interface FinishedVerified {
  readonly [finishedProof]: true;
  readonly verifyData: Uint8Array;
}

/** Compares in constant time; undefined when the value is wrong. */
export function verifyFinished(expected: Uint8Array, received: Uint8Array): FinishedVerified | undefined {
  return constantTimeEqual(expected, received) ? { [finishedProof]: true, verifyData: expected } : undefined;
}
