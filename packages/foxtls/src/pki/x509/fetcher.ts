/**
 * Who brings what certificates point to: OCSP responses (RFC 6960 Appendix A), CRLs and issuers (RFC 5280 §4.2.1.13, §4.2.2.1).
 *
 * The library itself opens no connection. Whoever passes a fetcher asks for it, and answers for where it connects to: the URIs stand in
 * certificates, so they are whatever an authority wrote there.
 */

import type { Eventually } from '../../core/flow/flow.ts';

export interface FetchRequest {
  /** As it stands in the certificate: absolute, with the scheme `http` or `https`. */
  readonly uri: string;
  readonly method: 'GET' | 'POST';
  /** What to send with POST. */
  readonly body?: Uint8Array | undefined;
  /** The media type of `body`. */
  readonly contentType?: string | undefined;
}

export interface Fetcher {
  /** The body of a successful answer; throws (or rejects) when there is none. `signal` is aborted when nobody waits for it any more. */
  fetch(request: FetchRequest, signal: AbortSignal | undefined): Eventually<Uint8Array>;
}
