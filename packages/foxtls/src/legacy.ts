/**
 * `foxtls/legacy`: what a program needs to speak with old devices, and what is off, and not even there, without this import. Whole as
 * `legacy`, and in parts.
 */

import type { LegacyParts } from './connection/legacy-parts.ts';
import { legacyCipherSuites } from './legacy/cipher-suites.ts';
import { legacySignatureSchemes } from './legacy/signature-schemes.ts';
import { legacyVersions } from './legacy/versions.ts';

export type { LegacyParts, LegacyVersion } from './connection/legacy-parts.ts';
export * from './legacy/cipher-suites.ts';
export * from './legacy/signature-schemes.ts';
export * from './legacy/versions.ts';

/**
 * All of it, for the option `legacy` of a config. That alone changes nothing: what is to be used has to be named as well.
 *
 * ```ts
 * const config = defineClientConfig({ provider, verifier, legacy, cipherSuites: ['TLS_RSA_WITH_AES_128_CBC_SHA'] });
 * ```
 */
export const legacy: LegacyParts = {
  cipherSuites: legacyCipherSuites,
  signatureSchemes: legacySignatureSchemes,
  versions: legacyVersions,
};
