/**
 * Protocol versions as they stand on the wire (RFC 8446 §4.2.1, RFC 9147 §5.3), under the names that Node and OpenSSL give them.
 *
 * DTLS counts downward: a newer version has the smaller number, so that no version of TLS can be taken for one of DTLS.
 * There is no DTLS 1.1. SSL 3.0 is named only to say what a peer asked for (RFC 7568 forbids it).
 */

import { namesByCode } from './names-by-code.ts';

export const PROTOCOL_VERSIONS = {
  SSLv3: 0x0300,
  TLSv1: 0x0301,
  'TLSv1.1': 0x0302,
  'TLSv1.2': 0x0303,
  'TLSv1.3': 0x0304,
  DTLSv1: 0xfeff,
  'DTLSv1.2': 0xfefd,
  'DTLSv1.3': 0xfefc,
} as const;

export type ProtocolVersionName = keyof typeof PROTOCOL_VERSIONS;

/** A version that can be spoken, as configs list them. Over datagrams it is that of DTLS which was made after it. */
export type VersionName = 'TLSv1.3' | VersionBeforeTls13;

/** One of those whose handshake is that of TLS 1.2. The two older ones are there with `foxtls/legacy` alone. */
export type VersionBeforeTls13 = 'TLSv1.2' | 'TLSv1.1' | 'TLSv1';

const NAMES = /* @__PURE__ */ namesByCode(PROTOCOL_VERSIONS);

/** The name of a version number, or undefined when it has none. */
export function protocolVersionName(code: number): ProtocolVersionName | undefined {
  return NAMES.get(code);
}
