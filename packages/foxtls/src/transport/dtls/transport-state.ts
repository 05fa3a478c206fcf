/**
 * What a transport of datagrams is, between two datagrams: for another to go on from (see connection/connected-state.ts).
 */

import type { RecordProtection } from '../../protocol/record/record-protection.ts';
import type { DirectionState } from './read-epoch.ts';

/** What another transport can go on from, with the same keys. */
export interface TransportState {
  readonly read: DirectionState;
  readonly write: DirectionState;
  readonly nextReceived: number;
  readonly nextSent: number;
  readonly receiveConnectionId: Uint8Array;
  readonly sendConnectionId: Uint8Array;
  readonly checksRoutability: boolean;
  readonly contentLimit: number;
  readonly receiveLimit: number;
  readonly mtu: number;
}

export interface TransportProtections {
  readonly read: RecordProtection;
  readonly write: RecordProtection;
}
