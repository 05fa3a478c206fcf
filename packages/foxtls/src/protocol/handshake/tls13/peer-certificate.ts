/**
 * The peer's Certificate and CertificateVerify, judged: the same for both roles (RFC 8446 §4.4.2.4, §4.4.3).
 */

import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { settle } from '../../../core/flow/flow.ts';
import type { PeerPresented, PeerVerifier } from '../../../crypto/peer-verifier.ts';
import type { Certificate as CertificateMessage } from '../../messages/certificate.ts';
import { checkPlaces, checkSolicited } from '../../messages/extensions/block.ts';
import { CertificateVerify } from '../../messages/messages.ts';
import type { SignatureScheme } from '../../negotiate/signature-schemes.ts';
import type { ClientConfig, ServerConfig } from '../config.ts';
import type { CertificateKind } from '../credential.ts';
import { identityByCertificate, type PeerIdentity } from '../peer-identity.ts';
import { certificateKeyOf } from '../peer-signature.ts';
import { type HandshakeFlow, receive } from '../receive.ts';
import { verifyCertificateVerify } from './certificate-verify.ts';
import type { Agreement } from './traffic.ts';

export interface PeerAuthentication {
  readonly identity: PeerIdentity;
  readonly scheme: SignatureScheme;
  readonly presented: PeerPresented;
}

/** Checks the form of a Certificate message that carries certificates of `kind`; undefined for none. */
export function checkCertificate(
  message: CertificateMessage,
  kind: CertificateKind,
  solicited: ReadonlySet<number>,
): PeerPresented | undefined {
  // "Otherwise (in the case of server authentication), this field SHALL be zero length." (RFC 8446 §4.4.2) In a CertificateRequest of
  // the handshake ours is empty too, and a client has to repeat it.
  if (message.certificateRequestContext.length !== 0) {
    throw new PeerMisbehaved('certificate_context_invalid', 'certificate_request_context is not empty');
  }
  const list = message.certificateList;
  for (const entry of list) {
    checkPlaces(entry.extensions);
    // "Extensions in the Certificate message from the server MUST correspond to ones from the ClientHello message." (RFC 8446 §4.4.2)
    checkSolicited(entry.extensions, solicited);
  }
  const [first] = list;
  if (first === undefined) return undefined;
  // A view would keep the whole flight alive for as long as the certificates are asked for.
  if (kind === 'x509') {
    const { status_request: status, signed_certificate_timestamp: timestamps } = first.extensions.values;
    return {
      kind,
      certificates: list.map((entry) => entry.certData.slice()),
      ocspResponse: status?.slice(),
      signedCertificateTimestamps: timestamps?.slice(),
    };
  }
  // "If the RawPublicKey certificate type was negotiated, then the certificate_list MUST contain no more than one CertificateEntry"
  // (RFC 8446 §4.4.2)
  if (list.length > 1) {
    throw new PeerMisbehaved('certificate_list_too_long', `${list.length} entries where one raw public key is expected`);
  }
  return { kind, spki: first.certData.slice() };
}

/**
 * Lets the verifier judge what was presented, receives CertificateVerify and checks the signature: what is wrong with a certificate is said
 * before what is wrong after it.
 */
export function* provePeer(
  agreement: Agreement,
  config: ClientConfig | ServerConfig,
  verifier: PeerVerifier,
  presented: PeerPresented,
  serverName: string | undefined,
): HandshakeFlow<PeerAuthentication> {
  const { context, transcript } = agreement;
  const peerRole = agreement.role === 'client' ? 'server' : 'client';
  const now = new Date(config.now());
  const judged = yield* settle(verifier.verify({ presented, peerRole, serverName, now, signal: context.signal }));
  const publicKey = yield* certificateKeyOf(config, judged, 'signs');
  const signedHash = transcript.hash();
  const certificateVerify = yield* receive(CertificateVerify, transcript);
  const possession = yield* verifyCertificateVerify(config, peerRole, certificateVerify, publicKey, signedHash);
  return { identity: identityByCertificate(judged, possession, presented), scheme: possession.scheme, presented };
}
