/**
 * What endpoints say that means nothing, and in an order that means nothing (RFC 8701 §3.1, §4.1, §5; RFC 8446 §4.2), so that peers do not
 * come to rely on knowing all of it. Sent only when a config asks; what peers send of it needs no code, as it is unknown like anything else.
 *
 * "Implementations advertising GREASE values SHOULD select them at random." (RFC 8701 §5) They are drawn once a connection: both
 * ClientHellos have the same, as the second may not differ from the first (RFC 8446 §4.1.2). Their places are fixed: "A client that
 * positions GREASE values deterministically … stresses fewer cases but is more likely to detect bugs from those cases." (RFC 8701 §5)
 */

import { EMPTY } from '../../core/bytes/bytes.ts';
import { EXTENSION_TYPES } from '../../core/registry/extension-types.ts';
import { GREASE_PSK_KEY_EXCHANGE_MODES, GREASE_VALUES, isGrease } from '../../core/registry/grease.ts';
import type { RandomSource } from '../../crypto/key-exchange.ts';
import { type ExtensionBlock, type RawExtension, withList } from '../messages/extensions/block.ts';
import type { ExtensionContext } from '../messages/extensions/table.ts';

/** The reserved values of one ClientHello: each stands first in its list. */
export interface HelloGrease {
  readonly suite: number;
  readonly group: number;
  readonly version: number;
  readonly scheme: number;
  readonly pskMode: number;
  readonly alpnProtocol: string;
  /** The first extension, without content, and the last but pre_shared_key, with a byte. Their types differ. */
  readonly first: RawExtension;
  readonly last: RawExtension;
}

export function drawHelloGrease(random: RandomSource): HelloGrease {
  const draws = random(8);
  const value = (at: number, beyond = 0) => GREASE_VALUES[((draws[at] as number) + beyond) % GREASE_VALUES.length] as number;
  const alpn = value(5);
  // One of the 15 others: "… must therefore ensure the same value is not selected twice." (RFC 8701 §5)
  const others = 1 + ((draws[7] as number) % (GREASE_VALUES.length - 1));
  return {
    suite: value(0),
    group: value(1),
    version: value(2),
    scheme: value(3),
    pskMode: GREASE_PSK_KEY_EXCHANGE_MODES[(draws[4] as number) % GREASE_PSK_KEY_EXCHANGE_MODES.length] as number,
    alpnProtocol: String.fromCharCode(alpn >> 8, alpn & 0xff),
    first: { type: value(6), data: EMPTY },
    last: { type: value(6, others), data: Uint8Array.of(0) },
  };
}

/** `reserved` before the list, if there is any. */
export function greased<T>(reserved: T | undefined, list: readonly T[]): readonly T[] {
  return reserved === undefined ? list : [reserved, ...list];
}

/** A reserved signature scheme or other two-byte number, for a server that sends some. */
export function drawGrease(random: RandomSource): number {
  return GREASE_VALUES[(random(1)[0] as number) % GREASE_VALUES.length] as number;
}

/** A block of CertificateRequest or NewSessionTicket with a reserved extension behind the others. */
export function withGrease<C extends ExtensionContext>(block: ExtensionBlock<C>, random: RandomSource): ExtensionBlock<C> {
  return withList(block.context, [...block.list, { type: drawGrease(random), data: EMPTY }]);
}

/** The types that an answer may have: none of the reserved ones, though they were sent (RFC 8701 §3.1). */
export function answerableTypes(list: readonly RawExtension[]): ReadonlySet<number> {
  return new Set(list.map(({ type }) => type).filter((type) => !isGrease(type)));
}

/** Draws for the order of extensions: enough for all that there are. */
export type ExtensionOrder = Uint8Array;

const MOST_EXTENSIONS = 64;

export function drawExtensionOrder(random: RandomSource): ExtensionOrder {
  return random(2 * MOST_EXTENSIONS);
}

/**
 * The extensions in the order that was drawn (Fisher and Yates). A cookie, which only the second ClientHello has, stays last, so that the
 * others keep their places; sixteen bits a draw are even enough for lists as short as these.
 */
export function permuted(list: readonly RawExtension[], order: ExtensionOrder): readonly RawExtension[] {
  const isCookie = ({ type }: RawExtension) => type === EXTENSION_TYPES.cookie;
  const shuffled = list.filter((extension) => !isCookie(extension));
  for (let i = Math.min(shuffled.length, MOST_EXTENSIONS) - 1; i > 0; i--) {
    const draw = ((order[2 * i] as number) << 8) | (order[2 * i + 1] as number);
    const j = draw % (i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j] as RawExtension, shuffled[i] as RawExtension];
  }
  return [...shuffled, ...list.filter(isCookie)];
}
