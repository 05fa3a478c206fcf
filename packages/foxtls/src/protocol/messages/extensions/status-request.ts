/**
 * status_request (RFC 6066 §8; in TLS 1.3 RFC 8446 §4.4.2.1): the wish for an OCSP response, and the response.
 *
 * ```
 * struct {
 *     CertificateStatusType status_type;
 *     select (status_type) {
 *         case ocsp: OCSPStatusRequest;
 *     } request;
 * } CertificateStatusRequest;
 *
 * enum { ocsp(1), (255) } CertificateStatusType;
 *
 * struct {
 *     ResponderID responder_id_list<0..2^16-1>;
 *     Extensions  request_extensions;
 * } OCSPStatusRequest;
 *
 * opaque ResponderID<1..2^16-1>;
 * opaque Extensions<0..2^16-1>;
 *
 * struct {
 *     CertificateStatusType status_type;
 *     select (status_type) {
 *         case ocsp: OCSPResponse;
 *     } response;
 * } CertificateStatus;
 *
 * opaque OCSPResponse<1..2^24-1>;
 * ```
 * A server asks for a client's "by sending an empty "status_request" extension in its CertificateRequest message" (RFC 8446 §4.4.2.1).
 */

import { CERTIFICATE_STATUS_TYPES } from '../../../core/registry/certificate-types.ts';
import { type Codec, type Decoded, mapped, opaqueVector, rest, struct, uint8, vector } from '../../../core/wire/codec.ts';

const ocspStatusRequest = struct({
  responderIdList: vector(opaqueVector(1, 0xffff), 0, 0xffff),
  requestExtensions: opaqueVector(0, 0xffff),
});
const otherRequest = struct({ request: rest });

export type CertificateStatusRequest =
  | ({ readonly statusType: 1 } & Decoded<typeof ocspStatusRequest>)
  /** Of a type that does not exist yet: to be ignored. */
  | { readonly statusType: undefined; readonly unknownType: number; readonly request: Uint8Array };

export const certificateStatusRequest: Codec<CertificateStatusRequest> = {
  read(reader) {
    const type = reader.field('status_type', () => uint8.read(reader));
    if (type === CERTIFICATE_STATUS_TYPES.ocsp) return { statusType: type, ...ocspStatusRequest.read(reader) };
    return { statusType: undefined, unknownType: type, ...otherRequest.read(reader) };
  },
  write(writer, value) {
    uint8.write(writer, value.statusType ?? value.unknownType);
    if (value.statusType === undefined) otherRequest.write(writer, value);
    else ocspStatusRequest.write(writer, value);
  },
  invent: (choose) => ({ statusType: CERTIFICATE_STATUS_TYPES.ocsp, ...ocspStatusRequest.invent(choose) }),
};

/** What we ask with: "A zero-length "responder_id_list" sequence has the special meaning that the responders are implicitly known to the server" (RFC 6066 §8). */
export const ANY_OCSP_RESPONSE: CertificateStatusRequest = {
  statusType: CERTIFICATE_STATUS_TYPES.ocsp,
  responderIdList: [],
  requestExtensions: new Uint8Array(0),
};

const ocspStatus = struct({ statusType: uint8, response: opaqueVector(1, 0xffffff) });

/** The OCSPResponse, DER, not looked into. */
export const certificateStatus: Codec<Uint8Array> = {
  ...mapped(
    ocspStatus,
    ({ statusType, response }, reader) => {
      if (statusType !== CERTIFICATE_STATUS_TYPES.ocsp) reader.fail(`status_type is ${statusType}, ocsp (1) expected`);
      return response;
    },
    (response) => ({ statusType: CERTIFICATE_STATUS_TYPES.ocsp, response }),
  ),
  invent: opaqueVector(1, 0xffffff).invent,
};
