/** Certificates by the name of their subject (RFC 5280 §4.1.2.6), as those who look for an issuer need them. */

import { equal } from '../../core/bytes/bytes.ts';
import type { Certificate } from './certificate.ts';

/** Certificates by the key of their subject's name, each of them once. */
export function indexBySubject<T>(
  items: readonly T[],
  certificateOf: (item: T) => Certificate,
): ReadonlyMap<string, readonly T[]> {
  const index = new Map<string, T[]>();
  for (const item of items) {
    const { subject, raw } = certificateOf(item);
    const same = index.get(subject.key);
    if (same === undefined) index.set(subject.key, [item]);
    else if (!same.some((other) => equal(certificateOf(other).raw, raw))) same.push(item);
  }
  return index;
}
