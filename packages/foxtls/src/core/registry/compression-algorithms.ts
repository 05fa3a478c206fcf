/**
 * Compression: of records (IANA "TLS Compression Method Identifiers", RFC 3749; TLS 1.3 has only `null`, RFC 8446 §4.1.2) and of
 * certificates (IANA "TLS Certificate Compression Algorithm IDs", RFC 8879 §7.3), by name and by number.
 */

import { namesByCode } from './names-by-code.ts';

export const COMPRESSION_METHODS = {
  null: 0,
  DEFLATE: 1,
  LZS: 64,
} as const;

export type CompressionMethodName = keyof typeof COMPRESSION_METHODS;

export const CERTIFICATE_COMPRESSION_ALGORITHMS = {
  zlib: 1,
  brotli: 2,
  zstd: 3,
} as const;

export type CertificateCompressionAlgorithmName = keyof typeof CERTIFICATE_COMPRESSION_ALGORITHMS;

const NAMES = /* @__PURE__ */ namesByCode(CERTIFICATE_COMPRESSION_ALGORITHMS);

/** The name of a certificate compression algorithm number, or undefined when it has none. */
export function certificateCompressionAlgorithmName(code: number): CertificateCompressionAlgorithmName | undefined {
  return NAMES.get(code);
}
