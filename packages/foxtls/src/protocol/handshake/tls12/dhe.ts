/**
 * DHE (RFC 5246 §7.4.3, §8.1.2; RFC 7919): ephemeral keys of both sides in a finite field, whose parameters the server sends.
 *
 * A client that lists groups of RFC 7919 gets one of those; any other gets the server's own parameters, or ffdhe2048. Keys are made anew for
 * each handshake and never used twice: that, and not the time that stripping zeros takes, is what the Raccoon attack needs to go wrong.
 */

import { PeerIncompatible, PeerMisbehaved } from '../../../core/errors/errors.ts';
import { settle } from '../../../core/flow/flow.ts';
import { namedGroupName } from '../../../core/registry/named-groups.ts';
import { decode, encode } from '../../../core/wire/codec.ts';
import {
  checkFiniteFieldParameters,
  FFDHE2048,
  FINITE_FIELD_GROUPS,
  type FiniteFieldGroup,
  type FiniteFieldParameters,
  findFiniteFieldGroup,
  finiteFieldBits,
  stripZeros,
} from '../../../crypto/finite-field.ts';
import type { FiniteFieldProvider } from '../../../crypto/finite-field-provider.ts';
import type { KeyExchange, KeyExchangeGroup } from '../../../crypto/key-exchange.ts';
import type { CryptoProvider } from '../../../crypto/provider.ts';
import { clientDhPublic, type ServerDhParams, serverDhParams } from '../../messages/tls12/diffie-hellman.ts';
import type { HandshakeFlow } from '../receive.ts';
import type { KeyExchangeMethod, ServerParts } from './key-exchange.ts';

/** An exchange in a longer field takes too long: 8192 bits are 20 ms already. */
export const MAX_DIFFIE_HELLMAN_BITS = 8192;

export const dhe: KeyExchangeMethod<ServerDhParams> = {
  name: 'DHE',
  certificateKey: 'signs',
  usesPreSharedKey: false,
  serverKeyExchange: 'always',
  isAvailable: ({ finiteField }) => finiteField !== undefined,

  isPossible: (parts) => chooseParameters(parts) !== undefined,

  *start(parts) {
    const parameters = chooseParameters(parts);
    if (parameters === undefined) throw new PeerIncompatible('group', [], (parts.clientGroups ?? []).map(nameOf));
    const exchange = yield* begin(parts.provider, parameters);
    return {
      params: encode(serverDhParams, { dhP: parameters.prime, dhG: parameters.generator, dhYs: exchange.share }),
      group: findFiniteFieldGroup(parameters)?.id,
      *finish(body) {
        const { dhYc } = decode(clientDhPublic, body, 'client_key_exchange');
        return { premasterSecret: yield* agree(exchange, dhYc) };
      },
    };
  },

  readParams: (reader) => reader.field('params', () => serverDhParams.read(reader)),

  *answer({ provider, minDiffieHellmanBits }, params) {
    const { dhP: prime, dhG: generator, dhYs } = params as ServerDhParams;
    const parameters = { prime, generator };
    checkParameters(parameters, minDiffieHellmanBits);
    const exchange = yield* begin(provider, parameters);
    const premasterSecret = yield* agree(exchange, dhYs);
    const body = encode(clientDhPublic, { dhYc: exchange.share });
    return { group: findFiniteFieldGroup(parameters)?.id, body, premasterSecret };
  },
};

/** Whether the client lists groups of RFC 7919, and none that we would take. */
export function lacksFiniteField(parts: Parameters<typeof chooseParameters>[0]): boolean {
  return parts.clientGroups?.some(isFiniteField) === true && chooseParameters(parts) === undefined;
}

/** "any FFDHE group (i.e., any codepoint between 256 and 511, inclusive, even if unknown to the server)" (RFC 7919 §4) */
const isFiniteField = (group: number) => group >= 256 && group <= 511;

function chooseParameters(
  parts: Pick<ServerParts, 'groups' | 'clientGroups' | 'diffieHellmanParameters'>,
): FiniteFieldParameters | undefined {
  const { groups, clientGroups, diffieHellmanParameters: own } = parts;
  const offered = clientGroups?.filter(isFiniteField) ?? [];
  if (offered.length === 0) return own ?? finiteFieldGroupsOf(groups)[0];
  // "A compatible TLS server that receives the Supported Groups extension with FFDHE codepoints in it and that selects an FFDHE cipher suite
  // MUST select one of the client's offered groups." (RFC 7919 §4)
  const ours = own === undefined ? finiteFieldGroupsOf(groups) : [findFiniteFieldGroup(own)];
  return ours.find((group) => group !== undefined && offered.includes(group.id));
}

/** Those that the config names; all but the slowest when it names none, as DHE is asked for by its suites. */
function finiteFieldGroupsOf(groups: readonly KeyExchangeGroup[]): readonly FiniteFieldGroup[] {
  const named = FINITE_FIELD_GROUPS.filter(({ id }) => groups.some((group) => group.id === id));
  return named.length > 0 ? named : FINITE_FIELD_GROUPS.slice(FINITE_FIELD_GROUPS.indexOf(FFDHE2048), 3);
}

/**
 * Clients "MUST do at least cursory checks on group size and may take other properties into consideration as well" (RFC 7919 §3.1).
 */
function checkParameters(parameters: FiniteFieldParameters, minBits: number): void {
  const problem = checkFiniteFieldParameters(parameters, { minBits, maxBits: MAX_DIFFIE_HELLMAN_BITS });
  if (problem === undefined) return;
  const bits = finiteFieldBits(parameters);
  if (problem === 'prime_too_short') {
    throw new PeerMisbehaved('dh_prime_too_short', `the server's dh_p has ${bits} bits, at least ${minBits} are expected`);
  }
  throw new PeerMisbehaved('dh_parameters_invalid', `the server's parameters of ${bits} bits: ${problem.replaceAll('_', ' ')}`);
}

function begin({ finiteField, random }: CryptoProvider, parameters: FiniteFieldParameters): HandshakeFlow<KeyExchange> {
  return settle((finiteField as FiniteFieldProvider).start(parameters, random));
}

/** "Leading bytes of Z that contain all zero bits are stripped before it is used as the pre_master_secret." (RFC 5246 §8.1.2) */
function* agree(exchange: KeyExchange, share: Uint8Array): HandshakeFlow<Uint8Array> {
  try {
    return stripZeros(yield* settle(exchange.finish(share)));
  } catch (error) {
    // "… MUST terminate the connection with a fatal handshake_failure(40) alert." (RFC 7919 §3, §4) In TLS 1.3 it is another.
    if (!(error instanceof PeerMisbehaved)) throw error;
    throw new PeerMisbehaved('dh_share_invalid', error.message, { cause: error });
  }
}

function nameOf(group: number): string {
  return namedGroupName(group) ?? `0x${group.toString(16)}`;
}
