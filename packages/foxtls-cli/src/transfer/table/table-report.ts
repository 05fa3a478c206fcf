/** What the table says: seconds for each size and run, and beside them memory, records and what takes room on the disk. */

import { rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../command/report.ts';
import { formatSize } from '../../command/sizes.ts';
import type { Implementation, Job } from './implementations.ts';
import { installedSize } from './installed-size.ts';
import { startRecordCounter } from './record-counter.ts';
import { type Cost, type Measured, runTransfer } from './run-transfer.ts';
import { average, formatColumns, formatRows } from './table-text.ts';

const DIRECTIONS = ['send', 'receive'] as const;

/** CPU seconds, as in the tutorial. */
export function reportTimes(measured: readonly Measured[], report: Report): void {
  const names = [...new Set(measured.map(({ implementation }) => implementation))];
  for (const direction of DIRECTIONS) {
    for (const name of names) {
      const mine = measured.filter(({ implementation }) => implementation === name);
      const rows = mine.map(({ size, runs }) => ({
        title: formatSize(size),
        values: runs.map((run) => run[direction].cpuSeconds),
      }));
      const [heading = '', ...lines] = formatRows(`${name}, ${direction}`, rows);
      report.say(`\n${heading}`, { event: 'times', implementation: name, direction });
      for (const [i, { size, runs }] of mine.entries()) {
        const mean = (of: (cost: Cost) => number | undefined) => {
          const values = runs.flatMap((run) => of(run[direction]) ?? []);
          return values.length === 0 ? undefined : average(values);
        };
        report.say(lines[i] ?? '', {
          event: 'time',
          implementation: name,
          direction,
          size,
          runs: runs.map((run) => run[direction].cpuSeconds.toFixed(3)).join(' '),
          cpuSeconds: mean(({ cpuSeconds }) => cpuSeconds),
          wallSeconds: mean(({ wallSeconds }) => wallSeconds),
          tlsSeconds: mean(({ tlsSeconds }) => tlsSeconds),
        });
      }
    }
  }
}

interface Needs {
  readonly measured: readonly Measured[];
  readonly implementations: readonly Implementation[];
  readonly job: Job;
  /** Whether to count allocations. */
  readonly memory: boolean;
  readonly signal: AbortSignal;
}

export async function reportNeeds({ measured, implementations, job, memory, signal }: Needs, report: Report): Promise<void> {
  const lines: string[][] = [['receive', 'RSS', 'VSZ', 'heap', 'allocations', 'record', 'installed']];
  const facts: { event: 'needs'; implementation: string; [fact: string]: string | number | undefined }[] = [];
  // As long as is needed to be sure of a record's length, and short enough for valgrind.
  truncateSync(job.file, SAMPLE);
  for (const implementation of implementations) {
    const { name, isNative } = implementation;
    const largest = measured
      .filter((one) => one.implementation === name)
      .at(-1)
      ?.runs.at(-1)?.receive;
    const heap = isNative && memory ? await countAllocations(implementation, job, signal, report) : undefined;
    const record = await recordLength(implementation, job, signal);
    const installed = await installedSize(name);
    const heapBytes = heap?.bytes ?? largest?.heapBytes;
    const size = (bytes: number | undefined) => (bytes ? formatSize(bytes) : '-');
    lines.push([
      name,
      size(largest?.residentBytes),
      size(largest?.virtualBytes),
      size(heapBytes),
      heap === undefined ? '-' : String(heap.allocations),
      `${record} + 5`,
      size(installed?.bytes),
    ]);
    facts.push({
      event: 'needs',
      implementation: name,
      residentBytes: largest?.residentBytes,
      virtualBytes: largest?.virtualBytes,
      heapBytes,
      allocations: heap?.allocations,
      recordLength: record,
      installedBytes: installed?.bytes,
      installed: installed?.parts,
    });
  }
  const [heading = '', ...rows] = formatColumns(lines);
  report.say(`\n${heading}`, { event: 'needs of the receiver' });
  for (const [i, fact] of facts.entries()) report.say(rows[i] ?? '', fact);
  for (const { implementation, installed } of facts) {
    if (installed !== undefined) report.explain(`installed, ${implementation}: ${installed}`);
  }
}

/** Of records: 256 whole ones. */
const SAMPLE = 1024 * 1024;

async function recordLength(implementation: Implementation, job: Job, signal: AbortSignal): Promise<number> {
  let counter: Awaited<ReturnType<typeof startRecordCounter>> | undefined;
  try {
    await runTransfer(implementation, job, {
      signal,
      through: async (port) => {
        counter = await startRecordCounter(port);
        return counter.port;
      },
    });
    return counter?.commonLength() ?? 0;
  } finally {
    counter?.close();
    rmSync(join(job.folder, job.name), { force: true });
  }
}

interface Allocations {
  readonly allocations: number;
  readonly bytes: number;
}

/** Of the receiver, by valgrind. Undefined without it. */
async function countAllocations(
  implementation: Implementation,
  job: Job,
  signal: AbortSignal,
  report: Report,
): Promise<Allocations | undefined> {
  try {
    const { errors } = await runTransfer(implementation, job, { signal, wrapper: ['valgrind'] });
    const [, allocations, bytes] =
      /total heap usage: ([\d,]+) allocs, [\d,]+ frees, ([\d,]+) bytes allocated/.exec(errors.receive) ?? [];
    const number = (text = '') => Number(text.replaceAll(',', ''));
    return allocations === undefined ? undefined : { allocations: number(allocations), bytes: number(bytes) };
  } catch (error) {
    if (signal.aborted) throw error;
    const why = (error as Error).message.includes('ENOENT') ? 'valgrind is not installed' : (error as Error).message;
    report.say(`without the allocations of ${implementation.name}: ${why}`, {
      event: 'skipped',
      implementation: implementation.name,
      why,
    });
    return undefined;
  } finally {
    rmSync(join(job.folder, job.name), { force: true });
  }
}
