/**
 * The keys that an endpoint seals its cookies with: renewed by the clock, and good for as long as a cookie is.
 *
 * "The server can defend against this attack by changing the secret value frequently, thus invalidating those cookies." (RFC 9147 §5.1) A
 * flood of ClientHellos would use up one key of AES-GCM with random nonces, too, in half a day.
 */

import type { CryptoProvider } from '../crypto/provider.ts';
import { createSealer, SEALER_KEY_SIZE, type Sealer } from '../protocol/session/sealer.ts';

/** Milliseconds: more than a cookie lives. */
const ROTATE_EVERY = 300_000;

type KeySealer = ReturnType<typeof createSealer>;

/** A sealer for cookies, of this endpoint alone. */
export function createCookieKeys(provider: CryptoProvider, now: () => number): Sealer {
  let current: KeySealer | undefined;
  let previous: KeySealer | undefined;
  let since = 0;
  const renew = (): KeySealer => {
    if (current === undefined || now() - since >= ROTATE_EVERY) {
      previous = current;
      current = createSealer(provider, provider.random(SEALER_KEY_SIZE), 'cookie');
      since = now();
    }
    return current;
  };
  return {
    seal: (plaintext) => renew().seal(plaintext),
    open: (sealed) => renew().open(sealed) ?? previous?.open(sealed),
    sealBeside: (plaintext, context) => renew().sealBeside(plaintext, context),
    openBeside: (sealed, context) => renew().openBeside(sealed, context) ?? previous?.openBeside(sealed, context),
  };
}
