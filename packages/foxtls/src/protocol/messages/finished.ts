/**
 * Finished (RFC 8446 §4.4.4, RFC 5246 §7.4.9). Its length is the hash's, or 12 before TLS 1.3: who knows which checks it.
 *
 * ```
 * struct { opaque verify_data[Hash.length]; } Finished;
 * ```
 */

import { DecodeError } from '../../core/errors/errors.ts';
import { type Decoded, rest, struct } from '../../core/wire/codec.ts';

export const finished = struct({ verifyData: rest });
export type Finished = Decoded<typeof finished>;

/**
 * decode_error is for "errors where the message does not conform to the formal protocol syntax" (RFC 8446 §6.2), as here, where "the length
 * of the message was incorrect" (RFC 8446 §6.2). A value that is wrong gets another.
 */
export function checkFinishedLength({ verifyData }: Finished, length: number): void {
  if (verifyData.length === length) return;
  throw new DecodeError('finished.verifyData', `${verifyData.length} bytes, ${length} expected`);
}
