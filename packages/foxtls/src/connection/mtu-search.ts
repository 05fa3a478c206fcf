/**
 * Looks for the largest datagram that a path takes: which sizes to try, by what arrived (RFC 6520 §5.1).
 *
 * ```
 *   arrived │ …………… next …………… │ not known to be lost
 *           └ the middle, but at first the largest: most paths are alike
 * ```
 */

/** Bytes that are not worth another probe. */
const PRECISION = 16;

export class MtuSearch {
  #arrived: number;
  #largest: number;
  /** The one that is tried; undefined when the search is over. */
  size: number | undefined;

  /** `known`: what is taken to arrive. */
  constructor(known: number, largest: number) {
    this.#arrived = known;
    this.#largest = largest;
    this.size = largest > known ? largest : undefined;
  }

  arrived(): void {
    this.#arrived = this.size ?? this.#arrived;
    this.#next();
  }

  lost(): void {
    this.#largest = (this.size ?? this.#largest) - 1;
    this.#next();
  }

  #next(): void {
    const width = this.#largest - this.#arrived;
    this.size = width < PRECISION ? undefined : this.#arrived + Math.ceil(width / 2);
  }
}
