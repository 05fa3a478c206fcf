/**
 * Our Certificate message (RFC 8446 §4.4.2, empty context): the chain or the bare key, and what the peer asked for beside it.
 */

import { EMPTY } from '../../core/bytes/bytes.ts';
import { settle } from '../../core/flow/flow.ts';
import { extensionsOf } from '../messages/extensions/block.ts';
import { Certificate, writeMessage } from '../messages/messages.ts';
import type { PreparedCredential } from './config.ts';
import type { Credential } from './credential.ts';
import type { HandshakeFlow } from './receive.ts';

/** What a peer wants beside the end entity's certificate. */
export interface StapleWish {
  readonly ocsp: boolean;
  readonly timestamps: boolean;
}

interface Staples {
  readonly status_request?: Uint8Array;
  readonly signed_certificate_timestamp?: Uint8Array;
}

/** The message, with what the peer wants and the credential has. */
export function* certificateMessageFor(
  { credential, certificateMessage }: PreparedCredential,
  wish: StapleWish,
): HandshakeFlow<Uint8Array> {
  if (credential.kind !== 'x509') return certificateMessage;
  const { ocspResponse, signedCertificateTimestamps: timestamps } = credential;
  const status = wish.ocsp ? yield* settle(typeof ocspResponse === 'function' ? ocspResponse() : ocspResponse) : undefined;
  const staples = {
    ...(status !== undefined && { status_request: status }),
    ...(timestamps !== undefined && wish.timestamps && { signed_certificate_timestamp: timestamps }),
  };
  return Object.keys(staples).length === 0 ? certificateMessage : writeCertificate(credential, staples);
}

/** The message of a credential; "If an extension applies to the entire chain, it SHOULD be included in the first CertificateEntry." (RFC 8446 §4.4.2) */
export function writeCertificate(credential: Credential, staples: Staples = {}): Uint8Array {
  const entries = credential.kind === 'x509' ? credential.chain : [credential.spki];
  return writeMessage(Certificate, {
    certificateRequestContext: EMPTY,
    certificateList: entries.map((certData, i) => ({
      certData,
      extensions: extensionsOf('certificate', i === 0 ? staples : {}),
    })),
  });
}

/** What a connection tells of the credential that it showed. */
export interface LocalIdentity {
  readonly localCertificates: readonly Uint8Array[];
  readonly localRawPublicKey: Uint8Array | undefined;
}

export function localIdentity(credential: Credential | undefined): LocalIdentity {
  return {
    localCertificates: credential?.kind === 'x509' ? credential.chain : [],
    localRawPublicKey: credential?.kind === 'raw-public-key' ? credential.spki : undefined,
  };
}
