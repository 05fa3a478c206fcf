/**
 * The two servers of the differential test: foxtls in this process, and openssl's s_server behind a port, which takes one hello after another.
 */

import { connect } from 'node:net';
import type { ServerConfig } from '../../packages/foxtls/src/connection/config.ts';
import { createTlsServer } from '../../packages/foxtls/src/connection/create.ts';
import { concat } from '../../packages/foxtls/src/core/bytes/bytes.ts';
import type { TlsError } from '../../packages/foxtls/src/core/errors/errors.ts';
import { PeerProcess } from '../harness/peer-process.ts';
import type { InteropPki } from '../harness/pki.ts';
import { findFreePort } from '../harness/ports.ts';
import { pause } from '../harness/wait.ts';
import { type Answer, AnswerReader } from './answer.ts';
import { type HelloPlan, uint16, writeHello } from './client-hello.ts';
import { openSslArguments, type Settings } from './settings.ts';

const PATIENCE = 20_000;

/** The answer of foxtls, and its error if it refused. */
export async function askFoxtls(
  config: ServerConfig,
  plan: HelloPlan,
): Promise<{ readonly answer: Answer; readonly error: TlsError | undefined }> {
  let error: TlsError | undefined;
  const server = createTlsServer(config, {
    onEvent: (event) => {
      if (event.type === 'error') error = event.error;
    },
  });
  const hello = await writeHello(plan);
  const reader = new AnswerReader(plan, hello, certificatesOf(config));
  server.start();
  let message: Uint8Array | undefined = hello.message;
  for (let turn = 0; reader.answer === undefined && turn < 100; turn++) {
    if (message !== undefined) server.receive(inRecords(plan, message));
    message = await reader.feed(concat(...server.takeOutput()));
    if (message === undefined && server.state === 'closed') reader.end();
    else if (message === undefined) await pause(0);
  }
  server.abort();
  if (reader.answer === undefined) throw new Error('foxtls does not answer');
  return { answer: reader.answer, error };
}

/** Starts s_server, which the caller stops. */
export async function startOpenSsl(
  pki: InteropPki,
  settings: Settings,
): Promise<{ readonly port: number; readonly peer: PeerProcess }> {
  const port = await findFreePort();
  const environment = { OPENSSL_CONF: '/dev/null' };
  const peer = new PeerProcess('openssl', openSslArguments(pki, settings, port), { folder: pki.folder, environment });
  await peer.prints(/ACCEPT/);
  return { port, peer };
}

export async function askOpenSsl(port: number, config: ServerConfig, plan: HelloPlan): Promise<Answer> {
  const hello = await writeHello(plan);
  const reader = new AnswerReader(plan, hello, certificatesOf(config));
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.setTimeout(PATIENCE, () => socket.destroy(new Error('s_server does not answer')));
  socket.write(inRecords(plan, hello.message));
  try {
    for await (const chunk of socket) {
      const message = await reader.feed(chunk as Uint8Array);
      if (message !== undefined) socket.write(inRecords(plan, message));
      if (reader.answer !== undefined) break;
    }
  } catch (error) {
    // A server that closes with input unread resets the connection: its alert may have come before.
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  }
  socket.destroy();
  reader.end();
  return reader.answer as Answer;
}

function certificatesOf({ credentials }: ServerConfig): readonly Uint8Array[] {
  return credentials.flatMap(({ credential }) => (credential.kind === 'x509' ? credential.chain.slice(0, 1) : []));
}

/** In one record, or in two. */
function inRecords({ split }: HelloPlan, message: Uint8Array): Uint8Array {
  const parts = split === 0 ? [message] : [message.subarray(0, split), message.subarray(split)];
  return concat(...parts.map((part) => concat(Uint8Array.of(22, 3, 1), uint16(part.length), part)));
}
