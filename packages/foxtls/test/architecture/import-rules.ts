/**
 * Who may import whom in packages/foxtls/src. Each rule takes sources and returns what breaks it, one line each.
 *
 * ```
 * node  web  sniffer  compat  legacy  testing      faces: they never import each other
 * connection
 * transport
 * protocol                                         never imports pki
 * pki
 * crypto                                           node, portable, webcrypto, legacy, post-quantum in it: leaves
 * core
 * ```
 * A folder imports from itself and from folders below it. Files in `src` itself are the package's entries: they import what they
 * export, and nothing imports them.
 */

import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import type { Source } from './source.ts';

export type Rule = (sources: readonly Source[]) => string[];

const LAYERS = [
  ['core'],
  ['crypto'],
  ['pki'],
  ['protocol'],
  ['transport'],
  ['connection'],
  ['node', 'web', 'sniffer', 'compat', 'legacy', 'testing'],
];

/** Implementations of the crypto interfaces, and the files that compose a provider from them (besides the entries). */
const PROVIDER_PART = /^crypto\/(node|portable|webcrypto|legacy|post-quantum)\//;
const COMPOSERS = new Set(['node/provider.ts', 'web/provider.ts', 'legacy/ciphers.ts', 'legacy/versions.ts']);

const BUILTIN = new Set(builtinModules);

export const layersPointDown: Rule = (sources) =>
  findImports(sources, (from, to) => {
    if (isEntry(to)) return 'an entry file is for users of the package only';
    if (isEntry(from) || folderOf(from) === folderOf(to)) return undefined;
    const [upper, lower] = [layerOf(from), layerOf(to)];
    if (upper === -1) return `no layer is known for ${folderOf(from)}/`;
    if (lower === -1) return `no layer is known for ${folderOf(to)}/`;
    return lower < upper ? undefined : `${folderOf(from)}/ is not above ${folderOf(to)}/`;
  });

export const protocolKnowsNoCertificates: Rule = (sources) =>
  findImports(sources, (from, to) =>
    folderOf(from) === 'protocol' && (folderOf(to) === 'pki' || folderOf(to) === 'transport')
      ? `protocol/ never imports ${folderOf(to)}/`
      : undefined,
  );

export const providersAreComposedInEntries: Rule = (sources) =>
  findImports(sources, (from, to) => {
    const part = PROVIDER_PART.exec(to)?.[0];
    if (part === undefined || from.startsWith(part) || isEntry(from) || COMPOSERS.has(from)) return undefined;
    // Old ciphers of our own and ML-KEM need nothing of a platform: every provider may list them.
    if (/^crypto\/(legacy|post-quantum)\/$/.test(part) && PROVIDER_PART.test(from)) return undefined;
    return 'a provider is an argument here; only entries compose one';
  });

/** Where JavaScript stands in for what a platform does not have. */
const NOBLE = /^crypto\/(portable|legacy|post-quantum)\//;

/** What is there for foxtls/legacy alone: a program without that import does not contain it. */
const OLD =
  /^(legacy\/|crypto\/legacy\/(md5|md5-sha1|rc4|chacha20-poly1305-old)\.ts$|protocol\/keys\/split-prf\.ts$|protocol\/messages\/tls12\/before-tls12\.ts$)/;
/** The keys that are given MD5 are an export of their own of foxtls/crypto/portable. */
const MAY_USE_OLD = /^(legacy\/|legacy\.ts$|crypto\/legacy\/|crypto\/portable\/old-keys\.ts$)/;

export const oldStaysInLegacy: Rule = (sources) =>
  findImports(sources, (from, to) => (OLD.test(to) && !MAY_USE_OLD.test(from) ? 'it is for foxtls/legacy alone' : undefined));

export const nodeModulesStayInNode: Rule = (sources) =>
  findPackages(sources, (from, name) =>
    isBuiltin(name) && !/^(node|crypto\/node)\//.test(from) ? 'node:* is for node/ and crypto/node/' : undefined,
  );

export const nobleStaysInPortable: Rule = (sources) =>
  findPackages(sources, (from, name) => {
    if (isBuiltin(name)) return undefined;
    if (!name.startsWith('@noble/')) return 'not a run-time dependency';
    return NOBLE.test(from) ? undefined : '@noble/* is for crypto/portable/, crypto/legacy/ and crypto/post-quantum/';
  });

export const noCycle: Rule = (sources) => {
  const targets = new Map(
    sources.map((source) => [source.path, source.imports.flatMap((name) => resolveImport(source.path, name) ?? [])]),
  );
  const finished = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const begin = trail.indexOf(path);
    if (begin !== -1) cycles.push([...trail.slice(begin), path].join(' → '));
    if (begin !== -1 || finished.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return cycles;
};

/** The rules' reasons against imports of our own files, as lines. */
function findImports(sources: readonly Source[], judge: (from: string, to: string) => string | undefined): string[] {
  return sources.flatMap((source) =>
    source.imports.flatMap((name) => {
      const to = resolveImport(source.path, name);
      const reason = to === undefined ? undefined : judge(source.path, to);
      return reason === undefined ? [] : [`${source.path} imports ${to}: ${reason}`];
    }),
  );
}

/** The rules' reasons against imports of packages, as lines. */
function findPackages(sources: readonly Source[], judge: (from: string, name: string) => string | undefined): string[] {
  return sources.flatMap((source) =>
    source.imports
      .filter((name) => !name.startsWith('.'))
      .flatMap((name) => {
        const reason = judge(source.path, name);
        return reason === undefined ? [] : [`${source.path} imports ${name}: ${reason}`];
      }),
  );
}

function resolveImport(from: string, name: string): string | undefined {
  return name.startsWith('.') ? posix.join(posix.dirname(from), name) : undefined;
}

function isEntry(path: string): boolean {
  return !path.includes('/');
}

function folderOf(path: string): string {
  return path.slice(0, path.indexOf('/'));
}

function layerOf(path: string): number {
  return LAYERS.findIndex((folders) => folders.includes(folderOf(path)));
}

function isBuiltin(name: string): boolean {
  return name.startsWith('node:') || BUILTIN.has(name);
}
