/**
 * Static ECDH (RFC 5246 §7.4.2; RFC 8422 §1 has given it up): the server's half of the exchange is the key of its certificate.
 *
 * ```
 *   server: Certificate with its point ──────────────────▶ client
 *   server: agrees ◀──ClientKeyExchange── a point of the same curve, made anew
 * ```
 * There is no forward secrecy, and the key answers every point that it is given: whoever computes with it has to check that the point is on
 * the curve, or gives the key away (invalid curve attacks).
 */

import { InternalError, PeerMisbehaved } from '../core/errors/errors.ts';
import { settle } from '../core/flow/flow.ts';
import { NAMED_GROUPS } from '../core/registry/named-groups.ts';
import { decode, encode } from '../core/wire/codec.ts';
import { readSubjectPublicKeyInfo } from '../crypto/key-encoding.ts';
import type { KeyAgreer } from '../crypto/key-encryption.ts';
import type { KeyExchangeMethod } from '../protocol/handshake/tls12/key-exchange.ts';
import { clientEcdhPublic } from '../protocol/messages/tls12/ec-diffie-hellman.ts';

export const ecdh: KeyExchangeMethod = {
  name: 'ECDH',
  certificateKey: 'agrees',
  usesPreSharedKey: false,
  serverKeyExchange: 'never',
  isAvailable: () => true,
  isPossible: () => true,

  // biome-ignore lint/correctness/useYield: a flow that has nothing to wait for.
  *start({ decrypter }) {
    if (decrypter === undefined || !('agree' in decrypter)) throw new InternalError('static ECDH without a key that agrees');
    const agreer: KeyAgreer = decrypter;
    return {
      params: undefined,
      group: NAMED_GROUPS[agreer.type.curve],
      *finish(body) {
        // A client may not have its own half in a certificate: that was given up with the rest, and it is asked for signatures alone.
        const { ecdhYc } = decode(clientEcdhPublic, body, 'client_key_exchange');
        return { premasterSecret: yield* settle(agreer.agree(ecdhYc)) };
      },
    };
  },

  readParams() {
    throw new InternalError('static ECDH has no parameters');
  },

  *answer({ provider, groups, serverKey }) {
    if (serverKey?.type.kind !== 'ec') throw new InternalError('static ECDH with a key of another kind');
    const { curve } = serverKey.type;
    const group = groups.find(({ id }) => id === NAMED_GROUPS[curve]);
    // RFC 5246 §7.4.2: the key has to be on a curve that the client supports.
    if (group === undefined) {
      throw new PeerMisbehaved('group_not_offered', `the key of the certificate is on ${curve}, which was not offered`);
    }
    const point = readSubjectPublicKeyInfo(serverKey.spki).subjectPublicKey;
    const { share, secret } = yield* settle(group.respond(point, provider.random));
    return { group: group.id, body: encode(clientEcdhPublic, { ecdhYc: share }), premasterSecret: secret };
  },
};
