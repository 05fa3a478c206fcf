/**
 * Which groups are used unless a config names others, and why (RFC 8446 §4.2.7, §9.1).
 *
 * "A TLS-compliant application MUST support key exchange with secp256r1 (NIST P-256) and SHOULD support key exchange with X25519
 * [RFC7748]." (RFC 8446 §9.1)
 */

import type { NAMED_GROUPS } from '../../core/registry/named-groups.ts';
import type { KeyExchangeGroup } from '../../crypto/key-exchange.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';

interface GroupPolicy {
  readonly name: keyof typeof NAMED_GROUPS;
  /** Offered and accepted without being named; the others have to be named in `groups`. */
  readonly byDefault: boolean;
}

/** In order of preference. A group that is not here, and that a provider has, is there for whoever names it. */
export const GROUP_POLICY: readonly GroupPolicy[] = [
  // The fastest, and the hardest to implement wrongly; what nearly every peer sends a share of.
  { name: 'x25519', byDefault: true },
  // Mandatory, and what approved-algorithm rules ask for.
  { name: 'secp256r1', byDefault: true },
  // For peers that are bound to 192 bits of security.
  { name: 'secp384r1', byDefault: true },
  // No more security against what breaks P-384, at 3 to 40 times the cost, which a stranger's ClientHello would decide to spend.
  { name: 'x448', byDefault: false },
  { name: 'secp521r1', byDefault: false },
  // Large shares, slow, and no peer is known that has these and none of the curves.
  { name: 'ffdhe2048', byDefault: false },
  { name: 'ffdhe3072', byDefault: false },
  { name: 'ffdhe4096', byDefault: false },
  { name: 'ffdhe6144', byDefault: false },
  { name: 'ffdhe8192', byDefault: false },
  // For those who have to use them: slower than the NIST curves and no stronger, and "not endorsed by the IETF" (RFC 8734 §1).
  { name: 'brainpoolP256r1', byDefault: false },
  { name: 'brainpoolP384r1', byDefault: false },
  { name: 'brainpoolP512r1', byDefault: false },
  { name: 'brainpoolP256r1tls13', byDefault: false },
  { name: 'brainpoolP384r1tls13', byDefault: false },
  { name: 'brainpoolP512r1tls13', byDefault: false },
  // What is recorded today stays secret when there are quantum computers. Two milliseconds at each end, where it is computed in JavaScript, and
  // a ClientHello of more than a packet: docs/decisions/0033-ml-kem-when-named.md.
  { name: 'X25519MLKEM768', byDefault: false },
  { name: 'SecP256r1MLKEM768', byDefault: false },
  { name: 'SecP384r1MLKEM1024', byDefault: false },
  { name: 'MLKEM768', byDefault: false },
  { name: 'MLKEM1024', byDefault: false },
];

/** The provider's groups that a config has when it names none, in order of preference. */
export function defaultGroups(provider: CryptoProvider): readonly KeyExchangeGroup[] {
  return GROUP_POLICY.flatMap(({ name, byDefault }) => provider.groups.filter((group) => byDefault && group.name === name));
}
