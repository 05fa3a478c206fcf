/** `-b` and `-B` of the client: how long connections take, and how fast bytes go there and back. In wolfSSL's lines. */

import { randomBytes } from 'node:crypto';
import { CommandFailure } from '../command/failure.ts';
import type { Report } from '../command/report.ts';
import type { Channel } from './channel.ts';
import { describeTlsFailure } from './describe-failure.ts';
import type { Dialler } from './dialling.ts';

/** N connections one after the other, TCP and farewell included; with `resumes`, as many again that resume. */
export async function timeConnections(
  dialler: Dialler,
  { count, resumes }: { readonly count: number; readonly resumes: boolean },
  report: Report,
): Promise<void> {
  const first = await timeRound(dialler, count, resumes ? 'ask' : 'no', undefined);
  if (dialler.isStopped) return;
  sayAverage('wolfSSL_connect avg took:', 'connect', count, first.milliseconds, report);
  if (!resumes) return;
  if (first.session === undefined) throw new CommandFailure('the server gave no session to resume');
  const second = await timeRound(dialler, count, 'use', first.session);
  if (dialler.isStopped) return;
  sayAverage('wolfSSL_resume  avg took:', 'resume', count, second.milliseconds, report);
  if (second.resumed < count) throw new CommandFailure(`didn't reuse session id!!! (${count - second.resumed} of ${count})`);
}

function sayAverage(title: string, what: string, connections: number, milliseconds: number, report: Report): void {
  const average = milliseconds / connections;
  report.say(`${title} ${figure(average)} milliseconds`, { event: 'average', what, connections, milliseconds: average });
}

async function timeRound(dialler: Dialler, count: number, mode: 'no' | 'ask' | 'use', session: Buffer | undefined) {
  let latest = session;
  let resumed = 0;
  let milliseconds = 0;
  for (let i = 0; i < count && !dialler.isStopped; i++) {
    const begin = performance.now();
    const channel = await dialler.dial(mode === 'use' ? latest : undefined);
    milliseconds += performance.now() - begin;
    if (channel.info.resumed) resumed++;
    // A ticket is for one connection.
    if (mode === 'use' || (mode === 'ask' && i === count - 1)) latest = (await channel.session()) ?? latest;
    await channel.close();
  }
  return { milliseconds, resumed, session: latest };
}

/** As wolfSSL's client: blocks, each sent when the one before has come back. */
const BLOCK = 16384;

export async function timeThroughput(
  dialler: Dialler,
  { bytes, seconds }: { readonly bytes: number; readonly seconds: number },
  report: Report,
): Promise<void> {
  const start = performance.now();
  const channel = await dialler.dial();
  const connect = performance.now() - start;
  const data = randomBytes(Math.min(BLOCK, bytes));
  let [sending, receiving] = [0, 0];
  for (let done = 0; done < bytes; done += BLOCK) {
    const block = data.subarray(0, Math.min(BLOCK, bytes - done));
    const begin = performance.now();
    await sendOrFail(channel, block);
    const sent = performance.now();
    await receiveSame(channel, block, seconds);
    sending += sent - begin;
    receiving += performance.now() - sent;
  }
  await channel.close();
  const lines = [
    `wolfSSL Client Benchmark ${bytes} bytes`,
    `\tConnect ${figure(connect)} ms`,
    `\tTX      ${figure(sending)} ms (${figure(megabytes(bytes, sending))} MBps)`,
    `\tRX      ${figure(receiving)} ms (${figure(megabytes(bytes, receiving))} MBps)`,
  ];
  report.say(lines.join('\n'), { event: 'throughput', bytes, connect, sending, receiving });
}

async function sendOrFail(channel: Channel, block: Uint8Array): Promise<void> {
  try {
    await channel.send(block);
  } catch (error) {
    throw new CommandFailure(`${channel.peer}: ${describeTlsFailure(error)}`);
  }
}

async function receiveSame(channel: Channel, block: Buffer, seconds: number): Promise<void> {
  const parts: Uint8Array[] = [];
  for (let size = 0; size < block.length; ) {
    const part = await channel.receive(seconds);
    if (part === undefined) throw new CommandFailure(`${channel.peer} does not echo: a server with -e or -B does`);
    parts.push(part);
    size += part.length;
  }
  if (!block.equals(Buffer.concat(parts)))
    throw new CommandFailure(`${channel.peer} does not send back what it got: a server with -e or -B does`);
}

export function megabytes(bytes: number, milliseconds: number): number {
  return bytes / (Math.max(milliseconds, 0.001) / 1000) / 1024 / 1024;
}

/** As `%8.3f`. */
export function figure(value: number): string {
  return value.toFixed(3).padStart(8);
}
