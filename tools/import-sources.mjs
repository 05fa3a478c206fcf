// What is no entry of the package, for measurements and fuzzing: modules of its sources, in one bundle, so that a class is the same class for all.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * `contents`: exports, from paths relative to packages/foxtls/src.
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
  return import(`data:text/javascript;base64,${Buffer.from(bundle?.contents ?? []).toString('base64')}`);
}
