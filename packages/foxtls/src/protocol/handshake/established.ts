/**
 * The outcome of a handshake: flat facts and the secrets that outlive it.
 */

import { packed } from '../../core/bytes/bytes.ts';
import type { Eventually } from '../../core/flow/flow.ts';
import type { VersionName } from '../../core/registry/protocol-versions.ts';
import type { Hash } from '../../crypto/hash.ts';
import type { FinishedVerified } from '../keys/finished.ts';
import type { Prf } from '../keys/prf.ts';
import type { HelloRandoms } from '../keys/tls12-key-schedule.ts';
import type { AgreedHeartbeat } from '../negotiate/heartbeat.ts';
import type { MaxFragmentLength } from '../negotiate/max-fragment-length.ts';
import type { Tls12ClientSession } from '../session/client-session.ts';
import type { LocalIdentity } from './certificate-message.ts';
import type { PeerIdentity } from './peer-identity.ts';

/** Of a suite, what outlives the handshake. */
export interface NegotiatedSuite {
  readonly id: number;
  readonly name: string;
  readonly hash: Hash;
}

/** What exported keying material comes from; undefined where there may be none (RFC 7627 §5.4). */
export type Exporter =
  | { readonly kind: 'hkdf'; readonly secret: Uint8Array }
  | { readonly kind: 'prf'; readonly prf: Prf; readonly secret: Uint8Array; readonly randoms: HelloRandoms }
  | undefined;

/** What a CertificateRequest says (RFC 8446 §4.3.2, RFC 5246 §7.4.4). */
export interface CertificateRequestFacts {
  /** IANA's numbers, unknown ones and GREASE included; of TLS 1.1 and 1.0, which say nothing of them, those that they have. */
  readonly signatureSchemes: readonly number[];
  /** DER names of the authorities that the server would like the certificate to be of; empty where it does not say. */
  readonly authorities: readonly Uint8Array[];
  /** certificate_types, which TLS 1.3 does not have. */
  readonly certificateTypes: readonly number[] | undefined;
}

export interface Established extends LocalIdentity {
  readonly version: VersionName;
  readonly suite: NegotiatedSuite;
  /** IANA number of the group; undefined when there was no key exchange. */
  readonly group: number | undefined;
  /** TLS 1.3: whether there was a HelloRetryRequest. */
  readonly helloRetryRequest?: boolean | undefined;
  /** IANA number of what the server signed with; undefined when resumed. */
  readonly signatureScheme: number | undefined;
  /** What the client signed with, if it showed a certificate. */
  readonly clientSignatureScheme?: number | undefined;
  /** Client: what the server asked for a certificate by, if it did. */
  readonly certificateRequest?: CertificateRequestFacts | undefined;
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
  readonly exporter: Exporter;
  /** TLS 1.2: whether the peers agreed on extended_master_secret; TLS 1.3 always works that way. */
  readonly extendedMasterSecret: boolean;
  /** TLS 1.2: whether the peer knows secure renegotiation (RFC 5746), and whether blocks are encrypted behind their MAC. */
  readonly secureRenegotiation?: boolean | undefined;
  readonly macThenEncrypt?: boolean | undefined;
  /** Client, TLS 1.2: the session, if the server lets it be resumed; and whether it is a new one. */
  readonly session: { readonly isNew: boolean; readonly session: Tls12ClientSession } | undefined;
  /** What the peers agreed on by max_fragment_length (RFC 6066 §4). */
  readonly maxFragmentLength?: MaxFragmentLength | undefined;
  /** What the peers said of heartbeats, if both spoke of them (RFC 6520 §2). */
  readonly heartbeat?: AgreedHeartbeat | undefined;
  /** The profile that the peers agreed on by use_srtp (RFC 5764 §4.1): a number. */
  readonly srtpProfile?: number | undefined;
  /** Server: the channel binding "tls-server-end-point" (RFC 5929 §4), of the handshake that began the session; a client has it by `peer`. */
  readonly serverEndPoint?: Uint8Array | undefined;
  /** Server, TLS 1.2: takes the session out of the cache, if it was kept under an id. */
  readonly forgetSession?: (() => Eventually<void>) | undefined;
  /** Client only: what the PSKs of tickets derive from. */
  readonly resumptionSecret: Uint8Array | undefined;
}

/** Application data is opened by this alone: it takes the proof that the peer's Finished was right. */
export function establish(facts: Established, _peerFinished: FinishedVerified): Established {
  return ofOneShape(facts);
}

/** The same, as all of them are laid out in memory. */
export function ofOneShape(facts: Established): Established {
  const [clientFinished, serverFinished] = packed(facts.clientFinished, facts.serverFinished);
  // One by one: what is put together by spreading may have a shape of its own in V8 each time, of 750 bytes.
  const whole: { readonly [name in keyof Required<Established>]: Established[name] } = {
    version: facts.version,
    suite: facts.suite,
    group: facts.group,
    helloRetryRequest: facts.helloRetryRequest,
    signatureScheme: facts.signatureScheme,
    clientSignatureScheme: facts.clientSignatureScheme,
    certificateRequest: facts.certificateRequest,
    serverName: facts.serverName,
    alpnProtocol: facts.alpnProtocol,
    resumed: facts.resumed,
    ticketAgeSkew: facts.ticketAgeSkew,
    expectedTickets: facts.expectedTickets,
    peer: facts.peer,
    ocspResponse: facts.ocspResponse,
    signedCertificateTimestamps: facts.signedCertificateTimestamps,
    localCertificates: facts.localCertificates,
    localRawPublicKey: facts.localRawPublicKey,
    clientFinished,
    serverFinished,
    sharedSignatureSchemes: facts.sharedSignatureSchemes.slice(),
    exporter: facts.exporter,
    extendedMasterSecret: facts.extendedMasterSecret,
    secureRenegotiation: facts.secureRenegotiation,
    macThenEncrypt: facts.macThenEncrypt,
    session: facts.session,
    maxFragmentLength: facts.maxFragmentLength,
    heartbeat: facts.heartbeat,
    srtpProfile: facts.srtpProfile,
    serverEndPoint: facts.serverEndPoint,
    forgetSession: facts.forgetSession,
    resumptionSecret: facts.resumptionSecret,
  };
  return Object.freeze(whole);
}
