/**
 * Finite field Diffie-Hellman with parameters that come in a message, as in the DHE and DH_anon suites of TLS 1.2 and below
 * (RFC 5246 §7.4.3, §8.1.2). The groups of TLS 1.3 are `KeyExchangeGroup`s.
 */

import type { Eventually } from '../core/flow/flow.ts';
import type { FiniteFieldParameters } from './finite-field.ts';
import type { KeyExchange, RandomSource } from './key-exchange.ts';

export interface FiniteFieldProvider {
  /**
   * Makes a share, on either side. It is as long as p, for some peers take no shorter one; `finish` takes shares of any length, with
   * or without leading zeros. The secret is as long as p too: TLS 1.2 strips its leading zeros (RFC 5246 §8.1.2), which is left to the caller.
   *
   * The parameters are ones that were found right (`checkFiniteFieldParameters`); throws `CryptoFailure` for what cannot be computed
   * with.
   */
  start(parameters: FiniteFieldParameters, random: RandomSource): Eventually<KeyExchange>;
}
