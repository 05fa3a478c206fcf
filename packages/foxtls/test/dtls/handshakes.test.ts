/**
 * Seeded handshakes of every mode and version over bad links: about a thousand here, more than twenty thousand in the long tier.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { rounds } from '../tiers.ts';
import { Modes } from './modes.ts';
import { type Outcome, runScenario, type Scenario, scenarioOf } from './scenarios.ts';

let modes: Modes;
beforeAll(async () => {
  modes = await Modes.create();
});

/** A group is a test: short enough for its time limit, and small enough to say where something went wrong. */
const GROUPS = 10;
const PER_GROUP = rounds(100, 2100);
/** Datagrams of the worst that was seen, by far: a large chain in small ones, half of which are lost. */
const MOST_DATAGRAMS = 1500;

describe('over a link that loses, doubles, delays and damages', () => {
  it.each(Array.from({ length: GROUPS }, (_, group) => group * PER_GROUP))(
    `the ${PER_GROUP} handshakes from number %i end in a conversation, or with the error that says why not`,
    async (first) => {
      const failed: Scenario[] = [];
      for (let seed = first; seed < first + PER_GROUP; seed++) {
        const scenario = scenarioOf(seed);
        const { outcome, lab } = await runScenario(modes, scenario).catch((cause: unknown) => {
          throw new Error(`number ${seed}: ${JSON.stringify(scenario)}`, { cause });
        });
        if (mustConnect(scenario)) expect([seed, outcome]).toEqual([seed, 'connected' satisfies Outcome]);
        if (outcome !== 'connected') failed.push(scenario);
        expect(lab.sent.client + lab.sent.server).toBeLessThan(MOST_DATAGRAMS);
      }
      expect(failed.length / PER_GROUP).toBeLessThan(0.15);
    },
  );
});

/**
 * Of a fifth lost, eleven transmissions are enough, unless half of them were too large for the path; of damage in the clear nothing can be said.
 */
function mustConnect({ faults: { loss = 0, corruption, pathMtu } }: Scenario): boolean {
  return corruption === 0 && loss <= (pathMtu === undefined ? 0.2 : 0.05);
}
