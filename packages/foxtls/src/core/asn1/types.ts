/**
 * The primitive ASN.1 types in DER (X.690 §8, §11): BOOLEAN, INTEGER, BIT STRING, OCTET STRING, NULL, OBJECT IDENTIFIER.
 *
 * Every value has exactly one encoding; any other is a `DecodeError`.
 */

import { toHex } from '../bytes/bytes.ts';
import { ApiMisuse } from '../errors/errors.ts';
import { type DerElement, TAG, writeElement } from './der.ts';
import { formatOidContent, parseOid } from './oid.ts';
import { type DerType, mapped } from './schema.ts';

/** `BOOLEAN`: TRUE is ff (X.690 §11.1). */
export const boolean: DerType<boolean> = {
  tags: [TAG.BOOLEAN],
  read(element) {
    const { content } = element;
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) element.fail('a BOOLEAN is one octet, 00 or ff');
    return content[0] === 0xff;
  },
  write: (value) => writeElement(TAG.BOOLEAN, Uint8Array.of(value ? 0xff : 0)),
};

/** `INTEGER` as its contents octets: two's complement, big-endian, shortest form (X.690 §8.3.2). */
export const integerContent: DerType<Uint8Array> = {
  tags: [TAG.INTEGER],
  read(element) {
    const { content } = element;
    const [first, second = 0] = content;
    if (first === undefined) element.fail('an INTEGER has at least one octet');
    if (content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
      element.fail('the INTEGER is not in its shortest form');
    }
    return content;
  },
  write: (content) => writeElement(TAG.INTEGER, content),
};

/** `INTEGER` of any size. */
export const integer: DerType<bigint> = mapped(integerContent, bigintFromContent, contentFromBigint);

/** `INTEGER (0..MAX)` as its magnitude, big-endian, without leading zeros (zero itself is one octet). */
export const unsignedInteger: DerType<Uint8Array> = mapped(
  integerContent,
  (content, element) => {
    if ((content[0] as number) >= 0x80) element.fail('the INTEGER is negative');
    return content.length > 1 && content[0] === 0 ? content.subarray(1) : content;
  },
  contentFromMagnitude,
);

/** `INTEGER (0..2147483647)` as a number, for versions and counts. */
export const smallInteger: DerType<number> = mapped(
  integerContent,
  (content, element) => {
    // In the shortest form, 31 bits fit into 4 octets.
    if (content.length > 4 || (content[0] as number) >= 0x80)
      element.fail('the INTEGER is out of range: 0 to 2147483647 is expected');
    return content.reduce((value, octet) => value * 256 + octet, 0);
  },
  (value) => contentFromBigint(BigInt(value)),
);

export interface BitString {
  readonly bytes: Uint8Array;
  /** How many bits at the end of the last byte do not count: 0 to 7; they are zero (X.690 §11.2.1). */
  readonly unusedBits: number;
}

/** `BIT STRING`. */
export const bitString: DerType<BitString> = {
  tags: [TAG.BIT_STRING],
  read(element) {
    const { content } = element;
    const [unusedBits] = content;
    if (unusedBits === undefined || unusedBits > 7)
      return element.fail('a BIT STRING begins with its number of unused bits, 0 to 7');
    const bytes = content.subarray(1);
    const last = bytes.at(-1);
    if (unusedBits > 0 && (last === undefined || (last & ((1 << unusedBits) - 1)) !== 0)) {
      element.fail('the unused bits of a BIT STRING are zero');
    }
    return { bytes, unusedBits };
  },
  write: ({ bytes, unusedBits }) => writeElement(TAG.BIT_STRING, Uint8Array.of(unusedBits), bytes),
};

/** `BIT STRING` that holds whole octets, as keys and signatures do. */
export const octetAlignedBitString: DerType<Uint8Array> = mapped(
  bitString,
  ({ bytes, unusedBits }, element) => {
    if (unusedBits !== 0) element.fail('a BIT STRING of whole octets is expected');
    return bytes;
  },
  (bytes) => ({ bytes, unusedBits: 0 }),
);

/**
 * `BIT STRING { name (0), … }`: a set of names; trailing zero bits are left out (X.690 §11.2.2). Bits without a name are dropped.
 * `trailingZerosTolerated` reads them all the same, for the fields that deployed software writes so.
 */
export function namedBits<const N extends string>(
  names: readonly N[],
  { trailingZerosTolerated = false }: { readonly trailingZerosTolerated?: boolean } = {},
): DerType<ReadonlySet<N>> {
  return mapped(
    bitString,
    ({ bytes, unusedBits }, element) => {
      const last = bytes.at(-1);
      const endsWithZero = last !== undefined && (last & (1 << unusedBits)) === 0;
      if (endsWithZero && !trailingZerosTolerated) element.fail('a BIT STRING of named bits ends with a set bit');
      return new Set(names.filter((_, bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0));
    },
    (set) => {
      const highest = names.findLastIndex((name) => set.has(name));
      const bytes = new Uint8Array((highest + 8) >> 3);
      names.forEach((name, bit) => {
        if (set.has(name)) bytes[bit >> 3] = (bytes[bit >> 3] as number) | (0x80 >> (bit & 7));
      });
      return { bytes, unusedBits: bytes.length * 8 - 1 - highest };
    },
  );
}

/** `OCTET STRING`. */
export const octetString: DerType<Uint8Array> = {
  tags: [TAG.OCTET_STRING],
  read: (element) => element.content,
  write: (bytes) => writeElement(TAG.OCTET_STRING, bytes),
};

/** `NULL`. */
export const nullValue: DerType<null> = {
  tags: [TAG.NULL],
  read(element) {
    if (element.content.length !== 0) element.fail('a NULL has no contents');
    return null;
  },
  write: () => writeElement(TAG.NULL),
};

/** `OBJECT IDENTIFIER` as dotted decimal text. */
export const objectIdentifier: DerType<string> = {
  tags: [TAG.OBJECT_IDENTIFIER],
  read: readOid,
  write: (dotted) => writeElement(TAG.OBJECT_IDENTIFIER, parseOid(dotted)),
};

function readOid(element: DerElement): string {
  const dotted = formatOidContent(element.content);
  return dotted ?? element.fail('the OBJECT IDENTIFIER is empty, cut off or not in its shortest form');
}

/** Through hexadecimal, which takes linear time: shifting octet by octet would take quadratic time. */
function bigintFromContent(content: Uint8Array): bigint {
  return BigInt.asIntN(8 * content.length, BigInt(`0x${toHex(content)}`));
}

function contentFromBigint(value: bigint): Uint8Array {
  let size = 1;
  while (BigInt.asIntN(8 * size, value) !== value) size++;
  let rest = BigInt.asUintN(8 * size, value);
  const content = new Uint8Array(size);
  for (let i = size - 1; i >= 0; i--, rest >>= 8n) content[i] = Number(rest & 0xffn);
  return content;
}

/** The contents octets of the INTEGER with this magnitude; leading zeros are dropped, and one is put where the sign bit needs it. */
function contentFromMagnitude(magnitude: Uint8Array): Uint8Array {
  if (magnitude.length === 0) throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'an INTEGER needs at least one octet');
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++;
  const digits = magnitude.subarray(start);
  if ((digits[0] as number) < 0x80) return digits;
  const content = new Uint8Array(digits.length + 1);
  content.set(digits, 1);
  return content;
}
