// The processes of a benchmark: a server's and a client's, which talk to the runner over IPC.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A process that is killed if it takes far longer than it can. */
export function start(file, fileArguments, { environment = {}, execArgv = [], timeout = 120_000 } = {}) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return fork(path, fileArguments, { env: { ...process.env, ...environment }, execArgv, timeout });
}

/** The next message of a process; rejects when it ends before. */
export function message(child) {
  return new Promise((resolve, reject) => {
    const onExit = (code) => reject(new Error(`${child.spawnargs.slice(1).join(' ')} ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (received) => {
      child.off('exit', onExit);
      resolve(received);
    });
  });
}
