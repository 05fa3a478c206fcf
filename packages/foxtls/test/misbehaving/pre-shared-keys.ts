/**
 * Pre-shared keys taken or offered wrongly, and requests for tickets (RFC 8446 §4.2.9, §4.2.11; RFC 9258; RFC 9149).
 */

import { utf8 } from '../../src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import type { PreSharedKey } from '../../src/protocol/session/pre-shared-key.ts';
import { importPsk } from '../../src/protocol/session/psk-importer.ts';
import { type Case, misbehaved, undecodable } from './case.ts';
import { AES_128, adding, doubled, editing, extension, flipping, replacing, SECP256R1, without } from './edits.ts';
import type { PeerPsk } from './scripts.ts';

const sensor: PreSharedKey = { identity: utf8('sensor-17'), key: new Uint8Array(32).fill(17) };
const other: PreSharedKey = { identity: utf8('sensor-18'), key: new Uint8Array(48).fill(18), hash: 'sha384' };
const imported: PreSharedKey = { ...sensor, imported: {} };

const asPeer = ({ identity, key: secret, hash = 'sha256' }: PreSharedKey, change: Partial<PeerPsk> = {}): PeerPsk => ({
  ...{ identity, secret, hash, binder: 'external' },
  ...change,
});
const stranger = asPeer({ identity: utf8('stranger'), key: new Uint8Array(32) });

const sha256 = provider.hashes.find(({ name }) => name === 'sha256') as (typeof provider.hashes)[0];
const importedForPeer: PeerPsk = {
  ...importPsk(
    sha256,
    sha256,
    { version: 0x0304, labelPrefix: 'tls13 ' },
    { externalIdentity: sensor.identity, key: sensor.key },
  ),
  ...{ hash: 'sha256', binder: 'imported' },
};

/** Right handshakes, to break rules in; the test of the test peer goes through them too. */
export const PSK_SITUATIONS = {
  external: { situation: { psks: [asPeer(sensor)] }, options: { preSharedKeys: [sensor] } },
  second: { situation: { psks: [asPeer(other)] }, options: { preSharedKeys: [sensor, other] } },
  retried: { situation: { psks: [asPeer(sensor)], retry: { group: SECP256R1 } }, options: { preSharedKeys: [sensor, other] } },
  imported: { situation: { psks: [importedForPeer] }, options: { preSharedKeys: [imported] } },
  withoutKeyExchange: {
    situation: { psks: [asPeer(sensor)], withoutKeyExchange: true, pskModes: [0] },
    options: { preSharedKeys: [sensor], pskKeyExchangeModes: ['psk_ke'] },
  },
} as const satisfies Record<string, Pick<Case, 'situation' | 'options'>>;

const SECTION = 'RFC 8446 §4.2.11';
const PARSE = 'the RFC names decode_error for what cannot be parsed';
const BINDER = '§6.2 has decrypt_error for a PSK binder that does not validate';

const byServers: readonly Case[] = [
  {
    name: 'takes up the third of two PSKs',
    rfc: SECTION,
    victim: 'client',
    ...PSK_SITUATIONS.second,
    break: (peer) => peer.changeExtensions('server_hello', replacing('pre_shared_key', 0, 2)),
    alert: 'illegal_parameter',
    error: misbehaved('psk_identity_out_of_range'),
  },
  {
    name: 'takes up the last of 65536 PSKs',
    rfc: SECTION,
    victim: 'client',
    ...PSK_SITUATIONS.external,
    break: (peer) => peer.changeExtensions('server_hello', replacing('pre_shared_key', 0xff, 0xff)),
    alert: 'illegal_parameter',
    error: misbehaved('psk_identity_out_of_range'),
  },
  {
    name: 'takes up a PSK that its HelloRetryRequest made the client drop',
    rfc: SECTION,
    victim: 'client',
    ...PSK_SITUATIONS.retried,
    break: (peer) => peer.changeExtensions('server_hello', replacing('pre_shared_key', 0, 1)),
    alert: 'illegal_parameter',
    error: misbehaved('psk_identity_out_of_range'),
  },
  {
    name: 'takes up the second of two PSKs with a suite of the hash of the first',
    rfc: SECTION,
    victim: 'client',
    ...PSK_SITUATIONS.second,
    break: (peer) => peer.change('server_hello', (hello) => ({ ...hello, cipherSuite: AES_128 })),
    alert: 'illegal_parameter',
    error: misbehaved('suite_hash_mismatch'),
  },
  {
    name: 'names the other PSK than the one that it uses, which has another hash',
    rfc: SECTION,
    victim: 'client',
    ...PSK_SITUATIONS.second,
    break: (peer) => peer.changeExtensions('server_hello', replacing('pre_shared_key', 0, 0)),
    alert: 'illegal_parameter',
    error: misbehaved('suite_hash_mismatch'),
  },
  {
    name: 'takes up an external PSK without key exchange, which was not offered',
    rfc: 'RFC 8446 §4.2.9',
    victim: 'client',
    ...PSK_SITUATIONS.external,
    break: (peer) => peer.changeExtensions('server_hello', without('key_share')),
    alert: 'illegal_parameter',
    error: misbehaved('psk_key_share_missing'),
  },
  {
    name: 'takes up a PSK with key exchange, though only psk_ke was offered',
    rfc: 'RFC 8446 §4.2.9',
    victim: 'client',
    situation: PSK_SITUATIONS.external.situation,
    options: PSK_SITUATIONS.withoutKeyExchange.options,
    break: () => undefined,
    alert: 'illegal_parameter',
    why: 'the three checks of §4.2.11 have it; this is the mirror of the third',
    error: misbehaved('psk_mode_not_offered'),
  },
  {
    name: 'asks for a certificate in a handshake with an external PSK',
    rfc: 'RFC 8446 §4.3.2',
    victim: 'client',
    ...PSK_SITUATIONS.external,
    break: (peer) =>
      peer.before('finished', () => peer.sendHandshake(Uint8Array.of(13, 0, 0, 11, 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3))),
    alert: 'unexpected_message',
    why: 'it is no message of such a handshake',
    error: misbehaved('message_unexpected'),
  },
  {
    name: 'says nothing of key_share or pre_shared_key',
    rfc: 'RFC 8446 §9.2',
    victim: 'client',
    ...PSK_SITUATIONS.withoutKeyExchange,
    break: (peer) => peer.changeExtensions('server_hello', without('pre_shared_key')),
    alert: 'missing_extension',
    error: misbehaved('extension_missing'),
  },
];

const byClients: readonly Case[] = [
  ...(
    [
      ['an external PSK with the binder of a ticket', asPeer(sensor, { binder: 'resumption' }), sensor],
      ['an external PSK with the binder of an imported one', asPeer(sensor, { binder: 'imported' }), sensor],
      ['an imported PSK with the binder of one that is not', { ...importedForPeer, binder: 'external' }, imported],
      ['an external PSK whose key is another', asPeer(sensor, { secret: new Uint8Array(32) }), sensor],
    ] as const
  ).map(
    ([what, psk, known]): Case => ({
      name: `offers ${what}`,
      rfc: psk.binder === 'imported' || known.imported !== undefined ? 'RFC 9258 §5.2' : SECTION,
      victim: 'server',
      situation: { psks: [psk] },
      options: { preSharedKeys: [known] },
      break: () => undefined,
      alert: 'decrypt_error',
      why: BINDER,
      error: misbehaved('psk_binder_invalid'),
    }),
  ),
  {
    name: 'forges the binder of the second PSK, where the first is not known',
    rfc: SECTION,
    victim: 'server',
    situation: { psks: [stranger, asPeer(sensor)] },
    options: { preSharedKeys: [sensor] },
    break: (peer) => peer.changeMessage('client_hello', flipping(-1)),
    alert: 'decrypt_error',
    why: BINDER,
    error: misbehaved('psk_binder_invalid'),
  },
  {
    name: 'forges the binder of the first of two PSKs that are known',
    rfc: SECTION,
    victim: 'server',
    situation: { psks: [asPeer(sensor), asPeer(other)] },
    options: { preSharedKeys: [sensor, other] },
    break: (peer) => peer.changeMessage('client_hello', flipping(-50)),
    alert: 'decrypt_error',
    why: `${BINDER}; that the second is right does not help, as only one is checked`,
    error: misbehaved('psk_binder_invalid'),
  },
  {
    name: 'keeps the binder of the first ClientHello in the second',
    rfc: 'RFC 8446 §4.2.11.2',
    victim: 'server',
    situation: { psks: [asPeer(sensor)], keyShareGroups: ['secp384r1'] },
    options: { preSharedKeys: [sensor], groups: ['x25519'] },
    break(peer) {
      const binders: Uint8Array[] = [];
      peer.changeMessage('client_hello', (message) => {
        binders.push(message.slice(-32));
        return message;
      });
      peer.changeMessage('second_client_hello', (message) => {
        const changed = message.slice();
        changed.set(binders[0] as Uint8Array, message.length - 32);
        return changed;
      });
    },
    alert: 'decrypt_error',
    why: BINDER,
    error: misbehaved('psk_binder_invalid'),
  },
  {
    name: 'offers two identities and one binder',
    rfc: SECTION,
    victim: 'server',
    ...PSK_SITUATIONS.external,
    break: (peer) => peer.changeExtensions('client_hello', editing('pre_shared_key', doubleIdentity)),
    alert: 'illegal_parameter',
    why: 'no alert is named; the two lists contradict each other',
    error: misbehaved('psk_binders_mismatch'),
  },
  {
    name: 'offers an identity of no bytes',
    rfc: SECTION,
    victim: 'server',
    ...PSK_SITUATIONS.external,
    break: (peer) => peer.changeExtensions('client_hello', editing('pre_shared_key', emptyIdentity)),
    alert: 'decode_error',
    why: PARSE,
    error: undecodable('client_hello.extensions.pre_shared_key.identities[0].identity'),
  },
  {
    name: 'lists no psk_key_exchange_modes',
    rfc: 'RFC 8446 §4.2.9',
    victim: 'server',
    ...PSK_SITUATIONS.external,
    break: (peer) => peer.changeExtensions('client_hello', replacing('psk_key_exchange_modes', 0)),
    alert: 'decode_error',
    why: PARSE,
    error: undecodable('client_hello.extensions.psk_key_exchange_modes'),
  },
];

/** `PskIdentity identities<7..2^16-1>` of one, written twice. */
function doubleIdentity(data: Uint8Array): Uint8Array {
  const length = ((data[0] as number) << 8) | (data[1] as number);
  const identities = doubled(data.subarray(2, 2 + length));
  return Uint8Array.of(identities.length >> 8, identities.length & 0xff, ...identities, ...data.subarray(2 + length));
}

/** The same number of bytes, but the identity is empty, and what it was follows. */
function emptyIdentity(data: Uint8Array): Uint8Array {
  return data.with(2, 0).with(3, 0);
}

const ticketRequests: readonly Case[] = [
  {
    name: 'answers a ticket_request that was not made',
    rfc: 'RFC 8446 §4.2',
    victim: 'client',
    break: (peer) => peer.changeExtensions('encrypted_extensions', adding(extension('ticket_request', 1))),
    alert: 'unsupported_extension',
    error: misbehaved('extension_unsolicited'),
  },
  ...(['server_hello', 'hello_retry_request', 'certificate_request'] as const).map(
    (place): Case => ({
      name: `answers ticket_request in ${place}`,
      rfc: 'RFC 9149 §3: “an "illegal_parameter" alert if the "ticket_request" extension is present”',
      victim: 'client',
      situation: { requestsCertificate: true, ...(place === 'hello_retry_request' && { retry: { group: SECP256R1 } }) },
      options: { ticketRequest: { newSessionCount: 1, resumptionCount: 1 } },
      break: (peer) => peer.changeExtensions(place, adding(extension('ticket_request', 1))),
      alert: 'illegal_parameter',
      error: misbehaved('extension_not_allowed_here'),
    }),
  ),
  {
    name: 'answers ticket_request with two numbers',
    rfc: 'RFC 9149 §3',
    victim: 'client',
    options: { ticketRequest: { newSessionCount: 1, resumptionCount: 1 } },
    break: (peer) => peer.changeExtensions('encrypted_extensions', adding(extension('ticket_request', 1, 1))),
    alert: 'decode_error',
    why: PARSE,
    error: undecodable('encrypted_extensions.extensions.ticket_request'),
  },
  {
    name: 'makes a ticket_request of one number',
    rfc: 'RFC 9149 §3',
    victim: 'server',
    break: (peer) => peer.changeExtensions('client_hello', adding(extension('ticket_request', 1))),
    alert: 'decode_error',
    why: PARSE,
    error: undecodable('client_hello.extensions.ticket_request.resumptionCount'),
  },
  ...(
    [
      ['changes its ticket_request', replacing('ticket_request', 1, 2)],
      ['drops its ticket_request', without('ticket_request')],
    ] as const
  ).map(
    ([what, edit]): Case => ({
      name: `${what} after a HelloRetryRequest`,
      rfc: 'RFC 9149 §3',
      victim: 'server',
      situation: { ticketRequest: { newSessionCount: 1, resumptionCount: 1 } },
      options: { cookies: true },
      break: (peer) => peer.changeExtensions('second_client_hello', edit),
      alert: 'illegal_parameter',
      why: 'as for any other change of the second ClientHello',
      error: misbehaved('client_hello_changed_after_retry'),
    }),
  ),
];

export const PRE_SHARED_KEYS: readonly Case[] = [...byServers, ...byClients, ...ticketRequests];
