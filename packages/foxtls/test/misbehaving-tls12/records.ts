/**
 * The rules of change_cipher_spec, of records, and of what comes after the handshake in TLS 1.2, each broken once.
 */

import { EMPTY } from '../../src/core/bytes/bytes.ts';
import { HANDSHAKE_TYPES } from '../../src/core/registry/handshake-types.ts';
import { beyond, misbehaved, undecodable } from '../misbehaving/case.ts';
import { both, flip, message, type Tls12Case, unexpected } from './case.ts';

export const CHANGE_CIPHER_SPECS: readonly Tls12Case[] = [
  ...(['server_hello', 'certificate', 'server_key_exchange', 'server_hello_done'] as const).map(
    (place): Tls12Case => ({
      name: `injects change_cipher_spec after ${place}`,
      rfc: 'RFC 5246 §7.1',
      victim: 'client',
      break: (peer) => peer.after(place, () => peer.injectChangeCipherSpec()),
      ...unexpected,
      why: 'CVE-2014-0224',
      error: misbehaved('change_cipher_spec_unexpected'),
    }),
  ),
  {
    name: 'injects change_cipher_spec before its ServerHello',
    rfc: 'RFC 5246 §7.1',
    victim: 'client',
    break: (peer) => peer.before('server_hello', () => peer.injectChangeCipherSpec()),
    ...unexpected,
    error: misbehaved('change_cipher_spec_unexpected'),
  },
  ...(['client_hello', 'client_key_exchange'] as const).map(
    (place): Tls12Case => ({
      name: `injects change_cipher_spec ${place === 'client_hello' ? 'after' : 'before'} ${place}`,
      rfc: 'RFC 5246 §7.1',
      victim: 'server',
      break: (peer) => {
        if (place === 'client_hello') peer.after(place, () => peer.injectChangeCipherSpec());
        else peer.before(place, () => peer.injectChangeCipherSpec());
      },
      ...unexpected,
      error: misbehaved('change_cipher_spec_unexpected'),
    }),
  ),
  ...both((victim) => ({
    name: 'sends no change_cipher_spec',
    rfc: 'RFC 5246 §7.4.9: “if a Finished message is not preceded by a ChangeCipherSpec message at the appropriate point”',
    victim,
    break: (peer) => peer.skip('change_cipher_spec'),
    ...unexpected,
    error: misbehaved('change_cipher_spec_missing'),
  })),
  ...both((victim) => ({
    name: 'sends change_cipher_spec twice',
    rfc: 'RFC 5246 §7.1',
    victim,
    break: (peer) =>
      peer.after('change_cipher_spec', () => peer.sendRecord({ type: 20, content: Uint8Array.of(1), inTheClear: true })),
    ...unexpected,
    error: misbehaved('change_cipher_spec_unexpected'),
  })),
  ...both((victim) => ({
    name: 'sends a change_cipher_spec of another value',
    rfc: 'RFC 5246 §7.1',
    victim,
    break: (peer) => peer.changeMessage('change_cipher_spec', () => Uint8Array.of(2)),
    ...unexpected,
    error: misbehaved('change_cipher_spec_invalid'),
  })),
  ...both((victim) => ({
    name: 'sends a change_cipher_spec of two bytes',
    rfc: 'RFC 5246 §7.1',
    victim,
    break: (peer) => peer.changeMessage('change_cipher_spec', () => Uint8Array.of(1, 1)),
    ...unexpected,
    error: misbehaved('change_cipher_spec_invalid'),
  })),
  ...both((victim) => ({
    name: 'sends change_cipher_spec in the midst of a handshake message',
    rfc: 'RFC 5246 §7.1',
    victim,
    break: (peer) =>
      peer.before('change_cipher_spec', () =>
        peer.sendRecord({ type: 22, content: Uint8Array.of(HANDSHAKE_TYPES.finished, 0, 0, 12, 1) }),
      ),
    ...unexpected,
    error: misbehaved('change_cipher_spec_missing'),
  })),
  ...both((victim) => ({
    name: 'sends change_cipher_spec when the handshake is over',
    rfc: 'RFC 5246 §7.1',
    victim,
    break: (peer) => peer.whenConnected(() => peer.injectChangeCipherSpec()),
    ...unexpected,
    error: misbehaved('change_cipher_spec_unexpected'),
  })),
];

export const RECORDS: readonly Tls12Case[] = [
  ...both((victim) => ({
    name: 'sends a wrong Finished',
    rfc: 'RFC 5246 §7.4.9',
    victim,
    break: (peer) => peer.changeMessage('finished', (finished) => flip(finished, -1)),
    alert: 'decrypt_error',
    error: misbehaved('finished_invalid'),
  })),
  ...both((victim) => ({
    name: 'sends a Finished that is too short',
    rfc: 'RFC 5246 §7.4.9',
    victim,
    break: (peer) => peer.changeMessage('finished', () => message('finished', 1, 2, 3)),
    alert: 'decode_error',
    error: undecodable('finished.verifyData'),
  })),
  ...both((victim) => ({
    name: 'sends application data before its Finished',
    rfc: 'RFC 5246 §7.4.9',
    victim,
    break: (peer) => peer.before('finished', () => peer.sendData('too early')),
    ...unexpected,
    error: misbehaved('application_data_too_early'),
  })),
  ...both((victim) => ({
    name: 'changes a bit of a record',
    rfc: 'RFC 5246 §7.2.2: “bad_record_mac This alert is returned if a record is received with an incorrect MAC”',
    victim,
    break: (peer) =>
      peer.whenConnected(() =>
        peer.sendRecord({ type: 23, content: Uint8Array.of(1, 2, 3), tamper: (sealed) => flip(sealed, 10) }),
      ),
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  })),
  ...both((victim) => ({
    name: 'sends a record that is too short to be protected',
    rfc: 'RFC 5288 §3',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendRecord({ type: 23, content: new Uint8Array(23), inTheClear: true })),
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  })),
  ...both((victim) => ({
    name: 'repeats a record',
    rfc: 'RFC 5246 §6.2.3.3',
    victim,
    break: (peer) =>
      peer.whenConnected(() =>
        peer.sendRecord({
          type: 23,
          content: Uint8Array.of(0x78),
          tamper: (sealed) => {
            peer.sendRecord({ type: 23, content: sealed, inTheClear: true });
            return sealed;
          },
        }),
      ),
    alert: 'bad_record_mac',
    delivered: 'x',
    error: misbehaved('bad_record_mac'),
  })),
  ...both((victim) => ({
    name: 'sends alerts in the clear after the keys changed',
    rfc: 'RFC 5246 §7.1',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendRecord({ type: 21, content: Uint8Array.of(2, 40), inTheClear: true })),
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  })),
  ...both((victim) => ({
    name: 'sends records of another version',
    rfc: 'RFC 5246 §6.2.1',
    victim,
    break: (peer) =>
      peer.whenConnected(() => peer.sendRecord({ type: 23, content: new Uint8Array(40), inTheClear: true, version: 0x0302 })),
    alert: 'protocol_version',
    error: misbehaved('record_version_wrong'),
  })),
  ...both((victim) => ({
    name: 'sends a fragment of 2^14 + 1 bytes',
    rfc: 'RFC 5246 §7.2.2: “record_overflow … a record decrypted to a TLSCompressed record with more than 2^14+1024 bytes”',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendRecord({ type: 23, content: new Uint8Array(16385) })),
    alert: 'record_overflow',
    error: misbehaved('record_overflow'),
  })),
  ...both((victim) => ({
    name: 'sends a record of more than 2^14 + 2048 bytes',
    rfc: 'RFC 5246 §7.2.2: “record_overflow A TLSCiphertext record was received that had a length more than 2^14+2048 bytes”',
    victim,
    break: (peer) =>
      peer.whenConnected(() => peer.sendRecord({ type: 23, content: new Uint8Array(16384 + 2049), inTheClear: true })),
    alert: 'record_overflow',
    error: misbehaved('record_overflow'),
  })),
  ...both((victim) => ({
    name: 'sends an empty handshake record',
    rfc: 'RFC 5246 §6.2.1',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendRecord({ type: 22, content: EMPTY })),
    ...unexpected,
    error: misbehaved('empty_fragment'),
  })),
  ...both((victim) => ({
    name: 'sends empty records without end',
    rfc: 'RFC 5246 §6.2.1',
    victim,
    break: (peer) =>
      peer.whenConnected(() => {
        for (let i = 0; i < 33; i++) peer.sendRecord({ type: 23, content: EMPTY });
      }),
    ...unexpected,
    error: beyond('maxEmptyRecords'),
  })),
  ...both((victim) => ({
    name: 'sends warnings without end',
    rfc: 'RFC 5246 §7.2.2',
    victim,
    break: (peer) =>
      peer.whenConnected(() => {
        for (let i = 0; i < 5; i++) peer.sendAlert(1, 'certificate_unknown');
      }),
    ...unexpected,
    error: beyond('warningAlerts'),
  })),
  {
    name: 'sends warnings without end in the place of a ServerHello',
    rfc: 'RFC 5246 §7.2.2',
    victim: 'client',
    break: (peer) =>
      peer.before('server_hello', () => {
        for (let i = 0; i < 5; i++) peer.sendAlert(1, 'unrecognized_name');
      }),
    ...unexpected,
    error: beyond('warningAlerts'),
  },
  ...both((victim) => ({
    name: 'sends a KeyUpdate',
    rfc: 'RFC 8446 §4.6.3',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendHandshake(message('key_update', 0))),
    ...unexpected,
    error: misbehaved('message_unexpected'),
  })),
  ...both((victim) => ({
    name: 'sends a Finished again',
    rfc: 'RFC 5246 §7.4.9',
    victim,
    break: (peer) => peer.whenConnected(() => peer.sendHandshake(message('finished', ...new Array<number>(12).fill(0)))),
    ...unexpected,
    error: misbehaved('message_unexpected'),
  })),
  ...both((victim) => ({
    name: 'asks to renegotiate again and again',
    rfc: 'RFC 5246 §7.4.1.1',
    victim,
    break: (peer) =>
      peer.whenConnected(() => {
        const ask = victim === 'client' ? message('hello_request') : message('client_hello', 3, 3);
        for (let i = 0; i < 5; i++) peer.sendHandshake(ask);
      }),
    ...unexpected,
    error: beyond('warningAlerts'),
  })),
  {
    name: 'sends a ticket when the handshake is over',
    rfc: 'RFC 5077 §3.3',
    victim: 'client',
    break: (peer) => peer.whenConnected(() => peer.sendHandshake(message('new_session_ticket', 0, 0, 0, 1, 0, 1, 1))),
    ...unexpected,
    error: misbehaved('message_unexpected'),
  },
  {
    name: 'promises a ticket and sends none',
    rfc: 'RFC 5077 §3.3',
    victim: 'client',
    break: (peer) => peer.skip('new_session_ticket'),
    ...unexpected,
    error: misbehaved('change_cipher_spec_unexpected'),
  },
  {
    name: 'sends a HelloRequest with content',
    rfc: 'RFC 5246 §7.4.1.1',
    victim: 'client',
    break: (peer) => peer.whenConnected(() => peer.sendHandshake(message('hello_request', 1))),
    ...unexpected,
    error: misbehaved('message_unexpected'),
  },
];
