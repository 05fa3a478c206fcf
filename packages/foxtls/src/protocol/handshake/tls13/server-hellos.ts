/**
 * The server's half of the hellos: ClientHello, a HelloRetryRequest if one is needed, what was chosen (RFC 8446 §4.1).
 */

import { EMPTY, equal } from '../../../core/bytes/bytes.ts';
import { PeerIncompatible, PeerMisbehaved } from '../../../core/errors/errors.ts';
import { settle } from '../../../core/flow/flow.ts';
import { cipherSuiteName } from '../../../core/registry/cipher-suites.ts';
import { namedGroupName } from '../../../core/registry/named-groups.ts';
import type { KeyExchangeGroup } from '../../../crypto/key-exchange.ts';
import { Transcript, transcriptAfterRetry } from '../../keys/transcript.ts';
import { checkPlaces, extensionsOf } from '../../messages/extensions/block.ts';
import { ServerHello, writeMessage } from '../../messages/messages.ts';
import { HELLO_RETRY_REQUEST_RANDOM } from '../../messages/server-hello.ts';
import type { CipherSuite } from '../../negotiate/cipher-suites.ts';
import type { ServerConfig } from '../config.ts';
import { type HandshakeFlow, receiveWithBytes } from '../receive.ts';
import { sendMessage } from '../send.ts';
import type { HandshakeContext } from '../transport.ts';
import { refuseSsl3 } from '../variant.ts';
import { COOKIE_LIFETIME, NO_GROUP, type RetryState, readRetryState, writeRetryState } from './retry-cookie.ts';
import {
  type CheckedClientHello,
  checkClientHello,
  checkSecondClientHello,
  type ReceivedClientHello,
  sessionIdEcho,
} from './server-offer.ts';
import { choosePskMode, type FoundPsk, findPsk, stillOffered, suiteBeforeLookUp } from './server-psk.ts';

export interface ServerHellos {
  readonly config: ServerConfig;
  readonly offer: CheckedClientHello;
  readonly suite: CipherSuite;
  /** Undefined when there is no key exchange (psk_ke). */
  readonly group: KeyExchangeGroup | undefined;
  /** The PSK to use; its binder is not checked yet. */
  readonly psk: FoundPsk | undefined;
  /** Everything before the last ClientHello: empty, or message_hash and HelloRetryRequest. */
  readonly transcript: Transcript;
  readonly retried: boolean;
}

export function* receiveHellos(
  context: HandshakeContext,
  config: ServerConfig,
  first: ReceivedClientHello,
): HandshakeFlow<ServerHellos> {
  const offer = checkClientHello(first);
  const { cookie } = offer.hello.extensions.values;
  if (cookie !== undefined) return yield* resumeFromCookie(context, config, offer, cookie);

  const suites = sharedSuites(config, offer);
  // Before the client has shown that it is where it says, its keys are left alone: a ticket may be taken once only, and the application is asked
  // for none.
  if (config.requireCookie) {
    const suite = suiteBeforeLookUp(config, offer, suites);
    return yield* retry(context, config, offer, { suite, group: chooseGroup(config, offer), psk: undefined });
  }
  const psk = yield* findPsk(context, config, offer, suites);
  const suite = psk?.suite ?? (suites[0] as CipherSuite);
  if (psk === undefined) requireCertificate(config);
  const group = psk?.mode === 'psk_ke' ? undefined : chooseGroup(config, offer);
  if (group === undefined || offer.keyShares.has(group.id)) {
    if (offer.hello.extensions.values.early_data !== undefined) context.transport.skipEarlyData('handshake_record');
    const transcript = new Transcript();
    transcript.start(suite.hash);
    return { config, offer, suite, group, psk, transcript, retried: false };
  }
  return yield* retry(context, config, offer, { suite, group, psk });
}

/** Our suites that the client has too, in our order: at least one. */
function sharedSuites(config: ServerConfig, offer: CheckedClientHello): readonly CipherSuite[] {
  const shared = config.suites.filter(({ id }) => offer.hello.cipherSuites.includes(id));
  if (shared.length > 0) return shared;
  const theirs = offer.hello.cipherSuites.map((id) => cipherSuiteName(id) ?? `0x${id.toString(16)}`);
  throw new PeerIncompatible(
    'suite',
    config.suites.map(({ name }) => name),
    theirs,
  );
}

/** "If no acceptable PSKs are found, the server SHOULD perform a non-PSK handshake if possible." (RFC 8446 §4.2.11) */
function requireCertificate(config: ServerConfig): void {
  if (config.credentials.length > 0 || config.lookUpPreSharedKey === undefined) return;
  throw new PeerIncompatible(
    'psk',
    [],
    [],
    'This server has no certificate: a client has to offer a pre-shared key that it knows',
  );
}

/** A group that the client sent a share for is preferred to one that we like better: it saves a round trip. */
function chooseGroup(config: ServerConfig, offer: CheckedClientHello): KeyExchangeGroup | undefined {
  const shown = config.tls13Groups.find(({ id }) => offer.keyShares.has(id));
  if (shown !== undefined) return shown;
  // A key that needs none may be found when the cookie has come back. Where nothing else would do, no share is asked for.
  const mayDoWithout = config.requireCookie && choosePskMode(config, offer) === 'psk_ke';
  if (mayDoWithout && config.credentials.length === 0) return undefined;
  const group = config.tls13Groups.find(({ id }) => offer.groups.includes(id));
  if (group !== undefined || mayDoWithout) return group;
  const theirs = offer.groups.map((id) => namedGroupName(id) ?? `0x${id.toString(16)}`);
  throw new PeerIncompatible(
    'group',
    config.tls13Groups.map(({ name }) => name),
    theirs,
  );
}

function* retry(
  context: HandshakeContext,
  config: ServerConfig,
  first: CheckedClientHello,
  { suite, group, psk: found }: Pick<ServerHellos, 'suite' | 'group' | 'psk'>,
): HandshakeFlow<ServerHellos> {
  const asked = group === undefined || first.keyShares.has(group.id) ? undefined : group;
  const clientHelloHash = suite.hash.digest(first.bytes);
  const cookie = yield* sealCookie(config, {
    peerAddress: context.peerAddress ?? EMPTY,
    suite: suite.id,
    group: asked?.id ?? NO_GROUP,
    clientHelloHash,
  });
  const request = helloRetryRequest(context, first, suite, asked, cookie);
  const transcript = transcriptAfterRetry(suite.hash, clientHelloHash);
  sendMessage({ context, transcript }, request);
  if (sessionIdEcho(context.transport.variant, first.hello).length > 0) context.transport.sendChangeCipherSpec();
  context.transport.endFlight();
  if (first.hello.extensions.values.early_data !== undefined) context.transport.skipEarlyData('second_client_hello');

  const { message: hello, bytes } = yield* receiveWithBytes(context.transport.variant.clientHello);
  refuseSsl3(context.transport.variant, hello.legacyVersion);
  checkPlaces(hello.extensions);
  const second = checkClientHello({ hello, bytes, guidedByName: first.guidedByName });
  checkSecondClientHello(first.hello, second.hello, asked !== undefined);
  // "When sending the new ClientHello, the client MUST copy the contents of the extension received in the HelloRetryRequest into a
  // "cookie" extension in the new ClientHello." (RFC 8446 §4.2.2)
  if (!equal(second.hello.extensions.values.cookie ?? EMPTY, cookie ?? EMPTY)) {
    throw new PeerMisbehaved('cookie_invalid', 'the cookie is not the one of the HelloRetryRequest');
  }
  if (asked !== undefined) checkSecondShare(second, asked);
  const psk = config.requireCookie ? yield* findPsk(context, config, second, [suite]) : stillOffered(found, second);
  return { config, offer: second, suite, group: groupAfterRetry(config, second, psk, group), psk, transcript, retried: true };
}

function* sealCookie(config: ServerConfig, state: Omit<RetryState, 'created'>): HandshakeFlow<Uint8Array | undefined> {
  if (config.cookieSealer === undefined) return undefined;
  return yield* settle(config.cookieSealer.seal(writeRetryState({ created: config.now(), ...state })));
}

/** Begins at the second ClientHello: what the first one led to is in the cookie, authenticated by our seal. */
function* resumeFromCookie(
  context: HandshakeContext,
  config: ServerConfig,
  offer: CheckedClientHello,
  cookie: Uint8Array,
): HandshakeFlow<ServerHellos> {
  const state = yield* openCookie(context, config, cookie);
  context.addressProven?.();
  // "A client MUST NOT include the "early_data" extension in its followup ClientHello." (RFC 8446 §4.2.10)
  if (offer.hello.extensions.values.early_data !== undefined) {
    throw new PeerMisbehaved('client_hello_changed_after_retry', 'early_data in the second ClientHello');
  }
  const suite = config.suites.find(({ id }) => id === state.suite);
  if (suite === undefined || !offer.hello.cipherSuites.includes(suite.id)) {
    throw new PeerMisbehaved('cookie_invalid', 'the suite of the cookie is not on offer');
  }
  const asked = config.tls13Groups.find(({ id }) => id === state.group);
  if (asked !== undefined) checkSecondShare(offer, asked);
  else if (state.group !== NO_GROUP) throw groupChanged();
  const psk = yield* findPsk(context, config, offer, [suite]);
  const group = groupAfterRetry(config, offer, psk, asked);
  const transcript = transcriptAfterRetry(suite.hash, state.clientHelloHash);
  transcript.add(helloRetryRequest(context, offer, suite, asked, cookie));
  return { config, offer, suite, group, psk, transcript, retried: true };
}

/** The group of a second ClientHello: the one that was chosen by the first, or any that there is a share for. */
function groupAfterRetry(
  config: ServerConfig,
  second: CheckedClientHello,
  psk: FoundPsk | undefined,
  chosen: KeyExchangeGroup | undefined,
): KeyExchangeGroup | undefined {
  if (psk?.mode === 'psk_ke') return undefined;
  if (psk === undefined) requireCertificate(config);
  const group = chosen ?? config.tls13Groups.find(({ id }) => second.keyShares.has(id));
  if (group === undefined || !second.keyShares.has(group.id)) throw groupChanged();
  return group;
}

function groupChanged(): PeerMisbehaved {
  return new PeerMisbehaved('group_changed_after_retry', 'the second ClientHello has no key share for the group of the first');
}

function* openCookie(
  { peerAddress = EMPTY }: HandshakeContext,
  config: ServerConfig,
  cookie: Uint8Array,
): HandshakeFlow<RetryState> {
  const opened = config.cookieSealer === undefined ? undefined : yield* settle(config.cookieSealer.open(cookie));
  if (opened === undefined) throw new PeerMisbehaved('cookie_invalid', 'the cookie is not one of ours');
  const state = readRetryState(opened);
  if (config.now() - state.created > COOKIE_LIFETIME) throw new PeerMisbehaved('cookie_invalid', 'the cookie is too old');
  if (!equal(state.peerAddress, peerAddress))
    throw new PeerMisbehaved('cookie_invalid', 'the cookie was given to another address');
  return state;
}

/** After a retry there is one share, of the group that was asked for (RFC 8446 §4.1.2, §4.2.8). */
function checkSecondShare(second: CheckedClientHello, asked: KeyExchangeGroup): void {
  if (second.keyShares.size !== 1 || !second.keyShares.has(asked.id)) {
    throw new PeerMisbehaved('group_changed_after_retry', `the second ClientHello must have one key share, of ${asked.name}`);
  }
}

function helloRetryRequest(
  context: HandshakeContext,
  { hello }: CheckedClientHello,
  suite: CipherSuite,
  group: KeyExchangeGroup | undefined,
  cookie: Uint8Array | undefined,
): Uint8Array {
  const { variant } = context.transport;
  return writeMessage(ServerHello, {
    kind: 'hello_retry_request',
    legacyVersion: variant.legacyVersion,
    random: HELLO_RETRY_REQUEST_RANDOM,
    legacySessionIdEcho: sessionIdEcho(variant, hello),
    cipherSuite: suite.id,
    legacyCompressionMethod: 0,
    extensions: extensionsOf('hello_retry_request', {
      key_share: group?.id,
      cookie,
      supported_versions: variant.version,
    }),
  });
}
