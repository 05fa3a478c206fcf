/**
 * The trust anchors of a verifier (RFC 5280 §6.1.1 (d)): a list, read once, and a place where more are looked up by their name.
 */

import { equal } from '../../core/bytes/bytes.ts';
import type { Name } from './name.ts';
import { indexBySubject } from './subject-index.ts';
import { type Anchor, readAnchors, type TrustAnchor } from './trust-anchor.ts';

/**
 * Finds trust anchors of a name when a path leads to it, beside those that are known: by a folder, a database. Asked again for a name for which
 * it had none; what it finds is kept. What cannot be read, and what is of another name, is left out.
 */
export type TrustAnchorLookUp = (name: Name) => readonly (Uint8Array | TrustAnchor)[];

/** Anchors by name: those that are known, and those that are looked up. */
export class AnchorIndex {
  readonly #known: ReadonlyMap<string, readonly Anchor[]>;
  readonly #lookUp: TrustAnchorLookUp | undefined;
  readonly #found = new Map<string, readonly Anchor[]>();

  constructor(anchors: readonly Anchor[], lookUp: TrustAnchorLookUp | undefined) {
    this.#known = indexBySubject(anchors, ({ certificate }) => certificate);
    this.#lookUp = lookUp;
  }

  of(name: Name): readonly Anchor[] {
    const known = this.#known.get(name.key) ?? [];
    const found = this.#lookUp === undefined ? [] : (this.#found.get(name.key) ?? this.#ask(this.#lookUp, name));
    const isNew = ({ certificate }: Anchor) => !known.some((anchor) => equal(anchor.certificate.raw, certificate.raw));
    return found.length === 0 ? known : [...known, ...found.filter(isNew)];
  }

  /** Of names without anchors there is no end. */
  #ask(lookUp: TrustAnchorLookUp, name: Name): readonly Anchor[] {
    const found = readAnchors(lookUp(name), () => {}).filter(({ certificate }) => certificate.subject.equals(name));
    if (found.length > 0) this.#found.set(name.key, found);
    return found;
  }
}
