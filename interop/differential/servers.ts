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
import { type HelloPlan, inRecords, writeHello } from './client-hello.ts';
import { openSslArguments, type Settings } from './settings.ts';

const PATIENCE = 20_000;
/** For what may be answered by nothing. */
const PATIENCE_IN_THE_END = 1000;
const TURNS = 100;

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
  let input: Uint8Array | undefined = inRecords(plan, hello.message);
  for (let turn = 0; reader.answer === undefined && turn < TURNS; turn++) {
    if (input !== undefined) server.receive(input);
    input = await reader.feed(concat(...server.takeOutput()));
    if (input === undefined && server.state === 'closed') reader.end();
    else if (input === undefined) await pause(0);
  }
  if (reader.isSecond) reader.end('nothing');
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
      const reply = await reader.feed(chunk as Uint8Array);
      if (reply !== undefined) socket.write(reply);
      if (reader.answer !== undefined) break;
      if (reader.isSecond) socket.setTimeout(PATIENCE_IN_THE_END);
    }
  } catch (error) {
    // A server that closes with input unread resets the connection: its alert may have come before, or may be lost.
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') reader.end('reset');
    else if (reader.isSecond) reader.end('nothing');
    else throw error;
  }
  socket.destroy();
  reader.end();
  return reader.answer as Answer;
}

function certificatesOf({ credentials }: ServerConfig): readonly Uint8Array[] {
  return credentials.flatMap(({ credential }) => (credential.kind === 'x509' ? credential.chain.slice(0, 1) : []));
}
