/**
 * `foxtls/tls`: the module in the shape of node:tls.
 */

import { convertALPNProtocols } from './alpn.ts';
import { checkServerIdentity } from './certificate-objects.ts';
import { DEFAULT_CIPHERS, getCiphers } from './cipher-list.ts';
import { connect } from './connect.ts';
import { createSecureContext, SecureContext } from './secure-context.ts';
import { createServer, Server } from './server.ts';
import { TLSSocket } from './tls-socket.ts';
import { getCACertificates, rootCertificates } from './trust.ts';

export const DEFAULT_MIN_VERSION = 'TLSv1.2';
export const DEFAULT_MAX_VERSION = 'TLSv1.3';
export const DEFAULT_ECDH_CURVE = 'auto';
/** Of renegotiations that the peer begins, where the option `renegotiation` accepts them: how many, and seconds between them. */
export const CLIENT_RENEG_LIMIT = 3;
export const CLIENT_RENEG_WINDOW = 600;

export { type AlpnProtocols, convertALPNProtocols } from './alpn.ts';
export { checkServerIdentity, type IdentityCheck } from './certificate-objects.ts';
export { DEFAULT_CIPHERS, getCiphers } from './cipher-list.ts';
export { connect } from './connect.ts';
export type { NodeTlsError } from './errors.ts';
export type { EphemeralKeyInfo } from './openssl-names.ts';
export type { AlpnCallback, ConnectionOptions, SniCallback, TLSSocketOptions } from './options.ts';
export type { ClientPskCallback, PskNegotiation, ServerPskCallback } from './psk.ts';
export { createSecureContext, SecureContext } from './secure-context.ts';
export type { KeyOption, Pem, SecureContextOptions } from './secure-context-options.ts';
export { createServer, Server, type TlsOptions } from './server.ts';
export { TLSSocket } from './tls-socket.ts';
export { getCACertificates, rootCertificates } from './trust.ts';

/** All of it as one object, for `import tls from 'foxtls/tls'`. */
const tls = {
  CLIENT_RENEG_LIMIT,
  CLIENT_RENEG_WINDOW,
  DEFAULT_CIPHERS,
  DEFAULT_ECDH_CURVE,
  DEFAULT_MAX_VERSION,
  DEFAULT_MIN_VERSION,
  SecureContext,
  Server,
  TLSSocket,
  checkServerIdentity,
  connect,
  convertALPNProtocols,
  createSecureContext,
  createServer,
  getCACertificates,
  getCiphers,
  rootCertificates,
};

export default tls;
