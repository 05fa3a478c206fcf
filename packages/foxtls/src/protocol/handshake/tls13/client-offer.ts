/**
 * The client's ClientHello: what it offers, and the keys behind the offer (RFC 8446 §4.1.2, §4.2.8, §4.2.11).
 */

import { concat, EMPTY } from '../../../core/bytes/bytes.ts';
import { settle } from '../../../core/flow/flow.ts';
import { EXTENSION_TYPES } from '../../../core/registry/extension-types.ts';
import { encode } from '../../../core/wire/codec.ts';
import type { KeyExchange, KeyExchangeGroup } from '../../../crypto/key-exchange.ts';
import { finishedVerifyData } from '../../keys/finished.ts';
import type { LabelledHash } from '../../keys/hkdf.ts';
import { EarlySecret } from '../../keys/key-schedule.ts';
import type { Transcript } from '../../keys/transcript.ts';
import { extensionsOf, type RawExtension, withList } from '../../messages/extensions/block.ts';
import { bindersLength, preSharedKeyOffer } from '../../messages/extensions/pre-shared-key.ts';
import { PSK_DHE_KE } from '../../messages/extensions/psk-key-exchange-modes.ts';
import { writeMessage } from '../../messages/messages.ts';
import type { CipherSuite } from '../../negotiate/cipher-suites.ts';
import type { ClientSession } from '../../session/client-session.ts';
import type { ClientConfig } from '../config.ts';
import type { HandshakeFlow } from '../receive.ts';
import type { HandshakeContext } from '../transport.ts';

/** What one connection asks for, beyond its config. */
export interface ClientRequest {
  readonly serverName: string | undefined;
  readonly session: ClientSession | undefined;
}

export interface KeyShare {
  readonly group: KeyExchangeGroup;
  readonly exchange: KeyExchange;
}

/** A session that is offered: its suite, for the hash, and the early secret of its PSK. */
export interface OfferedSession {
  readonly session: ClientSession;
  readonly suite: CipherSuite;
  readonly labelled: LabelledHash;
  readonly earlySecret: EarlySecret;
}

/** Everything that was said in a ClientHello, to judge the answers by. */
export interface ClientOffer {
  readonly random: Uint8Array;
  readonly legacySessionId: Uint8Array;
  readonly keyShares: readonly KeyShare[];
  readonly psk: OfferedSession | undefined;
  /** The extension types that stood in it. */
  readonly offeredTypes: ReadonlySet<number>;
  /** The message. */
  readonly bytes: Uint8Array;
}

/** The parts of a ClientHello that a HelloRetryRequest changes. */
interface Changing {
  readonly random: Uint8Array;
  readonly legacySessionId: Uint8Array;
  readonly keyShares: readonly KeyShare[];
  readonly psk: OfferedSession | undefined;
  readonly cookie: Uint8Array | undefined;
}

export function* firstOffer(
  context: HandshakeContext,
  config: ClientConfig,
  request: ClientRequest,
  transcript: Transcript,
): HandshakeFlow<ClientOffer> {
  const { random } = config.provider;
  const compatible = config.middleboxCompatibility && context.transport.variant.middleboxCompatibility;
  const changing: Changing = {
    random: random(32),
    legacySessionId: compatible ? random(32) : EMPTY,
    keyShares: yield* makeKeyShares(config, config.keyShareGroups),
    psk: offeredSession(context, config, request),
    cookie: undefined,
  };
  return writeOffer(context, config, request, transcript, changing);
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
  const psk = first.psk?.suite.hash.name === retry.suite.hash.name ? first.psk : undefined;
  return writeOffer(context, config, request, transcript, { ...first, keyShares, psk, cookie: retry.cookie });
}

function* makeKeyShares(config: ClientConfig, groups: readonly KeyExchangeGroup[]): HandshakeFlow<KeyShare[]> {
  const shares: KeyShare[] = [];
  for (const group of groups) shares.push({ group, exchange: yield* settle(group.start(config.provider.random)) });
  return shares;
}

/** The session, if this config may still use it. */
function offeredSession(context: HandshakeContext, config: ClientConfig, request: ClientRequest): OfferedSession | undefined {
  const { session } = request;
  if (session === undefined || session.serverName !== request.serverName) return undefined;
  if (session.peer.kind !== 'verified' && config.verifier.acceptsUnverified !== true) return undefined;
  const suite = config.suites.find((candidate) => candidate.id === session.suite);
  if (suite === undefined || config.now() >= session.receivedAt + session.lifetime * 1000) return undefined;
  const labelled = { hash: suite.hash, labelPrefix: context.transport.variant.labelPrefix };
  return { session, suite, labelled, earlySecret: new EarlySecret(labelled, session.psk) };
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
  if (changing.psk !== undefined) list.push(pskExtension(config, changing.psk));
  const { variant } = context.transport;
  const unbound = writeMessage(variant.clientHello, {
    legacyVersion: variant.legacyVersion,
    random: changing.random,
    legacySessionId: changing.legacySessionId,
    cipherSuites: config.suites.map((suite) => suite.id),
    legacyCompressionMethods: Uint8Array.of(0),
    extensions: withList('client_hello', list),
  });
  const bytes = changing.psk === undefined ? unbound : bind(unbound, changing.psk, transcript);
  return { ...changing, offeredTypes: new Set(list.map(({ type }) => type)), bytes };
}

function offeredExtensions(
  context: HandshakeContext,
  config: ClientConfig,
  request: ClientRequest,
  changing: Changing,
): readonly RawExtension[] {
  const { list } = extensionsOf('client_hello', {
    ...(request.serverName !== undefined && isHostName(request.serverName) && { server_name: request.serverName }),
    supported_groups: config.groups.map((group) => group.id),
    signature_algorithms: config.signatureSchemes.map((scheme) => scheme.id),
    ...(config.alpnProtocols.length > 0 && { application_layer_protocol_negotiation: config.alpnProtocols }),
    ...(config.recordSizeLimit !== undefined && { record_size_limit: config.recordSizeLimit }),
    supported_versions: [context.transport.variant.version],
    ...(changing.cookie !== undefined && { cookie: changing.cookie }),
    // Sent without a session too: it says which tickets we can use (RFC 8446 §4.2.9).
    psk_key_exchange_modes: [PSK_DHE_KE],
    key_share: changing.keyShares.map(({ group, exchange }) => ({ group: group.id, keyExchange: exchange.share })),
  });
  return config.shapeClientHello?.(list) ?? list;
}

/** "Literal IPv4 and IPv6 addresses are not permitted in "HostName"." (RFC 6066 §3) */
export function isHostName(name: string): boolean {
  return !name.includes(':') && !/^[0-9.]+$/.test(name);
}

/** The extension with a binder of zeros in place of the right one. */
function pskExtension(config: ClientConfig, { session, suite }: OfferedSession): RawExtension {
  // "… an obfuscated version of the ticket age formed by taking the age in milliseconds and adding the "ticket_age_add" value that was
  // included with the ticket …, modulo 2^32." (RFC 8446 §4.2.11.1)
  const age = Math.max(0, config.now() - session.receivedAt);
  const identity = { identity: session.ticket, obfuscatedTicketAge: (age + session.ticketAgeAdd) % 2 ** 32 };
  const data = encode(preSharedKeyOffer, { identities: [identity], binders: [new Uint8Array(suite.hash.size)] });
  return { type: EXTENSION_TYPES.pre_shared_key, data };
}

/** Puts the binder in (RFC 8446 §4.2.11.2): an HMAC over the transcript up to the binders list. */
function bind(unbound: Uint8Array, { suite, labelled, earlySecret }: OfferedSession, transcript: Transcript): Uint8Array {
  const truncated = unbound.subarray(0, unbound.length - bindersLength([new Uint8Array(suite.hash.size)]));
  const transcriptHash = transcript.hashWith(suite.hash, truncated);
  const binder = finishedVerifyData(labelled, earlySecret.binderKey('resumption'), transcriptHash);
  return concat(unbound.subarray(0, unbound.length - binder.length), binder);
}
