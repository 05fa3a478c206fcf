/**
 * The key schedule of TLS 1.3 (RFC 8446 §7.1), a class for each stage, so that nothing can be derived out of order.
 *
 * ```
 *              0
 *              |
 *    PSK ->  HKDF-Extract = Early Secret
 *              +-----> Derive-Secret(., "ext binder" | "res binder" | "imp binder", "") = binder_key
 *        Derive-Secret(., "derived", "")
 *              |
 *    (EC)DHE -> HKDF-Extract = Handshake Secret
 *              +-----> "c hs traffic", "s hs traffic"   (ClientHello...ServerHello)
 *        Derive-Secret(., "derived", "")
 *              |
 *    0 -> HKDF-Extract = Main Secret
 *              +-----> "c ap traffic", "s ap traffic", "exp master"   (ClientHello...server Finished)
 *              +-----> "res master"                                   (ClientHello...client Finished)
 * ```
 * "imp binder" is that of RFC 9258 §5.2. RFC 8446 calls the last stage Master Secret; its labels keep that word.
 */

import { EMPTY, wipe } from '../../core/bytes/bytes.ts';
import { deriveSecret, expandLabel, extract, type LabelledHash } from './hkdf.ts';

/** Where a PSK comes from: a ticket, outside TLS as it is, or outside TLS through the importer of RFC 9258. */
export type BinderKind = 'resumption' | 'external' | 'imported';

const BINDER_LABELS = {
  resumption: 'res binder',
  external: 'ext binder',
  imported: 'imp binder',
} as const satisfies Record<BinderKind, string>;

export class EarlySecret {
  readonly #labelled: LabelledHash;
  readonly #secret: Uint8Array;

  /** "If a given secret is not available, then the 0-value consisting of a string of Hash.length bytes set to zeros is used." (RFC 8446 §7.1) */
  constructor(labelled: LabelledHash, psk: Uint8Array | undefined) {
    const zeros = new Uint8Array(labelled.hash.size);
    this.#labelled = labelled;
    this.#secret = extract(labelled.hash, zeros, psk ?? zeros);
  }

  /** The base key of a binder (RFC 8446 §4.2.11.2). Each kind has its own, so that a PSK of one is never taken for one of another. */
  binderKey(kind: BinderKind): Uint8Array {
    return deriveSecret(this.#labelled, this.#secret, BINDER_LABELS[kind], this.#labelled.hash.digest(EMPTY));
  }

  /** The next stage, with the (EC)DHE secret, or without one (psk_ke). */
  handshakeSecret(sharedSecret: Uint8Array | undefined): HandshakeSecret {
    return new HandshakeSecret(this.#labelled, nextStage(this.#labelled, this.#secret, sharedSecret));
  }

  clientEarlyTraffic(transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#labelled, this.#secret, 'c e traffic', transcriptHash);
  }

  earlyExporter(transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#labelled, this.#secret, 'e exp master', transcriptHash);
  }

  wipe(): void {
    wipe(this.#secret);
  }
}

export class HandshakeSecret {
  readonly #labelled: LabelledHash;
  readonly #secret: Uint8Array;

  /** To be made by `EarlySecret.handshakeSecret`. */
  constructor(labelled: LabelledHash, secret: Uint8Array) {
    this.#labelled = labelled;
    this.#secret = secret;
  }

  /** `transcriptHash`: ClientHello...ServerHello. */
  clientTraffic(transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#labelled, this.#secret, 'c hs traffic', transcriptHash);
  }

  serverTraffic(transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#labelled, this.#secret, 's hs traffic', transcriptHash);
  }

  mainSecret(): MainSecret {
    return new MainSecret(this.#labelled, nextStage(this.#labelled, this.#secret, undefined));
  }

  wipe(): void {
    wipe(this.#secret);
  }
}

export class MainSecret {
  readonly #labelled: LabelledHash;
  readonly #secret: Uint8Array;

  /** To be made by `HandshakeSecret.mainSecret`. */
  constructor(labelled: LabelledHash, secret: Uint8Array) {
    this.#labelled = labelled;
    this.#secret = secret;
  }

  /** `transcriptHash`: ClientHello...server Finished. */
  clientTraffic(transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#labelled, this.#secret, 'c ap traffic', transcriptHash);
  }

  serverTraffic(transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#labelled, this.#secret, 's ap traffic', transcriptHash);
  }

  exporter(transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#labelled, this.#secret, 'exp master', transcriptHash);
  }

  /** `transcriptHash`: ClientHello...client Finished. */
  resumption(transcriptHash: Uint8Array): Uint8Array {
    return deriveSecret(this.#labelled, this.#secret, 'res master', transcriptHash);
  }

  wipe(): void {
    wipe(this.#secret);
  }
}

function nextStage(labelled: LabelledHash, secret: Uint8Array, input: Uint8Array | undefined): Uint8Array {
  const salt = deriveSecret(labelled, secret, 'derived', labelled.hash.digest(EMPTY));
  return extract(labelled.hash, salt, input ?? new Uint8Array(labelled.hash.size));
}

/** application_traffic_secret_N+1 (RFC 8446 §7.2). */
export function nextTrafficSecret(labelled: LabelledHash, secret: Uint8Array): Uint8Array {
  return expandLabel(labelled, secret, 'traffic upd', EMPTY, labelled.hash.size);
}

/** The PSK of a ticket (RFC 8446 §4.6.1). */
export function resumptionPsk(labelled: LabelledHash, resumptionSecret: Uint8Array, ticketNonce: Uint8Array): Uint8Array {
  return expandLabel(labelled, resumptionSecret, 'resumption', ticketNonce, labelled.hash.size);
}

/** TLS-Exporter (RFC 8446 §7.5); `length` in bytes. */
export function exportKeyingMaterial(
  labelled: LabelledHash,
  exporterSecret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const { hash } = labelled;
  const secret = deriveSecret(labelled, exporterSecret, label, hash.digest(EMPTY));
  return expandLabel(labelled, secret, 'exporter', hash.digest(context), length);
}
