/**
 * Signatures on a path, and the keys that they are checked with (RFC 5280 §6.1.3 (a) (1), §6.1.4 (d), (e), (f)).
 *
 * Keys are imported once and kept for as long as their certificates live. A DSA key without parameters has those of the certificate above
 * it, which is not known on the way up: its signatures are taken for right until the path is whole, and checked then.
 */

import { type CertificateInvalid, CryptoFailure, DecodeError } from '../../core/errors/errors.ts';
import { type Flow, settle } from '../../core/flow/flow.ts';
import type { PublicKey, SignatureAlgorithm } from '../../crypto/signature.ts';
import { inheritParameters, inheritsParameters } from '../pkcs/public-key.ts';
import { judgeKey, weakHashOf } from './algorithm-policy.ts';
import type { Certificate } from './certificate.ts';
import { invalid } from './certificate-rules.ts';
import { note, type PathSearch, type SearchState, signatureCost, spend } from './path-search.ts';

/** Whether the signature on the last certificate of a path is that of an issuer. True for now, if the issuer inherits its parameters. */
export function* isSignedBy(path: readonly Certificate[], issuer: Certificate, state: SearchState): Flow<boolean> {
  const child = path.at(-1) as Certificate;
  if (inherits(issuer)) return true;
  const known = state.signatures.get(child)?.get(issuer);
  if (known !== undefined) return known;
  spend(state, 'signatures', child, path.length - 1, signatureCost(issuer.keyType));
  const key = yield* importKeyOf([issuer], state.search);
  if (!isPublicKey(key)) {
    note(state, [...path, issuer], key(path.length));
    return false;
  }
  const { signatureAlgorithm } = child;
  const isRight =
    signatureAlgorithm !== undefined && (yield* settle(key.verify(signatureAlgorithm, child.tbsCertificate, child.signature)));
  const verdicts = state.signatures.get(child) ?? new Map<Certificate, boolean>();
  state.signatures.set(child, verdicts.set(issuer, isRight));
  return isRight;
}

/** The signatures of a whole path that could not be checked on the way: those by keys that inherit their parameters. */
export function* findInheritedProblem(path: readonly Certificate[], state: SearchState): Flow<CertificateInvalid | undefined> {
  for (const [i, issuer] of path.entries()) {
    const child = path[i - 1];
    if (child === undefined || !inherits(issuer)) continue;
    const { signatureAlgorithm, tbsCertificate, signature } = child;
    if (yield* isSignature(path.slice(i), signatureAlgorithm, tbsCertificate, signature, child, state)) continue;
    return invalid('signature_invalid', 'its signature was not made by the issuer that it names', child, i - 1);
  }
  return undefined;
}

/** Whether the first certificate of a path has signed a message, by an algorithm and with a key that the policy allows. */
export function* isSignature(
  signerPath: readonly Certificate[],
  algorithm: SignatureAlgorithm | undefined,
  message: Uint8Array,
  signature: Uint8Array,
  blamed: Certificate,
  state: SearchState,
): Flow<boolean> {
  const { algorithms } = state.search.policy;
  if (algorithm === undefined || weakHashOf(algorithm, algorithms) !== undefined) return false;
  spend(state, 'signatures', blamed, 0, signatureCost(signerPath[0]?.keyType));
  const key = yield* importKeyOf(signerPath, state.search);
  if (!isPublicKey(key) || judgeKey(key.type, algorithms) !== undefined) return false;
  return yield* settle(key.verify(algorithm, message, signature));
}

/** The key of the first certificate of a path; or what is wrong with it, for a depth. */
export function* importKeyOf(
  [certificate, ...above]: readonly Certificate[],
  { importedKeys, keys }: Pick<PathSearch, 'importedKeys' | 'keys'>,
): Flow<PublicKey | ((depth: number) => CertificateInvalid)> {
  const owner = certificate as Certificate;
  const imported = importedKeys.get(owner);
  if (imported !== undefined) return imported;
  const spki = workingKey([owner, ...above]);
  if (spki === undefined)
    return (depth) => invalid('key_unsupported', 'there are no parameters for its key to inherit', owner, depth);
  try {
    const key = yield* settle(keys.importPublicKey(spki));
    // What is inherited depends on the path.
    if (spki === owner.publicKey) importedKeys.set(owner, key);
    return key;
  } catch (error) {
    if (!(error instanceof CryptoFailure || error instanceof DecodeError)) throw error;
    return (depth) => invalid('key_unsupported', `its key cannot be used: ${error.message}`, owner, depth);
  }
}

export function isPublicKey(key: PublicKey | ((depth: number) => CertificateInvalid)): key is PublicKey {
  return typeof key !== 'function';
}

/** working_public_key with working_public_key_parameters (RFC 5280 §6.1.2 (g), (i)). */
function workingKey([certificate, ...above]: readonly Certificate[]): Uint8Array | undefined {
  if (certificate === undefined) return undefined;
  if (!inherits(certificate)) return certificate.publicKey;
  const issuer = workingKey(above);
  return issuer && inheritParameters(certificate.publicKey, issuer);
}

function inherits({ keyType, publicKey }: Certificate): boolean {
  return keyType?.kind === 'dsa' && inheritsParameters(publicKey);
}
