/**
 * Authentication as the client of TLS 1.2 sees it: the server's certificate and signed parameters, and its own certificate when asked
 * (RFC 5246 §7.4.2–§7.4.8, RFC 6066 §8, RFC 8422 §5.3–§5.8).
 */

import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { settle } from '../../../core/flow/flow.ts';
import { CLIENT_CERTIFICATE_TYPES } from '../../../core/registry/certificate-types.ts';
import { Reader } from '../../../core/wire/reader.ts';
import type { PeerPresented, PeerUnverified, PeerVerified } from '../../../crypto/peer-verifier.ts';
import type { KeyType, PublicKey } from '../../../crypto/signature.ts';
import type { FinishedVerified } from '../../keys/finished.ts';
import { writeMessage } from '../../messages/messages.ts';
import { noCommonCertificateType } from '../../negotiate/certificate-types.ts';
import { type ChosenCredential, type CredentialWish, chooseCredential } from '../../negotiate/credentials.ts';
import { suiteFitsKey } from '../../negotiate/tls12-cipher-suites.ts';
import { checkExternalKey, type PreSharedKey } from '../../session/pre-shared-key.ts';
import type { ClientRequest } from '../client-offer.ts';
import type { ClientConfig, PreparedCredential } from '../config.ts';
import { ANONYMOUS, identityByCertificate, identityByPsk, type PeerIdentity } from '../peer-identity.ts';
import { certificateKeyOf, type SignatureVerified, sign, verifyPeerSignature } from '../peer-signature.ts';
import type { HandshakeFlow } from '../receive.ts';
import { sendMessage } from '../send.ts';
import type { Agreement } from './agreement.ts';
import { certificateMessage } from './certificate-message.ts';
import type { CheckedServerHello } from './checked-server-hello.ts';
import type { AgreedSecret, ClientParts, NamedKey } from './key-exchange.ts';
import type { ServerFlight } from './server-flight.ts';
import { signedParams } from './signed-params.ts';
import { schemesOf } from './version.ts';

/** What the server's flight says, checked. */
export interface AuthenticatedServer {
  /** What was shown, and what the verifier said of it; undefined for a suite without certificates. */
  readonly presented: PeerPresented | undefined;
  readonly judged: PeerVerified | PeerUnverified | undefined;
  /** That it holds the key of its certificate, if it signed for that. */
  readonly possession: SignatureVerified | undefined;
  readonly publicKey: PublicKey | undefined;
  /** Of the key exchange. */
  readonly params: unknown;
}

/** Judges the certificate, reads the parameters, and checks their signature. */
export function* authenticateServer(
  config: ClientConfig,
  { serverName }: ClientRequest,
  { agreement, kinds }: CheckedServerHello,
  { presented, keyExchange: body }: ServerFlight,
): HandshakeFlow<AuthenticatedServer> {
  const { version, suite, context } = agreement;
  const { certificateKey } = suite.keyExchange;
  if (presented === undefined || certificateKey === 'unused') {
    const params = body && readParams(agreement, body, false).params;
    return { presented: undefined, judged: undefined, possession: undefined, publicKey: undefined, params };
  }
  if (!config.serverCertificateTypes.includes(kinds.server))
    throw noCommonCertificateType(config.serverCertificateTypes, undefined);
  const now = new Date(config.now());
  const judged = yield* settle(
    config.verifier.verify({ presented, peerRole: 'server', serverName, now, signal: context.signal }),
  );
  const publicKey = yield* certificateKeyOf(config, judged, certificateKey);
  if (!suiteFitsKey(suite, publicKey.type)) {
    throw new PeerMisbehaved('certificate_unfit_for_suite', `a key of ${publicKey.type.kind} does not fit ${suite.name}`);
  }
  if (body === undefined) return { presented, judged, possession: undefined, publicKey, params: undefined };
  const { params, signed, content } = readParams(agreement, body, certificateKey === 'signs');
  const acceptance = { provider: config.provider, signatureSchemes: schemesOf(version, config.signatureSchemes) };
  const possession =
    signed && (yield* verifyPeerSignature(acceptance, version.name, 'ServerKeyExchange', signed, publicKey, content));
  return { presented, judged, possession, publicKey, params };
}

/** The parameters, and what is signed of them, if they are. */
function readParams({ version, suite, randoms }: Agreement, body: Uint8Array, areSigned: boolean) {
  const reader = new Reader(body, 'server_key_exchange');
  const params = suite.keyExchange.readParams(reader);
  const content = signedParams(randoms, body.subarray(0, body.length - reader.remaining));
  const signed = areSigned ? version.messages.digitallySigned.read(reader) : undefined;
  reader.expectEnd();
  return { params, signed, content };
}

/** Who the server is, now that its Finished was right. */
export function identityOf(
  { presented, judged, possession }: AuthenticatedServer,
  { pskIdentity }: AgreedSecret,
  finished: FinishedVerified,
): PeerIdentity {
  // Where nothing was signed, the key of the certificate is in the premaster secret, and so in Finished.
  if (presented !== undefined && judged !== undefined) return identityByCertificate(judged, possession ?? finished, presented);
  return pskIdentity === undefined ? ANONYMOUS : identityByPsk({ kind: 'psk', identity: pskIdentity }, finished);
}

/** What our half of the key exchange works with. */
export function keyExchangeParts(
  config: ClientConfig,
  { clientVersion, preSharedKeys }: CheckedServerHello,
  { publicKey }: AuthenticatedServer,
): ClientParts {
  return {
    provider: config.provider,
    groups: config.groups,
    clientVersion,
    serverKey: publicKey,
    minDiffieHellmanBits: config.minDiffieHellmanBits,
    choosePreSharedKey: (hint) => choosePreSharedKey(config, preSharedKeys, hint),
  };
}

/** The key for the server's hint: the application's choice, or the first that can be used as it is. */
function* choosePreSharedKey(
  config: ClientConfig,
  keys: readonly PreSharedKey[],
  hint: Uint8Array | undefined,
): HandshakeFlow<NamedKey | undefined> {
  if (config.choosePreSharedKey === undefined) return keys.find(({ imported }) => imported === undefined);
  const chosen = yield* settle(config.choosePreSharedKey(hint));
  if (chosen !== undefined) checkExternalKey(chosen);
  return chosen;
}

/** What the server wants a certificate for. */
export interface CertificateWish extends CredentialWish {
  readonly certificateTypes: readonly number[];
  /** Those of ours that the server accepts too, in our order. */
  readonly sharedSchemes: readonly number[];
}

/** What a CertificateRequest asks for; undefined without one. */
export function certificateWish(
  config: ClientConfig,
  { agreement: { version, transcript }, kinds }: CheckedServerHello,
  { certificateRequest }: ServerFlight,
): CertificateWish | undefined {
  if (certificateRequest === undefined) {
    transcript.forgetMessages();
    return undefined;
  }
  const { certificateTypes, supportedSignatureAlgorithms, certificateAuthorities } = certificateRequest;
  const theirs = supportedSignatureAlgorithms ?? version.implicitSchemes?.map(({ id }) => id) ?? [];
  return {
    kind: kinds.client,
    version: version.name,
    signatureSchemes: theirs,
    certificateSchemes: supportedSignatureAlgorithms === undefined ? 'any' : undefined,
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
  agreement: Agreement,
  config: ClientConfig,
  wish: CertificateWish | undefined,
  { kinds }: CheckedServerHello,
): ChosenCredential<PreparedCredential> | undefined {
  if (wish === undefined) return undefined;
  const { version, transcript } = agreement;
  const fitting = config.credentials.filter(({ credential }) => isAccepted(credential.signer.type, wish.certificateTypes));
  const chosen = chooseCredential(fitting, schemesOf(version, config.signingSchemes), wish);
  // "If no suitable certificate is available, the client MUST send a certificate message containing no certificates." (RFC 5246 §7.4.6)
  sendMessage(agreement, certificateMessage(chosen?.prepared.credential, kinds.client));
  if (chosen === undefined) transcript.forgetMessages();
  return chosen;
}

/** CertificateVerify, if a certificate was shown. */
export function* proveOurselves(
  agreement: Agreement,
  chosen: ChosenCredential<PreparedCredential> | undefined,
): HandshakeFlow<void> {
  if (chosen === undefined) return;
  const { context, version, transcript } = agreement;
  const { signer } = chosen.prepared.credential;
  const signed = yield* sign(signer, chosen.scheme, transcript.messages(), context.signal);
  transcript.forgetMessages();
  sendMessage(agreement, writeMessage(version.messages.CertificateVerify, signed));
}

/** "ecdsa_sign" is for EdDSA too (RFC 8422 §5.5). */
const CERTIFICATE_TYPE_OF_KEY = {
  rsa: 'rsa_sign',
  'rsa-pss': 'rsa_sign',
  dsa: 'dss_sign',
  ec: 'ecdsa_sign',
  ed25519: 'ecdsa_sign',
  ed448: 'ecdsa_sign',
} as const;

/** "The end-entity certificate provided by the client MUST contain a key that is compatible with certificate_types." (RFC 5246 §7.4.4) */
function isAccepted({ kind }: KeyType, certificateTypes: readonly number[]): boolean {
  return certificateTypes.includes(CLIENT_CERTIFICATE_TYPES[CERTIFICATE_TYPE_OF_KEY[kind]]);
}
