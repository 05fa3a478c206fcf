/**
 * Verifying bare keys (RFC 7250): by comparing them with those that are known beforehand. Nothing else vouches for them.
 */

import { toHex } from '../../core/bytes/bytes.ts';
import { ApiMisuse, CertificateInvalid, CryptoFailure, DecodeError } from '../../core/errors/errors.ts';
import { type Flow, run, settle } from '../../core/flow/flow.ts';
import { type PeerVerified, type PeerVerifier, peerVerified, type VerifyRequest } from '../../crypto/peer-verifier.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';
import type { PublicKey } from '../../crypto/signature.ts';
import { readSubjectPublicKeyInfo } from '../pkcs/public-key.ts';

export interface RawPublicKeyVerifierOptions {
  /** Only its keys are used. */
  readonly provider: Pick<CryptoProvider, 'keys'>;
  /** SubjectPublicKeyInfos, DER, of the peers that are trusted. */
  readonly trustedKeys: readonly Uint8Array[];
}

/**
 * A verifier that accepts exactly these keys, for peers that show bare keys: `serverCertificateTypes: ['raw-public-key']` on a client,
 * `clientCertificateTypes` on a server. A name is not checked, as a bare key has none: each key that is trusted is trusted for every name.
 *
 * `verify` throws (or rejects with) `CertificateInvalid`: `key_untrusted` for another key, `key_unsupported` for a certificate and for a
 * key that the provider does not have. Throws `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for a trusted key that cannot be read.
 *
 * ```ts
 * const verifier = createRawPublicKeyVerifier({ provider, trustedKeys: [parsePublicKeyPem(pem)] });
 * const config = defineClientConfig({ provider, verifier, serverCertificateTypes: ['raw-public-key'] });
 * ```
 */
export function createRawPublicKeyVerifier({ provider, trustedKeys }: RawPublicKeyVerifierOptions): PeerVerifier {
  const trusted = new Set(trustedKeys.map((spki, i) => checkTrusted(spki, i)));
  const imported = new Map<string, PublicKey>();
  function* verifyKey({ presented }: VerifyRequest): Flow<PeerVerified> {
    if (presented.kind !== 'raw-public-key') {
      throw new CertificateInvalid('key_unsupported', 'a raw public key is expected, the peer presented a certificate');
    }
    const { spki } = presented;
    const name = toHex(spki);
    if (!trusted.has(name))
      throw new CertificateInvalid('key_untrusted', 'the raw public key of the peer is not one of those trusted');
    const importedKey = imported.get(name) ?? (yield* importKey(provider, spki));
    imported.set(name, importedKey);
    const uses = { mayDigitallySign: true, mayEncipherKeys: true, mayAgreeOnKeys: true };
    return peerVerified({ publicKey: spki, ...uses, path: [], importedKey });
  }
  return { verify: (request) => run(verifyKey(request)) };
}

/**
 * A verifier that leaves certificates to one and bare keys to another, for peers that may show either.
 *
 * ```ts
 * const verifier = verifyByKind({
 *   x509: createX509Verifier({ provider, trustAnchors }),
 *   rawPublicKey: createRawPublicKeyVerifier({ provider, trustedKeys }),
 * });
 * const config = defineClientConfig({ provider, verifier, serverCertificateTypes: ['raw-public-key', 'x509'] });
 * ```
 */
export function verifyByKind({
  x509,
  rawPublicKey,
}: {
  readonly x509: PeerVerifier;
  readonly rawPublicKey: PeerVerifier;
}): PeerVerifier {
  return {
    acceptsUnverified: x509.acceptsUnverified === true || rawPublicKey.acceptsUnverified === true,
    authorities: x509.authorities,
    wantsOcspResponse: x509.wantsOcspResponse,
    verify: (request) => (request.presented.kind === 'x509' ? x509 : rawPublicKey).verify(request),
  };
}

/** The key, hexadecimal. */
function checkTrusted(spki: Uint8Array, i: number): string {
  try {
    readSubjectPublicKeyInfo(spki, `trusted_keys[${i}]`);
    return toHex(spki);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `a trusted key cannot be read: ${cause.message}`, { cause });
  }
}

function* importKey({ keys }: Pick<CryptoProvider, 'keys'>, spki: Uint8Array): Flow<PublicKey> {
  try {
    return yield* settle(keys.importPublicKey(spki));
  } catch (cause) {
    if (!(cause instanceof CryptoFailure)) throw cause;
    throw new CertificateInvalid('key_unsupported', `the raw public key cannot be used: ${cause.message}`, { cause });
  }
}
