/**
 * A vitest reporter that says why tests were skipped, one line a reason and file, and ends with `N passed, N failed, N skipped`.
 *
 * A file that cannot be loaded, a hook that throws and an error outside of any test count as failures: the last line never says
 * `0 failed` of a run that failed.
 */

import type { Reporter, TestCase, TestModule, TestRunEndReason } from 'vitest/node';

export class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[], reason: TestRunEndReason): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    // A test that is still pending after the run was cut off.
    const failures = count('failed') + count('pending') + brokenSuites(modules) + unhandledErrors.length;
    // No test at all is a failure too: a broken build, or a name that matches nothing.
    const failed = failures === 0 && (reason !== 'passed' || tests.length === 0) ? 1 : failures;
    for (const line of skipLines(tests)) console.log(line);
    console.log(`${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped`);
  }
}

/** How many files and suites failed by themselves, not by a test in them. */
function brokenSuites(modules: readonly TestModule[]): number {
  const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  return suites.filter((suite) => suite.errors().length > 0).length;
}

function skipLines(tests: readonly TestCase[]): string[] {
  const counts = new Map<string, number>();
  for (const test of tests) {
    const result = test.result();
    if (result.state !== 'skipped') continue;
    const line = `${test.module.relativeModuleId}: ${result.note ?? 'no reason given (it.skip, or not the name that was asked for)'}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `skipped ${count} in ${line}`);
}
