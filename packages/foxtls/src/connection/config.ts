/**
 * What connections are configured with: checked once, resolved to parts, frozen, cheap to share by 100,000 connections.
 */

import { ApiMisuse } from '../core/errors/errors.ts';
import type { Eventually } from '../core/flow/flow.ts';
import { HEARTBEAT_MODES, MAX_FRAGMENT_LENGTHS } from '../core/registry/hello-codes.ts';
import { isGroupOf, isPostQuantum } from '../core/registry/named-groups.ts';
import type { VersionName } from '../core/registry/protocol-versions.ts';
import { SRTP_PROTECTION_PROFILES, type SrtpProtectionProfileName } from '../core/registry/srtp-protection-profiles.ts';
import { checkFiniteFieldParameters, type FiniteFieldParameters } from '../crypto/finite-field.ts';
import type { KeyExchangeGroup } from '../crypto/key-exchange.ts';
import type { PeerVerifier } from '../crypto/peer-verifier.ts';
import type { CryptoProvider } from '../crypto/provider.ts';
import type {
  ClientConfig,
  ClientHelloInfo,
  Limits,
  PreSharedKeyLookUp,
  ServerConfig,
  TicketRequest,
} from '../protocol/handshake/config.ts';
import type { CertificateKind, Credential } from '../protocol/handshake/credential.ts';
import {
  availableTls12CipherSuites,
  defaultTls12CipherSuites,
  TLS12_CIPHER_SUITES,
} from '../protocol/handshake/tls12/cipher-suites.ts';
import { MAX_DIFFIE_HELLMAN_BITS } from '../protocol/handshake/tls12/dhe.ts';
import { TLS12, type Tls12Version } from '../protocol/handshake/tls12/version.ts';
import type { RawExtension } from '../protocol/messages/extensions/block.ts';
import { PSK_MODES, type PskKeyExchangeMode } from '../protocol/messages/extensions/psk-key-exchange-modes.ts';
import { MAX_TICKET_LIFETIME } from '../protocol/messages/new-session-ticket.ts';
import { availableCipherSuites, defaultCipherSuites } from '../protocol/negotiate/cipher-suites.ts';
import { defaultGroups } from '../protocol/negotiate/groups.ts';
import type { HeartbeatMode } from '../protocol/negotiate/heartbeat.ts';
import type { MaxFragmentLength } from '../protocol/negotiate/max-fragment-length.ts';
import { paddingPolicy, type RecordPadding } from '../protocol/record/record-padding.ts';
import { checkPreSharedKey, type PreSharedKey } from '../protocol/session/pre-shared-key.ts';
import type { Sealer } from '../protocol/session/sealer.ts';
import type { SessionCache } from '../protocol/session/session-cache.ts';
import type { SessionStore } from '../protocol/session/session-store.ts';
import { createTicketKeys } from '../protocol/session/ticket-keys.ts';
import { storeAsSealer, type TicketStore } from '../protocol/session/ticket-store.ts';
import {
  type AuthenticationOptions,
  kindsOf,
  prepareCredentials,
  resolveAuthentication,
  resolveKinds,
} from './authentication-options.ts';
import { IMPORT_LEGACY, type LegacyParts, type LegacyVersion, NO_LEGACY } from './legacy-parts.ts';
import { resolveLimits } from './limits.ts';
import { inRange, pick } from './option-checks.ts';
import type { RenegotiationPolicy } from './renegotiation.ts';

export type { ClientConfig, ClientHelloInfo, ServerConfig } from '../protocol/handshake/config.ts';

/** What both roles can set. Names are IANA's, in order of preference. */
export interface CommonOptions extends AuthenticationOptions {
  readonly provider: CryptoProvider;
  /**
   * `TLSv1.3`, `TLSv1.2`, or both (the default): then the newest that the peer has is spoken (RFC 8446 §4.2.1). With `legacy` also `TLSv1.1` and
   * `TLSv1`, which are deprecated (RFC 8996): they have to be named, and suites that they have in `cipherSuites`, those with CBC and SHA-1.
   */
  readonly versions?: readonly VersionName[] | undefined;
  /**
   * As `TLS_AES_128_GCM_SHA256`. Default: AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305, so far as the provider has them, in TLS 1.2 with
   * ECDHE. To be named: those with AES-CCM (RFC 8446 §B.4, RFC 7251), with AES-CBC, with DHE, with a pre-shared key of TLS 1.2. A version of
   * which none is named is not spoken.
   */
  readonly cipherSuites?: readonly string[] | undefined;
  /**
   * What is old or weak, of `foxtls/legacy`: then its names may stand in `versions`, `cipherSuites` and `signatureSchemes`, and are unknown
   * otherwise. None of it is used without being named.
   *
   * ```ts
   * const config = defineClientConfig({ provider, verifier, legacy, cipherSuites: ['TLS_RSA_WITH_AES_128_CBC_SHA'] });
   * ```
   */
  readonly legacy?: LegacyParts | undefined;
  /**
   * Told when something of `legacy` is negotiated, once for each thing: a sentence that says what it is, with whom, and what is wrong with it;
   * and its name. `foxtls/tls` emits a warning of the process then. Default: nobody is told.
   *
   * ```ts
   * const config = defineServerConfig({ provider, credentials, legacy, cipherSuites, warn: (message) => console.warn(message) });
   * ```
   */
  readonly warn?: ((message: string, name: string) => void) | undefined;
  /**
   * Let suites in CBC mode do without encrypt_then_mac (RFC 7366), for peers that do not know it; default false: then such a suite is not
   * agreed on. MAC-then-encrypt is the order that Vaudenay's and the Lucky Thirteen attack are about: our check of it is equalised, and what
   * a JavaScript engine does with that is nobody's to promise.
   */
  readonly insecureMacThenEncrypt?: boolean | undefined;
  /**
   * TLS 1.2 and before: do without extended_master_secret (RFC 7627), as peers of before 2015 do; default false. Somebody between can make two
   * connections have the same keys then, so that there is no resumption, no renegotiation and no export from such a connection.
   */
  readonly insecureNoExtendedMasterSecret?: boolean | undefined;
  /**
   * As `x25519`. Default: `x25519`, `secp256r1`, `secp384r1`. To be named: `x448`, `secp521r1`, `ffdhe2048`, `ffdhe3072`, `ffdhe4096`,
   * `ffdhe6144`, `ffdhe8192` (RFC 8446 §4.2.7, RFC 7919), those that quantum computers will not break (TLS 1.3 alone has them:
   * `X25519MLKEM768`, `SecP256r1MLKEM768`, `SecP384r1MLKEM1024`, `MLKEM768`, `MLKEM1024`), the curves of Brainpool by the names that they have in
   * each version (`brainpoolP256r1tls13` in TLS 1.3, RFC 8734, and `brainpoolP256r1` before, RFC 7027; P384 and P512 likewise), and any other that
   * the provider has.
   *
   * ```ts
   * const config = defineClientConfig({ provider, verifier, groups: ['X25519MLKEM768', 'x25519'] });
   * ```
   */
  readonly groups?: readonly string[] | undefined;
  /** RFC 7301. Each 1 to 255 bytes, as text of those byte values. */
  readonly alpnProtocols?: readonly string[] | undefined;
  /** The largest record that we are willing to receive (RFC 8449): 64 to 16385, content type included. A client without it does not ask. */
  readonly recordSizeLimit?: number | undefined;
  /** The largest plaintext fragment that we send, 1 to 16384 (the default). */
  readonly maxSendFragment?: number | undefined;
  /**
   * Speak heartbeats (RFC 6520), by which an end sees that the other is alive: `peer_allowed_to_send` answers those of the peer, too;
   * `peer_not_allowed_to_send` only sends some, and ends the connection with unexpected_message when the peer does. Default: not spoken,
   * and few peers do. See `sendHeartbeat`.
   */
  readonly heartbeat?: HeartbeatMode | undefined;
  /**
   * DTLS: agree on keys for SRTP (RFC 5764), by these profiles, as `SRTP_AEAD_AES_128_GCM`; a connection over a stream refuses them
   * (`ERR_TLS_SRTP`). The keys are exported by the label `EXTRACTOR-dtls_srtp`. Default: SRTP is not spoken of.
   */
  readonly srtpProfiles?: readonly SrtpProtectionProfileName[] | undefined;
  /**
   * How pre-shared keys and tickets may be used, in order of preference (RFC 8446 §4.2.9); default `psk_dhe_ke` alone. `psk_ke` saves the key
   * exchange and gives up forward secrecy: who learns the key later reads everything.
   */
  readonly pskKeyExchangeModes?: readonly PskKeyExchangeMode[] | undefined;
  /**
   * Hides the lengths of records (RFC 8446 §5.4): `'none'` (the default), `{ toMultipleOf: bytes }`, or a function from the length of the
   * content to the number of bytes to add. All records under protection are padded; what does not fit into a record is cut off.
   *
   * ```ts
   * const config = defineServerConfig({ provider, credentials, recordPadding: { toMultipleOf: 512 } });
   * ```
   */
  readonly recordPadding?: RecordPadding | undefined;
  /**
   * TLS 1.2: what becomes of a renegotiation that the peer begins. `'refuse'` (the default) answers no_renegotiation, and the connection goes
   * on; `'accept'` lets it begin `limits.renegotiations` of them, and only secure ones (RFC 5746, RFC 7627). What we begin by
   * `renegotiate()` needs no leave.
   */
  readonly renegotiation?: RenegotiationPolicy | undefined;
  /**
   * Limits other than `LIMITS`. A server that serves names by `selectConfig` has those of the config that it was made with.
   *
   * ```ts
   * const config = defineClientConfig({ provider, verifier, limits: { maxHandshakeMessage: 2 ** 18 } });
   * ```
   */
  readonly limits?: Partial<Limits> | undefined;
  /**
   * Send reserved values among the suites, groups, extensions and so on, drawn anew for each connection, so that peers do not come to
   * rely on knowing all of them (RFC 8701); default false. They are tolerated in any case.
   */
  readonly grease?: boolean | undefined;
  /** The clock; default `Date.now`. Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

export interface ClientOptions extends CommonOptions {
  /** Decides about the server. Mandatory: for none, `trustWithoutVerification('why')`. */
  readonly verifier: PeerVerifier;
  /** For a server that asks: the one that fits its wishes best, the first of several that do (RFC 8446 §4.4.2.3). */
  readonly credentials?: readonly Credential[] | undefined;
  /** The forms of certificate that servers may show (RFC 7250), in order of preference; default X.509 alone. The verifier has to take them. */
  readonly serverCertificateTypes?: readonly CertificateKind[] | undefined;
  /**
   * The groups to send key shares for in the first ClientHello. Default: the first group, and where `groups` has ML-KEM and others, the first of
   * each kind. None leaves the choice to the server, for a round trip.
   */
  readonly keyShareGroups?: readonly string[] | undefined;
  /**
   * Ask that no record holds more than 512, 1024, 2048 or 4096 bytes, in either direction (RFC 6066 §4): older servers know this and not
   * `recordSizeLimit`, which takes its place where both are known. A server need not agree: `info.maxFragmentLength` says whether it did.
   * A session of TLS 1.2 is only resumed when the same is asked as when it began. Default: not asked.
   */
  readonly maxFragmentLength?: MaxFragmentLength | undefined;
  /**
   * Say that this connection is another attempt, with a lower version, after one with a higher version failed (TLS_FALLBACK_SCSV, RFC 7507): a
   * server that speaks the higher one refuses it with inappropriate_fallback, as then somebody else made the first attempt fail. Default false.
   * Better is not to fall back.
   *
   * ```ts
   * const config = defineClientConfig({ provider, verifier, versions: ['TLSv1.2'], fallbackScsv: true });
   * ```
   */
  readonly fallbackScsv?: boolean | undefined;
  /** Send a legacy session id and change_cipher_spec, so that middleboxes see TLS 1.2 (RFC 8446 §D.4); default true. */
  readonly middleboxCompatibility?: boolean | undefined;
  /**
   * Keys that were agreed on outside TLS, offered in this order, after sessions (RFC 8446 §2.2). A function is asked for each connection. A
   * server that takes none of them has to show a certificate that `verifier` accepts.
   */
  readonly preSharedKeys?: readonly PreSharedKey[] | (() => Eventually<readonly PreSharedKey[]>) | undefined;
  /**
   * What the prime of a server has at least, in TLS 1.2 with DHE: 768 to 8192 bits, default 2048 (RFC 7919 §3.1, RFC 9325 §4.4). A shorter
   * one ends the handshake with insufficient_security.
   */
  readonly minDiffieHellmanBits?: number | undefined;
  /**
   * TLS 1.2 with a pre-shared key: chooses the key by the hint that the server gave (RFC 4279 §5.2), undefined for none. Default: the first
   * of `preSharedKeys` that is not to be imported. Without a key the handshake fails with handshake_failure.
   */
  readonly choosePreSharedKey?: ((hint: Uint8Array | undefined) => Eventually<PreSharedKey | undefined>) | undefined;
  /** Keeps sessions, and gives each out once, to connections that bring none of their own: `createSessionStore()`. Default: none. */
  readonly sessionStore?: SessionStore | undefined;
  /** How many tickets to ask for (RFC 9149); default: the server's choice. */
  readonly ticketRequest?: TicketRequest | undefined;
  /**
   * Send the extensions of the ClientHello in an order drawn anew for each connection (pre_shared_key last), so that servers and those
   * between do not come to rely on one; default false.
   */
  readonly permuteExtensions?: boolean | undefined;
  /**
   * Changes the extensions of each ClientHello before it is written (pre_shared_key is added after): for tests of servers, and to look
   * like another client. What is announced here and not supported fails when the server takes it.
   */
  readonly shapeClientHello?: ((extensions: readonly RawExtension[]) => readonly RawExtension[]) | undefined;
}

export interface ServerOptions extends CommonOptions {
  /**
   * The one that fits the client best: by name (SNI), then by the signatures of its chain, then by authority; the first of several that do
   * (RFC 8446 §4.4.2.2). A server that has `lookUpPreSharedKey` can do without.
   */
  readonly credentials?: readonly Credential[] | undefined;
  /** Whether clients are asked for a certificate; default `none`. With `request` and `require` a verifier is mandatory. */
  readonly clientCertificates?: 'none' | 'request' | 'require' | undefined;
  /** The forms of certificate that clients may show (RFC 7250), in order of preference; default X.509 alone. The verifier has to take them. */
  readonly clientCertificateTypes?: readonly CertificateKind[] | undefined;
  readonly verifier?: PeerVerifier | undefined;
  /** Chooses another config by the ClientHello (a virtual host, say). `undefined` stays with this one; throw `PeerIncompatible('server_name', …)` to refuse. */
  readonly selectConfig?: ((hello: ClientHelloInfo) => Eventually<ServerConfig | undefined>) | undefined;
  /**
   * Chooses one of the client's application protocols in place of `alpnProtocols`; undefined refuses with no_application_protocol. Another one
   * than the client's ends the connection with internal_error, and an `ApiMisuse` (`ERR_TLS_ALPN_CHOICE`).
   */
  readonly chooseAlpnProtocol?: ((hello: ClientHelloInfo) => Eventually<string | undefined>) | undefined;
  /**
   * Finds external pre-shared keys by the identities that clients offer: a table, a database, an HSM. Undefined for one that is not known:
   * then the next is tried, and in the end there is a full handshake, or unknown_psk_identity when there are no credentials. A client that
   * holds such a key is not asked for a certificate, whatever `clientCertificates` says. With `requireCookie` it is called when the cookie has come
   * back, and not before: then only keys of one hash are taken, that of the first that the client offers. Throws end the connection;
   * `ERR_TLS_PSK` for an answer that is no usable key.
   *
   * ```ts
   * const keys = new Map([['sensor-17', key]]);
   * const config = defineServerConfig({
   *   provider,
   *   lookUpPreSharedKey: (identity, { imported }) => {
   *     const key = keys.get(new TextDecoder().decode(identity));
   *     return key && { key, imported };
   *   },
   * });
   * ```
   */
  readonly lookUpPreSharedKey?: PreSharedKeyLookUp | undefined;
  /**
   * TLS 1.2 with DHE: parameters of your own, as `parseDhParameters` of `foxtls/pkcs` reads them, of 2048 to 8192 bits. Default: a group
   * of RFC 7919 that the client has, ffdhe2048 for one that says nothing of them. Whether the prime is one is yours to know.
   */
  readonly diffieHellmanParameters?: FiniteFieldParameters | undefined;
  /** TLS 1.2 with a pre-shared key: told to clients, to choose their key by (RFC 4279 §5.2), 1 to 65535 bytes. Default: none. */
  readonly pskIdentityHint?: Uint8Array | undefined;
  /**
   * How many tickets follow a full handshake (one by a ticket or a pre-shared key gets at most one); default 2, of which TLS 1.2 gives one;
   * 0 turns resumption by tickets off.
   */
  readonly tickets?: number | undefined;
  /** How many tickets a client can get by asking for them (RFC 9149), 0 to 255; default 8. */
  readonly maxRequestedTickets?: number | undefined;
  /** Seconds; at most 604800 (RFC 8446 §4.6.1); default 7200. */
  readonly ticketLifetime?: number | undefined;
  /** Seals tickets: give several servers the same, so that they accept each other's. Default: `createTicketKeys`, with a new key each day. */
  readonly ticketSealer?: Sealer | undefined;
  /** Keeps the state of sessions in place of sealing it into tickets, each for one resumption: `createTicketStore()`, or yours. */
  readonly ticketStore?: TicketStore | undefined;
  /**
   * Keeps sessions of TLS 1.2 under their ids, for clients that cannot keep tickets: `createSessionCache()`, or yours. Default: none, as
   * most clients keep tickets.
   */
  readonly sessionCache?: SessionCache | undefined;
  /** With it, a HelloRetryRequest carries a cookie, and its answer may come to a server that has no memory of it (RFC 8446 §4.2.2). */
  readonly cookieSealer?: Sealer | undefined;
  /** Answers every first ClientHello with a HelloRetryRequest, so that nothing is computed for an address that was not proven. Default false. */
  readonly requireCookie?: boolean | undefined;
  /** Tell the client all our groups in EncryptedExtensions (RFC 8446 §4.2.7); default false. */
  readonly announceGroups?: boolean | undefined;
}

/**
 * Checks and resolves a client's options. Throws `ApiMisuse`: `ERR_TLS_UNKNOWN_NAME` for a name that the provider does not have,
 * `ERR_TLS_OPTION_RANGE` for a number out of its range, `ERR_TLS_CREDENTIAL` for a key that no scheme fits, `ERR_TLS_PSK` for a pre-shared
 * key that cannot be one.
 *
 * ```ts
 * const identity = new TextEncoder().encode('sensor-17');
 * const config = defineClientConfig({ provider, verifier, preSharedKeys: [{ identity, key, imported: {} }] });
 * ```
 */
export function defineClientConfig(options: ClientOptions): ClientConfig {
  const common = resolveCommon(options);
  const shared = options.keyShareGroups ?? usualKeyShares(common.tls13Groups).map(({ name }) => name);
  // "This vector MAY be empty if the client is requesting a HelloRetryRequest." (RFC 8446 §4.2.8)
  const keyShareGroups = shared.length === 0 ? [] : pick('key share group', common.tls13Groups, shared, (group) => group.name);
  return Object.freeze({
    role: 'client' as const,
    ...common,
    credentials: prepareCredentials(options.credentials ?? [], common),
    serverCertificateTypes: resolveKinds('serverCertificateTypes', options.serverCertificateTypes),
    clientCertificateTypes: kindsOf(options.credentials ?? []),
    verifier: options.verifier,
    keyShareGroups,
    maxFragmentLength: checkMaxFragmentLength(options.maxFragmentLength),
    fallbackScsv: options.fallbackScsv ?? false,
    middleboxCompatibility: options.middleboxCompatibility ?? true,
    preSharedKeys: checkPreSharedKeys(options.preSharedKeys ?? []),
    minDiffieHellmanBits: inRange('minDiffieHellmanBits', options.minDiffieHellmanBits ?? 2048, 768, MAX_DIFFIE_HELLMAN_BITS),
    choosePreSharedKey: options.choosePreSharedKey,
    sessionStore: options.sessionStore,
    ticketRequest: options.ticketRequest && checkTicketRequest(options.ticketRequest),
    permuteExtensions: options.permuteExtensions ?? false,
    shapeClientHello: options.shapeClientHello,
  });
}

/**
 * Checks and resolves a server's options. Throws `ApiMisuse` as `defineClientConfig`, and `ERR_TLS_NO_VERIFIER` when clients are asked
 * for certificates that nobody would verify, `ERR_TLS_TICKET_STORE` when tickets should be sealed and kept.
 */
export function defineServerConfig(options: ServerOptions): ServerConfig {
  const clientCertificates = options.clientCertificates ?? 'none';
  if (clientCertificates !== 'none' && options.verifier === undefined) {
    throw new ApiMisuse('ERR_TLS_NO_VERIFIER', `clientCertificates: '${clientCertificates}' needs a verifier`);
  }
  if (options.requireCookie === true && options.cookieSealer === undefined) {
    throw new ApiMisuse('ERR_TLS_NO_COOKIE_SEALER', 'requireCookie needs a cookieSealer');
  }
  const common = resolveCommon(options);
  return Object.freeze({
    role: 'server' as const,
    ...common,
    credentials: prepareCredentials(options.credentials ?? [], common),
    clientCertificates,
    clientCertificateTypes: resolveKinds('clientCertificateTypes', options.clientCertificateTypes),
    verifier: options.verifier,
    selectConfig: options.selectConfig,
    chooseAlpnProtocol: options.chooseAlpnProtocol,
    lookUpPreSharedKey: options.lookUpPreSharedKey,
    pskIdentityHint: options.pskIdentityHint && checkPskIdentityHint(options.pskIdentityHint),
    diffieHellmanParameters: options.diffieHellmanParameters && checkParameters(options.diffieHellmanParameters),
    tickets: inRange('tickets', options.tickets ?? 2, 0, 255),
    maxRequestedTickets: inRange('maxRequestedTickets', options.maxRequestedTickets ?? 8, 0, 255),
    ticketLifetime: inRange('ticketLifetime', options.ticketLifetime ?? DEFAULT_TICKET_LIFETIME, 0, MAX_TICKET_LIFETIME),
    ticketSealer: chooseTicketSealer(options),
    sessionCache: options.sessionCache,
    cookieSealer: options.cookieSealer,
    requireCookie: options.requireCookie ?? false,
    announceGroups: options.announceGroups ?? false,
  });
}

/** Seconds. */
const DEFAULT_TICKET_LIFETIME = 7200;

function chooseTicketSealer({ provider, ticketSealer, ticketStore, ticketLifetime, now = Date.now }: ServerOptions): Sealer {
  if (ticketStore !== undefined) {
    if (ticketSealer === undefined) return storeAsSealer(ticketStore, provider.random, now);
    throw new ApiMisuse('ERR_TLS_TICKET_STORE', 'ticketSealer and ticketStore exclude each other: a ticket is sealed, or kept');
  }
  return ticketSealer ?? createTicketKeys(provider, { overlap: ticketLifetime ?? DEFAULT_TICKET_LIFETIME, now });
}

function checkPreSharedKeys(keys: NonNullable<ClientOptions['preSharedKeys']>): NonNullable<ClientOptions['preSharedKeys']> {
  if (typeof keys !== 'function') for (const key of keys) checkPreSharedKey(key);
  return keys;
}

/** Throws `ApiMisuse` (`ERR_TLS_OPTION_RANGE`) for one that does not fit (RFC 4279 §2). */
export function checkPskIdentityHint(hint: Uint8Array): Uint8Array {
  inRange('pskIdentityHint.length', hint.length, 1, 0xffff);
  return hint;
}

function checkParameters(parameters: FiniteFieldParameters): FiniteFieldParameters {
  const problem = checkFiniteFieldParameters(parameters, { minBits: 2048, maxBits: MAX_DIFFIE_HELLMAN_BITS });
  if (problem === undefined) return parameters;
  const problemInWords = problem.replaceAll('_', ' ');
  throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `diffieHellmanParameters cannot be used: ${problemInWords} (2048 to 8192 bits)`);
}

function checkMaxFragmentLength(length: MaxFragmentLength | undefined): MaxFragmentLength | undefined {
  if (length === undefined || Object.hasOwn(MAX_FRAGMENT_LENGTHS, length)) return length;
  throw new ApiMisuse(
    'ERR_TLS_OPTION_RANGE',
    `maxFragmentLength is ${length}: one of ${Object.keys(MAX_FRAGMENT_LENGTHS).join(', ')} is expected`,
  );
}

/** The first group; and the first of the other kind, so that a server that does not know ML-KEM needs no second round trip, nor one that insists. */
function usualKeyShares(groups: readonly KeyExchangeGroup[]): readonly KeyExchangeGroup[] {
  return groups.filter((group) => [true, false].some((kind) => groups.find(({ id }) => isPostQuantum(id) === kind) === group));
}

function checkHeartbeat(mode: HeartbeatMode | undefined): HeartbeatMode | undefined {
  if (mode === undefined || Object.hasOwn(HEARTBEAT_MODES, mode)) return mode;
  const known = Object.keys(HEARTBEAT_MODES).join(', ');
  throw new ApiMisuse('ERR_TLS_UNKNOWN_NAME', `heartbeat is ${mode}: one of ${known} is expected`);
}

function checkTicketRequest({ newSessionCount, resumptionCount }: TicketRequest): TicketRequest {
  return {
    newSessionCount: inRange('newSessionCount', newSessionCount, 0, 255),
    resumptionCount: inRange('resumptionCount', resumptionCount, 0, 255),
  };
}

function checkModes(modes: readonly PskKeyExchangeMode[]): readonly PskKeyExchangeMode[] {
  if (modes.length > 0 && modes.every((mode) => Object.hasOwn(PSK_MODES, mode))) return modes;
  const known = Object.keys(PSK_MODES).join(', ');
  throw new ApiMisuse('ERR_TLS_UNKNOWN_NAME', `pskKeyExchangeModes is [${modes.join(', ')}]: some of ${known} are expected`);
}

function resolveCommon(options: CommonOptions & { readonly verifier?: PeerVerifier | undefined }) {
  const { provider } = options;
  const spoken = resolveVersions(options);
  return {
    provider,
    ...spoken,
    insecureMacThenEncrypt: options.insecureMacThenEncrypt ?? false,
    insecureNoExtendedMasterSecret: options.insecureNoExtendedMasterSecret ?? false,
    ...resolveGroups(options, spoken.versions),
    ...resolveAuthentication(options),
    alpnProtocols: checkProtocols(options.alpnProtocols ?? []),
    recordSizeLimit:
      options.recordSizeLimit === undefined ? undefined : inRange('recordSizeLimit', options.recordSizeLimit, 64, 16385),
    heartbeat: checkHeartbeat(options.heartbeat),
    srtpProfiles: resolveSrtpProfiles(options.srtpProfiles),
    maxSendFragment: inRange('maxSendFragment', options.maxSendFragment ?? 16384, 1, 16384),
    pskKeyExchangeModes: checkModes(options.pskKeyExchangeModes ?? ['psk_dhe_ke']),
    recordPadding: paddingPolicy(options.recordPadding ?? 'none'),
    renegotiation: checkPolicy(options.renegotiation ?? 'refuse'),
    limits: resolveLimits(options.limits),
    grease: options.grease ?? false,
    warn: options.warn && onceForEach(options.warn),
    now: options.now ?? Date.now,
  };
}

function resolveGroups({ provider, groups: names }: CommonOptions, versions: readonly VersionName[]) {
  const groups =
    names === undefined
      ? orRefuse('group', provider, defaultGroups(provider))
      : pick('group', provider.groups, names, (group) => group.name);
  if (!groups.some(({ id }) => versions.some((version) => isGroupOf(version, id)))) {
    throw new ApiMisuse(
      'ERR_TLS_UNKNOWN_NAME',
      `groups is [${names?.join(', ')}]: none of them is one of ${versions.join(', ')}`,
    );
  }
  return { groups, tls13Groups: groups.filter(({ id }) => isGroupOf('TLSv1.3', id)) };
}

function resolveSrtpProfiles(names: CommonOptions['srtpProfiles']): readonly number[] {
  if (names === undefined) return [];
  return pick('SRTP profile', Object.entries(SRTP_PROTECTION_PROFILES), names, ([name]) => name).map(([, id]) => id);
}

/** The first call for each name. */
function onceForEach(warn: NonNullable<CommonOptions['warn']>): NonNullable<CommonOptions['warn']> {
  const told = new Set<string>();
  return (message, name) => {
    if (told.has(name)) return;
    told.add(name);
    warn(message, name);
  };
}

function checkPolicy(policy: RenegotiationPolicy): RenegotiationPolicy {
  if (policy === 'refuse' || policy === 'accept') return policy;
  throw new ApiMisuse('ERR_TLS_UNKNOWN_NAME', `renegotiation is ${JSON.stringify(policy)}: 'refuse' or 'accept' is expected`);
}

/** The versions, and the suites of each. */
function resolveVersions({ provider, versions, cipherSuites, legacy: given }: CommonOptions) {
  const advice = given === undefined ? IMPORT_LEGACY : undefined;
  const legacy = given ?? NO_LEGACY;
  const spoken = [...ALL_VERSIONS, ...legacy.versions.map(({ name }) => name)];
  const wanted = versions === undefined ? ALL_VERSIONS : pick('version', spoken, versions, (name) => name, advice);
  const known = [...TLS12_CIPHER_SUITES, ...legacy.cipherSuites];
  const [available13, tls12] = [availableCipherSuites(provider), availableTls12CipherSuites(provider, known)];
  pick<{ name: string }>('cipher suite', [...available13, ...tls12], cipherSuites, ({ name }) => name, advice);
  const named = <T extends { readonly name: string }>(suites: readonly T[], defaults: readonly T[]): readonly T[] =>
    cipherSuites === undefined ? defaults : cipherSuites.flatMap((name) => suites.filter((suite) => suite.name === name));
  const suites = wanted.includes('TLSv1.3') ? named(available13, defaultCipherSuites(provider)) : [];
  const old = legacy.versions.filter(({ name }) => wanted.includes(name)).map((version) => orThrow(version, provider));
  const candidates = wanted.includes('TLSv1.2') ? [TLS12, ...old] : old;
  const tls12Suites = named(tls12, defaultTls12CipherSuites(provider)).filter((suite) =>
    candidates.some((version) => version.hasSuite(suite)),
  );
  orRefuse<unknown>('cipher suite', provider, [...suites, ...tls12Suites]);
  const tls12Versions = candidates.filter((version) => tls12Suites.some((suite) => version.hasSuite(suite)));
  for (const { name } of old) if (!tls12Versions.some((version) => version.name === name)) throw noSuiteOf(name);
  const tls13: readonly VersionName[] = suites.length > 0 ? ['TLSv1.3'] : [];
  return { versions: [...tls13, ...tls12Versions.map(({ name }) => name)], tls12Versions, suites, tls12Suites };
}

function orThrow(version: LegacyVersion, provider: CryptoProvider): Tls12Version {
  const resolved = version.resolve(provider);
  if (resolved !== undefined) return resolved;
  throw new ApiMisuse('ERR_TLS_UNKNOWN_NAME', `the ${provider.name} provider has not the parts that ${version.name} needs`);
}

function noSuiteOf(name: VersionName): ApiMisuse {
  const problem = `${name} has none of the cipher suites that would be used: name some that it has, as TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA`;
  return new ApiMisuse('ERR_TLS_UNKNOWN_NAME', problem);
}

const ALL_VERSIONS: readonly VersionName[] = ['TLSv1.3', 'TLSv1.2'];

/** A provider may have only what has to be asked for. */
function orRefuse<T>(what: string, provider: CryptoProvider, defaults: readonly T[]): readonly T[] {
  if (defaults.length > 0) return defaults;
  throw new ApiMisuse(
    'ERR_TLS_UNKNOWN_NAME',
    `the ${provider.name} provider has none of the ${what}s that would be used: name those to use`,
  );
}

function checkProtocols(protocols: readonly string[]): readonly string[] {
  for (const protocol of protocols) {
    if (protocol.length < 1 || protocol.length > 255 || [...protocol].some((character) => character > 'ÿ')) {
      throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `the ALPN protocol ${JSON.stringify(protocol)} is not 1 to 255 bytes`);
    }
  }
  return protocols;
}
