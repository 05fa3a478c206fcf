/**
 * Messages as trees of their fields: the library's codecs read them, and tell of every field.
 *
 * A codec tells of a field when it has read it, after the fields inside. One that throws has told of all that it could read: those are shown, and then
 * why it stopped.
 */

import { TlsError } from 'foxtls';
import { type Codec, decode, extensionTypeName } from 'foxtls/messages';
import type { Node } from './node.ts';
import type { Source } from './source.ts';
import { valueText } from './values.ts';

export interface Fields {
  readonly nodes: readonly Node[];
  readonly problem: string | undefined;
  /** Undefined when there is a problem. */
  readonly value: unknown;
}

/** A node that is not yet in its place. */
interface Told {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly node: Node;
}

/** Reads all of a source. `name` is what its path begins with. */
export function readFields(codec: Codec<unknown>, source: Source, name: string): Fields {
  const told: Told[] = [];
  const place = (path: string, start: number, end: number, value: unknown) => {
    const children = takeChildren(told, path);
    told.push({ path, start, end, node: makeNode(source, { path, start, end, value }, children) });
  };
  try {
    const value = decode(codec, source.bytes, name, place);
    return { nodes: told.map(({ node }) => node), problem: undefined, value };
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    gatherUnfinished(told, name, place);
    return { nodes: told.map(({ node }) => node), problem: error.message, value: undefined };
  }
}

/** Those last told of that are inside `path`. */
function takeChildren(told: Told[], path: string): Told[] {
  let first = told.length;
  while (first > 0 && isInside((told[first - 1] as Told).path, path)) first--;
  return told.splice(first);
}

function isInside(path: string, outer: string): boolean {
  return path.startsWith(outer) && (path[outer.length] === '.' || path[outer.length] === '[');
}

/** Fields that were read inside one that was not are put under it, the deepest first. */
function gatherUnfinished(told: Told[], root: string, place: (path: string, start: number, end: number, value: unknown) => void) {
  for (;;) {
    const parents = told.map(({ path }) => path.replace(/(\.\w+|\[\d+\])$/, ''));
    const deepest = parents.filter((path) => path !== root).sort((a, b) => b.length - a.length)[0];
    if (deepest === undefined) return;
    const inside = told.filter(({ path }) => isInside(path, deepest));
    // They may not be the last: those of other parents follow them only when they are those of no parent yet.
    const rest = told.filter(({ path }) => !isInside(path, deepest));
    told.splice(0, told.length, ...rest, ...inside);
    place(deepest, Math.min(...inside.map(({ start }) => start)), Math.max(...inside.map(({ end }) => end)), undefined);
  }
}

interface Field {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
}

function makeNode(source: Source, { path, start, end, value }: Field, children: readonly Told[]): Node {
  const [, name = '', index = ''] = /([^.[\]]+)((?:\[\d+\])?)$/.exec(path) ?? [];
  const nodes = name === 'extensions' && index === '' ? pairExtensions(children) : children.map(({ node }) => node);
  return {
    label: index === '' ? snakeCase(name) : index,
    value: nodes.length === 0 ? valueText(name, value) : '',
    offset: source.offsetOf(start),
    bytes: source.bytes.subarray(start, end),
    children: nodes,
  };
}

/**
 * The raw list of extensions comes first, and behind it those that are known, decoded: each takes the place of its raw bytes.
 */
function pairExtensions(told: readonly Told[]): Node[] {
  const isRaw = ({ path }: Told) => path.endsWith(']');
  const decoded = told.filter((each) => !isRaw(each));
  return told.filter(isRaw).map(({ node, end, start }) => {
    const type = node.children[0];
    const data = node.children[1];
    if (type === undefined || data === undefined) return node;
    const code = ((type.bytes[0] as number) << 8) | (type.bytes[1] as number);
    const name = extensionTypeName(code);
    const inner = decoded.find((each) => each.node.label === name && each.start >= start && each.end <= end);
    const value = inner === undefined ? data.value : inner.node.value;
    const shown = inner?.node.children ?? [];
    return { ...node, label: name ?? type.value, value: value === 'yes' ? '' : value, children: shown };
  });
}

/** The RFC's own form: `legacy_session_id`. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
