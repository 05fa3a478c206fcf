/**
 * Record protection of the test peer (RFC 8446 §5.2, §5.3), written apart from the product's so that a mistake there is not made twice,
 * and open to every lie: header, inner type, padding.
 */

import { concat, EMPTY } from '../../src/core/bytes/bytes.ts';
import type { AeadKey } from '../../src/crypto/aead.ts';
import { expandLabel } from '../../src/protocol/keys/hkdf.ts';
import { nextTrafficSecret } from '../../src/protocol/keys/key-schedule.ts';
import type { CipherSuite } from '../../src/protocol/negotiate/cipher-suites.ts';

/** One direction under one traffic secret. */
export class TrafficKeys {
  readonly #suite: CipherSuite;
  readonly #secret: Uint8Array;
  readonly #key: AeadKey;
  readonly #iv: Uint8Array;
  #sequence = 0n;

  constructor(suite: CipherSuite, secret: Uint8Array) {
    const labelled = { hash: suite.hash, labelPrefix: 'tls13 ' } as const;
    this.#suite = suite;
    this.#secret = secret;
    this.#key = suite.aead.create(expandLabel(labelled, secret, 'key', EMPTY, suite.aead.keySize));
    this.#iv = expandLabel(labelled, secret, 'iv', EMPTY, suite.aead.nonceSize);
  }

  /** The bytes that protection adds to an inner plaintext. */
  get tagSize(): number {
    return this.#suite.aead.tagSize;
  }

  seal(header: Uint8Array, innerPlaintext: Uint8Array): Uint8Array {
    const out: Uint8Array[] = [];
    this.#key.seal(this.#nextNonce(), header, [innerPlaintext], out);
    return concat(...out);
  }

  open(header: Uint8Array, sealed: Uint8Array): Uint8Array {
    const opened = this.#key.open(this.#nextNonce(), header, sealed);
    if (opened === undefined) throw new Error('the victim sent a record that the test peer cannot decrypt');
    return opened;
  }

  /** After a KeyUpdate. */
  next(): TrafficKeys {
    return new TrafficKeys(this.#suite, nextTrafficSecret({ hash: this.#suite.hash, labelPrefix: 'tls13 ' }, this.#secret));
  }

  #nextNonce(): Uint8Array {
    const nonce = this.#iv.slice();
    const view = new DataView(nonce.buffer);
    const at = nonce.length - 8;
    view.setBigUint64(at, view.getBigUint64(at) ^ this.#sequence++);
    return nonce;
  }
}
