/**
 * `foxtls`: the sans-I/O core. Bytes in, bytes out, events; it runs wherever JavaScript does.
 */
export { type AcceptedHello, createTlsAcceptor, type TlsAcceptor } from './connection/acceptor.ts';
export type { AuthenticationOptions } from './connection/authentication-options.ts';
export {
  type ClientOptions,
  type CommonOptions,
  defineClientConfig,
  defineServerConfig,
  type ServerOptions,
} from './connection/config.ts';
export type {
  CertificateRequestFacts,
  ChannelBindingType,
  ConnectionInfo,
  PeerIdentity,
  TlsConnection,
  TlsEvent,
  TlsEventListener,
  TracedMessage,
} from './connection/connection.ts';
export { type ClientConnectionOptions, type ConnectionOptions, createTlsClient, createTlsServer } from './connection/create.ts';
export {
  continueDtlsClient,
  continueDtlsServer,
  createDtlsClient,
  createDtlsServer,
  type DatagramOptions,
  type DtlsClientOptions,
  type DtlsServerOptions,
} from './connection/create-dtls.ts';
export type { DatagramStats, DiscardReason, DtlsConnection } from './connection/datagram-connection.ts';
export type {
  AddressedDatagram,
  DtlsEndpoint,
  DtlsEndpointOptions,
  DtlsSession,
  DtlsSessionEvent,
  DtlsSessionListener,
  EndpointConnectOptions,
  EndpointDiscardReason,
  EndpointStats,
  SleepingSession,
} from './connection/datagram-endpoint.ts';
export { createDtlsEndpoint } from './connection/dtls-endpoint.ts';
export type { LegacyParts, LegacyVersion } from './connection/legacy-parts.ts';
export { LIMITS } from './connection/limits.ts';
export * from './core/errors/errors.ts';
export type { VersionName } from './core/registry/protocol-versions.ts';
export type {
  ClientConfig,
  ClientHelloInfo,
  Limits,
  PreSharedKeyLookUp,
  PreSharedKeyLookUpInfo,
  ServerConfig,
  TicketRequest,
} from './protocol/handshake/config.ts';
export type { CertificateKind, Credential, RawPublicKeyCredential, X509Credential } from './protocol/handshake/credential.ts';
export { ja3, ja3Hash, ja4, ja4Raw } from './protocol/handshake/fingerprint.ts';
export type { RawExtension } from './protocol/messages/extensions/block.ts';
export type { PskKeyExchangeMode } from './protocol/messages/extensions/psk-key-exchange-modes.ts';
export type { HeartbeatMode } from './protocol/negotiate/heartbeat.ts';
export type { MaxFragmentLength } from './protocol/negotiate/max-fragment-length.ts';
export type { RecordPadding } from './protocol/record/record-padding.ts';
export type { ClientSession, Tls12ClientSession, Tls13ClientSession } from './protocol/session/client-session.ts';
export type { ExternalKey, PreSharedKey } from './protocol/session/pre-shared-key.ts';
export { createSealer, type Sealer } from './protocol/session/sealer.ts';
export { createSessionCache, type SessionCache, type SessionCacheOptions } from './protocol/session/session-cache.ts';
export { createSessionStore, type SessionStore, type SessionStoreOptions } from './protocol/session/session-store.ts';
export { createTicketKeys, type TicketKey, type TicketKeys, type TicketKeysOptions } from './protocol/session/ticket-keys.ts';
export { createTicketStore, type TicketStore, type TicketStoreOptions } from './protocol/session/ticket-store.ts';
