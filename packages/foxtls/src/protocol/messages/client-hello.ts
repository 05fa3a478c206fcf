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
import { EXTENSION_TYPES } from '../../core/registry/extension-types.ts';
import { type Codec, mapped, opaque, opaqueVector, type StructOf, struct, uint16, vector } from '../../core/wire/codec.ts';
import { type ExtensionBlock, extensionBlock, extensionsOf, type Meaningless } from './extensions/block.ts';
import type { ExtensionName } from './extensions/table.ts';

const OF_TLS13: readonly ExtensionName[] = [
  ...(['key_share', 'pre_shared_key', 'psk_key_exchange_modes', 'early_data'] as const),
  ...(['cookie', 'post_handshake_auth', 'ticket_request'] as const),
];
const OF_DATAGRAMS: readonly ExtensionName[] = ['use_srtp', 'connection_id', 'rrc'];

/**
 * Without supported_versions, servers "MUST negotiate TLS 1.2 or prior as specified in [RFC5246]" (RFC 8446 §4.2.1), where the extensions of
 * TLS 1.3 are unknown. Nor is one of DTLS that is over a stream: connection_id "is not applicable to TLS" (RFC 9146 §10.2), and use_srtp "MUST only
 * be used with DTLS, and not with TLS" (RFC 5764 §9).
 */
const meaningless =
  (elsewhere: readonly ExtensionName[]): Meaningless =>
  (list) =>
    list.some(({ type }) => type === EXTENSION_TYPES.supported_versions) ? elsewhere : [...elsewhere, ...OF_TLS13];

/**
 * "TLS 1.3 servers might receive ClientHello messages without an extensions field from prior versions of TLS." (RFC 8446 §4.1.2)
 */
function optionalExtensions(elsewhere: readonly ExtensionName[]): Codec<ExtensionBlock<'client_hello'>> {
  const extensions = extensionBlock('client_hello', 0, 0xffff, meaningless(elsewhere));
  return {
    ...extensions,
    read: (reader) => (reader.remaining === 0 ? extensionsOf('client_hello', {}) : extensions.read(reader)),
  };
}

const fields = {
  legacyVersion: uint16,
  random: opaque(32),
  legacySessionId: opaqueVector(0, 32),
  cipherSuites: vector(uint16, 2, 0xfffe),
  legacyCompressionMethods: opaqueVector(1, 0xff),
  extensions: optionalExtensions(OF_DATAGRAMS),
};

export interface ClientHello extends StructOf<typeof fields> {
  /** Over datagrams: what a HelloVerifyRequest asked for (RFC 6347 §4.2.1). Over streams there is none. */
  readonly legacyCookie?: Uint8Array | undefined;
}

export const clientHello: Codec<ClientHello> = struct(fields);

const { legacyVersion, random, legacySessionId, ...afterSessionId } = fields;

/** Over datagrams, `opaque legacy_cookie<0..2^8-1>` stands after the session id. */
export const datagramClientHello: Codec<ClientHello> = mapped(
  struct({
    legacyVersion,
    random,
    legacySessionId,
    legacyCookie: opaqueVector(0, 0xff),
    ...afterSessionId,
    extensions: optionalExtensions([]),
  }),
  (hello): ClientHello => hello,
  (hello) => ({ ...hello, legacyCookie: hello.legacyCookie ?? EMPTY }),
);
