/**
 * ASN.1 in DER (X.690) as its structure: tags, lengths, and what the universal types say; octet strings, bit strings and context tags that hold DER
 * again are opened.
 */

import { DecodeError } from 'foxtls';
import {
  CHARACTER_STRING_TAGS,
  DerCursor,
  type DerElement,
  formatOidContent,
  formatTag,
  generalizedTime,
  isConstructed,
  oidName,
  readCharacters,
  readElement,
  TAG,
  utcTime,
} from 'foxtls/asn1';
import { objectName } from '../cert/text/object-names.ts';
import { bytesText, type Node } from './node.ts';
import type { Source } from './source.ts';
import { quoted } from './values.ts';

const MAX_DEPTH = 32;
/** A number with more bits is a key's, and told by its length. */
const MAX_SHOWN_BITS = 64;

/** Elements one after the other, to the end or to what is no DER. */
export function readDer(input: Source): Node[] {
  const cursor = new DerCursor(input.bytes, 0, input.length, undefined, MAX_DEPTH);
  const nodes: Node[] = [];
  let at = 0;
  try {
    while (cursor.peek() !== undefined) {
      const element = cursor.next('element');
      nodes.push(describeElement(element, input));
      at += element.encoded.length;
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const rest = input.slice(at);
    nodes.push({
      label: 'rest',
      value: bytesText(rest.length),
      offset: rest.offsetOf(0),
      bytes: rest.bytes,
      children: [],
      problem: `here it stops being DER: ${error.message}`,
    });
  }
  return nodes;
}

/** Whether all of it is one element. */
export function isDer(bytes: Uint8Array): boolean {
  try {
    readElement(bytes, 'element');
    return true;
  } catch {
    return false;
  }
}

function describeElement(element: DerElement, input: Source): Node {
  const base = {
    label: formatTag(element.tag),
    offset: input.offsetOf(element.encoded.byteOffset - input.bytes.byteOffset),
    bytes: element.encoded,
  };
  try {
    const children = openElement(element).map((child) => describeElement(child, input));
    const unused = element.tag === TAG.BIT_STRING && children.length > 0 ? '' : contentText(element);
    return { ...base, value: children.length > 0 ? bytesText(element.content.length) : unused, children };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return {
      ...base,
      value: bytesText(element.content.length),
      children: [],
      problem: `here it stops being DER: ${error.message}`,
    };
  }
}

function openElement(element: DerElement): DerElement[] {
  if (isConstructed(element.tag)) {
    const children: DerElement[] = [];
    const cursor = element.children();
    while (cursor.peek() !== undefined) children.push(cursor.next(`[${children.length}]`));
    return children;
  }
  const inside = element.tag === TAG.BIT_STRING ? element.content.subarray(1) : element.content;
  const opens = element.tag === TAG.OCTET_STRING || (element.tag === TAG.BIT_STRING && element.content[0] === 0);
  // A single short element could be there by chance: a structure could not.
  if (!opens || inside.length < 2 || !isConstructedType(inside[0] as number) || !isDer(inside)) return [];
  return [element.contained('contained', element.content.length - inside.length)];
}

function isConstructedType(tag: number): boolean {
  return tag === TAG.SEQUENCE || tag === TAG.SET || tag === TAG.OCTET_STRING || tag === TAG.BIT_STRING;
}

function contentText(element: DerElement): string {
  const { tag, content } = element;
  switch (tag) {
    case TAG.BOOLEAN:
      return content[0] === 0 ? 'FALSE' : 'TRUE';
    case TAG.NULL:
      return '';
    case TAG.INTEGER:
    case TAG.ENUMERATED:
      return integerText(content);
    case TAG.OBJECT_IDENTIFIER:
      return oidText(content);
    case TAG.UTC_TIME:
      return utcTime.read(element).toISOString();
    case TAG.GENERALIZED_TIME:
      return generalizedTime.read(element).toISOString();
    case TAG.BIT_STRING:
      return `${bitsOf(content)} bits`;
    default:
      return CHARACTER_STRING_TAGS.includes(tag) ? quoted(readCharacters(element)) : bytesText(content.length);
  }
}

function integerText(content: Uint8Array): string {
  if (content.length === 0) return 'empty';
  const hex = Buffer.from(content).toString('hex');
  const number = BigInt.asIntN(content.length * 8, BigInt(`0x${hex}`));
  const bits = (number < 0n ? -number : number).toString(2).length;
  return bits <= MAX_SHOWN_BITS ? String(number) : `${bits} bits`;
}

function oidText(content: Uint8Array): string {
  const dotted = formatOidContent(content);
  if (dotted === undefined) return 'no object identifier';
  const name = oidName(dotted) ?? objectName(dotted);
  return name === dotted ? dotted : `${name} (${dotted})`;
}

function bitsOf(content: Uint8Array): number {
  return Math.max(0, (content.length - 1) * 8 - (content[0] ?? 0));
}
