/**
 * ClientHello (RFC 8446 §4.1.2; for datagrams RFC 6347 §4.2.1, RFC 9147 §5.3).
 *
 * ```
 * uint16 ProtocolVersion;
 * opaque Random[32];
 * uint8 CipherSuite[2];    // Cryptographic suite selector
 * struct {
 *     ProtocolVersion legacy_version = 0x0303;    // TLS v1.2
 *     Random random;
 *     opaque legacy_session_id<0..32>;
 *     CipherSuite cipher_suites<2..2^16-2>;
 *     opaque legacy_compression_methods<1..2^8-1>;
 *     Extension extensions<8..2^16-1>;
 * } ClientHello;
 * ```
 */

import { EMPTY } from '../../core/bytes/bytes.ts';
import { type Codec, mapped, opaque, opaqueVector, type StructOf, struct, uint16, vector } from '../../core/wire/codec.ts';
import { type ExtensionBlock, extensionBlock, extensionsOf } from './extensions/block.ts';

const extensions = extensionBlock('client_hello');

/**
 * "TLS 1.3 servers might receive ClientHello messages without an extensions field from prior versions of TLS." (RFC 8446 §4.1.2)
 */
const optionalExtensions: Codec<ExtensionBlock<'client_hello'>> = {
  ...extensions,
  read: (reader) => (reader.remaining === 0 ? extensionsOf('client_hello', {}) : extensions.read(reader)),
};

const fields = {
  legacyVersion: uint16,
  random: opaque(32),
  legacySessionId: opaqueVector(0, 32),
  cipherSuites: vector(uint16, 2, 0xfffe),
  legacyCompressionMethods: opaqueVector(1, 0xff),
  extensions: optionalExtensions,
};

export interface ClientHello extends StructOf<typeof fields> {
  /** Over datagrams: what a HelloVerifyRequest asked for (RFC 6347 §4.2.1). Over streams there is none. */
  readonly legacyCookie?: Uint8Array | undefined;
}

export const clientHello: Codec<ClientHello> = struct(fields);

const { legacyVersion, random, legacySessionId, ...afterSessionId } = fields;

/** Over datagrams, `opaque legacy_cookie<0..2^8-1>` stands after the session id. */
export const datagramClientHello: Codec<ClientHello> = mapped(
  struct({ legacyVersion, random, legacySessionId, legacyCookie: opaqueVector(0, 0xff), ...afterSessionId }),
  (hello): ClientHello => hello,
  (hello) => ({ ...hello, legacyCookie: hello.legacyCookie ?? EMPTY }),
);
