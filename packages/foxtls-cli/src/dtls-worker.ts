/** A worker thread of `foxtls dtls-server --workers N`: serves the clients whose datagrams it is handed. */

import { parentPort, workerData } from 'node:worker_threads';
import { dispatchedSocket } from 'foxtls/dtls';
import { serveDtls } from './datagram/dtls-serving.ts';
import type { FromWorker, WorkerStart } from './datagram/worker-messages.ts';

if (parentPort === null) throw new Error('dtls-worker.js is started by foxtls dtls-server --workers');
const parent = parentPort;
const { plan, place } = workerData as WorkerStart;
const socket = dispatchedSocket(place);
const tell = (message: FromWorker) => parent.postMessage(message);
const endpoint = serveDtls(plan, socket, {
  say: (line, facts) => tell({ type: 'say', line, facts }),
  explain: (line) => tell({ type: 'explain', line }),
  complain: (line) => tell({ type: 'complain', line }),
});
socket.signal.addEventListener('abort', () => void endpoint.close());
tell({ type: 'ready' });
