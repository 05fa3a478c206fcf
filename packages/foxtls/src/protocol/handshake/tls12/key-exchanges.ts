/**
 * The key exchanges of TLS 1.2, as suites name them.
 */

import type { KeyExchangeName } from '../../negotiate/tls12-cipher-suites.ts';
import { ecdhe } from './ecdhe.ts';
import type { KeyExchangeMethod } from './key-exchange.ts';

export const KEY_EXCHANGES: Readonly<Record<KeyExchangeName, KeyExchangeMethod>> = { ECDHE: ecdhe };
