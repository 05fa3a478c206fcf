/**
 * Pins: what has to stand on a path beside a trust anchor (as RFC 7469 §2.4 has them, but given by the program).
 */

import { equal, toHex } from '../../core/bytes/bytes.ts';
import { ApiMisuse, type CertificateInvalid } from '../../core/errors/errors.ts';
import type { Hash } from '../../crypto/hash.ts';
import type { Certificate } from './certificate.ts';
import { invalid } from './certificate-rules.ts';

/** One of these must be on the path: the end entity, an intermediate certificate or the anchor. */
export interface Pins {
  /** SHA-256 of SubjectPublicKeyInfos, DER: 32 bytes each. They outlive the renewal of a certificate. */
  readonly spkiSha256?: readonly Uint8Array[];
  /** Whole certificates, DER. */
  readonly certificates?: readonly Uint8Array[];
}

/** Throws `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for pins that nothing can meet. */
export function checkPins({ spkiSha256 = [], certificates = [] }: Pins, sha256: Hash | undefined): void {
  if (spkiSha256.length + certificates.length === 0)
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'there is no pin among the pins');
  if (spkiSha256.some((pin) => pin.length !== 32)) throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'a SHA-256 pin has 32 bytes');
  if (spkiSha256.length > 0 && sha256 === undefined) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'pins of SHA-256 need a provider with this hash: pass its `hashes`, too');
  }
}

/** The end entity is blamed: nothing on its path is pinned. */
export function findPinProblem(
  path: readonly Certificate[],
  pins: Pins | undefined,
  sha256: Hash | undefined,
): CertificateInvalid | undefined {
  if (pins === undefined) return undefined;
  const { spkiSha256 = [], certificates = [] } = pins;
  if (path.some(({ raw }) => certificates.some((pin) => equal(pin, raw)))) return undefined;
  const found = spkiSha256.length === 0 ? [] : path.flatMap(({ publicKey }) => (sha256 ? [sha256.digest(publicKey)] : []));
  if (found.some((digest) => spkiSha256.some((pin) => equal(pin, digest)))) return undefined;
  const keys = found.map((digest) => toHex(digest)).join(', ');
  const problem = `nothing on its path is pinned${keys && ` (SHA-256 of the keys on it: ${keys})`}`;
  return invalid('key_untrusted', problem, path[0] as Certificate, 0);
}
