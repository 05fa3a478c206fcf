/**
 * TLS 1.1 (RFC 4346) and TLS 1.0 (RFC 2246), which RFC 8996 deprecates: what they do otherwise than TLS 1.2.
 *
 * ```
 *                TLS 1.2                                 TLS 1.1                        TLS 1.0
 *   PRF          P_hash of the suite                     P_MD5 XOR P_SHA-1              as TLS 1.1
 *   transcript   hash of the suite                       MD5 and SHA-1                  as TLS 1.1
 *   signatures   the scheme stands beside them           by the kind of key             as TLS 1.1
 *   vectors      explicit, or nonces                     explicit                       the end of the record before
 *   suites       all                                     those with MD5 and SHA-1       as TLS 1.1
 * ```
 * The last two lines are data of the suites (protocol/handshake/tls12/suite-ciphers.ts), which get the name of the version.
 */

import type { LegacyVersion } from '../connection/legacy-parts.ts';
import { IMPLICIT_SIGNATURE_SCHEMES } from '../core/registry/signature-schemes.ts';
import { md5 } from '../crypto/legacy/md5.ts';
import { md5Sha1 } from '../crypto/legacy/md5-sha1.ts';
import type { CryptoProvider } from '../crypto/provider.ts';
import type { Tls12Version } from '../protocol/handshake/tls12/version.ts';
import { splitPrf } from '../protocol/keys/split-prf.ts';
import { CertificateRequest, CertificateVerify, digitallySignedBeforeTls12 } from '../protocol/messages/tls12/before-tls12.ts';
import type { SignatureScheme } from '../protocol/negotiate/signature-schemes.ts';
import { dsa_sha1_RESERVED, ecdsa_sha1 } from './signature-schemes.ts';

/** The version of 2006. */
export const tls11: LegacyVersion = /* @__PURE__ */ oldVersion(
  'TLSv1.1',
  'what is signed, and that the handshake was not changed, is proved by MD5 and SHA-1 (RFC 8996)',
);

/** The version of 1999. With CBC suites, each piece of data that is sent has its first byte in a record of its own, against BEAST. */
export const tls10: LegacyVersion = /* @__PURE__ */ oldVersion(
  'TLSv1',
  'what is signed, and that the handshake was not changed, is proved by MD5 and SHA-1 (RFC 8996), and records of CBC suites can be guessed (BEAST)',
);

/** The versions before TLS 1.2, the newest first. */
export const legacyVersions: readonly LegacyVersion[] = [tls11, tls10];

/** What RSA signs is `md5_hash` and `sha_hash` (RFC 4346 §7.4.3). Which scheme that is, no message says. */
const rsaPkcs1Md5Sha1: SignatureScheme = {
  id: IMPLICIT_SIGNATURE_SCHEMES.rsa_pkcs1_md5_sha1,
  name: 'rsa_pkcs1_md5_sha1',
  algorithm: { kind: 'rsa-pkcs1', hash: 'md5-sha1' },
  key: { kind: 'rsa' },
  signsHandshakes: false,
};

/** By the kind of key; one for which there is none, of EdDSA or id-RSASSA-PSS, does not sign in these versions. */
const SCHEMES: readonly SignatureScheme[] = [ecdsa_sha1, rsaPkcs1Md5Sha1, dsa_sha1_RESERVED];

function oldVersion(name: 'TLSv1.1' | 'TLSv1', weakness: string): LegacyVersion {
  return {
    name,
    resolve(provider: CryptoProvider): Tls12Version | undefined {
      const sha1 = provider.hashes.find((hash) => hash.name === 'sha1');
      if (sha1 === undefined) return undefined;
      const [prf, transcriptHash] = [splitPrf(md5, sha1), md5Sha1(sha1)];
      return {
        name,
        weakness,
        hasSuite: ({ beforeTls12 }) => beforeTls12,
        prf: () => prf,
        transcriptHash: () => transcriptHash,
        implicitSchemes: SCHEMES,
        messages: { digitallySigned: digitallySignedBeforeTls12, CertificateVerify, CertificateRequest },
      };
    },
  };
}
