/**
 * What a ClientHello says, for whoever chooses by it: hooks of the configuration, an acceptor, fingerprints (RFC 8446 §4.1.2).
 */

import type { ClientHello } from '../messages/client-hello.ts';

/** Numbers are IANA's, as they stand in the message, unknown ones and GREASE included; what is not there is empty. */
export interface ClientHelloInfo {
  /** By SNI (RFC 6066 §3). */
  readonly serverName: string | undefined;
  /** By ALPN (RFC 7301), as text of their bytes. */
  readonly alpnProtocols: readonly string[];
  readonly cipherSuites: readonly number[];
  readonly groups: readonly number[];
  readonly signatureSchemes: readonly number[];
  /** supported_versions; without it legacy_version alone. */
  readonly versions: readonly number[];
  readonly legacyVersion: number;
  /** The groups that a key share was sent for. */
  readonly keyShareGroups: readonly number[];
  /** ec_point_formats (RFC 8422 §5.1.2), which TLS 1.3 has no use for. */
  readonly pointFormats: readonly number[];
  /** In the order of the message. */
  readonly extensionTypes: readonly number[];
  /** The whole handshake message, header included. */
  readonly raw: Uint8Array;
}

/** Describes a decoded message. */
export function describeClientHello(hello: ClientHello, raw: Uint8Array): ClientHelloInfo {
  const { values, list } = hello.extensions;
  return {
    serverName: values.server_name,
    alpnProtocols: values.application_layer_protocol_negotiation ?? [],
    cipherSuites: hello.cipherSuites,
    groups: values.supported_groups ?? [],
    signatureSchemes: values.signature_algorithms ?? [],
    versions: values.supported_versions ?? [hello.legacyVersion],
    legacyVersion: hello.legacyVersion,
    keyShareGroups: (values.key_share ?? []).map(({ group }) => group),
    pointFormats: values.ec_point_formats ?? [],
    extensionTypes: list.map(({ type }) => type),
    raw,
  };
}
