/**
 * Reads a ClientHello before anything is decided about its connection (RFC 8446 §4.1.2): which config, which backend, or none.
 *
 * ```
 *   receive(bytes) ─▶ undefined … ─▶ { hello, received } ─▶ createTlsServer(config) ─▶ start(), receive(received)
 * ```
 * Invariant: it holds no more than one handshake message of `LIMITS.maxHandshakeMessage` bytes, the records around it, and the last chunk.
 */

import { EMPTY } from '../core/bytes/bytes.ts';
import { AlertReceived, ApiMisuse, asTlsError, LimitExceeded, PeerMisbehaved } from '../core/errors/errors.ts';
import { alertName } from '../core/registry/alerts.ts';
import { handshakeTypeName } from '../core/registry/handshake-types.ts';
import { type ClientHelloInfo, describeClientHello } from '../protocol/handshake/client-hello-info.ts';
import { ClientHello, type RawMessage, readMessage } from '../protocol/messages/messages.ts';
import { TlsTransport } from '../transport/tls/tls-transport.ts';
import { sendLastAlert } from './last-alert.ts';
import { LIMITS } from './limits.ts';

/** A ClientHello that is whole. */
export interface AcceptedHello {
  readonly hello: ClientHelloInfo;
  /** Everything received so far: what the connection made for it (or a backend, untouched) has to receive first. */
  readonly received: Uint8Array;
}

export interface TlsAcceptor {
  /**
   * Takes bytes of a client. Undefined until the ClientHello is whole; then it, once. Throws `TlsError`, with its alert in the output, for
   * what is no ClientHello: `PeerMisbehaved`, `DecodeError`, `LimitExceeded`, `AlertReceived`; then, and afterwards `ApiMisuse`
   * (`ERR_TLS_ACCEPTOR_USED`).
   */
  receive(bytes: Uint8Array): AcceptedHello | undefined;
  /** After an error: the alert for the client, to be written before its connection is closed. */
  takeOutput(): Uint8Array[];
}

/** Three times the largest message: it may come in small records, whose headers count too. */
const MAX_RECEIVED = 3 * LIMITS.maxHandshakeMessage;

/**
 * An acceptor for one client. No version is refused here: `hello.versions` says what the client speaks.
 *
 * ```ts
 * const acceptor = createTlsAcceptor();
 * socket.on('data', function onHello(chunk) {
 *   const accepted = acceptor.receive(chunk);
 *   if (accepted === undefined) return;
 *   socket.off('data', onHello);
 *   const server = createTlsServer(configOf(accepted.hello.serverName), { onEvent });
 *   server.start();
 *   server.receive(accepted.received);
 * });
 * ```
 */
export function createTlsAcceptor(): TlsAcceptor {
  return new Acceptor();
}

class Acceptor implements TlsAcceptor {
  readonly #transport = new TlsTransport({
    role: 'server',
    maxSendFragment: 16384,
    limits: LIMITS,
    allowEarlyChangeCipherSpec: true,
  });
  /** One buffer that grows: chunks of one byte would cost a hundred times what they hold. */
  #buffer = new Uint8Array(1024);
  #length = 0;
  #used = false;

  receive(bytes: Uint8Array): AcceptedHello | undefined {
    if (this.#used) throw new ApiMisuse('ERR_TLS_ACCEPTOR_USED', 'this acceptor is done: make one for each connection');
    try {
      return this.#accept(bytes);
    } catch (thrown) {
      const error = asTlsError(thrown);
      this.#end();
      if (error.alert !== undefined) sendLastAlert(this.#transport, error.alert);
      throw error;
    }
  }

  takeOutput(): Uint8Array[] {
    return this.#transport.takeOutput();
  }

  #accept(bytes: Uint8Array): AcceptedHello | undefined {
    this.#append(bytes);
    this.#transport.push(this.#buffer.subarray(this.#length - bytes.length, this.#length));
    const incoming = this.#transport.next();
    if (incoming === undefined) {
      if (this.#length <= MAX_RECEIVED) return undefined;
      throw new LimitExceeded('maxHandshakeMessage', `no whole ClientHello in ${this.#length} bytes`);
    }
    if (incoming.kind === 'alert') throw new AlertReceived(alertName(incoming.description) ?? `unknown_${incoming.description}`);
    if (incoming.kind !== 'handshake')
      throw new PeerMisbehaved('application_data_too_early', 'application data before ClientHello');
    const hello = describeClientHello(readMessage(ClientHello, checkType(incoming.message)), incoming.message.bytes.slice());
    const received = this.#buffer.slice(0, this.#length);
    this.#end();
    return { hello, received };
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = needed;
  }

  #end(): void {
    this.#used = true;
    this.#buffer = EMPTY.slice();
    this.#transport.clearInput();
  }
}

function checkType(message: RawMessage): RawMessage {
  if (message.type === ClientHello.type) return message;
  const name = handshakeTypeName(message.type) ?? message.type;
  throw new PeerMisbehaved('message_unexpected', `handshake message ${name} where a ClientHello is expected`);
}
