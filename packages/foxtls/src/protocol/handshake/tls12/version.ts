/**
 * What differs by version in the handshake of TLS 1.2, TLS 1.1 and TLS 1.0, as data (RFC 5246 §1.2, RFC 4346 §1.1), so that no flow asks
 * which of them it is.
 *
 * The two old ones are in `foxtls/legacy`; here is TLS 1.2 alone.
 */

import type { VersionBeforeTls13 } from '../../../core/registry/protocol-versions.ts';
import type { Codec } from '../../../core/wire/codec.ts';
import type { HashOrPair } from '../../../crypto/hash.ts';
import { type Prf, prfOf } from '../../keys/prf.ts';
import type { MessageKind } from '../../messages/messages.ts';
import type { CertificateRequest as CertificateRequestMessage } from '../../messages/tls12/certificate-request.ts';
import { type DigitallySigned, digitallySigned } from '../../messages/tls12/digitally-signed.ts';
import { CertificateRequest, CertificateVerify } from '../../messages/tls12/messages.ts';
import type { SignatureScheme } from '../../negotiate/signature-schemes.ts';
import type { Tls12CipherSuite } from '../../negotiate/tls12-cipher-suites.ts';

/** A version whose handshake is that of TLS 1.2, with the parts of a provider. */
export interface Tls12Version {
  readonly name: VersionBeforeTls13;
  /** Why it should not be used, of those of `foxtls/legacy`. */
  readonly weakness?: string | undefined;
  /** Whether the suite is one of this version. */
  hasSuite(suite: Tls12CipherSuite): boolean;
  prf(suite: Tls12CipherSuite): Prf;
  /** What the transcript is hashed with. */
  transcriptHash(suite: Tls12CipherSuite): HashOrPair;
  /** What signatures are by where messages do not say it: one scheme for each kind of key. Undefined where they do. */
  readonly implicitSchemes: readonly SignatureScheme[] | undefined;
  /** The messages that signatures, and what is said of them, stand in. */
  readonly messages: {
    readonly digitallySigned: Codec<DigitallySigned>;
    readonly CertificateVerify: MessageKind<'certificate_verify', DigitallySigned>;
    readonly CertificateRequest: MessageKind<'certificate_request', CertificateRequestMessage>;
  };
}

export const TLS12: Tls12Version = {
  name: 'TLSv1.2',
  hasSuite: () => true,
  prf: ({ hash }) => prfOf(hash),
  transcriptHash: ({ hash }) => hash,
  implicitSchemes: undefined,
  messages: {
    digitallySigned: digitallySigned as Codec<DigitallySigned>,
    CertificateVerify: CertificateVerify as MessageKind<'certificate_verify', DigitallySigned>,
    CertificateRequest: CertificateRequest as MessageKind<'certificate_request', CertificateRequestMessage>,
  },
};

/** Of these schemes the ones by which handshakes of the version are signed. */
export function schemesOf({ implicitSchemes }: Tls12Version, configured: readonly SignatureScheme[]): readonly SignatureScheme[] {
  return implicitSchemes ?? configured;
}
