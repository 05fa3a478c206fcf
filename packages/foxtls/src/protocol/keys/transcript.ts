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
 * Of DTLS 1.2 and 1.0, the messages in it have the header of their fragments (RFC 6347 §4.2.6); those of DTLS 1.3 have that of TLS (RFC 9147 §5.2).
 */

import { concat } from '../../core/bytes/bytes.ts';
import { InternalError } from '../../core/errors/errors.ts';
import { HANDSHAKE_TYPES } from '../../core/registry/handshake-types.ts';
import type { Hash, HashOrPair, HashState } from '../../crypto/hash.ts';

/** How a handshake message, header included, stands in a transcript; `sequence` is its message_seq. */
export type TranscriptForm = (message: Uint8Array, sequence: number) => Uint8Array;

/**
 * The form of DTLS 1.2 and 1.0: "Hash calculations include entire handshake messages, including DTLS-specific fields: message_seq,
 * fragment_offset, and fragment_length. However, in order to remove sensitivity to handshake message fragmentation, the Finished MAC MUST be
 * computed as if each handshake message had been sent as a single fragment." (RFC 6347 §4.2.6)
 */
export function unfragmented(message: Uint8Array, sequence: number): Uint8Array {
  const length = message.subarray(1, HEADER_SIZE);
  return concat(
    message.subarray(0, HEADER_SIZE),
    Uint8Array.of(sequence >> 8, sequence & 0xff, 0, 0, 0),
    length,
    message.subarray(HEADER_SIZE),
  );
}

/** Bytes of msg_type and length. */
const HEADER_SIZE = 4;

export class Transcript {
  readonly #form: TranscriptForm | undefined;
  #early: Uint8Array[] = [];
  #state: HashState | undefined;
  #kept: Uint8Array[] | undefined;

  /** Without a form, messages stand in it as those of TLS. */
  constructor(form?: TranscriptForm) {
    this.#form = form;
  }

  /** Adds a whole handshake message, header included. `sequence` is its message_seq, which not every form has. */
  add(message: Uint8Array, sequence = 0): void {
    const formed = this.#form === undefined ? message : this.#form(message, sequence);
    this.#kept?.push(formed);
    if (this.#state === undefined) this.#early.push(formed);
    else this.#state.update(formed);
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
