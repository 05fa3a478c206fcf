/**
 * ServerKeyExchange with signed parameters (RFC 5246 §7.4.3, RFC 8422 §5.4).
 *
 * ```
 * struct {
 *     ServerECDHParams    params;
 *     Signature           signed_params;
 * } ServerKeyExchange;
 * ```
 * Which parameters it has is the key exchange's to say.
 */

import { concat } from '../../../core/bytes/bytes.ts';
import { type Codec, encode } from '../../../core/wire/codec.ts';
import { writeMessage } from '../messages.ts';
import type { DigitallySigned } from './digitally-signed.ts';
import { ServerKeyExchange } from './messages.ts';

/** The message of parameters that are written already. */
export function writeServerKeyExchange(
  params: Uint8Array,
  digitallySigned: Codec<DigitallySigned>,
  signed: DigitallySigned,
): Uint8Array {
  return writeMessage(ServerKeyExchange, { body: concat(params, encode(digitallySigned, signed)) });
}
