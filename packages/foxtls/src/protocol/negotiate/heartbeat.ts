/**
 * heartbeat (RFC 6520 §2): each end says whether the other may send requests. For both versions: RFC 8446 §4.2 has the extension in
 * ClientHello and EncryptedExtensions, GnuTLS answers it there, and a client does not know which version it offers it to.
 */

import { PeerMisbehaved } from '../../core/errors/errors.ts';
import { HEARTBEAT_MODES, type HeartbeatModeName } from '../../core/registry/hello-codes.ts';

export type HeartbeatMode = HeartbeatModeName;

/** What both ends said. */
export interface AgreedHeartbeat {
  readonly ours: HeartbeatMode;
  readonly theirs: HeartbeatMode;
}

/** Undefined unless both ends speak it. */
export function agreedHeartbeat(ours: HeartbeatMode | undefined, code: number | undefined): AgreedHeartbeat | undefined {
  if (ours === undefined || code === undefined) return undefined;
  for (const theirs of ['peer_allowed_to_send', 'peer_not_allowed_to_send'] as const) {
    if (HEARTBEAT_MODES[theirs] === code) return { ours, theirs };
  }
  // "Upon reception of an unknown mode, an error Alert message using illegal_parameter as its AlertDescription MUST be sent in
  // response." (RFC 6520 §2)
  throw new PeerMisbehaved('heartbeat_mode_unknown', `the peer has the heartbeat mode ${code}, which there is not`);
}
