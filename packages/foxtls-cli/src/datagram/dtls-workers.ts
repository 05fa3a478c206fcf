/**
 * DTLS in worker threads over one UDP socket: a worker owns its sessions from the first handshake message to the end; nothing is shared but the
 * keys of tickets.
 */

import type { Socket } from 'node:dgram';
import { Worker } from 'node:worker_threads';
import { createDispatcher } from 'foxtls/dtls';
import type { Report } from '../command/report.ts';
import type { ServerPlan } from './dtls-serving.ts';
import type { FromWorker, WorkerStart } from './worker-messages.ts';

export interface WorkerPool {
  /** Ends the sessions, with close_notify, then the threads. */
  close(): Promise<void>;
}

/**
 * Starts the workers, and takes the socket over; resolves when all are ready, and rejects when one cannot be. One that dies later is replaced: its
 * clients have to begin anew.
 */
export async function startWorkers(count: number, plan: ServerPlan, socket: Socket, report: Report): Promise<WorkerPool> {
  const dispatcher = createDispatcher({ places: count, socket });
  const workers: Worker[] = [];
  let isClosing = false;
  const startWorker = (index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const place = dispatcher.open(index);
      const workerData: WorkerStart = { plan, place };
      // This stands in dist/foxtls.js, beside it: no other program starts workers.
      const file = new URL('./dtls-worker.js', import.meta.url);
      const worker = new Worker(file, { workerData, transferList: [place.port] });
      workers[index] = worker;
      let isReady = false;
      worker.on('message', (message: FromWorker) => {
        if (message.type === 'ready') {
          isReady = true;
          resolve();
        } else if (message.type === 'say') report.say(message.line, message.facts);
        else report[message.type](message.line);
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
    await dispatcher.close(0);
    throw error;
  }
  return {
    async close() {
      isClosing = true;
      // Of one that is dead already, there is no other exit.
      const exits = workers.map((worker) =>
        worker.threadId < 0 ? undefined : new Promise((resolve) => worker.once('exit', resolve)),
      );
      await dispatcher.close();
      await Promise.all(exits);
    },
  };
}
