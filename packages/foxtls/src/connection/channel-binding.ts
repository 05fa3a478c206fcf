/**
 * Channel bindings: what both ends of a connection know of it, for an authentication that is made inside (RFC 5056, RFC 5929, RFC 9266).
 *
 * ```
 *   tls-exporter           exported keying material                       this connection alone
 *   tls-unique             the first Finished of the latest handshake     this connection alone, up to TLS 1.2
 *   tls-server-end-point   the hash of the server's certificate           every connection to this server
 * ```
 */

import { ApiMisuse } from '../core/errors/errors.ts';
import type { Hash, HashName } from '../crypto/hash.ts';
import type { Established } from '../protocol/handshake/established.ts';
import { exportFrom } from '../protocol/keys/exporter.ts';
import type { LabelPrefix } from '../protocol/keys/hkdf.ts';

/** IANA's names of them. */
export type ChannelBindingType = 'tls-exporter' | 'tls-unique' | 'tls-server-end-point';

/** Which end of which kind of connection asks. */
export interface BoundEnd {
  readonly role: 'client' | 'server';
  readonly labelPrefix: LabelPrefix;
  readonly hashes: readonly Hash[];
  /** The peer may renegotiate a connection of TLS 1.2, or somebody did. */
  readonly renegotiates: boolean;
}

/** The inputs of the exporter for the channel binding "tls-exporter" (RFC 9266 §2); the context is empty. */
const EXPORTER_LABEL = 'EXPORTER-Channel-Binding';
const EXPORTER_SIZE = 32;

export function channelBinding(established: Established, end: BoundEnd, type: ChannelBindingType): Uint8Array {
  switch (type) {
    case 'tls-exporter':
      return exporter(established, end);
    case 'tls-unique':
      return unique(established);
    case 'tls-server-end-point':
      return serverEndPoint(established, end);
    default:
      throw new ApiMisuse('ERR_TLS_UNKNOWN_NAME', `there is no channel binding of the type ${String(type)}`);
  }
}

/**
 * "When TLS renegotiation is enabled on a connection, the "tls-exporter" channel binding type is not defined for that connection, and
 * implementations MUST NOT support it." (RFC 9266 §4.2)
 */
function exporter(established: Established, { labelPrefix, renegotiates }: BoundEnd): Uint8Array {
  if (renegotiates && established.version !== 'TLSv1.3') {
    throw missing('tls-exporter is not defined for a connection that may be renegotiated (RFC 9266 §4.2)');
  }
  return exportFrom(established, labelPrefix, EXPORTER_LABEL, new Uint8Array(0), EXPORTER_SIZE);
}

/** The hash of the end entity of a chain; undefined where there is no certificate, or no hash for it. */
export function endPoint(
  hashes: readonly Hash[],
  [certificate]: readonly Uint8Array[],
  hashName: HashName | undefined,
): Uint8Array | undefined {
  const hash = hashes.find(({ name }) => name === hashName);
  return certificate === undefined ? undefined : hash?.digest(certificate);
}

/**
 * "Note that for full TLS handshakes, the first Finished message is sent by the client, while for abbreviated TLS handshakes (session
 * resumption), the first Finished message is sent by the server." (RFC 5929 §3.1)
 */
function unique({ version, extendedMasterSecret, resumed, clientFinished, serverFinished }: Established): Uint8Array {
  // "As "tls-unique" is not defined for TLS 1.3 (and greater), this document updates [RFC5801], [RFC5802], and [RFC7677] to use
  // "tls-exporter" as the default channel binding over TLS 1.3 (and greater)." (RFC 9266 §3)
  if (version === 'TLSv1.3') throw missing('tls-unique is not defined for TLS 1.3 (RFC 9266 §3): use tls-exporter');
  // "In particular, the client MUST disable renegotiation and any use of the "tls-unique" channel binding [RFC5929] on the current
  // connection." (RFC 7627 §5.4) Without it, two connections with the same secrets can be made to have the same Finished.
  if (!extendedMasterSecret) {
    const problem = 'a connection without extended_master_secret has no tls-unique that is its own';
    throw new ApiMisuse('ERR_TLS_NO_EXTENDED_MASTER_SECRET', problem);
  }
  return (resumed ? serverFinished : clientFinished).slice();
}

/** "The hash of the TLS server's certificate [RFC5280] as it appears, octet for octet, in the server's Certificate message." (RFC 5929 §4.1) */
function serverEndPoint({ peer, serverEndPoint: ours }: Established, { role, hashes }: BoundEnd): Uint8Array {
  if (role === 'server') {
    if (ours !== undefined) return ours.slice();
    throw missing('this server showed no certificate whose endPointHash is known: see credentialOf');
  }
  const theirs = 'certificates' in peer ? endPoint(hashes, peer.certificates, peer.endPointHash) : undefined;
  if (theirs !== undefined) return theirs;
  throw missing('the server has no certificate, or one by whose signature RFC 5929 §4.1 defines no hash (Ed25519, say)');
}

function missing(problem: string): ApiMisuse {
  return new ApiMisuse('ERR_TLS_NO_CHANNEL_BINDING', problem);
}
