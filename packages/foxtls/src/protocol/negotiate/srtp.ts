/**
 * use_srtp (RFC 5764 §4.1): by which profile the keys of the handshake protect RTP. Without an MKI: a server that is offered one answers an
 * empty one, "to indicate that it cannot make use of the MKI" (RFC 5764 §4.1.3), and a client of ours offers none.
 */

import { EMPTY } from '../../core/bytes/bytes.ts';
import { PeerMisbehaved } from '../../core/errors/errors.ts';
import { srtpProtectionProfileName } from '../../core/registry/srtp-protection-profiles.ts';
import type { ExtensionValues } from '../messages/extensions/table.ts';

type Offer = Pick<ExtensionValues<'client_hello'>, 'use_srtp'>;
type Answer = Pick<ExtensionValues<'encrypted_extensions'>, 'use_srtp'>;

/** Client: what a ClientHello says. */
export function srtpOffer(profiles: readonly number[]): Offer {
  return profiles.length === 0 ? {} : { use_srtp: { profiles, mki: EMPTY } };
}

/**
 * Server: the first of our profiles that the client has too. "If there is no shared profile, the server SHOULD NOT return the use_srtp
 * extension" (RFC 5764 §4.1.1).
 */
export function chooseSrtpProfile(ours: readonly number[], { use_srtp: offer }: Offer): number | undefined {
  return ours.find((profile) => offer?.profiles.includes(profile));
}

/** Server: what the answer says of the profile that was chosen. */
export function srtpAnswer(profile: number | undefined): Answer {
  return profile === undefined ? {} : { use_srtp: { profile, mki: EMPTY } };
}

/** Client: the profile that the server chose, if it did. */
export function answeredSrtpProfile(ours: readonly number[], { use_srtp: answer }: Answer): number | undefined {
  if (answer === undefined) return undefined;
  const { profile, mki } = answer;
  // "The server MUST NOT select a value that the client has not offered." (RFC 5764 §4.1.1)
  if (!ours.includes(profile)) {
    const name = srtpProtectionProfileName(profile) ?? `0x${profile.toString(16)}`;
    throw new PeerMisbehaved('srtp_profile_not_offered', `the server chose the SRTP profile ${name}, which was not offered`);
  }
  // "If the client detects a nonzero-length MKI in the server's response that is different than the one the client offered, then the client
  // MUST abort the handshake and SHOULD send an invalid_parameter alert." (RFC 5764 §4.1.3)
  if (mki.length > 0) throw new PeerMisbehaved('srtp_mki_invalid', 'the server answers an MKI, and none was offered');
  return profile;
}
