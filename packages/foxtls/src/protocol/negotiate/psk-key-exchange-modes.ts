/**
 * How a PSK may be used, by both sides (RFC 8446 §4.2.9).
 */

import { PSK_MODES, type PskKeyExchangeMode } from '../messages/extensions/psk-key-exchange-modes.ts';

/** Our modes that the client listed, in our order. "Servers MUST NOT select a key exchange mode that is not listed by the client." (RFC 8446 §4.2.9) */
export function sharedPskModes(ours: readonly PskKeyExchangeMode[], theirs: readonly number[]): readonly PskKeyExchangeMode[] {
  return ours.filter((mode) => theirs.includes(PSK_MODES[mode]));
}
