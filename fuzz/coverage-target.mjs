// The module that jazzer.js loads (coverage.mjs): the target that FOXTLS_FUZZ_TARGET names, as the function that it calls with bytes.
import { allTargets } from './all-targets.mjs';
import { execute } from './fuzz-target.mjs';

const all = await allTargets();
const target = all.find(({ name }) => name === process.env.FOXTLS_FUZZ_TARGET);

export function fuzz(data) {
  try {
    execute(target, Uint8Array.from(data));
  } catch (error) {
    // libFuzzer prints the error alone.
    console.error(error.cause?.stack);
    throw error;
  }
}
