/**
 * A handshake message that is longer than the configuration takes (RFC 8446 §4, §6.2).
 *
 * ```
 * struct {
 *     HandshakeType msg_type;
 *     uint24 length;
 *     …
 * } Handshake;
 * ```
 */

import { LimitExceeded } from '../../core/errors/errors.ts';
import { HANDSHAKE_TYPES } from '../../core/registry/handshake-types.ts';

/** Bytes of the largest ClientHello: no message but those below can be longer. */
export const LARGEST_CLIENT_HELLO: number = 2 + 32 + (1 + 32) + (2 + 0xfffe) + (1 + 0xff) + (2 + 0xffff);

/** What has a vector of 2^24-1 bytes. */
const WITH_CERTIFICATES: readonly number[] = [
  HANDSHAKE_TYPES.certificate,
  HANDSHAKE_TYPES.certificate_status,
  HANDSHAKE_TYPES.compressed_certificate,
];

/**
 * What is thrown for `length` bytes where `limit` are taken. Where no message of the type could have so many, its length is wrong: decode_error is for
 * when "the length of the message was incorrect" (RFC 8446 §6.2). Else it is only too much for us.
 */
export function messageTooLong(type: number, length: number, limit: number): LimitExceeded {
  const isPossible = length <= LARGEST_CLIENT_HELLO || WITH_CERTIFICATES.includes(type);
  return new LimitExceeded(
    'maxHandshakeMessage',
    `a handshake message of ${length} bytes, at most ${limit} are taken`,
    isPossible ? 'illegal_parameter' : 'decode_error',
  );
}
