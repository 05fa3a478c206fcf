/**
 * ec_point_formats (RFC 8422 §5.1.2), which TLS 1.3 has no use for.
 *
 * ```
 * struct {
 *     ECPointFormat ec_point_format_list<1..2^8-1>
 * } ECPointFormatList;
 * ```
 */

import { uint8, vector } from '../../../core/wire/codec.ts';

export const ecPointFormats = vector(uint8, 1, 0xff);
