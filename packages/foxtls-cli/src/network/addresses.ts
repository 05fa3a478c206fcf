/**
 * Ports and hosts among the options: where a server listens, and whom a client speaks to.
 */

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { OptionTable, OptionValues } from '../command/command.ts';
import { CommandFailure, describeFailure, UsageError } from '../command/failure.ts';

/** The port of the tutorials. */
export const DEFAULT_PORT = 11111;

export type Transport = 'TCP' | 'UDP';

/** The options of a server. */
export function listenOptions(transport: Transport, port = DEFAULT_PORT) {
  return {
    port: { type: 'string', short: 'p', value: 'PORT', help: `the ${transport} port; 0 takes a free one (${port})` },
    host: { type: 'string', value: 'ADDRESS', help: 'the address to listen on (127.0.0.1)' },
    any: { type: 'boolean', short: 'b', help: 'listen on all interfaces, not on this machine alone' },
    ipv6: { type: 'boolean', short: '6', help: 'IPv6: ::1, and with --any the IPv4 addresses, too' },
  } as const satisfies OptionTable;
}

/** The options of a client. */
export function targetOptions(transport: Transport, port = DEFAULT_PORT) {
  return {
    port: { type: 'string', short: 'p', value: 'PORT', help: `the ${transport} port of the server (${port})` },
    host: { type: 'string', short: 'h', value: 'HOST', help: 'the server, as HOST (localhost)' },
    ipv6: { type: 'boolean', short: '6', help: 'IPv6: of the addresses of a name, one of those' },
  } as const satisfies OptionTable;
}

export type ListenOptions = OptionValues<ReturnType<typeof listenOptions>>;
export type TargetOptions = OptionValues<ReturnType<typeof targetOptions>>;

/** Where to listen. */
export interface ListenAddress {
  readonly address: string;
  readonly family: 4 | 6;
  /** 0 for a free one. */
  readonly port: number;
}

/** Somebody to speak to. */
export interface Target {
  /** As it was named. */
  readonly name: string;
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
}

/** Where a server listens by its options. Throws `UsageError`. */
export function listenAddress({ port, host, any, ipv6 }: ListenOptions, byDefault = DEFAULT_PORT): ListenAddress {
  if (host !== undefined && (any || ipv6)) throw new UsageError('--host says it all: leave --any and --ipv6 out');
  const address = host ?? (any ? (ipv6 ? '::' : '0.0.0.0') : ipv6 ? '::1' : '127.0.0.1');
  const family = isIP(address);
  if (family === 0) throw new UsageError(`--host is an IP address of this machine, not ${JSON.stringify(address)}`);
  return { address, family: family as 4 | 6, port: parsePort(port, byDefault) };
}

/** What is said when an address cannot be listened on. */
export function describeListenFailure(error: NodeJS.ErrnoException, transport: Transport, where: ListenAddress): CommandFailure {
  const { address, port } = where;
  if (error.code === 'EADDRINUSE')
    return new CommandFailure(`${transport} port ${port} is taken: choose another with --port, or 0 for a free one`);
  if (error.code === 'EADDRNOTAVAIL') return new CommandFailure(`${address} is no address of this machine`);
  if (error.code === 'EACCES')
    return new CommandFailure(`${transport} port ${port} is for the administrator: choose one above 1023 with --port`);
  return new CommandFailure(`${address}: ${describeFailure(error)}`);
}

export function parsePort(text: string | undefined, byDefault = DEFAULT_PORT, option = '--port'): number {
  if (text === undefined) return byDefault;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  throw new UsageError(`${option} is a number from 0 to 65535, not ${JSON.stringify(text)}`);
}

/** Whom to speak to by HOST, `--host` and `--port`. Throws `UsageError`, and `CommandFailure` when there is no host of that name. */
export async function resolveTarget(
  operands: readonly string[],
  { port: portText, host, ipv6 }: TargetOptions,
  byDefault = DEFAULT_PORT,
): Promise<Target> {
  if (host !== undefined && operands.length > 0) throw new UsageError('name the server once: as HOST or with --host');
  const name = operands[0] ?? host ?? 'localhost';
  const port = parsePort(portText, byDefault);
  if (port === 0) throw new UsageError('no server listens on port 0');
  return { name, port, ...(await resolveHost(name, ipv6)) };
}

/** An address of a host: IPv4 unless told otherwise. Throws `CommandFailure` when there is none. */
export async function resolveHost(name: string, ipv6 = false): Promise<Pick<Target, 'address' | 'family'>> {
  // RFC 6761 §6.3: a name for ourselves, whether somebody resolves it or not.
  if (name === 'localhost') return { address: ipv6 ? '::1' : '127.0.0.1', family: ipv6 ? 6 : 4 };
  try {
    const { address, family } = await lookup(name, { family: ipv6 ? 6 : isIP(name) === 0 ? 4 : 0 });
    return { address, family: family === 6 ? 6 : 4 };
  } catch (error) {
    throw new CommandFailure(`Error and/or invalid IP address: ${name}: ${describeFailure(error)}`);
  }
}

/** `127.0.0.1:11111`, `[::1]:11111`. */
export function formatAddress({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
