/** One transfer of the table: two processes, and what each of them says that it took. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { CommandFailure } from '../../command/failure.ts';
import type { Implementation, ImplementationName, Job } from './implementations.ts';

/** What an end prints: seconds, bytes. */
export interface Cost {
  readonly bytes: number;
  /** In the calls of the library, where that can be told. */
  readonly tlsSeconds?: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly virtualBytes: number;
  readonly heapBytes?: number;
}

export interface TransferCost {
  readonly send: Cost;
  readonly receive: Cost;
  /** What both ends wrote to standard error. */
  readonly errors: { readonly send: string; readonly receive: string };
}

/** Of one implementation and one size, run after run. */
export interface Measured {
  readonly implementation: ImplementationName;
  readonly size: number;
  readonly runs: readonly TransferCost[];
}

export interface Running {
  /** Put before both command lines: valgrind. */
  readonly wrapper?: readonly string[];
  /** Where the sender connects, given where the receiver listens. */
  readonly through?: (port: number) => Promise<number>;
  readonly signal: AbortSignal;
}

/** Milliseconds for one of the largest, under valgrind. */
const PATIENCE = 30 * 60 * 1000;

/** Rejects with `CommandFailure` when one of the ends fails. */
export async function runTransfer({ name, receiver, sender }: Implementation, job: Job, running: Running): Promise<TransferCost> {
  const { wrapper = [], through = async (port) => port, signal } = running;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
  const receiving = start([...wrapper, ...receiver(job)], limited);
  try {
    const { port } = await receiving.line('listening');
    const sending = start([...wrapper, ...sender(job, await through(Number(port)))], limited);
    const [sent, received] = await Promise.all([sending.line('sent'), receiving.line('received')]);
    await Promise.all([sending.ended, receiving.ended]);
    return {
      send: sent as unknown as Cost,
      receive: received as unknown as Cost,
      errors: { send: sending.errors(), receive: receiving.errors() },
    };
  } catch (error) {
    if (signal.aborted) throw new CommandFailure('stopped');
    throw new CommandFailure(`${name}: ${(error as Error).message}`);
  } finally {
    receiving.child.kill();
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  /** The first line of JSON with this event. */
  line(event: string): Promise<Record<string, unknown>>;
  errors(): string;
}

function start([command = '', ...words]: readonly string[], signal: AbortSignal): Started {
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'], signal });
  let output = '';
  let errors = '';
  child.stdout.on('data', (data) => {
    output += String(data);
    child.emit('output');
  });
  child.stderr.on('data', (data) => {
    errors = `${errors}${data}`.slice(-64 * 1024);
  });
  let failure: Error | undefined;
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      failure = error;
      child.emit('output');
      resolve();
    });
    child.once('close', (code) => {
      if (code !== 0) failure ??= new Error(errors.trim().split('\n').at(-1) || `ended with exit code ${code}`);
      else failure ??= new Error('ended too early');
      child.emit('output');
      resolve();
    });
  });
  return {
    child,
    ended,
    errors: () => errors,
    async line(event) {
      for (;;) {
        const found = output
          .split('\n')
          .slice(0, -1)
          .filter((text) => text.startsWith('{'))
          .map((text) => JSON.parse(text) as Record<string, unknown>)
          .find((facts) => facts['event'] === event);
        if (found !== undefined) return found;
        if (failure !== undefined) throw failure;
        await once(child, 'output');
      }
    },
  };
}
