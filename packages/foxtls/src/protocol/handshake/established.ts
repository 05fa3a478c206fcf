/**
 * The outcome of a handshake: flat facts and the secrets that outlive it.
 */

import type { FinishedVerified } from '../keys/finished.ts';
import type { CipherSuite } from '../negotiate/cipher-suites.ts';
import type { PeerIdentity } from './peer-identity.ts';

export interface Established {
  readonly suite: CipherSuite;
  /** IANA number of the group; undefined when there was no key exchange. */
  readonly group: number | undefined;
  /** IANA number of what the server signed with; undefined when resumed. */
  readonly signatureScheme: number | undefined;
  readonly serverName: string | undefined;
  readonly alpnProtocol: string | undefined;
  readonly resumed: boolean;
  readonly peer: PeerIdentity;
  readonly localCertificates: readonly Uint8Array[];
  readonly clientFinished: Uint8Array;
  readonly serverFinished: Uint8Array;
  readonly sharedSignatureSchemes: readonly number[];
  readonly exporterSecret: Uint8Array;
  /** Client only: what the PSKs of tickets derive from. */
  readonly resumptionSecret: Uint8Array | undefined;
}

/** Application data is opened by this alone: it takes the proof that the peer's Finished was right. */
export function establish(facts: Established, _peerFinished: FinishedVerified): Established {
  return Object.freeze(facts);
}
