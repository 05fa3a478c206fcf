/** What a transfer costs the process: time by the wall and by the processor, and memory; and what it went over. */

import { readFileSync } from 'node:fs';
import type { TLSSocket } from 'foxtls/tls';

export type SessionFacts = {
  readonly version: string | undefined;
  readonly suite: string | undefined;
};

/** While the connection lives. */
export function sessionFacts({ connectionInfo }: TLSSocket): SessionFacts {
  return { version: connectionInfo?.version, suite: connectionInfo?.suite.name };
}

export type Usage = {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Bytes: the most that was in memory, and what could be addressed (0 where the system does not say). */
  readonly residentBytes: number;
  readonly virtualBytes: number;
  /** Bytes in JavaScript's own heap, and in buffers outside it, now. */
  readonly heapBytes: number;
};

/** Starts the clocks. The function that it returns reads them. */
export function measureUsage(): () => Usage {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    const { heapUsed, external } = process.memoryUsage();
    return {
      wallSeconds: (performance.now() - wall) / 1000,
      cpuSeconds: (user + system) / 1e6,
      residentBytes: statusBytes('VmHWM') || process.memoryUsage.rss(),
      virtualBytes: statusBytes('VmPeak'),
      heapBytes: heapUsed + external,
    };
  };
}

/** 0 where there is no such file: Linux alone has it. (What getrusage says of memory begins with that of the parent.) */
function statusBytes(field: 'VmHWM' | 'VmPeak'): number {
  try {
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
