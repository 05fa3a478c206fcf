/**
 * What a handshake flow is configured with: everything resolved to parts, derived once, shared by all connections.
 */

import type { Eventually } from '../../core/flow/flow.ts';
import type { KeyExchangeGroup } from '../../crypto/key-exchange.ts';
import type { PeerVerifier } from '../../crypto/peer-verifier.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';
import type { RawExtension } from '../messages/extensions/block.ts';
import type { CipherSuite } from '../negotiate/cipher-suites.ts';
import type { SignatureScheme } from '../negotiate/signature-schemes.ts';
import type { Sealer } from '../session/sealer.ts';
import type { Credential } from './credential.ts';

/** A credential with its Certificate message (RFC 8446 §4.4.2, empty context), encoded once. */
export interface PreparedCredential {
  readonly credential: Credential;
  readonly certificateMessage: Uint8Array;
}

interface CommonConfig {
  readonly provider: CryptoProvider;
  readonly suites: readonly CipherSuite[];
  readonly groups: readonly KeyExchangeGroup[];
  readonly signatureSchemes: readonly SignatureScheme[];
  readonly credentials: readonly PreparedCredential[];
  readonly alpnProtocols: readonly string[];
  readonly recordSizeLimit: number | undefined;
  readonly maxSendFragment: number;
  readonly now: () => number;
}

export interface ClientConfig extends CommonConfig {
  readonly role: 'client';
  readonly verifier: PeerVerifier;
  readonly keyShareGroups: readonly KeyExchangeGroup[];
  readonly middleboxCompatibility: boolean;
  readonly shapeClientHello: ((extensions: readonly RawExtension[]) => readonly RawExtension[]) | undefined;
}

export interface ServerConfig extends CommonConfig {
  readonly role: 'server';
  readonly clientCertificates: 'none' | 'request' | 'require';
  readonly verifier: PeerVerifier | undefined;
  readonly selectConfig: ((hello: ClientHelloInfo) => Eventually<ServerConfig | undefined>) | undefined;
  readonly chooseAlpnProtocol: ((hello: ClientHelloInfo) => Eventually<string | undefined>) | undefined;
  readonly tickets: number;
  readonly ticketLifetime: number;
  readonly ticketSealer: Sealer;
  readonly cookieSealer: Sealer | undefined;
  readonly requireCookie: boolean;
  readonly announceGroups: boolean;
}

/** What a server may know before it chooses. */
export interface ClientHelloInfo {
  readonly serverName: string | undefined;
  readonly alpnProtocols: readonly string[];
  readonly cipherSuites: readonly number[];
  readonly groups: readonly number[];
  readonly signatureSchemes: readonly number[];
}
