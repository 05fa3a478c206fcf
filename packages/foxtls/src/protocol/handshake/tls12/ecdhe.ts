/**
 * ECDHE (RFC 8422 §2, §5.4, §5.7, §5.10): ephemeral keys of both sides on a curve of supported_groups.
 */

import { PeerIncompatible, PeerMisbehaved } from '../../../core/errors/errors.ts';
import { settle } from '../../../core/flow/flow.ts';
import { EC_CURVE_TYPES } from '../../../core/registry/curve-formats.ts';
import { NAMED_GROUPS, namedGroupName } from '../../../core/registry/named-groups.ts';
import { decode, encode } from '../../../core/wire/codec.ts';
import type { KeyExchange, KeyExchangeGroup } from '../../../crypto/key-exchange.ts';
import type { CryptoProvider } from '../../../crypto/provider.ts';
import { clientEcdhPublic, type ServerEcdhParams, serverEcdhParams } from '../../messages/tls12/ec-diffie-hellman.ts';
import type { HandshakeFlow } from '../receive.ts';
import type { KeyExchangeMethod } from './key-exchange.ts';

/** The curves that RFC 8422 §5.1.1 and RFC 7027 §2 define, and no other group: TLS 1.3 alone has the later ones. */
const CURVES: readonly number[] = [
  NAMED_GROUPS.secp256r1,
  NAMED_GROUPS.secp384r1,
  NAMED_GROUPS.secp521r1,
  NAMED_GROUPS.x25519,
  NAMED_GROUPS.x448,
  NAMED_GROUPS.brainpoolP256r1,
  NAMED_GROUPS.brainpoolP384r1,
  NAMED_GROUPS.brainpoolP512r1,
];

export const ecdhe: KeyExchangeMethod<ServerEcdhParams> = {
  name: 'ECDHE',
  certificateKey: 'signs',
  usesPreSharedKey: false,
  serverKeyExchange: 'always',
  isAvailable: () => true,

  isPossible: ({ groups, clientGroups }) => chooseCurve(groups, clientGroups) !== undefined,

  *start({ provider, groups, clientGroups }) {
    const { group, exchange, params } = yield* startEcdhe(provider, groups, clientGroups);
    return {
      params,
      group,
      *finish(body) {
        const { ecdhYc } = decode(clientEcdhPublic, body, 'client_key_exchange');
        return { premasterSecret: yield* settle(exchange.finish(ecdhYc)) };
      },
    };
  },

  readParams: (reader) => reader.field('params', () => serverEcdhParams.read(reader)),

  *answer({ provider, groups }, params) {
    const { group, share, secret } = yield* answerEcdhe(provider, groups, params as ServerEcdhParams);
    return { group, body: encode(clientEcdhPublic, { ecdhYc: share }), premasterSecret: secret };
  },
};

/** Server: a key on our first curve that the client has, and the parameters that tell of it. */
export function* startEcdhe(
  { random }: CryptoProvider,
  groups: readonly KeyExchangeGroup[],
  clientGroups: readonly number[] | undefined,
): HandshakeFlow<{ readonly group: number; readonly exchange: KeyExchange; readonly params: Uint8Array }> {
  const group = chooseCurve(groups, clientGroups);
  if (group === undefined) {
    const ours = curvesOf(groups).map(({ name }) => name);
    throw new PeerIncompatible('group', ours, (clientGroups ?? []).map(nameOf));
  }
  const exchange = yield* settle(group.start(random));
  const curve = { curveType: EC_CURVE_TYPES.named_curve, namedCurve: group.id };
  return { group: group.id, exchange, params: encode(serverEcdhParams, { public: exchange.share, ...curve }) };
}

/** Client: the answer to parameters, on one of our curves. */
export function* answerEcdhe(
  { random }: CryptoProvider,
  groups: readonly KeyExchangeGroup[],
  { namedCurve, public: serverShare }: ServerEcdhParams,
): HandshakeFlow<{ readonly group: number; readonly share: Uint8Array; readonly secret: Uint8Array }> {
  const group = curvesOf(groups).find(({ id }) => id === namedCurve);
  if (group === undefined) {
    throw new PeerMisbehaved('group_not_offered', `ServerKeyExchange is of ${nameOf(namedCurve)}, which was not offered`);
  }
  return { group: group.id, ...(yield* settle(group.respond(serverShare, random))) };
}

function curvesOf(groups: readonly KeyExchangeGroup[]): readonly KeyExchangeGroup[] {
  return groups.filter(({ id }) => CURVES.includes(id));
}

/**
 * Our first that the client has. Of a client that says nothing: "In this case, the server is free to choose any one of the elliptic curves
 * or point formats listed in Section 5." (RFC 8422 §4) It is an old one, and will know P-256 if any.
 */
export function chooseCurve(groups: readonly KeyExchangeGroup[], clientGroups: readonly number[] | undefined) {
  const curves = curvesOf(groups);
  if (clientGroups === undefined) return curves.find(({ id }) => id === NAMED_GROUPS.secp256r1) ?? curves[0];
  return curves.find(({ id }) => clientGroups.includes(id));
}

function nameOf(group: number): string {
  return namedGroupName(group) ?? `0x${group.toString(16)}`;
}
