/**
 * The ranges of what a connection over datagrams can be told. All throw `ApiMisuse` (`ERR_TLS_OPTION_RANGE`).
 */

import { ApiMisuse } from '../core/errors/errors.ts';
import { isReplayWindowSize, MAX_REPLAY_WINDOW, MIN_REPLAY_WINDOW } from '../transport/dtls/replay-window.ts';
import { inRange } from './option-checks.ts';

/** What is too little for a handshake message in reasonable fragments, and what UDP over IPv4 takes. */
const MTU_RANGE = [256, 65507] as const;
/** A timer is doubled "up to no less than 60 seconds" (RFC 9147 §5.8.2): none begins with more. */
export const MAXIMUM_TIMEOUT = 60_000;
const MAX_RETRANSMISSIONS = 1000;

export interface CheckedOptions {
  readonly mtu?: number | undefined;
  readonly initialTimeout?: number | undefined;
  readonly maxRetransmissions?: number | undefined;
  readonly replayWindow?: number | undefined;
}

export function checkDatagramOptions({ mtu, initialTimeout, maxRetransmissions, replayWindow }: CheckedOptions): void {
  if (mtu !== undefined) checkMtu(mtu);
  if (initialTimeout !== undefined) checkInitialTimeout(initialTimeout);
  if (maxRetransmissions !== undefined) inRange('maxRetransmissions', maxRetransmissions, 0, MAX_RETRANSMISSIONS);
  if (replayWindow === undefined || isReplayWindowSize(replayWindow)) return;
  const expected = `a power of two from ${MIN_REPLAY_WINDOW} to ${MAX_REPLAY_WINDOW}`;
  throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `replayWindow is ${replayWindow}: ${expected} is expected`);
}

export function checkMtu(mtu: number): void {
  inRange('mtu', mtu, ...MTU_RANGE);
}

export function checkInitialTimeout(milliseconds: number): void {
  inRange('initialTimeout', milliseconds, 1, MAXIMUM_TIMEOUT);
}
