/**
 * DTLS with peers of other make, in both roles, over a link that carries everything and over one that loses, doubles and reorders:
 * docs/interop-dtls.md is the record.
 *
 * `npm test` tries everything over the first and a sample over the second; `npm run test:long` everything, and compares what it saw with
 * docs/interop-dtls.md; `npm run interop` writes that file.
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, it } from 'vitest';
import { isLongTier, longTierOrSkip } from '../packages/foxtls/test/tiers.ts';
import { DIRECT, type DtlsCase, faulty, titleOf } from './dtls/case.ts';
import { expectWritten, isWhole, type Outcome, type Section, sectionOf, withSections } from './dtls/document.ts';
import { dtlsPeers } from './dtls/peers.ts';
import { createInteropPki } from './harness/pki.ts';

const pki = await createInteropPki();
afterAll(() => pki.remove());

const DOCUMENT = new URL('../docs/interop-dtls.md', import.meta.url);
const SEED = process.env['FOXTLS_SEED'] ?? '1';
/** Of the cases, one in so many is tried over the faulty link in the short tier. */
const SAMPLE = 24;

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
  const written = existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8') : '';
  const whole = sections.filter(isWhole).map(sectionOf);
  if (process.env['FOXTLS_INTEROP'] === 'write') writeFileSync(DOCUMENT, withSections(written, whole));
  else expectWritten(written, whole);
});

/** Always the same of the same seed. */
function isSampled(title: string): boolean {
  return (createHash('sha256').update(`${SEED}/${title}`).digest()[0] as number) % SAMPLE === 0;
}
