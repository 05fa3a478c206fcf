/**
 * What connections are configured with: checked once, resolved to parts, frozen, cheap to share by 100,000 connections.
 */

import { EMPTY } from '../core/bytes/bytes.ts';
import { ApiMisuse } from '../core/errors/errors.ts';
import type { Eventually } from '../core/flow/flow.ts';
import type { PeerVerifier } from '../crypto/peer-verifier.ts';
import type { CryptoProvider } from '../crypto/provider.ts';
import type { ClientConfig, ClientHelloInfo, PreparedCredential, ServerConfig } from '../protocol/handshake/config.ts';
import type { Credential } from '../protocol/handshake/credential.ts';
import { extensionsOf, type RawExtension } from '../protocol/messages/extensions/block.ts';
import { Certificate, writeMessage } from '../protocol/messages/messages.ts';
import { MAX_TICKET_LIFETIME } from '../protocol/messages/new-session-ticket.ts';
import { availableCipherSuites, defaultCipherSuites } from '../protocol/negotiate/cipher-suites.ts';
import { defaultGroups } from '../protocol/negotiate/groups.ts';
import { schemeFitsKey, TLS13_SIGNATURE_SCHEMES } from '../protocol/negotiate/signature-schemes.ts';
import { createSealer, SEALER_KEY_SIZE, type Sealer } from '../protocol/session/sealer.ts';

export type { ClientConfig, ClientHelloInfo, ServerConfig } from '../protocol/handshake/config.ts';

/** What both roles can set. Names are IANA's, in order of preference. */
export interface CommonOptions {
  readonly provider: CryptoProvider;
  /**
   * As `TLS_AES_128_GCM_SHA256`. Default: AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305, so far as the provider has them. To be named:
   * `TLS_AES_128_CCM_SHA256`, `TLS_AES_128_CCM_8_SHA256` (RFC 8446 §B.4).
   */
  readonly cipherSuites?: readonly string[] | undefined;
  /**
   * As `x25519`. Default: `x25519`, `secp256r1`, `secp384r1`. To be named: `x448`, `secp521r1`, `ffdhe2048`, `ffdhe3072`, `ffdhe4096`
   * (RFC 8446 §4.2.7, RFC 7919), and any other that the provider has.
   */
  readonly groups?: readonly string[] | undefined;
  /** As `ecdsa_secp256r1_sha256`. */
  readonly signatureSchemes?: readonly string[] | undefined;
  /** RFC 7301. Each 1 to 255 bytes, as text of those byte values. */
  readonly alpnProtocols?: readonly string[] | undefined;
  /** The largest record that we are willing to receive (RFC 8449): 64 to 16385, content type included. A client without it does not ask. */
  readonly recordSizeLimit?: number | undefined;
  /** The largest plaintext fragment that we send, 1 to 16384 (the default). */
  readonly maxSendFragment?: number | undefined;
  /** The clock; default `Date.now`. Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
}

export interface ClientOptions extends CommonOptions {
  /** Decides about the server. Mandatory: for none, `trustWithoutVerification('why')`. */
  readonly verifier: PeerVerifier;
  /** For a server that asks: the first that fits its signature schemes. */
  readonly credentials?: readonly Credential[] | undefined;
  /** The groups to send key shares for in the first ClientHello; default: the first group. */
  readonly keyShareGroups?: readonly string[] | undefined;
  /** Send a legacy session id and change_cipher_spec, so that middleboxes see TLS 1.2 (RFC 8446 §D.4); default true. */
  readonly middleboxCompatibility?: boolean | undefined;
  /**
   * Changes the extensions of each ClientHello before it is written (pre_shared_key is added after): for tests of servers, and to look
   * like another client. What is announced here and not supported fails when the server takes it.
   */
  readonly shapeClientHello?: ((extensions: readonly RawExtension[]) => readonly RawExtension[]) | undefined;
}

export interface ServerOptions extends CommonOptions {
  /** The first that fits the client's signature schemes. */
  readonly credentials: readonly Credential[];
  /** Whether clients are asked for a certificate; default `none`. With `request` and `require` a verifier is mandatory. */
  readonly clientCertificates?: 'none' | 'request' | 'require' | undefined;
  readonly verifier?: PeerVerifier | undefined;
  /** Chooses another config by the ClientHello (a virtual host, say). `undefined` stays with this one; throw `PeerIncompatible('server_name', …)` to refuse. */
  readonly selectConfig?: ((hello: ClientHelloInfo) => Eventually<ServerConfig | undefined>) | undefined;
  /** Chooses the application protocol in place of `alpnProtocols`; undefined refuses with no_application_protocol. */
  readonly chooseAlpnProtocol?: ((hello: ClientHelloInfo) => Eventually<string | undefined>) | undefined;
  /** How many tickets follow a full handshake (a resumed one gets at most one); default 2; 0 turns resumption off. */
  readonly tickets?: number | undefined;
  /** Seconds; at most 604800 (RFC 8446 §4.6.1); default 7200. */
  readonly ticketLifetime?: number | undefined;
  /** Seals tickets: give several servers the same, so that they accept each other's. Default: `createSealer` with a random key. */
  readonly ticketSealer?: Sealer | undefined;
  /** With it, a HelloRetryRequest carries a cookie, and its answer may come to a server that has no memory of it (RFC 8446 §4.2.2). */
  readonly cookieSealer?: Sealer | undefined;
  /** Answers every first ClientHello with a HelloRetryRequest, so that nothing is computed for an address that was not proven. Default false. */
  readonly requireCookie?: boolean | undefined;
  /** Tell the client all our groups in EncryptedExtensions (RFC 8446 §4.2.7); default false. */
  readonly announceGroups?: boolean | undefined;
}

/**
 * Checks and resolves a client's options. Throws `ApiMisuse`: `ERR_TLS_UNKNOWN_NAME` for a name that the provider does not have,
 * `ERR_TLS_OPTION_RANGE` for a number out of its range, `ERR_TLS_CREDENTIAL` for a key that no scheme fits.
 */
export function defineClientConfig(options: ClientOptions): ClientConfig {
  const common = resolveCommon(options);
  const keyShareGroups =
    options.keyShareGroups === undefined
      ? common.groups.slice(0, 1)
      : pick('key share group', common.groups, options.keyShareGroups, (group) => group.name);
  return Object.freeze({
    role: 'client' as const,
    ...common,
    credentials: prepareCredentials(options.credentials ?? []),
    verifier: options.verifier,
    keyShareGroups,
    middleboxCompatibility: options.middleboxCompatibility ?? true,
    shapeClientHello: options.shapeClientHello,
  });
}

/**
 * Checks and resolves a server's options. Throws `ApiMisuse` as `defineClientConfig`, and `ERR_TLS_NO_VERIFIER` when clients are asked
 * for certificates that nobody would verify.
 */
export function defineServerConfig(options: ServerOptions): ServerConfig {
  const clientCertificates = options.clientCertificates ?? 'none';
  if (clientCertificates !== 'none' && options.verifier === undefined) {
    throw new ApiMisuse('ERR_TLS_NO_VERIFIER', `clientCertificates: '${clientCertificates}' needs a verifier`);
  }
  if (options.requireCookie === true && options.cookieSealer === undefined) {
    throw new ApiMisuse('ERR_TLS_NO_COOKIE_SEALER', 'requireCookie needs a cookieSealer');
  }
  const { provider } = options;
  return Object.freeze({
    role: 'server' as const,
    ...resolveCommon(options),
    credentials: prepareCredentials(options.credentials),
    clientCertificates,
    verifier: options.verifier,
    selectConfig: options.selectConfig,
    chooseAlpnProtocol: options.chooseAlpnProtocol,
    tickets: inRange('tickets', options.tickets ?? 2, 0, 255),
    ticketLifetime: inRange('ticketLifetime', options.ticketLifetime ?? 7200, 0, MAX_TICKET_LIFETIME),
    ticketSealer: options.ticketSealer ?? createSealer(provider, provider.random(SEALER_KEY_SIZE), 'ticket'),
    cookieSealer: options.cookieSealer,
    requireCookie: options.requireCookie ?? false,
    announceGroups: options.announceGroups ?? false,
  });
}

function resolveCommon(options: CommonOptions) {
  const { provider } = options;
  return {
    provider,
    suites:
      options.cipherSuites === undefined
        ? orRefuse('cipher suite', provider, defaultCipherSuites(provider))
        : pick('cipher suite', availableCipherSuites(provider), options.cipherSuites, (suite) => suite.name),
    groups:
      options.groups === undefined
        ? orRefuse('group', provider, defaultGroups(provider))
        : pick('group', provider.groups, options.groups, (group) => group.name),
    signatureSchemes: pick('signature scheme', TLS13_SIGNATURE_SCHEMES, options.signatureSchemes, (scheme) => scheme.name),
    alpnProtocols: checkProtocols(options.alpnProtocols ?? []),
    recordSizeLimit:
      options.recordSizeLimit === undefined ? undefined : inRange('recordSizeLimit', options.recordSizeLimit, 64, 16385),
    maxSendFragment: inRange('maxSendFragment', options.maxSendFragment ?? 16384, 1, 16384),
    now: options.now ?? Date.now,
  };
}

/** A provider may have only what has to be asked for. */
function orRefuse<T>(what: string, provider: CryptoProvider, defaults: readonly T[]): readonly T[] {
  if (defaults.length > 0) return defaults;
  throw new ApiMisuse(
    'ERR_TLS_UNKNOWN_NAME',
    `the ${provider.name} provider has none of the default ${what}s: name those to use`,
  );
}

/** The parts of those names, in their order; all parts without names. */
function pick<T>(
  what: string,
  parts: readonly T[],
  names: readonly string[] | undefined,
  nameOf: (part: T) => string,
): readonly T[] {
  if (names === undefined) return parts;
  if (names.length === 0) throw new ApiMisuse('ERR_TLS_UNKNOWN_NAME', `an empty list of ${what}s leaves nothing to agree on`);
  return names.map((name) => {
    const part = parts.find((candidate) => nameOf(candidate) === name);
    if (part !== undefined) return part;
    throw new ApiMisuse('ERR_TLS_UNKNOWN_NAME', `no ${what} ${name} here; there are: ${parts.map(nameOf).join(', ')}`);
  });
}

function inRange(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `${name} is ${value}: an integer from ${min} to ${max} is expected`);
}

function checkProtocols(protocols: readonly string[]): readonly string[] {
  for (const protocol of protocols) {
    if (protocol.length < 1 || protocol.length > 255 || [...protocol].some((character) => character > 'ÿ')) {
      throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `the ALPN protocol ${JSON.stringify(protocol)} is not 1 to 255 bytes`);
    }
  }
  return protocols;
}

function prepareCredentials(credentials: readonly Credential[]): readonly PreparedCredential[] {
  return credentials.map((credential) => {
    const { type } = credential.signer;
    if (!TLS13_SIGNATURE_SCHEMES.some((scheme) => scheme.signsHandshakes && schemeFitsKey(scheme, type))) {
      throw new ApiMisuse('ERR_TLS_CREDENTIAL', `a ${type.kind} key cannot sign a TLS 1.3 handshake`);
    }
    if (credential.chain.length === 0) throw new ApiMisuse('ERR_TLS_CREDENTIAL', 'the certificate chain is empty');
    const certificateMessage = writeMessage(Certificate, {
      certificateRequestContext: EMPTY,
      certificateList: credential.chain.map((certData) => ({ certData, extensions: extensionsOf('certificate', {}) })),
    });
    return { credential, certificateMessage };
  });
}
