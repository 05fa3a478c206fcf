/**
 * Ports, hosts and sockets of programs that speak UDP.
 */

import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { OptionTable, OptionValues } from '../command/command.ts';
import { CommandFailure, describeFailure, UsageError } from '../command/failure.ts';

/** The port of the tutorials. */
export const DEFAULT_PORT = 11111;

export const LISTEN_OPTIONS = {
  port: { type: 'string', short: 'p', value: 'PORT', help: `the UDP port; 0 takes a free one (${DEFAULT_PORT})` },
  host: { type: 'string', value: 'ADDRESS', help: 'the address to listen on (127.0.0.1)' },
  any: { type: 'boolean', short: 'b', help: 'listen on all interfaces, not on this machine alone' },
  ipv6: { type: 'boolean', short: '6', help: 'IPv6: ::1, and with --any the IPv4 addresses, too' },
} as const satisfies OptionTable;

export const TARGET_OPTIONS = {
  port: { type: 'string', short: 'p', value: 'PORT', help: `the UDP port of the server (${DEFAULT_PORT})` },
  host: { type: 'string', short: 'h', value: 'HOST', help: 'the server, as HOST (localhost)' },
  ipv6: { type: 'boolean', short: '6', help: 'IPv6: of the addresses of a name, one of those' },
} as const satisfies OptionTable;

/** Somebody to speak to. */
export interface Target {
  /** As it was named. */
  readonly name: string;
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
}

/** A bound socket. Throws `CommandFailure` when there is none to be had. */
export function bindServer({ port, host, any, ipv6 }: OptionValues<typeof LISTEN_OPTIONS>): Promise<Socket> {
  if (host !== undefined && (any || ipv6)) throw new UsageError('--host says it all: leave --any and --ipv6 out');
  const address = host ?? (any ? (ipv6 ? '::' : '0.0.0.0') : ipv6 ? '::1' : '127.0.0.1');
  const family = isIP(address);
  if (family === 0) throw new UsageError(`--host is an IP address of this machine, not ${JSON.stringify(address)}`);
  return bind(family as 4 | 6, address, parsePort(port));
}

/** A socket of our own, from which a target can be reached. */
export function bindClient({ family }: Target): Promise<Socket> {
  return bind(family, family === 6 ? '::' : '0.0.0.0', 0);
}

function bind(family: 4 | 6, address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4' });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      const { code } = error;
      if (code === 'EADDRINUSE')
        reject(new CommandFailure(`UDP port ${port} is taken: choose another with --port, or 0 for a free one`));
      else if (code === 'EADDRNOTAVAIL') reject(new CommandFailure(`${address} is no address of this machine`));
      else reject(new CommandFailure(`${address}: ${describeFailure(error)}`));
    });
    socket.bind(port, address, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

export function parsePort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  throw new UsageError(`--port is a number from 0 to 65535, not ${JSON.stringify(text)}`);
}

/** Whom to speak to. */
export async function resolveTarget(
  operands: readonly string[],
  { port: portText, host, ipv6 }: OptionValues<typeof TARGET_OPTIONS>,
): Promise<Target> {
  if (host !== undefined && operands.length > 0) throw new UsageError('name the server once: as HOST or with --host');
  const name = operands[0] ?? host ?? 'localhost';
  const port = parsePort(portText);
  if (port === 0) throw new UsageError('no server listens on port 0');
  // RFC 6761 §6.3: a name for ourselves, whether somebody resolves it or not.
  if (name === 'localhost') return { name, address: ipv6 ? '::1' : '127.0.0.1', family: ipv6 ? 6 : 4, port };
  try {
    const { address, family } = await lookup(name, { family: ipv6 ? 6 : isIP(name) === 0 ? 4 : 0 });
    return { name, address, family: family === 6 ? 6 : 4, port };
  } catch (error) {
    throw new CommandFailure(`Error and/or invalid IP address: ${name}: ${describeFailure(error)}`);
  }
}

/** `127.0.0.1:11111`, `[::1]:11111`. */
export function formatAddress({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
