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

import { EMPTY, fromHex, fromLatin1, utf8, wipe } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import type { HashName } from '../../crypto/hash.ts';
import { deriveSecret, expandLabel, extract, type LabelledHash, type LabelPrefix } from './hkdf.ts';

/** Where a PSK comes from: a ticket, outside TLS as it is, or outside TLS through the importer of RFC 9258. */
export type BinderKind = 'resumption' | 'external' | 'imported';

const BINDER_LABELS = {
  resumption: 'res binder',
  external: 'ext binder',
  imported: 'imp binder',
} as const satisfies Record<BinderKind, string>;

/**
 * The salt of the Handshake Secret where there is no PSK: Derive-Secret(HKDF-Extract(0, 0), "derived", ""), which is the same in every
 * handshake, and two steps less (RFC 8448 §3 prints the first).
 */
const SALT_WITHOUT_PSK: { readonly [prefix in LabelPrefix]: { readonly [hash in HashName]?: Uint8Array } } = {
  'tls13 ': {
    sha256: /* @__PURE__ */ fromHex('6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba'),
    sha384: /* @__PURE__ */ fromHex(
      '1591dac5cbbf0330a4a84de9c753330e92d01f0a88214b4464972fd668049e93e52f2b16fad922fdc0584478428f282b',
    ),
  },
  dtls13: {
    sha256: /* @__PURE__ */ fromHex('b17bce9451ee8bc6e8aebc0aa9e98295677a4a6a91f78440833146e465f2ff95'),
    sha384: /* @__PURE__ */ fromHex(
      '27008605d3396f8844197565caecc592b3e58f2eae55f841b577cfbcabb47e221f674ed3a68aa893439cf557f111c0fc',
    ),
  },
};

/** The second stage where there is no PSK: nothing else of the first is needed. */
export function handshakeSecretWithoutPsk(labelled: LabelledHash, sharedSecret: Uint8Array | undefined): HandshakeSecret {
  const { hash, labelPrefix } = labelled;
  const salt = SALT_WITHOUT_PSK[labelPrefix][hash.name];
  if (salt === undefined) return new EarlySecret(labelled, undefined).handshakeSecret(sharedSecret);
  return new HandshakeSecret(labelled, extract(hash, salt, sharedSecret ?? new Uint8Array(hash.size)));
}

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

/** `opaque label<7..255>`, with the six characters of the prefix (RFC 8446 §7.1). An empty one is shorter, and
 * everybody's: docs/decisions/0029. */
const MAX_LABEL = 249;

/** TLS-Exporter (RFC 8446 §7.5); `length` in bytes. Throws `ApiMisuse` (`ERR_TLS_OPTION_RANGE`) for a label or a length that HKDF cannot have. */
export function exportKeyingMaterial(
  labelled: LabelledHash,
  exporterSecret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const { hash } = labelled;
  // The application's label may be any text; a character a byte is what labels are below.
  const bytes = fromLatin1(utf8(label));
  if (bytes.length > MAX_LABEL) {
    throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `the exporter's label has ${bytes.length} bytes: at most ${MAX_LABEL} fit`);
  }
  if (!Number.isInteger(length) || length < 1 || length > 255 * hash.size) {
    const range = `an integer from 1 to ${255 * hash.size}`;
    throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `the exporter is asked for ${length} bytes: ${range} is expected`);
  }
  const secret = deriveSecret(labelled, exporterSecret, bytes, hash.digest(EMPTY));
  return expandLabel(labelled, secret, 'exporter', hash.digest(context), length);
}
