/**
 * DTLS with peers of other make, in both roles, over a link that carries everything and over one that loses, doubles and reorders:
 * docs/interop-dtls.md is the record.
 *
 * `npm test` tries everything over the first and a sample over the second; `npm run test:long` everything, and compares what it saw with
 * docs/interop-dtls.md; `FOXTLS_INTEROP=write` writes that file.
 */

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, it } from 'vitest';
import { isLongTier, longTierOrSkip } from '../packages/foxtls/test/tiers.ts';
import { DIRECT, type DtlsCase, faulty, titleOf } from './dtls/case.ts';
import { expectWritten, type Outcome, type Section, sectionOf } from './dtls/document.ts';
import { dtlsPeers } from './dtls/peers.ts';
import { createInteropPki } from './harness/pki.ts';

const pki = await createInteropPki();
afterAll(() => pki.remove());

const DOCUMENT = new URL('../docs/interop-dtls.md', import.meta.url);
const SEED = process.env['FOXTLS_SEED'] ?? '1';
/** Of the cases, one in so many is tried over the faulty link in the short tier. */
const SAMPLE = 12;

const sections: Section[] = [];

for (const { name, find } of dtlsPeers(pki)) {
  const found = await find();
  if ('missing' in found) {
    it(`finds ${name}`, (context) => context.skip(found.missing));
    continue;
  }
  const title = `${name} ${found.version}`;
  const outcomes = new Map<DtlsCase, Outcome>(found.cases.map((one) => [one, { direct: 'untried', faulty: 'untried' }]));
  sections.push({ title, outcomes });
  describe(title, () => {
    for (const one of found.cases) {
      const { run, faultyLack } = one;
      if (run === undefined) continue;
      const outcome = outcomes.get(one) as Outcome;
      it(titleOf(one), async () => {
        outcome.direct = 'failed';
        await run(DIRECT);
        outcome.direct = 'right';
      });
      const isTried = faultyLack === undefined && (isLongTier || isSampled(`${title} ${titleOf(one)}`));
      it.runIf(isTried)(`${titleOf(one)}, over a faulty link`, async () => {
        outcome.faulty = 'failed';
        await run(faulty(Number(SEED)));
        outcome.faulty = 'right';
      });
    }
  });
}

it('is what docs/interop-dtls.md says', (context) => {
  longTierOrSkip(context);
  const written = process.env['FOXTLS_INTEROP'] === 'write' ? undefined : readFileSync(DOCUMENT, 'utf8');
  const text = expectWritten(sections.map(sectionOf), written);
  if (text !== undefined) writeFileSync(DOCUMENT, text);
});

/** Always the same of the same seed. */
function isSampled(title: string): boolean {
  return (createHash('sha256').update(`${SEED}/${title}`).digest()[0] as number) % SAMPLE === 0;
}
