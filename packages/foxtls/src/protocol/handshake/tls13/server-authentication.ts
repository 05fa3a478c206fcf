/**
 * Authentication as the server sees it: its own certificate, and the client's when it asks (RFC 8446 §4.3.2, §4.4).
 */

import { EMPTY } from '../../../core/bytes/bytes.ts';
import { InternalError, PeerIncompatible, PeerMisbehaved } from '../../../core/errors/errors.ts';
import { signatureSchemeName } from '../../../core/registry/signature-schemes.ts';
import { extensionsOf } from '../../messages/extensions/block.ts';
import { Certificate, CertificateRequest, writeMessage } from '../../messages/messages.ts';
import { chooseSignatureScheme, type SignatureScheme, schemeFitsKey } from '../../negotiate/signature-schemes.ts';
import type { PreparedCredential, ServerConfig } from '../config.ts';
import { ANONYMOUS, type PeerIdentity } from '../peer-identity.ts';
import { type HandshakeFlow, receive } from '../receive.ts';
import { certificateVerifyMessage } from './certificate-verify.ts';
import { checkCertificate, provePeer } from './peer-certificate.ts';
import type { CheckedClientHello } from './server-offer.ts';
import type { Agreement } from './traffic.ts';

export interface ChosenCredential {
  readonly prepared: PreparedCredential;
  readonly scheme: SignatureScheme;
}

/** The first credential that the client can verify. Chosen before anything is sent, so that the alert is readable. */
export function chooseCredential(config: ServerConfig, offer: CheckedClientHello): ChosenCredential {
  // "If a server is authenticating via a certificate and the client has not sent a "signature_algorithms" extension, then the server
  // MUST abort the handshake with a "missing_extension" alert" (RFC 8446 §4.2.3)
  if (offer.hello.extensions.values.signature_algorithms === undefined) {
    throw new PeerMisbehaved('extension_missing', 'signature_algorithms is missing, and the session is not resumed');
  }
  for (const prepared of config.credentials) {
    const { type } = prepared.credential.signer;
    const scheme = chooseSignatureScheme(config.signatureSchemes, type, offer.signatureSchemes);
    if (scheme !== undefined) return { prepared, scheme };
  }
  const usable = config.signatureSchemes.filter(
    (scheme) =>
      scheme.signsHandshakes && config.credentials.some(({ credential }) => schemeFitsKey(scheme, credential.signer.type)),
  );
  throw new PeerIncompatible(
    'signature_scheme',
    usable.map(({ name }) => name),
    offer.signatureSchemes.map((id) => signatureSchemeName(id) ?? `0x${id.toString(16)}`),
    config.credentials.length === 0 ? 'this server has no certificate' : '',
  );
}

/** CertificateRequest* , Certificate, CertificateVerify. */
export function* authenticateOurselves(
  agreement: Agreement,
  config: ServerConfig,
  chosen: ChosenCredential,
): HandshakeFlow<void> {
  const { context, transcript } = agreement;
  if (config.clientCertificates !== 'none') {
    const request = writeMessage(CertificateRequest, {
      certificateRequestContext: EMPTY,
      extensions: extensionsOf('certificate_request', {
        signature_algorithms: config.signatureSchemes.map((scheme) => scheme.id),
      }),
    });
    context.transport.send(request);
    transcript.add(request);
  }
  const { credential, certificateMessage } = chosen.prepared;
  context.transport.send(certificateMessage);
  transcript.add(certificateMessage);
  const verify = yield* certificateVerifyMessage('server', credential.signer, chosen.scheme, transcript.hash(), context.signal);
  context.transport.send(verify);
  transcript.add(verify);
}

/** Certificate and CertificateVerify* of a client that was asked. */
export function* authenticateClient(agreement: Agreement, config: ServerConfig): HandshakeFlow<PeerIdentity> {
  if (config.clientCertificates === 'none') return ANONYMOUS;
  if (config.verifier === undefined) throw new InternalError('client certificates without a verifier');
  const message = yield* receive(Certificate, agreement.transcript);
  const certificates = checkCertificate(message, new Set());
  if (certificates.length > 0) {
    const { identity } = yield* provePeer(agreement, config, config.verifier, certificates, undefined);
    return identity;
  }
  // "If the client does not send any certificates …, the server MAY at its discretion either continue the handshake without client
  // authentication or abort the handshake with a "certificate_required" alert." (RFC 8446 §4.4.2.4)
  if (config.clientCertificates === 'require') {
    throw new PeerMisbehaved('certificate_required', 'the client sent no certificate, but one is required');
  }
  return ANONYMOUS;
}
