// The size of a TLS 1.3 client in a bundle: esbuild, minified, gzipped, with the portable parts that one suite and one group need.

import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const CLIENT = `
  import { createTlsClient, defineClientConfig } from 'foxtls';
  import { aes128Gcm, keys, random, sha256, x25519 } from 'foxtls/crypto/portable';
  import { createX509Verifier } from 'foxtls/x509';
  const provider = { name: 'small', random, hashes: [sha256], aeads: [aes128Gcm], groups: [x25519], keys };
  export const connect = (trustAnchors, options) =>
    createTlsClient(defineClientConfig({ provider, verifier: createX509Verifier({ provider, trustAnchors }) }), options);
`;

/** Kilobytes: minified, and gzipped after that. Without cryptography: the same, its parts left outside. */
export async function bundleSizes() {
  const measure = async (external) => {
    const { outputFiles } = await build({
      stdin: { contents: CLIENT, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
      bundle: true,
      format: 'esm',
      minify: true,
      platform: 'neutral',
      external,
      write: false,
      logLevel: 'silent',
    });
    const [{ contents }] = outputFiles;
    return { minified: contents.length / 1000, gzipped: gzipSync(contents).length / 1000 };
  };
  return { whole: await measure([]), protocol: await measure(['@noble/*', 'foxtls/crypto/portable']) };
}
