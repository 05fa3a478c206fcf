/**
 * The parameters of ECDHE: the beginning of ServerKeyExchange, and ClientKeyExchange (RFC 8422 §5.4, §5.7).
 *
 * ```
 * struct {
 *     ECCurveType    curve_type;
 *     select (curve_type) {
 *         case named_curve:
 *             NamedCurve namedcurve;
 *     };
 * } ECParameters;
 * opaque point <1..2^8-1>;
 * struct {
 *     ECParameters    curve_params;
 *     ECPoint         public;
 * } ServerECDHParams;
 * struct { ECPoint ecdh_Yc; } ClientECDiffieHellmanPublic;
 * ```
 * "The value named_curve indicates that a named curve is used. This option is now the only remaining format." (RFC 8422 §5.4)
 */

import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { EC_CURVE_TYPES } from '../../../core/registry/curve-formats.ts';
import { type Codec, type Decoded, opaqueVector, struct, uint8, uint16 } from '../../../core/wire/codec.ts';

const namedCurveType: Codec<typeof EC_CURVE_TYPES.named_curve> = {
  read(reader) {
    const type = uint8.read(reader);
    if (type === EC_CURVE_TYPES.named_curve) return type;
    throw new PeerMisbehaved('curve_type_unsupported', `curve_type is ${type}: named_curve (3) is the only one in use`);
  },
  write: uint8.write,
  invent: () => EC_CURVE_TYPES.named_curve,
};

export const serverEcdhParams = struct({ curveType: namedCurveType, namedCurve: uint16, public: opaqueVector(1, 0xff) });
export type ServerEcdhParams = Decoded<typeof serverEcdhParams>;

export const clientEcdhPublic = struct({ ecdhYc: opaqueVector(1, 0xff) });
