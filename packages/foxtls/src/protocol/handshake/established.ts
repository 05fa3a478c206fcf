/**
 * The outcome of a handshake: flat facts and the secrets that outlive it.
 */

import type { FinishedVerified } from '../keys/finished.ts';
import type { CipherSuite } from '../negotiate/cipher-suites.ts';
import type { LocalIdentity } from './certificate-message.ts';
import type { PeerIdentity } from './peer-identity.ts';

export interface Established extends LocalIdentity {
  readonly suite: CipherSuite;
  /** IANA number of the group; undefined when there was no key exchange. */
  readonly group: number | undefined;
  /** IANA number of what the server signed with; undefined when resumed. */
  readonly signatureScheme: number | undefined;
  readonly serverName: string | undefined;
  readonly alpnProtocol: string | undefined;
  readonly resumed: boolean;
  /** Server, resumed: the client's age of the ticket less ours, in milliseconds. */
  readonly ticketAgeSkew: number | undefined;
  /** Client: how many tickets the server expects to send, if it says. */
  readonly expectedTickets: number | undefined;
  readonly peer: PeerIdentity;
  /** What came with the peer's certificate, unverified: an OCSP response and a list of certificate timestamps. */
  readonly ocspResponse: Uint8Array | undefined;
  readonly signedCertificateTimestamps: Uint8Array | undefined;
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
