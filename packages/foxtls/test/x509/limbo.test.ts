/**
 * x509-limbo: every case agrees with its expected result, or stands in the list of exceptions with a reason.
 */

import { describe, expect, it } from 'vitest';
import { explain } from '../../src/pki/x509/explain.ts';
import { describeWithVectors, readJsonVectors } from '../vectors.ts';
import { type LimboCase, type LimboFile, validateLimbo } from './limbo.ts';
import { LIMBO_BY_ANOTHER_RULE, LIMBO_EXCEPTIONS } from './limbo-exceptions.ts';

describeWithVectors('x509-limbo', 'limbo.json', (path) => {
  const { testcases } = readJsonVectors<LimboFile>(path);
  const chapters = byChapter(testcases);

  it.each(chapters)('agrees with the chapter %s', (_chapter, cases) => {
    expect(cases.filter(disagrees).map(describeDisagreement)).toEqual([]);
  });

  it('lists no exception that is none', () => {
    const agreeing = testcases.filter(({ id }) => id in LIMBO_EXCEPTIONS).filter((limbo) => !differs(limbo));
    expect(agreeing.map(({ id }) => id)).toEqual([]);
    const accepted = testcases.filter(({ id }) => id in LIMBO_BY_ANOTHER_RULE).filter((limbo) => validateLimbo(limbo).isValid);
    expect(accepted.map(({ id }) => id)).toEqual([]);
  });

  describe('without the rules for authorities', () => {
    it('accepts whatever it accepts with them', () => {
      const strict = testcases.filter(({ expected_result }) => expected_result === 'SUCCESS');
      expect(strict.filter((limbo) => !validateLimbo(limbo, undefined, 'compatible').isValid).map(({ id }) => id)).toEqual([]);
    });
  });
});

/** The cases of each chapter: the id without its last part. */
function byChapter(cases: readonly LimboCase[]): [string, LimboCase[]][] {
  const chapters = new Map<string, LimboCase[]>();
  for (const limbo of cases) {
    const chapter = limbo.id.split('::').slice(0, -1).join('::');
    chapters.set(chapter, [...(chapters.get(chapter) ?? []), limbo]);
  }
  return [...chapters];
}

function differs(limbo: LimboCase): boolean {
  return validateLimbo(limbo).isValid !== (limbo.expected_result === 'SUCCESS');
}

function disagrees(limbo: LimboCase): boolean {
  return !(limbo.id in LIMBO_EXCEPTIONS) && differs(limbo);
}

function describeDisagreement(limbo: LimboCase): string {
  return `${limbo.id} should be a ${limbo.expected_result}: ${explain(validateLimbo(limbo))}`;
}
