/** Whole handshakes with a server, by the library: what was agreed on, what it showed, and how it ended. */

import {
  AlertReceived,
  type ClientOptions,
  type ClientSession,
  type ConnectionInfo,
  ConnectionLost,
  createTlsClient,
  defineClientConfig,
  type TlsError,
  type TracedMessage,
} from 'foxtls';
import type { PeerVerifier } from 'foxtls/crypto';
import { nodeProvider } from 'foxtls/crypto/node';
import { HANDSHAKE_TYPES } from 'foxtls/messages';
import { trustWithoutVerification } from 'foxtls/x509';
import { openConnection, type Server, sniOf } from './probe.ts';

export interface Outcome {
  readonly info: ConnectionInfo | undefined;
  /** What ended the connection, if it was not us. */
  readonly error: TlsError | undefined;
  /** As presented, end entity first. */
  readonly chain: readonly Uint8Array[];
  readonly ocspResponse: Uint8Array | undefined;
  readonly session: ClientSession | undefined;
  /** The server asked for a certificate of ours. */
  readonly isAsked: boolean;
}

/** Milliseconds for what comes behind the handshake of TLS 1.3: a ticket that is waited for, or the refusal of a client without a certificate. */
const AFTERMATH = 700;

/** A handshake and what comes right behind it; then the connection is closed. Throws as `openConnection`. */
export async function shakeHands(
  server: Server,
  options: Partial<ClientOptions> & { readonly session?: ClientSession | undefined; readonly awaitTicket?: boolean } = {},
): Promise<Outcome> {
  const socket = await openConnection(server);
  const { session: given, awaitTicket = false, ...config } = options;
  const kept: Kept = { chain: [], ocspResponse: undefined };
  const verifier = keeping(config.verifier ?? trustWithoutVerification('a check looks at what others refuse'), kept);
  return new Promise((resolve) => {
    let session: ClientSession | undefined;
    let isAsked = false;
    let timer: NodeJS.Timeout | undefined;
    const finish = (error?: TlsError) => {
      clearTimeout(timer);
      server.signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve({ info: client.info, error, session, isAsked, ...kept });
    };
    const client = createTlsClient(defineClientConfig({ provider: nodeProvider, requestOcsp: true, ...config, verifier }), {
      serverName: sniOf(server),
      session: given,
      onEvent(event) {
        if (event.type === 'output') for (const bytes of client.takeOutput()) socket.write(bytes);
        if (event.type === 'session') session = event.session;
        if (event.type === 'message') isAsked ||= isCertificateRequest(event.message);
        if (event.type === 'error') finish(event.error);
        if (event.type !== 'connected' && !(event.type === 'session' && client.info !== undefined)) return;
        clearTimeout(timer);
        timer = setTimeout(leave, aftermathOf(client.info));
      },
    });
    // A server of TLS 1.3 that wants a certificate refuses behind the handshake, and sends no ticket before.
    const aftermathOf = (info: ConnectionInfo | undefined) =>
      info?.version === 'TLSv1.3' && session === undefined && (isAsked || awaitTicket) ? AFTERMATH : 0;
    const stop = () => finish(new ConnectionLost('aborted', 'the check was stopped'));
    const leave = () => {
      client.close();
      socket.end();
      finish();
    };
    timer = setTimeout(() => finish(new ConnectionLost('timed_out', 'the handshake took too long')), server.seconds * 1000);
    server.signal.addEventListener('abort', stop);
    socket.on('data', (bytes) => client.receive(bytes));
    socket.once('end', () => client.receiveEnd());
    socket.once('error', () => finish(new ConnectionLost('truncated', 'the connection was reset')));
    client.enableTrace();
    client.start();
    socket.resume();
  });
}

/** Whether a connection ended because no certificate of ours was shown. */
export function wantsCertificate({ isAsked, error }: Outcome): boolean {
  return isAsked && error instanceof AlertReceived;
}

function isCertificateRequest({ direction, contentType, bytes }: TracedMessage): boolean {
  return direction === 'received' && contentType === 'handshake' && bytes[0] === HANDSHAKE_TYPES.certificate_request;
}

interface Kept {
  chain: readonly Uint8Array[];
  ocspResponse: Uint8Array | undefined;
}

function keeping(inner: PeerVerifier, kept: Kept): PeerVerifier {
  return {
    ...inner,
    verify(request) {
      if (request.presented.kind === 'x509') {
        kept.chain = request.presented.certificates.map((der) => Uint8Array.from(der));
        kept.ocspResponse = request.presented.ocspResponse && Uint8Array.from(request.presented.ocspResponse);
      }
      return inner.verify(request);
    },
  };
}
