/**
 * AlgorithmIdentifier, which names an algorithm everywhere in X.509 and PKCS (RFC 5280 §4.1.1.2).
 *
 * ```
 * AlgorithmIdentifier  ::=  SEQUENCE  {
 *      algorithm               OBJECT IDENTIFIER,
 *      parameters              ANY DEFINED BY algorithm OPTIONAL  }
 * ```
 */

import { any, type DerValue, optional, sequence } from '../../core/asn1/schema.ts';
import { objectIdentifier } from '../../core/asn1/types.ts';

export const algorithmIdentifier = sequence({ algorithm: objectIdentifier, parameters: optional(any) });

export type AlgorithmIdentifier = DerValue<typeof algorithmIdentifier>;
