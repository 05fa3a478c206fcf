/**
 * A program of other make that a test talks to: started in a process group of its own, its output collected, ended for certain.
 *
 * Invariants: nothing outlives the test that started it; every wait has a time-out whose error shows what the program printed.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { waitUntil } from './wait.ts';

export interface PeerOptions {
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface PeerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const GRACE = 2000;

/** Starts a program; it is ended when the running test is over. */
export function startPeer(command: string, programArguments: readonly string[], options: PeerOptions = {}): PeerProcess {
  const peer = new PeerProcess(command, programArguments, options);
  onTestFinished(() => peer.stop());
  return peer;
}

/** Runs a program to its end, with nothing (or `input`) on its standard input. */
export async function runPeer(
  command: string,
  programArguments: readonly string[],
  { input, timeout, ...options }: PeerOptions & { readonly input?: Uint8Array | string; readonly timeout?: number } = {},
): Promise<PeerProcess> {
  const peer = startPeer(command, programArguments, options);
  peer.endInput(input);
  await peer.exited(timeout);
  return peer;
}

export class PeerProcess {
  /** What it wrote so far, as text. */
  errors = '';
  end: PeerEnd | undefined;
  readonly #child: ChildProcess;
  readonly #title: string;
  readonly #chunks: Buffer[] = [];

  constructor(command: string, programArguments: readonly string[], { folder, environment }: PeerOptions) {
    this.#title = [command, ...programArguments].join(' ');
    // A group of its own, so that its children (a browser's, npm's) can be ended with it.
    this.#child = spawn(command, programArguments, {
      cwd: folder,
      env: { ...process.env, ...environment },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString('latin1');
    });
    // A program that has ended closes its input; what became of it is in `end`.
    this.#child.stdin?.on('error', () => undefined);
    this.#child.on('error', (error) => {
      this.errors += `${error.message}\n`;
      this.end ??= { code: null, signal: null };
    });
    this.#child.on('close', (code, signal) => {
      this.end = { code, signal };
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Standard output as bytes. */
  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Standard output and standard error as text. */
  get output(): string {
    return this.bytes.toString('latin1') + this.errors;
  }

  /** Waits until the output matches; gives the match. */
  async prints(pattern: RegExp, timeout?: number): Promise<RegExpExecArray> {
    let match: RegExpExecArray | null = null;
    const matches = () => {
      match = pattern.exec(this.output);
      return match !== null;
    };
    await waitUntil(
      () => matches() || this.end !== undefined,
      () => this.#describe(`should print ${pattern}`),
      timeout,
    );
    if (!matches() || match === null) throw new Error(this.#describe(`ended without printing ${pattern}`));
    return match;
  }

  async exited(timeout?: number): Promise<PeerEnd> {
    await waitUntil(
      () => this.end !== undefined,
      () => this.#describe('should end'),
      timeout,
    );
    return this.end as PeerEnd;
  }

  write(input: Uint8Array | string): void {
    this.#child.stdin?.write(input);
  }

  endInput(input?: Uint8Array | string): void {
    if (input === undefined) this.#child.stdin?.end();
    else this.#child.stdin?.end(input);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Whether it and all of its children have ended. */
  get isGone(): boolean {
    try {
      process.kill(-this.pid, 0);
      return false;
    } catch {
      return true;
    }
  }

  /** Ends it and its children: politely, then for certain. */
  async stop(): Promise<void> {
    if (this.pid === 0) return;
    this.#signalGroup('SIGTERM');
    if (this.end === undefined)
      await waitUntil(
        () => this.end !== undefined,
        () => '',
        GRACE,
      ).catch(() => undefined);
    this.#signalGroup('SIGKILL');
    this.#child.stdin?.destroy();
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  #signalGroup(name: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, name);
    } catch {
      // The whole group has ended.
    }
  }

  #describe(what: string): string {
    const ended = this.end === undefined ? '' : ` (ended: ${this.end.code ?? this.end.signal})`;
    return `${this.#title}: ${what}${ended}; it printed:\n${this.output.slice(-4000)}`;
  }
}
