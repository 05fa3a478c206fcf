/**
 * What `foxtls/legacy` hands to a config: what is too old or too weak to be there without being imported.
 */

import type { VersionName } from '../core/registry/protocol-versions.ts';
import type { CryptoProvider } from '../crypto/provider.ts';
import type { Tls12CipherSuiteParts } from '../protocol/handshake/tls12/cipher-suites.ts';
import type { Tls12Version } from '../protocol/handshake/tls12/version.ts';
import type { SignatureScheme } from '../protocol/negotiate/signature-schemes.ts';

/** A version before TLS 1.2. */
export interface LegacyVersion {
  readonly name: VersionName;
  /** With the parts of a provider; undefined when it lacks one. */
  resolve(provider: CryptoProvider): Tls12Version | undefined;
}

/** Composed by spread: `{ ...legacy, versions: [] }`. Each list may hold any part of what `foxtls/legacy` exports. */
export interface LegacyParts {
  /** To be named in `cipherSuites`. */
  readonly cipherSuites: readonly Tls12CipherSuiteParts[];
  /** To be named in `signatureSchemes` and `certificateSignatureSchemes`. */
  readonly signatureSchemes: readonly SignatureScheme[];
  /** To be named in `versions`. */
  readonly versions: readonly LegacyVersion[];
}

/** Of a config without it. */
export const NO_LEGACY: LegacyParts = { cipherSuites: [], signatureSchemes: [], versions: [] };

/** Of what a name may be missing. */
export const IMPORT_LEGACY = "what is old or weak has to be given as `legacy`: import { legacy } from 'foxtls/legacy'";
