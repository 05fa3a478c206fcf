/**
 * Second ClientHellos that break a rule, and cookies (RFC 8446 §4.1.2, §4.2.2, §4.2.8).
 */

import { EMPTY } from '../../src/core/bytes/bytes.ts';
import { type Case, misbehaved } from './case.ts';
import {
  adding,
  clientShares,
  editing,
  extension,
  filled,
  flipping,
  messageOf,
  NOT_ON_P256,
  replacing,
  SECP256R1,
  SECP384R1,
  without,
  X25519,
} from './edits.ts';

const shares = (...entries: { group: number; share: Uint8Array }[]) => replacing('key_share', ...clientShares(...entries));

/** A server that prefers x25519 and a client that sends a share of another group: a retry. */
const CLIENT_RETRY = { situation: { keyShareGroups: ['secp384r1'] }, options: { groups: ['x25519'] } } as const;

export const SECOND_CLIENT_HELLOS: readonly Case[] = secondHellos();

function secondHellos(): readonly Case[] {
  const changed = { rfc: 'RFC 8446 §4.1.2', victim: 'server', ...CLIENT_RETRY, alert: 'illegal_parameter' } as const;
  const why = 'no alert is named; the value contradicts the first ClientHello';
  const differs = misbehaved('client_hello_changed_after_retry');
  return [
    {
      ...changed,
      name: 'changes the random in its second ClientHello',
      break: (peer) => peer.change('second_client_hello', (hello) => ({ ...hello, random: flipping(0)(hello.random) })),
      why,
      error: differs,
    },
    {
      ...changed,
      name: 'changes the session id in its second ClientHello',
      break: (peer) => peer.change('second_client_hello', (hello) => ({ ...hello, legacySessionId: EMPTY })),
      why,
      error: differs,
    },
    {
      ...changed,
      name: 'changes legacy_version in its second ClientHello',
      break: (peer) => peer.change('second_client_hello', (hello) => ({ ...hello, legacyVersion: 0x0302 })),
      why,
      error: differs,
    },
    {
      ...changed,
      name: 'drops a suite from its second ClientHello',
      break: (peer) => peer.change('second_client_hello', (hello) => ({ ...hello, cipherSuites: hello.cipherSuites.slice(1) })),
      why,
      error: differs,
    },
    {
      ...changed,
      name: 'drops an extension from its second ClientHello',
      break: (peer) => peer.changeExtensions('second_client_hello', without('server_name')),
      why,
      error: differs,
    },
    {
      ...changed,
      name: 'adds an extension to its second ClientHello',
      break: (peer) => peer.changeExtensions('second_client_hello', adding(extension('record_size_limit', 0x40, 1))),
      why,
      error: differs,
    },
    {
      ...changed,
      name: 'changes an extension in its second ClientHello',
      break: (peer) => peer.changeExtensions('second_client_hello', editing('server_name', flipping(-1))),
      why,
      error: differs,
    },
    {
      ...changed,
      name: 'offers early data in its second ClientHello',
      break: (peer) => peer.changeExtensions('second_client_hello', adding(extension('early_data'))),
      why,
      error: differs,
    },
    {
      ...changed,
      name: 'leaves key_share out of its second ClientHello',
      break: (peer) => peer.changeExtensions('second_client_hello', without('key_share')),
      alert: 'missing_extension',
      error: misbehaved('extension_missing'),
    },
    {
      ...changed,
      name: 'offers another version in its second ClientHello',
      break: (peer) => peer.changeExtensions('second_client_hello', replacing('supported_versions', 2, 3, 3)),
      why,
      error: differs,
    },
    {
      ...changed,
      name: 'adds a suite to its second ClientHello',
      break: (peer) =>
        peer.change('second_client_hello', (hello) => ({ ...hello, cipherSuites: [...hello.cipherSuites, 0x00ff] })),
      why,
      error: differs,
    },
    {
      ...changed,
      name: 'adds a compression method to its second ClientHello',
      break: (peer) =>
        peer.change('second_client_hello', (hello) => ({ ...hello, legacyCompressionMethods: Uint8Array.of(0, 1) })),
      error: misbehaved('compression_not_null'),
    },
    {
      ...changed,
      name: 'sends a share of low order in its second ClientHello',
      break: (peer) => peer.changeExtensions('second_client_hello', shares({ group: X25519, share: filled(32) })),
      error: misbehaved('key_share_invalid'),
    },
    {
      ...changed,
      name: 'sends the share that was asked for twice',
      break: (peer) =>
        peer.changeExtensions(
          'second_client_hello',
          shares({ group: X25519, share: filled(32, 9) }, { group: X25519, share: filled(32, 9) }),
        ),
      error: misbehaved('key_share_duplicate'),
    },
    {
      ...changed,
      name: 'sends Finished in place of its second ClientHello',
      break: (peer) => peer.changeMessage('second_client_hello', () => messageOf('finished', ...filled(32))),
      alert: 'unexpected_message',
      error: misbehaved('message_unexpected'),
    },
    {
      ...changed,
      name: 'sends data in place of its second ClientHello',
      break: (peer) => peer.before('second_client_hello', () => peer.sendData('too early')),
      alert: 'unexpected_message',
      error: misbehaved('application_data_too_early'),
    },
    {
      ...changed,
      name: 'sends no share of the group that was asked for',
      break: (peer) => peer.changeExtensions('second_client_hello', shares({ group: SECP384R1, share: filled(97, 4) })),
      why: 'no alert is named; the share contradicts the HelloRetryRequest',
      error: misbehaved('group_changed_after_retry'),
    },
    {
      ...changed,
      name: 'sends a second share beside the one that was asked for',
      break: (peer) =>
        peer.changeExtensions(
          'second_client_hello',
          shares({ group: X25519, share: filled(32, 9) }, { group: SECP384R1, share: filled(97, 4) }),
        ),
      why: 'no alert is named; the list must contain a single entry',
      error: misbehaved('group_changed_after_retry'),
    },
    {
      ...changed,
      name: 'sends no share at all in its second ClientHello',
      break: (peer) => peer.changeExtensions('second_client_hello', replacing('key_share', 0, 0)),
      why: 'no alert is named; the list must contain a single entry',
      error: misbehaved('group_changed_after_retry'),
    },
    {
      ...changed,
      name: 'sends a cookie that nobody gave it',
      break: (peer) => peer.changeExtensions('second_client_hello', adding(extension('cookie', 0, 1, 1))),
      why: 'no alert is named; the cookie is not the one of the HelloRetryRequest, which had none',
      error: misbehaved('cookie_invalid'),
    },
    ...cookieHellos(),
    {
      name: 'sends a cookie in its first ClientHello that we did not seal',
      rfc: 'RFC 8446 §4.2.2',
      victim: 'server',
      options: { cookies: true },
      break: (peer) => peer.changeExtensions('client_hello', adding(extension('cookie', 0, 40, ...filled(40, 1)))),
      alert: 'illegal_parameter',
      why: 'no alert is named for a cookie that does not validate',
      error: misbehaved('cookie_invalid'),
    },
    {
      name: 'sends a cookie in its first ClientHello to a server without cookies',
      rfc: 'RFC 8446 §4.2.2',
      victim: 'server',
      break: (peer) => peer.changeExtensions('client_hello', adding(extension('cookie', 0, 1, 1))),
      alert: 'illegal_parameter',
      why: 'no alert is named: "Clients MUST NOT use cookies in their initial ClientHello in subsequent connections."',
      error: misbehaved('cookie_invalid'),
    },
  ];
}

/** After a HelloRetryRequest that asked for nothing but the cookie. */
function cookieHellos(): Case[] {
  const cookies = { rfc: 'RFC 8446 §4.2.2', victim: 'server', options: { cookies: true }, alert: 'illegal_parameter' } as const;
  return [
    {
      ...cookies,
      name: 'does not repeat the cookie',
      break: (peer) => peer.changeExtensions('second_client_hello', without('cookie')),
      why: 'no alert is named; the second ClientHello contradicts the HelloRetryRequest',
      error: misbehaved('cookie_invalid'),
    },
    {
      ...cookies,
      name: 'repeats the cookie with a bit turned over',
      break: (peer) => peer.changeExtensions('second_client_hello', editing('cookie', flipping(-1))),
      why: 'no alert is named for a cookie that does not validate',
      error: misbehaved('cookie_invalid'),
    },
    {
      ...cookies,
      name: 'replaces its share by one of another group, though only the cookie was asked for',
      break: (peer) => peer.changeExtensions('second_client_hello', shares({ group: SECP256R1, share: NOT_ON_P256 })),
      why: 'no alert is named; the share contradicts the first ClientHello',
      error: misbehaved('client_hello_changed_after_retry'),
    },
    {
      ...cookies,
      name: 'drops its share, though only the cookie was asked for',
      break: (peer) => peer.changeExtensions('second_client_hello', replacing('key_share', 0, 0)),
      why: 'no alert is named; the share contradicts the first ClientHello',
      error: misbehaved('client_hello_changed_after_retry'),
    },
  ];
}
