/**
 * What comes beside a peer's certificate.
 */

import type { PeerPresented } from '../../crypto/peer-verifier.ts';

/** What came with the peer's certificate. */
export function staplesOf(presented: PeerPresented | undefined): {
  readonly ocspResponse: Uint8Array | undefined;
  readonly signedCertificateTimestamps: Uint8Array | undefined;
} {
  const x509 = presented?.kind === 'x509' ? presented : undefined;
  return { ocspResponse: x509?.ocspResponse, signedCertificateTimestamps: x509?.signedCertificateTimestamps };
}
