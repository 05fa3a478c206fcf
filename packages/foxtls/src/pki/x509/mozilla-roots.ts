/**
 * Mozilla's list of roots, for runtimes that have none of their own (browsers, workers, React Native).
 *
 * The list is a snapshot: roots come and go, and Mozilla trusts some only for certificates issued before a day, which a list of
 * certificates cannot say. Where the runtime has a list (`foxtls/node`), take that one.
 */

import { parsePem } from '../../core/asn1/pem.ts';
import { MOZILLA_ROOTS } from './mozilla-roots-data.ts';

/**
 * The roots, DER, decoded at each call: keep what you get. 144 certificates take some 10 ms.
 *
 * ```ts
 * const verifier = createX509Verifier({ provider, trustAnchors: mozillaRoots() });
 * ```
 */
export function mozillaRoots(): Uint8Array[] {
  const text = MOZILLA_ROOTS.map((base64) => `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`).join('');
  return parsePem(text).map(({ data }) => data);
}
