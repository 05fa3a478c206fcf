// What is no entry of the package, for measurements and fuzzing: modules of its sources, in one bundle, so that a class is the same class for all.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/**
 * `contents`: exports, from paths relative to packages/foxtls/src. The bundle is imported from a file, which is then gone: what measures
 * coverage by rewriting modules sees only files.
 *
 * @param {string} contents
 */
export async function importSources(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('../packages/foxtls/src', import.meta.url)), loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    external: ['node:*'],
    target: 'es2022',
    write: false,
  });
  const [bundle] = outputFiles;
  const folder = await mkdtemp(join(tmpdir(), 'foxtls-sources-'));
  const file = join(folder, 'sources.mjs');
  try {
    await writeFile(file, bundle?.contents ?? '');
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}
