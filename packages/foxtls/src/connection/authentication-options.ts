/**
 * What connections are configured with about certificates and bare keys: the options, checked and resolved.
 */

import { ApiMisuse, DecodeError } from '../core/errors/errors.ts';
import type { Hash } from '../crypto/hash.ts';
import type { PeerVerifier } from '../crypto/peer-verifier.ts';
import type { CryptoProvider } from '../crypto/provider.ts';
import { writeCertificate } from '../protocol/handshake/certificate-message.ts';
import type { PreparedCredential } from '../protocol/handshake/config.ts';
import type { CertificateKind, Credential } from '../protocol/handshake/credential.ts';
import type { Tls12Version } from '../protocol/handshake/tls12/version.ts';
import { readTimestampList } from '../protocol/messages/extensions/signed-certificate-timestamp.ts';
import {
  type SignatureScheme,
  schemeFitsKey,
  TLS13_SIGNATURE_SCHEMES,
  verifiableSignatureSchemes,
} from '../protocol/negotiate/signature-schemes.ts';
import { endPoint } from './channel-binding.ts';
import { IMPORT_LEGACY, type LegacyParts, NO_LEGACY } from './legacy-parts.ts';
import { pick } from './option-checks.ts';

/** What both roles can set. */
export interface AuthenticationOptions {
  /**
   * As `ecdsa_secp256r1_sha256`: what is verified, and signed with. Default: all that the provider verifies; a key of ours then also signs
   * by a scheme that the provider does not verify.
   */
  readonly signatureSchemes?: readonly string[] | undefined;
  /** What is signed with, in order of preference, where that is not what is verified. Default: `signatureSchemes`. */
  readonly signingSchemes?: readonly string[] | undefined;
  /** Schemes for the signatures in the peer's certificates, where they differ (signature_algorithms_cert, RFC 8446 §4.2.3). */
  readonly certificateSignatureSchemes?: readonly string[] | undefined;
  /**
   * Names of authorities, DER, to help the peer choose among its certificates (RFC 8446 §4.2.4): of a client in ClientHello, of a server in
   * CertificateRequest. `'verifier'` for those that the verifier trusts, if they all fit. Default: none.
   */
  readonly certificateAuthorities?: readonly Uint8Array[] | 'verifier' | undefined;
  /**
   * Ask the peer for an OCSP response with its certificate (RFC 8446 §4.4.2.1); the verifier and `ConnectionInfo` get it. Default: if the
   * verifier judges it.
   */
  readonly requestOcsp?: boolean | undefined;
  /** Ask the peer for certificate timestamps (RFC 6962); the verifier and `ConnectionInfo` get them. Default false. */
  readonly requestSct?: boolean | undefined;
}

const DEFAULT_KINDS: readonly CertificateKind[] = ['x509'];

export function resolveAuthentication(
  options: AuthenticationOptions & {
    readonly provider: CryptoProvider;
    readonly verifier?: PeerVerifier | undefined;
    readonly legacy?: LegacyParts | undefined;
  },
) {
  const { provider, certificateSignatureSchemes, legacy = NO_LEGACY } = options;
  const defaults = verifiableSignatureSchemes(provider);
  const verifiable = [...defaults, ...verifiableSignatureSchemes(provider, legacy.signatureSchemes)];
  const advice = options.legacy === undefined ? IMPORT_LEGACY : undefined;
  const pickSchemes = (names: readonly string[], known = verifiable) =>
    pick('signature scheme', known, names, ({ name }) => name, advice);
  const signatureSchemes = options.signatureSchemes === undefined ? defaults : pickSchemes(options.signatureSchemes);
  return {
    signatureSchemes,
    signingSchemes:
      options.signingSchemes !== undefined
        ? pickSchemes(options.signingSchemes, [...TLS13_SIGNATURE_SCHEMES, ...legacy.signatureSchemes])
        : options.signatureSchemes === undefined
          ? TLS13_SIGNATURE_SCHEMES
          : signatureSchemes,
    certificateSchemes:
      certificateSignatureSchemes === undefined ? undefined : pickSchemes(certificateSignatureSchemes).map(({ id }) => id),
    certificateAuthorities: resolveAuthorities(options),
    requestOcsp: options.requestOcsp ?? options.verifier?.wantsOcspResponse ?? false,
    requestTimestamps: options.requestSct ?? false,
  };
}

/** The kinds of certificates that are accepted of the peer. */
export function resolveKinds(name: string, kinds: readonly CertificateKind[] = DEFAULT_KINDS): readonly CertificateKind[] {
  const known = kinds.every((kind) => kind === 'x509' || kind === 'raw-public-key');
  if (known && kinds.length > 0 && new Set(kinds).size === kinds.length) return kinds;
  throw new ApiMisuse('ERR_TLS_UNKNOWN_NAME', `${name} is [${kinds.join(', ')}]: some of x509, raw-public-key are expected`);
}

/** The kinds of certificates that we can show, in the order of the credentials. */
export function kindsOf(credentials: readonly Credential[]): readonly CertificateKind[] {
  const kinds = [...new Set(credentials.map(({ kind }) => kind))];
  return kinds.length === 0 ? DEFAULT_KINDS : kinds;
}

/** Throws `ApiMisuse` (`ERR_TLS_CREDENTIAL`) for what cannot be used. */
export function prepareCredentials(
  credentials: readonly Credential[],
  {
    provider,
    signingSchemes,
    tls12Versions,
  }: {
    readonly provider: CryptoProvider;
    readonly signingSchemes: readonly SignatureScheme[];
    readonly tls12Versions: readonly Tls12Version[];
  },
): readonly PreparedCredential[] {
  const schemes = [...signingSchemes, ...tls12Versions.flatMap(({ implicitSchemes }) => implicitSchemes ?? [])];
  return credentials.map((credential) => {
    const { type } = credential.signer;
    const signsTls13 = TLS13_SIGNATURE_SCHEMES.some((scheme) => scheme.signsHandshakes && schemeFitsKey(scheme, type));
    if (!signsTls13 && !schemes.some((scheme) => schemeFitsKey(scheme, type, 'TLSv1.2'))) {
      throw new ApiMisuse('ERR_TLS_CREDENTIAL', `a ${type.kind} key cannot sign a handshake by one of the schemes that are used`);
    }
    if (credential.signingSchemes?.length === 0) throw new ApiMisuse('ERR_TLS_CREDENTIAL', 'signingSchemes is empty');
    for (const name of credential.signingSchemes ?? []) {
      if (schemes.some((scheme) => scheme.name === name && schemeFitsKey(scheme, type, 'TLSv1.2'))) continue;
      throw new ApiMisuse('ERR_TLS_CREDENTIAL', `a ${type.kind} key does not sign by ${name}, or the configuration does not`);
    }
    checkCredential(credential);
    return { credential, certificateMessage: writeCertificate(credential), endPoint: endPointOf(provider.hashes, credential) };
  });
}

function endPointOf(hashes: readonly Hash[], credential: Credential): Uint8Array | undefined {
  return credential.kind === 'x509' ? endPoint(hashes, credential.chain, credential.endPointHash) : undefined;
}

function checkCredential(credential: Credential): void {
  if (credential.kind === 'raw-public-key') {
    if (credential.spki.length === 0) throw new ApiMisuse('ERR_TLS_CREDENTIAL', 'the raw public key is empty');
    return;
  }
  if (credential.chain.length === 0) throw new ApiMisuse('ERR_TLS_CREDENTIAL', 'the certificate chain is empty');
  const { signedCertificateTimestamps: timestamps, decrypter, signer, onlyForIssuers, issuers = [] } = credential;
  if (onlyForIssuers === true && issuers.length === 0) {
    throw new ApiMisuse('ERR_TLS_CREDENTIAL', 'onlyForIssuers without issuers is for nobody: see credentialOf');
  }
  if (decrypter !== undefined && decrypter.type.kind !== signer.type.kind) {
    const kinds = `${signer.type.kind} signs and ${decrypter.type.kind} decrypts`;
    throw new ApiMisuse('ERR_TLS_CREDENTIAL', `signer and decrypter are to have the same key, but ${kinds}`);
  }
  try {
    if (timestamps !== undefined) readTimestampList(timestamps);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new ApiMisuse('ERR_TLS_CREDENTIAL', `signedCertificateTimestamps is not a list of them: ${cause.message}`, { cause });
  }
}

/** Bytes of the list on the wire, each name with its length. */
const MAX_AUTHORITIES = 0xffff;

function resolveAuthorities({
  certificateAuthorities: option,
  verifier,
}: AuthenticationOptions & { readonly verifier?: PeerVerifier | undefined }): readonly Uint8Array[] | undefined {
  const authorities = option === 'verifier' ? verifier?.authorities : option;
  // "DistinguishedName authorities<3..2^16-1>": an empty list cannot be sent.
  if (authorities === undefined || authorities.length === 0) return undefined;
  const size = authorities.reduce((total, name) => total + 2 + name.length, 0);
  // Which roots a system trusts is nobody's mistake.
  if (option === 'verifier' && size > MAX_AUTHORITIES) return undefined;
  if (authorities.some((name) => name.length === 0) || size > MAX_AUTHORITIES) {
    throw new ApiMisuse(
      'ERR_TLS_OPTION_RANGE',
      `certificateAuthorities takes ${size} bytes: at most ${MAX_AUTHORITIES} fit, none empty`,
    );
  }
  return authorities;
}
