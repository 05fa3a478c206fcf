/**
 * Passwords as octets, the limits that bound what a file may cost, and the one answer to a wrong password.
 *
 * RFC 8018 §3: "In the interest of interoperability, however, it is recommended that applications follow some common text encoding rules."
 * Text is UTF-8 in PKCS#5, and in PKCS#12's own derivation UCS-2 with a terminator (RFC 7292 Appendix B.1).
 *
 * Iteration counts stand in files, and files are hostile: all work that one call does is counted against one budget.
 */

import { EMPTY, fromLatin1, fromUtf8, utf8 } from '../../core/bytes/bytes.ts';
import { ApiMisuse, CryptoFailure, LimitExceeded } from '../../core/errors/errors.ts';
import type { Hash, HashName } from '../../crypto/hash.ts';
import { answeringAtOnce } from '../../crypto/password-hash.ts';
import type { PkcsProvider } from '../../crypto/pkcs-provider.ts';

/** Text, or octets in whatever encoding the file was made with. */
export type Password = string | Uint8Array;

/** What decrypting may cost at most. */
export interface PasswordLimits {
  /**
   * Iterations of all keys that one call derives, together; 10,000,000 unless set. For scrypt N·r·p counts, which takes about as long
   * as so many iterations of PBKDF2.
   */
  readonly maxIterations?: number;
  /** Bytes of memory for scrypt (128·N·r); 128 MiB unless set. */
  readonly maxMemory?: number;
}

/** The parts of a provider that passwords take: `nodeProvider` and `portablePkcsProvider` have them. */
export type PasswordProvider = Pick<PkcsProvider, 'name' | 'random' | 'hashes' | 'ciphers' | 'passwordHashes'>;

const DEFAULT_MAX_ITERATIONS = 10_000_000;
const DEFAULT_MAX_MEMORY = 1 << 27;

/** For what is written: its parameters are the caller's own. */
export const UNLIMITED: PasswordLimits = { maxIterations: Number.POSITIVE_INFINITY, maxMemory: Number.POSITIVE_INFINITY };

/** A provider, and what is left of the budget of the call that it works for. */
export class PasswordWork {
  readonly provider: PasswordProvider;
  readonly #maxIterations: number;
  readonly #maxMemory: number;
  #spent = 0;

  constructor(provider: PasswordProvider, limits: PasswordLimits = {}) {
    this.provider = provider;
    this.#maxIterations = limits.maxIterations ?? DEFAULT_MAX_ITERATIONS;
    this.#maxMemory = limits.maxMemory ?? DEFAULT_MAX_MEMORY;
  }

  /** Counts work before it is done. Throws `LimitExceeded` when it would be too much. */
  spend(iterations: number): void {
    this.#spent += iterations;
    if (this.#spent <= this.#maxIterations) return;
    const message = `${this.#spent} iterations are asked for, ${this.#maxIterations} are the most: set a higher limit if you trust the file`;
    throw new LimitExceeded('maxIterations', message);
  }

  /** Throws `LimitExceeded` when a derivation takes more memory than is allowed. */
  requireMemory(bytes: number): void {
    if (bytes <= this.#maxMemory) return;
    const message = `${bytes} bytes of memory are asked for, ${this.#maxMemory} are the most: set a higher limit if you trust the file`;
    throw new LimitExceeded('maxMemory', message);
  }
}

/** The same provider, deriving keys at once where it can: for functions whose names end in `Sync`. */
export function synchronously(provider: PasswordProvider): PasswordProvider {
  return { ...provider, passwordHashes: answeringAtOnce(provider.passwordHashes) };
}

/** One password in the forms that derivations take. */
export interface PasswordForms {
  /** For PKCS#5, and for everything that takes octets. */
  readonly octets: Uint8Array;
  /** For PKCS#12: two octets a character, two of zero at the end. */
  readonly bmp: Uint8Array;
}

/** No password at all, which in PKCS#12 is something else than an empty one. */
export const NO_PASSWORD: PasswordForms = { octets: EMPTY, bmp: EMPTY };

/** Throws `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for what is no password. */
export function passwordForms(password: Password): PasswordForms {
  if (typeof password !== 'string' && !(password instanceof Uint8Array)) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'a password is text, or octets in a Uint8Array');
  }
  const text = typeof password === 'string' ? password : textOf(password);
  const bmp = new Uint8Array(2 * text.length + 2);
  for (let i = 0; i < text.length; i++) {
    bmp[2 * i] = text.charCodeAt(i) >> 8;
    bmp[2 * i + 1] = text.charCodeAt(i) & 0xff;
  }
  return { octets: typeof password === 'string' ? utf8(password) : password, bmp };
}

/**
 * A wrong password: `CryptoFailure` with the code `ERR_TLS_PASSWORD_WRONG`. Whether padding, structure or MAC told so is not said, for
 * that would help whoever tries ciphertexts of their own.
 */
export function passwordWrong(): CryptoFailure {
  return new CryptoFailure('the password is wrong, or what it protects is damaged', { code: 'ERR_TLS_PASSWORD_WRONG' });
}

/** A file is protected by what nothing here opens. */
export function protectionUnsupported(what: string): CryptoFailure {
  return new CryptoFailure(`${what} is not supported`, { code: 'ERR_TLS_PROTECTION_UNSUPPORTED' });
}

/** The provider's hash; throws `CryptoFailure` when it has none. */
export function hashFor({ name: providerName, hashes }: Pick<PasswordProvider, 'name' | 'hashes'>, name: HashName): Hash {
  return hashes.find((hash) => hash.name === name) ?? refuse(`the provider ${providerName} has no ${name}`);
}

function refuse(message: string): never {
  throw new CryptoFailure(message, { code: 'ERR_TLS_PROTECTION_UNSUPPORTED' });
}

/** As OpenSSL: what is no UTF-8 is ISO 8859-1. */
function textOf(octets: Uint8Array): string {
  try {
    return fromUtf8(octets);
  } catch {
    return fromLatin1(octets);
  }
}
