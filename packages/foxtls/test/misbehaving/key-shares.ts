/**
 * Shares that are none of their group, beyond those of X25519 and P-256 (RFC 8446 §4.2.8.1, §4.2.8.2, §7.4.2; RFC 7919 §5.1), from both roles.
 */

import { fromHex } from '../../src/core/bytes/bytes.ts';
import { FFDHE2048 as PARAMETERS } from '../../src/crypto/finite-field.ts';
import { type Case, misbehaved } from './case.ts';
import {
  clientShares,
  FFDHE2048,
  filled,
  GENERATOR_OF_P256,
  HYBRID_P256,
  replacing,
  SECP256R1,
  SECP521R1,
  serverShare,
  X448,
} from './edits.ts';

const { prime } = PARAMETERS;

/** p and one number more or less: p ends in ff, so that only its last byte changes downwards. */
const primeMinus = (difference: number) => prime.with(-1, (prime.at(-1) as number) - difference);

/** A point of P-521 in the compressed form: its generator. */
const COMPRESSED_P521 = fromHex(
  '0200c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66',
);

interface Fault {
  readonly name: string;
  readonly rfc: string;
  readonly group: string;
  readonly id: number;
  readonly share: Uint8Array;
  readonly why?: string;
}

const FIELD = {
  rfc: 'RFC 8446 §4.2.8.1, RFC 8446 §6: “semantically invalid (e.g., a DHE share of p - 1, or an invalid enum) MUST terminate … "illegal_parameter" alert”',
  group: 'ffdhe2048',
  id: FFDHE2048,
} as const;
const WRONG_VALUE = 'no alert is named for a value out of range; illegal_parameter is for fields that are (§6.2)';

const P256 = { rfc: 'RFC 8446 §4.2.8.2', group: 'secp256r1', id: SECP256R1 } as const;
const ONE_FORM = 'no alert is named; there is a single point format for each curve';

const FAULTS: readonly Fault[] = [
  { ...P256, name: 'the point at infinity', share: Uint8Array.of(0), why: ONE_FORM },
  { ...P256, name: 'a point of P-256 in the hybrid form', share: HYBRID_P256, why: ONE_FORM },
  { ...P256, name: 'a point of P-256 without the byte of its form', share: GENERATOR_OF_P256.subarray(1), why: ONE_FORM },
  { ...P256, name: 'a point of P-256 a byte too short', share: GENERATOR_OF_P256.subarray(0, 64), why: ONE_FORM },
  { ...P256, name: 'a point of P-256 a byte too long', share: Uint8Array.of(...GENERATOR_OF_P256, 0), why: ONE_FORM },
  { ...P256, name: 'a point of P-256 whose coordinates are zeros', share: filled(65).with(0, 4), why: ONE_FORM },
  { ...P256, name: 'a point of P-256 whose coordinates are beyond the field', share: filled(65, 0xff).with(0, 4), why: ONE_FORM },
  { ...FIELD, name: 'an ffdhe2048 value of 0', share: filled(256), why: WRONG_VALUE },
  { ...FIELD, name: 'an ffdhe2048 value of 1', share: filled(256).with(-1, 1), why: WRONG_VALUE },
  { ...FIELD, name: 'an ffdhe2048 value of p-1', share: primeMinus(1), why: WRONG_VALUE },
  { ...FIELD, name: 'an ffdhe2048 value of p', share: prime, why: WRONG_VALUE },
  { ...FIELD, name: 'an ffdhe2048 value above p', share: filled(256, 0xff), why: WRONG_VALUE },
  { ...FIELD, name: 'an ffdhe2048 value without its leading zeros', share: Uint8Array.of(2), why: WRONG_VALUE },
  { ...FIELD, name: 'an ffdhe2048 value a byte too short', share: filled(255, 2), why: WRONG_VALUE },
  { ...FIELD, name: 'an ffdhe2048 value a byte too long', share: filled(257).with(-1, 2), why: WRONG_VALUE },
  {
    name: 'a compressed point of P-521',
    rfc: 'RFC 8446 §4.2.8.2',
    group: 'secp521r1',
    id: SECP521R1,
    share: COMPRESSED_P521,
    why: 'no alert is named; there is a single point format for each curve',
  },
  {
    name: 'a point that is not on P-521',
    rfc: 'RFC 8446 §4.2.8.2',
    group: 'secp521r1',
    id: SECP521R1,
    share: filled(133, 1).with(0, 4),
    why: 'no alert is named; peers have to validate that the point is on the curve',
  },
  ...[filled(56), filled(56).with(0, 1), filled(56, 0xff).with(0, 0xfe).with(28, 0xfe)].map((share, i) => ({
    name: `an X448 value of low order (no. ${i + 1})`,
    rfc: 'RFC 8446 §7.4.2',
    group: 'x448',
    id: X448,
    share,
    why: 'the RFC says to abort and names no alert; the field is out of range',
  })),
  {
    name: 'an X448 value of 32 bytes',
    rfc: 'RFC 8446 §4.2.8.2',
    group: 'x448',
    id: X448,
    share: filled(32, 9),
    why: 'no alert is named; the share has one right length',
  },
];

export const KEY_SHARES: readonly Case[] = FAULTS.flatMap(({ name, rfc, group, id, share, why }): Case[] => {
  const common = {
    name: `sends ${name}`,
    rfc,
    options: { groups: [group] },
    alert: 'illegal_parameter',
    ...(why !== undefined && { why }),
    error: misbehaved('key_share_invalid'),
  } as const;
  return [
    {
      ...common,
      victim: 'client',
      break: (peer) => peer.changeExtensions('server_hello', replacing('key_share', ...serverShare(id, share))),
    },
    {
      ...common,
      victim: 'server',
      situation: { keyShareGroups: [group] },
      break: (peer) => peer.changeExtensions('client_hello', replacing('key_share', ...clientShares({ group: id, share }))),
    },
  ];
});
