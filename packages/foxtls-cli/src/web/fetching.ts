/**
 * One request over TLS and its reply, as it comes: for a client that shows what a server says.
 *
 * The reply is passed on in parts and never kept, and there is an end to its length and to our patience.
 */

import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { CertificateInvalid } from 'foxtls';
import type { PeerVerifier } from 'foxtls/crypto';
import { type ConnectionOptions, connect, type TLSSocket } from 'foxtls/tls';
import { CommandFailure, describeFailure } from '../command/failure.ts';
import { printable } from '../command/printable.ts';

/** A certificate was refused: the connection ended before anything was said. */
export class Refused extends Error {
  readonly refusal: CertificateInvalid;

  constructor(refusal: CertificateInvalid) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

export interface SecureOptions {
  /** Whom the server has to be. */
  readonly host: string;
  readonly verifier: PeerVerifier;
  readonly seconds: number;
  readonly plan: ConnectionOptions;
  /** Before the handshake. */
  readonly prepare?: (socket: TLSSocket) => void;
}

/** A handshake over a connected socket. Rejects with `Refused` for a certificate, and with `CommandFailure` for all else. */
export function secure(transport: Socket, { host, verifier, seconds, plan, prepare }: SecureOptions): Promise<TLSSocket> {
  const socket = connect({
    ...plan,
    socket: transport,
    host,
    ...(isIP(host) === 0 && { servername: host }),
    verifier,
    ALPNProtocols: ['http/1.1'],
  });
  prepare?.(socket);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => socket.destroy(new CommandFailure(`the TLS handshake was not over in ${seconds} s`)),
      seconds * 1000,
    );
    const fail = (error: Error) => {
      clearTimeout(timer);
      if (error.cause instanceof CertificateInvalid) reject(new Refused(error.cause));
      else reject(new CommandFailure(`no TLS with ${host}: ${printable(describeFailure(error))}`));
    };
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

export interface Limits {
  /** Of silence. */
  readonly seconds: number;
  readonly maxBytes: number;
}

/** What the server says until it ends. Throws `CommandFailure` when it says too much, or nothing for too long, or breaks off. */
export async function* replyTo(socket: TLSSocket, request: string, { seconds, maxBytes }: Limits): AsyncGenerator<Uint8Array> {
  socket.setTimeout(seconds * 1000, () => socket.destroy(new CommandFailure(`the server said nothing for ${seconds} s`)));
  socket.write(request);
  let received = 0;
  try {
    for await (const part of socket as AsyncIterable<Uint8Array>) {
      received += part.length;
      yield part.subarray(0, part.length - Math.max(0, received - maxBytes));
      if (received > maxBytes)
        throw new CommandFailure(`the reply has more than ${maxBytes} bytes: the rest is left out (--max-bytes)`);
    }
  } catch (error) {
    throw error instanceof CommandFailure
      ? error
      : new CommandFailure(`the reply broke off: ${printable(describeFailure(error))}`);
  }
}

/** RFC 9112: `Connection: close`, so that the end of the reply is that of the connection. */
export function getRequest(host: string, port: number, path: string): string {
  const name = isIP(host) === 6 ? `[${host}]` : host;
  const authority = port === 443 ? name : `${name}:${port}`;
  return `GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nAccept: */*\r\nConnection: close\r\n\r\n`;
}
