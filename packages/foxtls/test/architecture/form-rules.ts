/**
 * What a source file may look like. Each rule takes sources and returns what breaks it, one line each.
 */

import type { Rule } from './import-rules.ts';
import { isNode, lineCount, lineOf, nodesOf, type Source, type SyntaxNode } from './source.ts';

const LONGEST_FILE = 600;
const LONGEST_FUNCTION = 60;
/** From here on a function is listed, though not refused. */
const LONG_FUNCTION = 40;

/** The faces of node:tls and node:https are imported as their models are. */
const DEFAULT_EXPORTERS = new Set(['tls.ts', 'node/tls.ts', 'https.ts', 'node/https.ts']);

/** Node's crypto takes and gives Buffers, so crypto/node/ may touch them; what it returns is plain. */
export const bufferStaysInNode: Rule = (sources) =>
  findNodes(sources, (node, source) =>
    node.type === 'Identifier' && node['name'] === 'Buffer' && !/^(node|crypto\/node)\//.test(source.path)
      ? 'Buffer is for node/ and crypto/node/'
      : undefined,
  );

export const noEnum: Rule = (sources) =>
  findNodes(sources, (node) => (node.type === 'TSEnumDeclaration' ? 'an enum: use an object `as const`' : undefined));

export const noDefaultExport: Rule = (sources) =>
  findNodes(sources, (node, source) =>
    node.type === 'ExportDefaultDeclaration' && !DEFAULT_EXPORTERS.has(source.path)
      ? 'a default export: give it a name'
      : undefined,
  );

export const noMutableModuleState: Rule = (sources) =>
  sources.flatMap((source) =>
    topLevel(source)
      .filter((node) => node.type === 'VariableDeclaration' && node['kind'] !== 'const' && node['declare'] !== true)
      .map((node) => `${place(source, node)}: a module-level ${String(node['kind'])}`),
  );

export const functionsAreShort: Rule = (sources) => functionsLongerThan(sources, LONGEST_FUNCTION);

/** Functions to look at: long, but not yet too long. */
export const longFunctions: Rule = (sources) => functionsLongerThan(sources, LONG_FUNCTION);

export const filesAreShort: Rule = (sources) =>
  sources.flatMap((source) => {
    const lines = source.text.split('\n').length - 1;
    return lines > LONGEST_FILE ? [`${source.path}: ${lines} lines, ${LONGEST_FILE} at most`] : [];
  });

export const filesOpenWithPurpose: Rule = (sources) =>
  sources.flatMap((source) =>
    /^(#![^\n]*\n)?(\/\*\*\s*(\*\s*)?[^\s*/]|\/\/ \S)/.test(source.text) ? [] : [`${source.path}: opens without a comment`],
  );

/** `TODO: why it is not done` has words for the reason; FIXME, XXX and HACK are not used. */
export const openEndsHaveReasons: Rule = (sources) =>
  findText(sources, /\b(TODO(?!:(?: \S+){4})|FIXME|XXX|HACK)\b/g, (match) => `${match}: say why, as "TODO: …", in a sentence`);

export const noDrawers: Rule = (sources) =>
  sources.flatMap((source) =>
    /(^|\/)(utils?|helpers?|common|misc)(\/|\.)/.test(source.path) ? [`${source.path}: name it for what it does`] : [],
  );

/** Verbs of the house instead: read, parse, seal, open, choose, derive, verify … The faces keep the names of their models. */
export const namesSayWhatIsDone: Rule = (sources) =>
  sources
    .filter((source) => !/^(node|compat)\//.test(source.path))
    .flatMap((source) =>
      topLevel(source)
        .map((node) => ({ node, name: exportedFunctionName(node) }))
        .filter(({ name }) => /^(get|handle|process|do)(?=[A-Z]|$)/.test(name))
        .map(({ node, name }) => `${place(source, node)}: ${name} has a verb that says nothing`),
    );

/** Paths of somebody's machine and hosts that packages come from. */
const NOT_OURS = [
  /(?<![\w.)}\]])\/(?:home|root|Users|work|mnt)\/[\w.-]+/g,
  /https?:\/\/(?:registry|mirrors?|proxy|deb|npm|artifacts?)\b[\w.-]*/g,
];

export function foreignWords(path: string, text: string): string[] {
  return NOT_OURS.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => `${path}: ${match[0]}`));
}

function functionsLongerThan(sources: readonly Source[], limit: number): string[] {
  return findNodes(sources, (node, source) => {
    const body = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type) ? node['body'] : undefined;
    const lines = isNode(body) ? lineCount(source, node) : 0;
    return lines > limit ? `a function of ${lines} lines, ${limit} at most` : undefined;
  });
}

function findNodes(sources: readonly Source[], judge: (node: SyntaxNode, source: Source) => string | undefined): string[] {
  return sources.flatMap((source) =>
    [...nodesOf(source.program)].flatMap((node) => {
      const reason = judge(node, source);
      return reason === undefined ? [] : [`${place(source, node)}: ${reason}`];
    }),
  );
}

function findText(sources: readonly Source[], pattern: RegExp, reason: (match: string) => string): string[] {
  return sources.flatMap((source) =>
    [...source.text.matchAll(pattern)].map((match) => `${source.path}:${lineOf(source, match.index)}: ${reason(match[0])}`),
  );
}

/** The statements of a module, `export` taken off. */
function topLevel(source: Source): SyntaxNode[] {
  const body = source.program['body'];
  if (!Array.isArray(body)) return [];
  return body.filter(isNode).map((node) => (isNode(node['declaration']) ? node['declaration'] : node));
}

function exportedFunctionName(node: SyntaxNode): string {
  return node.type === 'FunctionDeclaration' && isNode(node['id']) ? String(node['id']['name']) : '';
}

function place(source: Source, node: SyntaxNode): string {
  return `${source.path}:${lineOf(source, node.start)}`;
}
