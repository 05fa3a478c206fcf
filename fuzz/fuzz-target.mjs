/**
 * Runs a target on changed members of its corpus. A target is `{ name, corpus(), run(bytes), codes }`: `run` answers `accepted` or `refused`,
 * or throws. What it may throw is a `TlsError` that blames the input, or an error with one of `codes`, which are documented where they are
 * thrown; anything else is a defect, and so is an execution that takes too long.
 */

import { ApiMisuse, CryptoFailure, InternalError, TlsError } from 'foxtls';
import { keptInputs } from './all-targets.mjs';
import { inner } from './inner.mjs';
import { mutated, seeded } from './mutate.mjs';

/** Milliseconds that one execution may take. */
const PATIENCE = 1000;

/** These blame us. */
const OURS = new Set([ApiMisuse, CryptoFailure, InternalError].map(({ name }) => name));

/** Whether an error is one that an input may cause. */
export function blamesInput(error) {
  return (error instanceof TlsError || error instanceof inner.TlsError) && !OURS.has(error.constructor.name);
}

export class Defect extends Error {
  constructor(bytes, message, cause) {
    super(message, { cause });
    this.bytes = bytes;
  }
}

/** First the corpus as it is, and what fuzz/corpus keeps, then changes of both, until `executions` or `seconds` are used up. Throws `Defect`. */
export function fuzzTarget(target, { seed, executions = Infinity, seconds = Infinity }) {
  const own = target.corpus();
  const corpus = [...own, ...keptInputs(target)];
  const below = seeded(seed);
  const tally = { executions: 0, accepted: 0, refused: 0, seconds: 0, slowest: { milliseconds: 0, length: 0 } };
  const started = performance.now();
  while (tally.executions < executions && tally.seconds < seconds) {
    const bytes = corpus[tally.executions]?.slice() ?? (target.change ?? mutated)(corpus, below);
    const { outcome, milliseconds } = execute(target, bytes);
    if (tally.executions < own.length && outcome !== 'accepted') throw new Defect(bytes, 'a member of the corpus is refused');
    tally.executions++;
    tally[outcome]++;
    if (milliseconds > tally.slowest.milliseconds) tally.slowest = { milliseconds, length: bytes.length };
    tally.seconds = (performance.now() - started) / 1000;
  }
  return tally;
}

/** `accepted` or `refused`, and the milliseconds. Throws `Defect`. */
export function execute(target, bytes) {
  const first = timed(target, bytes);
  if (first.milliseconds <= PATIENCE) return first;
  // A machine that was busy is not busy twice.
  const again = timed(target, bytes);
  if (again.milliseconds > PATIENCE) throw new Defect(bytes, `took ${again.milliseconds.toFixed(0)} ms`);
  return again;
}

function timed(target, bytes) {
  const before = performance.now();
  const outcome = outcomeOf(target, bytes);
  return { outcome, milliseconds: performance.now() - before };
}

function outcomeOf(target, bytes) {
  try {
    // A copy: what is printed is what was given.
    return target.run(bytes.slice());
  } catch (error) {
    if (blamesInput(error) || target.codes?.includes(error?.code)) return 'refused';
    throw new Defect(bytes, `threw ${error?.name}: ${error?.message}`, error);
  }
}
