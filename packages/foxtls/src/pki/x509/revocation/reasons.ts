/**
 * Why certificates are revoked: CRLReason, and sets of such reasons (RFC 5280 §5.3.1, §4.2.1.13).
 *
 * ```
 * CRLReason ::= ENUMERATED {
 *      unspecified             (0),
 *      keyCompromise           (1),
 *      cACompromise            (2),
 *      affiliationChanged      (3),
 *      superseded              (4),
 *      cessationOfOperation    (5),
 *      certificateHold         (6),
 *           -- value 7 is not used
 *      removeFromCRL           (8),
 *      privilegeWithdrawn      (9),
 *      aACompromise           (10) }
 *
 * ReasonFlags ::= BIT STRING {
 *      unused                  (0),
 *      keyCompromise           (1),
 *      cACompromise            (2),
 *      affiliationChanged      (3),
 *      superseded              (4),
 *      cessationOfOperation    (5),
 *      certificateHold         (6),
 *      privilegeWithdrawn      (7),
 *      aACompromise            (8) }
 * ```
 */

import { TAG, writeElement } from '../../../core/asn1/der.ts';
import type { DerType, DerValue } from '../../../core/asn1/schema.ts';
import { namedBits } from '../../../core/asn1/types.ts';

const CODES = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const;

export type RevocationReason = keyof typeof CODES;

const NAMES: ReadonlyMap<number, RevocationReason> = new Map(
  (Object.entries(CODES) as [RevocationReason, number][]).map(([name, code]) => [code, name]),
);

/** The reason of a code, or undefined for a code that does not exist. */
export function reasonOfCode(code: number): RevocationReason | undefined {
  return NAMES.get(code);
}

/** `CRLReason` */
export const crlReason: DerType<RevocationReason> = {
  tags: [TAG.ENUMERATED],
  read(element) {
    const { content } = element;
    const reason = content.length === 1 ? NAMES.get(content[0] as number) : undefined;
    return reason ?? element.fail('there is no such reason for a revocation');
  },
  write: (reason) => writeElement(TAG.ENUMERATED, Uint8Array.of(CODES[reason])),
};

/** The bits of `ReasonFlags` from 1 on. */
const REASON_FLAGS = [
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
  'aACompromise',
] as const;

/** `ReasonFlags` */
export const reasonFlags = namedBits(['unused', ...REASON_FLAGS]);

export type ReasonFlag = DerValue<typeof reasonFlags> extends ReadonlySet<infer N> ? N : never;
export type ReasonSet = ReadonlySet<ReasonFlag>;

/** "the set of all legal members" (RFC 5280 §6.3.2) */
export const ALL_REASONS: ReasonSet = new Set(REASON_FLAGS);

/** What is in both sets; an absent set is that of all reasons (RFC 5280 §6.3.3 (d)). */
export function commonReasons(a: ReasonSet | undefined, b: ReasonSet | undefined): ReasonSet {
  return new Set([...ALL_REASONS].filter((reason) => (a?.has(reason) ?? true) && (b?.has(reason) ?? true)));
}
