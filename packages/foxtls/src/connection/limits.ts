/**
 * The documented limits on what a peer can make us hold or do. All are per connection.
 */

import { ApiMisuse } from '../core/errors/errors.ts';
import type { Limits } from '../protocol/handshake/config.ts';
import { LARGEST_CLIENT_HELLO } from '../protocol/messages/message-length.ts';

export const LIMITS = {
  /** Bytes of a handshake message's body: as many as a ClientHello can have (RFC 8446 §4.1.2), and room for a chain of twenty large certificates. */
  maxHandshakeMessage: LARGEST_CLIENT_HELLO,
  /** Records in a row that carry nothing. */
  maxEmptyRecords: 32,
  /** KeyUpdates in a row without data between them. */
  keyUpdatesInARow: 32,
  /** Alerts that change nothing (user_canceled, warnings of TLS 1.2), and requests to renegotiate, which are refused. */
  warningAlerts: 4,
  /**
   * Heartbeats that a peer may send at once; then one a second, which is as often as RFC 6520 §5.2 has it. Requests are counted, and what
   * is dropped.
   */
  heartbeats: 16,
  /** Bytes of input that wait while an asynchronous step is pending; beyond, `wantsInput` is false. */
  queuedInput: 65536,
  /** How many more bytes are tolerated after `wantsInput` went false: chunks already on their way. */
  queuedInputOverrun: 1048576,
  /**
   * Bytes of records, headers included, that a server drops as early data (RFC 8446 §4.2.10). A client may send what a ticket or key of
   * another server allowed, 16384 bytes of data by OpenSSL's and BoringSSL's defaults; in records as small as 22 bytes that is twice as much.
   */
  maxEarlyDataSkipped: 32768,
  /** Renegotiations of TLS 1.2 that the peer begins, with less than ten minutes between them, where the config accepts them. */
  renegotiations: 3,
} as const satisfies Limits;

/** What each limit may be: the least with which an honest peer can be talked to, and what a number of that kind can be at most. */
const RANGES: { readonly [name in keyof Limits]: readonly [min: number, max: number] } = {
  maxHandshakeMessage: [1024, 2 ** 24 - 1],
  // A change_cipher_spec counts as one.
  maxEmptyRecords: [1, 2 ** 31],
  keyUpdatesInARow: [1, 2 ** 31],
  warningAlerts: [0, 2 ** 31],
  heartbeats: [1, 2 ** 31],
  queuedInput: [0, 2 ** 31],
  queuedInputOverrun: [0, 2 ** 31],
  maxEarlyDataSkipped: [0, 2 ** 31],
  renegotiations: [1, 2 ** 31],
};

/** `LIMITS` with some of them changed. Throws `ApiMisuse`: `ERR_TLS_UNKNOWN_NAME`, `ERR_TLS_OPTION_RANGE`. */
export function resolveLimits(changed: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(changed)) {
    if (!Object.hasOwn(RANGES, name)) {
      throw new ApiMisuse('ERR_TLS_UNKNOWN_NAME', `no limit ${name}; there are: ${Object.keys(RANGES).join(', ')}`);
    }
    const [min, max] = RANGES[name as keyof Limits];
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `limits.${name} is ${value}: an integer from ${min} to ${max} is expected`);
    }
  }
  return Object.freeze({ ...LIMITS, ...changed });
}
