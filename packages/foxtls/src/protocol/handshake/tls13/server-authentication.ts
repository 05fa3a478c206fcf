/**
 * Authentication as the server sees it: its own certificate, and the client's when it asks (RFC 8446 §4.3.2, §4.4).
 */

import { EMPTY } from '../../../core/bytes/bytes.ts';
import { InternalError, PeerIncompatible, PeerMisbehaved } from '../../../core/errors/errors.ts';
import { EXTENSION_TYPES } from '../../../core/registry/extension-types.ts';
import { signatureSchemeName } from '../../../core/registry/signature-schemes.ts';
import { type ExtensionBlock, extensionsOf } from '../../messages/extensions/block.ts';
import { Certificate, CertificateRequest, writeMessage } from '../../messages/messages.ts';
import {
  CERTIFICATE_TYPE_OF,
  chooseCertificateKind,
  noCommonCertificateType,
  offeredCertificateKinds,
} from '../../negotiate/certificate-types.ts';
import { type ChosenCredential, chooseCredential } from '../../negotiate/credentials.ts';
import { schemeFitsKey } from '../../negotiate/signature-schemes.ts';
import { certificateMessageFor, localIdentity, type StapleWish } from '../certificate-message.ts';
import type { PreparedCredential, ServerConfig } from '../config.ts';
import type { CertificateKind } from '../credential.ts';
import { drawGrease, greased, withGrease } from '../grease.ts';
import { ANONYMOUS } from '../peer-identity.ts';
import { type HandshakeFlow, receive } from '../receive.ts';
import { sendMessage } from '../send.ts';
import { staplesOf } from '../staples.ts';
import { certificateVerifyMessage } from './certificate-verify.ts';
import { checkCertificate, type PeerAuthentication, provePeer } from './peer-certificate.ts';
import type { CheckedClientHello } from './server-offer.ts';
import type { Agreement } from './traffic.ts';

/** What was chosen for one handshake, before anything is sent, so that an alert is readable. */
export interface AuthenticationPlan extends ChosenCredential<PreparedCredential> {
  readonly staples: StapleWish;
  /** The form of certificate that the client is asked for; undefined when it is not asked. */
  readonly clientKind: CertificateKind | undefined;
  /** The client's offers, to which answers belong. */
  readonly offers: { readonly client_certificate_type?: unknown; readonly server_certificate_type?: unknown };
}

/** The credential that fits the client best, and what the client is asked for. */
export function planAuthentication(config: ServerConfig, offer: CheckedClientHello): AuthenticationPlan {
  const { values } = offer.hello.extensions;
  // "If a server is authenticating via a certificate and the client has not sent a "signature_algorithms" extension, then the server
  // MUST abort the handshake with a "missing_extension" alert" (RFC 8446 §4.2.3)
  if (values.signature_algorithms === undefined) {
    throw new PeerMisbehaved('extension_missing', 'signature_algorithms is missing, and the session is not resumed');
  }
  const wish = {
    signatureSchemes: offer.signatureSchemes,
    certificateSchemes: values.signature_algorithms_cert,
    serverName: values.server_name,
    authorities: values.certificate_authorities,
  };
  const staples = {
    ocsp: values.status_request?.statusType !== undefined,
    timestamps: values.signed_certificate_timestamp === true,
  };
  for (const kind of offeredCertificateKinds(values.server_certificate_type)) {
    const chosen = chooseCredential(config.credentials, config.signingSchemes, { kind, ...wish });
    if (chosen !== undefined) return { staples, clientKind: clientKind(config, values), offers: values, ...chosen };
  }
  throw noCredential(config, offer);
}

type Values = CheckedClientHello['hello']['extensions']['values'];

/** "The server MUST also include a certificate_request payload" (RFC 7250 §4.2): without a kind in common there is nothing to request. */
function clientKind(config: ServerConfig, { client_certificate_type: offer }: Values): CertificateKind | undefined {
  if (config.clientCertificates === 'none') return undefined;
  const kind = chooseCertificateKind(config.clientCertificateTypes, offer);
  if (kind === undefined && config.clientCertificates === 'require') {
    throw noCommonCertificateType(config.clientCertificateTypes, offer);
  }
  return kind;
}

function noCredential(config: ServerConfig, offer: CheckedClientHello): PeerIncompatible {
  const kinds = [...new Set(config.credentials.map(({ credential }) => credential.kind))];
  const offered = offer.hello.extensions.values.server_certificate_type;
  if (kinds.length > 0 && chooseCertificateKind(kinds, offered) === undefined) return noCommonCertificateType(kinds, offered);
  const usable = config.signingSchemes.filter(
    (scheme) =>
      scheme.signsHandshakes && config.credentials.some(({ credential }) => schemeFitsKey(scheme, credential.signer.type)),
  );
  return new PeerIncompatible(
    'signature_scheme',
    usable.map(({ name }) => name),
    offer.signatureSchemes.map((id) => signatureSchemeName(id) ?? `0x${id.toString(16)}`),
    config.credentials.length === 0 ? 'this server has no certificate' : '',
  );
}

/** What the application is told of both certificates. */
export function authenticationFacts(plan: AuthenticationPlan | undefined, client: Partial<PeerAuthentication> | undefined) {
  return {
    signatureScheme: plan?.scheme.id,
    clientSignatureScheme: client?.scheme?.id,
    ...staplesOf(client?.presented),
    ...localIdentity(plan?.prepared.credential),
  };
}

/**
 * The certificate types of EncryptedExtensions: "With the server_certificate_type extension in the server hello, the TLS server
 * indicates the certificate type carried in the Certificate payload." (RFC 7250 §4.2) No answer without an offer.
 */
export function certificateTypeAnswers({ prepared, clientKind: asked, offers }: AuthenticationPlan) {
  return {
    server_certificate_type:
      offers.server_certificate_type === undefined ? undefined : CERTIFICATE_TYPE_OF[prepared.credential.kind],
    client_certificate_type: offers.client_certificate_type === undefined ? undefined : asked && CERTIFICATE_TYPE_OF[asked],
  };
}

/** CertificateRequest* , Certificate, CertificateVerify. */
export function* authenticateOurselves(
  agreement: Agreement,
  config: ServerConfig,
  plan: AuthenticationPlan,
): HandshakeFlow<void> {
  const { context, transcript } = agreement;
  if (plan.clientKind !== undefined) {
    const extensions = requestExtensions(config);
    sendMessage(agreement, writeMessage(CertificateRequest, { certificateRequestContext: EMPTY, extensions }));
  }
  sendMessage(agreement, yield* certificateMessageFor(plan.prepared, plan.staples));
  const { signer } = plan.prepared.credential;
  const verify = yield* certificateVerifyMessage('server', signer, plan.scheme, transcript.hash(), context.signal);
  sendMessage(agreement, verify);
}

function requestExtensions(config: ServerConfig): ExtensionBlock<'certificate_request'> {
  const { certificateSchemes, certificateAuthorities, grease } = config;
  const { random } = config.provider;
  const block = extensionsOf('certificate_request', {
    signature_algorithms: greased(
      grease ? drawGrease(random) : undefined,
      config.signatureSchemes.map((scheme) => scheme.id),
    ),
    signature_algorithms_cert: certificateSchemes,
    certificate_authorities: certificateAuthorities,
    status_request: config.requestOcsp || undefined,
    signed_certificate_timestamp: config.requestTimestamps || undefined,
  });
  return grease ? withGrease(block, random) : block;
}

/** Certificate and CertificateVerify* of a client that was asked for `kind`; undefined when it was not. */
export function* authenticateClient(
  agreement: Agreement,
  config: ServerConfig,
  kind: CertificateKind | undefined,
): HandshakeFlow<Pick<PeerAuthentication, 'identity'> & Partial<PeerAuthentication>> {
  if (kind === undefined) return { identity: ANONYMOUS };
  if (config.verifier === undefined) throw new InternalError('client certificates without a verifier');
  const message = yield* receive(Certificate, agreement.transcript);
  const presented = checkCertificate(message, kind, solicitedTypes(config));
  if (presented !== undefined) return yield* provePeer(agreement, config, config.verifier, presented, undefined);
  // "If the client does not send any certificates …, the server MAY at its discretion either continue the handshake without client
  // authentication or abort the handshake with a "certificate_required" alert." (RFC 8446 §4.4.2.4)
  if (config.clientCertificates === 'require') {
    throw new PeerMisbehaved('certificate_required', 'the client sent no certificate, but one is required');
  }
  return { identity: ANONYMOUS };
}

/** "Extensions in the Certificate message from the client MUST correspond to extensions in the CertificateRequest message from the server." (RFC 8446 §4.4.2) */
function solicitedTypes({ requestOcsp, requestTimestamps }: ServerConfig): ReadonlySet<number> {
  return new Set([
    ...(requestOcsp ? [EXTENSION_TYPES.status_request] : []),
    ...(requestTimestamps ? [EXTENSION_TYPES.signed_certificate_timestamp] : []),
  ]);
}
