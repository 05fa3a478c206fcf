import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { toHex } from '../../core/bytes/bytes.ts';
import { sha256 } from '../../crypto/node/hash.ts';
import { parseCertificate } from './certificate.ts';
import { mozillaRoots } from './mozilla-roots.ts';

const roots = mozillaRoots();

it("Mozilla's roots are authorities, each once", () => {
  const certificates = roots.map((der) => parseCertificate(der));
  expect(certificates.length).toBeGreaterThan(100);
  expect(certificates.filter(({ isCa, version }) => !isCa && version === 3)).toEqual([]);
  expect(certificates.filter(({ isSelfIssued }) => !isSelfIssued)).toEqual([]);
  expect(new Set(roots.map((der) => toHex(sha256.digest(der)))).size).toBe(roots.length);
});

it("Mozilla's roots are those of the Node that they were taken from", (context) => {
  const source = readFileSync(new URL('./mozilla-roots-data.ts', import.meta.url), 'utf8');
  const from = /list of Node ([\d.]+)/.exec(source)?.[1];
  if (from !== process.versions.node) context.skip(`they were taken from Node ${from}, this is ${process.versions.node}`);
  const base64 = (der: Uint8Array) => Buffer.from(der).toString('base64');
  const bodies = rootCertificates.map((pem) => pem.replace(/-----[^-]+-----|\s/g, ''));
  expect(roots.map(base64).sort()).toEqual([...new Set(bodies)].sort());
});

it('a bundle has them only if it uses them', async () => {
  const bundle = async (statement: string) => {
    const { outputFiles } = await build({
      stdin: { contents: `import { mozillaRoots } from './mozilla-roots.ts'; ${statement}`, resolveDir: 'packages/foxtls/src' },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
    });
    return outputFiles[0]?.text ?? '';
  };
  const without = await bundle("export { parseName } from './x509.ts';");
  const withRoots = await bundle("export { parseName } from './x509.ts'; console.log(mozillaRoots());");
  console.log(`a bundle without Mozilla's roots: ${without.length} bytes; with them: ${withRoots.length}`);
  expect(without).not.toMatch(/MII[A-Za-z0-9+/]{200}/);
  expect(withRoots).toMatch(/MII[A-Za-z0-9+/]{200}/);
});
