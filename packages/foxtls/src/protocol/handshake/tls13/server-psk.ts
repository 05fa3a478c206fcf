/**
 * PSKs as the server sees them: the one that is taken, its suite, its mode, and the check of its binder (RFC 8446 §4.2.9, §4.2.11).
 *
 * ```
 *   for each identity of the offer:   a ticket of ours that fits? ── else ──▶ an external key, imported or not, that is known?
 *   the first is taken, and its binder alone is checked
 * ```
 */

import { copyOf, EMPTY, equal } from '../../../core/bytes/bytes.ts';
import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { settle } from '../../../core/flow/flow.ts';
import { finishedVerifyData, verifyFinished } from '../../keys/finished.ts';
import { type BinderKind, EarlySecret } from '../../keys/key-schedule.ts';
import { bindersLength, type OfferedPsks } from '../../messages/extensions/pre-shared-key.ts';
import type { PskKeyExchangeMode } from '../../messages/extensions/psk-key-exchange-modes.ts';
import { type CipherSuite, hashesOf } from '../../negotiate/cipher-suites.ts';
import { sharedPskModes } from '../../negotiate/psk-key-exchange-modes.ts';
import { type ExternalKey, type UsablePsk, usablePsks } from '../../session/pre-shared-key.ts';
import { readImportedIdentity } from '../../session/psk-importer.ts';
import type { TicketState } from '../../session/ticket-state.ts';
import type { PreSharedKeyLookUp, ServerConfig } from '../config.ts';
import type { PeerIdentity } from '../peer-identity.ts';
import type { HandshakeFlow } from '../receive.ts';
import type { HandshakeContext } from '../transport.ts';
import { type CheckedClientHello, clientHelloInfo } from './server-offer.ts';
import { openTicket } from './server-resumption.ts';
import type { Agreement } from './traffic.ts';

/** A PSK that the server will use, if its binder is right. */
export interface FoundPsk {
  /** As on the wire, and its place in the offer. */
  readonly identity: Uint8Array;
  readonly index: number;
  readonly suite: CipherSuite;
  readonly mode: PskKeyExchangeMode;
  readonly secret: Uint8Array;
  readonly binder: BinderKind;
  /** Who the client is if it holds the key. */
  readonly client: PeerIdentity;
  /** The session that is resumed; undefined for an external key. */
  readonly session: TicketState | undefined;
  readonly ticketAgeSkew: number | undefined;
}

/** A PSK in use. */
export interface AcceptedPsk extends FoundPsk {
  readonly earlySecret: EarlySecret;
}

/** Looking a key up costs work that a stranger can ask for: no more identities than this are looked at. */
const MAX_IDENTITIES_TRIED = 8;

/**
 * How the PSKs of an offer would be used: our first mode that the client has too, psk_dhe_ke only with a common group. Undefined when there
 * are none, or none can be used.
 */
export function choosePskMode(config: ServerConfig, offer: CheckedClientHello): PskKeyExchangeMode | undefined {
  if (offer.hello.extensions.values.pre_shared_key === undefined) return undefined;
  const hasGroup = config.tls13Groups.some(({ id }) => offer.groups.includes(id));
  return sharedPskModes(config.pskKeyExchangeModes, offer.pskModes).find((mode) => mode === 'psk_ke' || hasGroup);
}

/**
 * The suite of a HelloRetryRequest that asks for a cookie. It stays, whatever key is found then; and until then nobody looks for one, for that costs
 * the application work that a stranger could ask for. What is seen of a key before is its hash, by the length of its binder, which "is computed in the
 * same way as the Finished message" (RFC 8446 §4.2.11.2): our first suite for the first key that there is one for, as `findPsk` would have
 * it. Keys of other hashes are not used with it. For a server that knows tickets alone they decide nothing here either.
 */
export function suiteBeforeLookUp(config: ServerConfig, offer: CheckedClientHello, suites: readonly CipherSuite[]): CipherSuite {
  const mayUse = config.lookUpPreSharedKey !== undefined && choosePskMode(config, offer) !== undefined;
  const binders = mayUse ? offer.hello.extensions.values.pre_shared_key?.binders.slice(0, MAX_IDENTITIES_TRIED) : undefined;
  const fitting = binders?.map(({ length }) => suites.find(({ hash }) => hash.size === length)) ?? [];
  return fitting.find((suite) => suite !== undefined) ?? (suites[0] as CipherSuite);
}

/**
 * The first identity of the offer that can be used. A ticket has to fit the suite that is chosen anyway; but "externally established PSKs
 * SHOULD influence cipher suite selection" (RFC 8446 §4.2.11): with one goes our first suite of its hash. `suites`: those to choose from, in our
 * order; after a HelloRetryRequest the one that it named.
 */
export function* findPsk(
  context: HandshakeContext,
  config: ServerConfig,
  offer: CheckedClientHello,
  suites: readonly CipherSuite[],
): HandshakeFlow<FoundPsk | undefined> {
  const mode = choosePskMode(config, offer);
  const preferred = suites[0];
  if (mode === undefined || preferred === undefined) return undefined;
  const identities = offer.hello.extensions.values.pre_shared_key?.identities.slice(0, MAX_IDENTITIES_TRIED) ?? [];
  for (const [index, { identity, obfuscatedTicketAge }] of identities.entries()) {
    const session = yield* openTicket(context, config, offer, preferred, identity);
    if (session !== undefined) {
      const ticketAgeSkew = ageSkew(session, obfuscatedTicketAge, config.now());
      const facts = { secret: session.psk, binder: 'resumption', client: session.client } as const;
      return { identity, index, suite: preferred, mode, ...facts, session, ticketAgeSkew };
    }
    const external = yield* lookUp(context, config, offer, suites, identity);
    if (external !== undefined) return { index, mode, ...external };
  }
  return undefined;
}

/** The difference of two clocks' ideas of an age, between -2^31 and 2^31 (RFC 8446 §8.3). Without early data it decides nothing. */
function ageSkew(session: TicketState, obfuscatedTicketAge: number, now: number): number {
  const theirs = obfuscatedTicketAge - session.ticketAgeAdd;
  return (theirs - (now - session.created)) | 0;
}

type ExternalPsk = Omit<FoundPsk, 'index' | 'mode'>;

function* lookUp(
  context: HandshakeContext,
  config: ServerConfig,
  offer: CheckedClientHello,
  suites: readonly CipherSuite[],
  identity: Uint8Array,
): HandshakeFlow<ExternalPsk | undefined> {
  const { lookUpPreSharedKey } = config;
  if (lookUpPreSharedKey === undefined) return undefined;
  const { variant } = context.transport;
  const imported = readImportedIdentity(identity, variant.version);
  const named = imported === undefined ? undefined : { context: copyOf(imported.context) };
  const name = copyOf(imported?.externalIdentity ?? identity);
  const key = yield* ask(lookUpPreSharedKey, context, offer, name, named);
  const match = matchKey(config, variant, suites, identity, name, key);
  if (match !== undefined || imported === undefined) return match;
  // What looks like an imported identity may be somebody's external one.
  const whole = copyOf(identity);
  const plain = yield* ask(lookUpPreSharedKey, context, offer, whole, undefined);
  return matchKey(config, variant, suites, identity, whole, plain);
}

function* ask(
  lookUpPreSharedKey: PreSharedKeyLookUp,
  context: HandshakeContext,
  offer: CheckedClientHello,
  identity: Uint8Array,
  imported: { readonly context: Uint8Array } | undefined,
): HandshakeFlow<ExternalKey | undefined> {
  const info = { imported, signal: context.signal, ...clientHelloInfo(offer) };
  return yield* settle(lookUpPreSharedKey(identity, info));
}

/** The PSK of a key that has this identity on the wire, with our first suite for it. */
function matchKey(
  config: ServerConfig,
  variant: HandshakeContext['transport']['variant'],
  suites: readonly CipherSuite[],
  identity: Uint8Array,
  name: Uint8Array,
  key: ExternalKey | undefined,
): ExternalPsk | undefined {
  if (key === undefined || key === null) return undefined;
  const usable = usablePsks({ ...key, identity: name }, variant, hashesOf(suites), config.provider.hashes);
  const psk: UsablePsk | undefined = usable.find((candidate) => equal(candidate.identity, identity));
  const suite = suites.find(({ hash }) => hash.name === psk?.hash.name);
  if (psk === undefined || suite === undefined) return undefined;
  const { secret, binder } = psk;
  const client = { kind: 'psk', identity: name } as const;
  return { identity, suite, secret, binder, client, session: undefined, ticketAgeSkew: undefined };
}

/** The same PSK in the second ClientHello, where it may have moved up, or be gone. */
export function stillOffered(found: FoundPsk | undefined, second: CheckedClientHello): FoundPsk | undefined {
  const identities = second.hello.extensions.values.pre_shared_key?.identities ?? [];
  const index = identities.findIndex(({ identity }) => equal(identity, found?.identity ?? EMPTY));
  return found === undefined || index < 0 ? undefined : { ...found, index };
}

/**
 * "Prior to accepting PSK key establishment, the server MUST validate the corresponding binder value … If this value is not present or
 * does not validate, the server MUST abort the handshake. Servers SHOULD NOT attempt to validate multiple binders" (RFC 8446 §4.2.11).
 */
export function acceptPsk(
  { labelled, suite, transcript }: Pick<Agreement, 'labelled' | 'suite' | 'transcript'>,
  offer: CheckedClientHello,
  psk: FoundPsk | undefined,
): AcceptedPsk | undefined {
  if (psk === undefined) return undefined;
  const { binders } = offer.hello.extensions.values.pre_shared_key as OfferedPsks;
  const earlySecret = new EarlySecret(labelled, psk.secret);
  const truncated = offer.bytes.subarray(0, offer.bytes.length - bindersLength(binders));
  const transcriptHash = transcript.hashWith(suite.hash, truncated);
  const expected = finishedVerifyData(labelled, earlySecret.binderKey(psk.binder), transcriptHash);
  if (verifyFinished(expected, binders[psk.index] as Uint8Array) === undefined) {
    throw new PeerMisbehaved('psk_binder_invalid', `the binder of identity ${psk.index} is wrong`);
  }
  return { earlySecret, ...psk };
}
