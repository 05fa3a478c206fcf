/**
 * The transcript hash (RFC 8446 §4.4.1; handshake_messages of RFC 5246 §7.4.9): a running hash over handshake messages, which may begin
 * before the hash is known.
 *
 * ```
 * Transcript-Hash(ClientHello1, HelloRetryRequest, ... Mn) =
 *     Hash(message_hash ||        (Handshake type)
 *          00 00 Hash.length ||   (Handshake message length (bytes))
 *          Hash(ClientHello1) ||  (Hash of ClientHello1)
 *          HelloRetryRequest || ... || Mn)
 * ```
 */

import { concat } from '../../core/bytes/bytes.ts';
import { InternalError } from '../../core/errors/errors.ts';
import { HANDSHAKE_TYPES } from '../../core/registry/handshake-types.ts';
import type { Hash, HashOrPair, HashState } from '../../crypto/hash.ts';

export class Transcript {
  #early: Uint8Array[] = [];
  #state: HashState | undefined;
  #kept: Uint8Array[] | undefined;

  /** Adds a whole handshake message, header included. */
  add(message: Uint8Array): void {
    this.#kept?.push(message);
    if (this.#state === undefined) this.#early.push(message);
    else this.#state.update(message);
  }

  /** TLS 1.2: keeps the messages that are added from now on, for a CertificateVerify, which signs them all. */
  keepMessages(): void {
    this.#kept = [];
  }

  /** All messages that were kept. */
  messages(): Uint8Array {
    if (this.#kept === undefined) throw new InternalError('the transcript keeps no messages');
    return concat(...this.#kept);
  }

  /** No CertificateVerify will come. */
  forgetMessages(): void {
    this.#kept = undefined;
  }

  /** The suite is chosen: hash what came before, and from now on everything at once. */
  start(hash: HashOrPair): void {
    this.#state = hash.create();
    for (const message of this.#early) this.#state.update(message);
    this.#early = [];
  }

  /** The hash of all messages so far. */
  hash(): Uint8Array {
    if (this.#state === undefined) throw new InternalError('the transcript has no hash yet');
    return this.#state.digest();
  }

  /** The hash of all messages so far and of `more`, which is not added: for binders. */
  hashWith(hash: Hash, more: Uint8Array): Uint8Array {
    const state = this.#state?.copy() ?? startState(hash, this.#early);
    state.update(more);
    return state.digest();
  }
}

function startState(hash: Hash, messages: readonly Uint8Array[]): HashState {
  const state = hash.create();
  for (const message of messages) state.update(message);
  return state;
}

/** A transcript in which ClientHello1 is replaced by the message_hash of it, as a HelloRetryRequest demands. */
export function transcriptAfterRetry(hash: Hash, clientHello1Hash: Uint8Array): Transcript {
  const transcript = new Transcript();
  transcript.start(hash);
  transcript.add(concat(Uint8Array.of(HANDSHAKE_TYPES.message_hash, 0, 0, hash.size), clientHello1Hash));
  return transcript;
}
