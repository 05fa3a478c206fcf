/**
 * The attributes of the objects in PKCS#12 files: friendlyName and localKeyId of PKCS#9, and whatever others there are (RFC 7292 §4.2).
 *
 * ```
 * PKCS12Attribute ::= SEQUENCE {
 *     attrId      ATTRIBUTE.&id ({PKCS12AttrSet}),
 *     attrValues  SET OF ATTRIBUTE.&Type ({PKCS12AttrSet}{@attrId})
 * }
 * ```
 * friendlyName is a BMPString by its definition. Software writes UTF-16 into it, so pairs of surrogates are read and written.
 */

import { type DerElement, readElement, TAG, writeElement } from '../../core/asn1/der.ts';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { decodeDer, encodeDer } from '../../core/asn1/schema.ts';
import { CHARACTER_STRING_TAGS, readCharacters } from '../../core/asn1/strings.ts';
import { octetString } from '../../core/asn1/types.ts';
import { copyOf } from '../../core/bytes/bytes.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import type { Pkcs12Attributes } from './pkcs12.ts';
import type { Pkcs12AttributeValue } from './pkcs12-types.ts';

/** Reads attributes; of those that are there twice the first counts. Throws `DecodeError`. */
export function readAttributes(list: readonly Pkcs12AttributeValue[], path: string): Pkcs12Attributes {
  const firstValue = (type: string): Uint8Array | undefined => list.find(({ attrId }) => attrId === type)?.attrValues[0];
  const friendlyName = firstValue(OID.friendlyName);
  const localKeyId = firstValue(OID.localKeyId);
  const others = list.filter(({ attrId }) => attrId !== OID.friendlyName && attrId !== OID.localKeyId);
  return {
    ...(friendlyName && { friendlyName: readFriendlyName(readElement(friendlyName, `${path}.friendly_name`)) }),
    ...(localKeyId && { localKeyId: copyOf(decodeDer(octetString, localKeyId, `${path}.local_key_id`)) }),
    attributes: others.map(({ attrId, attrValues }) => ({ type: attrId, values: attrValues.map(copyOf) })),
  };
}

/** The attributes of an object that is written; undefined when it has none. */
export function writeAttributes(object: Pkcs12Attributes): readonly Pkcs12AttributeValue[] | undefined {
  const { friendlyName, localKeyId, attributes = [] } = object;
  const list: Pkcs12AttributeValue[] = attributes.map(({ type, values }) => ({ attrId: type, attrValues: values }));
  if (friendlyName !== undefined) list.push({ attrId: OID.friendlyName, attrValues: [writeFriendlyName(friendlyName)] });
  if (localKeyId !== undefined) list.push({ attrId: OID.localKeyId, attrValues: [encodeDer(octetString, localKeyId)] });
  return list.length === 0 ? undefined : list;
}

function readFriendlyName(element: DerElement): string {
  const { tag, content } = element;
  if (tag !== TAG.BMP_STRING) {
    return CHARACTER_STRING_TAGS.includes(tag) ? readCharacters(element) : element.fail('a character string is expected');
  }
  if (content.length % 2 !== 0) throw new DecodeError(element.path, 'the string is not a whole number of 2-octet characters');
  const units: string[] = [];
  for (let at = 0; at < content.length; at += 2) {
    units.push(String.fromCharCode(((content[at] as number) << 8) | (content[at + 1] as number)));
  }
  return units.join('');
}

function writeFriendlyName(name: string): Uint8Array {
  const content = new Uint8Array(2 * name.length);
  for (let i = 0; i < name.length; i++) {
    content[2 * i] = name.charCodeAt(i) >> 8;
    content[2 * i + 1] = name.charCodeAt(i) & 0xff;
  }
  return writeElement(TAG.BMP_STRING, content);
}
