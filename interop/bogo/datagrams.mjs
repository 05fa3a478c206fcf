/**
 * How the runner speaks of datagrams over a stream, and of time: what it asks, read, and a datagram, written.
 *
 * ```
 *   P u32 bytes   a datagram, either way
 *   T u64         so many nanoseconds pass; what is due then is sent behind the answer, `t`
 *   E u64         the next time-out has to be in so many nanoseconds; all ones for none
 *   M u32         the MTU from now on
 *   U u32         the first time-out of a flight, milliseconds, from now on
 * ```
 */

const SIZES = { P: 4, T: 8, E: 8, M: 4, U: 4 };
const NONE = 2n ** 64n - 1n;

/** @typedef {{ kind: 'P', packet: Uint8Array } | { kind: 'T' | 'E' | 'M' | 'U', value: number | undefined }} Request */

/** What came of the stream, cut into requests. */
export class Requests {
  #rest = Buffer.alloc(0);

  /** @param {Uint8Array} data */
  push(data) {
    this.#rest = Buffer.concat([this.#rest, data]);
  }

  /** The next one, if all of it is here: times are milliseconds. @returns {Request | undefined} */
  next() {
    const rest = this.#rest;
    if (rest.length === 0) return undefined;
    const kind = /** @type {keyof typeof SIZES} */ (String.fromCharCode(/** @type {number} */ (rest[0])));
    const size = SIZES[kind];
    if (size === undefined) throw new Error(`the runner asks for ${kind}`);
    if (rest.length < 1 + size) return undefined;
    if (size === 8) return this.#take(9, { kind, value: milliseconds(rest.readBigUInt64BE(1)) });
    const value = rest.readUInt32BE(1);
    if (kind !== 'P') return this.#take(5, { kind, value });
    return rest.length < 5 + value
      ? undefined
      : this.#take(5 + value, { kind, packet: Uint8Array.from(rest.subarray(5, 5 + value)) });
  }

  /** @param {number} size @param {any} request */
  #take(size, request) {
    this.#rest = this.#rest.subarray(size);
    return request;
  }
}

/** @param {bigint} nanoseconds */
function milliseconds(nanoseconds) {
  return nanoseconds === NONE ? undefined : Number(nanoseconds) / 1e6;
}

/** @param {Uint8Array} datagram */
export function framed(datagram) {
  const header = Buffer.alloc(5, 'P');
  header.writeUInt32BE(datagram.length, 1);
  return Buffer.concat([header, datagram]);
}

export const TIME_PASSED = Buffer.from('t');
