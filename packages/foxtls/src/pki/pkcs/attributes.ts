/**
 * Attributes, the open ends of certification requests and of signed messages (RFC 2986 §4, RFC 5652 §5.3, PKCS#9).
 *
 * ```
 * Attribute ::= SEQUENCE {
 *   attrType OBJECT IDENTIFIER,
 *   attrValues SET OF AttributeValue }
 *
 * AttributeValue ::= ANY
 * ```
 */

import { any, type DerType, type DerValue, decodeDer, encodeDer, sequence, setOf } from '../../core/asn1/schema.ts';
import { objectIdentifier } from '../../core/asn1/types.ts';
import { DecodeError } from '../../core/errors/errors.ts';

export const attribute = sequence({ type: objectIdentifier, values: setOf(any) });

/** An attribute: its OBJECT IDENTIFIER, dotted, and its values, DER. */
export type Attribute = DerValue<typeof attribute>;

export const attributes = setOf(attribute);

/** An attribute with one value. */
export function createAttribute<T>(type: string, valueType: DerType<T>, value: T): Attribute {
  return { type, values: [encodeDer(valueType, value)] };
}

/**
 * The value of an attribute that may be there once, with one value; undefined when it is not there. Throws `DecodeError` for more than
 * one, and for a value of another type.
 */
export function readSingleValue<T>(list: readonly Attribute[], type: string, valueType: DerType<T>, path: string): T | undefined {
  const [found, another] = list.filter((candidate) => candidate.type === type);
  if (found === undefined) return undefined;
  const [value] = found.values;
  if (another !== undefined || value === undefined || found.values.length > 1) {
    throw new DecodeError(path, `the attribute ${type} is not there once with one value`);
  }
  return decodeDer(valueType, value, `${path}.${type}`);
}
