/**
 * max_fragment_length (RFC 6066 §4): the code of a length (negotiate/max-fragment-length.ts), the same in both directions.
 *
 * ```
 * enum{
 *     2^9(1), 2^10(2), 2^11(3), 2^12(4), (255)
 * } MaxFragmentLength;
 * ```
 */

import { uint8 } from '../../../core/wire/codec.ts';

export const maxFragmentLength = uint8;
