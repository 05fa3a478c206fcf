/**
 * How tests run: `unit` beside the code and in the packages' test folders, `interop` against other programs and for the examples.
 *
 * `vitest run --mode long` is the long tier (packages/foxtls/test/tiers.ts).
 */

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { TallyReporter } from './tools/tally-reporter.ts';

const SECOND = 1000;

const sources = fileURLToPath(new URL('packages/foxtls/src', import.meta.url));

export default defineConfig(({ mode }) => {
  const isLong = mode === 'long' || process.env['FOXTLS_LONG'] === '1';
  const patience = isLong ? 20 : 1;
  return {
    test: {
      reporters: ['default', new TallyReporter()],
      env: isLong ? { FOXTLS_LONG: '1' } : {},
      passWithNoTests: false,
      // All of the processors: most of the time, tests of programs wait.
      maxWorkers: '100%',
      projects: [
        {
          extends: true,
          // The packages import each other by name: here too it is the sources that are tested, not an old build.
          resolve: {
            alias: [
              { find: /^foxtls\/crypto\/(node|portable)$/, replacement: `${sources}/crypto-$1.ts` },
              { find: /^foxtls\/(.+)$/, replacement: `${sources}/$1.ts` },
              { find: /^foxtls$/, replacement: `${sources}/index.ts` },
            ],
          },
          test: {
            name: 'unit',
            include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.mjs'],
            testTimeout: 10 * SECOND * patience,
          },
        },
        {
          extends: true,
          test: {
            name: 'interop',
            include: ['interop/**/*.test.ts', 'examples/**/*.test.ts', 'bench/**/*.test.ts', 'fuzz/**/*.test.{ts,mjs}'],
            // Examples, benchmarks and fuzz targets run dist/, so it has to be of these sources.
            globalSetup: ['./tools/build-before-tests.ts'],
            testTimeout: 60 * SECOND * patience,
            hookTimeout: 60 * SECOND,
          },
        },
      ],
    },
  };
});
