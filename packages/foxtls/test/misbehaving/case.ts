/**
 * What a case of misbehaviour is: one sentence, one break, one alert, one error.
 */

import type { MisbehaviourReason } from '../../src/core/errors/errors.ts';
import type { AlertName } from '../../src/core/registry/alerts.ts';
import type { VersionName } from '../../src/core/registry/protocol-versions.ts';
import type { CertificateKind } from '../../src/crypto/credential.ts';
import type { Limits, TicketRequest } from '../../src/protocol/handshake/config.ts';
import type { PskKeyExchangeMode } from '../../src/protocol/messages/extensions/psk-key-exchange-modes.ts';
import type { HeartbeatMode } from '../../src/protocol/negotiate/heartbeat.ts';
import type { MaxFragmentLength } from '../../src/protocol/negotiate/max-fragment-length.ts';
import type { PreSharedKey } from '../../src/protocol/session/pre-shared-key.ts';
import type { Peer } from './peer.ts';
import type { Situation } from './scripts.ts';
import type { World } from './world.ts';

/** The error that the victim must report: its class, and its properties that say which. */
export type ExpectedError = Readonly<Record<string, string>> & { readonly name: string };

/** A right handshake that the break is made in. `session` gives both sides one that they know. */
export interface CaseSituation
  extends Pick<
    Situation,
    | 'retry'
    | 'requestsCertificate'
    | 'keyShareGroups'
    | 'alpnProtocols'
    | 'recordSizeLimit'
    | 'psks'
    | 'pskModes'
    | 'withoutKeyExchange'
    | 'ticketRequest'
  > {
  readonly session?: boolean;
  /** Which of the PKI's certificates the peer has; one that the victim trusts unless set. */
  readonly credential?: keyof World['credentials'];
}

/** How the victim is configured, beyond what every victim is. */
export interface VictimOptions {
  readonly versions?: readonly VersionName[];
  readonly clientCertificates?: 'none' | 'request' | 'require';
  readonly alpnProtocols?: readonly string[];
  readonly recordSizeLimit?: number;
  readonly maxFragmentLength?: MaxFragmentLength;
  readonly cookies?: boolean;
  readonly groups?: readonly string[];
  readonly cipherSuites?: readonly string[];
  readonly grease?: boolean;
  readonly limits?: Partial<Limits>;
  /** What a client offers, and what a server finds. */
  readonly preSharedKeys?: readonly PreSharedKey[];
  readonly pskKeyExchangeModes?: readonly PskKeyExchangeMode[];
  readonly ticketRequest?: TicketRequest;
  readonly serverCertificateTypes?: readonly CertificateKind[];
  readonly clientCertificateTypes?: readonly CertificateKind[];
  readonly requestOcsp?: boolean;
  readonly requestSct?: boolean;
  readonly heartbeat?: HeartbeatMode;
}

export interface Case {
  /** The rule that the peer breaks, as a sentence about the peer. */
  readonly name: string;
  /** Where the rule stands, and the alert if the RFC names one. */
  readonly rfc: string;
  readonly victim: 'client' | 'server';
  readonly situation?: CaseSituation;
  readonly options?: VictimOptions;
  /** Told before the handshake begins; `world` has the parts that a break needs. */
  readonly break: (peer: Peer, world: World) => void;
  /** The one alert that the victim sends; 'none' when it has to stay silent. */
  readonly alert: AlertName | 'none';
  /** Where the RFC names no alert: why this one. */
  readonly why?: string;
  readonly error: ExpectedError;
  /** What the victim's application may have got before the fault. */
  readonly delivered?: string;
  /** Whether the transport's input ends after what the peer sent. */
  readonly ends?: boolean;
}

export const misbehaved = (reason: MisbehaviourReason): ExpectedError => ({ name: 'PeerMisbehaved', reason });
export const undecodable = (path: string): ExpectedError => ({ name: 'DecodeError', path });
export const incompatible = (subject: string): ExpectedError => ({ name: 'PeerIncompatible', subject });
export const beyond = (limit: string): ExpectedError => ({ name: 'LimitExceeded', limit });
export const refused = (reason: string): ExpectedError => ({ name: 'CertificateInvalid', reason });
export const alerted = (description: string): ExpectedError => ({ name: 'AlertReceived', description });
export const truncated: ExpectedError = { name: 'ConnectionLost', reason: 'truncated' };
