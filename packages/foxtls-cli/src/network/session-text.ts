/** What was negotiated, in words. */

import type { ConnectionInfo } from 'foxtls';

/** `TLSv1.3, TLS_AES_128_GCM_SHA256, x25519, peer verified`, for `--verbose`. */
export function describeSession({ connectionInfo, authorized }: Described): string {
  if (connectionInfo === undefined) return 'no handshake yet';
  const { version, suite, group, resumed, peer } = connectionInfo;
  const trust = authorized ? 'peer verified' : peer.kind === 'unverified' ? 'peer not verified' : undefined;
  return [version, suite.name, group?.name, resumed ? 'resumed' : undefined, trust]
    .filter((part) => part !== undefined)
    .join(', ');
}

/** A socket of foxtls/tls or a session of foxtls/dtls. */
interface Described {
  readonly connectionInfo: ConnectionInfo | undefined;
  readonly authorized: boolean;
}
