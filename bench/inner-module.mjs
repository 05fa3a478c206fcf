// What is no entry of the package, for measurements: a module of its sources, bundled.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** `path`: under packages/foxtls/src. */
export async function importInner(path) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../packages/foxtls/src/${path}`, import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    external: ['node:*'],
    target: 'es2022',
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
