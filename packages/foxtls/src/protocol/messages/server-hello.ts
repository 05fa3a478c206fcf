/**
 * ServerHello and HelloRetryRequest (RFC 8446 §4.1.3, §4.1.4): one structure, told apart by its random.
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
import { type Codec, opaque, opaqueVector, type StructOf, struct, uint8, uint16 } from '../../core/wire/codec.ts';
import type { Reader } from '../../core/wire/reader.ts';
import { type ExtensionBlock, extensionBlock, extensionsOf } from './extensions/block.ts';

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

const serverHelloExtensions = extensionBlock('server_hello');
const retryExtensions = extensionBlock('hello_retry_request');

export const serverHello: Codec<ServerHello | HelloRetryRequest> = {
  read(reader) {
    const values = headCodec.read(reader);
    if (equal(values.random, HELLO_RETRY_REQUEST_RANDOM)) {
      const extensions = reader.field('extensions', () => readOptional(reader, 'hello_retry_request', retryExtensions));
      return { kind: 'hello_retry_request', ...values, extensions };
    }
    const extensions = reader.field('extensions', () => readOptional(reader, 'server_hello', serverHelloExtensions));
    return { kind: 'server_hello', ...values, extensions };
  },
  write(writer, hello) {
    headCodec.write(writer, hello);
    if (hello.kind === 'server_hello') serverHelloExtensions.write(writer, hello.extensions);
    else retryExtensions.write(writer, hello.extensions);
  },
  invent(choose) {
    const values = headCodec.invent(choose);
    if (choose(2) === 0) return { kind: 'server_hello', ...values, extensions: serverHelloExtensions.invent(choose) };
    const random = HELLO_RETRY_REQUEST_RANDOM;
    return { kind: 'hello_retry_request', ...values, random, extensions: retryExtensions.invent(choose) };
  },
};

/** A server of an older version may send no extensions at all; that it speaks an older version is the better complaint. */
function readOptional<C extends 'server_hello' | 'hello_retry_request'>(
  reader: Reader,
  context: C,
  codec: Codec<ExtensionBlock<C>>,
): ExtensionBlock<C> {
  return reader.remaining === 0 ? extensionsOf(context, {}) : codec.read(reader);
}
