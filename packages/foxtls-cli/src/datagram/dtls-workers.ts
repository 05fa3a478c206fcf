/**
 * DTLS in worker threads over one UDP socket: the main thread hands each datagram to the worker that its sender's address belongs to, and sends
 * what workers answer. A worker owns its sessions from the first handshake message to the end; nothing is shared but the keys of tickets.
 *
 * ```
 *   UDP socket ──▶ main thread ──(hash of the address)──▶ worker 0: sessions
 *              ◀──             ◀───────────────────────── worker 1: sessions
 * ```
 */

import type { Socket } from 'node:dgram';
import { Worker } from 'node:worker_threads';
import type { Report } from '../command/report.ts';
import type { ServerPlan } from './dtls-serving.ts';
import type { FromWorker, ToWorker, WorkerStart } from './forwarded-socket.ts';

export interface WorkerPool {
  /** Ends the sessions, with close_notify, then the threads. */
  close(): Promise<void>;
}

/**
 * Starts the workers; resolves when all are ready, and rejects when one cannot be. One that dies later is replaced: its clients have to begin
 * anew.
 */
export async function startWorkers(count: number, plan: ServerPlan, socket: Socket, report: Report): Promise<WorkerPool> {
  const start: WorkerStart = { plan, address: socket.address() };
  const workers: Worker[] = [];
  let isClosing = false;
  const startWorker = (index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      // This stands in dist/foxtls.js, beside it: no other program starts workers.
      const worker = new Worker(new URL('./dtls-worker.js', import.meta.url), { workerData: start });
      workers[index] = worker;
      let isReady = false;
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'ready') {
          isReady = true;
          resolve();
        } else hearWorker(message, socket, report);
      });
      worker.on('error', (error) => {
        if (isReady) report.complain(`worker ${index} failed: ${error.message}`);
        reject(error);
      });
      worker.on('exit', () => {
        if (isReady && !isClosing)
          startWorker(index).catch((error: Error) => report.complain(`worker ${index}: ${error.message}`));
      });
    });
  try {
    await Promise.all(Array.from({ length: count }, (_, index) => startWorker(index)));
  } catch (error) {
    isClosing = true;
    for (const worker of workers) worker.terminate();
    throw error;
  }
  socket.on('message', (data, { address, port }) => {
    const message: ToWorker = { type: 'datagram', data, address, port };
    workers[hashOf(`${address} ${port}`) % count]?.postMessage(message);
  });
  socket.on('error', () => {});
  return {
    async close() {
      isClosing = true;
      await Promise.all(
        workers.map((worker) => {
          const stop: ToWorker = { type: 'stop' };
          worker.postMessage(stop);
          // Of one that is dead already, there is no other exit.
          return worker.threadId < 0 ? undefined : new Promise((resolve) => worker.once('exit', resolve));
        }),
      );
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

function hearWorker(message: Exclude<FromWorker, { readonly type: 'ready' }>, socket: Socket, report: Report): void {
  // What cannot be sent is as good as lost on the way.
  if (message.type === 'send') socket.send(message.data, message.port, message.address, () => {});
  else if (message.type === 'say') report.say(message.line, message.facts);
  else report[message.type](message.line);
}

/** FNV-1a: an even spread; whoever chooses his ports to meet others in one worker slows that one. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}
