/**
 * Certificate policies on a path (RFC 5280 §6.1.2 – §6.1.5), with the graph of RFC 9618 in the place of the tree.
 *
 * ```
 * anchor   ─▶ certificate 1 ─▶ … ─▶ certificate n (the end entity)
 * level 0     level 1               level n
 * any         gold, silver, any     gold'          an edge for each policy that a certificate keeps or maps to another
 * ```
 * The tree of RFC 5280 repeats a policy for every way that leads to it, so that it grows exponentially with mappings. Here a policy stands
 * once in a level, and has several parents. A level has no more nodes than its certificate and the one above name policies, and the
 * graph no more edges than there are policies and mappings; all of them are counted through `spend`. (RFC 9618 is named from memory: its
 * text is not at hand.)
 *
 * Invariant: a node without parents is a child of the anyPolicy node of the level above.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import type { Certificate } from './certificate.ts';

/** What a relying party wants of policies (RFC 5280 §6.1.1 (c), (e), (f), (g)). Policies are OBJECT IDENTIFIERs, dotted. */
export interface PolicyInputs {
  /** user-initial-policy-set. Any policy, unless set. */
  readonly acceptable?: readonly string[];
  /** initial-explicit-policy: the path must be valid for one of the acceptable policies. */
  readonly requireExplicit?: boolean;
  /** initial-policy-mapping-inhibit */
  readonly inhibitMapping?: boolean;
  /** initial-any-policy-inhibit */
  readonly inhibitAny?: boolean;
}

/** What holds for a path (RFC 5280 §6.1.6). `2.5.29.32.0` (anyPolicy) stands for all policies. */
export interface PathPolicies {
  /** The policies that the authorities on the path vouch for. */
  readonly authorityConstrained: readonly string[];
  /** Of those, the acceptable ones. */
  readonly userConstrained: readonly string[];
}

export interface PolicyProblem {
  /** From the end entity (0). */
  readonly depth: number;
  readonly problem: string;
}

interface PolicyNode {
  readonly policy: string;
  readonly parents: PolicyNode[];
}

interface PolicyLevel {
  readonly nodes: Map<string, PolicyNode>;
  hasAny: boolean;
}

/** The state variables of RFC 5280 §6.1.2 (d), (e), (f). */
interface Counters {
  explicitPolicy: number;
  policyMapping: number;
  inhibitAnyPolicy: number;
}

/**
 * The policies of a path, end entity first, the anchor left out; or the first problem. `spend` is told beforehand how many nodes and
 * edges a step may make.
 */
export function evaluatePolicies(
  path: readonly Certificate[],
  inputs: PolicyInputs,
  spend: (nodes: number) => void,
): PathPolicies | PolicyProblem {
  const counters: Counters = {
    explicitPolicy: inputs.requireExplicit ? 0 : path.length + 1,
    policyMapping: inputs.inhibitMapping ? 0 : path.length + 1,
    inhibitAnyPolicy: inputs.inhibitAny ? 0 : path.length + 1,
  };
  let level: PolicyLevel = { nodes: new Map(), hasAny: true };
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const certificate = path[depth] as Certificate;
    const { certificatePolicies = [], policyMappings = [] } = certificate.known;
    spend(level.nodes.size + certificatePolicies.length + policyMappings.length);
    const isAnyAllowed = counters.inhibitAnyPolicy > 0 || (depth > 0 && certificate.isSelfIssued);
    keepPolicies(level, certificate, isAnyAllowed);
    // (f): "either explicit_policy is greater than 0 or the valid_policy_tree is not equal to NULL" (RFC 5280 §6.1.3)
    if (counters.explicitPolicy === 0 && isEmpty(level))
      return { depth, problem: 'its policies leave none that is valid for the path' };
    if (depth === 0) {
      endCounting(counters, certificate);
      break;
    }
    if (policyMappings.some(mapsAny)) return { depth, problem: 'it maps from or to anyPolicy' };
    level = mapPolicies(level, certificate, counters.policyMapping > 0);
    count(counters, certificate);
  }
  const policies = constrain(level, inputs.acceptable);
  if (counters.explicitPolicy > 0 || policies.userConstrained.length > 0) return policies;
  return { depth: 0, problem: 'the path is not valid for any acceptable policy' };
}

/** RFC 5280 §6.1.3 (d), (e). `level` has what is expected of the certificate, and afterwards what it has. */
function keepPolicies(level: PolicyLevel, { known: { certificatePolicies } }: Certificate, isAnyAllowed: boolean): void {
  const policies = new Set(certificatePolicies?.map(({ policyIdentifier }) => policyIdentifier));
  const wasAny = level.hasAny;
  if (!(policies.delete(OID.anyPolicy) && isAnyAllowed)) {
    for (const policy of level.nodes.keys()) if (!policies.has(policy)) level.nodes.delete(policy);
    level.hasAny = false;
  }
  if (!wasAny) return;
  for (const policy of policies) if (!level.nodes.has(policy)) level.nodes.set(policy, { policy, parents: [] });
}

/** RFC 5280 §6.1.4 (b): the level below, as its certificate is expected to fill it. */
function mapPolicies(
  { nodes, hasAny }: PolicyLevel,
  { known: { policyMappings = [] } }: Certificate,
  isMappingAllowed: boolean,
): PolicyLevel {
  const below: PolicyLevel = { nodes: new Map(), hasAny };
  const isMapped = new Set(policyMappings.map(({ issuerDomainPolicy }) => issuerDomainPolicy));
  for (const node of nodes.values()) if (!isMapped.has(node.policy)) expectBelow(below, node.policy, node);
  if (!isMappingAllowed) return below;
  for (const { issuerDomainPolicy, subjectDomainPolicy } of policyMappings) {
    let node = nodes.get(issuerDomainPolicy);
    if (node === undefined && hasAny) {
      node = { policy: issuerDomainPolicy, parents: [] };
      nodes.set(issuerDomainPolicy, node);
    }
    if (node !== undefined) expectBelow(below, subjectDomainPolicy, node);
  }
  return below;
}

function expectBelow(below: PolicyLevel, policy: string, parent: PolicyNode): void {
  const node = below.nodes.get(policy);
  if (node === undefined) below.nodes.set(policy, { policy, parents: [parent] });
  else node.parents.push(parent);
}

/** RFC 5280 §6.1.4 (h), (i), (j). */
function count(counters: Counters, { isSelfIssued, known }: Certificate): void {
  const step = isSelfIssued ? 0 : 1;
  const { requireExplicitPolicy, inhibitPolicyMapping } = known.policyConstraints ?? {};
  counters.explicitPolicy = fewest(counters.explicitPolicy - step, requireExplicitPolicy);
  counters.policyMapping = fewest(counters.policyMapping - step, inhibitPolicyMapping);
  counters.inhibitAnyPolicy = fewest(counters.inhibitAnyPolicy - step, known.inhibitAnyPolicy);
}

function fewest(left: number, limit = left): number {
  return Math.max(0, Math.min(left, limit));
}

/** RFC 5280 §6.1.5 (a), (b). */
function endCounting(counters: Counters, { known }: Certificate): void {
  counters.explicitPolicy = Math.max(0, counters.explicitPolicy - 1);
  if (known.policyConstraints?.requireExplicitPolicy === 0) counters.explicitPolicy = 0;
}

/** RFC 5280 §6.1.5 (g): which children of anyPolicy nodes reach the last level, and which of them are acceptable. */
function constrain({ nodes, hasAny }: PolicyLevel, acceptable: readonly string[] | undefined): PathPolicies {
  const found = new Set<string>(hasAny ? [OID.anyPolicy] : []);
  const waiting = [...nodes.values()];
  const seen = new Set(waiting);
  for (const node of waiting) {
    if (node.parents.length === 0) found.add(node.policy);
    for (const parent of node.parents) {
      if (seen.has(parent)) continue;
      seen.add(parent);
      waiting.push(parent);
    }
  }
  const authorityConstrained = [...found];
  if (acceptable === undefined || acceptable.includes(OID.anyPolicy))
    return { authorityConstrained, userConstrained: authorityConstrained };
  const userConstrained = [...new Set(acceptable)].filter((policy) => hasAny || found.has(policy));
  return { authorityConstrained, userConstrained };
}

function isEmpty({ nodes, hasAny }: PolicyLevel): boolean {
  return nodes.size === 0 && !hasAny;
}

function mapsAny(mapping: { readonly issuerDomainPolicy: string; readonly subjectDomainPolicy: string }): boolean {
  return mapping.issuerDomainPolicy === OID.anyPolicy || mapping.subjectDomainPolicy === OID.anyPolicy;
}
