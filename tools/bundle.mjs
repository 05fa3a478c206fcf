/**
 * Writes the JavaScript of a package: `node tools/bundle.mjs packages/foxtls src/tls.ts …`, or without entries those of its `exports`.
 *
 * Each entry is one file, and what entries share stands in chunks, once, so that a class is the same class for all of them. Three hundred
 * small modules take Node 90 ms to load and leave it with a heap that it collects too often (docs/decisions/0025-built-as-few-files.md);
 * a dozen files take 25. Dependencies stay outside. Nothing is minified: names and line structure are those of the source.
 */

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const [folder = '', ...given] = process.argv.slice(2);
const entries = given.length > 0 ? given : exportedEntries();

// Chunks are named by their content: those of an earlier build would be left.
rmSync(join(folder, 'dist/chunks'), { recursive: true, force: true });
await build({
  entryPoints: entries.map((entry) => join(folder, entry)),
  outdir: join(folder, 'dist'),
  outbase: join(folder, 'src'),
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'neutral',
  packages: 'external',
  external: ['node:*'],
  target: 'es2022',
  sourcemap: true,
  logLevel: 'warning',
});

/** The sources of the files that `exports` points to. */
function exportedEntries() {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const targets = Object.values(manifest.exports).flatMap((target) => (typeof target === 'string' ? [] : [target.default]));
  return targets.map((target) => target.replace('./dist/', 'src/').replace(/\.js$/, '.ts'));
}
