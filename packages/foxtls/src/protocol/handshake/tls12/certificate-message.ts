/**
 * Certificate of TLS 1.2, written and read, in either form (RFC 5246 §7.4.2, §7.4.6; RFC 7250 §3).
 */

import { EMPTY } from '../../../core/bytes/bytes.ts';
import type { PeerPresented } from '../../../crypto/peer-verifier.ts';
import { writeMessage } from '../../messages/messages.ts';
import { Certificate, RawPublicKeyCertificate } from '../../messages/tls12/messages.ts';
import type { CertificateKind, Credential } from '../credential.ts';
import { type HandshakeFlow, receive } from '../receive.ts';
import type { Agreement } from './agreement.ts';

/** The message of a credential, or of none, in the form that was agreed on. */
export function certificateMessage(credential: Credential | undefined, kind: CertificateKind): Uint8Array {
  if (kind === 'raw-public-key') {
    const subjectPublicKeyInfo = credential?.kind === 'raw-public-key' ? credential.spki : EMPTY;
    return writeMessage(RawPublicKeyCertificate, { subjectPublicKeyInfo });
  }
  return writeMessage(Certificate, { certificateList: credential?.kind === 'x509' ? credential.chain : [] });
}

/** What a Certificate message holds; undefined for nothing. */
export function* receiveCertificate({ transcript }: Agreement, kind: CertificateKind): HandshakeFlow<PeerPresented | undefined> {
  // A view would keep the whole flight alive for as long as the certificates are asked for.
  if (kind === 'raw-public-key') {
    const { subjectPublicKeyInfo } = yield* receive(RawPublicKeyCertificate, transcript);
    return subjectPublicKeyInfo.length === 0 ? undefined : { kind, spki: subjectPublicKeyInfo.slice() };
  }
  const { certificateList } = yield* receive(Certificate, transcript);
  if (certificateList.length === 0) return undefined;
  return { kind, certificates: certificateList.map((certificate) => certificate.slice()) };
}

/** With what came beside the certificate: of TLS 1.2 in other messages. */
export function presentedIn(
  presented: PeerPresented,
  beside: { readonly ocspResponse: Uint8Array | undefined; readonly signedCertificateTimestamps: Uint8Array | undefined },
): PeerPresented {
  if (presented.kind !== 'x509') return presented;
  return {
    kind: presented.kind,
    certificates: presented.certificates,
    ocspResponse: beside.ocspResponse?.slice(),
    signedCertificateTimestamps: beside.signedCertificateTimestamps?.slice(),
  };
}
