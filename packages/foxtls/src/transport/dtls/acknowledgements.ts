/**
 * ACK: which records have come (RFC 9147 §7).
 *
 * ```
 * struct {
 *     uint64 epoch;
 *     uint64 sequence_number;
 * } RecordNumber;
 * struct {
 *     RecordNumber record_numbers<0..2^16-1>;
 * } ACK;
 * ```
 * Numbers stay after they were sent, for ACKs are lost, too: "In general, implementations SHOULD ACK as many received packets as can fit into
 * the ACK record" (RFC 9147 §7.1). What is kept is bounded: "if space is limited, implementations SHOULD favor including records which have not yet been acknowledged"
 * (RFC 9147 §7.1): the oldest go.
 */

export interface RecordNumber {
  readonly epoch: number;
  readonly sequence: number;
}

const RECORD_NUMBER_SIZE = 16;
const LENGTH_SIZE = 2;
/** Numbers that wait to be acknowledged: more than a flight has records, but for the largest chains. */
const MAX_KEPT = 64;

export class Acknowledgements {
  #numbers: RecordNumber[] = [];
  /** How many of them, the last ones, were in no ACK yet. */
  #unsent = 0;

  /** Whether there are some that were in no ACK yet. */
  get hasNews(): boolean {
    return this.#unsent > 0;
  }

  add(epoch: number, sequence: number): void {
    if (this.#numbers.length >= MAX_KEPT) this.#numbers.shift();
    this.#numbers.push({ epoch, sequence });
    this.#unsent = Math.min(MAX_KEPT, this.#unsent + 1);
  }

  clear(): void {
    this.#numbers = [];
    this.#unsent = 0;
  }

  /** A message of ours begins something new: what was acknowledged is not again. */
  forgetSent(): void {
    this.#numbers = this.#numbers.slice(this.#numbers.length - this.#unsent);
  }

  /** The contents of ACKs of at most `room` bytes each. An empty one, if there is nothing. */
  write(room: number): Uint8Array[] {
    const numbers = this.#numbers.toSorted(byNumber);
    this.#unsent = 0;
    const contents: Uint8Array[] = [];
    do contents.push(contentOf(numbers.splice(0, mostIn(room))));
    while (numbers.length > 0);
    return contents;
  }

  /** The content of one ACK of at most `room` bytes, for the newest; those that were in none yet, and do not fit, are news as before. */
  writeNewest(room: number): Uint8Array {
    const newest = this.#numbers.splice(-mostIn(room));
    const sent = this.#numbers.length - Math.max(0, this.#unsent - newest.length);
    this.#numbers.splice(sent, 0, ...newest);
    this.#unsent = Math.max(0, this.#unsent - newest.length);
    return contentOf(newest.toSorted(byNumber));
  }
}

/** "in numerically increasing order" (RFC 9147 §7) */
function byNumber(one: RecordNumber, other: RecordNumber): number {
  return one.epoch - other.epoch || one.sequence - other.sequence;
}

function mostIn(room: number): number {
  return Math.max(1, Math.floor((room - LENGTH_SIZE) / RECORD_NUMBER_SIZE));
}

function contentOf(numbers: readonly RecordNumber[]): Uint8Array {
  const content = new Uint8Array(LENGTH_SIZE + numbers.length * RECORD_NUMBER_SIZE);
  const view = new DataView(content.buffer);
  view.setUint16(0, numbers.length * RECORD_NUMBER_SIZE);
  numbers.forEach(({ epoch, sequence }, index) => {
    const at = LENGTH_SIZE + index * RECORD_NUMBER_SIZE;
    writeUint64(view, at, epoch);
    writeUint64(view, at + 8, sequence);
  });
  return content;
}

/** The numbers of an ACK; undefined when it is none. Those beyond 2^53 are of no record of ours, and are left out. */
export function readAcknowledgement(content: Uint8Array): readonly RecordNumber[] | undefined {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  if (content.length < LENGTH_SIZE || view.getUint16(0) !== content.length - LENGTH_SIZE) return undefined;
  if ((content.length - LENGTH_SIZE) % RECORD_NUMBER_SIZE !== 0) return undefined;
  const numbers: RecordNumber[] = [];
  for (let at = LENGTH_SIZE; at < content.length; at += RECORD_NUMBER_SIZE) {
    const number = { epoch: readUint64(view, at), sequence: readUint64(view, at + 8) };
    if (Number.isSafeInteger(number.epoch) && Number.isSafeInteger(number.sequence)) numbers.push(number);
  }
  return numbers;
}

function writeUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / 2 ** 32));
  view.setUint32(at + 4, value % 2 ** 32);
}

function readUint64(view: DataView, at: number): number {
  return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
}
