/**
 * use_srtp (RFC 5764 §4.1.1): the profiles by which SRTP may be protected, and the one of them that it will be.
 *
 * ```
 * uint8 SRTPProtectionProfile[2];
 * SRTPProtectionProfile SRTPProtectionProfiles<2..2^16-1>;
 * struct {
 *    SRTPProtectionProfiles SRTPProtectionProfiles;
 *    opaque srtp_mki<0..255>;
 * } UseSRTPData;
 * ```
 */

import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { type Codec, mapped, opaqueVector, struct, uint16, vector } from '../../../core/wire/codec.ts';

const mki = opaqueVector(0, 0xff);

/** In descending order of preference. */
export const useSrtpOffer = struct({ profiles: vector(uint16, 2, 0xfffe), mki });

/** "… a single SRTPProtectionProfile value that the server has chosen" (RFC 5764 §4.1.1). */
const single: Codec<number> = {
  ...mapped(
    vector(uint16, 2, 0xfffe),
    ([profile, ...more]) => {
      if (more.length > 0) throw new PeerMisbehaved('srtp_profile_not_single', 'the server chose several SRTP profiles');
      return profile as number;
    },
    (profile) => [profile],
  ),
  invent: (choose) => choose(0x10000),
};

export const useSrtpAck = struct({ profile: single, mki });
