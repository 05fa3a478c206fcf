/**
 * AES key wrap as messages name it (RFC 3394 §3, RFC 3565).
 */

import { OID, type OidName } from '../../../core/asn1/object-identifiers.ts';
import { PkcsInvalid } from '../../../core/errors/errors.ts';
import type { KeyWrap, KeyWrapName } from '../../../crypto/key-encryption.ts';
import type { PkcsProvider } from '../../../crypto/pkcs-provider.ts';
import type { AlgorithmIdentifier } from '../algorithm-identifier.ts';

const WRAPS = {
  'aes-128-wrap': 'id-aes128-wrap',
  'aes-192-wrap': 'id-aes192-wrap',
  'aes-256-wrap': 'id-aes256-wrap',
} as const satisfies Record<KeyWrapName, OidName>;

/** The key wrap that an identifier names. Throws `PkcsInvalid` (`algorithm_unsupported`). */
export function readKeyWrap({ algorithm }: AlgorithmIdentifier, provider: Pick<PkcsProvider, 'keyWraps'>): KeyWrap {
  const [name] = Object.entries(WRAPS).find(([, oidName]) => OID[oidName] === algorithm) ?? [];
  if (name === undefined) throw new PkcsInvalid('algorithm_unsupported', `the key wrap ${algorithm} is not supported`);
  return findKeyWrap(name as KeyWrapName, provider);
}

/** Throws `PkcsInvalid` (`algorithm_unsupported`) when the provider does not have it. */
export function findKeyWrap(name: KeyWrapName, { keyWraps }: Pick<PkcsProvider, 'keyWraps'>): KeyWrap {
  const keyWrap = keyWraps.find((candidate) => candidate.name === name);
  if (keyWrap === undefined) throw new PkcsInvalid('algorithm_unsupported', `the provider has no ${name}`);
  return keyWrap;
}

/** RFC 5753 §7.2: "the AES wraps have absent parameters". */
export function writeKeyWrap({ name }: KeyWrap): AlgorithmIdentifier {
  return { algorithm: OID[WRAPS[name]] };
}
