import { describe, expect, it } from 'vitest';
import { EMPTY, fromHex, toHex } from '../../core/bytes/bytes.ts';
import { PeerMisbehaved } from '../../core/errors/errors.ts';
import { SRTP_PROTECTION_PROFILES } from '../../core/registry/srtp-protection-profiles.ts';
import { decode, encode } from '../../core/wire/codec.ts';
import { useSrtpAck, useSrtpOffer } from '../messages/extensions/use-srtp.ts';
import { answeredSrtpProfile, chooseSrtpProfile, srtpAnswer, srtpOffer } from './srtp.ts';

const { SRTP_AEAD_AES_128_GCM: GCM, SRTP_AES128_CM_HMAC_SHA1_80: CM } = SRTP_PROTECTION_PROFILES;
const MKI = Uint8Array.of(1, 2);

describe('use_srtp', () => {
  it('stands in messages as RFC 5764 has it', () => {
    expect(toHex(encode(useSrtpOffer, { profiles: [GCM, CM], mki: MKI }), ' ')).toBe('00 04 00 07 00 01 02 01 02');
    expect(toHex(encode(useSrtpAck, { profile: GCM, mki: EMPTY }), ' ')).toBe('00 02 00 07 00');
    expect(() => decode(useSrtpAck, fromHex('00040007000100'), 'use_srtp')).toThrow();
  });

  it('is not offered without profiles', () => {
    expect(srtpOffer([])).toEqual({});
    expect(srtpOffer([CM])).toEqual({ use_srtp: { profiles: [CM], mki: EMPTY } });
  });

  it('is answered with the first of our profiles that the client has, and without its MKI', () => {
    expect(chooseSrtpProfile([GCM, CM], { use_srtp: { profiles: [CM, GCM], mki: MKI } })).toBe(GCM);
    expect(srtpAnswer(GCM)).toEqual({ use_srtp: { profile: GCM, mki: EMPTY } });
  });

  it('is not answered without a profile in common, or without an offer', () => {
    expect(chooseSrtpProfile([GCM], { use_srtp: { profiles: [CM], mki: EMPTY } })).toBeUndefined();
    expect(chooseSrtpProfile([GCM], {})).toBeUndefined();
    expect(srtpAnswer(undefined)).toEqual({});
  });

  it('is answered with what was offered, and without an MKI that was not', () => {
    expect(answeredSrtpProfile([CM], {})).toBeUndefined();
    expect(answeredSrtpProfile([GCM, CM], { use_srtp: { profile: CM, mki: EMPTY } })).toBe(CM);
    const refused = (profile: number, mki: Uint8Array) => () => answeredSrtpProfile([CM], { use_srtp: { profile, mki } });
    expect(refused(GCM, EMPTY)).toThrow(
      expect.objectContaining({ reason: 'srtp_profile_not_offered', alert: 'illegal_parameter' }),
    );
    expect(refused(CM, MKI)).toThrow(PeerMisbehaved);
    expect(refused(CM, MKI)).toThrow(expect.objectContaining({ reason: 'srtp_mki_invalid', alert: 'illegal_parameter' }));
  });
});
