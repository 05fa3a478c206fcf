/**
 * Source files as the architecture test sees them: a path, the text, the syntax tree, and what is imported.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'vitest/node';

/** A node of the tree (ESTree, with TypeScript's additions). Only what the rules look at has a name here. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Source {
  /** Relative to the package's `src`, with `/`: `protocol/keys/transcript.ts`. */
  readonly path: string;
  readonly text: string;
  readonly program: SyntaxNode;
  /** What stands behind `from`, also of types, of re-exports and of dynamic imports. */
  readonly imports: readonly string[];
}

/** Every .ts file of a folder and its subfolders. */
export function readSources(folder: string): Source[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) =>
      parseSource(
        file
          .slice(folder.length)
          .replace(/^[\\/]/, '')
          .replaceAll('\\', '/'),
        readFileSync(file, 'utf8'),
      ),
    )
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function parseSource(path: string, text: string): Source {
  const program = parseAst(text, { lang: 'ts' }) as unknown as SyntaxNode;
  return { path, text, program, imports: importsOf(program) };
}

/** Tests and their fixtures are not part of what is shipped: the rules about layers do not bind them. */
export function isShipped(source: Source): boolean {
  return !/\.(test|fixture)\.ts$/.test(source.path);
}

/** All nodes of a tree, parents first. */
export function* nodesOf(node: SyntaxNode): Generator<SyntaxNode> {
  yield node;
  for (const field of Object.values(node)) {
    for (const child of Array.isArray(field) ? field : [field]) if (isNode(child)) yield* nodesOf(child);
  }
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

export function lineOf(source: Source, offset: number): number {
  return source.text.slice(0, offset).split('\n').length;
}

export function lineCount(source: Source, node: SyntaxNode): number {
  return source.text.slice(node.start, node.end).split('\n').length;
}

const IMPORTING = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

function importsOf(program: SyntaxNode): string[] {
  const specifiers: string[] = [];
  for (const node of nodesOf(program)) {
    if (!IMPORTING.has(node.type) || !isNode(node['source'])) continue;
    const value = node['source']['value'];
    if (typeof value === 'string') specifiers.push(value);
  }
  return specifiers;
}
