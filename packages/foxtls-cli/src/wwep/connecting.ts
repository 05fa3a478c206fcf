/** The connections of a WWEP client: in clear, and over TLS. */

import type { Socket } from 'node:net';
import { connect, type TLSSocket } from 'foxtls/tls';
import { CommandFailure, describeFailure } from '../command/failure.ts';
import { formatAddress, resolveHost, type Target } from '../network/addresses.ts';
import { connectTcp } from '../network/tcp.ts';
import { clientOptions, logKeys, type TlsPlan } from '../network/tls-options.ts';
import { CONNECT_SECONDS } from './asking.ts';
import { DEFAULT_ADDRESS, DEFAULT_HOST } from './ports.ts';
import type { Trust } from './trust.ts';

/** The server, by a name or an address. The host of the course is known by its address where no name server knows it. */
export async function resolveWwepHost(
  name: string,
  ipv6: boolean | undefined,
  resolve = resolveHost,
): Promise<Omit<Target, 'port'>> {
  try {
    return { name, ...(await resolve(name, ipv6)) };
  } catch (error) {
    if (name !== DEFAULT_HOST) throw error;
    return { name, address: DEFAULT_ADDRESS, family: 4 };
  }
}

/** Throws `CommandFailure`. */
export function connectPlain(target: Target): Promise<Socket> {
  return connectTcp(target, { seconds: CONNECT_SECONDS });
}

/** Throws `CommandFailure`, which says what to do about a certificate that is not trusted. */
export async function connectSecure(target: Target, plan: TlsPlan, trust: Trust): Promise<TLSSocket> {
  const transport = await connectTcp(target, { seconds: CONNECT_SECONDS });
  const socket = connect({ ...clientOptions(plan), ...trust, socket: transport, servername: target.name });
  logKeys(socket, plan);
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      transport.destroy();
      reject(new CommandFailure(`${formatAddress(target)}: ${describeFailure(error)}${adviceFor(error)}`));
    };
    const timer = setTimeout(() => fail(new Error(`no TLS in ${CONNECT_SECONDS} s`)), CONNECT_SECONDS * 1000);
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

function adviceFor({ message }: Error): string {
  return /certificate|altname|Hostname|key/i.test(message)
    ? ' (it may be somebody else: compare its pin, foxtls cert fetch and foxtls cert pin, with what its owner says)'
    : '';
}
