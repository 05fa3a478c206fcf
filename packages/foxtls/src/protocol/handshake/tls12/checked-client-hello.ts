/**
 * What a server reads out of a ClientHello of TLS 1.2, and the rules that it checks there (RFC 5246 §7.4.1.2, RFC 5746 §3.6, RFC 8422 §5.1).
 */

import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { CIPHER_SUITES } from '../../../core/registry/cipher-suites.ts';
import { EC_POINT_FORMATS } from '../../../core/registry/curve-formats.ts';
import type { ClientHello } from '../../messages/client-hello.ts';
import type { Tls12CipherSuite } from '../../negotiate/tls12-cipher-suites.ts';
import type { ServerConfig } from '../config.ts';

/** A ClientHello that leads to TLS 1.2, in which every extension stands in its place. */
export interface ReceivedClientHello {
  readonly hello: ClientHello;
  readonly bytes: Uint8Array;
}

/** A ClientHello that keeps the rules. */
export interface CheckedClientHello extends ReceivedClientHello {
  /** Undefined when the client says nothing of them. */
  readonly groups: readonly number[] | undefined;
  readonly signatureSchemes: readonly number[];
  readonly extendedMasterSecret: boolean;
  readonly encryptThenMac: boolean;
  /** Whether it knows secure renegotiation, by the extension or the SCSV. */
  readonly secureRenegotiation: boolean;
}

export function checkClientHello({ hello, bytes }: ReceivedClientHello): CheckedClientHello {
  const { values } = hello.extensions;
  // "This vector MUST contain, and all implementations MUST support, CompressionMethod.null." (RFC 5246 §7.4.1.2) Others may be there.
  if (!hello.legacyCompressionMethods.includes(0)) {
    throw new PeerMisbehaved('compression_not_null', 'compression_methods does not have null');
  }
  const { renegotiation_info: renegotiated, ec_point_formats: formats, supported_groups: groups } = values;
  // "The server MUST then verify that the length of the "renegotiated_connection" field is zero, and if it is not, MUST abort the
  // handshake." (RFC 5746 §3.6)
  if (renegotiated !== undefined && renegotiated.length > 0) {
    throw new PeerMisbehaved('renegotiation_info_invalid', 'renegotiation_info is not empty in the first handshake');
  }
  // "If the client sends the extension and the extension does not contain the uncompressed point format, and the client has used the
  // Supported Groups extension to indicate support for any of the curves defined in this specification, then the server MUST abort the
  // handshake and return an illegal_parameter alert." (RFC 8422 §5.1.2)
  if (formats !== undefined && !formats.includes(EC_POINT_FORMATS.uncompressed)) {
    throw new PeerMisbehaved('point_formats_invalid', 'ec_point_formats does not have uncompressed');
  }
  return {
    hello,
    bytes,
    groups,
    signatureSchemes: values.signature_algorithms ?? [],
    extendedMasterSecret: values.extended_master_secret === true,
    encryptThenMac: values.encrypt_then_mac === true,
    secureRenegotiation:
      renegotiated !== undefined || hello.cipherSuites.includes(CIPHER_SUITES.TLS_EMPTY_RENEGOTIATION_INFO_SCSV),
  };
}

/** Whether records can be protected by a suite's cipher: MAC-then-encrypt has to be allowed in so many words. */
export function canProtect(
  { insecureMacThenEncrypt }: ServerConfig,
  { encryptThenMac }: CheckedClientHello,
  { cipher }: Tls12CipherSuite,
): boolean {
  return !cipher.isBlockCipher || encryptThenMac || insecureMacThenEncrypt;
}
