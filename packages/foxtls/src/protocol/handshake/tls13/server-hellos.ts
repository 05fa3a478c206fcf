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
import { extensionsOf } from '../../messages/extensions/block.ts';
import { ServerHello, writeMessage } from '../../messages/messages.ts';
import { HELLO_RETRY_REQUEST_RANDOM } from '../../messages/server-hello.ts';
import type { CipherSuite } from '../../negotiate/cipher-suites.ts';
import type { ServerConfig } from '../config.ts';
import { type HandshakeFlow, receiveWithBytes } from '../receive.ts';
import type { HandshakeContext } from '../transport.ts';
import { COOKIE_LIFETIME, NO_GROUP, type RetryState, readRetryState, writeRetryState } from './retry-cookie.ts';
import {
  type CheckedClientHello,
  checkClientHello,
  checkSecondClientHello,
  clientHelloInfo,
  sessionIdEcho,
} from './server-offer.ts';

export interface ServerHellos {
  readonly config: ServerConfig;
  readonly offer: CheckedClientHello;
  readonly suite: CipherSuite;
  readonly group: KeyExchangeGroup;
  /** Everything before the last ClientHello: empty, or message_hash and HelloRetryRequest. */
  readonly transcript: Transcript;
  readonly retried: boolean;
}

export function* receiveHellos(context: HandshakeContext, initialConfig: ServerConfig): HandshakeFlow<ServerHellos> {
  const offer = yield* receiveClientHello(context);
  const config = (yield* settle(initialConfig.selectConfig?.(clientHelloInfo(offer)))) ?? initialConfig;
  const { cookie } = offer.hello.extensions.values;
  if (cookie !== undefined) return yield* resumeFromCookie(context, config, offer, cookie);

  const suite = chooseSuite(config, offer);
  const group = chooseGroup(config, offer);
  if (offer.keyShares.has(group.id) && !config.requireCookie) {
    const transcript = new Transcript();
    transcript.start(suite.hash);
    return { config, offer, suite, group, transcript, retried: false };
  }
  return yield* retry(context, config, offer, suite, group);
}

function* receiveClientHello(context: HandshakeContext): HandshakeFlow<CheckedClientHello> {
  const { variant } = context.transport;
  const { message, bytes } = yield* receiveWithBytes(variant.clientHello);
  return checkClientHello(variant, message, bytes);
}

function chooseSuite(config: ServerConfig, offer: CheckedClientHello): CipherSuite {
  const suite = config.suites.find((candidate) => offer.hello.cipherSuites.includes(candidate.id));
  if (suite !== undefined) return suite;
  const theirs = offer.hello.cipherSuites.map((id) => cipherSuiteName(id) ?? `0x${id.toString(16)}`);
  throw new PeerIncompatible(
    'suite',
    config.suites.map(({ name }) => name),
    theirs,
  );
}

/** A group that the client sent a share for is preferred to one that we like better: it saves a round trip. */
function chooseGroup(config: ServerConfig, offer: CheckedClientHello): KeyExchangeGroup {
  const group =
    config.groups.find(({ id }) => offer.keyShares.has(id)) ?? config.groups.find(({ id }) => offer.groups.includes(id));
  if (group !== undefined) return group;
  const theirs = offer.groups.map((id) => namedGroupName(id) ?? `0x${id.toString(16)}`);
  throw new PeerIncompatible(
    'group',
    config.groups.map(({ name }) => name),
    theirs,
  );
}

function* retry(
  context: HandshakeContext,
  config: ServerConfig,
  first: CheckedClientHello,
  suite: CipherSuite,
  group: KeyExchangeGroup,
): HandshakeFlow<ServerHellos> {
  const askForGroup = !first.keyShares.has(group.id);
  const clientHelloHash = suite.hash.digest(first.bytes);
  const cookie = yield* sealCookie(config, { suite: suite.id, group: askForGroup ? group.id : NO_GROUP, clientHelloHash });
  const request = helloRetryRequest(context, first, suite, askForGroup ? group : undefined, cookie);
  const transcript = transcriptAfterRetry(suite.hash, clientHelloHash);
  transcript.add(request);
  context.transport.send(request);
  if (sessionIdEcho(context.transport.variant, first.hello).length > 0) context.transport.sendChangeCipherSpec();
  context.transport.endFlight();

  const second = yield* receiveClientHello(context);
  checkSecondClientHello(first.hello, second.hello, askForGroup);
  // "When sending the new ClientHello, the client MUST copy the contents of the extension received in the HelloRetryRequest into a
  // "cookie" extension in the new ClientHello." (RFC 8446 §4.2.2)
  if (!equal(second.hello.extensions.values.cookie ?? EMPTY, cookie ?? EMPTY)) {
    throw new PeerMisbehaved('cookie_invalid', 'the cookie is not the one of the HelloRetryRequest');
  }
  if (askForGroup) checkSecondShare(second, group);
  return { config, offer: second, suite, group, transcript, retried: true };
}

function* sealCookie(config: ServerConfig, state: Omit<RetryState, 'created'>): HandshakeFlow<Uint8Array | undefined> {
  if (config.cookieSealer === undefined) return undefined;
  return yield* settle(config.cookieSealer.seal(writeRetryState({ ...state, created: config.now() })));
}

/** Begins at the second ClientHello: what the first one led to is in the cookie, authenticated by our seal. */
function* resumeFromCookie(
  context: HandshakeContext,
  config: ServerConfig,
  offer: CheckedClientHello,
  cookie: Uint8Array,
): HandshakeFlow<ServerHellos> {
  const state = yield* openCookie(config, cookie);
  const suite = config.suites.find(({ id }) => id === state.suite);
  if (suite === undefined || !offer.hello.cipherSuites.includes(suite.id)) {
    throw new PeerMisbehaved('cookie_invalid', 'the suite of the cookie is not on offer');
  }
  const asked = config.groups.find(({ id }) => id === state.group);
  if (asked !== undefined) checkSecondShare(offer, asked);
  const group = asked ?? config.groups.find(({ id }) => offer.keyShares.has(id));
  if (group === undefined || (asked === undefined && state.group !== NO_GROUP)) {
    throw new PeerMisbehaved('group_changed_after_retry', 'the second ClientHello has no key share for the group of the first');
  }
  const transcript = transcriptAfterRetry(suite.hash, state.clientHelloHash);
  transcript.add(helloRetryRequest(context, offer, suite, asked, cookie));
  return { config, offer, suite, group, transcript, retried: true };
}

function* openCookie(config: ServerConfig, cookie: Uint8Array): HandshakeFlow<RetryState> {
  const opened = config.cookieSealer === undefined ? undefined : yield* settle(config.cookieSealer.open(cookie));
  if (opened === undefined) throw new PeerMisbehaved('cookie_invalid', 'the cookie is not one of ours');
  const state = readRetryState(opened);
  if (config.now() - state.created > COOKIE_LIFETIME) throw new PeerMisbehaved('cookie_invalid', 'the cookie is too old');
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
      ...(group !== undefined && { key_share: group.id }),
      ...(cookie !== undefined && { cookie }),
      supported_versions: variant.version,
    }),
  });
}
