/**
 * A tree as lines: offset, bytes, and what they are.
 *
 * ```
 * 0000  16 03 01 00 c4           handshake: TLSv1, 196 bytes
 * 0005  01 00 00 c0              └─ client_hello: 192 bytes
 * 0009  03 03                       ├─ legacy_version: TLSv1.2 (0x0303)
 * ```
 * Beside a node with children stand the bytes before the first of them: headers and lengths.
 */

import type { Style } from '../command/style.ts';
import { findProblem, type Inspection, type Node } from './node.ts';

const SHOWN = 8;
const HEX_WIDTH = SHOWN * 3 + 1;

export interface RenderOptions {
  readonly style: Style;
  /** All bytes of each field, not the first eight. */
  readonly full: boolean;
}

export function renderTree(nodes: readonly Node[], { style, full }: RenderOptions): string[] {
  const lines: string[] = [];
  const visit = (node: Node, first: string, next: string) => {
    const own = ownBytes(node);
    const rows = hexRows(own, full);
    const text = `${style.bold(node.label)}${node.value && `: ${node.value}`}`;
    lines.push(row(node.offset, rows[0] ?? '', `${first}${text}`, style));
    for (const [i, hex] of rows.slice(1).entries()) lines.push(row(node.offset + (i + 1) * SHOWN, hex, next, style));
    for (const [i, child] of node.children.entries()) {
      const isLast = i === node.children.length - 1 && node.problem === undefined;
      visit(child, `${next}${isLast ? '└─ ' : '├─ '}`, `${next}${isLast ? '   ' : '│  '}`);
    }
    if (node.problem !== undefined) {
      lines.push(row(undefined, '', `${next}${style.red(`✗ ${node.problem}`)}`, style));
    }
  };
  for (const node of nodes) visit(node, '', '');
  return lines.map((line) => line.trimEnd());
}

/** Those that no child shows. */
function ownBytes({ bytes, children, offset }: Node): Uint8Array {
  // A message that began in a record before this one stands there.
  const first = children.find((child) => child.offset >= offset);
  return first === undefined ? bytes : bytes.subarray(0, Math.max(0, first.offset - offset));
}

function hexRows(bytes: Uint8Array, full: boolean): string[] {
  const rows: string[] = [];
  const end = full ? bytes.length : Math.min(bytes.length, SHOWN);
  for (let at = 0; at < end; at += SHOWN) {
    const pairs =
      Buffer.from(bytes.subarray(at, Math.min(end, at + SHOWN)))
        .toString('hex')
        .match(/../g) ?? [];
    rows.push(pairs.join(' '));
  }
  if (!full && bytes.length > SHOWN) rows[0] = `${(rows[0] as string).slice(0, -2)}…`;
  return rows;
}

function row(offset: number | undefined, hex: string, text: string, style: Style): string {
  const place = offset === undefined ? '' : offset.toString(16).padStart(4, '0');
  return `${style.dim(place.padEnd(6))}${style.cyan(hex.padEnd(HEX_WIDTH))}${text}`;
}

/** For `--json`. */
export function treeFacts({ format, nodes }: Inspection): object {
  return { format, nodes: nodes.map(nodeFacts), ...(findProblem(nodes) !== undefined && { problem: findProblem(nodes) }) };
}

function nodeFacts({ label, value, offset, bytes, children, problem }: Node): object {
  return {
    label,
    ...(value !== '' && { value }),
    offset,
    length: bytes.length,
    ...(children.length === 0 ? { hex: Buffer.from(bytes).toString('hex') } : { children: children.map(nodeFacts) }),
    ...(problem !== undefined && { problem }),
  };
}
