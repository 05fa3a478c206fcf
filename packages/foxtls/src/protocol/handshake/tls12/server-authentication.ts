/**
 * Authentication as the server of TLS 1.2 sees it: its own certificate and signed parameters, and the client's certificate when it asks
 * (RFC 5246 §7.4.2–§7.4.8, RFC 6066 §8, RFC 8422 §5.3–§5.8).
 */

import { InternalError, PeerIncompatible, PeerMisbehaved } from '../../../core/errors/errors.ts';
import { settle } from '../../../core/flow/flow.ts';
import { CLIENT_CERTIFICATE_TYPES } from '../../../core/registry/certificate-types.ts';
import { cipherSuiteName } from '../../../core/registry/cipher-suites.ts';
import { NAMED_GROUPS } from '../../../core/registry/named-groups.ts';
import type { PeerPresented } from '../../../crypto/peer-verifier.ts';
import type { KeyType } from '../../../crypto/signature.ts';
import { writeMessage } from '../../messages/messages.ts';
import { CertificateRequest, CertificateStatus, CertificateVerify, ServerHelloDone } from '../../messages/tls12/messages.ts';
import { writeServerKeyExchange } from '../../messages/tls12/server-key-exchange.ts';
import { chooseCertificateKind, noCommonCertificateType, offeredCertificateKinds } from '../../negotiate/certificate-types.ts';
import { type ChosenCredential, chooseCredential } from '../../negotiate/credentials.ts';
import { suiteFitsKey, type Tls12CipherSuite } from '../../negotiate/tls12-cipher-suites.ts';
import type { PreparedCredential, ServerConfig } from '../config.ts';
import type { CertificateKind } from '../credential.ts';
import { ANONYMOUS, identityByCertificate, type PeerIdentity } from '../peer-identity.ts';
import { sign, signingKeyOf, verifyPeerSignature } from '../peer-signature.ts';
import { type HandshakeFlow, receive } from '../receive.ts';
import type { Agreement } from './agreement.ts';
import { certificateMessage, receiveCertificate } from './certificate-message.ts';
import type { CheckedClientHello } from './checked-client-hello.ts';
import type { ServerKeyExchange } from './key-exchange.ts';
import { KEY_EXCHANGES } from './key-exchanges.ts';
import { signedParams } from './signed-params.ts';

/** What was chosen for one handshake, before anything is sent. */
export interface AuthenticationPlan extends ChosenCredential<PreparedCredential> {
  readonly suite: Tls12CipherSuite;
  /** To be sent with the certificate. */
  readonly ocspResponse: Uint8Array | undefined;
  /** The form of certificate that the client is asked for; undefined when it is not asked. */
  readonly clientKind: CertificateKind | undefined;
}

/** The suite, and the credential that fits it and the client. */
export function* planAuthentication(config: ServerConfig, offer: CheckedClientHello): HandshakeFlow<AuthenticationPlan> {
  const { values } = offer.hello.extensions;
  const suites = usableSuites(config, offer);
  const usable = config.credentials.filter(({ credential: { signer } }) => isUsable(signer.type, suites, offer));
  const wish = {
    version: 'TLSv1.2' as const,
    signatureSchemes: offer.signatureSchemes,
    certificateSchemes: values.signature_algorithms_cert,
    serverName: values.server_name,
    authorities: values.certificate_authorities,
  };
  for (const kind of offeredCertificateKinds(values.server_certificate_type)) {
    const chosen = chooseCredential(usable, config.signingSchemes, { ...wish, kind });
    const suite = chosen && suites.find((candidate) => suiteFitsKey(candidate, chosen.prepared.credential.signer.type));
    if (chosen === undefined || suite === undefined) continue;
    const { credential } = chosen.prepared;
    const staple =
      credential.kind === 'x509' && values.status_request?.statusType !== undefined ? credential.ocspResponse : undefined;
    const ocspResponse = yield* settle(typeof staple === 'function' ? staple() : staple);
    return { ...chosen, suite, ocspResponse, clientKind: clientKind(config, offer) };
  }
  throw incompatible(config, offer, suites);
}

/** Our suites that the client has too, and for whose key exchange there is a group, in our order. */
function usableSuites(config: ServerConfig, { hello, groups }: CheckedClientHello): readonly Tls12CipherSuite[] {
  return config.tls12Suites.filter(
    ({ id, keyExchange }) => hello.cipherSuites.includes(id) && KEY_EXCHANGES[keyExchange].isPossible(config, groups),
  );
}

/**
 * Whether a key goes with one of the suites; one of ECDSA on a curve that the client has, for servers "MUST NOT negotiate the use of an ECC
 * cipher suite unless they can complete the handshake while respecting the choice of curves specified by the client" (RFC 8422 §4).
 */
function isUsable(type: KeyType, suites: readonly Tls12CipherSuite[], { groups }: CheckedClientHello): boolean {
  const hasCurve = type.kind !== 'ec' || groups === undefined || groups.includes(NAMED_GROUPS[type.curve]);
  return hasCurve && suites.some((suite) => suiteFitsKey(suite, type));
}

function clientKind(config: ServerConfig, { hello }: CheckedClientHello): CertificateKind | undefined {
  if (config.clientCertificates === 'none') return undefined;
  const { client_certificate_type: offer } = hello.extensions.values;
  const kind = chooseCertificateKind(config.clientCertificateTypes, offer);
  if (kind === undefined && config.clientCertificates === 'require') {
    throw noCommonCertificateType(config.clientCertificateTypes, offer);
  }
  return kind;
}

function incompatible(
  config: ServerConfig,
  { hello }: CheckedClientHello,
  suites: readonly Tls12CipherSuite[],
): PeerIncompatible {
  const kinds = [...new Set(config.credentials.map(({ credential }) => credential.kind))];
  const offered = hello.extensions.values.server_certificate_type;
  if (kinds.length > 0 && chooseCertificateKind(kinds, offered) === undefined) return noCommonCertificateType(kinds, offered);
  const advice =
    config.credentials.length === 0
      ? 'This server has no certificate'
      : suites.length > 0
        ? 'None of our certificates fits the suites, groups and signature schemes of the client'
        : '';
  const theirs = hello.cipherSuites.map((id) => cipherSuiteName(id) ?? `0x${id.toString(16)}`);
  return new PeerIncompatible(
    'suite',
    config.tls12Suites.map(({ name }) => name),
    theirs,
    advice,
  );
}

/** Certificate, CertificateStatus*, ServerKeyExchange, CertificateRequest*, ServerHelloDone: the rest of the server's flight. */
export function* authenticateOurselves(
  agreement: Agreement,
  config: ServerConfig,
  offer: CheckedClientHello,
  plan: AuthenticationPlan,
): HandshakeFlow<ServerKeyExchange> {
  const { context, suite, randoms } = agreement;
  const { credential } = plan.prepared;
  const send = (message: Uint8Array) => {
    context.transport.send(message);
    agreement.transcript.add(message);
  };
  send(certificateMessage(credential, credential.kind));
  if (plan.ocspResponse !== undefined) send(writeMessage(CertificateStatus, plan.ocspResponse));
  const exchange = yield* KEY_EXCHANGES[suite.keyExchange].start(config, offer.groups);
  const signed = yield* sign(credential.signer, plan.scheme, signedParams(randoms, exchange.params), context.signal);
  send(writeServerKeyExchange(exchange.params, signed));
  if (plan.clientKind !== undefined) send(certificateRequest(config));
  send(writeMessage(ServerHelloDone, true));
  context.transport.endFlight();
  return exchange;
}

function certificateRequest({ signatureSchemes, certificateAuthorities }: ServerConfig): Uint8Array {
  return writeMessage(CertificateRequest, {
    certificateTypes: [CLIENT_CERTIFICATE_TYPES.ecdsa_sign, CLIENT_CERTIFICATE_TYPES.rsa_sign],
    supportedSignatureAlgorithms: signatureSchemes.map(({ id }) => id),
    certificateAuthorities: certificateAuthorities ?? [],
  });
}

/** Certificate of a client that was asked; undefined for none. */
export function* receiveClientCertificate(
  agreement: Agreement,
  config: ServerConfig,
  { clientKind: kind }: AuthenticationPlan,
): HandshakeFlow<PeerPresented | undefined> {
  if (kind === undefined) return undefined;
  const presented = yield* receiveCertificate(agreement, kind);
  // "If the client does not send any certificates, the server MAY at its discretion either continue the handshake without client
  // authentication, or respond with a fatal handshake_failure alert." (RFC 5246 §7.4.6)
  if (presented === undefined && config.clientCertificates === 'require') {
    throw new PeerMisbehaved('certificate_missing', 'the client sent no certificate, but one is required');
  }
  return presented;
}

/** CertificateVerify*: who the client is. */
export function* verifyClient(
  { context, transcript }: Agreement,
  config: ServerConfig,
  presented: PeerPresented | undefined,
): HandshakeFlow<{ readonly identity: PeerIdentity; readonly presented: PeerPresented | undefined }> {
  if (presented === undefined) return { identity: ANONYMOUS, presented };
  const { verifier } = config;
  if (verifier === undefined) throw new InternalError('client certificates without a verifier');
  const content = transcript.messages();
  const message = yield* receive(CertificateVerify, transcript);
  transcript.forgetMessages();
  const now = new Date(config.now());
  const request = { presented, peerRole: 'client', serverName: undefined, now, signal: context.signal } as const;
  const judged = yield* settle(verifier.verify(request));
  const publicKey = yield* signingKeyOf(config, judged);
  const possession = yield* verifyPeerSignature(config, 'TLSv1.2', 'CertificateVerify', message, publicKey, content);
  return { identity: identityByCertificate(judged, possession, presented), presented };
}
