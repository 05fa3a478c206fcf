/**
 * The messages of TLS 1.0 and 1.1 that do not say by which scheme something is signed (RFC 4346 §4.7, §7.4.3, §7.4.4, §7.4.8).
 *
 * ```
 * opaque vector <0..2^16-1>                            a digitally-signed element
 *
 * struct {
 *     Signature signature;
 * } CertificateVerify;
 *
 * struct {
 *     ClientCertificateType certificate_types<1..2^8-1>;
 *     DistinguishedName certificate_authorities<0..2^16-1>;
 * } CertificateRequest;
 * ```
 * RSA signs MD5 and SHA-1 of the content, one after the other; DSA, and ECDSA (RFC 8422 §5.4), SHA-1 alone. RFC 2246 has a
 * certificate_authorities of three bytes at least, RFC 4346 lets it be empty: so do all who speak TLS 1.0.
 */

import { type Codec, mapped, opaqueVector, struct, uint8, vector } from '../../../core/wire/codec.ts';
import { kind } from '../messages.ts';
import type { CertificateRequest as CertificateRequestMessage } from './certificate-request.ts';
import type { DigitallySigned } from './digitally-signed.ts';

export const digitallySignedBeforeTls12: Codec<DigitallySigned> = /* @__PURE__ */ mapped(
  /* @__PURE__ */ struct({ signature: /* @__PURE__ */ opaqueVector(0, 0xffff) }),
  ({ signature }): DigitallySigned => ({ algorithm: undefined, signature }),
  ({ signature }) => ({ signature }),
);

const certificateRequest: Codec<CertificateRequestMessage> = /* @__PURE__ */ mapped(
  /* @__PURE__ */ struct({
    certificateTypes: /* @__PURE__ */ vector(uint8, 1, 0xff),
    certificateAuthorities: /* @__PURE__ */ vector(/* @__PURE__ */ opaqueVector(1, 0xffff), 0, 0xffff),
  }),
  (fields): CertificateRequestMessage => ({ ...fields, supportedSignatureAlgorithms: undefined }),
  ({ certificateTypes, certificateAuthorities }) => ({ certificateTypes, certificateAuthorities }),
);

export const CertificateVerify = /* @__PURE__ */ kind('certificate_verify', digitallySignedBeforeTls12);
export const CertificateRequest = /* @__PURE__ */ kind('certificate_request', certificateRequest);
