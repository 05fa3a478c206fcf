/** The options of `foxtls server`, by wolfSSL's letters. */

import type { OptionTable, OptionValues } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { listenOptions } from '../network/addresses.ts';
import { checkShared, isOnlyTls13, mayBeTls13, parseAlpn, SHARED_OPTIONS } from './shared-options.ts';

export const SERVER_OPTIONS = {
  ...listenOptions('TCP'),
  ...SHARED_OPTIONS,
  loop: { type: 'boolean', short: 'i', help: 'serve clients until it is stopped, not one alone' },
  connections: { type: 'string', short: 'C', value: 'N', help: 'serve N clients, then quit' },
  resume: { type: 'boolean', short: 'r', help: 'serve two connections, the second of which can resume' },
  'keep-running': { type: 'boolean', short: 'x', help: 'go on when a client fails; it counts for nothing then' },
  'server-name': { type: 'string', short: 'S', value: 'NAME', help: 'refuse clients that ask for another name (SNI)' },
  'no-client-certificate': {
    type: 'boolean',
    short: 'd',
    help: 'do not ask clients for a certificate; by default they have to show one',
  },
  get: { type: 'boolean', short: 'g', help: 'answer with a page over HTTP' },
  echo: { type: 'boolean', short: 'e', help: 'send back all that comes' },
  throughput: { type: 'string', short: 'B', value: 'BYTES', help: 'send back so many bytes, and print how fast' },
  staple: {
    type: 'string',
    short: 'W',
    value: 'FILE',
    help: 'an OCSP response (DER) to send along; foxtls cert ocsp ask --no-nonce --out makes one',
  },
  'update-keys': {
    type: 'boolean',
    short: 'U',
    help: 'TLS 1.3: new keys for both directions (KeyUpdate) before the first reply',
  },
  'allow-renegotiation': { type: 'boolean', short: 'M', help: 'TLS 1.2: let clients renegotiate, securely' },
  'no-psk-hint': { type: 'boolean', short: 'I', help: 'TLS 1.2 with --psk: give no hint of the identity' },
  'no-crl': { type: 'boolean', short: 'V', help: 'look into no revocation list, whatever --crl says' },
  cookie: { type: 'boolean', short: 'J', help: 'TLS 1.3: ask each client back with a cookie (HelloRetryRequest)' },
} as const satisfies OptionTable;

export type ServerOptions = OptionValues<typeof SERVER_OPTIONS>;

/** Throws `UsageError` for what is not there, and for what contradicts itself. */
export function checkServer(options: ServerOptions): void {
  checkShared(options);
  const isPsk = options.psk || options['insecure-wolfssl-psk'];
  const ends = (['loop', 'connections', 'resume'] as const).filter((name) => options[name]);
  if (ends.length > 1) throw new UsageError(`--${ends.join(' and --')} say how long to serve in different ways: choose one`);
  const replies = (['get', 'echo', 'throughput'] as const).filter((name) => options[name]);
  if (replies.length > 1) throw new UsageError(`--${replies.join(' and --')} are different replies: choose one`);
  if (options.alpn?.startsWith('C:') && parseAlpn(options.alpn))
    throw new UsageError('a server has to refuse a client that knows none of its protocols (RFC 7301): F: or no letter, not C:');
  if (options['no-psk-hint'] && !isPsk) throw new UsageError('-I is about --psk: add it, or leave -I out');
  if (options['no-psk-hint'] && isOnlyTls13(options)) throw new UsageError('TLS 1.3 has no hints (-I): add -v 3');
  for (const name of ['update-keys', 'cookie'] as const) {
    const letter = SERVER_OPTIONS[name].short;
    if (options[name] && !mayBeTls13(options)) throw new UsageError(`-${letter} is of TLS 1.3: leave -v ${options.tls} out`);
  }
  if (options['allow-renegotiation'] && (options.udp || isOnlyTls13(options)))
    throw new UsageError(
      options.udp ? 'there is no renegotiation (-M) over DTLS here' : 'TLS 1.3 has no renegotiation (-M): add -v 3',
    );
  if (options['allow-renegotiation'] && options['insecure-no-extended-master-secret'])
    throw new UsageError('without extended_master_secret (-n) no renegotiation (-M) is secure: leave one out');
  if (options['max-fragment'] !== undefined && options.udp)
    throw new UsageError('-F of a server is about records over TCP: leave -u or -F out');
  if (options.staple !== undefined && (isPsk || options.udp))
    throw new UsageError(`-W is of certificates over TCP: leave ${options.udp ? '-u' : '--psk'} or -W out`);
  if (options.resume && options['insecure-no-extended-master-secret'])
    throw new UsageError('without extended_master_secret (-n) nothing is resumed (-r): leave one out');
  if (options.udp && options.throughput)
    throw new UsageError('-B counts bytes of a stream, which UDP has not: leave -u or -B out');
  if ((options.crl !== undefined || options.ocsp) && (isPsk || options['no-client-certificate']))
    throw new UsageError('--crl and --ocsp are about certificates of clients, which nobody is asked for: leave them out');
}
