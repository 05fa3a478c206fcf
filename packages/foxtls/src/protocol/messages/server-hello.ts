/**
 * ServerHello and HelloRetryRequest (RFC 8446 §4.1.3, §4.1.4), and ServerHello of TLS 1.2 (RFC 5246 §7.4.1.3): one structure, told apart by
 * its random and its extensions.
 *
 * ```
 * struct {
 *     ProtocolVersion legacy_version = 0x0303;    // TLS v1.2
 *     Random random;
 *     opaque legacy_session_id_echo<0..32>;
 *     CipherSuite cipher_suite;
 *     uint8 legacy_compression_method = 0;
 *     Extension extensions<6..2^16-1>;
 * } ServerHello;
 * ```
 */

import { equal, fromHex } from '../../core/bytes/bytes.ts';
import { EXTENSION_TYPES } from '../../core/registry/extension-types.ts';
import { type Chooser, type Codec, opaque, opaqueVector, type StructOf, struct, uint8, uint16 } from '../../core/wire/codec.ts';
import { type ExtensionBlock, extensionBlock, extensionBlockBy, extensionsOf } from './extensions/block.ts';

/**
 * "For reasons of backward compatibility with middleboxes …, the HelloRetryRequest message uses the same structure as the ServerHello,
 * but with Random set to the special value of the SHA-256 of "HelloRetryRequest"" (RFC 8446 §4.1.3)
 */
export const HELLO_RETRY_REQUEST_RANDOM: Uint8Array = fromHex(
  'CF 21 AD 74 E5 9A 61 11 BE 1D 8C 02 1E 65 B8 91 C2 A2 11 16 7A BB 8C 5E 07 9E 09 E2 C8 A8 33 9C',
);

const head = {
  legacyVersion: uint16,
  random: opaque(32),
  legacySessionIdEcho: opaqueVector(0, 32),
  cipherSuite: uint16,
  legacyCompressionMethod: uint8,
};
const headCodec = struct(head);
type Head = StructOf<typeof head>;

export interface ServerHello extends Head {
  readonly kind: 'server_hello';
  readonly extensions: ExtensionBlock<'server_hello'>;
}

export interface HelloRetryRequest extends Head {
  readonly kind: 'hello_retry_request';
  readonly extensions: ExtensionBlock<'hello_retry_request'>;
}

/** Of TLS 1.2 and before (RFC 5246 §7.4.1.3): legacy_version is the version, legacy_session_id_echo the session's id. */
export interface Tls12ServerHello extends Head {
  readonly kind: 'server_hello_tls12';
  readonly extensions: ExtensionBlock<'server_hello_tls12'>;
}

const serverHelloExtensions = extensionBlock('server_hello');
const retryExtensions = extensionBlock('hello_retry_request');
const tls12Extensions = extensionBlock('server_hello_tls12');

/**
 * "A server which negotiates TLS 1.3 MUST respond by sending a "supported_versions" extension containing the selected version value"
 * (RFC 8446 §4.2.1): a ServerHello without it is one of an older version.
 */
const extensionsByVersion = extensionBlockBy<'server_hello' | 'server_hello_tls12'>((list) =>
  list.some(({ type }) => type === EXTENSION_TYPES.supported_versions) ? 'server_hello' : 'server_hello_tls12',
);

type AnyServerHello = ServerHello | HelloRetryRequest | Tls12ServerHello;

export const serverHello: Codec<AnyServerHello> = {
  read(reader) {
    const values = headCodec.read(reader);
    // A server of an older version may send no extensions at all.
    const isEmpty = reader.remaining === 0;
    if (equal(values.random, HELLO_RETRY_REQUEST_RANDOM)) {
      const read = () => (isEmpty ? extensionsOf('hello_retry_request', {}) : retryExtensions.read(reader));
      return { kind: 'hello_retry_request', ...values, extensions: reader.field('extensions', read) };
    }
    const extensions = reader.field('extensions', () =>
      isEmpty ? extensionsOf('server_hello_tls12', {}) : extensionsByVersion.read(reader),
    );
    return { kind: extensions.context, ...values, extensions } as ServerHello | Tls12ServerHello;
  },
  write(writer, hello) {
    headCodec.write(writer, hello);
    if (hello.kind === 'server_hello') serverHelloExtensions.write(writer, hello.extensions);
    else if (hello.kind === 'hello_retry_request') retryExtensions.write(writer, hello.extensions);
    // A client that sent none may not know that there can be any (RFC 5246 §7.4.1.2).
    else if (hello.extensions.list.length > 0) tls12Extensions.write(writer, hello.extensions);
  },
  invent(choose) {
    const values = headCodec.invent(choose);
    const drawn = choose(3);
    if (drawn === 0) return { kind: 'server_hello_tls12', ...values, extensions: tls12Extensions.invent(choose) };
    if (drawn === 1) return { kind: 'server_hello', ...values, extensions: inventTls13(choose) };
    const random = HELLO_RETRY_REQUEST_RANDOM;
    return { kind: 'hello_retry_request', ...values, random, extensions: retryExtensions.invent(choose) };
  },
};

/** With the extension that makes it one of TLS 1.3. */
function inventTls13(choose: Chooser): ExtensionBlock<'server_hello'> {
  const invented = serverHelloExtensions.invent(choose);
  if (invented.values.supported_versions !== undefined) return invented;
  return extensionsOf('server_hello', { ...invented.values, supported_versions: choose(0x10000) });
}
