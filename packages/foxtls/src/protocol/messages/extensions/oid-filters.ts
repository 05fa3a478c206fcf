/**
 * oid_filters (RFC 8446 §4.2.5): certificate extensions, and their values, that a server wants in a client's certificate.
 *
 * ```
 * struct {
 *     opaque certificate_extension_oid<1..2^8-1>;
 *     opaque certificate_extension_values<0..2^16-1>;
 * } OIDFilter;
 * struct { OIDFilter filters<0..2^16-1>; } OIDFilterExtension;
 * ```
 */

import { toHex } from '../../../core/bytes/bytes.ts';
import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { type Codec, type Decoded, opaqueVector, struct, vector } from '../../../core/wire/codec.ts';

const oidFilter = struct({ certificateExtensionOid: opaqueVector(1, 0xff), certificateExtensionValues: opaqueVector(0, 0xffff) });
const list = vector(oidFilter, 0, 0xffff);
export type OidFilter = Decoded<typeof oidFilter>;

export const oidFilters: Codec<readonly OidFilter[]> = {
  read(reader) {
    const filters = list.read(reader);
    // "Any given OID MUST NOT appear more than once in the filters list." (RFC 8446 §4.2.5)
    const seen = new Set<string>();
    for (const { certificateExtensionOid } of filters) {
      const oid = toHex(certificateExtensionOid);
      if (seen.has(oid)) throw new PeerMisbehaved('oid_filter_duplicate', `the OID ${oid} (DER) is in oid_filters twice`);
      seen.add(oid);
    }
    return filters;
  },
  write: list.write,
  invent: (choose) => [oidFilter.invent(choose)],
};
