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

import { mapped, opaqueVector, struct, uint16, vector } from '../../../core/wire/codec.ts';

const mki = opaqueVector(0, 0xff);

/** In descending order of preference. */
export const useSrtpOffer = struct({ profiles: vector(uint16, 2, 0xfffe), mki });

/** "… a single SRTPProtectionProfile value that the server has chosen" (RFC 5764 §4.1.1). */
export const useSrtpAck = struct({
  profile: mapped(
    vector(uint16, 2, 2),
    ([profile]) => profile as number,
    (profile) => [profile],
  ),
  mki,
});
