/**
 * Certificate of TLS 1.2 (RFC 5246 §7.4.2), and its other form, a raw public key (RFC 7250 §3).
 *
 * ```
 * opaque ASN.1Cert<1..2^24-1>;
 * struct {
 *     ASN.1Cert certificate_list<0..2^24-1>;
 * } Certificate;
 *
 * struct {
 *     select(certificate_type){
 *          case RawPublicKey:
 *            opaque ASN.1_subjectPublicKeyInfo<1..2^24-1>;
 *     };
 * } Certificate;
 * ```
 * Which of them it is was agreed on in the hellos: nothing in the message says it. A client without a key that fits sends "a certificate
 * message containing no certificates" (RFC 5246 §7.4.6), which in both forms is a length of zero.
 */

import { type Decoded, opaqueVector, struct, vector } from '../../../core/wire/codec.ts';

const certificate = opaqueVector(1, 0xffffff);

export const certificateList = struct({ certificateList: vector(certificate, 0, 0xffffff) });
export type CertificateList = Decoded<typeof certificateList>;

/** Empty for none. */
export const rawPublicKeyCertificate = struct({ subjectPublicKeyInfo: opaqueVector(0, 0xffffff) });
