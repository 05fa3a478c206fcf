/**
 * `foxtls/messages`: handshake messages and extensions of TLS and DTLS as declarations that read and write, and the numbers of IANA's registries by
 * name. For programs that look at what others say, or say what a connection would not.
 *
 * Reading with a listener tells every field: its path, its place in the bytes, its value.
 *
 * ```ts
 * decode(ClientHello.codec, body, 'client_hello', (path, start, end, value) => console.log(start, end, path, value));
 * ```
 */
export * from './core/registry/alerts.ts';
export * from './core/registry/certificate-types.ts';
export * from './core/registry/cipher-suites.ts';
export * from './core/registry/compression-algorithms.ts';
export * from './core/registry/content-types.ts';
export * from './core/registry/curve-formats.ts';
export * from './core/registry/extension-types.ts';
export { isGrease } from './core/registry/grease.ts';
export * from './core/registry/handshake-types.ts';
export * from './core/registry/hello-codes.ts';
export * from './core/registry/named-groups.ts';
export * from './core/registry/protocol-versions.ts';
export * from './core/registry/signature-schemes.ts';
export * from './core/registry/srtp-protection-profiles.ts';
export {
  type Codec,
  type Decoded,
  decode,
  empty,
  encode,
  opaque,
  opaqueVector,
  rest,
  struct,
  uint8,
  uint16,
  uint24,
  vector,
} from './core/wire/codec.ts';
export type { FieldListener } from './core/wire/reader.ts';
export type { ClientHello as ClientHelloMessage } from './protocol/messages/client-hello.ts';
export { type ExtensionBlock, extensionsOf, type RawExtension, undecoded } from './protocol/messages/extensions/block.ts';
export type { ExtensionContext, ExtensionName, ExtensionValues } from './protocol/messages/extensions/table.ts';
export {
  Certificate,
  CertificateRequest,
  CertificateVerify,
  ClientHello,
  DatagramClientHello,
  EncryptedExtensions,
  EndOfEarlyData,
  Finished,
  HEADER_SIZE as HANDSHAKE_HEADER_SIZE,
  HelloVerifyRequest,
  KeyUpdate,
  type MessageKind,
  NewConnectionId,
  NewSessionTicket,
  RequestConnectionId,
  ServerHello,
  writeMessage,
} from './protocol/messages/messages.ts';
export { HELLO_RETRY_REQUEST_RANDOM } from './protocol/messages/server-hello.ts';
export { clientDhPublic, serverDhParams } from './protocol/messages/tls12/diffie-hellman.ts';
export { clientEcdhPublic, serverEcdhParams } from './protocol/messages/tls12/ec-diffie-hellman.ts';
export { encryptedPreMasterSecret } from './protocol/messages/tls12/encrypted-premaster-secret.ts';
/** The messages that TLS 1.2 has besides those of TLS 1.3, or in another form. */
export * as tls12 from './protocol/messages/tls12/messages.ts';
export { clientPskIdentity, serverPskHint } from './protocol/messages/tls12/pre-shared-key.ts';
