/**
 * RequestConnectionId and NewConnectionId (RFC 9147 §9): connection IDs asked for and given after the handshake of DTLS 1.3.
 *
 * ```
 * enum { cid_immediate(0), cid_spare(1), (255) } ConnectionIdUsage;
 * opaque ConnectionId<0..2^8-1>;
 * struct {
 *     ConnectionId cids<0..2^16-1>;
 *     ConnectionIdUsage usage;
 * } NewConnectionId;
 * struct { uint8 num_cids; } RequestConnectionId;
 * ```
 */

import { PeerMisbehaved } from '../../core/errors/errors.ts';
import { type Codec, mapped, opaqueVector, type StructOf, struct, uint8, vector } from '../../core/wire/codec.ts';

/** Whether one of the new IDs is to be used at once, or when the receiver likes. */
export type ConnectionIdUsage = 'cid_immediate' | 'cid_spare';

const USAGES: readonly ConnectionIdUsage[] = ['cid_immediate', 'cid_spare'];

const usage: Codec<ConnectionIdUsage> = {
  ...mapped(
    uint8,
    (code) => {
      const name = USAGES[code];
      if (name === undefined) throw new PeerMisbehaved('connection_id_usage_unknown', `the usage of connection IDs is ${code}`);
      return name;
    },
    (name) => USAGES.indexOf(name),
  ),
  invent: (choose) => USAGES[choose(2)] as ConnectionIdUsage,
};

const newFields = { cids: vector(opaqueVector(0, 0xff), 0, 0xffff), usage };
const requestFields = { numCids: uint8 };

export type NewConnectionId = StructOf<typeof newFields>;
export const newConnectionId: Codec<NewConnectionId> = struct(newFields);

export type RequestConnectionId = StructOf<typeof requestFields>;
export const requestConnectionId: Codec<RequestConnectionId> = struct(requestFields);
