/**
 * Early data where it has no place, and too much of it where it is dropped (RFC 8446 §4.2.10).
 */

import { LIMITS } from '../../src/connection/limits.ts';
import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import { beyond, type Case, misbehaved } from './case.ts';
import { adding, extension, filled } from './edits.ts';
import type { OutgoingRecord, Peer } from './peer.ts';

/** What looks like a record of early data to a server that has no key for it. */
const earlyRecord = (length: number): OutgoingRecord => ({
  type: CONTENT_TYPES.application_data,
  content: filled(length, 0x5a),
  inTheClear: true,
});

const offering = (peer: Peer) => peer.changeExtensions('client_hello', adding(extension('early_data')));
const sending = (peer: Peer, ...lengths: readonly number[]) =>
  peer.after('client_hello', () => {
    for (const length of lengths) peer.sendRecord(earlyRecord(length));
  });

const SERVER = { victim: 'server', rfc: 'RFC 8446 §4.2.10' } as const;
const RETRIED = { ...SERVER, situation: { keyShareGroups: ['secp384r1'] }, options: { groups: ['x25519'] } } as const;
const WHY_LIMIT = 'no alert is named; what comes beyond the limit is no early data but a record out of place';

const tooMuch = {
  alert: 'unexpected_message',
  why: WHY_LIMIT,
  error: beyond('maxEarlyDataSkipped'),
  break: (peer: Peer) => {
    offering(peer);
    sending(peer, 16640, LIMITS.maxEarlyDataSkipped - 16640 - 2 * 5, 0);
  },
} as const;

export const EARLY_DATA: readonly Case[] = [
  { ...SERVER, ...tooMuch, name: 'sends more early data than is dropped' },
  { ...RETRIED, ...tooMuch, name: 'sends more early data than is dropped, before its second ClientHello' },
  {
    ...SERVER,
    name: 'sends empty records of early data without end',
    break(peer) {
      offering(peer);
      sending(peer, ...Array.from({ length: LIMITS.maxEarlyDataSkipped / 5 + 1 }, () => 0));
    },
    alert: 'unexpected_message',
    why: WHY_LIMIT,
    error: beyond('maxEarlyDataSkipped'),
  },
  {
    ...SERVER,
    name: 'sends early data that it did not offer',
    break: (peer) => sending(peer, 100),
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  },
  {
    ...RETRIED,
    name: 'sends early data that it did not offer, before its second ClientHello',
    break: (peer) => sending(peer, 100),
    alert: 'unexpected_message',
    error: misbehaved('application_data_too_early'),
  },
  {
    ...RETRIED,
    name: 'goes on with early data after its second ClientHello',
    break(peer) {
      offering(peer);
      sending(peer, 100);
      peer.after('second_client_hello', () => peer.sendRecord(earlyRecord(100)));
    },
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  },
  {
    ...RETRIED,
    name: 'sends early data in the midst of its second ClientHello',
    break(peer) {
      offering(peer);
      peer.changeRecords('second_client_hello', (record) => [
        { ...record, content: record.content.subarray(0, 100) },
        earlyRecord(100),
        { ...record, content: record.content.subarray(100) },
      ]);
    },
    alert: 'unexpected_message',
    why: 'no alert is named; the record stands where only a handshake record may',
    error: misbehaved('handshake_interleaved'),
  },
  {
    ...SERVER,
    name: 'sends a record that does not open after one that did',
    options: { clientCertificates: 'require' },
    break(peer) {
      offering(peer);
      sending(peer, 100);
      peer.before('certificate_verify', () => peer.sendRecord(earlyRecord(100)));
    },
    alert: 'bad_record_mac',
    error: misbehaved('bad_record_mac'),
  },
  {
    ...SERVER,
    name: 'sends a handshake record in the clear behind its early data',
    break(peer) {
      offering(peer);
      sending(peer, 100);
      peer.before('finished', () =>
        peer.sendRecord({ type: CONTENT_TYPES.handshake, content: filled(36, 20), inTheClear: true }),
      );
    },
    alert: 'unexpected_message',
    error: misbehaved('record_not_encrypted'),
  },
  {
    ...SERVER,
    name: 'offers early data beside a cookie',
    options: { cookies: true },
    break: (peer) => peer.changeExtensions('second_client_hello', adding(extension('early_data'))),
    alert: 'illegal_parameter',
    why: 'no alert is named; early_data has to be gone from the second ClientHello',
    error: misbehaved('client_hello_changed_after_retry'),
  },
];
