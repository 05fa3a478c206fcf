/**
 * Authentication as the client sees it: the server's certificate, and its own when asked (RFC 8446 §4.3.2, §4.4).
 */

import { EMPTY } from '../../../core/bytes/bytes.ts';
import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import type { CertificateRequest as CertificateRequestMessage } from '../../messages/certificate-request.ts';
import { checkPlaces } from '../../messages/extensions/block.ts';
import { Certificate, CertificateRequest, writeMessage } from '../../messages/messages.ts';
import { noCommonCertificateType } from '../../negotiate/certificate-types.ts';
import { type ChosenCredential, type CredentialWish, chooseCredential } from '../../negotiate/credentials.ts';
import { certificateMessageFor, localIdentity, type StapleWish } from '../certificate-message.ts';
import type { ClientOffer, ClientRequest } from '../client-offer.ts';
import type { ClientConfig, PreparedCredential } from '../config.ts';
import type { CertificateKind } from '../credential.ts';
import type { CertificateRequestFacts } from '../established.ts';
import { type HandshakeFlow, receive, receiveOneOf } from '../receive.ts';
import { sendMessage } from '../send.ts';
import { staplesOf } from '../staples.ts';
import { certificateVerifyMessage } from './certificate-verify.ts';
import { checkCertificate, type PeerAuthentication, provePeer } from './peer-certificate.ts';
import type { Agreement } from './traffic.ts';

/** Which form of certificate each side shows, as the server chose it in EncryptedExtensions. */
export interface AgreedCertificateKinds {
  readonly server: CertificateKind;
  readonly client: CertificateKind;
}

/** What the server wants a certificate for. */
export interface CertificateWish extends CredentialWish {
  readonly staples: StapleWish;
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
  kinds: AgreedCertificateKinds,
): HandshakeFlow<ServerAuthentication> {
  const { transcript } = agreement;
  if (!config.serverCertificateTypes.includes(kinds.server)) {
    throw noCommonCertificateType(config.serverCertificateTypes, undefined);
  }
  const first = yield* receiveOneOf([CertificateRequest, Certificate], transcript);
  const wish = first.name === 'certificate_request' ? checkCertificateRequest(config, first.message, kinds.client) : undefined;
  const message = first.name === 'certificate' ? first.message : yield* receive(Certificate, transcript);
  const presented = checkCertificate(message, kinds.server, offer.offeredTypes);
  // "If the server supplies an empty Certificate message, the client MUST abort the handshake with a "decode_error" alert." (RFC 8446 §4.4.2.4)
  if (presented === undefined) throw new PeerMisbehaved('certificate_list_empty', 'the server sent no certificate');
  const peer = yield* provePeer(agreement, config, config.verifier, presented, request.serverName);
  return { request: wish, ...peer };
}

function checkCertificateRequest(
  config: ClientConfig,
  message: CertificateRequestMessage,
  kind: CertificateKind,
): CertificateWish {
  checkPlaces(message.extensions);
  // "This field SHALL be zero length unless used for the post-handshake authentication exchanges" (RFC 8446 §4.3.2)
  if (message.certificateRequestContext.length !== 0) {
    throw new PeerMisbehaved('certificate_context_invalid', 'certificate_request_context is not empty');
  }
  // "The "signature_algorithms" extension MUST be specified" (RFC 8446 §4.3.2)
  const values = message.extensions.values;
  const signatureSchemes = values.signature_algorithms;
  if (signatureSchemes === undefined) {
    throw new PeerMisbehaved('extension_missing', 'CertificateRequest without signature_algorithms');
  }
  const sharedSchemes = config.signatureSchemes.map((scheme) => scheme.id).filter((id) => signatureSchemes.includes(id));
  // oid_filters is not looked at: "the client MUST ignore and skip any unrecognized certificate extension OIDs" (RFC 8446 §4.2.5), and
  // this handshake, which parses no certificate, recognises none.
  return {
    kind,
    signatureSchemes,
    certificateSchemes: values.signature_algorithms_cert,
    serverName: undefined,
    authorities: values.certificate_authorities,
    staples: { ocsp: values.status_request === true, timestamps: values.signed_certificate_timestamp === true },
    sharedSchemes,
  };
}

/** What the application is told of both certificates; without a server's, there is nothing to tell. */
export function authenticationFacts(
  server: ServerAuthentication | undefined,
  shown: ChosenCredential<PreparedCredential> | undefined,
) {
  return {
    signatureScheme: server?.scheme.id,
    clientSignatureScheme: shown?.scheme.id,
    certificateRequest: requestFacts(server?.request),
    sharedSignatureSchemes: server?.request?.sharedSchemes ?? [],
    ...staplesOf(server?.presented),
    ...localIdentity(shown?.prepared.credential),
  };
}

function requestFacts(wish: CertificateWish | undefined): CertificateRequestFacts | undefined {
  return wish && { signatureSchemes: wish.signatureSchemes, authorities: wish.authorities ?? [], certificateTypes: undefined };
}

/** Certificate and CertificateVerify if the server asked; an empty Certificate if we have none that fits. Returns what was shown. */
export function* sendClientCertificate(
  agreement: Agreement,
  config: ClientConfig,
  wish: CertificateWish | undefined,
): HandshakeFlow<ChosenCredential<PreparedCredential> | undefined> {
  if (wish === undefined) return undefined;
  const { context, transcript } = agreement;
  const chosen = chooseCredential(config.credentials, config.signingSchemes, wish);
  if (chosen !== undefined) {
    const { credential } = chosen.prepared;
    sendMessage(agreement, yield* certificateMessageFor(chosen.prepared, wish.staples));
    const verify = yield* certificateVerifyMessage('client', credential.signer, chosen.scheme, transcript.hash(), context.signal);
    sendMessage(agreement, verify);
    return chosen;
  }
  // "If the server requests client authentication but no suitable certificate is available, the client MUST send a Certificate message
  // containing no certificates" (RFC 8446 §4.4.2)
  sendMessage(agreement, writeMessage(Certificate, { certificateRequestContext: EMPTY, certificateList: [] }));
  return undefined;
}
