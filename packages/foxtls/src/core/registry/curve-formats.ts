/**
 * How curves and their points are written (IANA "TLS EC Curve Types", RFC 8422 §5.4; IANA "TLS EC Point Formats", RFC 8422 §5.1.2),
 * by name. Only `named_curve` and `uncompressed` are in use; the others are deprecated there.
 */

export const EC_CURVE_TYPES = {
  explicit_prime: 1,
  explicit_char2: 2,
  named_curve: 3,
} as const;

export type EcCurveTypeName = keyof typeof EC_CURVE_TYPES;

export const EC_POINT_FORMATS = {
  uncompressed: 0,
  ansiX962_compressed_prime: 1,
  ansiX962_compressed_char2: 2,
} as const;

export type EcPointFormatName = keyof typeof EC_POINT_FORMATS;
