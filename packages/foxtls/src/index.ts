/**
 * `foxtls`: the sans-I/O core. Bytes in, bytes out, events; it runs wherever JavaScript does.
 */
export {
  type ClientOptions,
  type CommonOptions,
  defineClientConfig,
  defineServerConfig,
  type ServerOptions,
} from './connection/config.ts';
export type { ConnectionInfo, PeerIdentity, TlsConnection, TlsEvent, TlsEventListener } from './connection/connection.ts';
export { type ClientConnectionOptions, type ConnectionOptions, createTlsClient, createTlsServer } from './connection/create.ts';
export { LIMITS } from './connection/limits.ts';
export * from './core/errors/errors.ts';
export type { ClientConfig, ClientHelloInfo, ServerConfig } from './protocol/handshake/config.ts';
export type { Credential, X509Credential } from './protocol/handshake/credential.ts';
export type { RawExtension } from './protocol/messages/extensions/block.ts';
export type { ClientSession } from './protocol/session/client-session.ts';
export { createSealer, type Sealer } from './protocol/session/sealer.ts';
