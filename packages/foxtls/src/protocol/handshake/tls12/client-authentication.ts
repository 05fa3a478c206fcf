/**
 * Authentication as the client of TLS 1.2 sees it: the server's certificate and signed parameters, and its own certificate when asked
 * (RFC 5246 §7.4.2–§7.4.8, RFC 6066 §8, RFC 8422 §5.3–§5.8).
 */

import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { settle } from '../../../core/flow/flow.ts';
import { CLIENT_CERTIFICATE_TYPES } from '../../../core/registry/certificate-types.ts';
import { Reader } from '../../../core/wire/reader.ts';
import type { PeerPresented } from '../../../crypto/peer-verifier.ts';
import type { KeyType } from '../../../crypto/signature.ts';
import { writeMessage } from '../../messages/messages.ts';
import { digitallySigned } from '../../messages/tls12/digitally-signed.ts';
import {
  CertificateRequest,
  CertificateStatus,
  CertificateVerify,
  ServerHelloDone,
  ServerKeyExchange,
} from '../../messages/tls12/messages.ts';
import { noCommonCertificateType } from '../../negotiate/certificate-types.ts';
import { type ChosenCredential, type CredentialWish, chooseCredential } from '../../negotiate/credentials.ts';
import type { SignatureScheme } from '../../negotiate/signature-schemes.ts';
import { suiteFitsKey } from '../../negotiate/tls12-cipher-suites.ts';
import type { ClientRequest } from '../client-offer.ts';
import type { ClientConfig, PreparedCredential } from '../config.ts';
import { identityByCertificate, type PeerIdentity } from '../peer-identity.ts';
import { sign, signingKeyOf, verifyPeerSignature } from '../peer-signature.ts';
import { type HandshakeFlow, receive, receiveOneOf } from '../receive.ts';
import type { Agreement } from './agreement.ts';
import { certificateMessage, presentedIn, receiveCertificate } from './certificate-message.ts';
import type { CheckedServerHello } from './checked-server-hello.ts';
import type { KeyExchangeMethod } from './key-exchange.ts';
import { KEY_EXCHANGES } from './key-exchanges.ts';
import { signedParams } from './signed-params.ts';

/** The server, proved to hold the key of its certificate, and its parameters of the key exchange. */
export interface AuthenticatedServer {
  readonly identity: PeerIdentity;
  readonly scheme: SignatureScheme;
  readonly presented: PeerPresented;
  readonly keyExchange: KeyExchangeMethod;
  readonly params: unknown;
}

/** Certificate, CertificateStatus*, ServerKeyExchange. */
export function* authenticateServer(
  agreement: Agreement,
  config: ClientConfig,
  { serverName }: ClientRequest,
  { kinds, statusMayFollow, signedCertificateTimestamps }: CheckedServerHello,
): HandshakeFlow<AuthenticatedServer> {
  const { context, transcript, suite } = agreement;
  if (!config.serverCertificateTypes.includes(kinds.server))
    throw noCommonCertificateType(config.serverCertificateTypes, undefined);
  const shown = yield* receiveCertificate(agreement, kinds.server);
  if (shown === undefined) throw new PeerMisbehaved('certificate_list_empty', 'the server sent no certificate');
  const next = statusMayFollow ? yield* receiveOneOf([CertificateStatus, ServerKeyExchange], transcript) : undefined;
  const ocspResponse = next?.name === 'certificate_status' ? next.message : undefined;
  const { body } = next?.name === 'server_key_exchange' ? next.message : yield* receive(ServerKeyExchange, transcript);

  const presented = presentedIn(shown, { ocspResponse, signedCertificateTimestamps });
  const now = new Date(config.now());
  const judged = yield* settle(
    config.verifier.verify({ presented, peerRole: 'server', serverName, now, signal: context.signal }),
  );
  const publicKey = yield* signingKeyOf(config, judged);
  if (!suiteFitsKey(suite, publicKey.type)) {
    throw new PeerMisbehaved('certificate_unfit_for_suite', `a key of ${publicKey.type.kind} does not fit ${suite.name}`);
  }
  const keyExchange = KEY_EXCHANGES[suite.keyExchange];
  const reader = new Reader(body, 'server_key_exchange');
  const params = keyExchange.readParams(reader);
  const length = body.length - reader.remaining;
  const signed = digitallySigned.read(reader);
  reader.expectEnd();
  const content = signedParams(agreement.randoms, body.subarray(0, length));
  const possession = yield* verifyPeerSignature(config, 'TLSv1.2', 'ServerKeyExchange', signed, publicKey, content);
  const identity = identityByCertificate(judged, possession, presented);
  return { identity, scheme: possession.scheme, presented, keyExchange, params };
}

/** What the server wants a certificate for. */
export interface CertificateWish extends CredentialWish {
  readonly certificateTypes: readonly number[];
  /** Those of ours that the server accepts too, in our order. */
  readonly sharedSchemes: readonly number[];
}

/** CertificateRequest*, ServerHelloDone. */
export function* receiveRequest(
  { transcript }: Agreement,
  config: ClientConfig,
  { kinds }: CheckedServerHello,
): HandshakeFlow<CertificateWish | undefined> {
  const first = yield* receiveOneOf([CertificateRequest, ServerHelloDone], transcript);
  if (first.name === 'server_hello_done') {
    transcript.forgetMessages();
    return undefined;
  }
  yield* receive(ServerHelloDone, transcript);
  const { certificateTypes, supportedSignatureAlgorithms: theirs, certificateAuthorities } = first.message;
  return {
    kind: kinds.client,
    version: 'TLSv1.2',
    signatureSchemes: theirs,
    certificateSchemes: undefined,
    serverName: undefined,
    // "If the certificate_authorities list is empty, then the client MAY send any certificate of the appropriate ClientCertificateType"
    // (RFC 5246 §7.4.4)
    authorities: certificateAuthorities.length === 0 ? undefined : certificateAuthorities,
    certificateTypes,
    sharedSchemes: config.signatureSchemes.map(({ id }) => id).filter((id) => theirs.includes(id)),
  };
}

/** Certificate if the server asked; an empty one if we have none that fits. Returns what was shown. */
export function sendCertificate(
  { context, transcript }: Agreement,
  config: ClientConfig,
  wish: CertificateWish | undefined,
  { kinds }: CheckedServerHello,
): ChosenCredential<PreparedCredential> | undefined {
  if (wish === undefined) return undefined;
  const fitting = config.credentials.filter(({ credential }) => isAccepted(credential.signer.type, wish.certificateTypes));
  const chosen = chooseCredential(fitting, config.signingSchemes, wish);
  // "If no suitable certificate is available, the client MUST send a certificate message containing no certificates." (RFC 5246 §7.4.6)
  const message = certificateMessage(chosen?.prepared.credential, kinds.client);
  context.transport.send(message);
  transcript.add(message);
  if (chosen === undefined) transcript.forgetMessages();
  return chosen;
}

/** CertificateVerify, if a certificate was shown. */
export function* proveOurselves(
  { context, transcript }: Agreement,
  chosen: ChosenCredential<PreparedCredential> | undefined,
): HandshakeFlow<void> {
  if (chosen === undefined) return;
  const { signer } = chosen.prepared.credential;
  const signed = yield* sign(signer, chosen.scheme, transcript.messages(), context.signal);
  const message = writeMessage(CertificateVerify, signed);
  transcript.forgetMessages();
  context.transport.send(message);
  transcript.add(message);
}

/** "The end-entity certificate provided by the client MUST contain a key that is compatible with certificate_types." (RFC 5246 §7.4.4) */
function isAccepted({ kind }: KeyType, certificateTypes: readonly number[]): boolean {
  const isRsa = kind === 'rsa' || kind === 'rsa-pss';
  return certificateTypes.includes(isRsa ? CLIENT_CERTIFICATE_TYPES.rsa_sign : CLIENT_CERTIFICATE_TYPES.ecdsa_sign);
}
