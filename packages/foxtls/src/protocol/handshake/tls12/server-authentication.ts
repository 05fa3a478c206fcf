/**
 * Authentication as the server of TLS 1.2 sees it: its own certificate and signed parameters, and the client's certificate when it asks
 * (RFC 5246 §7.4.2–§7.4.8, RFC 6066 §8, RFC 8422 §5.3–§5.8).
 */

import { InternalError, PeerIncompatible, PeerMisbehaved } from '../../../core/errors/errors.ts';
import { settle } from '../../../core/flow/flow.ts';
import { CLIENT_CERTIFICATE_TYPES } from '../../../core/registry/certificate-types.ts';
import { cipherSuiteName } from '../../../core/registry/cipher-suites.ts';
import { NAMED_GROUPS, namedGroupName } from '../../../core/registry/named-groups.ts';
import type { PeerPresented, PeerUnverified, PeerVerified } from '../../../crypto/peer-verifier.ts';
import type { PublicKey } from '../../../crypto/signature.ts';
import { writeMessage } from '../../messages/messages.ts';
import { CertificateStatus, ServerHelloDone, ServerKeyExchange } from '../../messages/tls12/messages.ts';
import { writeServerKeyExchange } from '../../messages/tls12/server-key-exchange.ts';
import { chooseCertificateKind, noCommonCertificateType, offeredCertificateKinds } from '../../negotiate/certificate-types.ts';
import { type ChosenCredential, chooseFittest } from '../../negotiate/credentials.ts';
import type { SignatureScheme } from '../../negotiate/signature-schemes.ts';
import { isAnonymous, suiteFitsKey, type Tls12CipherSuite } from '../../negotiate/tls12-cipher-suites.ts';
import { checkExternalKey } from '../../session/pre-shared-key.ts';
import { describeClientHello } from '../client-hello-info.ts';
import type { PreparedCredential, ServerConfig } from '../config.ts';
import type { CertificateKind, Credential } from '../credential.ts';
import { ANONYMOUS, identityByCertificate, type PeerIdentity } from '../peer-identity.ts';
import { certificateKeyOf, sign, verifyPeerSignature } from '../peer-signature.ts';
import { type HandshakeFlow, receive } from '../receive.ts';
import { sendMessage } from '../send.ts';
import type { HandshakeContext } from '../transport.ts';
import type { Agreement } from './agreement.ts';
import { certificateMessage, receiveCertificate } from './certificate-message.ts';
import { type CheckedClientHello, canProtect } from './checked-client-hello.ts';
import { lacksFiniteField } from './dhe.ts';
import type { ServerKeyExchange as ServerKeyExchangeInProgress, ServerParts } from './key-exchange.ts';
import { signedParams } from './signed-params.ts';
import { schemesOf } from './version.ts';

/** What was chosen for one handshake, before anything is sent. */
export interface AuthenticationPlan {
  readonly suite: Tls12CipherSuite;
  /** Undefined for a suite without certificates. */
  readonly chosen: ChosenCredential<PreparedCredential, SignatureScheme | undefined> | undefined;
  /** To be sent with the certificate. */
  readonly ocspResponse: Uint8Array | undefined;
  /** The form of certificate that the client is asked for; undefined when it is not asked. */
  readonly clientKind: CertificateKind | undefined;
}

/** The suite, and the credential that fits it and the client. */
export function* planAuthentication(
  context: HandshakeContext,
  config: ServerConfig,
  offer: CheckedClientHello,
): HandshakeFlow<AuthenticationPlan> {
  const suites = usableSuites(context, config, offer);
  const chosen = chooseFittingCredential(config, offer, suites);
  const suite = suites.find((candidate) => withoutCertificate(candidate) || (chosen && suiteFitsChosen(candidate, chosen)));
  if (suite === undefined) throw incompatible(config, offer, suites);
  if (chosen === undefined || withoutCertificate(suite)) {
    return { suite, chosen: undefined, ocspResponse: undefined, clientKind: undefined };
  }
  const { credential } = chosen.prepared;
  const wantsStaple = credential.kind === 'x509' && offer.hello.extensions.values.status_request?.statusType !== undefined;
  const staple = wantsStaple ? credential.ocspResponse : undefined;
  const ocspResponse = yield* settle(typeof staple === 'function' ? staple() : staple);
  return { suite, chosen, ocspResponse, clientKind: suite.keyExchange.usesPreSharedKey ? undefined : clientKind(config, offer) };
}

function withoutCertificate({ keyExchange }: Tls12CipherSuite): boolean {
  return keyExchange.certificateKey === 'unused';
}

/** The best credential that one of the suites goes with. */
function chooseFittingCredential(
  config: ServerConfig,
  offer: CheckedClientHello,
  suites: readonly Tls12CipherSuite[],
): AuthenticationPlan['chosen'] {
  const { values } = offer.hello.extensions;
  const usable = config.credentials.filter(({ credential }) => isUsable(credential, suites, offer));
  const withoutSignature = suites.filter(({ keyExchange }) => keyExchange.certificateKey !== 'signs');
  const canDoWithout = (credential: Credential) => withoutSignature.some((suite) => suiteFits(suite, credential));
  const wish = {
    version: offer.version.name,
    signatureSchemes: offer.signatureSchemes,
    certificateSchemes: offer.certificateSchemes,
    serverName: values.server_name,
    authorities: values.certificate_authorities,
  };
  for (const kind of offeredCertificateKinds(values.server_certificate_type)) {
    const schemes = schemesOf(offer.version, config.signingSchemes);
    const chosen = chooseFittest(usable, schemes, { kind, ...wish }, canDoWithout);
    if (chosen !== undefined) return chosen;
  }
  return undefined;
}

/** Our suites that the client has too, and for whose key exchange and cipher both have what it takes, in our order. */
function usableSuites(context: HandshakeContext, config: ServerConfig, offer: CheckedClientHello): readonly Tls12CipherSuite[] {
  const parts = keyExchangeParts(context, config, offer, undefined);
  return config.tls12Suites.filter(
    (suite) =>
      offer.hello.cipherSuites.includes(suite.id) &&
      offer.version.hasSuite(suite) &&
      suite.keyExchange.isPossible(parts) &&
      canProtect(config, offer, suite) &&
      !(config.clientCertificates === 'require' && isAnonymous(suite)),
  );
}

/** What our half of the key exchange works with. */
function keyExchangeParts(
  context: HandshakeContext,
  config: ServerConfig,
  { hello, bytes, groups }: CheckedClientHello,
  credential: Credential | undefined,
): ServerParts {
  const { provider, lookUpPreSharedKey, pskIdentityHint: hint } = config;
  return {
    provider,
    groups: config.groups,
    clientVersion: hello.legacyVersion,
    clientGroups: groups,
    diffieHellmanParameters: config.diffieHellmanParameters,
    decrypter: credential?.kind === 'x509' ? credential.decrypter : undefined,
    preSharedKeys: lookUpPreSharedKey && {
      hint,
      *find(identity) {
        const info = { imported: undefined, signal: context.signal, ...describeClientHello(hello, bytes) };
        const found = yield* settle(lookUpPreSharedKey(identity, info));
        if (found === undefined || found === null || found.imported !== undefined) return undefined;
        checkExternalKey(found);
        return found.key;
      },
    },
  };
}

/**
 * Whether a key goes with one of the suites; one of ECDSA on a curve that the client has, for servers "MUST NOT negotiate the use of an ECC
 * cipher suite unless they can complete the handshake while respecting the choice of curves specified by the client" (RFC 8422 §4).
 */
function isUsable(credential: Credential, suites: readonly Tls12CipherSuite[], { groups }: CheckedClientHello): boolean {
  const { type } = credential.signer;
  const hasCurve = type.kind !== 'ec' || groups === undefined || groups.includes(NAMED_GROUPS[type.curve]);
  return hasCurve && suites.some((suite) => suiteFits(suite, credential));
}

/** Whether the key is of the suite's kind, and can do what the suite asks of it. */
function suiteFits(suite: Tls12CipherSuite, credential: Credential): boolean {
  const canBeUsed =
    suite.keyExchange.certificateKey === 'signs' || (credential.kind === 'x509' && credential.decrypter !== undefined);
  return canBeUsed && suiteFitsKey(suite, credential.signer.type);
}

/** Whether the credential can be used with the suite as it was chosen: by a scheme that the client verifies, if it has to sign. */
function suiteFitsChosen(
  suite: Tls12CipherSuite,
  { prepared, scheme }: ChosenCredential<PreparedCredential, SignatureScheme | undefined>,
): boolean {
  const canSign = scheme !== undefined || suite.keyExchange.certificateKey !== 'signs';
  return canSign && suiteFits(suite, prepared.credential);
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
  { hello, groups = [] }: CheckedClientHello,
  suites: readonly Tls12CipherSuite[],
): PeerIncompatible {
  if (!suites.some(isDhe) && isForWantOfFiniteField(config, hello, groups)) {
    const ours = config.groups.map(({ name }) => name);
    const theirs = groups.map((id) => namedGroupName(id) ?? `0x${id.toString(16)}`);
    return new PeerIncompatible('finite_field_group', ours, theirs);
  }
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

const isDhe = ({ keyExchange }: Tls12CipherSuite) => keyExchange.name === 'DHE';

/**
 * "If the extension is present with FFDHE groups, none of the client's offered groups are acceptable by the server, and none of the client's
 * proposed non-FFDHE cipher suites are acceptable to the server, the server MUST end the connection with a fatal TLS alert of type
 * insufficient_security(71)." (RFC 7919 §4) That is of a server that has such suites.
 */
function isForWantOfFiniteField(
  { tls12Suites, groups, diffieHellmanParameters }: ServerConfig,
  { cipherSuites }: CheckedClientHello['hello'],
  clientGroups: readonly number[],
): boolean {
  const isShared = tls12Suites.some((suite) => isDhe(suite) && cipherSuites.includes(suite.id));
  return isShared && lacksFiniteField({ groups, clientGroups, diffieHellmanParameters });
}

/** Certificate, CertificateStatus*, ServerKeyExchange, CertificateRequest*, ServerHelloDone: the rest of the server's flight. */
export function* authenticateOurselves(
  agreement: Agreement,
  config: ServerConfig,
  offer: CheckedClientHello,
  plan: AuthenticationPlan,
): HandshakeFlow<ServerKeyExchangeInProgress> {
  const { context, suite } = agreement;
  const credential = plan.chosen?.prepared.credential;
  const send = (message: Uint8Array) => sendMessage(agreement, message);
  if (credential !== undefined) send(certificateMessage(credential, credential.kind));
  if (plan.ocspResponse !== undefined) send(writeMessage(CertificateStatus, plan.ocspResponse));
  const exchange = yield* suite.keyExchange.start(keyExchangeParts(context, config, offer, credential));
  if (exchange.params !== undefined) send(yield* serverKeyExchange(agreement, plan, exchange.params));
  if (plan.clientKind !== undefined) send(certificateRequest(agreement, config));
  send(writeMessage(ServerHelloDone, true));
  context.transport.endFlight();
  return exchange;
}

/** ServerKeyExchange, signed where there is somebody to sign. */
function* serverKeyExchange(
  { context, version, suite, randoms }: Agreement,
  { chosen }: AuthenticationPlan,
  params: Uint8Array,
): HandshakeFlow<Uint8Array> {
  if (chosen?.scheme === undefined || suite.keyExchange.certificateKey !== 'signs') {
    return writeMessage(ServerKeyExchange, { body: params });
  }
  const { signer } = chosen.prepared.credential;
  const signed = yield* sign(signer, chosen.scheme, signedParams(randoms, params), context.signal);
  return writeServerKeyExchange(params, version.messages.digitallySigned, signed);
}

function certificateRequest({ version }: Agreement, config: ServerConfig): Uint8Array {
  const { certificateAuthorities } = config;
  const signatureSchemes = schemesOf(version, config.signatureSchemes);
  return writeMessage(version.messages.CertificateRequest, {
    certificateTypes: [
      CLIENT_CERTIFICATE_TYPES.ecdsa_sign,
      CLIENT_CERTIFICATE_TYPES.rsa_sign,
      ...(signatureSchemes.some(({ key }) => key.kind === 'dsa') ? [CLIENT_CERTIFICATE_TYPES.dss_sign] : []),
    ],
    supportedSignatureAlgorithms: signatureSchemes.map(({ id }) => id),
    certificateAuthorities: certificateAuthorities ?? [],
  });
}

/** What a client showed, and what the verifier said of it. */
export interface ShownByClient {
  readonly presented: PeerPresented;
  readonly judged: PeerVerified | PeerUnverified;
  readonly publicKey: PublicKey;
}

/** Certificate of a client that was asked, judged before anything after it is; undefined for none. */
export function* receiveClientCertificate(
  agreement: Agreement,
  config: ServerConfig,
  { clientKind: kind }: AuthenticationPlan,
): HandshakeFlow<ShownByClient | undefined> {
  if (kind === undefined) return undefined;
  const presented = yield* receiveCertificate(agreement, kind);
  if (presented !== undefined) return yield* judgeClient(agreement, config, presented);
  // "If the client does not send any certificates, the server MAY at its discretion either continue the handshake without client
  // authentication, or respond with a fatal handshake_failure alert." (RFC 5246 §7.4.6)
  if (config.clientCertificates !== 'require') return undefined;
  throw new PeerMisbehaved('certificate_missing', 'the client sent no certificate, but one is required');
}

function* judgeClient({ context }: Agreement, config: ServerConfig, presented: PeerPresented): HandshakeFlow<ShownByClient> {
  if (config.verifier === undefined) throw new InternalError('client certificates without a verifier');
  const now = new Date(config.now());
  const request = { presented, peerRole: 'client', serverName: undefined, now, signal: context.signal } as const;
  const judged = yield* settle(config.verifier.verify(request));
  return { presented, judged, publicKey: yield* certificateKeyOf(config, judged, 'signs') };
}

/** CertificateVerify*: who the client is. */
export function* verifyClient(
  { version, transcript }: Agreement,
  config: ServerConfig,
  shown: ShownByClient | undefined,
): HandshakeFlow<{
  readonly identity: PeerIdentity;
  readonly presented: PeerPresented | undefined;
  readonly scheme: SignatureScheme | undefined;
}> {
  if (shown === undefined) return { identity: ANONYMOUS, presented: undefined, scheme: undefined };
  const { presented, judged, publicKey } = shown;
  const content = transcript.messages();
  const message = yield* receive(version.messages.CertificateVerify, transcript);
  transcript.forgetMessages();
  const acceptance = { provider: config.provider, signatureSchemes: schemesOf(version, config.signatureSchemes) };
  const possession = yield* verifyPeerSignature(acceptance, version.name, 'CertificateVerify', message, publicKey, content);
  return { identity: identityByCertificate(judged, possession, presented), presented, scheme: possession.scheme };
}
