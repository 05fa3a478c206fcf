/**
 * Connection IDs after the handshake of DTLS 1.3: given out when the peer asks, asked for, and put to use (RFC 9147 §9).
 *
 * ```
 *   request ─▶ RequestConnectionId ─▶ peer        peer ─▶ RequestConnectionId ─▶ newConnectionId() … ─▶ NewConnectionId (spare) ─▶ peer
 *   peer ─▶ NewConnectionId ─▶ immediate: on all records from now on; spare: kept for useNext, in their order
 * ```
 * Of each message one is on its way at most. What is kept of the peer's, and what is given out, is bounded.
 */

import { EMPTY } from '../core/bytes/bytes.ts';
import { ApiMisuse, LimitExceeded, PeerMisbehaved } from '../core/errors/errors.ts';
import { HANDSHAKE_TYPES } from '../core/registry/handshake-types.ts';
import {
  NewConnectionId,
  type RawMessage,
  RequestConnectionId,
  readMessage,
  writeMessage,
} from '../protocol/messages/messages.ts';

/** Where ids are in use: the transport. */
export interface ConnectionIdUse {
  /** What both ends put on their records; undefined where they do not speak of them. */
  readonly connectionIds: { readonly receive: readonly Uint8Array[]; readonly send: Uint8Array } | undefined;
  /** From now on the peer may use these, too. */
  addConnectionIds(ids: readonly Uint8Array[]): void;
  /** From now on our records bear this one. */
  useConnectionId(id: Uint8Array): void;
  sendAlone(message: Uint8Array, onAcknowledged?: () => void): void;
}

/** Spare ones of a peer that are kept, and ours that a peer may have without using them. */
export const MAX_SPARE = 8;
/** Requests of a peer that has enough: then it is told that it asks too much. */
const MAX_EXCESSIVE = 8;

export class ConnectionIdUpdates {
  readonly #use: ConnectionIdUse;
  readonly #maker: { readonly newConnectionId?: (() => Uint8Array) | undefined };
  #spare: Uint8Array[] = [];
  #isRequested = false;
  /** A NewConnectionId of ours waits for its ACK. */
  #isGiving = false;
  /** How many the peer asked for meanwhile. */
  #wanted = 0;
  #excessive = 0;

  /** The peer is given none if there is nobody who makes them. */
  constructor(use: ConnectionIdUse, maker: { readonly newConnectionId?: (() => Uint8Array) | undefined }) {
    this.#use = use;
    this.#maker = maker;
  }

  /** The peer's that wait to be used. */
  get spare(): number {
    return this.#spare.length;
  }

  /** Asks the peer for more. Throws `ApiMisuse` (`ERR_TLS_CONNECTION_ID`). */
  request(count: number): void {
    if (!Number.isInteger(count) || count < 1 || count > 255) {
      throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `${count} connection IDs: an integer from 1 to 255 is expected`);
    }
    // "Implementations MUST NOT send RequestConnectionId when sending an empty Connection ID." (RFC 9147 §9)
    const { send } = this.#use.connectionIds ?? {};
    if (send === undefined || send.length === 0) throw misused('the peer wants no connection ID on our records');
    if (this.#isRequested) throw misused('the peer was asked already, and has not answered');
    this.#isRequested = true;
    this.#use.sendAlone(writeMessage(RequestConnectionId, { numCids: count }));
  }

  /** Puts the next spare one to use; false when there is none. */
  useNext(): boolean {
    const next = this.#spare.shift();
    if (next !== undefined) this.#use.useConnectionId(next);
    return next !== undefined;
  }

  read(raw: RawMessage): void {
    if (raw.type === HANDSHAKE_TYPES.new_connection_id) this.#readNew(raw);
    else this.#readRequest(raw);
  }

  #readNew(raw: RawMessage): void {
    const ids = this.#use.connectionIds;
    // "Implementations which either did not negotiate the "connection_id" extension or which have negotiated receiving an empty CID MUST NOT
    // send NewConnectionId." (RFC 9147 §9)
    if (ids === undefined || ids.send.length === 0) throw unexpected('NewConnectionId');
    const { cids, usage } = readMessage(NewConnectionId, raw);
    const copies = cids.map((id) => id.slice());
    if (usage === 'cid_immediate') {
      const [first] = copies;
      if (first === undefined) throw new PeerMisbehaved('connection_id_missing', 'none of no connection IDs can be used at once');
      // "Endpoints SHOULD use receiver-provided CIDs in the order they were provided." (RFC 9147 §9) Those before it had their time.
      this.#spare = [];
      this.#use.useConnectionId(first);
    }
    this.#isRequested = false;
    this.#spare.push(...copies.slice(usage === 'cid_immediate' ? 1 : 0).slice(0, MAX_SPARE - this.#spare.length));
  }

  #readRequest(raw: RawMessage): void {
    const { receive = [] } = this.#use.connectionIds ?? {};
    if (receive.length === 0) throw unexpected('RequestConnectionId');
    const { numCids } = readMessage(RequestConnectionId, raw);
    if (this.#isGiving) this.#wanted = numCids;
    else this.#give(numCids);
  }

  #give(wanted: number): void {
    const { receive = [] } = this.#use.connectionIds ?? {};
    // "An endpoint MAY handle requests which it considers excessive by responding with a NewConnectionId message containing fewer than num_cids
    // CIDs, including no CIDs at all." (RFC 9147 §9)
    const mayGive = this.#maker.newConnectionId !== undefined;
    const count = !mayGive ? 0 : Math.max(0, Math.min(wanted, MAX_SPARE + 1 - receive.length));
    if (count > 0) this.#excessive = 0;
    else if (++this.#excessive > MAX_EXCESSIVE) throw tooMany();
    const { length } = receive[0] ?? EMPTY;
    const cids = Array.from({ length: count }, () => ofLength(length, this.#maker.newConnectionId?.() ?? EMPTY));
    this.#use.addConnectionIds(cids);
    this.#isGiving = true;
    this.#use.sendAlone(writeMessage(NewConnectionId, { cids, usage: 'cid_spare' }), () => this.#onGiven());
  }

  #onGiven(): void {
    this.#isGiving = false;
    const wanted = this.#wanted;
    this.#wanted = 0;
    if (wanted > 0) this.#give(wanted);
  }
}

/** Whether a message is one of those two. */
export function isConnectionIdUpdate({ type }: RawMessage): boolean {
  return type === HANDSHAKE_TYPES.request_connection_id || type === HANDSHAKE_TYPES.new_connection_id;
}

/** No record says how long its id is: all of ours are as long as the first. */
function ofLength(length: number, id: Uint8Array): Uint8Array {
  if (id.length === length) return id.slice();
  throw new ApiMisuse(
    'ERR_TLS_OPTION_RANGE',
    `newConnectionId made ${id.length} bytes: ${length} are expected, as connectionId has`,
  );
}

function misused(problem: string): ApiMisuse {
  return new ApiMisuse('ERR_TLS_CONNECTION_ID', problem);
}

function unexpected(name: string): PeerMisbehaved {
  return new PeerMisbehaved('message_unexpected', `${name} although the peers did not agree on connection IDs for it`);
}

/** "Endpoints MAY handle an excessive number of RequestConnectionId messages by terminating the connection using a "too_many_cids_requested" (alert number 52) alert." (RFC 9147 §9) */
function tooMany(): LimitExceeded {
  const problem = `more than ${MAX_EXCESSIVE} requests of a peer that does not use the IDs that it has`;
  return new LimitExceeded('connectionIdRequests', problem, 'too_many_cids_requested');
}
