/**
 * The rules of whole paths, checked when a search has come to a trust anchor: constraints of the anchor, certificate policies, pins, and
 * whatever else a path check looks at (RFC 5280 §6.1.5, §6.3).
 */

import type { CertificateInvalid } from '../../core/errors/errors.ts';
import type { Flow } from '../../core/flow/flow.ts';
import type { Certificate } from './certificate.ts';
import { countIntermediates, first, forbiddenNames, invalid, leafProblems } from './certificate-rules.ts';
import type { PathCheckContext } from './path-check.ts';
import { findInheritedProblem, isSignature } from './path-keys.ts';
import { type FoundPath, note, type PathSearch, type SearchState, spend } from './path-search.ts';
import { findPinProblem } from './pins.ts';
import { evaluatePolicies, type PathPolicies, type PolicyProblem } from './policy-graph.ts';
import { type Anchor, policyInputsBelow } from './trust-anchor.ts';

/** How a path check finds the path of another certificate. Passed along, because that is a search again. */
export type SideSearch = (
  certificate: Certificate,
  search: PathSearch,
  outer: SearchState,
) => Flow<readonly Certificate[] | CertificateInvalid>;

/** The path, if no rule of whole paths speaks against it. */
export function* acceptPath(
  path: readonly Certificate[],
  anchor: Anchor,
  state: SearchState,
  sideSearch: SideSearch,
): Flow<FoundPath | undefined> {
  const { policies, problems } = yield* judgePath(path, anchor, state, sideSearch, 'first');
  const [problem] = problems;
  return problem === undefined ? { path, policies } : note(state, path, problem);
}

/** The policies of a path, and the rules of whole paths that it breaks: the first of them, or all for those who may pass over some. */
export function* judgePath(
  path: readonly Certificate[],
  anchor: Anchor,
  state: SearchState,
  sideSearch: SideSearch,
  which: 'first' | 'all',
): Flow<{ readonly policies: PathPolicies; readonly problems: readonly CertificateInvalid[] }> {
  const { pins, sha256, policy, purpose } = state.search;
  const problems: CertificateInvalid[] = [];
  const goesOn = (problem: CertificateInvalid | undefined) => {
    if (problem !== undefined) problems.push(problem);
    return which === 'all' || problems.length === 0;
  };
  let policies: PathPolicies = NO_POLICIES;
  const judged = () => ({ policies, problems });
  if (!goesOn(yield* findInheritedProblem(path, state))) return judged();
  if (!goesOn(findAnchorProblem(path, anchor, state))) return judged();
  const evaluated = evaluatePolicies(path.slice(0, -1), policyInputsBelow(anchor, policy.policies), (nodes) =>
    spend(state, 'policyNodes', path[0] as Certificate, 0, nodes),
  );
  if (!('problem' in evaluated)) policies = evaluated;
  else if (!goesOn(policyProblem(path, evaluated))) return judged();
  if (!goesOn(findPinProblem(path, pins, sha256))) return judged();
  if (state.search.pathCheck === undefined) return judged();
  // A leaf that is refused in any case needs no question that may go over the network.
  if (which === 'first') state.isLeafRefused ??= first(leafProblems(path[0] as Certificate, policy, purpose)) !== undefined;
  if (which === 'all' || state.isLeafRefused !== true) goesOn(yield* checkPath(path, state, sideSearch));
  return judged();
}

const NO_POLICIES: PathPolicies = { authorityConstrained: [], userConstrained: [] };

function policyProblem(path: readonly Certificate[], { problem, depth }: PolicyProblem): CertificateInvalid {
  return invalid('policy_violated', problem, path[depth] as Certificate, depth);
}

/** The relying party's own constraints on what an anchor may vouch for. */
function findAnchorProblem(path: readonly Certificate[], anchor: Anchor, state: SearchState): CertificateInvalid | undefined {
  const { permittedNames: permittedSubtrees, excludedNames: excludedSubtrees, maxIntermediates } = anchor;
  const below = path.slice(0, -1);
  const leaf = path[0] as Certificate;
  if (maxIntermediates !== undefined && countIntermediates(below) > maxIntermediates) {
    const problem = `more than ${maxIntermediates} intermediate certificates follow this trust anchor`;
    return invalid('path_too_long', problem, anchor.certificate, below.length);
  }
  if (permittedSubtrees === undefined && excludedSubtrees === undefined) return undefined;
  const whose = `the trust anchor ${anchor.certificate.subject}`;
  const constraints = { permittedSubtrees, excludedSubtrees };
  return first(forbiddenNames(constraints, whose, below, (count) => spend(state, 'nameComparisons', leaf, 0, count)));
}

function* checkPath(
  path: readonly Certificate[],
  state: SearchState,
  sideSearch: SideSearch,
): Flow<CertificateInvalid | undefined> {
  const { search } = state;
  const { pathCheck, purpose, policy } = search;
  const leaf = path[0] as Certificate;
  if (pathCheck === undefined) return undefined;
  const context: PathCheckContext = {
    now: purpose.now,
    purpose: purpose.purpose,
    peerRole: purpose.peerRole,
    ocspResponse: purpose.ocspResponse,
    signal: purpose.signal,
    findCertificates: (name) => [
      ...search.anchors.of(name).map(({ certificate }) => certificate),
      ...(state.intermediates.get(name.key) ?? []),
    ],
    findPath: (certificate, request) =>
      sideSearch(
        certificate,
        {
          ...search,
          purpose: { purpose: request.purpose, references: [], now: purpose.now, signal: purpose.signal },
          intermediates: [...(request.intermediates ?? []), ...search.intermediates],
          pathCheck: request.pathCheck,
          policy: { ...policy, policies: {} },
          pins: undefined,
          earlierProblem: undefined,
        },
        state,
      ),
    verifySignature: (signerPath, algorithm, message, signature) =>
      isSignature(signerPath, algorithm, message, signature, leaf, state),
  };
  return yield* pathCheck.check(path, context);
}
