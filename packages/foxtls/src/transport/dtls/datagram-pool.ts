/**
 * Memory for ClientHellos that come in fragments from strangers: all that a server keeps of somebody who has not shown yet that he can be
 * reached at his address (RFC 9147 §5.1, §5.5, RFC 6347 §4.2.1).
 *
 * ```
 *   handshake record in the clear ─▶ push(address, content) ─▶ whole ClientHello: begin, or answer with a cookie and forget
 *                                        │      ▲
 *                                        ▼      │ the rest
 *                       address ─▶ what came of one ClientHello        oldest first; over `maxBytes`, the oldest goes
 * ```
 * "An attacker can consume excessive resources on the server by transmitting a series of handshake initiation requests" (RFC 9147 §5.1). With
 * a cookie the server keeps nothing for them; but a ClientHello with a share of ML-KEM does not fit into one datagram of many networks.
 * So there is one pool for all strangers, as large as it is told to be: a flood pushes out strangers, never connections.
 *
 * Invariants: an address has one entry at most, and that one ClientHello. Memory is in proportion to what came, never to what is claimed.
 * Nothing here is an error: what cannot be used is counted.
 */

import { HANDSHAKE_TYPES } from '../../core/registry/handshake-types.ts';
import { ByteRuns } from './byte-runs.ts';
import { FRAGMENT_HEADER_SIZE } from './message-fragments.ts';

export interface DatagramPoolOptions {
  /** Bytes of memory, about, for all that wait. */
  readonly maxBytes: number;
  /** Bytes of a ClientHello's body. What is given back fits into a record if this is at most 2^14 - 12, the default. */
  readonly maxClientHello?: number | undefined;
}

/** What was not kept, or not to the end. */
export interface DatagramPoolStats {
  /** Incomplete ClientHellos that had to go for younger ones. */
  readonly evicted: number;
  /** Incomplete ClientHellos that went because their address began another. */
  readonly replaced: number;
  /** Contents of records that are no fragments of a ClientHello, or of one that is too large or in too many pieces. */
  readonly refused: number;
}

interface Entry {
  readonly sequence: number;
  readonly length: number;
  readonly body: ByteRuns;
}

interface Fragment {
  readonly sequence: number;
  readonly length: number;
  readonly offset: number;
  readonly part: Uint8Array;
}

const DEFAULT_MAX_CLIENT_HELLO = 2 ** 14 - FRAGMENT_HEADER_SIZE;

/** The first ClientHello, and the one that comes back with a cookie. */
const LAST_SEQUENCE = 1;

/** About what an entry takes beside what came, and a character of its address. */
const ENTRY_COST = 300;
const CHARACTER_COST = 2;

export class DatagramPool {
  readonly #maxBytes: number;
  readonly #maxClientHello: number;
  /** In the order in which they began. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  #evicted = 0;
  #replaced = 0;
  #refused = 0;

  constructor({ maxBytes, maxClientHello = DEFAULT_MAX_CLIENT_HELLO }: DatagramPoolOptions) {
    this.#maxBytes = maxBytes;
    this.#maxClientHello = maxClientHello;
  }

  /** How many addresses have an incomplete ClientHello here. */
  get size(): number {
    return this.#entries.size;
  }

  /** Whether some of a ClientHello came from an address. */
  has(address: string): boolean {
    return this.#entries.has(address);
  }

  /** Bytes of memory, about: never more than `maxBytes` between calls. */
  get bytes(): number {
    return this.#bytes;
  }

  get stats(): DatagramPoolStats {
    return { evicted: this.#evicted, replaced: this.#replaced, refused: this.#refused };
  }

  /**
   * Takes the content of a handshake record in the clear, from an address of which nothing else is known; keeps nothing of `content` itself.
   * With what is missing of a ClientHello it gives that back, as the content of a record that has it in one piece, and forgets it.
   */
  push(address: string, content: Uint8Array): Uint8Array | undefined {
    for (let at = 0; at < content.length; ) {
      const fragment = this.#read(content, at);
      if (fragment === undefined || !this.#add(address, fragment)) {
        this.#refused++;
        break;
      }
      const body = this.#entries.get(address)?.body;
      if (body?.isWhole === true) {
        this.drop(address);
        return contentOf(fragment, body);
      }
      at += FRAGMENT_HEADER_SIZE + fragment.part.length;
    }
    this.#evict();
    return undefined;
  }

  /** Forgets what came from an address. */
  drop(address: string): void {
    const entry = this.#entries.get(address);
    if (entry === undefined) return;
    this.#entries.delete(address);
    this.#bytes -= costOf(address, entry);
  }

  /** The fragment at `at`; undefined for what is none, or none of a ClientHello that can be taken. */
  #read(content: Uint8Array, at: number): Fragment | undefined {
    const start = at + FRAGMENT_HEADER_SIZE;
    if (start > content.length || content[at] !== HANDSHAKE_TYPES.client_hello) return undefined;
    const length = readUint24(content, at + 1);
    const sequence = ((content[at + 4] as number) << 8) | (content[at + 5] as number);
    const offset = readUint24(content, at + 6);
    const part = content.subarray(start, start + readUint24(content, at + 9));
    // No client has a reason to send a fragment without anything.
    const isPart = part.length > 0 && part.length === readUint24(content, at + 9) && offset + part.length <= length;
    return isPart && length <= this.#maxClientHello && sequence <= LAST_SEQUENCE ? { sequence, length, offset, part } : undefined;
  }

  /** False when it comes in too many pieces. Of two that contradict each other the newer is right: somebody has begun anew there. */
  #add(address: string, { sequence, length, offset, part }: Fragment): boolean {
    let entry = this.#entries.get(address);
    if (entry !== undefined) {
      if (entry.sequence !== sequence || entry.length !== length || entry.body.contradicts(offset, part)) {
        this.drop(address);
        this.#replaced++;
        entry = undefined;
      } else {
        this.#bytes -= costOf(address, entry);
      }
    }
    if (entry === undefined) {
      entry = { sequence, length, body: new ByteRuns(length) };
      this.#entries.set(address, entry);
    }
    const isAdded = entry.body.add(offset, part);
    this.#bytes += costOf(address, entry);
    return isAdded;
  }

  #evict(): void {
    for (const address of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.drop(address);
      this.#evicted++;
    }
  }
}

function costOf(address: string, { body }: Entry): number {
  return ENTRY_COST + CHARACTER_COST * address.length + body.memory;
}

/** All of a ClientHello as one fragment. */
function contentOf({ sequence, length }: Fragment, body: ByteRuns): Uint8Array {
  const content = body.takeAfter(FRAGMENT_HEADER_SIZE);
  content[0] = HANDSHAKE_TYPES.client_hello;
  writeUint24(content, 1, length);
  content[5] = sequence;
  writeUint24(content, 9, length);
  return content;
}

function readUint24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
}

function writeUint24(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 16;
  bytes[at + 1] = value >> 8;
  bytes[at + 2] = value;
}
