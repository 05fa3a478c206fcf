/**
 * What a handshake flow is configured with: everything resolved to parts, derived once, shared by all connections.
 */

import type { Eventually } from '../../core/flow/flow.ts';
import type { VersionName } from '../../core/registry/protocol-versions.ts';
import type { FiniteFieldParameters } from '../../crypto/finite-field.ts';
import type { KeyExchangeGroup } from '../../crypto/key-exchange.ts';
import type { PeerVerifier } from '../../crypto/peer-verifier.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';
import type { RawExtension } from '../messages/extensions/block.ts';
import type { PskKeyExchangeMode } from '../messages/extensions/psk-key-exchange-modes.ts';
import type { CipherSuite } from '../negotiate/cipher-suites.ts';
import type { HeartbeatMode } from '../negotiate/heartbeat.ts';
import type { MaxFragmentLength } from '../negotiate/max-fragment-length.ts';
import type { SignatureScheme } from '../negotiate/signature-schemes.ts';
import type { Tls12CipherSuite } from '../negotiate/tls12-cipher-suites.ts';
import type { PaddingPolicy } from '../record/record-padding.ts';
import type { ExternalKey, PreSharedKey } from '../session/pre-shared-key.ts';
import type { Sealer } from '../session/sealer.ts';
import type { SessionCache } from '../session/session-cache.ts';
import type { SessionStore } from '../session/session-store.ts';
import type { ClientHelloInfo } from './client-hello-info.ts';
import type { CertificateKind, Credential } from './credential.ts';
import type { Tls12Version } from './tls12/version.ts';

export type { ClientHelloInfo } from './client-hello-info.ts';

/** A credential with its Certificate message of TLS 1.3 (RFC 8446 §4.4.2, empty context), encoded once. */
export interface PreparedCredential {
  readonly credential: Credential;
  readonly certificateMessage: Uint8Array;
  /** The channel binding "tls-server-end-point" of a server that shows it (RFC 5929 §4). */
  readonly endPoint?: Uint8Array | undefined;
}

/** What a peer can make us hold or do; connection/limits.ts says what each is for, and has the defaults. */
export interface Limits {
  readonly maxHandshakeMessage: number;
  readonly maxEmptyRecords: number;
  readonly keyUpdatesInARow: number;
  readonly warningAlerts: number;
  readonly heartbeats: number;
  readonly queuedInput: number;
  readonly queuedInputOverrun: number;
  readonly maxEarlyDataSkipped: number;
  readonly renegotiations: number;
}

interface CommonConfig {
  readonly provider: CryptoProvider;
  /** Those that are spoken. A version without suites is not there. */
  readonly versions: readonly VersionName[];
  /** Those of them that are before TLS 1.3. */
  readonly tls12Versions: readonly Tls12Version[];
  /** Of TLS 1.3. */
  readonly suites: readonly CipherSuite[];
  readonly tls12Suites: readonly Tls12CipherSuite[];
  /** Whether suites in CBC mode may do without encrypt_then_mac. */
  readonly insecureMacThenEncrypt: boolean;
  /** Whether to do without extended_master_secret in TLS 1.2. */
  readonly insecureNoExtendedMasterSecret: boolean;
  readonly groups: readonly KeyExchangeGroup[];
  /** Those of `groups` that TLS 1.3 speaks of. */
  readonly tls13Groups: readonly KeyExchangeGroup[];
  /** What we verify, and offer. */
  readonly signatureSchemes: readonly SignatureScheme[];
  /** What we sign with, if our key fits: a signer may be able to do what the provider cannot verify. */
  readonly signingSchemes: readonly SignatureScheme[];
  /** signature_algorithms_cert, where it differs. */
  readonly certificateSchemes: readonly number[] | undefined;
  /** The authorities that we tell the peer of, DER names. */
  readonly certificateAuthorities: readonly Uint8Array[] | undefined;
  readonly requestOcsp: boolean;
  readonly requestTimestamps: boolean;
  readonly credentials: readonly PreparedCredential[];
  readonly alpnProtocols: readonly string[];
  readonly recordSizeLimit: number | undefined;
  readonly heartbeat: HeartbeatMode | undefined;
  /** Numbers, in order of preference. Over datagrams alone. */
  readonly srtpProfiles: readonly number[];
  readonly maxSendFragment: number;
  /** How PSKs may be used, in order of preference. */
  readonly pskKeyExchangeModes: readonly PskKeyExchangeMode[];
  readonly recordPadding: PaddingPolicy | undefined;
  /** What becomes of renegotiations that the peer begins. */
  readonly renegotiation: 'refuse' | 'accept';
  readonly limits: Limits;
  /** Send reserved values of RFC 8701. */
  readonly grease: boolean;
  /** Told when something of `foxtls/legacy` was negotiated: its name, and why it should not be. */
  readonly warn: ((message: string, name: string) => void) | undefined;
  readonly now: () => number;
}

export interface ClientConfig extends CommonConfig {
  readonly role: 'client';
  readonly verifier: PeerVerifier;
  /** What we accept of servers, and what we can show: the kinds of `credentials`. */
  readonly serverCertificateTypes: readonly CertificateKind[];
  readonly clientCertificateTypes: readonly CertificateKind[];
  readonly keyShareGroups: readonly KeyExchangeGroup[];
  readonly maxFragmentLength: MaxFragmentLength | undefined;
  /** Whether to say that this is another attempt, with a lower version. */
  readonly fallbackScsv: boolean;
  readonly middleboxCompatibility: boolean;
  readonly preSharedKeys: readonly PreSharedKey[] | (() => Eventually<readonly PreSharedKey[]>);
  readonly minDiffieHellmanBits: number;
  /** TLS 1.2: the key for a server's hint; the first of `preSharedKeys` without it. */
  readonly choosePreSharedKey: ((hint: Uint8Array | undefined) => Eventually<PreSharedKey | undefined>) | undefined;
  readonly sessionStore: SessionStore | undefined;
  readonly ticketRequest: TicketRequest | undefined;
  readonly permuteExtensions: boolean;
  readonly shapeClientHello: ((extensions: readonly RawExtension[]) => readonly RawExtension[]) | undefined;
}

export interface ServerConfig extends CommonConfig {
  readonly role: 'server';
  readonly clientCertificates: 'none' | 'request' | 'require';
  readonly clientCertificateTypes: readonly CertificateKind[];
  readonly verifier: PeerVerifier | undefined;
  readonly selectConfig: ((hello: ClientHelloInfo) => Eventually<ServerConfig | undefined>) | undefined;
  readonly chooseAlpnProtocol: ((hello: ClientHelloInfo) => Eventually<string | undefined>) | undefined;
  readonly lookUpPreSharedKey: PreSharedKeyLookUp | undefined;
  readonly pskIdentityHint: Uint8Array | undefined;
  readonly diffieHellmanParameters: FiniteFieldParameters | undefined;
  readonly tickets: number;
  readonly maxRequestedTickets: number;
  readonly ticketLifetime: number;
  /** Of both versions: their states are told apart by what is sealed. */
  readonly ticketSealer: Sealer;
  /** Sessions of TLS 1.2 under their ids. */
  readonly sessionCache: SessionCache | undefined;
  readonly cookieSealer: Sealer | undefined;
  readonly requireCookie: boolean;
  readonly announceGroups: boolean;
}

/** How many tickets a client would like (RFC 9149 §3): after a full handshake, and after a resumption. Each 0 to 255. */
export interface TicketRequest {
  readonly newSessionCount: number;
  readonly resumptionCount: number;
}

/** Finds the key of an identity; undefined for one that is not known. */
export type PreSharedKeyLookUp = (identity: Uint8Array, info: PreSharedKeyLookUpInfo) => Eventually<ExternalKey | undefined>;

export interface PreSharedKeyLookUpInfo extends ClientHelloInfo {
  /**
   * Set when the client imported the key (RFC 9258): `identity` is then the external identity, and this the context that it was
   * imported in, which the answer's `imported.context` has to be the same as.
   */
  readonly imported: { readonly context: Uint8Array } | undefined;
  /** Aborted when the connection ends. */
  readonly signal: AbortSignal;
}
