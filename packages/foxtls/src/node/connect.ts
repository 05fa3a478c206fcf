/**
 * `tls.connect`: its many shapes, and what it decides for the socket.
 */

import { isIP } from 'node:net';
import { ApiMisuse } from '../core/errors/errors.ts';
import { checkServerIdentity } from './certificate-objects.ts';
import { withCode } from './errors.ts';
import type { ConnectionOptions } from './options.ts';
import { createSecureContext } from './secure-context.ts';
import { refuseUnsupported } from './secure-context-options.ts';
import { requireContext } from './server-policy.ts';
import { TLSSocket } from './tls-socket.ts';

/**
 * Connects to a TLS server, and verifies that it is who it should be.
 *
 * Shapes and options are those of node:tls: `connect(options[, callback])`, `connect(port[, host][, options][, callback])`,
 * `connect(path[, options][, callback])`; with `socket`, over that stream. The callback is a listener of `'secureConnect'`.
 *
 * The host is verified as `servername`, else `host`, else `localhost`. As in Node, only `servername` is sent to the server (SNI).
 * Throws for options that would have to be obeyed and cannot be (`ERR_TLS_OPTION_UNSUPPORTED`, `ERR_TLS_VERSION_UNSUPPORTED`); everything
 * later arrives as `'error'`, with Node's codes.
 *
 * ```ts
 * const socket = connect({ host: 'example.com', port: 443, servername: 'example.com' }, () => {
 *   socket.end('GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n');
 * });
 * socket.pipe(process.stdout);
 * ```
 */
export function connect(options: ConnectionOptions, secureConnectListener?: () => void): TLSSocket;
export function connect(port: number, host?: string, options?: ConnectionOptions, secureConnectListener?: () => void): TLSSocket;
export function connect(port: number, options?: ConnectionOptions, secureConnectListener?: () => void): TLSSocket;
export function connect(port: number, secureConnectListener?: () => void): TLSSocket;
export function connect(path: string, options?: ConnectionOptions, secureConnectListener?: () => void): TLSSocket;
export function connect(...args: unknown[]): TLSSocket {
  const listener = args.find((argument) => typeof argument === 'function') as (() => void) | undefined;
  const options = readArguments(args);
  refuseUnsupported(options);
  const { socket } = options;
  const context = options.secureContext ? requireContext(options.secureContext) : createSecureContext(options);
  if (context.verifier !== undefined && options.checkServerIdentity !== undefined) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', '`verifier` decides about the name, too: leave `checkServerIdentity` out');
  }
  const target = describeTarget(options);
  const tlsSocket = new TLSSocket(socket, { ...options, isServer: false, secureContext: context }, target);
  if (listener !== undefined) tlsSocket.once('secureConnect', listener);
  if (socket !== undefined && socket !== null) return tlsSocket;
  if (options.timeout) tlsSocket.setTimeout(options.timeout);
  return tlsSocket.connect(options);
}

function readArguments(args: readonly unknown[]): ConnectionOptions {
  const [first, second] = args;
  const objects = args.filter((argument) => typeof argument === 'object' && argument !== null) as ConnectionOptions[];
  if (typeof first === 'object' && first !== null) return objects[0] as ConnectionOptions;
  // Options win over the arguments before them, as in Node.
  const options = objects[0] ?? {};
  if (typeof first === 'string' && Number.isNaN(Number(first))) return { path: first, ...options };
  if (typeof first === 'number' || typeof first === 'string') {
    return { port: Number(first), ...(typeof second === 'string' && { host: second }), ...options };
  }
  throw withCode(new TypeError('The "options" or "port" or "path" argument must be specified'), 'ERR_MISSING_ARGS');
}

function describeTarget(options: ConnectionOptions) {
  const { servername, host, port, path, localAddress, socket } = options;
  const check = options.checkServerIdentity ?? checkServerIdentity;
  if (typeof check !== 'function') throw misuse('checkServerIdentity', 'a function');
  if (servername !== undefined && servername !== null && typeof servername !== 'string') throw misuse('servername', 'a string');
  const wrapped = (socket as { _host?: string | null } | undefined)?._host;
  return {
    hostname: servername || host || wrapped || 'localhost',
    checkServerIdentity: check,
    // RFC 6066 §3: "Literal IPv4 and IPv6 addresses are not permitted in "HostName"."
    servername: servername && isIP(servername) === 0 ? servername : undefined,
    endPoint: {
      ...(path !== undefined && { path }),
      ...(host !== undefined && { host }),
      ...(port !== undefined && { port }),
      ...(localAddress !== undefined && { localAddress }),
    },
  };
}

function misuse(name: string, expected: string): ApiMisuse {
  return withCode(new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `options.${name} has to be ${expected}`), 'ERR_INVALID_ARG_TYPE');
}
