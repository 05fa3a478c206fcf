/**
 * Authentication as the client sees it: the server's certificate, and its own when asked (RFC 8446 §4.3.2, §4.4).
 */

import { EMPTY } from '../../../core/bytes/bytes.ts';
import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import type { CertificateRequest as CertificateRequestMessage } from '../../messages/certificate-request.ts';
import { checkPlaces } from '../../messages/extensions/block.ts';
import { Certificate, CertificateRequest, writeMessage } from '../../messages/messages.ts';
import { chooseSignatureScheme } from '../../negotiate/signature-schemes.ts';
import type { ClientConfig } from '../config.ts';
import { type HandshakeFlow, receive, receiveOneOf } from '../receive.ts';
import { certificateVerifyMessage } from './certificate-verify.ts';
import type { ClientOffer, ClientRequest } from './client-offer.ts';
import { checkCertificate, type PeerAuthentication, provePeer } from './peer-certificate.ts';
import type { Agreement } from './traffic.ts';

/** What the server wants a certificate for. */
export interface CertificateWish {
  readonly signatureSchemes: readonly number[];
  /** Those of ours that the server accepts too, in our order. */
  readonly sharedSchemes: readonly number[];
}

export interface ServerAuthentication extends PeerAuthentication {
  readonly request: CertificateWish | undefined;
}

/** CertificateRequest*, Certificate, CertificateVerify. */
export function* authenticateServer(
  agreement: Agreement,
  config: ClientConfig,
  request: ClientRequest,
  offer: ClientOffer,
): HandshakeFlow<ServerAuthentication> {
  const { transcript } = agreement;
  const first = yield* receiveOneOf([CertificateRequest, Certificate], transcript);
  const wish = first.name === 'certificate_request' ? checkCertificateRequest(config, first.message) : undefined;
  const message = first.name === 'certificate' ? first.message : yield* receive(Certificate, transcript);
  const certificates = checkCertificate(message, offer.offeredTypes);
  // "If the server supplies an empty Certificate message, the client MUST abort the handshake with a "decode_error" alert." (RFC 8446 §4.4.2.4)
  if (certificates.length === 0) throw new PeerMisbehaved('certificate_list_empty', 'the server sent no certificate');
  const peer = yield* provePeer(agreement, config, config.verifier, certificates, request.serverName);
  return { ...peer, request: wish };
}

function checkCertificateRequest(config: ClientConfig, message: CertificateRequestMessage): CertificateWish {
  checkPlaces(message.extensions);
  // "This field SHALL be zero length unless used for the post-handshake authentication exchanges" (RFC 8446 §4.3.2)
  if (message.certificateRequestContext.length !== 0) {
    throw new PeerMisbehaved('certificate_context_invalid', 'certificate_request_context is not empty');
  }
  // "The "signature_algorithms" extension MUST be specified" (RFC 8446 §4.3.2)
  const signatureSchemes = message.extensions.values.signature_algorithms;
  if (signatureSchemes === undefined) {
    throw new PeerMisbehaved('extension_missing', 'CertificateRequest without signature_algorithms');
  }
  const sharedSchemes = config.signatureSchemes.map((scheme) => scheme.id).filter((id) => signatureSchemes.includes(id));
  return { signatureSchemes, sharedSchemes };
}

/** Certificate and CertificateVerify if the server asked; an empty Certificate if we have none that fits. Returns the chain that was sent. */
export function* sendClientCertificate(
  agreement: Agreement,
  config: ClientConfig,
  wish: CertificateWish | undefined,
): HandshakeFlow<readonly Uint8Array[]> {
  if (wish === undefined) return [];
  const { context, transcript } = agreement;
  for (const { credential, certificateMessage } of config.credentials) {
    const scheme = chooseSignatureScheme(config.signatureSchemes, credential.signer.type, wish.signatureSchemes);
    if (scheme === undefined) continue;
    context.transport.send(certificateMessage);
    transcript.add(certificateMessage);
    const verify = yield* certificateVerifyMessage('client', credential.signer, scheme, transcript.hash(), context.signal);
    context.transport.send(verify);
    transcript.add(verify);
    return credential.chain;
  }
  // "If the server requests client authentication but no suitable certificate is available, the client MUST send a Certificate message
  // containing no certificates" (RFC 8446 §4.4.2)
  const none = writeMessage(Certificate, { certificateRequestContext: EMPTY, certificateList: [] });
  context.transport.send(none);
  transcript.add(none);
  return [];
}
