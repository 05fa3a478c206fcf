/**
 * CRLs at hand, sorted by who issued them: complete ones, and the deltas that go with them (RFC 5280 §5.2.4).
 */

import { equal } from '../../../core/bytes/bytes.ts';
import type { Name } from '../name.ts';
import type { CertificateRevocationList } from './certificate-list.ts';
import { isSamePoint } from './distribution-points.ts';

export class CrlCollection {
  readonly #complete = new Map<string, CertificateRevocationList[]>();
  readonly #deltas = new Map<string, CertificateRevocationList[]>();

  constructor(lists: readonly CertificateRevocationList[] = []) {
    for (const list of lists) this.add(list);
  }

  add(list: CertificateRevocationList): void {
    const index = list.known.deltaCRLIndicator === undefined ? this.#complete : this.#deltas;
    const { key } = list.issuer;
    const same = index.get(key);
    if (same === undefined) index.set(key, [list]);
    // The latest first, so that an older one that is still in time does not answer in its place.
    else same.splice(findPlace(same, list), 0, list);
  }

  /** Complete CRLs in the name of this issuer, the latest first. */
  completeOf({ key }: Name): readonly CertificateRevocationList[] {
    return this.#complete.get(key) ?? [];
  }

  hasDeltasOf({ key }: Name): boolean {
    return this.#deltas.has(key);
  }

  /** The deltas that can be combined with a complete CRL, the latest first. */
  deltasFor(complete: CertificateRevocationList): readonly CertificateRevocationList[] {
    return (this.#deltas.get(complete.issuer.key) ?? []).filter((delta) => fits(delta, complete));
  }
}

function findPlace(lists: readonly CertificateRevocationList[], { thisUpdate }: CertificateRevocationList): number {
  const place = lists.findIndex((other) => other.thisUpdate < thisUpdate);
  return place === -1 ? lists.length : place;
}

/** The four conditions of RFC 5280 §5.2.4, and §6.3.3 (c) (3) on the key identifiers. The issuers are known to be the same. */
function fits(delta: CertificateRevocationList, complete: CertificateRevocationList): boolean {
  const { deltaCRLIndicator: base, cRLNumber: number } = delta.known;
  const { cRLNumber: completeNumber } = complete.known;
  if (base === undefined || number === undefined || completeNumber === undefined) return false;
  const [own, others] = [delta, complete].map(({ known }) => known.authorityKeyIdentifier?.keyIdentifier);
  const isSameKey = own === undefined || others === undefined ? own === others : equal(own, others);
  return (
    isSamePoint(delta.known.issuingDistributionPoint, complete.known.issuingDistributionPoint) &&
    isSameKey &&
    // "The CRL number of the complete CRL is equal to or greater than the BaseCRLNumber specified in the delta CRL."
    completeNumber >= base &&
    // "The CRL number of the complete CRL is less than the CRL number of the delta CRL."
    completeNumber < number
  );
}
