/**
 * The client's ClientHello, of all its versions: what it offers, and the keys behind the offer (RFC 8446 §4.1.2, §4.2.8, §4.2.11; of TLS 1.2
 * RFC 5246 §7.4.1.2, RFC 5077 §3.4, RFC 5746 §3.4, RFC 7627 §5.2, RFC 8422 §5.1).
 */

import { EMPTY } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { settle } from '../../core/flow/flow.ts';
import { CIPHER_SUITES } from '../../core/registry/cipher-suites.ts';
import { EC_POINT_FORMATS } from '../../core/registry/curve-formats.ts';
import { HEARTBEAT_MODES } from '../../core/registry/hello-codes.ts';
import { isGroupOf } from '../../core/registry/named-groups.ts';
import type { VersionName } from '../../core/registry/protocol-versions.ts';
import type { KeyExchange, KeyExchangeGroup, RandomSource } from '../../crypto/key-exchange.ts';
import { Transcript } from '../keys/transcript.ts';
import { extensionsOf, type RawExtension, undecoded } from '../messages/extensions/block.ts';
import { ANY_OCSP_RESPONSE } from '../messages/extensions/status-request.ts';
import type { ExtensionValues } from '../messages/extensions/table.ts';
import { writeMessage } from '../messages/messages.ts';
import { certificateTypeOffer } from '../negotiate/certificate-types.ts';
import type { CipherSuite } from '../negotiate/cipher-suites.ts';
import { maxFragmentLengthCode } from '../negotiate/max-fragment-length.ts';
import { srtpOffer } from '../negotiate/srtp.ts';
import type { Tls12CipherSuite } from '../negotiate/tls12-cipher-suites.ts';
import type { Tls12ClientSession } from '../session/client-session.ts';
import type { PreSharedKey } from '../session/pre-shared-key.ts';
import { externalKeys, type SessionRequest, sessionsToTry, tls12SessionToOffer } from './client-sessions.ts';
import type { ClientConfig } from './config.ts';
import { connectionIdOffer } from './connection-ids.ts';
import {
  answerableTypes,
  drawExtensionOrder,
  drawHelloGrease,
  type ExtensionOrder,
  greased,
  type HelloGrease,
  permuted,
} from './grease.ts';
import type { HandshakeFlow } from './receive.ts';
import { clientRenegotiationInfo, type PreviousHandshake } from './tls12/renegotiation.ts';
import { bind, type OfferedPsk, offeredModes, offeredPsks, pskExtension } from './tls13/client-psk.ts';
import type { HandshakeContext } from './transport.ts';
import { type ProtocolVariant, versionNumber } from './variant.ts';
import { spokenVersions } from './versions.ts';

/** What one handshake asks for, beyond its config. */
export interface ClientRequest extends SessionRequest {
  /** Of a renegotiation: what it is bound to. */
  readonly previous?: PreviousHandshake | undefined;
}

export interface KeyShare {
  readonly group: KeyExchangeGroup;
  readonly exchange: KeyExchange;
}

/** Everything that was said in a ClientHello, to judge the answers by. */
export interface ClientOffer {
  /** The newest first. */
  readonly versions: readonly VersionName[];
  readonly legacyVersion: number;
  readonly tls12Suites: readonly Tls12CipherSuite[];
  readonly random: Uint8Array;
  readonly legacySessionId: Uint8Array;
  readonly keyShares: readonly KeyShare[];
  /** Those that were agreed on outside TLS, of which TLS 1.2 has use only when the server asks. */
  readonly preSharedKeys: readonly PreSharedKey[];
  readonly psks: readonly OfferedPsk[];
  /** The session of TLS 1.2, by its id or its ticket. */
  readonly tls12Session: Tls12ClientSession | undefined;
  readonly disguise: Disguise;
  /** The extension types that stood in it and that can be answered. */
  readonly offeredTypes: ReadonlySet<number>;
  /** The message. */
  readonly bytes: Uint8Array;
}

/** What is drawn so that no two ClientHellos look alike; the same in the second one. */
interface Disguise {
  readonly grease: HelloGrease | undefined;
  readonly order: ExtensionOrder | undefined;
}

/** The parts of a ClientHello that a HelloRetryRequest changes. */
interface Changing {
  readonly versions: readonly VersionName[];
  readonly legacyVersion: number;
  readonly tls12Suites: readonly Tls12CipherSuite[];
  readonly random: Uint8Array;
  readonly legacySessionId: Uint8Array;
  readonly disguise: Disguise;
  readonly keyShares: readonly KeyShare[];
  /** The second ClientHello has one key share and no other (RFC 8446 §4.1.2). */
  readonly greaseShare: number | undefined;
  readonly preSharedKeys: readonly PreSharedKey[];
  readonly psks: readonly OfferedPsk[];
  readonly tls12Session: Tls12ClientSession | undefined;
  readonly cookie: Uint8Array | undefined;
  /** Of a HelloVerifyRequest. */
  readonly legacyCookie: Uint8Array | undefined;
}

export function* firstOffer(
  context: HandshakeContext,
  config: ClientConfig,
  request: ClientRequest,
  transcript: Transcript,
): HandshakeFlow<ClientOffer> {
  const { random } = config.provider;
  const { variant } = context.transport;
  const versions = spokenVersions(variant, config.versions);
  const isTls13 = versions.includes('TLSv1.3');
  const isBeforeTls13 = versions.some((version) => version !== 'TLSv1.3');
  const grease = config.grease ? drawHelloGrease(random) : undefined;
  const sessions = yield* sessionsToTry(variant, config, request);
  const preSharedKeys = yield* externalKeys(config);
  const tls12Suites = isBeforeTls13 ? offeredTls12Suites(config, versions, preSharedKeys) : [];
  if (!isTls13 && tls12Suites.length === 0) throw noKeyForSuites();
  const tls12Session = isBeforeTls13 ? tls12SessionToOffer(config, request, preSharedKeys, sessions) : undefined;
  const changing: Changing = {
    versions,
    legacyVersion: legacyVersionOf(variant, versions),
    tls12Suites,
    random: random(32),
    legacySessionId: sessionIdToSend(
      isTls13 && config.middleboxCompatibility && variant.middleboxCompatibility,
      tls12Session,
      random,
    ),
    disguise: { grease, order: config.permuteExtensions ? drawExtensionOrder(random) : undefined },
    greaseShare: grease?.group,
    keyShares: isTls13 ? yield* makeKeyShares(config, config.keyShareGroups) : [],
    preSharedKeys,
    psks: isTls13 ? offeredPsks(variant, config, request, sessions, preSharedKeys) : [],
    tls12Session,
    cookie: undefined,
    legacyCookie: undefined,
  };
  const offer = writeOffer(context, config, request, transcript, changing);
  if (fitsAtOnce(context, offer) || changing.keyShares.length === 0) return offer;
  // The server asks for the one share that it wants; a ClientHello in fragments it may have to drop, for nobody has proved to be there.
  const smaller = writeOffer(context, config, request, transcript, { ...changing, keyShares: [], greaseShare: undefined });
  return fitsAtOnce(context, smaller) ? smaller : offer;
}

/** Whether the ClientHello is one datagram, where it is in one at all. */
function fitsAtOnce({ transport }: HandshakeContext, { bytes }: ClientOffer): boolean {
  return transport.roomForMessage === undefined || bytes.length <= transport.roomForMessage;
}

/** Those of the versions that are offered. Without any pre-shared key, suites that work with one are not. */
function offeredTls12Suites(
  config: ClientConfig,
  versions: readonly VersionName[],
  keys: readonly PreSharedKey[],
): readonly Tls12CipherSuite[] {
  const hasKeys = config.choosePreSharedKey !== undefined || keys.some(({ imported }) => imported === undefined);
  const spoken = config.tls12Versions.filter(({ name }) => versions.includes(name));
  return config.tls12Suites.filter(
    (suite) => (hasKeys || !suite.keyExchange.usesPreSharedKey) && spoken.some((version) => version.hasSuite(suite)),
  );
}

/**
 * In TLS 1.3 "the legacy_version field MUST be set to 0x0303, which is the version number for TLS 1.2." (RFC 8446 §4.1.2) Otherwise the newest
 * version of ours: it is all that an older server reads.
 */
function legacyVersionOf(variant: ProtocolVariant, [newest]: readonly VersionName[]): number {
  return newest === undefined || newest === 'TLSv1.3' ? variant.legacyVersion : versionNumber(variant, newest);
}

function noKeyForSuites(): ApiMisuse {
  return new ApiMisuse('ERR_TLS_PSK', 'all cipher suites of this client work with a pre-shared key, and there is none');
}

/** The second ClientHello (RFC 8446 §4.1.2), with the changes that the HelloRetryRequest asked for. */
export function* secondOffer(
  context: HandshakeContext,
  config: ClientConfig,
  request: ClientRequest,
  transcript: Transcript,
  first: ClientOffer,
  retry: { readonly suite: CipherSuite; readonly group: KeyExchangeGroup | undefined; readonly cookie: Uint8Array | undefined },
): HandshakeFlow<ClientOffer> {
  const keyShares = retry.group === undefined ? first.keyShares : yield* makeKeyShares(config, [retry.group]);
  // "… removing any PSKs which are incompatible with the server's indicated cipher suite." (RFC 8446 §4.1.2)
  const psks = first.psks.filter(({ labelled }) => labelled.hash.name === retry.suite.hash.name);
  const greaseShare = retry.group === undefined ? first.disguise.grease?.group : undefined;
  return writeOffer(context, config, request, transcript, {
    greaseShare,
    cookie: retry.cookie,
    legacyCookie: undefined,
    ...first,
    keyShares,
    psks,
  });
}

/**
 * The ClientHello that answers a HelloVerifyRequest. "When responding to a HelloVerifyRequest, the client MUST use the same parameter values
 * (version, random, session_id, cipher_suites, compression_method) as it did in the original ClientHello." (RFC 6347 §4.2.1) It is the first
 * message of the transcript, and its binders are made anew.
 */
export function verifiedOffer(
  context: HandshakeContext,
  config: ClientConfig,
  request: ClientRequest,
  first: ClientOffer,
  legacyCookie: Uint8Array,
): ClientOffer {
  const greaseShare = first.disguise.grease?.group;
  return writeOffer(context, config, request, new Transcript(), { greaseShare, cookie: undefined, legacyCookie, ...first });
}

/**
 * "A client which has a cached session ID set by a pre-TLS 1.3 server SHOULD set this field to that value. In compatibility mode …, this
 * field MUST be non-empty, so a client not offering a pre-TLS 1.3 session MUST generate a new 32-byte value." (RFC 8446 §4.1.2) With a
 * ticket, a new value too: the server that takes it repeats the value (RFC 5077 §3.4).
 */
function sessionIdToSend(compatible: boolean, session: Tls12ClientSession | undefined, random: RandomSource): Uint8Array {
  if (session !== undefined && session.ticket === undefined) return session.sessionId;
  return compatible || session !== undefined ? random(32) : EMPTY;
}

function* makeKeyShares(config: ClientConfig, groups: readonly KeyExchangeGroup[]): HandshakeFlow<KeyShare[]> {
  const shares: KeyShare[] = [];
  for (const group of groups) shares.push({ group, exchange: yield* settle(group.start(config.provider.random)) });
  return shares;
}

function writeOffer(
  context: HandshakeContext,
  config: ClientConfig,
  request: ClientRequest,
  transcript: Transcript,
  changing: Changing,
): ClientOffer {
  const list = [...offeredExtensions(context, config, request, changing)];
  // "The "pre_shared_key" extension MUST be the last extension in the ClientHello" (RFC 8446 §4.2.11)
  if (changing.psks.length > 0) list.push(pskExtension(changing.psks, config.now()));
  const { variant } = context.transport;
  const unbound = writeMessage(variant.clientHello, {
    legacyVersion: changing.legacyVersion,
    random: changing.random,
    legacySessionId: changing.legacySessionId,
    cipherSuites: greased(changing.disguise.grease?.suite, [
      ...(changing.versions.includes('TLSv1.3') ? config.suites : []).map(({ id }) => id),
      ...changing.tls12Suites.map(({ id }) => id),
      // "The client SHOULD put TLS_FALLBACK_SCSV after all cipher suites that it actually intends to negotiate." (RFC 7507 §4)
      ...(isFallback(config, request, changing) ? [CIPHER_SUITES.TLS_FALLBACK_SCSV] : []),
    ]),
    legacyCompressionMethods: Uint8Array.of(0),
    legacyCookie: changing.legacyCookie,
    extensions: undecoded('client_hello', list),
  });
  const bytes = changing.psks.length === 0 ? unbound : bind(unbound, changing.psks, transcript);
  const { versions, legacyVersion, tls12Suites, random, legacySessionId, keyShares } = changing;
  const { preSharedKeys, psks, tls12Session, disguise } = changing;
  return {
    offeredTypes: answerableTypes(list),
    bytes,
    ...{ versions, legacyVersion, tls12Suites, random, legacySessionId, keyShares, preSharedKeys, psks, tls12Session, disguise },
  };
}

/**
 * "As an exception to the above, when a client intends to resume a session and sets ClientHello.client_version to the protocol version negotiated
 * for that session, it MUST NOT include TLS_FALLBACK_SCSV in ClientHello.cipher_suites." (RFC 7507 §4) Nor is a renegotiation another attempt.
 */
function isFallback({ fallbackScsv }: ClientConfig, { previous }: ClientRequest, { tls12Session }: Changing): boolean {
  return fallbackScsv && previous === undefined && tls12Session === undefined;
}

function offeredExtensions(
  context: HandshakeContext,
  config: ClientConfig,
  request: ClientRequest,
  changing: Changing,
): readonly RawExtension[] {
  const { grease, order } = changing.disguise;
  const groups = config.groups.map(({ id }) => id).filter((id) => changing.versions.some((version) => isGroupOf(version, id)));
  const { list } = extensionsOf('client_hello', {
    server_name: request.serverName !== undefined && isHostName(request.serverName) ? request.serverName : undefined,
    // A renegotiation may be of a version that has none of them.
    supported_groups: groups.length > 0 ? greased(grease?.group, groups) : undefined,
    signature_algorithms: changing.versions.some(hasSignatureAlgorithms)
      ? greased(
          grease?.scheme,
          config.signatureSchemes.map((scheme) => scheme.id),
        )
      : undefined,
    ...authenticationOffer(config),
    application_layer_protocol_negotiation:
      config.alpnProtocols.length > 0 ? greased(grease?.alpnProtocol, config.alpnProtocols) : undefined,
    record_size_limit: config.recordSizeLimit,
    ...srtpOffer(config.srtpProfiles),
    ...connectionIdOffer(context),
    heartbeat: config.heartbeat && HEARTBEAT_MODES[config.heartbeat],
    max_fragment_length: config.maxFragmentLength && maxFragmentLengthCode(config.maxFragmentLength),
    ...(changing.versions.some((version) => version !== 'TLSv1.3') && tls12Offer(config, request, changing)),
    ...(changing.versions.includes('TLSv1.3') && tls13Offer(context, config, changing)),
  });
  const ordered = order === undefined ? list : permuted(list, order);
  const complete = grease === undefined ? ordered : [grease.first, ...ordered, grease.last];
  return config.shapeClientHello?.(complete) ?? complete;
}

/** "Clients MUST NOT offer it if they are offering prior versions." (RFC 5246 §7.4.1.4.1) We offer it with the newest of ours. */
function hasSignatureAlgorithms(version: VersionName): boolean {
  return version === 'TLSv1.3' || version === 'TLSv1.2';
}

function tls13Offer(
  { transport: { variant } }: HandshakeContext,
  config: ClientConfig,
  { versions, disguise: { grease }, cookie, greaseShare, keyShares }: Changing,
): ExtensionValues<'client_hello'> {
  return {
    supported_versions: greased(
      grease?.version,
      versions.map((version) => versionNumber(variant, version)),
    ),
    cookie,
    // Sent without a session too: it says which tickets we can use (RFC 8446 §4.2.9).
    psk_key_exchange_modes: greased(grease?.pskMode, offeredModes(config)),
    ticket_request: config.ticketRequest,
    key_share: greased(
      greaseShare === undefined ? undefined : { group: greaseShare, keyExchange: Uint8Array.of(0) },
      keyShares.map(({ group, exchange }) => ({ group: group.id, keyExchange: exchange.share })),
    ),
  };
}

/** What TLS 1.2 needs, and TLS 1.3 has no use for. */
function tls12Offer(
  { insecureNoExtendedMasterSecret }: ClientConfig,
  { previous }: ClientRequest,
  { tls12Suites, tls12Session }: Changing,
): ExtensionValues<'client_hello'> {
  return {
    encrypt_then_mac: tls12Suites.some(({ cipher }) => cipher.isBlockCipher) || undefined,
    ec_point_formats: [EC_POINT_FORMATS.uncompressed],
    ...(!insecureNoExtendedMasterSecret && { extended_master_secret: true as const }),
    // Empty without a session: then it says that we can keep tickets (RFC 5077 §3.2).
    session_ticket: tls12Session?.ticket ?? EMPTY,
    // "The client MUST include either an empty "renegotiation_info" extension, or the TLS_EMPTY_RENEGOTIATION_INFO_SCSV signaling cipher
    // suite value in the ClientHello." (RFC 5746 §3.4)
    renegotiation_info: clientRenegotiationInfo(previous),
  };
}

/** What the client says about certificates, its own and the server's. */
function authenticationOffer(config: ClientConfig): ExtensionValues<'client_hello'> {
  return {
    signature_algorithms_cert: config.certificateSchemes,
    certificate_authorities: config.certificateAuthorities,
    server_certificate_type: certificateTypeOffer(config.serverCertificateTypes),
    client_certificate_type: certificateTypeOffer(config.clientCertificateTypes),
    status_request: config.requestOcsp ? ANY_OCSP_RESPONSE : undefined,
    signed_certificate_timestamp: config.requestTimestamps || undefined,
  };
}

/** "Literal IPv4 and IPv6 addresses are not permitted in "HostName"." (RFC 6066 §3) */
export function isHostName(name: string): boolean {
  return !name.includes(':') && !/^[0-9.]+$/.test(name);
}
