/**
 * record_size_limit (RFC 8449 §4): the largest record that the sender is willing to receive, content type and padding included in TLS 1.3.
 *
 * ```
 * uint16 RecordSizeLimit;
 * ```
 */

import { uint16 } from '../../../core/wire/codec.ts';

export const recordSizeLimit = uint16;
