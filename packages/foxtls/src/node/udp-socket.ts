/**
 * UDP sockets of node:dgram for `foxtls/dtls`: bound at once where an address is given, and addresses as the text that the core knows them by.
 */

import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { lookup as dnsLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { ApiMisuse } from '../core/errors/errors.ts';
import type { DtlsAddress, DtlsListenOptions } from './dtls-types.ts';
import { withCode } from './errors.ts';

/** An address, and its family. */
export interface ResolvedHost {
  readonly address: string;
  readonly family: 4 | 6;
}

/** What a new socket is made with. */
export const SOCKET_OPTIONS = ['ipv6Only', 'reusePort', 'udpReceiveBufferSize', 'udpSendBufferSize', 'udpTTL'] as const;
const MAX_PORT = 65535;

export type UdpOptions = Pick<DtlsListenOptions, (typeof SOCKET_OPTIONS)[number]>;

/** Throws `ERR_INVALID_ARG_TYPE`, `ERR_SOCKET_BAD_PORT`. */
export function checkPort(name: string, port: unknown): void {
  if (typeof port !== 'number')
    throw withCode(new TypeError(`The "${name}" argument must be of type number.`), 'ERR_INVALID_ARG_TYPE');
  if (Number.isInteger(port) && port >= 0 && port <= MAX_PORT) return;
  throw withCode(new RangeError(`${name} should be >= 0 and < 65536. Received ${port}`), 'ERR_SOCKET_BAD_PORT');
}

/** Undefined for a host name. */
export function literalHost(host: string): ResolvedHost | undefined {
  const family = isIP(host);
  return family === 0 ? undefined : { address: host, family: family as 4 | 6 };
}

/** Looks a host name up. */
export function resolveHost(host: string, lookup: LookupFunction = dnsLookup as LookupFunction): Promise<ResolvedHost> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: false }, (error, address, family) => {
      if (error) reject(error);
      else resolve({ address: String(address), family: family === 6 ? 6 : 4 });
    });
  });
}

/** A bound socket. Throws what binding comes to, as `EADDRINUSE`. */
export function bindSocket({ address, family }: ResolvedHost, port: number, options: UdpOptions): Socket {
  const { ipv6Only = false, reusePort = false, udpReceiveBufferSize, udpSendBufferSize, udpTTL } = options;
  if (reusePort && !hasReusePort()) {
    throw new ApiMisuse('ERR_TLS_OPTION_UNSUPPORTED', `reusePort needs Node 22.12 or later: this is ${process.version}`);
  }
  const settings = {
    type: family === 6 ? 'udp6' : 'udp4',
    ...(family === 6 && { ipv6Only }),
    ...(reusePort && { reusePort }),
    ...(udpReceiveBufferSize !== undefined && { recvBufferSize: udpReceiveBufferSize }),
    ...(udpSendBufferSize !== undefined && { sendBufferSize: udpSendBufferSize }),
    lookup: literalLookup,
  } as SocketOptions;
  const socket = createSocket(settings);
  let failure: Error | undefined;
  const onError = (error: Error) => {
    failure ??= error;
  };
  socket.on('error', onError);
  try {
    socket.bind({ port, address, exclusive: true });
    if (failure === undefined && udpTTL !== undefined) socket.setTTL(udpTTL);
  } catch (thrown) {
    onError(thrown as Error);
  }
  socket.off('error', onError);
  if (failure === undefined) return socket;
  socket.on('error', () => {});
  socket.close();
  throw failure;
}

/** Answers at once, for there are only addresses: so that `bind` is over when it returns, and datagrams leave in their order. */
function literalLookup(host: string, _options: unknown, callback: (...args: [null, string, number]) => void): void {
  callback(null, host, isIP(host));
}

function hasReusePort(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 12);
}

/** `192.0.2.1:5684`, `[2001:db8::1]:5684`. */
export function writeAddress(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

export function readAddress(text: string): DtlsAddress {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon);
  const isIPv6 = host.startsWith('[');
  return {
    address: isIPv6 ? host.slice(1, -1) : host,
    family: isIPv6 ? 'IPv6' : 'IPv4',
    port: Number(text.slice(colon + 1)),
  };
}
