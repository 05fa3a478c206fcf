/**
 * ML-KEM and an elliptic curve as one group (draft-ietf-tls-ecdhe-mlkem): shares and secrets are those of both, one behind the other, so that
 * whoever wants the secret has to break both.
 *
 * ```
 *                     first, second          shares of the first: client's, server's
 * X25519MLKEM768      ML-KEM-768, x25519     1184, 1088
 * SecP256r1MLKEM768   secp256r1, ML-KEM-768  65, 65
 * SecP384r1MLKEM1024  secp384r1, ML-KEM-1024 97, 97
 * ```
 *
 * Each part of a share is checked by its own group, its length too.
 */

import { concat, wipe } from '../../core/bytes/bytes.ts';
import type { KeyExchangeGroup } from '../key-exchange.ts';
import { mlKem768, mlKem1024 } from './ml-kem.ts';

/** The curves of a provider. */
interface Curves {
  readonly x25519: KeyExchangeGroup;
  readonly secp256r1: KeyExchangeGroup;
  readonly secp384r1: KeyExchangeGroup;
}

/** Every hybrid with a registered code point that these curves make. */
export function mlKemHybrids({ x25519, secp256r1, secp384r1 }: Curves): readonly KeyExchangeGroup[] {
  return [
    hybrid('X25519MLKEM768', 0x11ec, { group: mlKem768, ofClient: 1184, ofServer: 1088 }, x25519),
    hybrid('SecP256r1MLKEM768', 0x11eb, { group: secp256r1, ofClient: 65, ofServer: 65 }, mlKem768),
    hybrid('SecP384r1MLKEM1024', 0x11ed, { group: secp384r1, ofClient: 97, ofServer: 97 }, mlKem1024),
  ];
}

/** A group, and how many bytes of a hybrid's share are its. */
interface First {
  readonly group: KeyExchangeGroup;
  readonly ofClient: number;
  readonly ofServer: number;
}

function hybrid(
  name: string,
  id: number,
  { group: first, ofClient, ofServer }: First,
  second: KeyExchangeGroup,
): KeyExchangeGroup {
  return {
    name,
    id,
    async start(random) {
      const [one, other] = [await first.start(random), await second.start(random)];
      return {
        share: concat(one.share, other.share),
        finish: async (peerShare) =>
          joined(await one.finish(peerShare.subarray(0, ofServer)), await other.finish(peerShare.subarray(ofServer))),
      };
    },
    async respond(peerShare, random) {
      const one = await first.respond(peerShare.subarray(0, ofClient), random);
      const other = await second.respond(peerShare.subarray(ofClient), random);
      return { share: concat(one.share, other.share), secret: joined(one.secret, other.secret) };
    },
  };
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const secret = concat(one, other);
  wipe(one, other);
  return secret;
}
