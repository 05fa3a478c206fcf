/**
 * Messages and records of TLS 1.2 in another order than they have to be, one at a time (RFC 5246 §7.3), and records of another form.
 */

import { concat, EMPTY } from '../../src/core/bytes/bytes.ts';
import type { HandshakeTypeName } from '../../src/core/registry/handshake-types.ts';
import { alerted, beyond, misbehaved } from '../misbehaving/case.ts';
import { CLEAR } from '../misbehaving/clear-records.ts';
import { doubled, filled, messageOf } from '../misbehaving/edits.ts';
import { both, only12, type Tls12Case, unexpected } from './case.ts';
import type { Place, Tls12Peer } from './peer.ts';

const ALERT = 21;
const HANDSHAKE = 22;
const DATA = 23;

const REQUIRE = { options: { clientCertificates: 'require' } } as const;
const wrongOrder = {
  rfc: 'RFC 5246 §7.4: “sending handshake messages in an unexpected order results in a fatal error”',
  ...unexpected,
  error: misbehaved('message_unexpected'),
} as const;

/** What is the first message of each, and those that come in the clear behind it. */
const first = { client: 'server_hello', server: 'client_hello' } as const;
const inTheClear: Readonly<Record<'client' | 'server', readonly Place[]>> = {
  client: ['certificate', 'server_key_exchange', 'certificate_request', 'server_hello_done'],
  server: ['certificate', 'client_key_exchange', 'certificate_verify'],
};
const settingOf = (victim: 'client' | 'server') =>
  victim === 'client' ? ({ situation: { requestsCertificate: true } } as const) : REQUIRE;

const CLEAR_RECORDS: readonly Tls12Case[] = (['client', 'server'] as const).flatMap((victim) =>
  CLEAR.map(({ send, ...fault }) => ({
    ...fault,
    victim,
    ...(victim === 'client' && { options: only12 }),
    break: (peer: Tls12Peer) => peer.before(first[victim], () => send(peer)),
  })),
);

/** Before each message that is not the first. */
const AT_EACH_PLACE: readonly Tls12Case[] = (['client', 'server'] as const).flatMap((victim) =>
  inTheClear[victim].flatMap((place): Tls12Case[] => {
    const common = { ...settingOf(victim), victim };
    return [
      {
        ...common,
        name: `sends data in the clear before its ${place}`,
        rfc: 'RFC 5246 §7.4.9',
        break: (peer) => peer.before(place, () => peer.sendData('too early')),
        ...unexpected,
        error: misbehaved('application_data_too_early'),
      },
      {
        ...common,
        name: `sends an empty record of data in the clear before its ${place}`,
        rfc: 'RFC 5246 §7.4.9',
        break: (peer) => peer.before(place, () => peer.sendData('')),
        ...unexpected,
        error: misbehaved('application_data_too_early'),
      },
      {
        ...common,
        name: `splits its ${place} around data`,
        rfc: 'RFC 8446 §5.1',
        break: (peer) =>
          peer.changeRecords(place, (record) => [
            { ...record, content: record.content.subarray(0, 3) },
            { type: DATA, content: filled(3) },
            { ...record, content: record.content.subarray(3) },
          ]),
        ...unexpected,
        why: 'RFC 5246 names none; as in TLS 1.3',
        error: misbehaved('handshake_interleaved'),
      },
      {
        ...common,
        name: `sends an empty handshake record before its ${place}`,
        rfc: 'RFC 5246 §6.2.1',
        break: (peer) => peer.before(place, () => peer.sendRecord({ type: HANDSHAKE, content: EMPTY })),
        ...unexpected,
        why: 'RFC 5246 forbids it and names no alert; RFC 8446 §5.4 names this one',
        error: misbehaved('empty_fragment'),
      },
      {
        ...common,
        name: `sends a record of another version before its ${place}`,
        rfc: 'RFC 5246 §6.2.1',
        break: (peer) => peer.changeRecords(place, (record) => [{ ...record, version: 0x0302 }]),
        alert: 'protocol_version',
        why: 'no alert is named; it is what this one says',
        error: misbehaved('record_version_wrong'),
      },
      {
        ...common,
        name: `ends the handshake with an alert before its ${place}`,
        rfc: 'RFC 5246 §7.2.2',
        break: (peer) => peer.before(place, () => peer.sendAlert(2, 'internal_error')),
        alert: 'none',
        error: alerted('internal_error'),
      },
    ];
  }),
);

const MESSAGES: readonly Tls12Case[] = [
  ...(['server_hello', 'server_key_exchange', 'certificate'] as const).map(
    (place): Tls12Case => ({
      ...wrongOrder,
      name: `sends ${place} twice`,
      victim: 'client',
      break: (peer) => peer.changeMessage(place, doubled),
    }),
  ),
  {
    ...wrongOrder,
    name: 'sends server_hello_done twice',
    victim: 'client',
    break: (peer) => peer.after('server_hello_done', () => peer.sendHandshake(messageOf('server_hello_done'))),
  },
  {
    ...wrongOrder,
    name: 'leaves ServerHelloDone out',
    victim: 'client',
    break: (peer) => {
      peer.skip('server_hello_done');
      peer.after('server_hello_done', () => peer.injectChangeCipherSpec());
    },
    error: misbehaved('change_cipher_spec_unexpected'),
  },
  {
    ...wrongOrder,
    name: 'asks for a certificate before its ServerKeyExchange',
    victim: 'client',
    break: (peer) =>
      peer.before('server_key_exchange', () =>
        peer.sendHandshake(messageOf('certificate_request', 1, 64, 0, 2, 4, 3, 0, 0), true),
      ),
  },
  {
    ...wrongOrder,
    name: 'sends a ticket before its ServerHelloDone',
    victim: 'client',
    break: (peer) =>
      peer.before('server_hello_done', () => peer.sendHandshake(messageOf('new_session_ticket', 0, 0, 0, 1, 0, 0), true)),
  },
  {
    ...wrongOrder,
    name: 'sends a ticket that it did not promise',
    victim: 'client',
    break: (peer) => peer.changeExtensions('server_hello', (list) => list.filter(({ type }) => type !== 35)),
    error: misbehaved('change_cipher_spec_missing'),
  },
  ...(['encrypted_extensions', 'key_update', 'client_hello', 'finished', 'certificate_verify'] as const).map(
    (type): Tls12Case => ({
      ...wrongOrder,
      name: `sends ${type} before its Certificate`,
      victim: 'client',
      break: (peer) => peer.before('certificate', () => peer.sendHandshake(messageOf(type, ...filled(12)), true)),
    }),
  ),
  {
    ...wrongOrder,
    name: 'sends its ClientHello twice',
    victim: 'server',
    break: (peer) => peer.changeMessage('client_hello', doubled),
  },
  {
    ...wrongOrder,
    name: 'sends certificate twice',
    victim: 'server',
    ...REQUIRE,
    break: (peer) => peer.changeMessage('certificate', doubled),
  },
  {
    ...wrongOrder,
    name: 'sends certificate_verify twice',
    victim: 'server',
    ...REQUIRE,
    break: (peer) => peer.changeMessage('certificate_verify', doubled),
    error: misbehaved('change_cipher_spec_missing'),
  },
  {
    ...wrongOrder,
    name: 'signs before its ClientKeyExchange',
    victim: 'server',
    ...REQUIRE,
    break: (peer) =>
      peer.before('client_key_exchange', () => peer.sendHandshake(messageOf('certificate_verify', 4, 3, 0, 0), true)),
  },
  ...(['hello_request', 'server_hello', 'server_hello_done', 'new_session_ticket', 'client_hello', 'finished'] as const).map(
    (type): Tls12Case => ({
      ...wrongOrder,
      name: `sends ${type} before its ClientKeyExchange`,
      victim: 'server',
      break: (peer) => peer.before('client_key_exchange', () => peer.sendHandshake(messageOf(type), true)),
    }),
  ),
  {
    ...wrongOrder,
    name: 'puts its Finished behind ClientKeyExchange, in the clear',
    victim: 'server',
    break: (peer) =>
      peer.changeMessage('client_key_exchange', (message) => concat(message, messageOf('finished', ...filled(12)))),
    error: misbehaved('change_cipher_spec_missing'),
  },
  ...both((victim) => ({
    ...wrongOrder,
    name: 'puts data behind its Finished in the same record',
    victim,
    break: (peer) => peer.changeMessage('finished', (message) => concat(message, messageOf('finished', ...filled(12)))),
  })),
];

// ---- Under keys, before Finished ----

const BEFORE_FINISHED: readonly Tls12Case[] = [
  ...both((victim) => ({
    name: 'ends the handshake with a protected alert in place of its Finished',
    rfc: 'RFC 5246 §7.2.2',
    victim,
    break: (peer) => peer.before('finished', () => peer.sendAlert(2, 'access_denied')),
    alert: 'none',
    error: alerted('access_denied'),
  })),
  ...both((victim) => ({
    name: 'closes before its Finished',
    rfc: 'RFC 5246 §7.2.1',
    victim,
    break: (peer) => peer.before('finished', () => peer.sendAlert(1, 'close_notify')),
    alert: 'close_notify',
    error: alerted('close_notify'),
  })),
  ...both((victim) => ({
    name: 'sends a Finished in the clear behind change_cipher_spec',
    rfc: 'RFC 5246 §7.4.9',
    victim,
    break: (peer) => peer.changeRecords('finished', (record) => [{ ...record, inTheClear: true }]),
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  })),
  ...[0, 4, 11].flatMap((at) =>
    both((victim) => ({
      name: `sends a Finished that is wrong in byte ${at}`,
      rfc: 'RFC 5246 §7.4.9',
      victim,
      break: (peer) => peer.changeMessage('finished', (message) => message.with(4 + at, (message[4 + at] as number) ^ 0x80)),
      alert: 'decrypt_error',
      error: misbehaved('finished_invalid'),
    })),
  ),
];

// ---- Connected ----

/** By role: HelloRequest and ClientHello have their own rules. */
const UNEXPECTED: Readonly<Record<'client' | 'server', readonly HandshakeTypeName[]>> = {
  client: ['client_hello', 'server_hello', 'certificate', 'server_key_exchange', 'server_hello_done', 'certificate_status'],
  server: ['hello_request', 'server_hello', 'certificate', 'client_key_exchange', 'certificate_verify', 'new_session_ticket'],
};

const CONNECTED: readonly Tls12Case[] = [
  ...(['client', 'server'] as const).flatMap((victim) =>
    UNEXPECTED[victim].map(
      (type): Tls12Case => ({
        ...wrongOrder,
        name: `sends ${type} when the handshake is over`,
        victim,
        break: (peer) =>
          peer.whenConnected(() => peer.sendHandshake(messageOf(type, ...filled(type === 'hello_request' ? 0 : 40)))),
      }),
    ),
  ),
  ...both((victim) => ({
    ...wrongOrder,
    name: 'sends a message of no known type when the handshake is over',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendHandshake(messageOf(99, 1))),
  })),
  ...both((victim) => ({
    name: 'begins a handshake message, and goes on with data',
    rfc: 'RFC 8446 §5.1',
    victim,
    break: (peer) =>
      peer.whenConnected(() => {
        peer.sendHandshake(Uint8Array.of(victim === 'client' ? 0 : 1, 0));
        peer.sendData('in between');
      }),
    ...unexpected,
    why: 'RFC 5246 names none; as in TLS 1.3',
    error: misbehaved('handshake_interleaved'),
  })),
  ...both((victim) => ({
    name: 'announces a handshake message of 2^24 - 1 bytes when the handshake is over',
    rfc: 'RFC 5246 §7.4',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendHandshake(Uint8Array.of(1, 0xff, 0xff, 0xff))),
    alert: 'decode_error',
    why: 'no message of its type can have so many',
    error: beyond('maxHandshakeMessage'),
  })),
  ...[[], [2], [2, 40, 0], [1, 90, 1, 90]].flatMap((bytes) =>
    both((victim) => ({
      name: `sends a protected alert of ${bytes.length} bytes`,
      rfc: 'RFC 5246 §6.2.1',
      victim,
      break: (peer) => peer.whenConnected(() => peer.sendRecord({ type: ALERT, content: Uint8Array.from(bytes) })),
      ...(bytes.length === 0 ? unexpected : { alert: 'decode_error' as const }),
      error: misbehaved(bytes.length === 0 ? 'empty_fragment' : 'alert_fragmented'),
    })),
  ),
  ...[0, 3, 255].flatMap((level) =>
    both((victim) => ({
      name: `sends a protected alert of level ${level}, which there is not`,
      rfc: 'RFC 5246 §7.2',
      victim,
      break: (peer) => peer.whenConnected(() => peer.sendAlert(level, 'internal_error')),
      alert: 'none',
      why: 'whatever its level, it is an error',
      error: alerted('internal_error'),
    })),
  ),
  ...both((victim) => ({
    name: 'sends an alert that there is not',
    rfc: 'RFC 5246 §7.2',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendAlert(1, 199)),
    alert: 'none',
    error: alerted('unknown_199'),
  })),
  ...both((victim) => ({
    name: 'warns without end',
    rfc: 'RFC 5246 §7.2.2',
    victim,
    break: (peer) =>
      peer.whenConnected(() => {
        for (let i = 0; i < 5; i++) peer.sendAlert(1, 'unrecognized_name');
      }),
    ...unexpected,
    why: 'a limit of ours',
    error: beyond('warningAlerts'),
  })),
  ...[0, 19, 24, 25, 255].flatMap((type) =>
    both((victim) => ({
      name: `sends a protected record of type ${type}`,
      rfc: 'RFC 5246 §6: “receives an unexpected record type, it MUST send an unexpected_message alert”',
      victim,
      break: (peer) => peer.whenConnected(() => peer.sendRecord({ type, content: Uint8Array.of(1) })),
      ...unexpected,
      error: misbehaved('record_type_unexpected'),
    })),
  ),
  ...[0, 8, 23].flatMap((length) =>
    both((victim) => ({
      name: `sends a record of ${length} bytes, too short for a nonce and a tag`,
      rfc: 'RFC 5288 §3: “MUST send TLS Alert bad_record_mac for all types of failures encountered in processing the AES-GCM algorithm”',
      victim,
      break: (peer) => peer.whenConnected(() => peer.sendRecord({ type: DATA, content: filled(length), inTheClear: true })),
      alert: 'bad_record_mac',
      error: misbehaved('bad_record_mac'),
    })),
  ),
  ...(
    [
      ['nonce', 0],
      ['tag', -1],
    ] as const
  ).flatMap(([what, at]) =>
    both((victim) => ({
      name: `changes a bit of the ${what} of a record`,
      rfc: 'RFC 5246 §6.2.3.3: “If the decryption fails, a fatal bad_record_mac alert MUST be generated”',
      victim,
      break: (peer) =>
        peer.whenConnected(() =>
          peer.sendRecord({
            type: DATA,
            content: filled(9),
            tamper: (sealed) => sealed.with(at, (sealed.at(at) as number) ^ 1),
          }),
        ),
      alert: 'bad_record_mac',
      error: misbehaved('bad_record_mac'),
    })),
  ),
  ...both((victim) => ({
    name: 'gives a protected record another type',
    rfc: 'RFC 5246 §6.2.3.3: “If the decryption fails, a fatal bad_record_mac alert MUST be generated”',
    victim,
    break: (peer) =>
      peer.whenConnected(() => {
        const [sealed] = sealedRecords(peer, { type: DATA, content: filled(9) });
        peer.sendRaw((sealed as Uint8Array).with(0, HANDSHAKE));
      }),
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  })),
];

/** A record, taken back before it is sent. */
function sealedRecords(peer: Tls12Peer, record: Parameters<Tls12Peer['sendRecord']>[0]): readonly Uint8Array[] {
  const earlier = peer.takeOutput();
  peer.sendRecord(record);
  const sealed = peer.takeOutput();
  for (const piece of earlier) peer.sendRaw(piece);
  return sealed;
}

export const ORDER: readonly Tls12Case[] = [...CLEAR_RECORDS, ...AT_EACH_PLACE, ...MESSAGES, ...BEFORE_FINISHED, ...CONNECTED];
