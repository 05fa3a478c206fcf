/**
 * record_size_limit (RFC 8449 §4).
 */

import { PeerMisbehaved } from '../../core/errors/errors.ts';

/** "Endpoints MUST NOT send a "record_size_limit" extension with a value smaller than 64." (RFC 8449 §4) */
const MIN_RECORD_SIZE_LIMIT = 64;

/** A full record of TLS 1.3: 2^14 bytes and the content type. What a server answers that has no wish of its own. */
export const MAX_RECORD_SIZE_LIMIT = 16385;

/** "An endpoint MUST treat receipt of a smaller value as a fatal error and generate an "illegal_parameter" alert." (RFC 8449 §4) */
export function checkRecordSizeLimit(limit: number): void {
  if (limit < MIN_RECORD_SIZE_LIMIT) {
    throw new PeerMisbehaved(
      'record_size_limit_invalid',
      `record_size_limit is ${limit}, at least ${MIN_RECORD_SIZE_LIMIT} expected`,
    );
  }
}
