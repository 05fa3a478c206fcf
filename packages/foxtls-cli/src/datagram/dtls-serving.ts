/**
 * What `foxtls dtls-server` does with its clients: hears them, says so, and acknowledges; in this thread or in a worker.
 */

import { type DatagramSocket, type DTLSEndpoint, type DTLSSession, listen } from 'foxtls/dtls';
import { describeFailure } from '../command/failure.ts';
import { type Report, shownText } from '../command/report.ts';
import { formatAddress } from '../network/addresses.ts';
import { describeSession } from '../network/session-text.ts';
import { type DtlsPlan, logKeys } from './dtls-options.ts';
import { watchSteps } from './watched-socket.ts';

/** In which of the tutorial's chapters we are: their lines differ. */
export type ServerStyle = 'plain' | 'nonblocking' | 'workers';

export interface ServerPlan extends DtlsPlan {
  readonly style: ServerStyle;
  readonly requestCert: boolean;
  /** Of all workers, so that they resume each other's sessions. */
  readonly ticketKeys: Uint8Array;
  /** A client that says nothing for so long is gone. */
  readonly idleSeconds: number;
  /** Of a handshake. */
  readonly timeoutSeconds: number;
}

const ACKNOWLEDGEMENTS: Readonly<Record<ServerStyle, string>> = {
  plain: 'I hear you fashizzle!',
  nonblocking: 'I hear you fashizzle!',
  workers: 'MESSAGE RECEIVED',
};

/** Takes the socket over. Throws for a plan that no server can be made of. */
export function serveDtls(plan: ServerPlan, socket: DatagramSocket, report: Report): DTLSEndpoint {
  const { psk, style, minVersion, maxVersion, cert, key, ca, ciphers, requestCert, ticketKeys, timeoutSeconds } = plan;
  const handshaking = new Set<DTLSSession>();
  const heardAt = new Map<DTLSSession, number>();
  const sayWait = (wouldWrite: boolean) => {
    if (handshaking.size === 0) return;
    if (wouldWrite) report.say('... server would write block', { event: 'would-write' });
    else report.say('... server would read block', { event: 'would-read' });
  };
  const endpoint = listen(
    (session) => {
      handshaking.add(session);
      heardAt.set(session, performance.now());
      session.closed.then(
        () => forget(session),
        () => forget(session),
      );
      session.once('handshake', () => handshaking.delete(session));
      session.on('message', () => heardAt.set(session, performance.now()));
      serveClient(session, plan, report);
    },
    {
      ...{ minVersion, maxVersion, cert, key, ca, ciphers, requestCert, ticketKeys },
      ...(psk !== undefined && { psk: (identity) => (identity === psk.identity ? psk : undefined) }),
      handshakeTimeout: timeoutSeconds * 1000,
      socket: style === 'nonblocking' ? watchSteps(socket, sayWait) : socket,
    },
  );
  const forget = (session: DTLSSession) => {
    handshaking.delete(session);
    heardAt.delete(session);
  };
  const sweep = setInterval(() => {
    for (const [session, at] of heardAt) {
      if (performance.now() - at < plan.idleSeconds * 1000 || handshaking.has(session)) continue;
      heardAt.delete(session);
      report.say('lost the connection to client', { event: 'lost', client: nameOf(session) });
      session.close();
    }
  }, 1000).unref();
  endpoint.closed.finally(() => clearInterval(sweep)).catch(() => {});
  return endpoint;
}

function serveClient(session: DTLSSession, plan: ServerPlan, report: Report): void {
  const client = nameOf(session);
  logKeys(session, plan);
  let isConnected = false;
  session.onhandshake = (protocol) => {
    isConnected = true;
    report.say('Connected!', {
      event: 'connected',
      client,
      protocol,
      suite: session.cipher?.standardName,
      resumed: session.reused,
    });
    report.explain(`${client}: ${describeSession(session)}`);
  };
  session.onmessage = (message) => answer(session, message, plan.style, report);
  session.closed.then(
    () => {
      const line = plan.style === 'workers' ? 'Client left, return to idle state.' : 'Client left return to idle state';
      if (isConnected) report.say(line, { event: 'left', client });
    },
    (error: NodeJS.ErrnoException) => sayFailed(error, { client, isConnected, style: plan.style }, report),
  );
}

function answer(session: DTLSSession, message: Uint8Array, style: ServerStyle, report: Report): void {
  const client = nameOf(session);
  const [text, reply] = [shownText(message), ACKNOWLEDGEMENTS[style]];
  const space = style === 'nonblocking' ? '' : ' ';
  if (style !== 'nonblocking') report.say(`heard ${message.length} bytes`, { event: 'heard', client, bytes: message.length });
  report.say(`I heard this:${space}"${text}"`, { event: 'message', client, text });
  try {
    session.send(`${reply}\n`);
  } catch (error) {
    report.say(`wolfSSL_write fail.`, { event: 'write-failed', client, reason: describeFailure(error) });
    return;
  }
  if (style === 'workers') report.say('Sending reply.', { event: 'sending', client });
  const sent = style === 'nonblocking' ? 'Reply sent:' : 'reply sent ';
  report.say(`${sent}"${reply}"`, { event: 'reply', client, text: reply });
}

/** One client's failure ends that client. */
function sayFailed(
  error: NodeJS.ErrnoException,
  { client, isConnected, style }: { readonly client: string; readonly isConnected: boolean; readonly style: ServerStyle },
  report: Report,
): void {
  const reason = describeFailure(error);
  const event = isConnected ? 'read-failed' : 'accept-failed';
  const isTimeout = error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT' || error.code === 'ETIMEDOUT';
  report.explain(`${client}: ${error.code}`);
  if (isTimeout && style === 'nonblocking') report.say('Connection Timed Out.', { event: 'timeout', client });
  report.say(`error = -1, ${reason}`, { event, client, code: error.code, reason });
  const accept = style === 'nonblocking' ? 'NonBlockingSSL_Accept failed.' : 'SSL_accept failed.';
  report.say(isConnected ? 'SSL_read failed.' : accept, { event: 'failed', client });
  if (isConnected) report.say('lost the connection to client', { event: 'lost', client });
}

function nameOf(session: DTLSSession): string {
  return session.remoteAddress === undefined ? 'unknown' : formatAddress(session.remoteAddress);
}
