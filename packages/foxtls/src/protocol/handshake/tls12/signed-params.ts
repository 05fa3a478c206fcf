/**
 * What a server signs in ServerKeyExchange (RFC 5246 §7.4.3).
 */

import { concat } from '../../../core/bytes/bytes.ts';
import type { HelloRandoms } from '../../keys/tls12-key-schedule.ts';

/** client_random, server_random, params. */
export function signedParams({ client, server }: HelloRandoms, params: Uint8Array): Uint8Array {
  return concat(client, server, params);
}
