/**
 * early_data (RFC 8446 §4.2.10).
 *
 * ```
 * struct {} Empty;
 * struct {
 *     select (Handshake.msg_type) {
 *         case new_session_ticket:   uint32 max_early_data_size;
 *         case client_hello:         Empty;
 *         case encrypted_extensions: Empty;
 *     };
 * } EarlyDataIndication;
 * ```
 */

import { empty, uint32 } from '../../../core/wire/codec.ts';

export const earlyDataIndication = empty;
export const maxEarlyDataSize = uint32;
