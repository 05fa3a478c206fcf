/**
 * Pre-shared keys that were agreed on outside TLS (RFC 8446 §2.2, RFC 9257), and what they become in the key schedule: themselves, or
 * keys imported from them (RFC 9258).
 *
 * One key has one hash. It is used with that hash as it is, or it is imported for every hash of the suites, never both.
 */

import { ApiMisuse } from '../../core/errors/errors.ts';
import type { Hash } from '../../crypto/hash.ts';
import type { BinderKind } from '../keys/key-schedule.ts';
import { importedIdentitySize, importPsk, type ProtocolVersion } from './psk-importer.ts';

/** The hashes that a PSK can be made for: those of the suites of TLS 1.3. */
export type PskHash = 'sha256' | 'sha384';

/** A key, without the name that it goes by. */
export interface ExternalKey {
  /** At least 16 bytes, random: a password is not a key, and is found by trying (RFC 9257 §6). */
  readonly key: Uint8Array;
  /** Take a key of fewer bytes, at least one, all the same: for devices that have no better one. Whoever listens can find it by trying. */
  readonly insecureShortKey?: boolean | undefined;
  /** The hash that the key was made for; default `sha256`. Only suites with it can use the key, unless it is imported. */
  readonly hash?: PskHash | undefined;
  /**
   * Use the key through the importer of RFC 9258, which makes a key of its own for each hash: the better way, where the peer can do it.
   * `context` is seen on the wire and has to be the same on both sides, as the names of both ends, against reflection; default empty.
   */
  readonly imported?: { readonly context?: Uint8Array | undefined } | undefined;
}

/** A key and the name that both sides know it by. */
export interface PreSharedKey extends ExternalKey {
  /** 1 to 65535 bytes. Seen on the wire. */
  readonly identity: Uint8Array;
}

/** A PSK as the key schedule takes it, under its name on the wire. */
export interface UsablePsk {
  readonly identity: Uint8Array;
  readonly secret: Uint8Array;
  readonly hash: Hash;
  readonly binder: BinderKind;
}

/** "Each PSK SHOULD be derived from at least 128 bits of entropy, MUST be at least 128 bits long, and SHOULD be combined with an ephemeral key exchange" (RFC 9257 §6) */
const MIN_KEY_SIZE = 16;

/** What is left of pre_shared_key for the identity, its length, its age and the length of the list. */
const MAX_IDENTITY_SIZE = 0xffff - 8;

/**
 * The PSKs that a key can be used as, with suites of the hashes `targets`; `hashes` are all that there are. Throws `ApiMisuse`
 * (`ERR_TLS_PSK`) for a key that is none.
 */
export function usablePsks(
  psk: PreSharedKey,
  version: ProtocolVersion,
  targets: readonly Hash[],
  hashes: readonly Hash[],
): readonly UsablePsk[] {
  checkPreSharedKey(psk);
  const { identity, key, hash = 'sha256', imported } = psk;
  if (imported === undefined) {
    const own = targets.find(({ name }) => name === hash);
    return own === undefined ? [] : [{ identity, secret: key, hash: own, binder: 'external' }];
  }
  // The importer works with the key's own hash, whichever hash it imports for.
  const own = hashes.find(({ name }) => name === hash);
  if (own === undefined) return [];
  return targets.map((target) => ({
    ...importPsk(own, target, version, { externalIdentity: identity, key, context: imported.context }),
    hash: target,
    binder: 'imported',
  }));
}

/** Throws `ApiMisuse` (`ERR_TLS_PSK`) for a key that is too short, or a name that does not fit into a ClientHello. */
export function checkPreSharedKey(psk: PreSharedKey): void {
  const { identity, imported } = psk;
  checkExternalKey(psk);
  if (!(identity instanceof Uint8Array)) throw misuse('the identity has to be a Uint8Array');
  const size = imported === undefined ? identity.length : importedIdentitySize(identity, imported.context);
  if (identity.length === 0 || size > MAX_IDENTITY_SIZE) {
    throw misuse(`an identity has 1 to ${MAX_IDENTITY_SIZE} bytes on the wire, this one has ${size}`);
  }
}

/** The same of a key alone: in TLS 1.2 its name may be empty (RFC 4279 §2). */
export function checkExternalKey({ key, hash = 'sha256', insecureShortKey }: ExternalKey): void {
  if (!(key instanceof Uint8Array)) throw misuse('the key has to be a Uint8Array');
  const least = insecureShortKey === true ? 1 : MIN_KEY_SIZE;
  if (key.length < least) throw misuse(`a key has at least ${least} bytes, this one has ${key.length}`);
  if (hash !== 'sha256' && hash !== 'sha384') throw misuse(`the hash is sha256 or sha384, not ${String(hash)}`);
}

/** It may come out of a look-up, while the peer waits: then the peer gets internal_error. */
function misuse(problem: string): ApiMisuse {
  return new ApiMisuse('ERR_TLS_PSK', `a pre-shared key cannot be used: ${problem}`, { alert: 'internal_error' });
}
