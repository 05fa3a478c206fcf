/**
 * psk_key_exchange_modes (RFC 8446 §4.2.9): how the client is willing to use a PSK.
 *
 * ```
 * enum { psk_ke(0), psk_dhe_ke(1), (255) } PskKeyExchangeMode;
 * struct { PskKeyExchangeMode ke_modes<1..255>; } PskKeyExchangeModes;
 * ```
 */

import { uint8, vector } from '../../../core/wire/codec.ts';

export const PSK_MODES = { psk_ke: 0, psk_dhe_ke: 1 } as const;
export type PskKeyExchangeMode = keyof typeof PSK_MODES;

export const pskKeyExchangeModes = vector(uint8, 1, 255);
