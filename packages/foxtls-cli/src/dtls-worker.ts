/** A worker thread of `foxtls dtls-server --workers N`: serves the clients whose datagrams it is handed. */

import { parentPort, workerData } from 'node:worker_threads';
import { serveDtls } from './datagram/dtls-serving.ts';
import { ForwardedSocket, type FromWorker, type ToWorker, type WorkerStart } from './datagram/forwarded-socket.ts';

if (parentPort === null) throw new Error('dtls-worker.js is started by foxtls dtls-server --workers');
const port = parentPort;
const { plan, address } = workerData as WorkerStart;
const socket = new ForwardedSocket(port, address);
const tell = (message: FromWorker) => port.postMessage(message);
const endpoint = serveDtls(plan, socket, {
  say: (line, facts) => tell({ type: 'say', line, facts }),
  explain: (line) => tell({ type: 'explain', line }),
  complain: (line) => tell({ type: 'complain', line }),
});
port.on('message', (message: ToWorker) => {
  if (message.type === 'datagram') socket.receive(message);
  else endpoint.close().then(() => port.close());
});
tell({ type: 'ready' });
