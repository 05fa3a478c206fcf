/**
 * Record padding policies (RFC 8446 §5.4, §E.3): how many zeros hide the length of what a record carries.
 *
 * ```
 * struct {
 *     opaque content[TLSPlaintext.length];
 *     ContentType type;
 *     uint8 zeros[length_of_padding];
 * } TLSInnerPlaintext;
 * ```
 * Which policy is the application's to say. Whatever it says, "the full encoded TLSInnerPlaintext MUST NOT exceed 2^14 + 1 octets", and with
 * record_size_limit "the reduced limit applies to the full plaintext, including the content type and padding." (RFC 8446 §5.4)
 */

import { ApiMisuse } from '../../core/errors/errors.ts';

/**
 * `none`; content filled up to the next multiple of so many bytes, 1 to 16384 (at least one multiple, so that nothing is as long as a
 * little); or the number of bytes to add to content of a given length. All records under protection are padded, handshake and alerts too.
 */
export type RecordPadding = 'none' | { readonly toMultipleOf: number } | ((contentLength: number) => number);

/** How many zeros follow content of a length, of at most `room`. */
export type PaddingPolicy = (contentLength: number, room: number) => number;

const MAX_MULTIPLE = 16384;

/** Throws `ApiMisuse` (`ERR_TLS_OPTION_RANGE`) at once for a bad multiple, and from the policy for a bad answer of the application. */
export function paddingPolicy(padding: RecordPadding): PaddingPolicy | undefined {
  if (padding === 'none') return undefined;
  if (typeof padding === 'function') return (contentLength, room) => Math.min(checked(padding(contentLength)), room);
  const { toMultipleOf: multiple } = padding;
  if (!Number.isInteger(multiple) || multiple < 1 || multiple > MAX_MULTIPLE) {
    throw outOfRange(`recordPadding.toMultipleOf is ${multiple}: an integer from 1 to ${MAX_MULTIPLE} is expected`);
  }
  return (contentLength, room) => Math.min(Math.max(1, Math.ceil(contentLength / multiple)) * multiple - contentLength, room);
}

function checked(answer: number): number {
  if (Number.isSafeInteger(answer) && answer >= 0) return answer;
  throw outOfRange(`recordPadding answered ${answer}: a number of bytes is expected`);
}

function outOfRange(message: string): ApiMisuse {
  return new ApiMisuse('ERR_TLS_OPTION_RANGE', message);
}
