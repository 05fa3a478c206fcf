/**
 * KeyUpdate (RFC 8446 §4.6.3).
 *
 * ```
 * enum { update_not_requested(0), update_requested(1), (255) } KeyUpdateRequest;
 * struct { KeyUpdateRequest request_update; } KeyUpdate;
 * ```
 * "If an implementation receives any other value, it MUST terminate the connection with an "illegal_parameter" alert."
 */

import { PeerMisbehaved } from '../../core/errors/errors.ts';
import { type Codec, mapped, type StructOf, struct, uint8 } from '../../core/wire/codec.ts';

const fields = {
  requestUpdate: {
    ...mapped(
      uint8,
      (value) => {
        if (value > 1) throw new PeerMisbehaved('key_update_invalid', `request_update is ${value}, 0 or 1 expected`);
        return value === 1;
      },
      (requested) => (requested ? 1 : 0),
    ),
    invent: (choose: (below: number) => number) => choose(2) === 1,
  } satisfies Codec<boolean>,
};

export type KeyUpdate = StructOf<typeof fields>;
export const keyUpdate: Codec<KeyUpdate> = struct(fields);
