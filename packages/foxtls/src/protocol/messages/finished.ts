/**
 * Finished (RFC 8446 §4.4.4). Its length is the hash's; a wrong length is an unequal value.
 *
 * ```
 * struct { opaque verify_data[Hash.length]; } Finished;
 * ```
 */

import { type Decoded, rest, struct } from '../../core/wire/codec.ts';

export const finished = struct({ verifyData: rest });
export type Finished = Decoded<typeof finished>;
