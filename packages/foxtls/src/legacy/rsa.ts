/**
 * RSA key transport (RFC 5246 §7.4.7.1): the client encrypts the premaster secret to the key of the server's certificate.
 *
 * ```
 *   server: ─────────────────────────────────────────────▶ client
 *   server: decrypts ◀──ClientKeyExchange── premaster secret, encrypted
 * ```
 * There is no forward secrecy: who gets the key, reads everything that was ever recorded. And a server that shows in any way whether it
 * could decrypt decrypts for everybody (Bleichenbacher 1998, ROBOT 2017). So nothing here depends on that: whatever is wrong becomes a
 * secret that nobody knows, and ends as any wrong Finished does.
 */

import { InternalError } from '../core/errors/errors.ts';
import { settle } from '../core/flow/flow.ts';
import { decode, encode } from '../core/wire/codec.ts';
import type { RsaDecrypter } from '../crypto/key-encryption.ts';
import type { KeyExchangeMethod } from '../protocol/handshake/tls12/key-exchange.ts';
import { withPreSharedKey } from '../protocol/handshake/tls12/psk.ts';
import { createRsaPremasterSecret, decryptRsaPremasterSecret } from '../protocol/keys/rsa-premaster-secret.ts';
import { encryptedPreMasterSecret } from '../protocol/messages/tls12/encrypted-premaster-secret.ts';

export const rsa: KeyExchangeMethod = {
  name: 'RSA',
  certificateKey: 'decrypts',
  usesPreSharedKey: false,
  serverKeyExchange: 'never',
  isAvailable: ({ keyEncryption }) => keyEncryption !== undefined,
  isPossible: () => true,

  // biome-ignore lint/correctness/useYield: a flow that has nothing to wait for.
  *start({ provider, clientVersion, decrypter }) {
    if (decrypter === undefined || !('decryptPkcs1' in decrypter))
      throw new InternalError('RSA key transport without a key of RSA');
    return {
      params: undefined,
      group: undefined,
      *finish(body) {
        const { preMasterSecret } = decode(encryptedPreMasterSecret, body, 'client_key_exchange');
        const { random } = provider;
        return {
          premasterSecret: yield* decryptRsaPremasterSecret(
            decrypter satisfies RsaDecrypter,
            preMasterSecret,
            clientVersion,
            random,
          ),
        };
      },
    };
  },

  readParams() {
    throw new InternalError('RSA key transport has no parameters');
  },

  *answer({ provider, clientVersion, serverKey }) {
    const { keyEncryption, random } = provider;
    if (keyEncryption === undefined || serverKey === undefined) throw new InternalError('RSA key transport without its parts');
    const premasterSecret = createRsaPremasterSecret(clientVersion, random);
    const preMasterSecret = yield* settle(keyEncryption.encryptPkcs1(serverKey.spki, premasterSecret, random));
    return { group: undefined, body: encode(encryptedPreMasterSecret, { preMasterSecret }), premasterSecret };
  },
};

/** Together with a pre-shared key (RFC 4279 §4): the key proves the client, certificate and key the server. */
export const rsaPsk: KeyExchangeMethod = /* @__PURE__ */ withPreSharedKey('RSA_PSK', rsa) as KeyExchangeMethod;
