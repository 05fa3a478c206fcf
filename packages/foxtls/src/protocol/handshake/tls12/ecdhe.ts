/**
 * ECDHE (RFC 8422 §2, §5.4, §5.7, §5.10): ephemeral keys of both sides on a curve of supported_groups.
 */

import { PeerIncompatible, PeerMisbehaved } from '../../../core/errors/errors.ts';
import { settle } from '../../../core/flow/flow.ts';
import { EC_CURVE_TYPES } from '../../../core/registry/curve-formats.ts';
import { NAMED_GROUPS, namedGroupName } from '../../../core/registry/named-groups.ts';
import { decode, encode } from '../../../core/wire/codec.ts';
import type { KeyExchangeGroup } from '../../../crypto/key-exchange.ts';
import { clientEcdhPublic, type ServerEcdhParams, serverEcdhParams } from '../../messages/tls12/ec-diffie-hellman.ts';
import type { KeyExchangeMethod, KeyExchangeParts } from './key-exchange.ts';

/** The curves that RFC 8422 §5.1.1 defines, and no other group: TLS 1.3 alone has the later ones. */
const CURVES: readonly number[] = [
  NAMED_GROUPS.secp256r1,
  NAMED_GROUPS.secp384r1,
  NAMED_GROUPS.secp521r1,
  NAMED_GROUPS.x25519,
  NAMED_GROUPS.x448,
];

export const ecdhe = {
  *start({ provider, groups }, clientGroups) {
    const group = chooseCurve({ groups }, clientGroups);
    if (group === undefined) {
      const ours = curvesOf({ groups }).map(({ name }) => name);
      throw new PeerIncompatible('group', ours, (clientGroups ?? []).map(nameOf));
    }
    const exchange = yield* settle(group.start(provider.random));
    const curve = { curveType: EC_CURVE_TYPES.named_curve, namedCurve: group.id };
    return {
      params: encode(serverEcdhParams, { ...curve, public: exchange.share }),
      group: group.id,
      *finish(body) {
        const { ecdhYc } = decode(clientEcdhPublic, body, 'client_key_exchange');
        return yield* settle(exchange.finish(ecdhYc));
      },
    };
  },

  isPossible: (parts, clientGroups) => chooseCurve(parts, clientGroups) !== undefined,

  readParams: (reader) => reader.field('params', () => serverEcdhParams.read(reader)),

  *answer({ provider, groups }, { namedCurve, public: serverShare }) {
    const group = curvesOf({ groups }).find(({ id }) => id === namedCurve);
    if (group === undefined) {
      throw new PeerMisbehaved('group_not_offered', `ServerKeyExchange is of ${nameOf(namedCurve)}, which was not offered`);
    }
    const { share, secret } = yield* settle(group.respond(serverShare, provider.random));
    return { group: group.id, body: encode(clientEcdhPublic, { ecdhYc: share }), premasterSecret: secret };
  },
} as const satisfies KeyExchangeMethod<ServerEcdhParams>;

function curvesOf({ groups }: Pick<KeyExchangeParts, 'groups'>): readonly KeyExchangeGroup[] {
  return groups.filter(({ id }) => CURVES.includes(id));
}

/**
 * Our first that the client has. Of a client that says nothing: "In this case, the server is free to choose any one of the elliptic curves
 * or point formats listed in Section 5." (RFC 8422 §4)
 */
function chooseCurve(parts: Pick<KeyExchangeParts, 'groups'>, clientGroups: readonly number[] | undefined) {
  return curvesOf(parts).find(({ id }) => clientGroups === undefined || clientGroups.includes(id));
}

function nameOf(group: number): string {
  return namedGroupName(group) ?? `0x${group.toString(16)}`;
}
