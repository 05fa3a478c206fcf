/**
 * What a case of misbehaviour over datagrams is: one break, and whether it is dropped, borne, or ends the connection.
 */

import type { ClientOptions, ServerOptions } from '../../src/connection/config.ts';
import type { AlertName } from '../../src/core/registry/alerts.ts';
import type { DiscardReason } from '../../src/transport/dtls/datagram-stats.ts';
import type { ExpectedError } from '../misbehaving/case.ts';
import type { DatagramPeer } from './peer.ts';

export type Version = 'TLSv1.3' | 'TLSv1.2';
export type Role = 'client' | 'server';

/** It is counted and the connection goes on; or it goes on as if nothing had been; or it ends. */
export type Expected =
  | { readonly dropped: DiscardReason }
  | { readonly borne: true; readonly warning?: AlertName }
  | { readonly alert: AlertName | 'none'; readonly error: ExpectedError };

export interface DatagramCase {
  /** The rule that the peer breaks, as a sentence about the peer. */
  readonly name: string;
  readonly rfc: string;
  readonly victim: Role;
  readonly version: Version;
  /** Of both ends. */
  readonly config?: Partial<ClientOptions & ServerOptions>;
  /** Of the victim alone. */
  readonly victimConfig?: Partial<ClientOptions & ServerOptions>;
  readonly peerConfig?: Partial<ClientOptions & ServerOptions>;
  /** Connection IDs: what each wants. */
  readonly ids?: { readonly victim?: Uint8Array; readonly peer?: Uint8Array };
  readonly break: (peer: DatagramPeer, facts: { readonly victim: Role; readonly version: Version }) => void;
  readonly expected: Expected;
}

type Shared = Omit<DatagramCase, 'victim' | 'version'>;

const ROLES = ['client', 'server'] as const;
const VERSIONS = ['TLSv1.3', 'TLSv1.2'] as const;

/** The same of both ends, in both versions. */
export const everywhere = (shared: Shared): readonly DatagramCase[] =>
  VERSIONS.flatMap((version) => ROLES.map((victim) => ({ ...shared, victim, version })));

/** The same of both ends. */
export const both = (version: Version, shared: Shared): readonly DatagramCase[] =>
  ROLES.map((victim) => ({ ...shared, victim, version }));

export const of = (victim: Role, version: Version, shared: Shared): DatagramCase => ({ ...shared, victim, version });

/** The first message that a victim gets. */
export const firstTo = (victim: Role) => (victim === 'client' ? 'server_hello' : 'client_hello');
