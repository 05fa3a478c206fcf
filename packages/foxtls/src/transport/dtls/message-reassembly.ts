/**
 * Handshake messages put together from their fragments, and in their order (RFC 6347 §4.2.2, §4.2.3, RFC 9147 §5.2, §5.5).
 *
 * ```
 *                 next_receive_seq
 *   … old (counted) │ next │ ahead, at most `maxAhead` messages and `maxAheadBytes` │ refused …
 *                      └─▶ next(): whole, as a message of TLS
 * ```
 * What flows see, and what enters the transcript of DTLS 1.3, is the message of TLS: "In DTLS 1.3, the message transcript is computed over
 * the original TLS 1.3-style Handshake messages without the message_seq, fragment_offset, and fragment_length values." (RFC 9147 §5.2)
 *
 * A fragment carries the epoch that it came under. All fragments of a message have one, and what came under a later epoch replaces what
 * came under an earlier: nobody can slip a message that was not protected, or a part of it, under those that are. In the clear, of two that
 * are not of one message, the later counts.
 *
 * Nothing that comes in the clear is an error, for anybody can have sent it. Memory is in proportion to what came, never to what is claimed.
 */

import { messageTooLong } from '../../protocol/messages/message-length.ts';
import { HEADER_SIZE, type RawMessage } from '../../protocol/messages/messages.ts';
import { ByteRuns } from './byte-runs.ts';
import { FRAGMENT_HEADER_SIZE } from './message-fragments.ts';

export interface ReassemblyLimits {
  /** Bytes of a message's body. */
  readonly maxHandshakeMessage: number;
  /** How many messages after the next one may wait for it. 16 unless set: flights are shorter. */
  readonly maxAhead?: number;
  /** Bytes that those may have together. As `maxHandshakeMessage` unless set. */
  readonly maxAheadBytes?: number;
}

/** How many fragments of a record were of which kind. */
export interface PushResult {
  /** Of the next message or one after it: kept, or here already. */
  readonly taken: number;
  /** Of messages that were delivered: their sender has sent a flight again. */
  readonly old: number;
  /** Malformed, too far ahead, contradictory, too large. A record with one of these must not be acknowledged. */
  readonly refused: number;
}

export interface OldFragment {
  readonly type: number;
  readonly sequence: number;
  /** Whether the message ends with it. */
  readonly isEnd: boolean;
}

interface Incoming {
  readonly epoch: number;
  readonly type: number;
  readonly length: number;
  readonly body: ByteRuns;
}

const DEFAULT_MAX_AHEAD = 16;
const NOTHING: ReadonlyMap<number, Incoming> = new Map();

export class MessageReassembly {
  readonly #maxMessage: number;
  readonly #maxAhead: number;
  readonly #maxAheadBytes: number;
  /** Made anew at each change: most of the time nothing waits, in any connection, and costs nothing. */
  #incoming: ReadonlyMap<number, Incoming> = NOTHING;
  /** Beyond 65,535 none comes any more: message_seq never wraps. */
  #nextSequence = 0;
  #leastEpoch = 0;
  #lastOld: OldFragment | undefined;

  constructor({ maxHandshakeMessage, maxAhead = DEFAULT_MAX_AHEAD, maxAheadBytes = maxHandshakeMessage }: ReassemblyLimits) {
    this.#maxMessage = maxHandshakeMessage;
    this.#maxAhead = maxAhead;
    this.#maxAheadBytes = maxAheadBytes;
  }

  /** next_receive_seq: the number of the message that `next` returns, or waits for. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Whether some fragments of a message (or whole messages) wait here. */
  get pending(): boolean {
    return this.#incoming.size > 0;
  }

  /** Whether something has come after a piece that is missing: a sign of loss or of reordering (RFC 9147 §7.1). */
  get hasGap(): boolean {
    let sequence = this.#nextSequence;
    let rest = this.#incoming.size;
    for (; this.#incoming.get(sequence)?.body.isWhole === true; sequence++) rest--;
    const first = this.#incoming.get(sequence);
    return first === undefined ? rest > 0 : rest > 1 || first.body.hasHole;
  }

  /** The last fragment that `push` counted as old. */
  get lastOld(): OldFragment | undefined {
    return this.#lastOld;
  }

  /**
   * The next message is that number: a server that kept nothing of the first ClientHello goes on with the second; a handshake after the
   * first in DTLS 1.2 begins with 0 again (RFC 6347 §4.2.2). What waits is forgotten.
   */
  startAt(sequence: number): void {
    this.#incoming = NOTHING;
    this.#nextSequence = sequence;
  }

  /** Messages are read from this epoch on alone; what came under an earlier one, and waits, is forgotten. */
  requireEpoch(epoch: number): void {
    this.#leastEpoch = epoch;
    for (const [sequence, incoming] of this.#incoming) if (incoming.epoch < epoch) this.#remove(sequence);
  }

  /** The next message, when it is whole. */
  next(): RawMessage | undefined {
    const sequence = this.#nextSequence;
    const incoming = this.#incoming.get(sequence);
    if (incoming === undefined || !incoming.body.isWhole) return undefined;
    this.#remove(sequence);
    this.#nextSequence++;
    const { type, length } = incoming;
    const bytes = incoming.body.takeAfter(HEADER_SIZE);
    bytes[0] = type;
    bytes[1] = length >> 16;
    bytes[2] = length >> 8;
    bytes[3] = length;
    return { type, body: bytes.subarray(HEADER_SIZE), bytes, sequence };
  }

  /**
   * Takes the fragments in the content of a handshake record of that epoch; keeps nothing of `content` itself. Throws `LimitExceeded` for
   * a message that is too large, if its record was protected.
   */
  push(content: Uint8Array, epoch: number): PushResult {
    let taken = 0;
    let old = 0;
    let refused = 0;
    let at = 0;
    do {
      const end = at + FRAGMENT_HEADER_SIZE + (content.length - at < FRAGMENT_HEADER_SIZE ? 0 : readUint24(content, at + 9));
      if (end > content.length) return { taken, old, refused: refused + 1 };
      const fragment = content.subarray(at, end);
      const sequence = ((fragment[4] as number) << 8) | (fragment[5] as number);
      if (sequence < this.#nextSequence) {
        old++;
        const isEnd = readUint24(fragment, 6) + fragment.length - FRAGMENT_HEADER_SIZE >= readUint24(fragment, 1);
        this.#lastOld = { type: fragment[0] as number, sequence, isEnd };
      } else if (this.#take(sequence, fragment, epoch)) taken++;
      else refused++;
      at = end;
    } while (at < content.length);
    return { taken, old, refused };
  }

  #take(sequence: number, fragment: Uint8Array, epoch: number): boolean {
    const type = fragment[0] as number;
    const length = readUint24(fragment, 1);
    const offset = readUint24(fragment, 6);
    const part = fragment.subarray(FRAGMENT_HEADER_SIZE);
    if (epoch < this.#leastEpoch || offset + part.length > length) return false;
    if (length > this.#maxMessage) return this.#refuseLength(type, length, epoch);
    if (sequence > this.#nextSequence && !this.#hasRoomAhead(sequence, part.length)) return false;
    let incoming = this.#incoming.get(sequence);
    const isOther = incoming !== undefined && (incoming.type !== type || incoming.length !== length);
    // In the clear anybody could shut the right one out by sending another first; and it may have been damaged on the way.
    if (incoming === undefined || incoming.epoch < epoch || (isOther && epoch === 0 && incoming.epoch === 0)) {
      incoming = { epoch, type, length, body: new ByteRuns(length) };
    } else if (incoming.epoch !== epoch || isOther) return false;
    if (!incoming.body.add(offset, part)) return false;
    if (this.#incoming.get(sequence) !== incoming) this.#incoming = new Map([...this.#incoming, [sequence, incoming]]);
    return true;
  }

  #remove(sequence: number): void {
    const rest = [...this.#incoming].filter(([other]) => other !== sequence);
    this.#incoming = rest.length === 0 ? NOTHING : new Map(rest);
  }

  #refuseLength(type: number, length: number, epoch: number): false {
    if (epoch === 0) return false;
    throw messageTooLong(type, length, this.#maxMessage);
  }

  /** "If the sequence number is greater than next_receive_seq, the implementation SHOULD queue the message but MAY discard it." (RFC 9147 §5.2) */
  #hasRoomAhead(sequence: number, length: number): boolean {
    if (sequence > this.#nextSequence + this.#maxAhead) return false;
    let held = length;
    for (const [other, { body }] of this.#incoming) if (other > this.#nextSequence) held += body.size;
    return held <= this.#maxAheadBytes;
  }
}

function readUint24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
}
