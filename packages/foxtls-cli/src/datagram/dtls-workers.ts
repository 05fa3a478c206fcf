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
import type { ServerPlan } from './dtls-serving.ts';
import type { FromWorker, ToWorker, WorkerStart } from './forwarded-socket.ts';
import type { Report } from './report.ts';

export interface WorkerPool {
  /** Ends the sessions, with close_notify, then the threads. */
  close(): Promise<void>;
}

/** Starts the workers, and goes on without one that dies: its clients have to begin anew, with another in its place. */
export function startWorkers(count: number, plan: ServerPlan, socket: Socket, report: Report): WorkerPool {
  const start: WorkerStart = { plan, address: socket.address() };
  const workers: Worker[] = [];
  let isClosing = false;
  const startWorker = (index: number) => {
    // This stands in dist/foxtls.js, beside it: no other program starts workers.
    const worker = new Worker(new URL('./dtls-worker.js', import.meta.url), { workerData: start });
    workers[index] = worker;
    worker.on('message', (message: FromWorker) => hearWorker(message, socket, report));
    worker.on('error', (error) => report.complain(`worker ${index} failed: ${error.message}`));
    worker.on('exit', () => {
      if (!isClosing) startWorker(index);
    });
  };
  for (let index = 0; index < count; index++) startWorker(index);
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
          return new Promise((resolve) => worker.once('exit', resolve));
        }),
      );
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

function hearWorker(message: FromWorker, socket: Socket, report: Report): void {
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
