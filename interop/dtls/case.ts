/**
 * What is tried with a peer over datagrams: one row of docs/interop-dtls.md, over a link that carries everything, and over one that does not.
 */

import { onTestFinished } from 'vitest';
import type { ConnectionInfo } from '../../packages/foxtls/src/connection/connection.ts';
import type { ClientSession } from '../../packages/foxtls/src/protocol/session/client-session.ts';
import type { DatagramEndpoint } from '../harness/datagram-endpoint.ts';
import { startRelay } from '../harness/faulty-relay.ts';
import type { PeerProcess } from '../harness/peer-process.ts';

export interface DtlsCase {
  readonly version: 'DTLSv1.3' | 'DTLSv1.2' | 'DTLSv1';
  readonly ourRole: 'client' | 'server';
  readonly feature: string;
  /** Why it can't be tried, over any link or over a faulty one alone. */
  readonly lack?: string;
  readonly faultyLack?: string;
  run?(link: Link): Promise<void>;
}

export function titleOf({ version, ourRole, feature }: DtlsCase): string {
  return `${version}, our ${ourRole}: ${feature}`;
}

/** What lies between both ends. */
export interface Link {
  /** The port to speak to in place of that one. */
  to(port: number): Promise<number>;
  /** How long to wait for anything, in milliseconds. */
  readonly patience: number;
  readonly isFaulty: boolean;
}

export const DIRECT: Link = { to: async (port) => port, patience: 20_000, isFaulty: false };

/** A link that loses a seventh, doubles and delays others, always the same from the same seed. */
export function faulty(seed: number): Link {
  const faults = { seed, loss: 0.15, duplication: 0.15, reordering: 0.3, delay: 40 };
  return { to: async (port) => (await startRelay(port, faults)).port, patience: 50_000, isFaulty: true };
}

/**
 * How long to wait before saying again what may have been lost. Where the end of a handshake may be, longer than peers wait for it: GnuTLS's
 * begin anew to wait with every datagram that comes, and send nothing again while there are any.
 */
const AGAIN = 300;
const AGAIN_WHEN_FAULTY = 1500;

/** Both ends say something until the other has it. What the peer hears it prints; what it says comes from its standard input. */
export async function talk(ours: DatagramEndpoint, peer: PeerProcess, link: Link): Promise<void> {
  await tell(ours, peer, link);
  await hear(ours, peer, link);
}

/**
 * The peer says something until we have it. So do we: where a datagram came twice, openssl's programs wait for another one before they look at
 * their standard input.
 */
export async function hear(ours: DatagramEndpoint, peer: PeerProcess, link: Link): Promise<void> {
  const stops = [repeat(() => peer.write('from the peer\n'), link), say(ours, 'are you there', link)];
  try {
    await ours.until('words of the peer', () => Buffer.from(ours.data).includes('from the peer'), link.patience);
  } finally {
    for (const stop of stops) stop();
  }
}

/** We say something until the peer prints it. */
export async function tell(ours: DatagramEndpoint, peer: PeerProcess, link: Link, text = 'to the peer'): Promise<void> {
  const stop = say(ours, text, link);
  try {
    await peer.prints(new RegExp(text), link.patience);
  } catch (error) {
    throw ours.error ?? error;
  } finally {
    stop();
  }
}

/** We say something until the peer, which repeats what it hears, has sent it back. */
export async function hearEcho(ours: DatagramEndpoint, link: Link, text = 'an echo'): Promise<void> {
  const stop = say(ours, text, link);
  try {
    await ours.until('an echo', () => Buffer.from(ours.data).includes(text), link.patience);
  } finally {
    stop();
  }
}

/** We say a line again and again, until told to stop. */
export function say(ours: DatagramEndpoint, text: string, link: Link): () => void {
  return repeat(() => {
    if (ours.connection.state === 'connected') ours.send(`${text}\n`);
  }, link);
}

/** Does something now and again and again, until told to stop, or until the running test is over. */
export function repeat(work: () => void, { isFaulty }: Link): () => void {
  work();
  const timer = setInterval(work, isFaulty ? AGAIN_WHEN_FAULTY : AGAIN);
  const stop = () => clearInterval(timer);
  onTestFinished(stop);
  return stop;
}

export async function connectedOver({ patience }: Link, end: DatagramEndpoint): Promise<ConnectionInfo> {
  await end.until('connected', () => end.of('connected').length > 0, patience);
  return (end.of('connected')[0] as { info: ConnectionInfo }).info;
}

export async function sessionOf({ patience }: Link, end: DatagramEndpoint): Promise<ClientSession> {
  await end.until('a session', () => end.of('session').length > 0, patience);
  return (end.of('session')[0] as { session: ClientSession }).session;
}
