/**
 * The key exchanges with a pre-shared key: alone (RFC 4279 §2), or together with another exchange, whose messages then stand behind the hint
 * and the identity, and whose secret stands before the key (RFC 4279 §3, §4; RFC 5489 §2).
 *
 * ```
 *   ServerKeyExchange = psk_identity_hint || other params         not signed: the key proves both sides
 *   ClientKeyExchange = psk_identity      || other body
 *   premaster secret  = other_secret      || psk                  each with its length
 * ```
 */

import { concat, copyOf, EMPTY, wipe } from '../../../core/bytes/bytes.ts';
import { InternalError, PeerIncompatible, PeerMisbehaved } from '../../../core/errors/errors.ts';
import { encode } from '../../../core/wire/codec.ts';
import { Reader } from '../../../core/wire/reader.ts';
import { clientPskIdentity, pskPremasterSecret, serverPskHint } from '../../messages/tls12/pre-shared-key.ts';
import type { HandshakeFlow } from '../receive.ts';
import { dhe } from './dhe.ts';
import { ecdhe } from './ecdhe.ts';
import type { AgreedSecret, KeyExchangeMethod, ServerKeys, ServerParts } from './key-exchange.ts';

interface PskParams {
  readonly hint: Uint8Array;
  /** Those of the other exchange. */
  readonly other: unknown;
}

/** Without any other exchange: who learns the key, reads everything. */
export const psk: KeyExchangeMethod<PskParams> = {
  name: 'PSK',
  certificateKey: 'unused',
  usesPreSharedKey: true,
  serverKeyExchange: 'sometimes',
  isAvailable: () => true,
  isPossible: ({ preSharedKeys }) => preSharedKeys !== undefined,

  // biome-ignore lint/correctness/useYield: a flow that has nothing to wait for.
  *start({ preSharedKeys }) {
    const keys = present(preSharedKeys);
    return {
      // "If no hint is provided, the ServerKeyExchange message is omitted." (RFC 4279 §2)
      params: keys.hint && encode(serverPskHint, { pskIdentityHint: keys.hint }),
      group: undefined,
      *finish(body) {
        const reader = new Reader(body, 'client_key_exchange');
        const { pskIdentity } = clientPskIdentity.read(reader);
        reader.expectEnd();
        return agreed(pskIdentity, undefined, yield* findKey(keys, pskIdentity));
      },
    };
  },

  readParams: (reader) => ({ hint: serverPskHint.read(reader).pskIdentityHint, other: undefined }),

  *answer({ choosePreSharedKey }, params) {
    const { identity, key } = chosen(yield* choosePreSharedKey(hintOf(params)));
    return { group: undefined, body: encode(clientPskIdentity, { pskIdentity: identity }), ...agreed(identity, undefined, key) };
  },
};

/** Together with another exchange. */
export function withPreSharedKey(name: string, other: KeyExchangeMethod): KeyExchangeMethod<PskParams> {
  return {
    name,
    certificateKey: other.certificateKey === 'signs' ? 'unused' : other.certificateKey,
    usesPreSharedKey: true,
    serverKeyExchange: other.serverKeyExchange === 'never' ? 'sometimes' : other.serverKeyExchange,
    isAvailable: (provider) => other.isAvailable(provider),
    isPossible: (parts) => parts.preSharedKeys !== undefined && other.isPossible(parts),
    start: (parts) => startBoth(other, parts),

    readParams(reader) {
      const { pskIdentityHint: hint } = serverPskHint.read(reader);
      return { hint, other: other.serverKeyExchange === 'never' ? undefined : other.readParams(reader) };
    },

    *answer(parts, params) {
      const { identity, key } = chosen(yield* parts.choosePreSharedKey(hintOf(params)));
      const { group, body, premasterSecret } = yield* other.answer(parts, params?.other);
      const identified = concat(encode(clientPskIdentity, { pskIdentity: identity }), body);
      return { group, body: identified, ...agreed(identity, premasterSecret, key) };
    },
  };
}

export const ecdhePsk: KeyExchangeMethod<PskParams> = withPreSharedKey('ECDHE_PSK', ecdhe as KeyExchangeMethod);
export const dhePsk: KeyExchangeMethod<PskParams> = withPreSharedKey('DHE_PSK', dhe as KeyExchangeMethod);

function* startBoth(other: KeyExchangeMethod, parts: ServerParts) {
  const keys = present(parts.preSharedKeys);
  const { params, group, finish } = yield* other.start(parts);
  const isSent = params !== undefined || keys.hint !== undefined;
  return {
    params: isSent ? concat(encode(serverPskHint, { pskIdentityHint: keys.hint ?? EMPTY }), params ?? EMPTY) : undefined,
    group,
    *finish(body: Uint8Array): HandshakeFlow<AgreedSecret> {
      const reader = new Reader(body, 'client_key_exchange');
      const { pskIdentity } = clientPskIdentity.read(reader);
      const { premasterSecret } = yield* finish(reader.take(reader.remaining));
      return agreed(pskIdentity, premasterSecret, yield* findKey(keys, pskIdentity));
    },
  };
}

function present(keys: ServerKeys | undefined): ServerKeys {
  if (keys === undefined) throw new InternalError('a key exchange with pre-shared keys, of which there are none');
  return keys;
}

/** The server's hint; none and an empty one say the same. */
function hintOf(params: PskParams | undefined): Uint8Array | undefined {
  return params === undefined || params.hint.length === 0 ? undefined : copyOf(params.hint);
}

function chosen<Key>(key: Key | undefined): Key {
  if (key !== undefined) return key;
  throw new PeerIncompatible('suite', [], [], 'The server chose one with a pre-shared key, and we have none for its hint');
}

/** "If the server does not recognize the PSK identity, it MAY respond with an "unknown_psk_identity" alert message." (RFC 4279 §2) */
function* findKey(keys: ServerKeys, identity: Uint8Array): HandshakeFlow<Uint8Array> {
  const key = yield* keys.find(copyOf(identity));
  if (key !== undefined) return key;
  throw new PeerMisbehaved('psk_identity_unknown', 'the identity of the pre-shared key is not known here');
}

function agreed(identity: Uint8Array, otherSecret: Uint8Array | undefined, key: Uint8Array): AgreedSecret {
  const other = otherSecret ?? new Uint8Array(key.length);
  const premasterSecret = encode(pskPremasterSecret, { otherSecret: other, psk: key });
  wipe(other);
  return { premasterSecret, pskIdentity: copyOf(identity) };
}
