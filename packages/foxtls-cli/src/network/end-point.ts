/** A host and perhaps a port in one word: `example.com`, `example.com:443`, `[::1]:443`, `::1`. */

import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { UsageError } from '../command/failure.ts';
import { parsePort } from './addresses.ts';

export interface EndPoint {
  /** A name in ASCII (an international one as it is looked up), or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Throws `UsageError` for what is none. `what` is the option or operand, for that. */
export function parseEndPoint(text: string, what: string, defaultPort: number): EndPoint {
  const [, bracketed, port] = /^\[([^\]]*)\](?::(.*))?$/s.exec(text) ?? [];
  if (bracketed !== undefined) return { host: parseHost(bracketed, what), port: portOf(port, what, defaultPort) };
  if (isIP(text) === 6) return { host: text, port: defaultPort };
  const colon = text.lastIndexOf(':');
  if (colon < 0) return { host: parseHost(text, what), port: defaultPort };
  return { host: parseHost(text.slice(0, colon), what), port: portOf(text.slice(colon + 1), what, defaultPort) };
}

/** Throws `UsageError` for what is neither a name nor an address. */
export function parseHost(text: string, what: string): string {
  const host = isIP(text) === 0 ? domainToASCII(text) : text;
  if (host !== '') return host;
  throw new UsageError(`${what} is a name or an IP address, not ${JSON.stringify(text)}`);
}

function portOf(text: string | undefined, what: string, defaultPort: number): number {
  const port = parsePort(text, defaultPort, `the port of ${what}`);
  if (port === 0) throw new UsageError('no server listens on port 0');
  return port;
}
