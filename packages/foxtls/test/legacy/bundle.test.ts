/**
 * What a bundle holds: nothing of `foxtls/legacy` without the import, and of its parts only those that are imported.
 */

import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../folders.ts';

/** The sources that something of is in the bundle of this program. */
async function sourcesIn(program: string): Promise<readonly string[]> {
  const { metafile } = await build({
    stdin: { contents: program, resolveDir: `${projectRoot}/packages/foxtls/src`, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    external: ['node:*', '@noble/*'],
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const [output] = Object.values(metafile.outputs);
  return Object.entries(output?.inputs ?? {}).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
}

const LEGACY =
  /src\/legacy|crypto\/legacy\/(rc4|md5|chacha)|rsa-premaster-secret|encrypted-premaster-secret|record\/stream-protection/;

describe('a bundle', () => {
  it.each(['./index.ts', './tls.ts', './https.ts', './x509.ts'])('of %s has nothing old', async (entry) => {
    const sources = await sourcesIn(`export * from '${entry}';`);
    expect(sources.length).toBeGreaterThan(5);
    expect(sources.filter((path) => LEGACY.test(path))).toEqual([]);
  });

  it('of all of foxtls/legacy has all of it', async () => {
    const sources = await sourcesIn("export { legacy } from './legacy.ts';");
    for (const part of ['rc4', 'md5', 'chacha20-poly1305-old']) {
      expect(sources.some((path) => path.endsWith(`crypto/legacy/${part}.ts`))).toBe(true);
    }
  });

  it.each([
    ['rsaCipherSuites', ['legacy/rsa.ts']],
    ['ecdhCipherSuites', ['legacy/ecdh.ts']],
    ['anonymousCipherSuites', ['legacy/anonymous.ts']],
    ['dssCipherSuites', []],
    ['legacySignatureSchemes', ['legacy/signature-schemes.ts']],
  ])('of %s has nothing else that is old', async (name, expected) => {
    const sources = await sourcesIn(`export { ${name} } from './legacy.ts';`);
    const parts = sources.filter(
      (path) => /src\/(legacy|crypto\/legacy)\//.test(path) && !/legacy\/(cipher-suites|ciphers)\.ts/.test(path),
    );
    expect(parts.map((path) => path.replace(/.*src\//, ''))).toEqual(expected);
  });
});
