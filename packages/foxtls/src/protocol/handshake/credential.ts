/**
 * What an endpoint proves itself with.
 */

import type { Signer } from '../../crypto/signature.ts';

/** An X.509 chain (DER, end entity first, the anchor left out) and whoever signs for its end entity. */
export interface X509Credential {
  readonly kind: 'x509';
  readonly chain: readonly Uint8Array[];
  readonly signer: Signer;
}

// Raw public keys and pre-shared keys join this union when their flows exist.
export type Credential = X509Credential;
