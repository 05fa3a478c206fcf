/**
 * Keys that seal tickets, renewed by the clock: new tickets under the newest key, old ones opened for a while (RFC 5077 §5.5).
 *
 * ```
 *   key 1   |-- seals --|-- opens --|
 *   key 2               |-- seals --|-- opens --|         rotateEvery, overlap
 *   key 3                           |-- seals --|-- …
 * sealed = key_name[16] || nonce[12] || AES-256-GCM(key, nonce, "ticket", state)
 * ```
 * Who steals the keys reads psk_ke sessions that they sealed, and can resume any: a key that is gone opens nothing. There is no timer:
 * keys are made and forgotten when one is used.
 */

import { concat, equal, wipe } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';
import { createSealer, SEALER_KEY_SIZE, type Sealer } from './sealer.ts';

/** A key, its name, and since when it seals. Secret; flat, to be handed to other servers. */
export interface TicketKey {
  /** 16 bytes, which stand in front of each ticket. */
  readonly name: Uint8Array;
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** Milliseconds since the epoch. In the future, it is a key that others may begin to seal with. */
  readonly validFrom: number;
}

export interface TicketKeysOptions {
  /** Seconds after which a new key is made; 0 leaves that to `importKeys`. Default 86400. */
  readonly rotateEvery?: number | undefined;
  /** Seconds for which a key that seals no more still opens: not less than the lifetime of a ticket, or tickets die early. Default 7200. */
  readonly overlap?: number | undefined;
  /** Keys to begin with, as of `exportKeys`. */
  readonly keys?: readonly TicketKey[] | undefined;
  /** The clock; default `Date.now`. Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

/** A sealer for tickets whose keys change. */
export interface TicketKeys extends Sealer {
  /** The keys that seal or open now, or will, newest first. */
  exportKeys(): readonly TicketKey[];
  /** Adds keys, beside those that are there: of another server, or made by whoever makes the keys of all servers. */
  importKeys(keys: readonly TicketKey[]): void;
}

const NAME_SIZE = 16;

/**
 * A rotating sealer, for `ticketSealer`. Several servers that accept each other's tickets import the same keys, with `rotateEvery: 0`.
 * Throws `ApiMisuse` (`ERR_TLS_TICKET_KEY`) for keys of other sizes, `ERR_TLS_OPTION_RANGE` for negative times.
 *
 * ```ts
 * const ticketSealer = createTicketKeys(provider, { rotateEvery: 3600, overlap: 7200 });
 * const config = defineServerConfig({ provider, credentials, ticketSealer });
 * ```
 */
export function createTicketKeys(provider: CryptoProvider, options: TicketKeysOptions = {}): TicketKeys {
  const { rotateEvery = 86_400, overlap = 7200, keys = [], now = Date.now } = options;
  for (const [name, value] of Object.entries({ rotateEvery, overlap })) {
    if (!(value >= 0)) throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `${name} is ${value}: seconds, at least 0, are expected`);
  }
  const made = new RotatingTicketKeys(provider, rotateEvery * 1000, overlap * 1000, now);
  made.importKeys(keys);
  return made;
}

interface HeldKey extends TicketKey {
  readonly sealer: ReturnType<typeof createSealer>;
}

class RotatingTicketKeys implements TicketKeys {
  readonly #provider: CryptoProvider;
  readonly #rotateEvery: number;
  readonly #overlap: number;
  readonly #now: () => number;
  /** Newest first. */
  #keys: HeldKey[] = [];

  constructor(provider: CryptoProvider, rotateEvery: number, overlap: number, now: () => number) {
    this.#provider = provider;
    this.#rotateEvery = rotateEvery;
    this.#overlap = overlap;
    this.#now = now;
  }

  seal(plaintext: Uint8Array): Uint8Array {
    const { name, sealer } = this.#current();
    return concat(name, sealer.seal(plaintext));
  }

  open(sealed: Uint8Array): Uint8Array | undefined {
    this.#current();
    const name = sealed.subarray(0, NAME_SIZE);
    return this.#keys.find((key) => equal(key.name, name))?.sealer.open(sealed.subarray(NAME_SIZE));
  }

  exportKeys(): readonly TicketKey[] {
    this.#current();
    return this.#keys.map(({ name, key, validFrom }) => ({ name: name.slice(), key: key.slice(), validFrom }));
  }

  importKeys(keys: readonly TicketKey[]): void {
    for (const { name, key, validFrom } of keys) {
      if (name.length !== NAME_SIZE) {
        throw new ApiMisuse('ERR_TLS_TICKET_KEY', `the name of a ticket key has ${NAME_SIZE} bytes, this one has ${name.length}`);
      }
      const sealer = createSealer(this.#provider, key, 'ticket');
      const others = this.#keys.filter((other) => !equal(other.name, name));
      const added = { name: name.slice(), key: key.slice(), validFrom, sealer };
      this.#keys = [...others, added].sort((a, b) => b.validFrom - a.validFrom);
    }
  }

  /** The key that seals now, made if there is none; forgets those that open nothing any more. */
  #current(): HeldKey {
    const now = this.#now();
    this.#forget(now);
    const newest = this.#keys.find(({ validFrom }) => validFrom <= now);
    if (newest !== undefined && now < this.#retirement(newest)) return newest;
    const { random } = this.#provider;
    const key = { name: random(NAME_SIZE), key: random(SEALER_KEY_SIZE), validFrom: now };
    this.importKeys([key]);
    return this.#keys.find(({ name }) => equal(name, key.name)) as HeldKey;
  }

  /** When a key ceases to seal: at the latest when the next one begins. */
  #retirement(key: HeldKey): number {
    const successor = this.#keys[this.#keys.indexOf(key) - 1]?.validFrom ?? Number.POSITIVE_INFINITY;
    return this.#rotateEvery === 0 ? successor : Math.min(successor, key.validFrom + this.#rotateEvery);
  }

  #forget(now: number): void {
    const gone = this.#keys.filter((key) => now >= this.#retirement(key) + this.#overlap);
    if (gone.length === 0) return;
    for (const { key } of gone) wipe(key);
    this.#keys = this.#keys.filter((key) => !gone.includes(key));
  }
}
