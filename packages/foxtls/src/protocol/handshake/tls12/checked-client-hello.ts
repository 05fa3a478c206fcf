/**
 * What a server reads out of a ClientHello of TLS 1.2, and the rules that it checks there (RFC 5246 §7.4.1.2, RFC 5746 §3.6, RFC 8422 §5.1).
 */

import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { EC_POINT_FORMATS } from '../../../core/registry/curve-formats.ts';
import { SIGNATURE_SCHEMES } from '../../../core/registry/signature-schemes.ts';
import type { ClientHello } from '../../messages/client-hello.ts';
import type { Tls12CipherSuite } from '../../negotiate/tls12-cipher-suites.ts';
import type { ServerConfig } from '../config.ts';
import { checkClientRenegotiation, type PreviousHandshake } from './renegotiation.ts';
import type { Tls12Version } from './version.ts';

/** A ClientHello that leads to a version before TLS 1.3, in which every extension stands in its place. */
export interface ReceivedClientHello {
  readonly version: Tls12Version;
  readonly hello: ClientHello;
  readonly bytes: Uint8Array;
  /** Whether server_name could guide the choice of a config or a credential. */
  readonly guidedByName: boolean;
  /** message_seq. */
  readonly sequence: number;
  /** Of a renegotiation: what it is bound to. */
  readonly previous?: PreviousHandshake | undefined;
}

/** A ClientHello that keeps the rules. */
export interface CheckedClientHello extends ReceivedClientHello {
  /** Undefined when the client says nothing of them. */
  readonly groups: readonly number[] | undefined;
  readonly signatureSchemes: readonly number[];
  /** For the signatures in our chain; undefined when they are the same. */
  readonly certificateSchemes: readonly number[] | undefined;
  readonly extendedMasterSecret: boolean;
  readonly encryptThenMac: boolean;
  /** Whether it knows secure renegotiation, by the extension or the SCSV. */
  readonly secureRenegotiation: boolean;
}

export function checkClientHello(received: ReceivedClientHello, config: ServerConfig): CheckedClientHello {
  const { version, hello, previous } = received;
  const { values } = hello.extensions;
  const algorithms = values.signature_algorithms ?? WITHOUT_SIGNATURE_ALGORITHMS;
  // "This vector MUST contain, and all implementations MUST support, CompressionMethod.null." (RFC 5246 §7.4.1.2) Others may be there.
  if (!hello.legacyCompressionMethods.includes(0)) {
    throw new PeerMisbehaved('compression_not_null', 'compression_methods does not have null');
  }
  const secureRenegotiation = checkClientRenegotiation(hello, previous);
  const { ec_point_formats: formats, supported_groups: groups } = values;
  // "If the client sends the extension and the extension does not contain the uncompressed point format, and the client has used the
  // Supported Groups extension to indicate support for any of the curves defined in this specification, then the server MUST abort the
  // handshake and return an illegal_parameter alert." (RFC 8422 §5.1.2)
  if (formats !== undefined && !formats.includes(EC_POINT_FORMATS.uncompressed)) {
    throw new PeerMisbehaved('point_formats_invalid', 'ec_point_formats does not have uncompressed');
  }
  return {
    version,
    hello,
    previous,
    bytes: received.bytes,
    guidedByName: received.guidedByName,
    sequence: received.sequence,
    groups,
    signatureSchemes: version.implicitSchemes?.map(({ id }) => id) ?? algorithms,
    certificateSchemes: values.signature_algorithms_cert ?? algorithms,
    extendedMasterSecret: values.extended_master_secret === true && !config.insecureNoExtendedMasterSecret,
    encryptThenMac: values.encrypt_then_mac === true,
    secureRenegotiation,
  };
}

/**
 * "If the client does not send the signature_algorithms extension, the server MUST do the following" (RFC 5246 §7.4.1.4.1): behave as if SHA-1
 * had been offered, with whatever key the suite has. Whether we sign by it is our config's to say.
 */
const WITHOUT_SIGNATURE_ALGORITHMS: readonly number[] = [
  SIGNATURE_SCHEMES.rsa_pkcs1_sha1,
  SIGNATURE_SCHEMES.dsa_sha1_RESERVED,
  SIGNATURE_SCHEMES.ecdsa_sha1,
];

/** Whether records can be protected by a suite's cipher: MAC-then-encrypt has to be allowed in so many words. */
export function canProtect(
  { insecureMacThenEncrypt }: ServerConfig,
  { encryptThenMac }: CheckedClientHello,
  { cipher }: Tls12CipherSuite,
): boolean {
  return !cipher.isBlockCipher || encryptThenMac || insecureMacThenEncrypt;
}
