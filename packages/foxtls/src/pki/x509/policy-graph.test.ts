import { describe, expect, it } from 'vitest';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { issueCa, issueLeaf } from './certificates.fixture.ts';
import { middle, root, server } from './chains.fixture.ts';
import { createExtension } from './create-extension.ts';
import type { Extension } from './extensions.ts';
import { evaluatePolicies, type PolicyInputs } from './policy-graph.ts';

const GOLD = '1.3.6.1.4.1.99999.10';
const SILVER = '1.3.6.1.4.1.99999.20';
const BRONZE = '1.3.6.1.4.1.99999.30';
const ANY = OID.anyPolicy;

const has = (...policies: readonly string[]): Extension =>
  createExtension(
    'certificatePolicies',
    policies.map((policyIdentifier) => ({ policyIdentifier })),
  );
const maps = (...pairs: readonly (readonly [string, string])[]): Extension =>
  createExtension(
    'policyMappings',
    pairs.map(([issuerDomainPolicy, subjectDomainPolicy]) => ({ issuerDomainPolicy, subjectDomainPolicy })),
  );
const requireAfter = (requireExplicitPolicy: number): Extension =>
  createExtension('policyConstraints', { requireExplicitPolicy });
const noMappingAfter = (inhibitPolicyMapping: number): Extension =>
  createExtension('policyConstraints', { inhibitPolicyMapping });
const noAnyAfter = (count: number): Extension => createExtension('inhibitAnyPolicy', count);

/** Extensions of each certificate below the anchor, the one next to it first; `self` for a self-issued one. */
type Step = readonly Extension[] | { readonly self: readonly Extension[] };

function pathOf(steps: readonly Step[]): readonly Certificate[] {
  const last = steps.length - 1;
  const downwards = steps.map((step, i) => {
    const add = 'self' in step ? step.self : step;
    if (i === last) return issueLeaf(middle, server, { add });
    return 'self' in step ? issueCa(middle, middle, { add }) : issueCa(root, middle, { add });
  });
  return downwards.reverse().map((der) => parseCertificate(der));
}

/** The acceptable policies that hold, or the problem with its depth. */
function outcome(steps: readonly Step[], inputs: PolicyInputs = {}): readonly string[] | string {
  const result = evaluatePolicies(pathOf(steps), inputs, () => {});
  return 'problem' in result ? `${result.depth}: ${result.problem}` : [...result.userConstrained].sort();
}

const EXPLICIT = { requireExplicit: true } as const;
const NOTHING_ACCEPTABLE = '0: the path is not valid for any acceptable policy';

describe('the policies of a path', () => {
  it.each<[string, readonly Step[], PolicyInputs, readonly string[]]>([
    ['are none when no certificate has any', [[], []], {}, []],
    ['are those that all have', [[has(GOLD, SILVER)], [has(SILVER, BRONZE)]], EXPLICIT, [SILVER]],
    ['are those of the acceptable ones', [[has(GOLD, SILVER)], [has(GOLD, SILVER)]], { acceptable: [SILVER] }, [SILVER]],
    ['are all that are acceptable under anyPolicy', [[has(ANY)], [has(ANY)]], { acceptable: [GOLD] }, [GOLD]],
    ['are any when all have anyPolicy', [[has(ANY)], [has(ANY)]], EXPLICIT, [ANY]],
    ['are those of one below anyPolicy', [[has(ANY)], [has(GOLD)]], EXPLICIT, [GOLD]],
    ['stay through an anyPolicy below', [[has(GOLD)], [has(ANY)]], EXPLICIT, [GOLD]],
    ['are in the words of the first authority when mapped', [[has(GOLD), maps([GOLD, SILVER])], [has(SILVER)]], EXPLICIT, [GOLD]],
    ['are mapped from anyPolicy', [[has(ANY), maps([GOLD, SILVER])], [has(SILVER)]], { acceptable: [GOLD] }, [GOLD]],
    ['may be none as long as none is required', [[has(GOLD)], [has(SILVER)]], { acceptable: [GOLD] }, []],
    ['may be none when one is required only further below', [[requireAfter(2)], []], {}, []],
    [
      'keep anyPolicy of a self-issued certificate although it is inhibited',
      [[has(GOLD), noAnyAfter(0)], { self: [has(ANY)] }, [has(GOLD)]],
      EXPLICIT,
      [GOLD],
    ],
  ])('%s', (_title, steps, inputs, expected) => {
    expect(outcome(steps, inputs)).toEqual(expected);
  });

  it.each<[string, readonly Step[], PolicyInputs, string]>([
    ['when none is there and one is required', [[], []], EXPLICIT, '1: its policies leave none that is valid for the path'],
    ['when none is acceptable', [[has(GOLD)], [has(GOLD)]], { ...EXPLICIT, acceptable: [SILVER] }, NOTHING_ACCEPTABLE],
    ['when an authority requires one', [[requireAfter(0)], []], {}, '0: its policies leave none that is valid for the path'],
    ['when the end entity requires one', [[], [requireAfter(0)]], {}, NOTHING_ACCEPTABLE],
    ['when anyPolicy is mapped', [[has(ANY), maps([ANY, GOLD])], [has(GOLD)]], {}, '1: it maps from or to anyPolicy'],
    ['when a policy is mapped to anyPolicy', [[has(GOLD), maps([GOLD, ANY])], [has(ANY)]], {}, '1: it maps from or to anyPolicy'],
    [
      'when a mapped policy is used by its old name',
      [[has(GOLD), maps([GOLD, SILVER])], [has(GOLD)]],
      EXPLICIT,
      '0: its policies leave none that is valid for the path',
    ],
    [
      'when mapping is inhibited from the beginning',
      [[has(GOLD), maps([GOLD, SILVER])], [has(SILVER)]],
      { ...EXPLICIT, inhibitMapping: true },
      '0: its policies leave none that is valid for the path',
    ],
    [
      'when an authority inhibits mapping',
      [[has(GOLD), noMappingAfter(0)], [has(GOLD), maps([GOLD, SILVER])], [has(SILVER)]],
      EXPLICIT,
      '0: its policies leave none that is valid for the path',
    ],
    [
      'when anyPolicy is inhibited from the beginning',
      [[has(ANY)], [has(GOLD)]],
      { ...EXPLICIT, inhibitAny: true },
      '1: its policies leave none that is valid for the path',
    ],
    [
      'when an authority inhibits anyPolicy',
      [[has(GOLD), noAnyAfter(0)], [has(ANY)]],
      EXPLICIT,
      '0: its policies leave none that is valid for the path',
    ],
  ])('are refused %s', (_title, steps, inputs, expected) => {
    expect(outcome(steps, inputs)).toBe(expected);
  });

  it('take a number of nodes that grows with the path and not with the ways through it', () => {
    const policies = [GOLD, SILVER, BRONZE];
    const everyWay = maps(...policies.flatMap((from) => policies.map((to) => [from, to] as const)));
    const steps: Step[] = Array.from({ length: 12 }, () => [has(...policies), everyWay]);
    let spent = 0;
    const result = evaluatePolicies(pathOf([...steps, [has(...policies)]]), EXPLICIT, (nodes) => {
      spent += nodes;
    });
    // A tree would have 3 ** 13 leaves: 1,594,323.
    expect(result).toMatchObject({ userConstrained: expect.arrayContaining(policies) });
    expect(spent).toBeLessThanOrEqual(13 * (3 + 3 + 9));
  });

  it('are any for an end entity that is an anchor itself', () => {
    expect(evaluatePolicies([], {}, () => {})).toEqual({ authorityConstrained: [ANY], userConstrained: [ANY] });
  });
});
