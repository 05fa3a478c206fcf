/**
 * What connections are configured with: checked once, frozen, cheap to share by 100,000 connections.
 */

import type { Eventually } from '../core/flow/flow.ts';
import type { PeerVerifier } from '../crypto/peer-verifier.ts';
import type { CryptoProvider } from '../crypto/provider.ts';
import type { Credential } from '../protocol/handshake/credential.ts';

/** What both roles can set. Names are IANA's, in order of preference; left out, the default is everything safe that the provider has. */
export interface CommonOptions {
  readonly provider: CryptoProvider;
  /** As `TLS_AES_128_GCM_SHA256`. */
  readonly cipherSuites?: readonly string[] | undefined;
  /** As `x25519`, `secp256r1`. */
  readonly groups?: readonly string[] | undefined;
  /** As `ecdsa_secp256r1_sha256`. */
  readonly signatureSchemes?: readonly string[] | undefined;
  readonly alpnProtocols?: readonly string[] | undefined;
  /** The largest plaintext of a record that we are willing to receive (RFC 8449): 64 to 16385, which counts the content type. Not sent when left out. */
  readonly recordSizeLimit?: number | undefined;
  /** The largest plaintext fragment that we send, 1 to 16384 (the default). */
  readonly maxSendFragment?: number | undefined;
  /** The clock; default `Date.now`. Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

export interface ClientOptions extends CommonOptions {
  /** Decides about the server. Mandatory: for none, `trustWithoutVerification('why')`. */
  readonly verifier: PeerVerifier;
  /** Chosen by the server's CertificateRequest, first fit. */
  readonly credentials?: readonly Credential[] | undefined;
  /** The groups to send key shares for in the first ClientHello; default: the first group. */
  readonly keyShareGroups?: readonly string[] | undefined;
  /** Send a legacy session id and change_cipher_spec, so that middleboxes see TLS 1.2 (RFC 8446 §D.4); default true. */
  readonly middleboxCompatibility?: boolean | undefined;
}

export interface ServerOptions extends CommonOptions {
  /** First fit for the client's signature schemes. */
  readonly credentials: readonly Credential[];
  /** Whether clients are asked for a certificate; default `none`. With `request` and `require` a verifier is mandatory. */
  readonly clientCertificates?: 'none' | 'request' | 'require' | undefined;
  readonly verifier?: PeerVerifier | undefined;
  /** Chooses another config by the ClientHello (a virtual host, say). `undefined` stays with this one; throw `PeerIncompatible('server_name', …)` to refuse. */
  readonly selectConfig?: ((hello: ClientHelloInfo) => Eventually<ServerConfig | undefined>) | undefined;
  /** Chooses the application protocol in place of `alpnProtocols`; undefined refuses with no_application_protocol. */
  readonly chooseAlpnProtocol?: ((hello: ClientHelloInfo) => Eventually<string | undefined>) | undefined;
  /** How many tickets follow a handshake; default 2; 0 turns resumption off. */
  readonly tickets?: number | undefined;
  /** Seconds; at most 604800 (RFC 8446 §4.6.1); default 7200. */
  readonly ticketLifetime?: number | undefined;
  /** 32 bytes: seals tickets, so that several servers (or restarts) accept each other's. Default: random, made by `defineServerConfig`. */
  readonly ticketKey?: Uint8Array | undefined;
}

/** What a server may know before it chooses. */
export interface ClientHelloInfo {
  readonly serverName: string | undefined;
  readonly alpnProtocols: readonly string[];
  readonly cipherSuites: readonly number[];
  readonly groups: readonly number[];
  readonly signatureSchemes: readonly number[];
}

// PLACEHOLDER: ClientConfig and ServerConfig are the frozen results of defineClientConfig(options) / defineServerConfig(options).
export interface ClientConfig {
  readonly role: 'client';
}
export interface ServerConfig {
  readonly role: 'server';
}
