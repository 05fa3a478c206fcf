/**
 * HelloVerifyRequest as a server makes it, and its cookie as it comes back (RFC 6347 §4.2.1): nothing is remembered in between.
 *
 * ```
 *   ClientHello           ──▶
 *                         ◀──  HelloVerifyRequest(cookie)
 *   ClientHello(cookie)   ──▶
 *
 * struct {
 *     opaque peer_address<0..2^8-1>;
 *     ProtocolVersion client_version;
 *     Random random;
 *     SessionID session_id;
 *     CipherSuite cipher_suites<2..2^16-1>;
 *     CompressionMethod compression_methods<1..2^8-1>;
 * } ClientParameters;
 * struct {
 *     uint32 created;       // seconds since the epoch, modulo 2^32
 * } cookie;                 // sealed beside Hash(ClientParameters): 32 bytes
 * ```
 * "The limit remains 32 for previous versions of DTLS." GnuTLS holds it against those of 1.2, too. A sealer of the application's own may not
 * be able to seal beside something: then the hash is in the cookie, which is longer for that.
 */

import { concat, EMPTY, equal } from '../../../core/bytes/bytes.ts';
import { ApiMisuse, InternalError } from '../../../core/errors/errors.ts';
import { settle } from '../../../core/flow/flow.ts';
import { PROTOCOL_VERSIONS } from '../../../core/registry/protocol-versions.ts';
import { encode, opaque, opaqueVector, struct, uint16, vector } from '../../../core/wire/codec.ts';
import type { ClientHello } from '../../messages/client-hello.ts';
import { writeMessage } from '../../messages/messages.ts';
import type { Sealer } from '../../session/sealer.ts';
import type { ServerConfig } from '../config.ts';
import type { HandshakeFlow } from '../receive.ts';
import { COOKIE_LIFETIME } from '../tls13/retry-cookie.ts';
import type { HandshakeContext } from '../transport.ts';

/** "The server SHOULD use those values to generate its cookie and verify that they are correct upon cookie receipt." (RFC 6347 §4.2.1) */
const clientParameters = struct({
  peerAddress: opaqueVector(0, 0xff),
  legacyVersion: uint16,
  random: opaque(32),
  legacySessionId: opaqueVector(0, 32),
  cipherSuites: vector(uint16, 2, 0xfffe),
  legacyCompressionMethods: opaqueVector(1, 0xff),
});

const MAX_COOKIE = 0xff;

/**
 * The request to send when the ClientHello does not bring the cookie that the config requires; undefined when the handshake can go on. "If a
 * server receives a ClientHello with an invalid cookie, it SHOULD treat it the same as a ClientHello with no cookie." (RFC 6347 §4.2.1)
 */
export function* helloVerifyRequest(
  context: HandshakeContext,
  config: ServerConfig,
  hello: ClientHello,
): HandshakeFlow<Uint8Array | undefined> {
  const { helloVerifyRequest: kind } = context.transport.variant;
  const { cookieSealer } = config;
  if (kind === undefined || !config.requireCookie || cookieSealer === undefined) return undefined;
  const parameters = parametersHash(context, config, hello);
  const now = Math.floor(config.now() / 1000);
  if (yield* isValid(cookieSealer, hello.legacyCookie ?? EMPTY, parameters, now)) {
    context.addressProven?.();
    return undefined;
  }
  const cookie = yield* sealCookie(cookieSealer, parameters, now);
  if (cookie.length > MAX_COOKIE) {
    throw new ApiMisuse(
      'ERR_TLS_COOKIE_SIZE',
      `cookieSealer made ${cookie.length} bytes, ${MAX_COOKIE} at most fit into a cookie of DTLS 1.2`,
    );
  }
  // "… in order to avoid the requirement to do version negotiation in the initial handshake, DTLS 1.2 server implementations SHOULD use DTLS
  // version 1.0 regardless of the version of TLS that is expected to be negotiated." (RFC 6347 §4.2.1)
  return writeMessage(kind, { serverVersion: PROTOCOL_VERSIONS.DTLSv1, cookie });
}

function parametersHash({ peerAddress = EMPTY }: HandshakeContext, { provider }: ServerConfig, hello: ClientHello): Uint8Array {
  const hash = provider.hashes.find(({ name }) => name === 'sha256') ?? provider.hashes[0];
  if (hash === undefined) throw new InternalError(`the provider ${provider.name} has no hash`);
  return hash.digest(encode(clientParameters, { peerAddress, ...hello }));
}

function* sealCookie(sealer: Sealer, parameters: Uint8Array, now: number): HandshakeFlow<Uint8Array> {
  const created = new Uint8Array(4);
  new DataView(created.buffer).setUint32(0, now % 2 ** 32);
  if (sealer.sealBeside !== undefined) return yield* settle(sealer.sealBeside(created, parameters));
  return yield* settle(sealer.seal(concat(created, parameters)));
}

function* isValid(sealer: Sealer, cookie: Uint8Array, parameters: Uint8Array, now: number): HandshakeFlow<boolean> {
  if (cookie.length === 0) return false;
  const opened = yield* openCookie(sealer, cookie, parameters);
  if (opened?.length !== 4) return false;
  const created = new DataView(opened.buffer, opened.byteOffset).getUint32(0);
  return (now - created) >>> 0 <= COOKIE_LIFETIME / 1000;
}

function* openCookie(sealer: Sealer, cookie: Uint8Array, parameters: Uint8Array): HandshakeFlow<Uint8Array | undefined> {
  if (sealer.openBeside !== undefined) return yield* settle(sealer.openBeside(cookie, parameters));
  const opened = yield* settle(sealer.open(cookie));
  return opened !== undefined && equal(opened.subarray(4), parameters) ? opened.subarray(0, 4) : undefined;
}
